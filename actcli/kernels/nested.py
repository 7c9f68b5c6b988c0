"""The input times a saturating function of a smooth step or rectifier."""

import math

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import (
    at_least,
    at_most,
    far_left,
    mend,
    sigma,
    softplus_and_sigma,
)
from actcli.numerics import softplus as plain_softplus
from actcli.special import (
    erf,
    erf_prime,
    gaussian,
    x_normal_cdf,
    x_normal_cdf_and_prime,
)

# Far left each of them is its gate's multiple of exp(x), times x: far_left keeps its digits. Where the exponential of
# a positive x would overflow x is held, at a number from which on the gate is flat to the last digit.


# from here on the slopes round to their limits, 1 and 3/5
_MISH_ONE_FROM, _SMISH_FLAT_FROM = 20.560934650722583, 40.47705880423176


@activation(
    "x * tanh(log(1 + exp(x)))",
    paper="arXiv:1908.08681",
    use="object detectors, where it did a little better than swish",
    flaw="costs more than swish; not monotonic",
)
def mish(x: Array) -> Array:
    """Self-gated unit, x·tanh(softplus(x))."""
    # tanh(log(1 + w)) = n/(n + 2) with n = w·(w + 2), which is 1 to the last digit from x = 20 on
    w = np.exp(at_most(x, 20.0))
    n = w * (w + 2.0)
    return far_left(x * (n / (n + 2.0)), x, x)


@mish.derivative
def mish_prime(x: Array) -> Array:
    # over one denominator, powers of w together: 1 + x cancels here, before anything is rounded
    t = at_most(x, 40.0)
    w = np.exp(t)
    t *= 4.0
    y = w + 4.0
    y *= w
    y += 6.0 + t
    y *= w
    t += 4.0
    y += t
    y *= w
    d = w + 2.0
    d *= w
    d += 2.0
    np.square(d, out=d)
    y /= d
    y = mend(y, x > _MISH_ONE_FROM, np.ones_like, x)
    return far_left(y, x, x, plus=1.0)


_SERF = 2.0 / math.sqrt(math.pi)


@activation(
    "x * erf(log1p(exp(x)))",
    paper="arXiv:2108.09598",
    use="mish with the error function in place of tanh",
    flaw="costs more than mish; not monotonic",
)
def serf(x: Array) -> Array:
    """Self-gated unit, x·erf(softplus(x))."""
    return far_left(x * erf(plain_softplus(x)), x, _SERF * x)


@serf.derivative
def serf_prime(x: Array) -> Array:
    t = at_most(x, 40.0)
    s, y = softplus_and_sigma(t)
    y *= t
    y *= erf_prime(s)
    y += erf(s)
    return far_left(y, x, _SERF * x, plus=_SERF)


@activation(
    "x * tanh(gelu(x))",
    use="image classifiers, where it did about as well as mish and gelu",
    flaw="costs more than gelu; not monotonic",
)
def phish(x: Array) -> Array:
    """Self-gated unit, x·tanh(gelu(x))."""
    y = x * np.tanh(x_normal_cdf(x))
    return mend(y, x < _GELU_LOSES_DIGITS, _x2_normal_cdf, x)


@phish.derivative
def phish_prime(x: Array) -> Array:
    t = np.clip(x, -50.0, 50.0)
    g, prime = x_normal_cdf_and_prime(t)
    t *= prime
    g *= 2.0
    y = _tanh_and_slope(np.expm1(g, out=g), t)
    return mend(y, x < _GELU_LOSES_DIGITS, _x2_normal_cdf_prime, x)


# below this gelu is subnormal, or nearly: its product with x is made from two halves of the bell curve
_GELU_LOSES_DIGITS = -37.0


def _x2_normal_cdf(x: Array) -> Array:
    x = at_least(x, -50.0)
    y = gaussian(0.5 * x)
    return (x * x * _mills(-x)) * y * y


def _x2_normal_cdf_prime(x: Array) -> Array:
    x = at_least(x, -50.0)
    y = gaussian(0.5 * x)
    return (x * (2.0 * _mills(-x) + x / math.sqrt(2.0 * math.pi))) * y * y


