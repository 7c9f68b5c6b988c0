"""The primitives in which stability is decided once. The error functions are in special.py.

They take float64 blocks and return new ones unless they say otherwise, and run with floating-point flags ignored: an
overflow to infinity on the way to the right limit is a step, not a fault.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from actcli import _special_table as table
from actcli.engine import Array

# exp of less than this has lost digits, or will when a sum is taken of it
FAR = -700.0
_LARGEST = float(np.finfo(np.float64).max)
_SIGN = np.int64(-(2**63))
HEAD_BITS = ~0x7FFFFFF  # the upper half of a significand: its square is exact
# below this even the product with the largest factors is zero, and so is the exponential of a quarter
_ZERO_FROM = -3000.0


def at_least(x: Array, bound: float) -> Array:
    """Return max(x, bound); of 0.0 and -0.0 it may be either."""
    # np.maximum takes twice as long with a number
    return x.clip(bound, np.inf)


def at_most(x: Array, bound: float) -> Array:
    """Return min(x, bound); of 0.0 and -0.0 it may be either."""
    return x.clip(-np.inf, bound)


def minus_abs(x: Array) -> Array:
    """Return -|x|."""
    # the bit of the sign is set in one pass; abs and negative take two
    return (x.view(np.int64) | _SIGN).view(np.float64)


def product(factor: float, x: Array) -> Array:
    """Return factor·x, of the factor 0 also where x is infinite; for 1, the default of so many, x itself, not to be written to."""
    if factor == 1.0:
        return x
    y = factor * x
    return y if factor else mend(y, np.isinf(x), np.zeros_like, x)


def together(a: float, b: float) -> tuple[float, float]:
    """Return two factors as their product and 1, and as they are if that over- or underflows."""
    once = a * b
    return (once, 1.0) if once == 0.0 or 1e-290 < abs(once) < math.inf else (a, b)


def over_square(y: Array, a: float) -> Array:
    """Return y/a², in place of y: the square alone may over- or underflow."""
    if a != 1.0:
        y /= a
        y /= a
    return y


def far_left(
    y: Array,
    z: Array,
    factor: Any,
    times: Any = 1.0,
    *,
    plus: float = 0.0,
    quarter: Callable[[Array], Array] | None = None,
) -> Array:
    """Mend y where it is (plus + factor)·times·exp(z) and exp(z) is next to nothing.

    Args:
        y: the result, mended in place.
        z: what stands in the exponent.
        factor: a number, or an array like z.
        times: another one, where their product could overflow.
        plus: added to the first.
        quarter: returns exp(z/4) where a mask is true, if that can be told better than from z.
    """
    low = z < FAR
    if low.any():
        f, g = (v[low] if np.ndim(v) else v for v in (factor, times))
        # half of the way with each factor: no product but the last is subnormal, or infinite
        t = np.maximum(z[low], _ZERO_FROM)
        e = quarter(low) if quarter else np.exp(0.25 * t)
        y[low] = (_held(plus + f) * e * e) * (_held(g) * e * e)
    return y


def _held(factor: Any) -> Any:
    # beside an exponential that is 0, an infinite factor would be no number
    return np.clip(factor, -_LARGEST, _LARGEST)


def mend(y: Array, rare: Array, form: Callable[..., Array], *arrays: Array) -> Array:
    """Replace y where it is rare by another form, which is given those elements of the arrays."""
    if rare.any():
        y[rare] = form(*(a[rare] for a in arrays))
    return y


def mirrored(left: Array, x: Array) -> Array:
    """Return left where x < 0 and 1 - left elsewhere: a slope that adds up to 1 with its mirror image."""
    # not np.where, which takes twice as long
    y = np.subtract(x >= 0.0, left)
    return np.abs(y, out=y)


def scaled_exp(scale: float, z: Array, times: float = 1.0) -> Array:
    """Return scale·times·exp(z), right also where exp(z) alone would be subnormal."""
    y = scale * np.exp(z)
    if times != 1.0:
        y *= times
    return far_left(y, z, scale, times)


def sigma(z: Array) -> Array:
    """Return σ(z) = 1/(1 + exp(-z))."""
    # not 1/(1 + exp(-z)): that overflows on the left, and on the right the sum is rounded before it is inverted
    y = minus_abs(z)
    np.exp(y, out=y)
    y /= y + 1.0
    return mirrored(y, z)


def bell(z: Array, scale: Any = 1.0, times: Any = 1.0) -> Array:
    """Return scale·times·σ(z)·σ(-z), where both are numbers or arrays like z."""
    # not y·(1 - y): that is 0 from z = 37 on
    t = minus_abs(z)
    y = np.exp(t)
    return _bell(y, _square_of_one_and(y), t, scale, times, 1.0)


def sech2(x: Array, scale: Any = 1.0, times: float = 1.0) -> Array:
    """Return scale·times/cosh²(x), where the scale is a number or an array like x."""
    # not 1 - tanh²: that has lost every digit at x = 20; nor by cosh, whose error next to 0 counts four times
    t = np.abs(x)
    t *= -2.0
    y = np.exp(t)
    q = y + 1.0
    q *= 0.5
    np.square(q, out=q)
    return _bell(y, q, t, scale, times, 4.0)


def _bell(y: Array, q: Array, t: Array, scale: Any, times: Any, far: float) -> Array:
    """Return scale·times·y/q in place of y, with far·exp(t) for y/q where that is next to nothing."""
    y /= q
    for factor in (scale, times):
        if np.ndim(factor) or factor != 1.0:
            y *= factor
    return far_left(y, t, scale, times if far == 1.0 else far * times)


def softplus_and_sigma(z: Array) -> tuple[Array, Array]:
    """Return log(1 + exp(z)) and σ(z), which share their exponential."""
    w = minus_abs(z)
    np.exp(w, out=w)
    y = np.log1p(w)
    y += at_least(z, 0.0)
    w /= w + 1.0
    return y, mirrored(w, z)


def softplus(z: Array) -> Array:
    """Return log(1 + exp(z))."""
    y = softplus_rest(z)
    y += at_least(z, 0.0)
    return y


def softplus_rest(z: Array) -> Array:
    """Return log(1 + exp(-|z|)), which is what softplus adds to max(z, 0)."""
    y = minus_abs(z)
    np.exp(y, out=y)
    return np.log1p(y, out=y)


def gate(x: Array, z: Array) -> Array:
    """Return x·σ(z)."""
    y = np.exp(-z)
    y += 1.0
    np.divide(x, y, out=y)
    return far_left(y, z, x)


# from here on the slope of a gated unit is 1 to the last digit; the square of the exponential does not overflow yet
_OPEN_FROM = 300.0


def gate_slope(z: Array, k: Array) -> Array:
    """Return the derivative of x·σ(z), σ(z)·(1 + x·z′·σ(-z)), for odd z and k = 1 + x·z′."""
    # over one denominator, w·(k + w)/(1 + w)² with w = exp(z): k is where it cancels
    w = at_most(z, _OPEN_FROM)
    np.exp(w, out=w)
    y = k + w
    y *= w
    y /= _square_of_one_and(w)
    if (high := z > _OPEN_FROM).any():
        y[high] = 1.0  # k may be infinite there
    return far_left(y, z, k)


def _square_of_one_and(w: Array) -> Array:
    """Return (1 + w)²."""
    # not the square of a sum: that would have its error twice
    q = w + 2.0
    q *= w
    q += 1.0
    return q


def binary_entropy(z: Array) -> Array:
    """Return softplus(z) - z·σ(z), the entropy of a coin of probability σ(z); far out it is (1 + |z|)·exp(-|z|)."""
    # even in z, and a sum of two positive terms in |z|, where the difference cancels
    a = np.abs(z)
    y = np.exp(-a)
    return np.log1p(y) + a * (y / (1.0 + y))


# the difference cancels within this, where so many terms are enough
EXPM1_NEAR = 0.5
_EXPM1_TERMS = [1.0 / math.factorial(k) for k in range(15, 1, -1)]


def expm1_rest(x: Array) -> Array:
    """Return exp(x) - 1 - x."""
    t = np.clip(x, -EXPM1_NEAR, EXPM1_NEAR)
    near = polynomial(_EXPM1_TERMS, t)
    near *= t
    near *= t
    return select(t == x, near, np.expm1(x) - x)


def polynomial(coefficients: Sequence[float], t: Array) -> Array:
    """Return the polynomial in t with these coefficients, that of the highest power first."""
    y = coefficients[0] * t
    for coefficient in coefficients[1:-1]:
        y += coefficient
        y *= t
    y += coefficients[-1]
    return y


# π in three parts: multiples of the first two up to the limit are exact, also by halves
_PI = tuple(
    map(
        float.fromhex,
        ("0x1.921fb5444p+1", "0x1.68c234c4cp-38", "0x1.98a2e03707345p-76"),
    )
)
_SINE_LIMIT = 1e5
# added to a number, this leaves it rounded to an integer, whose last bit is that of the sum
_ROUND = 1.5 * 2.0**52


def sine(z: Array) -> Array:
    """Return sin(z)."""
    # NumPy's own takes one number at a time, and three times as long
    r, odd = _reduced(z)
    return _mended(_sine(r, odd), z, np.sin)


def cosine(z: Array) -> Array:
    """Return cos(z)."""
    r, odd = _reduced(z, 0.5)
    return _mended(_sine(r, odd), z, np.cos)


def sine_and_cosine(z: Array) -> tuple[Array, Array]:
    """Return sin(z) and cos(z) in less time than both take; the cosine's error is an ulp of 1 next to its zeros too."""
    r, odd = _reduced(z)
    s = np.square(r)
    y = polynomial(table.COSINE, s)
    y *= s
    y += 1.0
    y.view(np.int64)[...] ^= odd
    return _mended(_sine(r, odd), z, np.sin), _mended(y, z, np.cos)


