"""Shares of an axis that may be exactly 0: all for the maximum, or projections onto the simplex."""

from itertools import pairwise
from typing import TypeAlias

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array, Kernel
from actcli.numerics import constant
from actcli.rows import (
    added,
    divided,
    leading,
    marks,
    maximum,
    minus,
    others,
    shifted,
    total,
    two_product,
    two_sum,
    with_diagonal,
    zero_or_product,
)

# a number in twice the precision: near the cutoff the difference from it is all that is left of a share
Pair: TypeAlias = tuple[Array, Array]

# of a share: plain sums are nearer to the truth than that, in rows of any length
_CLOSE = 1e-6


@axis_activation(
    "1 if index(x) == argmax(x) else 0",
    use="to pick a class when nothing is to be learned through the choice",
    flaw="no gradient anywhere",
)
def hardmax(x: Array) -> Array:
    """One for the first maximum of an axis, 0 for all others."""
    return marks(x)


@hardmax.derivative
def hardmax_jacobian(x: Array) -> Array:
    """0 everywhere."""
    n = x.shape[-1]
    return np.repeat(constant(x.max(axis=-1), 0.0), n * n).reshape(-1, n, n)


@hardmax.vjp
def hardmax_vjp(x: Array, upstream: Array) -> Array:
    return constant(np.maximum(x, upstream), 0.0)


# how wide rows are made of the few numbers near their maximum, each twice the last, so that half of one is filled
_WIDTHS = [1 << k for k in range(4, 48)]


def _from_few(form: Kernel, x: Array, depth: float) -> Array:
    """Return form(x), which is 0 for what is ``depth`` or more below the maximum of its row, from what is above."""
    top = maximum(x)
    near = (x >= top - depth) | ~np.isfinite(top)
    # by the count of a row alone, so that no digit depends on the rows beside it
    count = np.count_nonzero(near, axis=-1)
    length = x.shape[-1]
    y = np.zeros_like(x)
    for less, width in pairwise([0, *(w for w in _WIDTHS if w < length), length]):
        rows = np.flatnonzero((count > less) & (count <= width))
        if rows.size and width < length:
            y[rows] = _of_few(form, x[rows], near[rows], width)
        elif rows.size:
            y[rows] = form(x[rows])
    return y


def _of_few(form: Kernel, x: Array, near: Array, width: int) -> Array:
    """Return form of those elements of each row that are near its maximum, in rows so wide; 0 for the others."""
    where = np.flatnonzero(near)
    row = where // x.shape[-1]
    place = np.arange(where.size) - np.searchsorted(row, np.arange(len(x)))[row]
    few = np.full((len(x), width), -np.inf)
    few[row, place] = x.reshape(-1)[where]
    y = np.zeros_like(x)
    y.reshape(-1)[where] = form(few)[row, place]
    return y


def _from_top(x: Array, scale: float) -> Pair:
    """Return scale·(x - the maximum of the row), below which nothing has a share of the whole."""
    t = shifted(x)
    top = x.max(axis=-1, keepdims=True)
    # what the rounding of the difference left over, where it is not too far down to matter
    near = (t * scale >= -1.0) & np.isfinite(top)
    rest = np.where(near, two_sum(x, -top)[1], 0.0)
    low = np.where(np.isnan(t), t, np.maximum(t * scale, -1.0))
    return low, rest * scale


def _excess(t: Pair, cutoff: Pair) -> Pair:
    """Return t - cutoff where it is positive, and 0 elsewhere."""
    high, low = minus(t[0], cutoff[0], cutoff[1] - t[1])
    outside = (high <= 0.0) | ((t[0] <= -1.0) & (t[1] <= 0.0))
    return np.where(outside, 0.0, high), np.where(outside, 0.0, low)


def _linear_shares(x: Array) -> Array:
    """Return max(0, x - cutoff) with the sum 1."""
    return _from_few(_all_linear_shares, x, 1.0)


def _all_linear_shares(x: Array) -> Array:
    t = _from_top(x, 1.0)
    inside = ~((t[0] <= -1.0) & (t[1] <= 0.0))
    # Michelot: the cutoff of too many elements is too low, and drops none that belong
    while True:
        # what is far below first, which plain sums tell in a fraction of the time
        count = added(inside.astype(float))
        cutoff = (added(np.where(inside, t[0], 0.0)) - 1.0) / count
        fewer = inside & ~(t[0] < cutoff - _CLOSE)
        if (fewer == inside).all():
            break
        inside = fewer
    while True:
        count = added(inside.astype(float))
        high, low = total(np.where(inside, t[0], 0.0))
        high, carry = two_sum(high, np.array(-1.0))
        low = low + carry + np.where(inside, t[1], 0.0).sum(axis=-1, keepdims=True)
        excess, rest = _excess(t, divided(high, low, count))
        fewer = inside & ~(excess <= 0.0)
        if (fewer == inside).all():
            return excess + rest
        inside = fewer