def _mills(a: Array) -> Array:
    """Return Φ(-a)·exp(a²/2) for a large a, by its continued fraction."""
    y = a
    for k in range(6, 0, -1):
        y = a + k / y
    return 1.0 / (math.sqrt(2.0 * math.pi) * y)


@activation(
    "x * log1p(1 / (1 + exp(-x)))",
    use="image classifiers and detectors, beside swish and mish",
    flaw="right of 0 its slope is only log 2; not monotonic",
)
def logish(x: Array) -> Array:
    """Self-gated unit, x·log(1 + σ(x))."""
    return far_left(x * np.log1p(sigma(x)), x, x)


@logish.derivative
def logish_prime(x: Array) -> Array:
    t = at_most(x, 50.0)
    w = np.exp(t)
    s = w / (1.0 + w)
    y = np.log1p(s) + t * s / (1.0 + 2.0 * w)
    return far_left(y, x, x, plus=1.0)


@activation(
    "x * tanh(log1p(1 / (1 + exp(-x))))",
    use="classifiers of brain signals, beside mish and logish",
    flaw="right of 0 its slope is only 3/5; not monotonic",
)
def smish(x: Array) -> Array:
    """Self-gated unit, x·tanh(log(1 + σ(x)))."""
    # tanh(log(1 + σ)) as a quotient of polynomials in w = exp(x)
    w = np.exp(at_most(x, 45.0))
    return far_left(x * (w * (3.0 * w + 2.0) / (w * (5.0 * w + 6.0) + 2.0)), x, x)


@smish.derivative
def smish_prime(x: Array) -> Array:
    t = at_most(x, 45.0)
    w = np.exp(t)
    d = w * (5.0 * w + 6.0) + 2.0
    y = w * ((3.0 * w + 2.0) * d + 4.0 * t * (2.0 * w + 1.0) * (w + 1.0)) / (d * d)
    y = mend(y, x > _SMISH_FLAT_FROM, lambda x: np.full_like(x, 0.6), x)
    return far_left(y, x, x, plus=1.0)


@activation(
    "x * tanh(exp(x))",
    aliases=("telu",),
    paper="arXiv:2003.09855; arXiv:2412.20269",
    use="hidden layers: nearly the identity on the right, and smooth",
    flaw="an exponential and a tanh for each input; not monotonic",
)
def tanhexp(x: Array) -> Array:
    """Self-gated unit, x·tanh(exp(x))."""
    y = np.exp(x)
    np.tanh(y, out=y)
    y *= x
    return far_left(y, x, x)


@tanhexp.derivative
def tanhexp_prime(x: Array) -> Array:
    t = at_most(x, 5.0)
    w = np.exp(t)
    t *= w
    w *= 2.0
    y = _tanh_and_slope(np.expm1(w, out=w), t)
    return far_left(y, x, x, plus=1.0)


def _tanh_and_slope(n: Array, factor: Array) -> Array:
    """Return tanh(w) + factor/cosh²(w) for n = exp(2w) - 1, which is overwritten."""
    # n/d + factor·4·(n + 1)/d² with d = n + 2: one exponential for both
    d = n + 2.0
    y = n * d
    n += 1.0
    n *= factor
    n *= 4.0
    y += n
    np.square(d, out=d)
    y /= d
    return y


@activation(
    "x * log(2 - exp(-exp(x)))",
    use="image classifiers, beside mish and logish",
    flaw="right of 0 its slope is only log 2; three exponentials and logarithms for each input",
)
def gish(x: Array) -> Array:
    """Self-gated unit, the input times the logarithm of 1 plus Gumbel's distribution function."""
    # log1p of loglog(x): 2 - exp(-exp(x)) is 1 in all digits from x = -37 on
    return far_left(x * np.log1p(-np.expm1(-np.exp(x))), x, x)


@gish.derivative
def gish_prime(x: Array) -> Array:
    t = at_most(x, 10.0)
    w = np.exp(t)
    z = np.exp(-w)
    y = np.log1p(-np.expm1(-w)) + t * w * z / (2.0 - z)
    return far_left(y, x, x, plus=1.0)
