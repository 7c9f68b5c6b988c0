"""A line on the right, an exponential on the left."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import either, far_left, scaled_exp, sigma, softplus_rest


@activation(
    "log(1 + exp(beta * x)) / beta",
    paper="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, NIPS",
    use="positive outputs such as a variance or a rate; a smooth relu",
    flaw="slower than relu and no better in hidden layers; torch is off by 2e-9 above its threshold of 20",
    domain=("beta > 0",),
)
def softplus(x: Array, *, beta: float = 1.0) -> Array:
    """Smooth rectifier."""
    z = beta * x
    y = np.maximum(x, 0.0) + softplus_rest(z) / beta
    return far_left(y, z, 1.0 / beta)


@softplus.derivative
def softplus_prime(x: Array, *, beta: float) -> Array:
    return sigma(beta * x)


@activation(
    "x if x > 0 else alpha * (exp(x) - 1)",
    paper="arXiv:1511.07289",
    use="hidden layers whose mean activation should be near zero",
    flaw="an exponential for each negative input; a corner at 0 unless alpha is 1",
    kinks=("0 / (alpha != 1)",),  # nowhere where alpha is 1
)
def elu(x: Array, *, alpha: float = 1.0) -> Array:
    """Exponential linear unit."""
    return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0))


@elu.derivative
def elu_prime(x: Array, *, alpha: float) -> Array:
    return either(x > 0.0, 1.0, scaled_exp(alpha, np.minimum(x, 0.0)), x)


@elu.derivative("alpha")
def elu_by_alpha(x: Array, *, alpha: float) -> Array:
    return np.expm1(np.minimum(x, 0.0))


@activation(
    "scale * (x if x > 0 else alpha * (exp(x) - 1))",
    paper="arXiv:1706.02515",
    use="deep fully connected networks that normalise themselves, with lecun_normal weights and alpha dropout",
    flaw="only with that initialisation and dropout; a corner at 0",
    kinks=("0",),
)
def selu(
    x: Array,
    *,
    scale: float = 1.0507009873554804934,
    alpha: float = 1.6732632423543772848,
) -> Array:
    """Scaled exponential linear unit."""
    return scale * np.maximum(x, 0.0) + (scale * alpha) * np.expm1(np.minimum(x, 0.0))


@selu.derivative
def selu_prime(x: Array, *, scale: float, alpha: float) -> Array:
    return either(x > 0.0, scale, scaled_exp(scale * alpha, np.minimum(x, 0.0)), x)


@activation(
    "x if x > 0 else alpha * (exp(x / alpha) - 1)",
    paper="arXiv:1704.07483",
    use="elu with a continuous slope for every alpha",
    flaw="an exponential for each negative input",
    domain=("alpha > 0",),
)
def celu(x: Array, *, alpha: float = 1.0) -> Array:
    """Continuously differentiable exponential linear unit."""
    return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0) / alpha)


@celu.derivative
def celu_prime(x: Array, *, alpha: float) -> Array:
    return np.exp(np.minimum(x, 0.0) / alpha)
