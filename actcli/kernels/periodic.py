"""Sines and cosines: they have no limit at the infinities."""

import math
from functools import partial

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import (
    cosine,
    halves,
    mend,
    polynomial,
    product,
    select,
    sine,
    sine_and_cosine,
)

_QUARTER_PI, _QUARTER_PI_REST = math.pi / 4, 3.061616997868383e-17


def _phase(omega: float, x: Array) -> Array:
    """Return omega·x, finite wherever x is."""
    z = product(omega, x)
    if z is not x and (over := np.isinf(z)).any():
        # so far out the next number is many turns away, and any phase is as good as another
        z[over] = np.fmod(x[over], 2.0 * math.pi)
    return z


@activation(
    "sin(omega * x)",
    paper="arXiv:2006.09661",
    use="images, sounds and fields as functions of coordinates, with the initialisation of the paper",
    flaw="only with that initialisation; many inputs, one output",
)
def siren(x: Array, *, omega: float = 30.0) -> Array:
    """Sine of a high frequency."""
    return sine(_phase(omega, x))


@siren.derivative
def siren_prime(x: Array, *, omega: float) -> Array:
    return omega * cosine(_phase(omega, x))


@siren.derivative("omega")
def siren_by_omega(x: Array, *, omega: float) -> Array:
    return x * cosine(_phase(omega, x))


sin = siren.variant(
    "sin",
    "Sine.",
    aliases=("sine",),
    use="periodic signals; embeddings of positions",
    flaw="many inputs, one output: hard to optimise",
    omega=1.0,
)


@activation(
    "x + sin(alpha * x)**2 / alpha",
    paper="arXiv:2006.08195",
    use="periodic signals that must be extrapolated, such as audio",
    flaw="a sine for each input; flat once in every period",
    domain=("alpha > 0",),
)
def snake(x: Array, *, alpha: float = 1.0) -> Array:
    """Input plus a squared sine."""
    z = _phase(alpha, x)
    y = sine(z)
    y *= y
    y /= alpha
    y += x
    if alpha != 1.0:
        # next to the point of rest the rounding of z counts, and that of the sine too often
        near = np.abs(x + 0.9 / alpha) < 0.36 / alpha
        y = mend(y, near, partial(_snake_at_rest, alpha), x, z)
    return mend(y, np.isinf(x), lambda x: x, x)


def _snake_at_rest(alpha: float, x: Array, z: Array) -> Array:
    """Return x + (1 - sin(2w))/(2·alpha), where w = alpha·x + π/4 is small and z is alpha·x but for its rounding."""
    (a, b), (c, d) = halves(np.float64(alpha)), halves(x)
    w = z + _QUARTER_PI
    w += (a * c - z) + a * d + b * c + b * d + _QUARTER_PI_REST
    half = 0.5 / alpha
    return (x + half) - half * sine(2.0 * w)


@snake.derivative
def snake_prime(x: Array, *, alpha: float) -> Array:
    # not 1 + sin(2z): that has lost its digits where it touches 0
    z = _phase(alpha, x)
    y = sine(z + _QUARTER_PI + _QUARTER_PI_REST)
    y *= 2.0 * y
    # far out the sum has lost π/4
    return mend(y, np.abs(z) > 1e5, lambda z: np.square(np.sin(z) + np.cos(z)), z)


@snake.derivative("alpha")
def snake_by_alpha(x: Array, *, alpha: float) -> Array:
    s, c = sine_and_cosine(_phase(alpha, x))
    s /= alpha
    # not (2·x·c - s), where 2·x may overflow
    return 2.0 * s * (x * c - 0.5 * s)


@activation(
    "x * cos(x)",
    paper="arXiv:2108.12943",
    use="small convolutional networks: one neuron learns exclusive-or",
    flaw="oscillates with growing amplitude",
)
def gcu(x: Array) -> Array:
    """Growing cosine unit, x·cos(x)."""
    return x * cosine(x)


@gcu.derivative
def gcu_prime(x: Array) -> Array:
    s, c = sine_and_cosine(x)
    s *= x
    c -= s
    return c


@activation(
    "sin(x) / x",
    use="filters of a limited band",
    flaw="decays slowly, and its slope changes sign without end",
)
def sinc(x: Array) -> Array:
    """Quotient of the sine and its argument, 1 at 0."""
    y = sine(x) / x
    y = mend(y, x == 0.0, cosine, x)
    return mend(y, np.isinf(x), np.zeros_like, x)


# within this the difference of the cosine and sinc cancels, and so many terms are enough
_NEAR = 1.0
_TERMS = [(-1.0) ** k * 2.0 * k / math.factorial(2 * k + 1) for k in range(9, 0, -1)]


@sinc.derivative
def sinc_prime(x: Array) -> Array:
    t = np.clip(x, -_NEAR, _NEAR)
    near = t * polynomial(_TERMS, t * t)
    s, c = sine_and_cosine(x)
    y = select(t == x, near, (c - s / x) / x)
    return mend(y, np.isinf(x), np.zeros_like, x)
