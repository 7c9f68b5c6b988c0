"""Clipped: a ramp between two constants, with corners or rounded."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import (
    bell,
    binary_entropy,
    far_left,
    indicator,
    inside,
    mend,
    over_square,
    product,
)


@activation(
    "min(1, max(0, (x - lower) / (upper - lower)))",
    paper="arXiv:1511.00363",
    use="a sigmoid for small processors, the gate of hard_swish",
    flaw="no gradient outside its bounds; the slope is 1/6 in most frameworks and 0.2 in others, which is upper=2.5, lower=-2.5",
    kinks=("lower", "upper"),
    domain=("lower < upper",),
)
def hard_sigmoid(x: Array, *, lower: float = -3.0, upper: float = 3.0) -> Array:
    """Ramp from 0 at lower to 1 at upper."""
    # not slope·x + offset: x - lower is exact next to the kink, so the digits of small results are kept
    return np.clip(_over_width(x, lower, lower, upper), 0.0, 1.0)


@hard_sigmoid.derivative
def hard_sigmoid_prime(x: Array, *, lower: float, upper: float) -> Array:
    return _over_width(indicator((x > lower) & (x < upper), x), 0.0, lower, upper)


@hard_sigmoid.derivative("lower")
def hard_sigmoid_by_lower(x: Array, *, lower: float, upper: float) -> Array:
    y = np.clip(_over_width(x, upper, lower, upper), -1.0, 0.0)
    return _over_width(y * (x > lower), 0.0, lower, upper)


@hard_sigmoid.derivative("upper")
def hard_sigmoid_by_upper(x: Array, *, lower: float, upper: float) -> Array:
    y = np.clip(_over_width(x, lower, upper, lower), -1.0, 0.0)
    return _over_width(y * (x < upper), 0.0, lower, upper)


def _over_width(y: Array, offset: float, lower: float, upper: float) -> Array:
    """Return (y - offset)/(upper - lower), whatever the bounds."""
    if np.isinf(upper - lower):
        y, offset, lower, upper = 0.5 * y, 0.5 * offset, 0.5 * lower, 0.5 * upper
    return (y - offset if offset else y) / (upper - lower)


sparse_sigmoid = hard_sigmoid.variant(
    "sparse_sigmoid",
    "Ramp from 0 at -1 to 1 at 1.",
    paper="arXiv:1901.02324",
    use="probabilities that may be exactly 0 or 1: sparsemax of two",
    flaw="no gradient outside (-1, 1)",
    lower=-1.0,
    upper=1.0,
)


@activation(
    "min(max_val, max(min_val, x))",
    paper="Collobert 2004, Large Scale Machine Learning",
    use="a tanh for small processors, clipping",
    flaw="no gradient outside its bounds",
    kinks=("min_val", "max_val"),
    domain=("min_val < max_val",),
    unbounded=("min_val", "max_val"),
    native=True,
)
def hard_tanh(x: Array, *, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Identity clipped to an interval."""
    return np.clip(x, min_val, max_val)


@hard_tanh.derivative
def hard_tanh_prime(x: Array, *, min_val: float, max_val: float) -> Array:
    return inside(x, min_val, max_val)


@hard_tanh.derivative("min_val")
def hard_tanh_by_min_val(x: Array, *, min_val: float, max_val: float) -> Array:
    return indicator(x <= np.float64(min_val), x)


@hard_tanh.derivative("max_val")
def hard_tanh_by_max_val(x: Array, *, min_val: float, max_val: float) -> Array:
    return indicator(x >= np.float64(max_val), x)


@activation(
    "log((1 + exp(alpha * x)) / (1 + exp(alpha * (x - 1)))) / alpha",
    paper="arXiv:1810.11509",
    use="outputs that must lie between 0 and 1 and be nearly linear there",
    flaw="no gradient far outside; two exponentials for each input",
    domain=("alpha > 0",),
)
def softclipping(x: Array, *, alpha: float = 1.0) -> Array:
    """Ramp from 0 to 1 with rounded corners."""
    # f(x) + f(1 - x) = 1, and the smaller one keeps its digits as a logarithm of 1 + q
    t = np.minimum(x, 1.0 - x)
    z, scale = alpha * t, -np.expm1(-alpha)
    q = scale / (np.exp(-z) + np.exp(-alpha))
    y = mend(np.log1p(q) / alpha, np.isinf(q), lambda t: t, t)
    y = far_left(y, z, scale / alpha)
    return np.abs((x > 0.5) - y)


@softclipping.derivative
def softclipping_prime(x: Array, *, alpha: float) -> Array:
    z, scale = alpha * x, -np.expm1(-alpha)
    y = scale / ((1.0 + np.exp(-z)) * (1.0 + np.exp(z - alpha)))
    return far_left(far_left(y, z, scale), alpha - z, scale)


@softclipping.derivative("alpha")
def softclipping_by_alpha(x: Array, *, alpha: float) -> Array:
    # (H(alpha·(1 - x)) - H(alpha·x))/alpha² with H the binary entropy; odd about 1/2
    t = np.minimum(x, 1.0 - x)
    s = np.abs(t)
    y = _entropy_step(s, np.minimum(1.0 - 2.0 * t, 1.0), alpha)
    a = alpha * s
    tail = (np.expm1(-alpha) * (1.0 + a) + alpha * np.exp(-alpha)) / alpha
    return np.copysign(far_left(y, -a, tail, 1.0 / alpha), x - 0.5)


def _entropy_step(s: Array, width: Array, alpha: float) -> Array:
    """Return (H(alpha·(s + width)) - H(alpha·s))/alpha² for positive s and a width up to 1."""
    if alpha > 2.5:
        step = binary_entropy(alpha * (s + width)) - binary_entropy(alpha * s)
        return over_square(step, alpha)
    # over so short a step the difference cancels; H'(z) is -z·σ(z)·σ(-z), which is smooth
    count = 8 if alpha <= 0.5 else 11 if alpha <= 2.0 else 13
    nodes, weights = np.polynomial.legendre.leggauss(count)
    total = np.zeros_like(s)
    for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
        t = s + width * (0.5 + 0.5 * node)
        total -= (0.5 * weight) * t * bell(product(alpha, t))
    return total * width
