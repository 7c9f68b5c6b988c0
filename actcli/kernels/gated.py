"""The input times a gate that it opens itself."""

import math
from collections.abc import Callable

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.kernels.exponentials import elu
from actcli.numerics import (
    at_least,
    at_most,
    bell,
    far_left,
    gate,
    gate_slope,
    halves,
    minus_abs,
    product,
    select,
    softplus_rest,
)
from actcli.special import x_normal_cdf, x_normal_cdf_prime


@activation(
    "x / (1 + exp(-beta * x))",
    aliases=("silu", "sil", "sigmoid_linear_unit"),
    paper="arXiv:1710.05941; arXiv:1702.03118",
    use="hidden layers of deep convolutional networks and, gated, of language models",
    flaw="an exponential for each input; not monotonic",
)
def swish(x: Array, *, beta: float = 1.0) -> Array:
    """Self-gated unit, x·σ(beta·x)."""
    return gate(x, product(beta, x))


@swish.derivative
def swish_prime(x: Array, *, beta: float) -> Array:
    z = product(beta, x)
    return gate_slope(z, 1.0 + z)


@swish.derivative("beta")
def swish_by_beta(x: Array, *, beta: float) -> Array:
    return bell(product(beta, x), x, x)


quick_gelu = swish.variant(
    "quick_gelu",
    "Gaussian error linear unit with σ(1.702·x) in place of Φ(x).",
    aliases=("fast_gelu", "gelu_sigmoid"),
    paper="arXiv:1606.08415",
    use="CLIP and models made with its weights",
    flaw="differs from gelu by up to 0.02",
    beta=1.702,
)


@activation(
    "x * erfc(-x / sqrt(2)) / 2",
    aliases=("gelu_erf",),
    paper="arXiv:1606.08415",
    use="transformers: BERT, vision transformers",
    flaw="needs the error function; not monotonic",
)
def gelu(x: Array) -> Array:
    """Gaussian error linear unit, x·Φ(x)."""
    return x_normal_cdf(x)


@gelu.derivative
def gelu_prime(x: Array) -> Array:
    return x_normal_cdf_prime(x)


@activation(
    "min(10, max(-10, gelu(x)))",
    paper="arXiv:2004.09602",
    use="gelu in eight-bit integers, whose negative range would be lost to large outputs",
    flaw="no gradient for x > 10",
)
def gelu_10(x: Array) -> Array:
    """Gaussian error linear unit clipped at 10."""
    # its corner is no kink of the floating-point line: it lies between 10 and the next number
    return at_most(x_normal_cdf(x), 10.0)


@gelu_10.derivative
def gelu_10_prime(x: Array) -> Array:
    return x_normal_cdf_prime(x) * (x <= 10.0)


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
    linear = _TANH_1 * x
    cubic = x * x
    cubic *= _TANH_3
    cubic *= x
    z = linear + cubic
    # 1 + linear, where it cancels, is exact
    linear += 1.0
    cubic *= 3.0
    linear += cubic
    return gate_slope(z, linear)


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
    t = at_least(x, -3.0)
    return t * (at_most(t + 3.0, 6.0) / 6.0)


@hard_swish.derivative
def hard_swish_prime(x: Array) -> Array:
    return select(np.abs(x) >= 3.0, x > 0.0, (2.0 * x + 3.0) / 6.0)


@activation(
    "x * min(2, max(0, x + 2)) / 2",
    use="mish for mobile networks in low precision",
    flaw="no gradient below -2",
    kinks=("-2",),
)
def hard_mish(x: Array) -> Array:
    """Piecewise quadratic mish."""
    t = at_least(x, -2.0)
    return t * (0.5 * at_most(t + 2.0, 2.0))


@hard_mish.derivative
def hard_mish_prime(x: Array) -> Array:
    return (np.clip(x, -2.0, 0.0) + 1.0) * (x > -2.0)


@activation(
    "x * tanh(x)",
    paper="arXiv:1901.05894",
    use="features whose sign does not matter",
    flaw="even, so it forgets the sign; flat at 0",
)
def lisht(x: Array) -> Array:
    """Linearly scaled hyperbolic tangent, x·tanh(x)."""
    return x * np.tanh(x)


@lisht.derivative
def lisht_prime(x: Array) -> Array:
    # held, so that no infinity meets a 0: from 40 on the slope is 1 to the last digit
    t = np.clip(x, -40.0, 40.0)
    d = np.cosh(t)
    np.square(d, out=d)
    t /= d
    t += np.tanh(x)
    return t


@activation(
    "x * exp(-exp(-x))",
    paper="arXiv:2502.03654",
    use="hidden layers, where it lets less noise through than gelu",
    flaw="two exponentials for each input; not monotonic",
)
def golu(x: Array) -> Array:
    """Gompertz linear unit, the input gated by Gumbel's distribution function."""
    t = -np.exp(-x)
    return far_left(x * np.exp(t), t, x)


@golu.derivative
def golu_prime(x: Array) -> Array:
    # held, so that no infinity meets a 0: from 50 on the slope is 1 to the last digit
    x = at_most(x, 50.0)
    t = -np.exp(-x)
    k = -x * t
    return far_left(np.exp(t) * (1.0 + k), t, k, plus=1.0)


