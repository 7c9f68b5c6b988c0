"""From an interval to a number: rounded once to a floating-point format, with what that left over, or in decimals."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mpmath import libmp

from actcli.taylor import Interval, Mpf

# the binary exponent of the largest number that is written out: its decimal exponent takes a logarithm as precise
_LONGEST = 1 << 40


# what is left over is good to so many bits behind the point
_REST_BITS = 30


class Measured(NamedTuple):
    """An exact value as seen from a floating-point format.

    Attributes:
        value: rounded to it.
        rest: exact less rounded, in ulps.
        ulp: the distance between two neighbours of the format at the exact value.
    """

    value: float
    rest: float
    ulp: float


UNDEFINED = Measured(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Format:
    """A binary floating-point format.

    Attributes:
        bits: digits of the significand.
        lowest: exponent of the smallest number.
        top: exponent of what the largest numbers are next to.
        decimals: so many digits tell every number from its neighbours.
    """

    bits: int
    lowest: int
    top: int
    decimals: int

    @property
    def smallest(self) -> float:
        """The smallest number above 0, which is subnormal."""
        return math.ldexp(1.0, self.lowest)

    @property
    def smallest_normal(self) -> float:
        """The smallest number that has all digits."""
        return math.ldexp(1.0, self.lowest + self.bits - 1)

    @cached_property
    def largest(self) -> float:
        """The largest finite number."""
        return math.ldexp(2.0 - math.ldexp(1.0, 1 - self.bits), self.top - 1)

    def round(self, s: Mpf) -> float:
        """Round to nearest, ties to even, subnormal numbers and overflow included."""
        if not s[1]:
            return float(libmp.to_float(s))
        exponent = s[2] + s[3]
        kept = min(self.bits, exponent - self.lowest)
        if kept < 1:
            # below the smallest number: its half is a tie, and goes to the even 0
            above_half = kept == 0 and s[1] > 1
            return math.copysign(
                self.smallest if above_half else 0.0, -1 if s[0] else 1
            )
        if exponent > 1100:
            return -math.inf if s[0] else math.inf
        rounded: float = libmp.to_float(libmp.mpf_pos(s, kept, libmp.round_nearest))
        return (
            rounded
            if abs(rounded) <= self.largest
            else math.copysign(math.inf, rounded)
        )

    def certain(self, v: Interval) -> float | None:
        """Return the number that both ends round to, or None."""
        low, high = self.round(v[0]), self.round(v[1])
        return high if low == high else None

    def measured(self, v: Interval) -> Measured | None:
        """Return the number that both ends round to, and what that leaves; None if the interval is too wide for either."""
        return None if self.certain(v) is None else self.nearly(v)

    def nearly(self, v: Interval) -> Measured | None:
        """Return the same of an interval that is narrow, but may hold a tie: then it is the even one of the two numbers."""
        value, other = self.round(v[0]), self.round(v[1])
        largest = math.isinf(value)
        exponent = self.top if largest else _exponent(v[0])
        place = max(exponent - self.bits, self.lowest)
        ulp = math.ldexp(1.0, place)
        if largest:
            return Measured(value, 0.0, ulp)
        if value != other and value / ulp % 2.0:
            value = other
        rounded = libmp.from_float(value)
        ends = (libmp.mpf_sub(s, rounded, 53, libmp.round_nearest) for s in v)
        low, high = (libmp.to_float(libmp.mpf_shift(s, -place)) for s in ends)
        return Measured(value, low, ulp) if high - low < 2.0**-_REST_BITS else None


FORMATS = {
    "float64": Format(53, -1074, 1024, 17),
    "float32": Format(24, -149, 128, 9),
    "float16": Format(11, -24, 16, 5),
    "bfloat16": Format(8, -133, 128, 4),
}


def _exponent(s: Mpf) -> int:
    return s[2] + s[3] if s[1] else -(1 << 62)


def decimal(v: Interval, digits: int) -> str | None:
    """Return the decimal number of so many significant digits that both ends round to, or None."""
    if any(s[1] and abs(_exponent(s)) > _LONGEST for s in v):
        return None
    low, high = (str(libmp.to_str(s, digits, strip_zeros=False)) for s in v)
    return low if low == high else None
