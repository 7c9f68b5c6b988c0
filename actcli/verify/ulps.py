"""Distances in units in the last place (ulp) of a floating-point format. What results are compared with is found elsewhere."""

import numpy as np

from actcli.bfloat16 import rounded
from actcli.engine import Array
from actcli.rounding import FORMATS


def ulp(x: Array | float, dtype: str) -> Array:
    """Return the distance from |x| to the next number of a dtype, as float64; below the smallest normal one it is constant.

    >>> float(ulp(1.0, "float32")) == 2.0**-23
    True
    """
    format_ = FORMATS[dtype]
    _, exponent = np.frexp(np.asarray(x, np.float64))
    digit = np.where(np.equal(x, 0.0), format_.lowest, exponent - format_.bits)
    return np.ldexp(1.0, np.maximum(digit, format_.lowest))


def distance(
    got: Array | float,
    value: Array | float,
    rest: Array | float,
    unit: Array | float,
    dtype: str,
    allowance: Array | float = 0.0,
) -> Array:
    """Return how far results are from exact values, in ulps of the latter: 0.5 at most if rounded correctly.

    Infinity counts as the number after the largest. A NaN is at no distance from a NaN, and infinitely far from all else.

    Args:
        got: results, each a number of the dtype.
        value: exact values, rounded to the dtype.
        rest: what that rounding left, in units.
        unit: an ulp of the dtype at the exact values.
        dtype: the format of the results.
        allowance: what is added to the unit, for results that may be off by more than that; it forgives no infinity.

    >>> float(distance(1.0 + 2**-52, 1.0, 0.25, 2**-52, "float64"))
    0.75
    """
    got, value = np.asarray(got, np.float64), np.asarray(value, np.float64)
    with np.errstate(all="ignore"):
        whole = np.add(unit, allowance)
        found = np.abs((got - value) / unit - rest) * (unit / whole)
        # in units so small that they are more than there are numbers
        found = np.where(np.isinf(found), np.abs(got - value) / whole, found)
        # of a quarter: the number after the largest float64 is none
        bound = 2.0 ** (FORMATS[dtype].top - 2)
        quarters = [np.clip(v / 4.0, -bound, bound) for v in (got, value)]
        endless = np.isinf(got) | np.isinf(value)
        far = np.abs(quarters[0] - quarters[1]) / np.divide(unit, 4.0)
        found = np.where(endless, far, found)
    lost = np.isnan(got), np.isnan(value)
    return np.where(lost[0] | lost[1], np.where(lost[0] & lost[1], 0.0, np.inf), found)


def without_rest(y: Array | float, dtype: str) -> tuple[Array, Array, Array]:
    """Return numbers that are known no further than they are given, such as limits, rounded to a dtype; no rest; and the ulp."""
    largest = FORMATS[dtype].largest
    with np.errstate(over="ignore"):
        value = rounded(np.asarray(y, np.float64), np.dtype(dtype)).astype(np.float64)
    return value, np.zeros(value.shape), ulp(value.clip(-largest, largest), dtype)
