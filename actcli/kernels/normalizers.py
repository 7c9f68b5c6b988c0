"""What normalises an axis: its mean and spread taken out, and the logarithms of its sum and mean of exponentials."""

from typing import NamedTuple

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array
from actcli.rows import (
    beside,
    deviation,
    divided,
    dot,
    leading,
    maximum,
    patched,
    shares,
    shifted,
    sum_of,
    taken,
    total,
    zero_or_product,
)


def _scaled(x: Array, eps: float) -> tuple[Array, Array, Array]:
    """Return x, eps and a factor that brought x to a size whose square is finite; a single infinity outgrows all."""
    top = maximum(np.abs(x))
    if not (top > 2.0**500).any():
        return x, np.maximum(eps, 1e-300), np.ones_like(top)
    endless = np.isinf(x)
    alone = endless.sum(axis=-1, keepdims=True) == 1
    if x.shape[-1] == 2:
        alone |= np.isinf(x[:, :1]) & (x[:, :1] == -x[:, 1:])
    factor = np.where(top > 2.0**500, 2.0**-600, 1.0)
    y = np.where(alone, np.where(endless, np.sign(x), 0.0), x * factor)
    factor = np.where(np.isinf(top), 0.0, factor)
    return y, np.maximum(eps * factor * factor, 1e-300), factor


@axis_activation(
    "(x - mean(x)) / sqrt(mean((x - mean(x))**2) + eps)",
    paper="arXiv:1607.06450",
    use="layer normalisation, before its scale and shift",
    flaw="no gradient along the mean, and next to none along the spread",
    domain=("eps > 0",),
)
def standardize(x: Array, *, eps: float = 1e-5) -> Array:
    """An axis less its mean, over the square root of its variance + eps."""
    y, eps_, _ = _scaled(x, eps)
    n = x.shape[-1]
    # the mean in twice the precision: its rounding would be all there is of a small deviation
    d = deviation(y, *divided(*total(y), n))
    d /= np.sqrt(sum_of(d * d) / n + eps_)
    return d


class _Spread(NamedTuple):
    """A standardised row, seen from the mean of all but its most extreme element."""

    lead: Array  # where that element stands
    z: Array  # its result
    w: Array  # the others, less their mean, in units of the spread; 0 for the extreme one
    rest: Array  # 1 - z²/(n - 1), the part of the spread that is not its
    scale: Array  # of the slopes


def _spread(x: Array, eps: float) -> _Spread:
    y, eps_, factor = _scaled(x, eps)
    n = x.shape[-1]
    lead = leading(np.abs(deviation(y, *divided(*total(y), n))))
    mean = divided(*total(patched(y, lead, 0.0)), max(n - 1, 1))
    v = deviation(y, *mean)
    d = taken(v, lead)
    v = patched(v, lead, 0.0)
    within = dot(v, v) / n + eps_
    between = d * d * ((n - 1) / n) / n
    s = np.sqrt(within + between)
    z = d * ((n - 1) / n) / s
    # infinities make a spread beside which no slope is left
    scale = np.where(factor == 0.0, 0.0, factor / (n * s))
    return _Spread(lead, z, v / s, within / (s * s), scale)


@standardize.derivative
def standardize_jacobian(x: Array, *, eps: float) -> Array:
    """(I - 1/n - y·yᵀ/n) / √(var + eps), y = standardize(x), n its length."""
    # not n·δ - 1 - z·zᵀ: next to an outlier that is 0, and with two elements it is nothing else
    lead, z, w, rest, scale = _spread(x, eps)
    n = x.shape[-1]
    m = max(n - 1, 1)
    pairs = z[..., None] * (w[:, :, None] + w[:, None, :])
    jacobian = (rest[..., None] - n + pairs) / m - w[:, :, None] * w[:, None, :]
    diagonal = n * (n - 2) / m + (rest + 2.0 * z * w) / m - w * w
    jacobian[:, range(n), range(n)] = diagonal
    edge = patched(-(rest + z * w), lead, (n - 1) * rest)
    np.put_along_axis(jacobian, lead[..., None], edge[:, None, :], axis=1)
    np.put_along_axis(jacobian, lead[..., None], edge[:, :, None], axis=2)
    return zero_or_product(jacobian, scale[..., None])


@standardize.vjp
def standardize_vjp(x: Array, upstream: Array, *, eps: float) -> Array:
    lead, z, w, rest, scale = _spread(x, eps)
    n = x.shape[-1]
    m = max(n - 1, 1)
    first = taken(upstream, lead)
    mean = patched(upstream, lead, 0.0).sum(axis=-1, keepdims=True) / m
    along = (upstream * w).sum(axis=-1, keepdims=True)
    back = (rest + z * w) * (mean - first) + n * (upstream - mean)
    back += z * along / m - w * along
    edge = rest * (n - 1) * (first - mean) - z * along
    return zero_or_product(patched(back, lead, edge), scale)


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
    _, rest = beside(shifted(x), lead)
    return np.where(np.isinf(top), top, top + np.log1p(rest))[:, 0]


def _softmax(x: Array) -> Array:
    return shares(shifted(x))


@logsumexp.derivative
def logsumexp_jacobian(x: Array) -> Array:
    """softmax(x)ᵀ."""
    return _softmax(x)[:, None, :]


@logsumexp.vjp
def logsumexp_vjp(x: Array, upstream: Array) -> Array:
    return _softmax(x) * upstream[:, None]


@axis_activation(
    "log(mean(exp(x)))",
    aliases=("lme",),
    use="a smooth maximum that lies between the mean and the maximum; averages of likelihoods",
    flaw="next to the mean for small inputs, next to the maximum for large ones: scale matters",
)
def logmeanexp(x: Array) -> Array:
    """Logarithm of the mean of exponentials; one number for the axis, which the result no longer has."""
    top = maximum(x)[:, 0]
    y = _log_mean(x)
    # far out the maximum is taken out first; it has the sign of the result there, so that nothing cancels
    far = ~((top > -1.0) & (top < 700.0))
    if far.any():
        y[far] = top[far] + _log_mean(shifted(x[far]))
    return np.where(np.isinf(top), top, y)


def _log_mean(x: Array) -> Array:
    n = x.shape[-1]
    # log(sum) - log(n) would leave the rounding of log(n) where the mean is next to 1
    above = sum_of(np.expm1(x))[:, 0] / n
    small = ~(above > -0.5)
    y = np.log1p(above)
    if small.any():
        y[small] = np.log(np.exp(x[small]).sum(-1) / n)
    return y


@logmeanexp.derivative
def logmeanexp_jacobian(x: Array) -> Array:
    """softmax(x)ᵀ."""
    return _softmax(x)[:, None, :]


@logmeanexp.vjp
def logmeanexp_vjp(x: Array, upstream: Array) -> Array:
    return _softmax(x) * upstream[:, None]
