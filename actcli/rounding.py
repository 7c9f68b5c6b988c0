"""From an interval to a number: rounded once to a floating-point format, as a sum of two floats, or in decimals."""

import math
from dataclasses import dataclass

import numpy as np
from mpmath import libmp

from actcli.taylor import Interval, Mpf

# the binary exponent of the largest number that is written out: its decimal exponent takes a logarithm as precise
_LONGEST = 1 << 40


@dataclass(frozen=True)
class Format:
    """A binary floating-point format: digits of the significand, exponent of the smallest number, largest number."""

    bits: int
    lowest: int
    largest: float

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
                math.ldexp(1.0, self.lowest) if above_half else 0.0, -1 if s[0] else 1
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


FORMATS = {
    "float64": Format(53, -1074, float(np.finfo(np.float64).max)),
    "float32": Format(24, -149, float(np.finfo(np.float32).max)),
    "float16": Format(11, -24, float(np.finfo(np.float16).max)),
}


def twofold(v: Interval) -> tuple[float, float] | None:
    """Return a number as an unevaluated sum ``high + low`` good to 2**-70, or None if the interval is too wide."""
    width = libmp.mpf_sub(v[1], v[0], 53, libmp.round_up)
    size = max(_exponent(v[0]), _exponent(v[1]), -1100)
    if width[1] and _exponent(width) > size - 70:
        return None
    high: float = libmp.to_float(v[0], rnd=libmp.round_nearest)
    if math.isinf(high):
        return high, 0.0
    return high, libmp.to_float(libmp.mpf_sub(v[0], libmp.from_float(high), 60))


def _exponent(s: Mpf) -> int:
    return s[2] + s[3] if s[1] else -(1 << 62)


def decimal(v: Interval, digits: int) -> str | None:
    """Return the decimal number of so many significant digits that both ends round to, or None."""
    if any(s[1] and abs(_exponent(s)) > _LONGEST for s in v):
        return None
    low, high = (str(libmp.to_str(s, digits, strip_zeros=False)) for s in v)
    return low if low == high else None
