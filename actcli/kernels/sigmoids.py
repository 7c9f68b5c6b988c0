"""S-shaped and bounded, smooth or piecewise linear, and the logarithm of one."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import bell, indicator, sech2, sigma, softplus_rest


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
    "min(1, max(0, (x + 3) / 6))",
    paper="arXiv:1511.00363",
    use="a sigmoid for small processors, the gate of hard_swish",
    flaw="no gradient outside (-3, 3); the slope is 1/6 in most frameworks and 0.2 in others",
    kinks=("-3", "3"),
)
def hard_sigmoid(x: Array) -> Array:
    """Piecewise linear sigmoid."""
    # not x/6 + 1/2: x + 3 is exact next to the kink, so the digits of small results are kept
    y = x + 3.0
    np.clip(y, 0.0, 6.0, out=y)
    y /= 6.0
    return y


@hard_sigmoid.derivative
def hard_sigmoid_prime(x: Array) -> Array:
    return indicator(np.abs(x) < 3.0, x) / 6.0


@activation(
    "min(max_val, max(min_val, x))",
    paper="Collobert 2004, Large Scale Machine Learning",
    use="a tanh for small processors, clipping",
    flaw="no gradient outside its bounds",
    kinks=("min_val", "max_val"),
    domain=("min_val < max_val",),
)
def hard_tanh(x: Array, *, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """Identity clipped to an interval."""
    return np.clip(x, min_val, max_val)


@hard_tanh.derivative
def hard_tanh_prime(x: Array, *, min_val: float, max_val: float) -> Array:
    return indicator((x > min_val) & (x < max_val), x)


@activation(
    "-log(1 + exp(-x))",
    use="log-likelihoods: the logarithm of sigmoid where sigmoid itself has underflowed",
    flaw="unbounded below: a loss, not a hidden layer",
)
def log_sigmoid(x: Array) -> Array:
    """Logarithm of the logistic function."""
    return np.minimum(x, 0.0) - softplus_rest(x)


@log_sigmoid.derivative
def log_sigmoid_prime(x: Array) -> Array:
    return sigma(-x)
