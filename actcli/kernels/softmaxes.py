"""Softmax and its kind: shares of an axis, none of them 0, that add up to 1 or less; their logarithms, and samples."""

from typing import NamedTuple

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array
from actcli.numerics import gumbel
from actcli.rows import (
    added,
    below,
    dot,
    exponentials,
    leading,
    less,
    marks,
    maximum,
    others,
    over,
    patched,
    portions,
    put,
    shares,
    shifted,
    sum_of_shares,
    taken,
    with_diagonal,
    zero_or_product,
)

# a row whose largest share is less has no upstream that counts for most
_FLAT = 1.0 / 16.0


def _jacobian(p: Array) -> Array:
    """Return diag(p) - p·pᵀ."""
    return with_diagonal(
        -zero_or_product(p[:, :, None], p[:, None, :]), zero_or_product(p, others(p))
    )


class _Weights(NamedTuple):
    """The shares of a row, before they are divided by their sum."""

    lead: Array  # the place of the largest
    own: Array  # the largest
    e: Array  # the others, and 0 in its place
    rest: Array  # the sum of the others and of what is nobody's
    nobody: Array | float  # the weight of what is nobody's


def _weights(x: Array) -> _Weights:
    lead = leading(x)
    return _Weights(lead, *exponentials(below(x, taken(x, lead)), lead), 0.0)


def _product(weights: _Weights, upstream: Array) -> Array:
    """Return upstream·(diag(p) - p·pᵀ), p the weights over their sum; they are overwritten."""
    lead, own, p, rest, nobody = weights
    whole = own + rest
    p /= whole  # before any product with an upstream, whose sum could overflow
    largest = own / whole
    first = taken(upstream, lead)
    # the result does not depend on the upstream that all others are counted from. It is to be one of them, so that where
    # those of all large weights are the same, nothing cancels, and not so far from their mean as one of little weight is
    base = np.where(own < 1.0, 0.0, first)  # nobody's is 0, and has more weight
    flat = np.flatnonzero(np.maximum(largest, nobody / whole) < _FLAT)
    if flat.size:
        base[flat] = _nearest_to_mean(
            p[flat], largest[flat], upstream[flat], first[flat]
        )
    y = less(upstream, base)
    mean = dot(p, y) + largest * (first - base) - (nobody / whole) * base
    y -= mean
    y *= p
    put(y, lead, largest * (first - base - mean))
    return y


def _nearest_to_mean(p: Array, largest: Array, upstream: Array, first: Array) -> Array:
    mean = dot(p, upstream) + largest * first
    near = taken(upstream, np.abs(less(upstream, mean)).argmin(axis=-1)[:, None])
    return np.where(np.isfinite(mean), near, first)


@axis_activation(
    "exp(x) / sum(exp(x))",
    paper="Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
    use="the output of a classifier, the weights of attention",
    flaw="never exactly 0; equal shifts of all inputs make no difference",
)
def softmax(x: Array) -> Array:
    """Exponentials of an axis, scaled to the sum 1."""
    return shares(shifted(x))


@softmax.derivative
def softmax_jacobian(x: Array) -> Array:
    """diag(p) - p·pᵀ, p = softmax(x)."""
    return _jacobian(softmax.kernel(x))


@softmax.vjp
def softmax_vjp(x: Array, upstream: Array) -> Array:
    return _product(_weights(x), upstream)


@axis_activation(
    "exp(-x) / sum(exp(-x))",
    use="weights that favour the smallest: distances, energies",
    flaw="never exactly 0; equal shifts of all inputs make no difference",
)
def softmin(x: Array) -> Array:
    """Softmax of -x."""
    return shares(shifted(-x))


@softmin.derivative
def softmin_jacobian(x: Array) -> Array:
    """p·pᵀ - diag(p), p = softmin(x)."""
    return -_jacobian(softmin.kernel(x))


@softmin.vjp
def softmin_vjp(x: Array, upstream: Array) -> Array:
    y = _product(_weights(-x), upstream)
    return np.negative(y, out=y)


@axis_activation(
    "x - log(sum(exp(x)))",
    use="the logarithm of softmax for a cross-entropy loss, right where softmax itself has underflowed",
    flaw="unbounded below: a loss, not a hidden layer",
)
def log_softmax(x: Array) -> Array:
    """Logarithm of softmax."""
    lead = leading(x)
    y = below(x, taken(x, lead))
    # log1p of the others: where they are small, the sum of all is 1
    _, _, rest = exponentials(y, lead)
    whole = np.log1p(rest)
    # beside several infinities the finite ones are as they were, infinitely far below
    y -= np.where(np.isneginf(y), 0.0, whole) if np.isnan(whole).any() else whole
    return y


