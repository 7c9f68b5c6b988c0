"""Rectifiers that let something of the left side through."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.kernels.sigmoids import isru, isru_by_alpha, isru_prime
from actcli.numerics import at_most, either, scaled, select, uniform


@activation(
    "x if x > 0 else alpha * x",
    aliases=("lrelu",),
    paper="Maas, Hannun & Ng, ICML 2013",
    use="where dead relu units are the trouble, discriminators of GANs",
    flaw="the slope is one more thing to choose, and each framework chose another",
    kinks=("0",),
    native=True,
)
def leaky_relu(x: Array, *, alpha: float = 0.01) -> Array:
    """Rectified linear unit with a small slope on the left."""
    return _bent(x, alpha)


@leaky_relu.derivative
def leaky_relu_prime(x: Array, *, alpha: float | Array) -> Array:
    return either(x > 0.0, 1.0, alpha, x)


@leaky_relu.derivative("alpha")
def leaky_relu_by_alpha(x: Array, *, alpha: float | Array) -> Array:
    return at_most(x, 0.0)


prelu = leaky_relu.variant(
    "prelu",
    "Leaky rectifier whose slope is learned; alpha may be an array that broadcasts against the last axis.",
    paper="arXiv:1502.01852",
    use="leaky_relu whose slope is learned, one for each channel",
    flaw="its parameter must not be decayed towards 0, or it becomes relu",
    arrays=("alpha",),
    alpha=0.25,
)


def _bent(x: Array, alpha: float | Array) -> Array:
    """Return x where it is positive, and alpha·x elsewhere."""
    left = scaled(alpha, x)
    if isinstance(alpha, float) and 0.0 < alpha <= 1.0:
        return np.maximum(x, left)  # takes a third of the time of a choice
    return select(x > 0.0, x, left, x.dtype)


def _slopes(
    x: Array, lower: float, upper: float, seed: int | None, start: int
) -> Array | float:
    if seed is None:
        return 0.5 * lower + 0.5 * upper
    return lower + (upper - lower) * _between(x, seed, start)


def _between(x: Array, seed: int | None, start: int) -> Array | float:
    return 0.5 if seed is None else uniform(seed, start, x.size)


@activation(
    "x if x > 0 else (lower + upper) / 2 * x",
    paper="arXiv:1505.00853",
    use="regularisation on small data sets: a random slope in training, the mean one afterwards",
    flaw="random in training; whether training is the default depends on the framework",
    kinks=("0",),
    domain=("lower <= upper",),
    native=True,
)
def rrelu(
    x: Array,
    *,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    seed: int | None = None,
    start: int,
) -> Array:
    """Leaky rectifier with the mean slope, or with random slopes, one an element, when a seed is given."""
    return _bent(x, _slopes(x, lower, upper, seed, start))


@rrelu.derivative
def rrelu_prime(
    x: Array, *, lower: float, upper: float, seed: int | None, start: int
) -> Array:
    return either(x > 0.0, 1.0, _slopes(x, lower, upper, seed, start), x)


@rrelu.derivative("lower")
def rrelu_by_lower(
    x: Array, *, lower: float, upper: float, seed: int | None, start: int
) -> Array:
    return scaled(1.0 - _between(x, seed, start), at_most(x, 0.0))


@rrelu.derivative("upper")
def rrelu_by_upper(
    x: Array, *, lower: float, upper: float, seed: int | None, start: int
) -> Array:
    return scaled(_between(x, seed, start), at_most(x, 0.0))


@activation(
    "x if x >= 0 else x / sqrt(1 + alpha * x**2)",
    paper="arXiv:1710.09967",
    use="an elu without an exponential",
    flaw="a square root for each negative input; approaches its limit slowly",
    domain=("alpha > 0",),
)
def isrlu(x: Array, *, alpha: float = 1.0) -> Array:
    """Inverse square root linear unit."""
    y = isru.kernel(at_most(x, 0.0), alpha=alpha)
    # left of 0 the quotient is the greater of both, and right of it x is
    return np.maximum(x, y, out=y)


@isrlu.derivative
def isrlu_prime(x: Array, *, alpha: float) -> Array:
    return isru_prime(at_most(x, 0.0), alpha=alpha)


@isrlu.derivative("alpha")
def isrlu_by_alpha(x: Array, *, alpha: float) -> Array:
    return isru_by_alpha(at_most(x, 0.0), alpha=alpha)