def _reduced(z: Array, shift: float = 0.0) -> tuple[Array, Array]:
    """Return z less the nearest k·π, and the sign of its sine as a bit; k is whole, or so much beside it as shift is."""
    k = z * (1.0 / math.pi)
    if shift:
        k += shift
    k += _ROUND
    odd = k.view(np.int64) << 63
    k -= _ROUND
    if shift:
        k -= shift
    r = z - k * _PI[0]
    r -= k * _PI[1]
    k *= _PI[2]
    r -= k
    return r, odd


def _sine(r: Array, odd: Array) -> Array:
    """Return sin(r) for |r| ≤ π/2, or -sin(r) where the bit of the sign is set."""
    s = np.square(r)
    y = polynomial(table.SINE, s)
    y *= s
    y *= r
    y += r
    # the sum of a negative zero and a positive one has lost the sign
    y = mend(y, y == 0.0, lambda r: r, r)
    y.view(np.int64)[...] ^= odd
    return y


def _mended(y: Array, z: Array, form: Callable[..., Array]) -> Array:
    """Return y, with another form of it where z was too large to be reduced, or no number."""
    # two reductions take half as long as the comparison of all magnitudes
    if z.size and z.max() < _SINE_LIMIT and z.min() > -_SINE_LIMIT:
        return y
    return mend(y, ~(np.abs(z) < _SINE_LIMIT), form, z)


