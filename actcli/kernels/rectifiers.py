"""Straight on each side: steps, rectifiers and their leaky relatives."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import constant, either, indicator, scaled, select, uniform


@activation(
    "1 if x >= theta else 0",
    aliases=("heaviside", "binary_step"),
    paper="McCulloch & Pitts 1943, doi:10.1007/BF02478259",
    use="the perceptron; binary networks with a surrogate gradient",
    flaw="no gradient anywhere",
    kinks=("theta",),
)
def step(x: Array, *, theta: float = 0.0) -> Array:
    """Binary step, 1 from theta on."""
    return indicator(x >= theta, x)


@step.derivative
def step_prime(x: Array, *, theta: float) -> Array:
    return constant(x, 0.0)


@activation(
    "x",
    aliases=("linear",),
    use="outputs of a regression",
    flaw="layers of it collapse into one",
    native=True,
)
def identity(x: Array) -> Array:
    """The input itself."""
    return x.copy()


@identity.derivative
def identity_prime(x: Array) -> Array:
    return constant(x, 1.0)


@activation(
    "max(0, x)",
    paper="Nair & Hinton, ICML 2010; Fukushima 1969, doi:10.1109/TSSC.1969.300225",
    use="the default of hidden layers in feed-forward and convolutional networks",
    flaw="dead units: no gradient for x < 0; outputs not centred on zero",
    kinks=("0",),
    native=True,
)
def relu(x: Array) -> Array:
    """Rectified linear unit."""
    return np.maximum(x, 0.0)


@relu.derivative
def relu_prime(x: Array) -> Array:
    return indicator(x > 0.0, x)


@activation(
    "min(6, max(0, x))",
    paper="Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10",
    use="mobile networks in low precision",
    flaw="dead on both sides: no gradient for x < 0 or x > 6",
    kinks=("0", "6"),
    native=True,
)
def relu6(x: Array) -> Array:
    """Rectified linear unit capped at 6."""
    return np.clip(x, 0.0, 6.0)


@relu6.derivative
def relu6_prime(x: Array) -> Array:
    return indicator((x > 0.0) & (x < 6.0), x)


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
    return select(x > 0.0, x, scaled(alpha, x), x.dtype)


@leaky_relu.derivative
def leaky_relu_prime(x: Array, *, alpha: float) -> Array:
    return either(x > 0.0, 1.0, alpha, x)


@leaky_relu.derivative("alpha")
def leaky_relu_by_alpha(x: Array, *, alpha: float) -> Array:
    return np.minimum(x, 0.0)


@activation(
    "x if x > 0 else alpha * x",
    paper="arXiv:1502.01852",
    use="leaky_relu whose slope is learned, one for each channel",
    flaw="its parameter must not be decayed towards 0, or it becomes relu",
    kinks=("0",),
    native=True,
)
def prelu(x: Array, *, alpha: float | Array = 0.25) -> Array:
    """Leaky rectifier whose slope is learned; alpha may be an array that broadcasts against the last axis."""
    return select(x > 0.0, x, scaled(alpha, x), x.dtype)


@prelu.derivative
def prelu_prime(x: Array, *, alpha: float | Array) -> Array:
    return either(x > 0.0, 1.0, alpha, x)


@prelu.derivative("alpha")
def prelu_by_alpha(x: Array, *, alpha: float | Array) -> Array:
    return np.minimum(x, 0.0)


def _slopes(
    x: Array, lower: float, upper: float, seed: int | None, start: int
) -> Array | float:
    if seed is None:
        return (lower + upper) / 2.0
    return lower + (upper - lower) * uniform(seed, start, x.size)


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
    return select(x > 0.0, x, scaled(_slopes(x, lower, upper, seed, start), x), x.dtype)


@rrelu.derivative
def rrelu_prime(
    x: Array, *, lower: float, upper: float, seed: int | None, start: int
) -> Array:
    return either(x > 0.0, 1.0, _slopes(x, lower, upper, seed, start), x)