@log_softmax.derivative
def log_softmax_jacobian(x: Array) -> Array:
    """I - 1·pᵀ, p = softmax(x)."""
    p = softmax.kernel(x)
    return with_diagonal(np.repeat(-p[:, None, :], p.shape[-1], axis=1), others(p))


@log_softmax.vjp
def log_softmax_vjp(x: Array, upstream: Array) -> Array:
    lead, own, e, rest, _ = _weights(x)
    whole = own + rest
    first = taken(upstream, lead)
    y = patched(upstream, lead, 0.0)
    minor = added(y)
    # u - p·Σu, but of the largest share u·(1 - p) - p·Σ of the others: next to p = 1 that difference would cancel
    y -= portions(e, first + minor, whole)
    put(y, lead, (first * rest - own * minor) / whole)
    return y


def _beside_nothing(x: Array) -> _Weights:
    """Return the weights of x beside one more, that of 0, which is nobody's."""
    lead = leading(x)
    top = np.maximum(taken(x, lead), 0.0)
    own, e, rest = exponentials(below(x, top), lead)
    nobody = np.exp(-top)
    return _Weights(lead, own, e, rest + nobody, nobody)


@axis_activation(
    "exp(x) / (1 + sum(exp(x)))",
    aliases=("softmax_1", "softmax_off_by_one"),
    paper="Miller 2023, Attention Is Off By One, evanmiller.org",
    use="attention heads that may attend to nothing: all shares go to 0 together",
    flaw="shares no longer add up to 1, and a shift of all inputs changes them",
)
def quiet_softmax(x: Array) -> Array:
    """Softmax beside one more logit that is 0 and not given out."""
    top = np.maximum(maximum(x), 0.0)
    y = below(x, top)
    np.exp(y, out=y)
    return over(y, sum_of_shares(y) + np.exp(-top))


@quiet_softmax.derivative
def quiet_softmax_jacobian(x: Array) -> Array:
    """diag(p) - p·pᵀ, p = quiet_softmax(x)."""
    with_nothing = np.concatenate([x, np.zeros((len(x), 1))], axis=-1)
    return _jacobian(softmax.kernel(with_nothing))[:, :-1, :-1]


@quiet_softmax.vjp
def quiet_softmax_vjp(x: Array, upstream: Array) -> Array:
    return _product(_beside_nothing(x), upstream)


def _logits(x: Array, tau: float, seed: int | None, start: int) -> Array:
    """Return (x + noise)/tau less its maximum, without noise when there is no seed."""
    noisy = x if seed is None else x + gumbel(seed, start, x.size).reshape(x.shape)
    if tau > 1e300:
        # there logits count that lie farther apart than the largest number
        noisy, tau = 0.25 * noisy, 0.25 * tau
    # the shift first: it is exact next to the maximum, and x/tau may overflow where the shares do not
    t = shifted(noisy)
    t /= tau
    return t


@axis_activation(
    "exp(x / tau) / sum(exp(x / tau))",
    paper="arXiv:1611.01144; arXiv:1611.00712",
    use="to sample a class in a way that gradients pass through, tau going down in training",
    flaw="biased for any tau > 0; the gradient of a hard sample is that of the soft one",
    domain=("tau > 0", "0 <= hard <= 1"),
)
def gumbel_softmax(
    x: Array, *, tau: float = 1.0, hard: int = 0, seed: int | None = None, start: int
) -> Array:
    """Softmax of (x + Gumbel noise)/tau: noise by seed and place, none without a seed; hard=1 gives one-hot rows, whose derivative is that of the soft ones."""
    p = shares(_logits(x, tau, seed, start))
    return marks(p) if hard else p


@gumbel_softmax.derivative
def gumbel_softmax_jacobian(
    x: Array, *, tau: float, hard: int, seed: int | None, start: int
) -> Array:
    """(diag(p) - p·pᵀ) / tau, p = gumbel_softmax(x)."""
    return _jacobian(shares(_logits(x, tau, seed, start))) / tau


@gumbel_softmax.vjp
def gumbel_softmax_vjp(
    x: Array,
    upstream: Array,
    *,
    tau: float,
    hard: int,
    seed: int | None,
    start: int,
) -> Array:
    y = _product(_weights(_logits(x, tau, seed, start)), upstream)
    y /= tau
    return y
