"""The input, its powers and magnitude, the logarithm of that, and a hyperbola that bends from line to line."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import constant

# beyond this, 1 + x² is x² to the last digit, and x² does not overflow
_LARGE = 1e150


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
    "abs(x)",
    aliases=("absolute",),
    use="features whose sign does not matter, as in scattering networks",
    flaw="forgets the sign; a corner at 0",
    kinks=("0",),
    native=True,
)
def abs(x: Array) -> Array:  # noqa: A001  # the name it is known by
    """Absolute value."""
    return np.abs(x)


@abs.derivative
def abs_prime(x: Array) -> Array:
    return np.sign(x)


@activation(
    "x**2",
    use="networks under homomorphic encryption, quadratic features",
    flaw="grows without bound, and its slope with it",
    native=True,
)
def square(x: Array) -> Array:
    """Square."""
    return x * x


@square.derivative
def square_prime(x: Array) -> Array:
    return 2.0 * x


@activation(
    "x**3",
    use="dependency parsers of 2014, for its products of three features",
    flaw="grows without bound, and its slope even faster; flat at 0",
)
def cube(x: Array) -> Array:
    """Cube."""
    # not x**3, which takes a hundred times as long
    return x * x * x


@cube.derivative
def cube_prime(x: Array) -> Array:
    return 3.0 * x * x


@activation(
    "(sqrt(x**2 + 1) - 1) / 2 + x",
    use="an identity with a bend, for outputs without bounds",
    flaw="nearly linear; the slope is 1/2 far left and 3/2 far right, so signals grow or shrink with depth",
)
def bent_identity(x: Array) -> Array:
    """Identity plus half of a hyperbola."""
    # as x times a factor between 1/2 and 3/2: the difference of the root and 1 has no digits near 0
    t = np.clip(x, -_LARGE, _LARGE)
    return x * (1.0 + 0.5 * (t / (1.0 + np.sqrt(1.0 + t * t))))


@bent_identity.derivative
def bent_identity_prime(x: Array) -> Array:
    t = np.clip(x, -_LARGE, _LARGE)
    return 1.0 + 0.5 * (t / np.sqrt(1.0 + t * t))


@activation(
    "log(1 + x) if x > 0 else -log(1 - x)",
    aliases=("symmetric_log",),
    paper="arXiv:2301.04104",
    use="predicting rewards and observations of unknown scale in reinforcement learning",
    flaw="its slope falls off at once",
)
def symlog(x: Array) -> Array:
    """Logarithm of the magnitude plus 1, with the sign."""
    return np.copysign(np.log1p(np.abs(x)), x)


@symlog.derivative
def symlog_prime(x: Array) -> Array:
    return 1.0 / (1.0 + np.abs(x))