@activation(
    "x / (1 + exp(-beta * x))**alpha",
    paper="arXiv:1805.08878",
    use="swish whose gate is bent by a second parameter",
    flaw="two exponentials and a logarithm for each input; not monotonic",
    domain=("alpha > 0", "beta > 0"),
)
def aria2(x: Array, *, alpha: float = 1.5, beta: float = 0.5) -> Array:
    """Swish with a power of the gate, from Richards's growth curve."""
    z = beta * x
    _, t, power = _richards(z, alpha)
    return far_left(x * power, t, x, quarter=_quarter(z, alpha))


@aria2.derivative
def aria2_prime(x: Array, *, alpha: float, beta: float) -> Array:
    # held, so that no infinity meets a 0: from there on the slope is 1 to the last digit
    z = at_most(beta * x, 50.0 + 2.0 * math.log1p(alpha))
    _, t, power = _richards(z, alpha, refined=True)
    # 1 + k over one denominator, where it cancels; beyond, the exponential could overflow
    d = np.exp(z) + 1.0
    k = z / d
    k *= alpha
    y = (alpha * z + d) / d if alpha < 1e100 else 1.0 + k
    y *= power
    return far_left(y, t, k, plus=1.0, quarter=_quarter(z, alpha))


def _richards(
    z: Array, alpha: float, *, refined: bool = False
) -> tuple[Array, Array, Array]:
    """Return s = softplus(-z), t = -alpha·s and exp(t), which is σ(z)**alpha.

    Refined, the roundings of t are made good: next to its minimum a slope allows for none of them.
    """
    left, right = at_least(-z, 0.0), softplus_rest(z)
    s = left + right
    t = -alpha * s
    # in the middle an error of softplus would count alpha times: there log 2 is taken out of it; from 1800 on, what is
    # not 0 is right of the middle
    halved = (4.0 if refined else 2.0) <= alpha < 1800.0
    reduced, exponent = s, t
    if halved:
        near = np.log1p(0.5 * np.expm1(-np.clip(z, -1.0, 1.0)))
        middle = np.abs(z) < 1.0
        reduced = select(middle, near, s)
        exponent = -alpha * reduced
    power = np.exp(exponent)
    if refined:
        # a head of half of the digits: its product with that of alpha is exact
        head, tail = halves(reduced)
        left -= head
        left += right
        left = select(middle, tail, left) if halved else left
        left *= alpha
        first, second = halves(np.float64(alpha))
        if second:
            left += second * head
        head *= first
        head += exponent
        left += head
        left *= power
        power -= left
    if halved:
        # in two steps, as 2**-alpha alone may underflow
        half = select(middle, 2.0 ** (-0.5 * alpha), 1.0)
        power *= half
        power *= half
    return s, t, power


def _quarter(z: Array, alpha: float) -> Callable[[Array], Array] | None:
    """Return the fourth root of σ(z)**alpha as far_left takes it, unless a quarter of alpha is 0."""
    if 0.25 * alpha == 0.0:
        return None
    return lambda low: _richards(z[low], 0.25 * alpha)[2]


@aria2.derivative("alpha")
def aria2_by_alpha(x: Array, *, alpha: float, beta: float) -> Array:
    z = beta * x
    s, t, power = _richards(z, alpha, refined=True)
    y = far_left(-x * power * s, t, -x, s, quarter=_quarter(z, alpha))
    return far_left(y, -z, -x)


@aria2.derivative("beta")
def aria2_by_beta(x: Array, *, alpha: float, beta: float) -> Array:
    z = beta * x
    _, t, power = _richards(z, alpha, refined=True)
    k = alpha * x
    other = x / (np.exp(z) + 1.0)
    other *= alpha
    y = far_left(other * power * x, t, other, x, quarter=_quarter(z, alpha))
    return far_left(y, -z, k, x)


@activation(
    "x / (1 + exp(-x)) if x >= 0 else (exp(x) - 1) / (1 + exp(-x))",
    paper="arXiv:1808.00783",
    use="swish with the left side of elu",
    flaw="two exponentials for each input; not monotonic",
)
def elish(x: Array) -> Array:
    """Exponential linear unit times σ(x)."""
    z = np.exp(minus_abs(x))
    # over 1 + z: on the left (exp(x) - 1)·z, where that is greater than x; on the right, where it is 0, x itself
    y = np.expm1(at_most(x, 0.0))
    y *= z
    np.maximum(x, y, out=y)
    z += 1.0
    y /= z
    return y


@elish.derivative
def elish_prime(x: Array) -> Array:
    z = np.exp(minus_abs(x))
    d = 1.0 + z
    right = d + np.clip(x, 0.0, 800.0) * z
    return select(x < 0.0, z * (z * (z + 2.0) - 1.0), right) / (d * d)


@activation(
    "x * min(2, max(0, x + 1)) / 2 if x >= 0 else (exp(x) - 1) * min(2, max(0, x + 1)) / 2",
    paper="arXiv:1808.00783",
    use="elish with a cheaper gate",
    flaw="dead below -1; corners at -1 and 1",
    kinks=("-1", "1"),
)
def hard_elish(x: Array) -> Array:
    """Exponential linear unit times sparse_sigmoid."""
    return elu.kernel(x) * (0.5 * (np.clip(x, -1.0, 1.0) + 1.0))


@hard_elish.derivative
def hard_elish_prime(x: Array) -> Array:
    t = np.clip(x, -1.0, 1.0)
    p = np.expm1(at_most(t, 0.0))
    ramp = np.abs(x) < 1.0
    return 0.5 * ((1.0 + p) * (1.0 + t) + ramp * (p + at_least(t, 0.0)))
