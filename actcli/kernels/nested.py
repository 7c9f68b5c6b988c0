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
    minus_abs,
    sigma,
)
from actcli.numerics import softplus as plain_softplus
from actcli.special import (
    erf,
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
    t = at_most(x, 40.0)
    w = np.exp(t)
    d = w + 2.0
    d *= w
    d += 2.0
    y = _quotient_slope(t, w, d, 1.0)
    y = mend(y, x > _MISH_ONE_FROM, np.ones_like, x)
    return far_left(y, x, x, plus=1.0)


def _quotient_slope(t: Array, w: Array, d: Array, a: float) -> Array:
    """Return w·(2·(1 + t) + w·(a - 2·t·w/d))/d; t is overwritten."""
    # what mish and smish have in common: 1 + t cancels before anything is rounded
    t *= 2.0
    y = t * w
    y /= d
    np.subtract(a, y, out=y)
    y *= w
    t += 2.0
    y += t
    y *= w
    y /= d
    return y


_SERF = 2.0 / math.sqrt(math.pi)
_LOG_SERF = math.log(_SERF)


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
    z = minus_abs(t)
    w = np.exp(z)
    s = np.log1p(w)
    s += at_least(t, 0.0)
    # x·σ(x)·erf′(s) as x·w·(1 + n): left of 0, where it cancels, n is small, and on the right x·w is not large
    n = s + 1.0
    n *= s
    np.subtract(_LOG_SERF, n, out=n)
    n += np.subtract(t, z, out=z)
    np.expm1(n, out=n)
    t *= w
    n *= t
    t += erf(s)
    y = np.add(t, n, out=t)
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
    # by v = exp(-x): x·σ′/(1 + σ) is x/(v + 3 + 2/v), with the fewest roundings where the terms cancel
    v = np.negative(t)
    np.exp(v, out=v)
    y = v + 1.0
    np.divide(1.0, y, out=y)
    np.log1p(y, out=y)
    d = 2.0 / v
    d += 3.0
    d += v
    t /= d
    y += t
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
    d = w * 5.0
    d += 6.0
    d *= w
    d += 2.0
    y = _quotient_slope(t, w, d, 3.0)
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
    """Return tanh(w) + factor/cosh²(w) for n = exp(2w) - 1; the factor is overwritten."""
    # (n + 2·factor·(1 + n/d))/d with d = n + 2: one exponential for both, and n + 2·factor is not rounded where it cancels
    factor *= 2.0
    d = n + 2.0
    y = n / d
    y *= factor
    factor += n
    y += factor
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
    # by n = exp(w) - 1, which is enough for both terms: the gate is 1 + n/(n + 1), and exp(-w) over it 1/(2n + 1)
    t = at_most(x, 6.0)
    w = np.exp(t)
    n = np.expm1(w)
    y = n + 1.0
    np.divide(n, y, out=y)
    np.log1p(y, out=y)
    n *= 2.0
    # x·w/(2n + 1) as x·w/k·(1 + rest): left of 0, where it cancels, k is 1, and on the right x·w/k is not large
    k = at_least(np.square(w), 1.0)
    w /= k
    t *= w
    k -= 1.0
    k -= n
    n += 1.0
    k /= n
    k *= t
    y += k
    y += t
    return far_left(y, x, x, plus=1.0)
