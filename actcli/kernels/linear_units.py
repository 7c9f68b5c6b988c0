"""Gated linear units: one half of an axis times a gate that the other half opens. Which half is the gate is in each docstring."""

import math
from typing import Any

import numpy as np

from actcli.axiswise import AxisActivation, axis_activation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.numerics import FAR, at_least, either, mend
from actcli.rows import diagonals
from actcli.special import gaussian, x_normal_cdf, x_normal_cdf_and_prime

_HUGE = math.exp(-FAR)
# below this even the product with a large factor is zero
_ZERO_FROM = -2000.0


def _halves(x: Array, function: AxisActivation) -> tuple[Array, Array]:
    n = x.shape[-1]
    if n % 2:
        raise RequestError(
            f"{function.name}: a length of {n} has no halves; it must be even"
        )
    return x[:, : n // 2], x[:, n // 2 :]


def _back(slopes: tuple[Array, Array], upstream: Array) -> Array:
    rows, half = upstream.shape
    y = np.empty((rows, 2 * half))
    for k, slope in enumerate(slopes):
        np.multiply(slope, upstream, out=y[:, k * half : (k + 1) * half])
    return y


def _times(s: Array, b: Array) -> Array:
    """Return s·b, where 0 times infinity is 0: one stays 0 while the other grows."""
    y = s * b
    unknown = np.isnan(y)
    if unknown.any():
        y[unknown & ~np.isnan(s) & ~np.isnan(b)] = 0.0
    return y


def _shutting(z: Array) -> tuple[Array, bool]:
    """Return exp(-z), and whether σ(z) or σ(-z) is next to nothing anywhere, or NaN."""
    y = np.negative(z)
    np.exp(y, out=y)
    # not by z, whose rows stand apart from each other in memory
    return y, not (y.max(initial=1.0) < _HUGE and y.min(initial=1.0) > 1.0 / _HUGE)


def _far_left(y: Array, z: Array, first: Array, second: Any = 1.0) -> Array:
    """Mend y where it is first·second·exp(z) and exp(z) is next to nothing, but the factors may be huge."""
    low = z < FAR
    if low.any():
        # a third of the way with each factor, the last whatever is left: no product is subnormal but the last
        t = np.maximum(z[low], _ZERO_FROM)
        third = np.trunc(t / 3.0)
        e = np.exp(third)
        second = second[low] if np.ndim(second) else second
        y[low] = (first[low] * e) * (second * e) * np.exp(t - 2.0 * third)
    return y


def _shut(y: Array, z: Array, a: Array) -> Array:
    """Mend y, a times something of z, where z is -inf: there that is 0, unless a is infinite too."""
    return mend(y, z == -np.inf, lambda a: 0.0 * a, a)


def _opened(a: Array, z: Array) -> tuple[Array, bool]:
    """Return a·σ(z), and whether it is to be mended far left."""
    y, far = _shutting(z)
    y += 1.0
    return np.divide(a, y, out=y), far


@axis_activation(
    "first(x) / (1 + exp(-second(x)))",
    paper="arXiv:1612.08083",
    use="gated convolutions over text and speech",
    flaw="twice the weights for the same outputs",
)
def glu(x: Array) -> Array:
    """Gated linear unit: the first half of the axis times sigmoid of the second, which is the gate."""
    a, z = _halves(x, glu)
    y, far = _opened(a, z)
    return _shut(_far_left(y, z, a), z, a) if far else y


@glu.derivative
def glu_jacobian(x: Array) -> Array:
    """diag(σ(b)) beside diag(a·σ(b)·σ(-b)), x = [a, b]."""
    return diagonals(*_glu_slopes(x))


@glu.vjp
def glu_vjp(x: Array, upstream: Array) -> Array:
    return _back(_glu_slopes(x), upstream)


def _glu_slopes(x: Array) -> tuple[Array, Array]:
    a, z = _halves(x, glu)
    y, far = _shutting(z)
    s = y + 1.0
    np.divide(1.0, s, out=s)
    # a·σ(z)·σ(-z)
    y *= s
    y *= s
    y *= a
    if far:
        s = _far_left(s, z, np.ones_like(z))
        y = np.where(np.isinf(z), 0.0 * a, _far_left(y, -np.abs(z), a))
    return s, y


@axis_activation(
    "first(x) / (1 + exp(-first(x))) * second(x)",
    paper="arXiv:2002.05202",
    use="the feed-forward layers of most large language models",
    flaw="half as many weights again, which is made up for by a narrower layer",
)
def swiglu(x: Array) -> Array:
    """Swish of the first half of the axis, which is the gate, times the second."""
    a, b = _halves(x, swiglu)
    y, far = _opened(a, a)
    y = _times(y, b)
    # a·exp(a) grows to no more than 0 far left, whatever a is there
    return _shut(_far_left(y, a, b, at_least(a, _ZERO_FROM)), a, b) if far else y


@swiglu.derivative
def swiglu_jacobian(x: Array) -> Array:
    """diag(silu′(a)·b) beside diag(silu(a)), x = [a, b]."""
    return diagonals(*_swiglu_slopes(x))


@swiglu.vjp
def swiglu_vjp(x: Array, upstream: Array) -> Array:
    return _back(_swiglu_slopes(x), upstream)


def _swiglu_slopes(x: Array) -> tuple[Array, Array]:
    a, b = _halves(x, swiglu)
    y, far = _shutting(a)
    s = y + 1.0
    np.divide(1.0, s, out=s)
    # σ(a)·(1 + a·σ(-a))·b
    y *= s
    y = _times(y, a)
    y += 1.0
    y *= s
    y = _times(y, b)
    s *= a
    if far:
        least = at_least(a, _ZERO_FROM)
        s = _shut(_far_left(s, a, np.ones_like(a), least), a, np.zeros_like(a))
        y = _shut(_far_left(y, a, b, 1.0 + least), a, b)
    return y, s


# from here to the left Φ and φ are subnormal, or soon will be
_GELU_FAR = -37.0
_GELU_ZERO_FROM = -55.0


def _gelu_far_left(y: Array, a: Array, b: Array, *, slope: bool) -> Array:
    """Mend y where it is b times gelu or its slope, and that is next to nothing."""
    low = a < _GELU_FAR
    if low.any():
        t = np.maximum(a[low], _GELU_ZERO_FROM)
        s = 1.0 / (t * t)
        # |t|·Φ(t)/φ(t), whose next term is below 1e-18
        mills = np.polyval([10395.0, -945.0, 105.0, -15.0, 3.0, -1.0, 1.0], s)
        # exp(-t²/2) as the square of what is not subnormal
        g = gaussian(t / 2.0)
        factor = t - mills / t if slope else -mills
        y[low] = (b[low] * g) * (factor / math.sqrt(2.0 * math.pi) * g)
    return _shut(y, a, b)


@axis_activation(
    "first(x) * erfc(-first(x) / sqrt(2)) / 2 * second(x)",
    paper="arXiv:2002.05202",
    use="the feed-forward layers of T5 1.1 and Gemma, the latter with gelu_tanh",
    flaw="half as many weights again, which is made up for by a narrower layer",
)
def geglu(x: Array) -> Array:
    """Gelu of the first half of the axis, which is the gate, times the second."""
    a, b = _halves(x, geglu)
    return _gelu_far_left(_times(x_normal_cdf(a), b), a, b, slope=False)


@geglu.derivative
def geglu_jacobian(x: Array) -> Array:
    """diag(gelu′(a)·b) beside diag(gelu(a)), x = [a, b]."""
    return diagonals(*_geglu_slopes(x))


@geglu.vjp
def geglu_vjp(x: Array, upstream: Array) -> Array:
    return _back(_geglu_slopes(x), upstream)


def _geglu_slopes(x: Array) -> tuple[Array, Array]:
    a, b = _halves(x, geglu)
    gelu, prime = x_normal_cdf_and_prime(a)
    return _gelu_far_left(_times(prime, b), a, b, slope=True), gelu


@axis_activation(
    "max(0, first(x)) * second(x)",
    paper="arXiv:2002.05202",
    use="feed-forward layers that are to stay sparse",
    flaw="no gradient to either half where the gate is shut",
)
def reglu(x: Array) -> Array:
    """Relu of the first half of the axis, which is the gate, times the second."""
    a, b = _halves(x, reglu)
    return _times(np.maximum(a, 0.0), b)


@reglu.derivative
def reglu_jacobian(x: Array) -> Array:
    """diag(relu′(a)·b) beside diag(relu(a)), x = [a, b]."""
    return diagonals(*_reglu_slopes(x))


@reglu.vjp
def reglu_vjp(x: Array, upstream: Array) -> Array:
    return _back(_reglu_slopes(x), upstream)


def _reglu_slopes(x: Array) -> tuple[Array, Array]:
    a, b = _halves(x, reglu)
    return either(a > 0.0, b, 0.0, a), np.maximum(a, 0.0)


@axis_activation(
    "first(x) * second(x)",
    paper="arXiv:2002.05202",
    use="to see what the gate's nonlinearity is worth",
    flaw="unbounded on both sides: quadratic along the diagonal",
)
def bilinear(x: Array) -> Array:
    """The first half of the axis times the second: a gated unit without an activation."""
    a, b = _halves(x, bilinear)
    return _times(a, b)


@bilinear.derivative
def bilinear_jacobian(x: Array) -> Array:
    """diag(b) beside diag(a), x = [a, b]."""
    a, b = _halves(x, bilinear)
    return diagonals(b, a)


@bilinear.vjp
def bilinear_vjp(x: Array, upstream: Array) -> Array:
    a, b = _halves(x, bilinear)
    return _back((b, a), upstream)
