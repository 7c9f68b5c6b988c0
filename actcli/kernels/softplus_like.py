"""Smooth rectifiers: near zero on the left, near the input on the right, and no corner."""

import math

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import (
    at_least,
    binary_entropy,
    far_left,
    mend,
    mirrored,
    over_square,
    product,
    sigma,
    softplus_and_sigma,
    softplus_rest,
)
from actcli.numerics import softplus as plain_softplus


@activation(
    "log1p(exp(beta * x)) / beta",
    paper="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, NIPS",
    use="positive outputs such as a variance or a rate; a smooth relu",
    flaw="slower than relu and no better in hidden layers; torch is off by 2e-9 above its threshold of 20",
    domain=("beta > 0",),
)
def softplus(x: Array, *, beta: float = 1.0) -> Array:
    """Smooth rectifier."""
    z = product(beta, x)
    y = softplus_rest(z)
    if beta != 1.0:
        y /= beta
    y += at_least(x, 0.0)
    return far_left(y, z, 1.0 / beta)


@softplus.derivative
def softplus_prime(x: Array, *, beta: float) -> Array:
    return sigma(product(beta, x))


@softplus.derivative("beta")
def softplus_by_beta(x: Array, *, beta: float) -> Array:
    z = product(beta, x)
    a = np.abs(z)
    k = 1.0 / beta
    y = -over_square(binary_entropy(z), beta)
    return far_left(y, -a, k * a, -k, plus=k)


@activation(
    "(x + sqrt(x**2 + b)) / 2",
    paper="arXiv:2112.11687",
    use="a softplus without an exponential",
    flaw="approaches zero slowly on the left",
    domain=("b > 0",),
)
def squareplus(x: Array, *, b: float = 4.0) -> Array:
    """Rectifier smoothed to a hyperbola."""
    h = 0.5 * np.abs(x)
    # max(x, 0) + what the hyperbola adds, the same on both sides: x + sqrt(…) has no digits at x = -1e8
    if _has_square(b):
        return at_least(x, 0.0) + (0.25 * b) / (h + _hypotenuse(h, b))
    r = 0.5 * math.sqrt(b)
    return at_least(x, 0.0) + r * (r / (h + np.hypot(h, r)))


@squareplus.derivative
def squareplus_prime(x: Array, *, b: float) -> Array:
    # not 1/2 + x/(4·s), which cancels far left
    h = 0.5 * np.abs(x)
    if not _has_square(b):
        r = 0.5 * math.sqrt(b)
        s = np.hypot(h, r)
        return mirrored(0.5 * (r / s) * (r / (h + s)), x)
    q = np.square(h)
    q += 0.25 * b
    y = (0.125 * b) / (q + h * np.sqrt(q))
    y = mend(y, h > 1e150, lambda h: (0.0625 * b) / h / h, h)
    return mirrored(y, x)


@squareplus.derivative("b")
def squareplus_by_b(x: Array, *, b: float) -> Array:
    return 0.125 / _hypotenuse(0.5 * np.abs(x), b)


def _has_square(b: float) -> bool:
    """Whether h² neither over- nor underflows where it is of the size of b."""
    return 1e-280 < b < 1e280


def _hypotenuse(h: Array, b: float) -> Array:
    """Return sqrt(h² + b/4) for positive h."""
    if not _has_square(b):
        return np.hypot(h, 0.5 * math.sqrt(b))
    s = np.square(h)
    s += 0.25 * b
    np.sqrt(s, out=s)
    return mend(s, h > 1e150, lambda h: h, h)


@activation(
    "x if x >= beta else max(0, x + beta)**2 / (4 * beta)",
    paper="arXiv:2202.06499",
    use="large recommender systems: smooth, so that retraining gives nearly the same model",
    flaw="dead for x < -beta",
    domain=("beta > 0",),
)
def smelu(x: Array, *, beta: float = 1.0) -> Array:
    """Rectifier whose corner is a parabola of half-width beta."""
    if math.isinf(4.0 * beta):
        return 8.0 * smelu.kernel(0.125 * x, beta=0.125 * beta)
    t = np.clip(x, -beta, beta) + beta
    # the parabola is a tangent of the line and nowhere below it
    return np.maximum(t * (t / (4.0 * beta)), x)


@smelu.derivative
def smelu_prime(x: Array, *, beta: float) -> Array:
    if math.isinf(2.0 * beta):
        x, beta = 0.25 * x, 0.25 * beta
    return (np.clip(x, -beta, beta) + beta) / (2.0 * beta)


@smelu.derivative("beta")
def smelu_by_beta(x: Array, *, beta: float) -> Array:
    t = np.clip(x, -beta, beta) / beta
    return 0.25 * (1.0 - t) * (1.0 + t)


sparse_plus = smelu.variant(
    "sparse_plus",
    "Rectifier whose corner is a parabola from -1 to 1.",
    paper="arXiv:1901.02324",
    use="a softplus that is exactly zero on the left",
    flaw="dead for x < -1",
    beta=1.0,
)


@activation(
    "sqrt(log1p(exp(x)))",
    use="scores of experts in a router of a language model",
    flaw="grows only with the square root; an exponential, a logarithm and a root for each input",
)
def sqrtsoftplus(x: Array) -> Array:
    """Square root of softplus."""
    # far left the softplus under the root underflows long before the root does
    y = np.sqrt(plain_softplus(x))
    return mend(y, x < -700.0, lambda x: np.exp(0.5 * x), x)


@sqrtsoftplus.derivative
def sqrtsoftplus_prime(x: Array) -> Array:
    s, y = softplus_and_sigma(x)
    np.sqrt(s, out=s)
    y *= 0.5
    y /= s
    return mend(y, x < -700.0, lambda x: 0.5 * np.exp(0.5 * x), x)


@activation(
    "log(cosh(x))",
    use="a loss that is quadratic near 0 and linear far away",
    flaw="even, so it forgets the sign; no hidden layer",
)
def logcosh(x: Array) -> Array:
    """Logarithm of the hyperbolic cosine."""
    # log1p(2·sinh²(x/2)): log of cosh itself, which is 1 near 0, has no digits there
    y = 0.5 * x
    np.sinh(y, out=y)
    np.square(y, out=y)
    y *= 2.0
    np.log1p(y, out=y)
    return mend(y, np.isinf(y), lambda x: np.abs(x) - math.log(2.0), x)


@logcosh.derivative
def logcosh_prime(x: Array) -> Array:
    return np.tanh(x)
