"""Softmax and its kind: every share of an axis is positive, and they add up to 1 or less."""

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array
from actcli.numerics import gumbel
from actcli.rows import (
    added,
    beside,
    dot,
    leading,
    marks,
    others,
    patched,
    shares,
    shifted,
    taken,
    with_diagonal,
    zero_or_product,
)


def _jacobian(p: Array) -> Array:
    """Return diag(p) - p·pᵀ."""
    return with_diagonal(
        -zero_or_product(p[:, :, None], p[:, None, :]), zero_or_product(p, others(p))
    )


def _product(p: Array, upstream: Array) -> Array:
    """Return upstream·(diag(p) - p·pᵀ)."""
    # taken from the upstream of the largest share, whose own term then vanishes instead of cancelling
    g = upstream - taken(upstream, leading(p))
    g -= dot(p, g)
    g *= p
    return g


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
    return _product(softmax.kernel(x), upstream)


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
    return -_product(softmin.kernel(x), upstream)


@axis_activation(
    "x - log(sum(exp(x)))",
    use="the logarithm of softmax for a cross-entropy loss, right where softmax itself has underflowed",
    flaw="unbounded below: a loss, not a hidden layer",
)
def log_softmax(x: Array) -> Array:
    """Logarithm of softmax."""
    t = shifted(x)
    _, rest = beside(t, leading(t))
    y = t - np.log1p(rest)
    return np.where(np.isneginf(t), t, y) if np.isnan(rest).any() else y


@log_softmax.derivative
def log_softmax_jacobian(x: Array) -> Array:
    """I - 1·pᵀ, p = softmax(x)."""
    p = softmax.kernel(x)
    return with_diagonal(np.repeat(-p[:, None, :], p.shape[-1], axis=1), others(p))


@log_softmax.vjp
def log_softmax_vjp(x: Array, upstream: Array) -> Array:
    t = shifted(x)
    lead = leading(t)
    e, rest = beside(t, lead)
    own = taken(upstream, lead)
    minor = added(patched(upstream, lead, 0.0))
    # u - p·Σu, but of the largest share u·(1 - p) - p·Σ of the others: next to p = 1 that difference would cancel
    e *= (own + minor) / (1.0 + rest)
    y = upstream - e
    np.put_along_axis(y, lead, (own * rest - minor) / (1.0 + rest), axis=-1)
    return np.where(np.isneginf(t), upstream, y) if np.isnan(rest).any() else y


def _with_nothing(x: Array) -> Array:
    """Return x with one more logit, which is 0 and whose share is nobody's."""
    return np.concatenate([x, np.zeros((len(x), 1))], axis=-1)


@axis_activation(
    "exp(x) / (1 + sum(exp(x)))",
    aliases=("softmax_1", "softmax_off_by_one"),
    paper="Miller 2023, Attention Is Off By One, evanmiller.org",
    use="attention heads that may attend to nothing: all shares go to 0 together",
    flaw="shares no longer add up to 1, and a shift of all inputs changes them",
)
def quiet_softmax(x: Array) -> Array:
    """Softmax beside one more logit that is 0 and not given out."""
    return softmax.kernel(_with_nothing(x))[:, :-1]


@quiet_softmax.derivative
def quiet_softmax_jacobian(x: Array) -> Array:
    """diag(p) - p·pᵀ, p = quiet_softmax(x)."""
    return _jacobian(softmax.kernel(_with_nothing(x)))[:, :-1, :-1]


@quiet_softmax.vjp
def quiet_softmax_vjp(x: Array, upstream: Array) -> Array:
    return _product(softmax.kernel(_with_nothing(x)), _with_nothing(upstream))[:, :-1]


def _sample(x: Array, tau: float, seed: int | None, start: int) -> Array:
    """Return softmax((x + noise)/tau), without noise when there is no seed."""
    noisy = x if seed is None else x + gumbel(seed, start, x.size).reshape(x.shape)
    # the shift first: x/tau may overflow where the shares do not
    return shares(shifted(noisy) / tau)


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
    p = _sample(x, tau, seed, start)
    return marks(p) if hard else p


@gumbel_softmax.derivative
def gumbel_softmax_jacobian(
    x: Array, *, tau: float, hard: int, seed: int | None, start: int
) -> Array:
    """(diag(p) - p·pᵀ) / tau, p = gumbel_softmax(x)."""
    return _jacobian(_sample(x, tau, seed, start)) / tau


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
    return _product(_sample(x, tau, seed, start), upstream) / tau