# how many bits of a float64 stand before those that are 0 in a tie
_TIE = 12 + np.finfo(np.float16).nmant + 1


def scaled(slope: Any, x: Array) -> Array:
    """Return slope·x, rounded once to the dtype of x, and 0 for the slope 0 also where x is infinite."""
    wide = x.astype(np.float64, copy=False)
    if np.ndim(slope):
        y = slope * wide
        if not slope.all():
            y = mend(y, (slope == 0.0) & np.isinf(wide), np.zeros_like, wide)
    else:
        y = product(slope, wide)
    narrow = y.astype(x.dtype, copy=False)
    # not in float32: there it takes as long as the rest five times, for what is 0.5 and a millionth of an ulp
    if x.dtype == np.float16:
        # one digit more than the dtype has: a tie, or what the rounding of the product made one
        ties = np.flatnonzero((y.view(np.int64) << _TIE == 0) & (y != narrow))
        slopes = slope[ties] if np.ndim(slope) else np.float64(slope)
        narrow[ties] = _off_tie(y[ties], slopes, wide[ties])
    return narrow


def _off_tie(y: Array, slope: Any, x: Array) -> Array:
    # both halves of the slope times 24 bits are exact, and so is what their sum leaves over
    high, low = halves(slope)
    return to_odd(y, low * x - (y - high * x))


