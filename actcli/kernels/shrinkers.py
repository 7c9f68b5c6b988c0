"""Zero in the middle: thresholding of signals."""

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import constant, indicator, polynomial, select, to_odd


@activation(
    "x - bias if x > lambd else x + bias if x < -lambd else 0",
    paper="Donoho & Johnstone 1994, doi:10.1093/biomet/81.3.425",
    use="denoising: what is small becomes 0",
    flaw="jumps unless bias is lambd; no gradient between",
    kinks=("-lambd", "lambd"),
    domain=("lambd >= 0",),
)
def shrink(x: Array, *, lambd: float = 0.5, bias: float = 0.0) -> Array:
    """Input moved towards 0 by bias, and 0 if it was nearer than lambd."""
    y = x - bias * np.sign(x) if bias else x
    return y * (np.abs(x) > lambd)


@shrink.derivative
def shrink_prime(x: Array, *, lambd: float, bias: float) -> Array:
    return indicator(np.abs(x) > lambd, x)


@shrink.derivative("lambd")
def shrink_by_lambd(x: Array, *, lambd: float, bias: float) -> Array:
    return constant(x, 0.0)


@shrink.derivative("bias")
def shrink_by_bias(x: Array, *, lambd: float, bias: float) -> Array:
    return -np.sign(x) * (np.abs(x) > lambd)


hard_shrink = shrink.variant(
    "hard_shrink",
    "Input, and 0 if it is nearer to 0 than lambd.",
    paper="Donoho & Johnstone 1994, doi:10.1093/biomet/81.3.425",
    use="denoising with few large coefficients",
    flaw="jumps at lambd; no gradient between",
    bias=0.0,
)


@activation(
    "x - lambd if x > lambd else x + lambd if x < -lambd else 0",
    paper="Donoho 1995, doi:10.1109/18.382009",
    use="sparse coding: the proximal step of the absolute value",
    flaw="no gradient between -lambd and lambd; large inputs are moved as well",
    kinks=("-lambd", "lambd"),
    domain=("lambd >= 0",),
)
def soft_shrink(x: Array, *, lambd: float = 0.5) -> Array:
    """Input moved towards 0 by lambd, and 0 if it was nearer."""
    return x - np.clip(x, -lambd, lambd)


@soft_shrink.derivative
def soft_shrink_prime(x: Array, *, lambd: float) -> Array:
    return indicator(np.abs(x) > lambd, x)


@soft_shrink.derivative("lambd")
def soft_shrink_by_lambd(x: Array, *, lambd: float) -> Array:
    return -np.sign(x) * (np.abs(x) > lambd)


# x - tanh(x) = x·s·B(s)/D(s) with s = x²: the continued fraction x/(1 + s/(3 + s/(5 + …))) of tanh, cut off after 17,
# is good to the last digit within this
_NEAR = 0.8
_B = (44.0, 12870.0, 810810.0, 11486475.0)
_D = (45.0, 13860.0, 945945.0, 16216200.0, 34459425.0)


@activation(
    "x - tanh(x)",
    use="sparse coding with a smooth threshold",
    flaw="flat at 0, where most inputs are",
    native=True,
)
def tanhshrink(x: Array) -> Array:
    """Input less its hyperbolic tangent."""
    z = x.astype(np.float64, copy=False)
    t = np.clip(z, -_NEAR, _NEAR)
    s = t * t
    near = t * s * polynomial(_B, s) / polynomial(_D, s)
    y = select(t == z, near, z - np.tanh(z))
    if x.dtype == np.float16:
        # far out it is x - 1, which may be a tie, and a little beyond it
        y = to_odd(y, z)
    return y.astype(x.dtype, copy=False)


@tanhshrink.derivative
def tanhshrink_prime(x: Array) -> Array:
    y = np.tanh(x.astype(np.float64, copy=False))
    y *= y
    return y
