"""Gated linear units: one half of an axis times a gate that the other half opens. Which half is the gate is in each docstring."""

import math
from typing import Any

import numpy as np

from actcli.axiswise import AxisActivation, axis_activation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.numerics import bell, either, gate, gate_slope, mend, sigma
from actcli.rows import diagonals
from actcli.special import gaussian, x_normal_cdf, x_normal_cdf_prime

_FAR = -700.0
_ZERO_FROM = -2000.0


def _halves(x: Array, function: AxisActivation) -> tuple[Array, Array]:
    n = x.shape[-1]
    if n % 2:
        raise RequestError(
            f"{function.name}: a length of {n} has no halves; it must be even"
        )
    return x[:, : n // 2], x[:, n // 2 :]


def _back(slopes: tuple[Array, Array], upstream: Array) -> Array:
    return np.concatenate([s * upstream for s in slopes], axis=-1)


def _times(s: Array, b: Array) -> Array:
    """Return s·b, where 0 times infinity is 0: one stays 0 while the other grows."""
    still = ((s == 0.0) & np.isinf(b)) | (np.isinf(s) & (b == 0.0))
    return np.where(still, 0.0, s * b)


def _far_left(y: Array, z: Array, first: Array, second: Any = 1.0) -> Array:
    """Mend y where it is first·second·exp(z) and exp(z) is next to nothing, but the factors may be huge."""
    low = z < _FAR
    if low.any():
        # a third of the way with each factor: no product is subnormal but the last
        e = np.exp(np.maximum(z[low], _ZERO_FROM) / 3.0)
        second = second[low] if np.ndim(second) else second
        y[low] = (first[low] * e) * (second * e) * e
    return y


def _shut(y: Array, z: Array, a: Array) -> Array:
    """Mend y, a times something of z, where z is -inf: there that is 0, unless a is infinite too."""
    return mend(y, z == -np.inf, lambda a: 0.0 * a, a)


def _opened(a: Array, z: Array) -> Array:
    """Return a·σ(z), for a that has nothing to do with z."""
    y = _far_left(a * sigma(z), z, a)
    return _shut(y, z, a)


@axis_activation(
    "first(x) / (1 + exp(-second(x)))",
    paper="arXiv:1612.08083",
    use="gated convolutions over text and speech",
    flaw="twice the weights for the same outputs",
)
def glu(x: Array) -> Array:
    """Gated linear unit: the first half of the axis times sigmoid of the second, which is the gate."""
    return _opened(*_halves(x, glu))


@glu.derivative
def glu_jacobian(x: Array) -> Array:
    """diag(σ(b)) beside diag(a·σ(b)·σ(-b)), x = [a, b]."""
    return diagonals(*_glu_slopes(x))


@glu.vjp
def glu_vjp(x: Array, upstream: Array) -> Array:
    return _back(_glu_slopes(x), upstream)


def _glu_slopes(x: Array) -> tuple[Array, Array]:
    a, z = _halves(x, glu)
    by_gate = _far_left(a * bell(z), -np.abs(z), a)
    return sigma(z), np.where(np.isinf(z), 0.0 * a, by_gate)


@axis_activation(
    "first(x) / (1 + exp(-first(x))) * second(x)",
    paper="arXiv:2002.05202",
    use="the feed-forward layers of most large language models",
    flaw="half as many weights again, which is made up for by a narrower layer",
)
def swiglu(x: Array) -> Array:
    """Swish of the first half of the axis, which is the gate, times the second."""
    a, b = _halves(x, swiglu)
    y = _times(a * sigma(a), b)
    # a·exp(a) grows to no more than 0 far left, whatever a is there
    y = _far_left(y, a, b, np.maximum(a, _ZERO_FROM))
    return _shut(y, a, b)


@swiglu.derivative
def swiglu_jacobian(x: Array) -> Array:
    """diag(silu′(a)·b) beside diag(silu(a)), x = [a, b]."""
    return diagonals(*_swiglu_slopes(x))


@swiglu.vjp
def swiglu_vjp(x: Array, upstream: Array) -> Array:
    return _back(_swiglu_slopes(x), upstream)


def _swiglu_slopes(x: Array) -> tuple[Array, Array]:
    a, b = _halves(x, swiglu)
    by_gate = _times(gate_slope(a, a), b)
    by_gate = _far_left(by_gate, a, b, 1.0 + np.maximum(a, _ZERO_FROM))
    return _shut(by_gate, a, b), gate(a, a)


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
    by_gate = _times(x_normal_cdf_prime(a), b)
    return _gelu_far_left(by_gate, a, b, slope=True), x_normal_cdf(a)


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
