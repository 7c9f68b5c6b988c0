"""S-shaped and bounded, and the logarithm of one."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import (
    at_most,
    bell,
    mend,
    product,
    sech2,
    sigma,
    softplus_rest,
    together,
)


@activation(
    "1 / (1 + exp(-x))",
    aliases=("logistic",),
    paper="Verhulst 1838; Rumelhart, Hinton & Williams 1986, doi:10.1038/323533a0",
    use="gates, and the output of a two-class classifier",
    flaw="slope at most 1/4, so gradients vanish with depth; not centred on zero",
)
def sigmoid(x: Array) -> Array:
    """Logistic function σ(x)."""
    return sigma(x)


@sigmoid.derivative
def sigmoid_prime(x: Array) -> Array:
    return bell(x)


@activation(
    "-log1p(exp(-x))",
    use="log-likelihoods: the logarithm of sigmoid where sigmoid itself has underflowed",
    flaw="unbounded below: a loss, not a hidden layer",
)
def log_sigmoid(x: Array) -> Array:
    """Logarithm of the logistic function."""
    # what underflows on the right is -0.0
    return at_most(x, -0.0) - softplus_rest(x)


@log_sigmoid.derivative
def log_sigmoid_prime(x: Array) -> Array:
    return sigma(-x)


@activation(
    "tanh(x)",
    paper="LeCun, Bottou, Orr & Müller 1998, Efficient BackProp",
    use="recurrent networks, bounded outputs centred on zero",
    flaw="saturates: the gradient vanishes on both sides",
)
def tanh(x: Array) -> Array:
    """Hyperbolic tangent."""
    return np.tanh(x)


@tanh.derivative
def tanh_prime(x: Array) -> Array:
    return sech2(x)


@activation(
    "b * tanh(a * x)",
    aliases=("scaled_tanh",),
    paper="LeCun, Bottou, Orr & Müller 1998, Efficient BackProp",
    use="networks of the nineties: near 1 where x is 1, with variance 1 out for variance 1 in",
    flaw="saturates: the gradient vanishes on both sides",
)
def stanh(x: Array, *, a: float = 0.67, b: float = 1.7159) -> Array:
    """Scaled hyperbolic tangent."""
    z = product(a, x)
    y = b * np.tanh(z)
    if a == 0.0 or abs(a) >= 0.2:
        return y
    # a·x may be subnormal where b·a·x is not
    whole, rest = together(a, b)
    form = (lambda x: whole * x) if rest == 1.0 else (lambda x: b * x * a)
    return mend(y, np.abs(z) < 1e-290, form, x)


@stanh.derivative
def stanh_prime(x: Array, *, a: float, b: float) -> Array:
    return sech2(product(a, x), *together(a, b))


@stanh.derivative("a")
def stanh_by_a(x: Array, *, a: float, b: float) -> Array:
    return sech2(product(a, x), x, b)


@stanh.derivative("b")
def stanh_by_b(x: Array, *, a: float, b: float) -> Array:
    return np.tanh(product(a, x))


# D = 1 + a + a² + C·a⁴ with a = |2x/3|
_HEIGHT = 1.7159
_SLOPE = _HEIGHT * 2.0 / 3.0
_C = 1.41645
# beyond this the function is flat to the last digit, and within it D does not overflow
_FLAT_FROM = 1e75


@activation(
    "1.7159 * (1 - 1 / (1 + 2*x/3 + (2*x/3)**2 + 1.41645 * (2*x/3)**4)) if x > 0"
    " else 1.7159 * (1 / (1 - 2*x/3 + (2*x/3)**2 + 1.41645 * (2*x/3)**4) - 1)",
    paper="arXiv:1508.01292",
    use="stanh without an exponential, for hardware",
    flaw="differs from 1.7159·tanh(2x/3) by up to 0.03",
)
def rational_tanh(x: Array) -> Array:
    """Rational approximation of 1.7159·tanh(2x/3)."""
    y = np.clip(x, -_FLAT_FROM, _FLAT_FROM) * (2.0 / 3.0)
    a = np.abs(y)
    # not 1 - 1/D, which has no digits near 0; the quotient rounds to 1 where it should
    q = y * (1.0 + a * (1.0 + _C * a * a))
    return _HEIGHT * (q / (1.0 + np.abs(q)))


@rational_tanh.derivative
def rational_tanh_prime(x: Array) -> Array:
    a = np.minimum(np.abs(x), _FLAT_FROM)
    s = a * a
    d = 1.0 + a * (2.0 / 3.0 + a * (4.0 / 9.0 + _C * 16.0 / 81.0 * s))
    return (_SLOPE + a * (_SLOPE * 4.0 / 3.0 + _SLOPE * _C * 32.0 / 27.0 * s)) / d / d


@activation(
    "max(0, tanh(x))",
    use="bounded activations that are never negative",
    flaw="dead for x < 0, and saturates on the right",
    kinks=("0",),
)
def rectified_tanh(x: Array) -> Array:
    """Positive part of tanh."""
    return np.tanh(np.maximum(x, 0.0))


@rectified_tanh.derivative
def rectified_tanh_prime(x: Array) -> Array:
    return sech2(x) * (x > 0.0)


@activation(
    "x / (1 + abs(x))",
    paper="Turian, Bergstra & Bengio 2009, ACL",
    use="a tanh without an exponential, with heavier tails",
    flaw="approaches its limits slowly, and its slope falls off at once",
)
def softsign(x: Array) -> Array:
    """Quotient of x and 1 + |x|."""
    # from 1e18 on the quotient is 1 to the last digit, and infinity over infinity is avoided
    t = np.clip(x, -1e18, 1e18)
    return t / (1.0 + np.abs(t))


@softsign.derivative
def softsign_prime(x: Array) -> Array:
    # the square last: (1 + |x|)² overflows where the quotient is not yet 0
    t = 1.0 / (1.0 + np.abs(x))
    return t * t


@activation(
    "atan(x)",
    aliases=("atan",),
    use="a tanh with heavier tails",
    flaw="approaches its limits slowly; the range is ±pi/2",
)
def arctan(x: Array) -> Array:
    """Inverse tangent."""
    return np.arctan(x)


@arctan.derivative
def arctan_prime(x: Array) -> Array:
    return mend(1.0 / (1.0 + x * x), np.abs(x) > 1e150, lambda x: 1.0 / x / x, x)


@activation(
    "x / sqrt(1 + alpha * x**2)",
    paper="arXiv:1710.09967",
    use="a tanh without an exponential",
    flaw="a square root for each input; saturates",
    domain=("alpha > 0",),
)
def isru(x: Array, *, alpha: float = 1.0) -> Array:
    """Inverse square root unit."""
    t = _held(x, alpha)
    return t / np.sqrt(1.0 + alpha * t * t)


@isru.derivative
def isru_prime(x: Array, *, alpha: float) -> Array:
    t = 1.0 + alpha * x * x
    # two quotients: the product of the divisors overflows
    y = np.sqrt(t)
    np.divide(1.0, t, out=t)
    t /= y
    return t


@isru.derivative("alpha")
def isru_by_alpha(x: Array, *, alpha: float) -> Array:
    t = _held(x, alpha)
    d = 1.0 + alpha * t * t
    # not -y³/2, which has the error of the root three times
    y = t / d
    y *= t
    np.sqrt(d, out=d)
    t /= d
    t *= -0.5
    y *= t
    return y


def _held(x: Array, alpha: float) -> Array:
    """Return x held where isru is at its limit to the last digit, so that alpha·x² does not overflow."""
    limit = 1e10 / alpha**0.5
    return np.clip(x, -limit, limit)
