"""What normalises an axis: its mean and spread taken out, and the logarithms of its sum and mean of exponentials."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array
from actcli.rows import (
    added,
    below,
    divided,
    dot,
    exponentials,
    leading,
    less,
    maximum,
    patched,
    portions,
    put,
    shares,
    shifted,
    sum_of,
    sum_of_shares,
    taken,
    total,
    zero_or_product,
)

# of eps once it is scaled down: far below the variance it is added to, and not 0
_LEAST = 1e-300


def _scaled(x: Array, eps: float) -> tuple[Array, Array, Array]:
    """Return x, eps and a factor that brought x to a size whose square is finite; a single infinity outgrows all."""
    top = maximum(np.abs(x))
    if not (top > 2.0**500).any():
        return x, np.full_like(top, eps), np.ones_like(top)
    endless = np.isinf(x)
    alone = endless.sum(axis=-1, keepdims=True) == 1
    if x.shape[-1] == 2:
        alone |= np.isinf(x[:, :1]) & (x[:, :1] == -x[:, 1:])
    alone &= ~np.isnan(x).any(axis=-1, keepdims=True)
    factor = np.where(top > 2.0**500, 2.0**-600, 1.0)
    y = np.where(alone, np.where(endless, np.sign(x), 0.0), x * factor)
    factor = np.where(np.isinf(top), 0.0, factor)
    return y, np.maximum(eps * factor * factor, _LEAST), factor


@axis_activation(
    "(x - mean(x)) / sqrt(mean((x - mean(x))**2) + eps)",
    paper="arXiv:1607.06450",
    use="layer normalisation, before its scale and shift",
    flaw="no gradient along the mean, and next to none along the spread",
    domain=("eps >= 1e-300",),  # so that the variance has all its digits
)
def standardize(x: Array, *, eps: float = 1e-5) -> Array:
    """An axis less its mean, over the square root of its variance + eps."""
    y, s = _standardized(x, eps)
    far = ~np.isfinite(s[:, 0])
    if far.any():
        y[far], _ = _standardized(*_scaled(x[far], eps)[:2])
    return y


def _standardized(x: Array, eps: Array | float) -> tuple[Array, Array]:
    """Return the function of rows whose squares are finite, and their spread, which is not if they are not."""
    n = x.shape[-1]
    # the mean in twice the precision: its rounding would be all there is of a small deviation
    mean, rest = divided(*total(x), n)
    d = less(x, mean)
    d -= rest
    s = np.sqrt(sum_of(np.square(d)) / n + eps)
    d /= s
    return d, s


class _Spread(NamedTuple):
    """A standardised row, seen from the mean of all but its most extreme element."""

    lead: Array  # where that element stands
    z: Array  # its result
    v: Array  # the others, less their mean; 0 for the extreme one
    s: Array  # the spread, which is not finite where the squares are not
    rest: Array  # 1 - z²/(n - 1), the part of the spread that is not its


def _spread(x: Array, eps: Array | float) -> _Spread:
    n = x.shape[-1]
    m = max(n - 1, 1)
    lead = _extreme(x)
    v = patched(x, lead, 0.0)
    mean, more = divided(*total(v), m)
    v -= mean
    v -= more
    put(v, lead, 0.0)
    d = (taken(x, lead) - mean) - more
    within = added(np.square(v)) / n + eps
    between = d * d * ((n - 1) / n) / n
    variance = within + between
    s = np.sqrt(variance)
    return _Spread(lead, d * ((n - 1) / n) / s, v, s, within / variance)


def _extreme(x: Array) -> Array:
    """Return the place of the element that is farthest from the mean, or so near to it that it does as well."""
    high, low = leading(x), x.argmin(axis=-1)[:, None]
    middle = added(x) / x.shape[-1]
    return np.where(taken(x, high) - middle >= middle - taken(x, low), high, low)


@standardize.derivative
def standardize_jacobian(x: Array, *, eps: float) -> Array:
    """(I - 1/n - y·yᵀ/n) / √(var + eps), y = standardize(x), n its length."""
    return _slopes(_jacobian, eps, x)


@standardize.vjp
def standardize_vjp(x: Array, upstream: Array, *, eps: float) -> Array:
    return _slopes(_product, eps, x, upstream)


def _slopes(
    form: Callable[..., tuple[Array, Array]], eps: float, *rows: Array
) -> Array:
    """Return the slopes of any rows from a form that takes rows whose squares are finite, and eps, in units of n·spread."""
    n = rows[0].shape[-1]
    slopes, s = form(*rows, eps)
    slopes *= _columns(1.0 / (n * s), slopes)
    far = ~np.isfinite(s[:, 0])
    if far.any():
        x, *upstream = (r[far] for r in rows)
        y, eps_, factor = _scaled(x, eps)
        found, s = form(y, *upstream, eps_)
        # infinities make a spread beside which no slope is left
        scale = np.where(factor == 0.0, 0.0, factor / (n * s))
        slopes[far] = zero_or_product(found, _columns(scale, found))
    return slopes


def _columns(column: Array, like: Array) -> Array:
    """Return one number for each row with as many dimensions as an array of slopes has."""
    return column.reshape(-1, *[1] * (like.ndim - 1))


def _jacobian(x: Array, eps: Array | float) -> tuple[Array, Array]:
    """Return the Jacobian of rows whose squares are finite, in units of n·spread, and that spread."""
    lead, z, v, s, rest = _spread(x, eps)
    n = x.shape[-1]
    m = max(n - 1, 1)
    w = v / s
    # not n·δ - 1 - z·zᵀ: next to an outlier that is 0, and with two elements it is nothing else
    pairs = z[..., None] * (w[:, :, None] + w[:, None, :])
    jacobian = (rest[..., None] - n + pairs) / m - w[:, :, None] * w[:, None, :]
    diagonal = n * (n - 2) / m + (rest + 2.0 * z * w) / m - w * w
    jacobian[:, range(n), range(n)] = diagonal
    edge = patched(-(rest + z * w), lead, (n - 1) * rest)
    np.put_along_axis(jacobian, lead[..., None], edge[:, None, :], axis=1)
    np.put_along_axis(jacobian, lead[..., None], edge[:, :, None], axis=2)
    return jacobian, s


def _product(x: Array, upstream: Array, eps: Array | float) -> tuple[Array, Array]:
    """Return upstream times that Jacobian, in the same units, and the spread."""
    lead, z, w, s, rest = _spread(x, eps)
    n = x.shape[-1]
    m = max(n - 1, 1)
    w /= s
    first = taken(upstream, lead)
    back = patched(upstream, lead, 0.0)
    mean = added(back) / m
    gap = mean - first
    # n·(u - mean) + (z·gap - along)·w + rest·gap + z·along/m
    back -= mean
    along = dot(back, w)
    back *= n
    w *= z * gap - along
    w += rest * gap + z * along / m
    back += w
    put(back, lead, -rest * (n - 1) * gap - z * along)
    return back, s


@axis_activation(
    "log(sum(exp(x)))",
    aliases=("lse",),
    use="the normaliser of softmax, a smooth maximum",
    flaw="larger than the maximum by up to log n; see logmeanexp",
)
def logsumexp(x: Array) -> Array:
    """Logarithm of the sum of exponentials; one number for the axis, which the result no longer has."""
    lead = leading(x)
    top = taken(x, lead)
    # a shift is one more pass, and for such rows, whose exponentials are far from overflow, as good without
    shift = np.where((top >= 0.0) & (top < 32.0), 0.0, top)
    own, _, rest = exponentials(below(x, shift) if shift.any() else x, lead)
    # not log(own + rest): where that is next to 1, its rounding is all there is of the logarithm
    return np.where(np.isinf(top), top, top + np.log1p(rest / own))[:, 0]


@logsumexp.derivative
def logsumexp_jacobian(x: Array) -> Array:
    """softmax(x)ᵀ."""
    return shares(shifted(x))[:, None, :]


@logsumexp.vjp
def logsumexp_vjp(x: Array, upstream: Array) -> Array:
    y = shifted(x)
    np.exp(y, out=y)
    return portions(y, upstream[:, None], sum_of_shares(y))


@axis_activation(
    "log(mean(exp(x)))",
    aliases=("lme",),
    use="a smooth maximum that lies between the mean and the maximum; averages of likelihoods",
    flaw="next to the mean for small inputs, next to the maximum for large ones: scale matters",
)
def logmeanexp(x: Array) -> Array:
    """Logarithm of the mean of exponentials; one number for the axis, which the result no longer has."""
    y, above = _log_mean(x)
    far = ~((above > -0.5) & (above < np.inf))
    if far.any():
        y[far] = _far_log_mean(x[far])
    return y


def _log_mean(x: Array) -> tuple[Array, Array]:
    """Return the function where the mean is not below a half, nor infinite, and that mean less 1."""
    # log(sum) - log(n) would leave the rounding of log(n) where the mean is next to 1
    above = sum_of(np.expm1(x))[:, 0] / x.shape[-1]
    return np.log1p(above), above


def _far_log_mean(x: Array) -> Array:
    top = maximum(x)[:, 0]
    # far out the maximum is taken out first; it has the sign of the result there, so that nothing cancels
    shift = np.where((top > -1.0) & (top < 600.0), 0.0, top)
    t = np.where((shift == 0.0)[:, None], x, shifted(x))
    y, above = _log_mean(t)
    small = ~(above > -0.5)
    if small.any():
        y[small] = np.log(np.exp(t[small]).sum(-1) / x.shape[-1])
    return np.where(np.isinf(top), top, shift + y)


# it is logsumexp less log n, which has no slope
logmeanexp.derivative(logsumexp_jacobian)
logmeanexp.vjp(logsumexp_vjp)
