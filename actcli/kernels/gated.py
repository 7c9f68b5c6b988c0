"""The input times a gate that it opens itself."""

import math

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import far_left, gate, gate_slope, select


@activation(
    "x / (1 + exp(-beta * x))",
    aliases=("silu",),
    paper="arXiv:1710.05941; arXiv:1702.03118",
    use="hidden layers of deep convolutional networks and, gated, of language models",
    flaw="an exponential for each input; not monotonic",
)
def swish(x: Array, *, beta: float = 1.0) -> Array:
    """Self-gated unit, x·σ(beta·x)."""
    return gate(x, beta * x)


@swish.derivative
def swish_prime(x: Array, *, beta: float) -> Array:
    z = beta * x
    return gate_slope(z, z)


@activation(
    "x * tanh(log(1 + exp(x)))",
    paper="arXiv:1908.08681",
    use="object detectors, where it did a little better than swish",
    flaw="costs more than swish; not monotonic",
)
def mish(x: Array) -> Array:
    """Self-gated unit, x·tanh(softplus(x))."""
    # tanh(log(1 + w)) = n/(n + 2) with n = w·(w + 2), which is 1 to the last digit from x = 20 on
    w = np.exp(np.minimum(x, 20.0))
    n = w * (w + 2.0)
    return far_left(x * (n / (n + 2.0)), x, x)


@mish.derivative
def mish_prime(x: Array) -> Array:
    # n/d + 4·x·w·(1 + w)/d², d = n + 2, over one denominator; 1 to the last digit from x = 40 on
    t = np.minimum(x, 40.0)
    w = np.exp(t)
    d = w * (w + 2.0) + 2.0
    y = w * ((w + 2.0) * d + 4.0 * t * (1.0 + w)) / (d * d)
    return far_left(y, x, x, plus=1.0)


_TANH_1 = 2.0 * math.sqrt(2.0 / math.pi)
_TANH_3 = 0.044715 * _TANH_1


@activation(
    "x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2",
    aliases=("gelu_approximate", "gelu_new"),
    paper="arXiv:1606.08415",
    use="GPT-2 and what descends from it; what jax.nn.gelu is by default",
    flaw="differs from gelu by up to 4.7e-4",
)
def gelu_tanh(x: Array) -> Array:
    """Gaussian error linear unit with the tanh approximation of Φ."""
    # x·σ(2·u), not x·(1 + tanh u)/2: the sum has lost every digit at x = -6
    return gate(x, x * (_TANH_1 + _TANH_3 * (x * x)))


@gelu_tanh.derivative
def gelu_tanh_prime(x: Array) -> Array:
    x2 = x * x
    return gate_slope(x * (_TANH_1 + _TANH_3 * x2), x * (_TANH_1 + 3.0 * _TANH_3 * x2))


@activation(
    "x * min(6, max(0, x + 3)) / 6",
    aliases=("hard_silu",),
    paper="arXiv:1905.02244",
    use="swish for mobile networks in low precision",
    flaw="no gradient below -3; the derivative at -3 and 3 differs between frameworks",
    kinks=("-3", "3"),
)
def hard_swish(x: Array) -> Array:
    """Piecewise quadratic swish, x·hard_sigmoid(x)."""
    # the quotient first: x·6 overflows where the result does not; below -3 it is -3·0, not -inf·0
    t = np.maximum(x, -3.0)
    return t * (np.minimum(t + 3.0, 6.0) / 6.0)


@hard_swish.derivative
def hard_swish_prime(x: Array) -> Array:
    return select(np.abs(x) >= 3.0, x > 0.0, (2.0 * x + 3.0) / 6.0)