def halves(a: Any) -> tuple[Any, Any]:
    """Return numbers of NumPy as sums of two with half of the digits, whatever their size."""
    high = (a.view(np.int64) & HEAD_BITS).view(np.float64)
    return high, a - high


def to_odd(y: Array, rest: Array) -> Array:
    """Move y, rounded from y + rest, off whatever numbers of fewer digits it could be a tie between."""
    # not np.nextafter, which takes ten times as long
    bits = y.view(np.int64)
    moved = bits + (2 * ((rest > 0.0) == (y > 0.0)) - 1)
    unsure = (rest != 0.0) & (y != 0.0) & (bits & 1 == 0) & np.isfinite(y)
    return select(unsure, moved.view(np.float64), y)


def select(inside: Array, a: Any, b: Any, dtype: Any = np.float64) -> Array:
    """Return a where inside and b elsewhere, numbers or arrays, bit for bit; faster than np.where.

    >>> select(np.array([True, False]), np.array([1.0, 2.0]), np.nan)
    array([ 1., nan])
    """
    # np.where takes a branch for each element, which on mixed signs costs as much as three exponentials
    bits = f"i{np.dtype(dtype).itemsize}"
    yes, no = (np.asarray(v, dtype).view(bits) for v in (a, b))
    chosen = np.negative(inside.view(np.int8)).astype(bits)  # all bits or none
    chosen &= yes ^ no
    chosen ^= no
    return chosen.view(dtype)


def constant(x: Array, value: Any) -> Array:
    """Return value everywhere, NaN where x is NaN."""
    return _with_nan(np.full(x.shape, value, dtype=x.dtype), x)


def jump(y: Array, right: Array, below: float, above: float) -> Array:
    """Return y, which is ``below`` wherever right, with ``above`` there; in place of y."""
    step = above - below
    if below + step == above:
        y += step * right.astype(np.float64)  # takes half as long as a choice
        return y
    return select(right, above, y)


def indicator(inside: Array, x: Array) -> Array:
    """Return 1 inside and 0 elsewhere, NaN where x is NaN."""
    return _with_nan(inside.astype(x.dtype), x)


def inside(x: Array, low: float, high: float) -> Array:
    """Return 1 between two bounds and 0 elsewhere, NaN where x is NaN; what is infinite is no bound."""
    # as numbers of float64: a Python number would be rounded to the dtype of x before it is compared
    within = x > np.float64(low) if low > -np.inf else ~np.isnan(x)
    if high < np.inf:
        within &= x < np.float64(high)
    return indicator(within, x)


def either(inside: Array, a: Any, b: Any, x: Array) -> Array:
    """Return a inside and b elsewhere, NaN where x is NaN."""
    return _with_nan(select(inside, a, b, x.dtype), x)


def _with_nan(y: Array, x: Array) -> Array:
    unknown = np.isnan(x)
    if unknown.any():
        y[unknown] = np.nan
    return y


def uniform(seed: int, start: int, size: int) -> Array:
    """Return random numbers in [0, 1) that depend on the seed and their place alone."""
    # Philox counts in fours, and can be set to any place at once
    source = np.random.Philox(key=seed).advance(start // 4)
    return np.random.Generator(source).random(start % 4 + size)[start % 4 :]


def gumbel(seed: int, start: int, size: int) -> Array:
    """Return random numbers of the standard Gumbel distribution that depend on the seed and their place alone."""
    # 0 is moved to half of the smallest number drawn: its logarithm is no number
    u = np.maximum(uniform(seed, start, size), 2.0**-54)
    return -np.log(-np.log(u))
