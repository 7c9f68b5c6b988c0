"""How smooth a function is: the first derivative that jumps at each place where its form changes, from exact one-sided values."""

import math
from dataclasses import dataclass

import numpy as np

from actcli.analysis.curve import Curve, Side, beside, limit_beside, neighbours
from actcli.engine import Array
from actcli.errors import UndecidedError

# no activation has a higher derivative as its first that jumps
_HIGHEST = 9
_FIRST_LOOK = 2
# more points beside a break, to see whether what has no bounds there goes one way
_SHELLS = 10


@dataclass(frozen=True)
class Break:
    """A place where the function is not smooth.

    Attributes:
        x: where.
        order: of the first derivative that jumps there, is unbounded or has no limit, 0 for the function itself.
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
    bounded = all(
        math.isfinite(side.left) and math.isfinite(side.right) for side in sides
    )
    if bounded and any(_is_corner(side) for side in sides):
        return "C0"
    return smoothness(curve).name


def _is_corner(side: Side) -> bool:
    left, right = side.slope_left, side.slope_right
    if math.isinf(left) or math.isinf(right):
        return True
    # a smaller one may be what the neighbours of a break tell of a slope that comes to 0
    return abs(left - right) > 1e-6 * max(abs(left), abs(right), 1.0)


def _break(curve: Curve, side: Side) -> Break | None:
    if (rough := _rough(curve, side)) is not None:
        return rough
    for order in (_FIRST_LOOK, _HIGHEST):
        left = _derivatives(curve, side.x, order, -1)
        if not left:
            return _around(curve, side.x, _HIGHEST)
        right = _derivatives(curve, side.x, order, 1)
        unknown = np.isnan(left) | np.isnan(right)
        if unknown.any():
            left, right = _completed(curve, side.x, left, right)
        # of where it has a value on one side only, that side alone is asked
        ends = math.isnan(left[0]) or math.isnan(right[0])
        for k, (a, b) in enumerate(zip(left, right, strict=True)):
            lost = not (math.isfinite(a) or math.isfinite(b))
            if (k and lost) if ends else (a != b or (unknown[k] and lost)):
                return Break(side.x, k, a, b)
        if side.x and (found := _around(curve, side.x, order)) is not None:
            return found
    return None


def _rough(curve: Curve, side: Side) -> Break | None:
    """Return a pole, a corner that is vertical on one side, or where f or f′ only goes up and down."""
    sides = (side.left, side.right), (side.slope_left, side.slope_right)
    if np.isfinite(sides).all():
        return None
    x = _beside(side.x)
    for order, v in enumerate(curve(x.ravel())):
        seen = _limits(v.reshape(x.shape))
        lost = np.isnan(seen) & ~np.isnan(v.reshape(x.shape)).any(axis=1)
        if np.isinf(sides[order]).any() or lost.any():
            return Break(side.x, order, *seen.tolist())
    return None


def _completed(
    curve: Curve, c: float, left: list[float], right: list[float]
) -> list[list[float]]:
    """Put in the limits, as they are seen beside a break, that an undefined derivative there has hidden."""
    order, sides, doubt = len(left) - 1, [], np.zeros(len(left))
    for found, points in zip((left, right), _beside(c).tolist(), strict=True):
        rows = [_derivatives(curve, x, order, 0) for x in points]
        v = np.transpose([row or [math.nan] * (order + 1) for row in rows])
        sides.append(np.where(np.isnan(found), _limits(v), found))
        with np.errstate(invalid="ignore"):
            doubt += np.where(np.isnan(found), np.abs(v[:, 0] - v[:, 4]), 0.0)
    with np.errstate(invalid="ignore"):
        # as far as each still moves they are the same
        same = np.abs(sides[1] - sides[0]) <= doubt
    return [sides[0].tolist(), np.where(same, sides[0], sides[1]).tolist()]


def _beside(c: float) -> Array:
    """Return the points of ``beside``, and others on the way there, in a row for each side."""
    shells = max(abs(c), 1.0) * np.geomspace(1e-7, 1e-12, _SHELLS)
    return np.append(beside(np.array([c]))[0], c + np.outer([-1.0, 1.0], shells), 1)


def _limits(v: Array) -> Array:
    """Return the limits of values at the points of ``_beside``, NaN also where they go up and down without bounds."""
    found = limit_beside(v[..., :-_SHELLS])
    with np.errstate(invalid="ignore"):
        steps = np.diff(np.concatenate((v[..., -_SHELLS:], v[..., [4, 0]]), axis=-1))
    turns = (steps > 0.0).any(axis=-1) & (steps < 0.0).any(axis=-1)
    return np.where(np.isinf(found) & turns, math.nan, found)


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