@axis_activation(
    "excess(x, 1)",
    paper="arXiv:1602.02068",
    use="attention and outputs over many classes of which few are meant",
    flaw="no gradient to a class whose share is 0; sorts or searches where softmax adds",
)
def sparsemax(x: Array) -> Array:
    """Euclidean projection of an axis onto the simplex, with shares that are exactly 0."""
    return _linear_shares(x)


@sparsemax.derivative
def sparsemax_jacobian(x: Array) -> Array:
    """diag(s) - s·sᵀ / sum(s), s = 1 where sparsemax(x) > 0."""
    inside, count = _support(_linear_shares(x))
    return with_diagonal(
        -_share(
            zero_or_product(inside[:, :, None], inside[:, None, :]), count[..., None]
        ),
        zero_or_product(inside, (count - 1.0) / count),
    )


@sparsemax.vjp
def sparsemax_vjp(x: Array, upstream: Array) -> Array:
    inside, count = _support(_linear_shares(x))
    mean = (inside * upstream).sum(axis=-1, keepdims=True) / count
    return inside * (upstream - mean)


def _share(part: Array, whole: Array) -> Array:
    """Return part/whole, and 0 for no part of what is not known."""
    return np.where(part == 0.0, 0.0, part / whole)


def _support(p: Array) -> tuple[Array, Array]:
    """Return 1 where there is a share, NaN where it is unknown, and how many there are."""
    inside = np.where(np.isnan(p), p, p > 0.0)
    return inside, inside.sum(axis=-1, keepdims=True)


def _roots(x: Array) -> Array:
    """Return max(0, x/2 - cutoff), whose squares have the sum 1."""
    return _from_few(_all_roots, x, 2.0)


def _all_roots(x: Array) -> Array:
    t = _from_top(x, 0.5)
    cutoff = _square_cutoff(t[0]), np.zeros((len(x), 1))
    # Newton on the sum of the squares, which is convex: from the first step on it comes from the left
    for _ in range(4):
        high, low = _excess(t, cutoff)
        norm2, rest = total(np.concatenate(two_product(high, high), axis=-1))
        rest = rest + 2.0 * (high * low).sum(axis=-1, keepdims=True)
        error = (norm2 - 1.0) + rest
        step = error / (2.0 * high.sum(axis=-1, keepdims=True))
        cutoff = minus(cutoff[0], -step, -cutoff[1])
    high, low = _excess(t, cutoff)
    return high + low


def _square_cutoff(t: Array) -> Array:
    """Return the cutoff to a few digits' loss, from the sums over the k largest, for the largest k that fits."""
    down = -np.sort(-t, axis=-1)
    k = np.arange(1.0, t.shape[-1] + 1.0)
    mean = down.cumsum(axis=-1) / k
    scatter = (down * down).cumsum(axis=-1) - k * mean * mean
    cutoffs = mean - np.sqrt(np.maximum((1.0 - scatter) / k, 0.0))
    fits = (cutoffs <= down).sum(axis=-1, keepdims=True)
    return np.take_along_axis(cutoffs, np.maximum(fits, 1) - 1, axis=-1)


@axis_activation(
    "excess(x / 2, 2)**2",
    aliases=("entmax",),
    paper="arXiv:1905.05702",
    use="between softmax and sparsemax: exact zeros with smooth corners",
    flaw="no gradient to a class whose share is 0; costs more than either",
)
def entmax15(x: Array) -> Array:
    """Entmax with alpha = 1.5: squares of what rises above a common cutoff."""
    root = _roots(x)
    return root * root


@entmax15.derivative
def entmax15_jacobian(x: Array) -> Array:
    """diag(s) - s·sᵀ / sum(s), s = √entmax15(x)."""
    root = _roots(x)
    q = _share(root, root.sum(axis=-1, keepdims=True))
    return with_diagonal(
        -zero_or_product(root[:, :, None], q[:, None, :]),
        zero_or_product(root, others(q)),
    )


@entmax15.vjp
def entmax15_vjp(x: Array, upstream: Array) -> Array:
    root = _roots(x)
    q = _share(root, root.sum(axis=-1, keepdims=True))
    g = upstream - np.take_along_axis(upstream, leading(q), axis=-1)
    return root * (g - (q * g).sum(axis=-1, keepdims=True))
