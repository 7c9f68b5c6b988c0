"""How smooth a function is: the first derivative that jumps at each place where its form changes, from exact one-sided values."""

import math
from dataclasses import dataclass

from actcli.analysis.curve import Curve, Side, neighbours
from actcli.errors import UndecidedError

# no activation has a higher derivative as its first that jumps
_HIGHEST = 9
_FIRST_LOOK = 2


@dataclass(frozen=True)
class Break:
    """A place where the function is not smooth.

    Attributes:
        x: where.
        order: of the first derivative that jumps there or has no limit, 0 for the function itself.
        left: the limit of that derivative from the left, NaN where there is none.
        right: the limit from the right.
    """

    x: float
    order: int
    left: float
    right: float


@dataclass(frozen=True)
class Smoothness:
    """A class of smoothness over the whole line and what limits it.

    Attributes:
        breaks: the places that are not smooth, in order of x.
    """

    breaks: tuple[Break, ...]

    @property
    def order(self) -> float:
        """How many derivatives are continuous: -1 for a function that jumps, infinite for a smooth one."""
        return min((b.order - 1 for b in self.breaks), default=math.inf)

    @property
    def name(self) -> str:
        """The class: "jump", "C0", "C1", … or "C∞".

        >>> Smoothness((Break(0.0, 1, 0.0, 1.0),)).name, Smoothness(()).name
        ('C0', 'C∞')
        """
        if self.order < 0:
            return "jump"
        return "C∞" if math.isinf(self.order) else f"C{self.order:g}"


def smoothness(curve: Curve) -> Smoothness:
    """Return the class of a function."""
    found = (_break(curve, side) for side in curve.sides)
    return Smoothness(tuple(b for b in found if b is not None))


def smoothness_class(curve: Curve) -> str:
    """Return the name of the class alone: from the kernel where that jumps or has a corner, which needs no mpmath."""
    sides = curve.sides
    if any(side.jumps != (0.0, 0.0) for side in sides):
        return "jump"
    if any(_is_corner(side) for side in sides):
        return "C0"
    return smoothness(curve).name


def _is_corner(side: Side) -> bool:
    left, right = side.slope_left, side.slope_right
    if math.isinf(left) or math.isinf(right):
        return True
    return abs(left - right) > 1e-6 * max(abs(left), abs(right))


def _break(curve: Curve, side: Side) -> Break | None:
    if (rough := _unbounded(side)) is not None:
        return rough
    for order in (_FIRST_LOOK, _HIGHEST):
        left = _derivatives(curve, side.x, order, -1)
        if not left:
            return _around(curve, side.x, _HIGHEST)
        right = _derivatives(curve, side.x, order, 1)
        _complete(left, side.left, side.slope_left)
        _complete(right, side.right, side.slope_right)
        for k, (a, b) in enumerate(zip(left, right, strict=True)):
            if a != b and not (k == 0 and math.isnan(a + b)):
                return Break(side.x, k, a, b)
        if side.x and (found := _around(curve, side.x, order)) is not None:
            return found
    return None


def _unbounded(side: Side) -> Break | None:
    """Return a pole, or a corner that is vertical on one side."""
    if math.isinf(side.left) or math.isinf(side.right):
        return Break(side.x, 0, side.left, side.right)
    if math.isinf(side.slope_left) or math.isinf(side.slope_right):
        return Break(side.x, 1, side.slope_left, side.slope_right)
    return None


def _complete(found: list[float], f: float, slope: float) -> None:
    """Put in the limits, as they were seen, that an undefined higher derivative has hidden."""
    for k, limit in enumerate((f, slope)):
        if k < len(found) and math.isnan(found[k]):
            found[k] = limit


def _around(curve: Curve, c: float, order: int) -> Break | None:
    """Compare the neighbours of a number that the break itself, which lies between them, was rounded to."""
    low, high = neighbours(c)
    left, right = (_derivatives(curve, x, order + 1, 0) for x in (low, high))
    if not (left and right):
        return None
    for k in range(order + 1):
        a, b = left[k], right[k]
        drift = 10.0 * (high - low) * max(abs(left[k + 1]), abs(right[k + 1]))
        if abs(a - b) > max(1e-6 * max(abs(a), abs(b)), drift):
            return Break(c, k, a, b)
    return None


def _derivatives(curve: Curve, x: float, order: int, side: int) -> list[float]:
    """Return f and its derivatives, from one side if that is not 0; none where no precision decides them."""
    from actcli import exact

    formula = curve.function.formula
    assert formula is not None
    known = curve.function.resolve({})
    values = {n: v for n, v in known.items() if v is not None} | {"x": x}
    try:
        return exact.derivatives(formula, values, order=order, side=side)
    except UndecidedError:
        return []
