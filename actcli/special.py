"""The error-function family for float64 arrays: erf, Φ, x·Φ(x) and their slopes. Knows nothing of activations.

NumPy has no erf. The usual way to one, rational functions over three or four intervals, takes some forty passes over
an array and a choice for each element. Here an integral is looked up at c, the multiple of 1/2048 nearest to x, and
the rest takes one exponential:

    f(x) = f(c) + ∫ f′ from c to x

because f′ is a Gaussian, whose mean over so short a step has a closed form good to 2^-54 of the result. Beyond
the grid, where almost no element is, the few that are there are computed anew from a polynomial in 1/x².

Every function takes a float64 array of any shape and returns a new one of that shape. The same value gives the same
bits wherever it stands. Results are within 2·(ulp(f) + ulp(x)·|f′|) of the exact ones (measured: 1.5), also where
they are subnormal. NaN stays NaN, ±inf gives the limit. The caller silences NumPy's warnings (``np.errstate``).
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from actcli import _special_table as table
from actcli.engine import Array
from actcli.numerics import HEAD_BITS, halves


class _Gaussian(NamedTuple):
    """The function scale·exp(-q·t²)."""

    q: float
    scale: float
    log_scale: float
    lowered: float  # scale·exp(-60)


_NORMAL = _Gaussian(*table.GAUSSIAN_NORMAL)
_ERF = _Gaussian(*table.GAUSSIAN_ERF)
_PLAIN = _Gaussian(*table.GAUSSIAN_PLAIN)

# added to x, this leaves x rounded to a multiple of 1/2048, and the number of that multiple in the low bits
_SNAP = 1.5 * 2.0**41
_SNAP_BITS = int(np.float64(_SNAP).view(np.int64))
# keeps exponentials in the normal range until one last product makes the result subnormal, and rounds once
_LIFT = 60.0
# the dozen temporaries of a far form at this size, not that of x: freeing more than some 700 kB at once makes the
# allocator give the memory back, to be mapped anew at the next call, which doubles the time
_PIECE = 1 << 13


def normal_cdf(x: Array, /, rest: Array | None = None) -> Array:
    """Return Φ(x), the probability that a standard normal variable is below x; with a rest, that is what rounding x left."""
    flat = x.ravel()
    y, far = _integral_near(flat, _normal_cdf_values(), _NORMAL, rest)
    given = (flat,) if rest is None else (flat, rest)
    return _patched(y, far, _normal_cdf_far, *given).reshape(x.shape)


def x_normal_cdf(x: Array, /) -> Array:
    """Return x·Φ(x); unlike the product, it keeps its digits where Φ(x) is subnormal."""
    flat = x.ravel()
    y, far = _x_normal_cdf_near(flat)
    return _patched(y, far, _x_normal_cdf_far, flat).reshape(x.shape)


def x_normal_cdf_prime(x: Array, /) -> Array:
    """Return Φ(x) + x·φ(x), the derivative of x·Φ(x)."""
    flat = x.ravel()
    y, far = _x_normal_cdf_prime_near(flat)
    return _patched(y, far, _x_normal_cdf_prime_far, flat).reshape(x.shape)


def x_normal_cdf_and_prime(x: Array, /) -> tuple[Array, Array]:
    """Return x·Φ(x) and its derivative, which share their exponential."""
    flat = x.ravel()
    at = _located(flat, _normal_cdf_values().size)
    weight = _mean_weight(at)
    area = _area(at, _NORMAL)
    prime = _x_normal_cdf_prime_at(at, area * weight)
    y = _x_normal_cdf_at(at, area, flat)
    far = _outside(at, _normal_cdf_values().size)
    y = _patched(y, far, _x_normal_cdf_far, flat)
    prime = _patched(prime, far, _x_normal_cdf_prime_far, flat)
    return y.reshape(x.shape), prime.reshape(x.shape)


def normal_pdf(x: Array, /) -> Array:
    """Return φ(x) = exp(-x²/2)/√(2π), the derivative of Φ."""
    return _height(x, _NORMAL)


def erf(x: Array, /) -> Array:
    """Return the error function; odd to the last bit, -0.0 included."""
    flat = x.ravel()
    y, far = _integral_near(flat, _erf_values(), _ERF)
    return _patched(y, far, np.sign, flat).reshape(x.shape)


def erf_prime(x: Array, /) -> Array:
    """Return 2·exp(-x²)/√π, the derivative of erf."""
    return _height(x, _ERF)


def erfc(x: Array, /) -> Array:
    """Return 1 - erf(x), with all its digits where erf(x) is next to 1."""
    flat = np.negative(x.ravel())
    y, far = _integral_near(flat, _erfc_values(), _ERF)
    return _patched(y, far, _erfc_far, flat).reshape(x.shape)


def gaussian(x: Array, /) -> Array:
    """Return exp(-x²)."""
    return _height(x, _PLAIN)


def gaussian_prime(x: Array, /) -> Array:
    """Return -2x·exp(-x²), the derivative of exp(-x²)."""
    flat = x.ravel()
    y = _exp_of_square(flat, 1.0, -2.0)
    far = ~(y < -1e-300)
    y *= flat
    return _patched(y, far, _gaussian_prime_far, flat).reshape(x.shape)


# On the grid


class _Place(NamedTuple):
    """Where numbers stand on a grid: c is the multiple of its step nearest to x."""

    s: Array  # (x + c)²
    h: Array  # x - c
    number: Array  # of c, counted from the beginning of the grid
    room: Array  # for a temporary array


def _integral_near(
    x: Array, values: Array, g: _Gaussian, rest: Array | None = None
) -> tuple[Array, Array]:
    """Return the integral whose values on the grid are given, and where x is off the grid, so that it is wrong."""
    at = _located(x, values.size)
    if rest is not None:
        np.add(at.h, rest, out=at.h)
    y = _area(at, g)
    y += _taken(values, at)
    return y, _outside(at, values.size)


def _x_normal_cdf_near(x: Array) -> tuple[Array, Array]:
    size = _normal_cdf_values().size
    at = _located(x, size)
    return _x_normal_cdf_at(at, _area(at, _NORMAL), x), _outside(at, size)


def _x_normal_cdf_at(at: _Place, area: Array, x: Array) -> Array:
    """Return x·Φ(x) in place of the integral of φ from c to x; h is overwritten."""
    # c·Φ(c) + h·Φ(c) + x·area, not x·(Φ(c) + area): only the first term is large, and nothing is rounded after it
    y = np.multiply(area, x, out=area)
    y += np.multiply(at.h, _taken(_normal_cdf_values(), at), out=at.h)
    y += _taken(_x_normal_cdf_values(), at)
    zero = y == 0.0
    if zero.any():
        y[zero] = np.copysign(0.0, x[zero])  # the sum loses the sign
    return y


def _x_normal_cdf_prime_near(x: Array) -> tuple[Array, Array]:
    # not Φ(x) + x·φ(x), which takes two exponentials: this too is an integral, of (2 - t²)·φ(t)
    size = _normal_cdf_values().size
    at = _located(x, size)
    weight = _mean_weight(at)
    area = _area(at, _NORMAL)
    area *= weight
    return _x_normal_cdf_prime_at(at, area), _outside(at, size)


def _x_normal_cdf_prime_at(at: _Place, area: Array) -> Array:
    """Return the derivative of x·Φ(x) in place of the integral of that of the derivative from c to x."""
    area += _taken(_x_normal_cdf_prime_values(), at)
    return area


def _mean_weight(at: _Place) -> Array:
    """Return the mean of 2 - t² over the step, weighted by φ."""
    # 2 - m² + (2m² - 1)·h²/12 in the terms of _area
    mean = np.square(at.h)
    mean *= 1 / 24
    mean -= 0.25
    mean *= np.subtract(at.s, 2.0, out=at.room)
    mean += 1.5
    return mean


def _located(x: Array, size: int) -> _Place:
    """Return where x stands on a grid of that size around 0."""
    s = np.empty(x.size)
    # one array, not three: the allocator learns to keep a size it has mapped once, but gives back a sum of such sizes
    h, room, bits = np.empty((3, x.size))
    number = bits.view(np.int64)
    np.add(x, _SNAP, out=s)
    np.subtract(s.view(np.int64), _SNAP_BITS - size // 2, out=number)
    s -= _SNAP
    np.subtract(x, s, out=h)
    s += x
    np.square(s, out=s)
    return _Place(s, h, number, room)


def _area(at: _Place, g: _Gaussian) -> Array:
    """Return the integral of g over a step of length h around m, where s = 4m²; in place of s.

    The mean over the step is scale·exp(-q·m² + (2q·m² - 1)·q·h²/12) but for terms in h⁴, of which -(q·h·m)⁴/180 is
    the greatest. In s the exponent is (s - 2/q)·(q²h²/24 - q/4) - 1/2: one pass less than with a polynomial factor.
    """
    s, h, _, room = at
    np.square(h, out=room)
    room *= g.q**2 / 24
    room -= g.q / 4
    s -= 2 / g.q
    s *= room
    s += g.log_scale - 0.5
    np.exp(s, out=s)
    s *= h
    return s


def _taken(values: Array, at: _Place) -> Array:
    """Return the values on the grid at c, at its ends where x is off the grid; in room."""
    return np.take(values, at.number, out=at.room, mode="clip")


def _outside(at: _Place, size: int) -> Array:
    # one comparison: read without a sign, numbers below 0 are beyond the end too, like those of infinities and NaN
    return at.number.view(np.uint64) >= size


def _patched(y: Array, far: Array, form: Callable[..., Array], *arrays: Array) -> Array:
    """Return y, with the elements that are far computed by another form, which is given those of the arrays."""
    if far.any():
        where = np.flatnonzero(far)
        for start in range(0, where.size, _PIECE):
            piece = where[start : start + _PIECE]
            y[piece] = form(*(a[piece] for a in arrays))
    return y


# Off the grid


def _normal_cdf_far(x: Array, rest: Array | float = 0.0) -> Array:
    a, height, mills = _tail(x, _NORMAL)
    # φ/Φ is next to a + 1/a; that product first, as the last one may be subnormal
    height += height * (rest * (a + 1.0 / a))
    return np.where(x > 0, 1.0, height * (mills / a) * _NORMAL.lowered)


def _x_normal_cdf_far(x: Array) -> Array:
    _, height, mills = _tail(x, _NORMAL)
    # below 0 what underflows is -0.0
    return np.maximum(x, -0.0) - height * mills * _NORMAL.lowered


def _x_normal_cdf_prime_far(x: Array) -> Array:
    a, height, mills = _tail(x, _NORMAL)
    return np.where(x > 0, 1.0, height * (mills / a - a) * _NORMAL.lowered)


def _erfc_far(x: Array) -> Array:
    """Return erfc(-x); its grid ends at 5.5, where 2 is not reached yet."""
    a, height, mills = _tail(x, _ERF)
    y = height * (mills / (2 * a)) * _ERF.lowered
    return np.where(x > 0, 2.0 - y, y)


def _tail(x: Array, g: _Gaussian) -> tuple[Array, Array, Array]:
    """Return a = |x|, exp(60 - q·a²), and the integral of exp(-q·t²) beyond a in units of exp(-q·a²)/(2qa)."""
    a = _clipped(x, g)
    t = 0.5 / (g.q * a * a)
    mills = np.full_like(t, table.TAIL[-1])
    for coefficient in table.TAIL[-2::-1]:
        mills *= t
        mills += coefficient
    return a, _exp_of_square(a, g.q, lift=_LIFT), mills


def _clipped(x: Array, g: _Gaussian) -> Array:
    # from q·x² = 765 on all results are 0, and exp(60 - 765) is not yet subnormal, which would take forty times as long
    a: Array = np.minimum(np.abs(x), (765 / g.q) ** 0.5)
    return a


# The slopes


def _height(x: Array, g: _Gaussian) -> Array:
    flat = x.ravel()
    y = _exp_of_square(flat, g.q, g.scale)
    far = ~(y > 1e-300)  # also NaN, as at infinity
    return _patched(y, far, lambda x: _height_far(x, g), flat).reshape(x.shape)


def _height_far(x: Array, g: _Gaussian) -> Array:
    return _exp_of_square(_clipped(x, g), g.q, lift=_LIFT) * g.lowered


def _gaussian_prime_far(x: Array) -> Array:
    a = _clipped(x, _PLAIN)
    y = _exp_of_square(a, 1.0, -2.0, _LIFT) * a
    return np.copysign(y, -x) * _PLAIN.lowered


def _exp_of_square(x: Array, q: float, scale: float = 1.0, lift: float = 0.0) -> Array:
    """Return scale·exp(lift - q·x²); a lift must be near q·x² or below it, so that the subtraction is exact."""
    # not exp(-q * x * x): at x = 38 the rounding of x² alone moves the last nine bits
    y, head, rest = np.empty((3, x.size))
    np.bitwise_and(x.view(np.int64), HEAD_BITS, out=head.view(np.int64))
    np.subtract(x, head, out=rest)
    rest *= np.add(x, head, out=y)
    head *= head
    np.square(x, out=y)
    head -= y
    rest += head  # what the rounding of x² left
    rest *= -q * scale
    rest += scale
    y *= -q
    if lift:
        y += lift
    np.exp(y, out=y)
    y *= rest
    return y


# The grids


@cache
def _normal_cdf_values() -> Array:
    return _grown(table.NORMAL_CDF, table.NORMAL_CDF_LOW, _NORMAL, 1.0)


@cache
def _x_normal_cdf_values() -> Array:
    high, low = _head_and_rest(table.NORMAL_CDF, table.NORMAL_CDF_LOW, _NORMAL)
    t = np.arange(1 - high.size, 1) / 2048
    head, rest = halves(high)
    # both products with the head are exact, as t has few bits
    below = t * head + (t * rest + t * low)
    return _neutral(np.concatenate([below, below[-2::-1] - t[-2::-1]]))


@cache
def _x_normal_cdf_prime_values() -> Array:
    high, low = table.X_NORMAL_CDF_PRIME, table.X_NORMAL_CDF_PRIME_LOW
    return _grown(high, low, _NORMAL, 1.0, factor=lambda t: 2.0 - t * t)


@cache
def _erf_values() -> Array:
    return _neutral(_grown(table.ERF, table.ERF_LOW, _ERF, 0.0))


def _neutral(values: Array) -> Array:
    """Make the 0 of a grid -0.0, the neutral element of addition: 0.0 would turn the sign of -0.0."""
    values[values == 0.0] = -0.0
    return values


@cache
def _erfc_values() -> Array:
    """Return erfc(-x), which differs from erf by 1, so that the slope is the same."""
    return _grown(table.ERFC, table.ERFC_LOW, _ERF, 2.0)


def _grown(
    high: tuple[float, ...],
    low: tuple[float, ...],
    g: _Gaussian,
    span: float,
    factor: Callable[[Array], Array] = np.ones_like,
) -> Array:
    """Return f at the multiples of 1/2048 from the first knot to its mirror image, where f(-x) = span - f(x)."""
    head, rest = _head_and_rest(high, low, g, factor)
    below = head + rest
    return np.concatenate([below, span - below[-2::-1]])


def _head_and_rest(
    high: tuple[float, ...],
    low: tuple[float, ...],
    g: _Gaussian,
    factor: Callable[[Array], Array] = np.ones_like,
) -> tuple[Array, Array]:
    """Return f at the multiples of 1/2048 up to 0 as sums of two floats: that of the nearest knot, and the rest.

    Between the knots, which are 64 times as far apart and given to twice the precision, f′ = factor·g is integrated
    by Gauss's formula of order 10. A file of all values would be thirty times as long; this takes a millisecond, once.
    """
    knots = np.arange(1 - len(high), 1)[:, None] / 32
    steps = np.arange(-32, 32) / 2048
    at_knots = factor(knots)
    # the mean of factor·g over the step, less what it is at the knot, in units of g there
    bends = np.zeros((len(high), steps.size))
    for node, weight in table.GAUSS_NODES:
        d = node * steps
        # not g(knots + d): the square of that rounded sum would be the greatest of all errors
        ratio = np.exp(-g.q * d * (2 * knots + d))
        bends += weight * (factor(knots + d) * ratio - at_knots)
    area = g.scale * np.exp(-g.q * knots**2) * steps
    rest = np.array(low)[:, None] + area * bends + area * at_knots
    heads = np.repeat(np.array(high), steps.size)
    return heads[32:-31], rest.ravel()[32:-31]
