"""Distribution functions: normal, Laplace's approximation by it, Gumbel; and the bell curve itself."""

import math
from typing import Any

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import at_most
from actcli.special import erf as plain_erf
from actcli.special import (
    erf_prime,
    normal_cdf,
    normal_pdf,
)
from actcli.special import (
    gaussian as plain_gaussian,
)
from actcli.special import (
    gaussian_prime as plain_gaussian_prime,
)


@activation(
    "erf(x)",
    use="the smooth step inside gelu",
    flaw="saturates even faster than tanh",
)
def erf(x: Array) -> Array:
    """Error function."""
    return plain_erf(x)


@erf.derivative
def erf_slope(x: Array) -> Array:
    return erf_prime(x)


@activation(
    "erfc(-x / sqrt(2)) / 2",
    aliases=("normal_cdf",),
    paper="Bliss 1934, doi:10.1126/science.79.2037.38",
    use="two-class regression with normal errors",
    flaw="slope at most 0.4, and it vanishes like exp(-x²/2)",
)
def probit(x: Array) -> Array:
    """Standard normal distribution function Φ(x)."""
    return normal_cdf(x)


@probit.derivative
def probit_prime(x: Array) -> Array:
    return normal_pdf(x)


@activation(
    "erfc((mu - x) / (sigma * sqrt(2))) / 2",
    paper="arXiv:2209.10655",
    use="attention weights: relu2 made bounded (MEGA)",
    flaw="nearly dead for x < -1",
    domain=("sigma > 0",),
)
def laplace(
    x: Array, *, mu: float = math.sqrt(0.5), sigma: float = math.sqrt(0.25 / math.pi)
) -> Array:
    """Normal distribution function whose mean and deviation match the square of relu."""
    # held where it is 1 to the last digit, so that the table is not left on that side
    return normal_cdf(*_standardised(x, mu, sigma, highest=9.0))


@laplace.derivative
def laplace_prime(x: Array, *, mu: float, sigma: float) -> Array:
    z, rest = _standardised(x, mu, sigma)
    return _density(z, rest, sigma)


@laplace.derivative("mu")
def laplace_by_mu(x: Array, *, mu: float, sigma: float) -> Array:
    return -laplace_prime(x, mu=mu, sigma=sigma)


@laplace.derivative("sigma")
def laplace_by_sigma(x: Array, *, mu: float, sigma: float) -> Array:
    z, rest = _standardised(x, mu, sigma)
    return _density(z, rest, -sigma, z + rest)


def _standardised(
    x: Array, mu: float, sigma: float, highest: float = 1e9
) -> tuple[Array, Array]:
    """Return (x - mu)/sigma and what its rounding left, which is all of x where that is small beside mu."""
    centre = mu / sigma
    if not abs(centre) < 1e9:
        # the distance between two numbers next to mu is more than the rounding of their difference
        z = np.clip((x - mu) / sigma, -1e9, highest)
        return z, np.zeros_like(z)
    centre_rest = float(_fraction_rest(mu, sigma, centre))
    q = np.clip(x / sigma, centre - 1e9, centre + highest)
    z = q - centre
    part = z - q
    return z, (q - (z - part)) - (centre + part) - centre_rest


def _fraction_rest(a: float, b: float, quotient: float) -> float:
    """Return a/b - quotient."""
    from fractions import Fraction

    return float(Fraction(a) / Fraction(b) - Fraction(quotient))


def _density(z: Array, rest: Array, sigma: float, factor: Any = 1.0) -> Array:
    """Return factor·φ(z + rest)/sigma; the rest is overwritten."""
    if math.isinf(1e9 / sigma):
        return _density(z, rest, 1.0, factor) / sigma
    factor = factor / sigma
    rest *= z
    y = normal_pdf(z)
    y -= y * rest
    y *= factor
    if (far := np.abs(z) > 36.0).any():
        # φ itself is subnormal there: in two halves it is not, and only the last product rounds
        half = plain_gaussian(0.5 * z[far])
        scale = (1.0 - rest[far]) / math.sqrt(2.0 * math.pi)
        y[far] = np.broadcast_to(factor, z.shape)[far] * scale * half * half
    return y


@activation(
    "exp(-x**2)",
    aliases=("gauss",),
    use="radial basis functions; fields as functions of coordinates",
    flaw="no gradient away from 0",
)
def gaussian(x: Array) -> Array:
    """Bell curve."""
    return plain_gaussian(x)


@gaussian.derivative
def gaussian_prime(x: Array) -> Array:
    return plain_gaussian_prime(x)


@activation(
    "1 - exp(-exp(x))",
    aliases=("cloglog", "complementary_log_log"),
    use="regression of rare events, survival in discrete time",
    flaw="not symmetric: it reaches 1 at once and 0 slowly",
)
def loglog(x: Array) -> Array:
    """Complementary log-log, Gumbel's distribution function."""
    return -np.expm1(-np.exp(x))


@loglog.derivative
def loglog_prime(x: Array) -> Array:
    # in one exponent: exp(x)·exp(-exp(x)) is infinity times 0 on the right
    t = at_most(x, 10.0)
    return np.exp(t - np.exp(t))
