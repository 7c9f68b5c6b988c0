"""The record of a line in a picture, and between which heights it is to be seen. Sampling is in sampling.py, drawing beside it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from actcli.differentiate import primed
from actcli.engine import Array
from actcli.errors import RequestError

LARGEST = 1e300  # axes overflow a little above it
_NARROWEST = 1e-280  # another axis is drawn instead of one a little narrower


@dataclass(frozen=True)
class PlottedCurve:
    """One line of a picture.

    Attributes:
        label: what the function is called.
        x: abscissae in ascending order.
        y: values; NaN breaks the line, as at a jump.
        points: values at jumps, drawn as dots because no line goes through them.
        shown: the lowest and the highest y to be seen; towards a pole the line goes beyond. The first above the second
            if it has no values.
        is_derivative: drawn dashed among several functions, orange beside one.
    """

    label: str
    x: Array
    y: Array
    points: Sequence[tuple[float, float]] = field(default=())
    shown: tuple[float, float] = (math.inf, -math.inf)
    is_derivative: bool = False


def name_of(curve: PlottedCurve) -> str:
    """Return what a line is called: that of a derivative has a prime."""
    return primed(curve.label) if curve.is_derivative else curve.label


def heights(curves: Sequence[PlottedCurve]) -> tuple[float, float]:
    """Return where the ordinate begins and ends: with room around what is to be seen, and 0 in it unless that is far off."""
    low, high = (
        pick(c.shown[end] for c in curves) for end, pick in enumerate((min, max))
    )
    if max(low, -high) <= high - low or _too_narrow(low, high):
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.05 * (high - low) or 0.055
    return low - room, high + room


def check_range(low: float, high: float, told: str) -> None:
    """Raise RequestError where no axis goes from one number to another; ``told`` is how it calls the two."""
    if not -LARGEST <= low < high <= LARGEST:
        raise RequestError(
            f"{told} does not ascend within ±{LARGEST:g}; write it like -6:6"
        )
    if _too_narrow(low, high):
        raise RequestError(f"{told} is too narrow for an axis; write it like -6:6")


def _too_narrow(low: float, high: float) -> bool:
    return high - low < max(_NARROWEST, 1e-10 * max(-low, high))
