"""A function and its derivative sampled along the whole line, closely where they bend, on both sides of every break."""

import ast
import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from actcli.activation import Activation
from actcli.analysis.breaks import Breaks, breaks
from actcli.analysis.search import WINDOW, mixed_grid
from actcli.engine import Array
from actcli.errors import RequestError, UndecidedError


@dataclass(frozen=True)
class Effort:
    """How closely to look: steps between 0 and 12, numbers a decade, decades, points added where the function bends."""

    linear: int
    per_decade: int
    decades: int
    added: int


# next to a break at 0: squares and cubes of it are numbers still
_BESIDE_ZERO = 1e-100
_ROUNDS = 12

# an exact value costs a thousand times what a kernel takes
_KERNEL, _EXACT = Effort(600, 16, 30, 6000), Effort(48, 4, 12, 400)


@dataclass(frozen=True)
class Curve:
    """What the analysis knows of a function: where its form changes, and samples of f and f′.

    Attributes:
        function: elementwise, with its parameters bound.
    """

    function: Activation

    def __post_init__(self) -> None:
        name = self.function.name
        if self.function.over_axis:
            raise RequestError(
                f"{name} works over an axis; range, slopes and gains are those of elementwise functions"
            )
        if self.function.formula is None:
            raise RequestError(f"{name} has no formula; give it one to be analysed")
        values = self.function.resolve({})
        if array := next((n for n, v in values.items() if np.ndim(v)), None):
            raise RequestError(f"{name}: the analysis takes one number for {array}")
        if values.get("seed") is not None:
            raise RequestError(
                f"{name} with a seed is random; leave out the seed to see the mean"
            )

    @cached_property
    def _breaks(self) -> Breaks:
        return breaks(self.function)

    @property
    def breaks(self) -> tuple[float, ...]:
        """Where the form of the function may change, ascending."""
        return self._breaks.points

    @property
    def reach(self) -> float:
        """How far from 0 no break is left out: infinite unless they go on without end, or are many."""
        return self._breaks.reach

    @property
    def is_exact(self) -> bool:
        """Whether each value is computed exactly, which is slow."""
        return self.function.is_formula

    def __call__(self, x: Array) -> tuple[Array, Array]:
        """Return f and f′ at an array of points; NaN where they have no value."""
        if not self.is_exact:
            return self.function(x), self.function.derivative(x)
        try:
            return self._exactly(x)
        except UndecidedError:
            rows = [self._exactly_one(v) for v in x.tolist()]
            table = np.array(rows, dtype=float).reshape(-1, 2)
            return table[:, 0], table[:, 1]

    def _exactly(self, x: Array) -> tuple[Array, Array]:
        from actcli import exact

        assert self.function.formula is not None
        values = {**self.function.resolve({}), "x": x}
        f, d = exact.array(self.function.formula, values, order=1)
        return f, d

    @cached_property
    def undecided(self) -> set[float]:
        """The points so far at which no precision decided the value."""
        return set()

    def _exactly_one(self, x: float) -> tuple[float, float]:
        if x in self.undecided:
            return np.nan, np.nan
        try:
            f, d = self._exactly(np.array([x]))
        except UndecidedError:
            # a search up to the highest precision, not to be repeated
            self.undecided.add(x)
            return np.nan, np.nan
        return float(f[0]), float(d[0])

    def f(self, x: Array) -> Array:
        """Return the function alone."""
        return self(x)[0] if self.is_exact else self.function(x)

    def slope(self, x: Array) -> Array:
        """Return the derivative alone."""
        return self(x)[1] if self.is_exact else self.function.derivative(x)

    @cached_property
    def sides(self) -> tuple["Side", ...]:
        """What the function does at each break."""
        if not self.breaks:
            return ()
        c = np.array(self.breaks)
        x = beside(c)
        f, d = (limit_beside(v.reshape(x.shape)) for v in self(x.ravel()))
        at, slope_at = self(c)
        columns = (c, f[:, 0], f[:, 1], d[:, 0], d[:, 1], at, slope_at)
        return tuple(Side(*map(plain, row)) for row in zip(*columns, strict=True))

    @cached_property
    def is_zero_at_the_origin(self) -> bool:
        """Whether f(0) is 0 itself and not what rounding makes of a small number; uses mpmath."""
        from actcli import exact

        formula = self.function.formula
        assert formula is not None
        # its numbers are read where they stand in the text of the formula, which is left as it is
        sign = replace(formula, tree=ast.Call(ast.Name("sign"), [formula.tree], []))
        values = {**self.function.values_for_formula(), "x": 0.0}
        try:
            return exact.derivatives(sign, values, order=0) == [0.0]
        except UndecidedError:
            return True  # no precision tells it from 0

    @cached_property
    def samples(self) -> "Samples":
        """Values along the line, closer where the function bends."""
        effort = _EXACT if self.is_exact else _KERNEL
        beside = [v for c in self.breaks for v in (*neighbours(c), c)]
        grid = mixed_grid(effort.linear, effort.per_decade, effort.decades)
        # round numbers are where exact arithmetic meets ties and questions that no precision decides
        x = np.union1d(grid * 1.0001234 if self.is_exact else grid, beside)
        f, d = self(x)
        left = effort.added
        with np.errstate(all="ignore"):
            for _ in range(_ROUNDS):
                more = _bends(x, f, d, np.array(self.breaks), left)
                left -= more.size
                if not more.size:
                    break
                place = np.searchsorted(x, more)
                f_more, d_more = self(more)
                x = np.insert(x, place, more)
                f, d = np.insert(f, place, f_more), np.insert(d, place, d_more)
        # a number alone that no precision decides is left out; where there is no value at all is worth knowing
        unknown = np.isnan(f) | np.isnan(d)
        alone = unknown & ~np.roll(unknown, 1) & ~np.roll(unknown, -1)
        keep = ~alone | np.isin(x, beside)
        return Samples(x[keep], f[keep], d[keep], np.array(self.breaks))


def neighbours(c: float) -> tuple[float, float]:
    """Return the points next to a break, on its left and on its right."""
    if c == 0.0:
        return -_BESIDE_ZERO, _BESIDE_ZERO
    return float(np.nextafter(c, -np.inf)), float(np.nextafter(c, np.inf))


def _bends(x: Array, f: Array, d: Array, breaks: Array, most: int) -> Array:
    """Return midpoints of intervals over which the slope changes much, or not as the values say: those nearest to 0."""
    width = np.diff(x)
    outer = np.maximum(np.abs(x[:-1]), np.abs(x[1:]))
    scale = _steepest_within(x, d, outer)
    secant = np.diff(f) / width
    noise = 4.0 * np.spacing(np.maximum(np.abs(f[:-1]), np.abs(f[1:]))) / width
    # far out nothing but what is out of the ordinary is looked at closely
    far = np.where(outer > WINDOW, 5.0, 1.0)
    missed = np.abs(secant - (d[:-1] + d[1:]) / 2.0) > 0.02 * far * scale + noise
    bent = np.abs(np.diff(d)) > 0.1 * far * scale
    inside = ~(np.isin(x[:-1], breaks) | np.isin(x[1:], breaks))
    usable = inside & (width > 1e-9 * outer) & np.isfinite(d[:-1]) & np.isfinite(d[1:])
    chosen = (missed | bent) & usable
    middles = x[:-1][chosen] + width[chosen] / 2.0
    return np.sort(middles[np.argsort(np.abs(middles), kind="stable")[:most]])


def _steepest_within(x: Array, d: Array, distance: Array) -> Array:
    """Return the largest |f′| that was seen nearer to 0 than each distance, or nearer than 3."""
    order = np.argsort(np.abs(x), kind="stable")
    seen = np.maximum.accumulate(np.nan_to_num(np.abs(d[order]), nan=0.0, posinf=0.0))
    far = np.searchsorted(np.abs(x)[order], np.maximum(distance, 3.0), side="right")
    return seen[far - 1]


@dataclass(frozen=True)
class Side:
    """A break: the limits of f and f′ on its left and right, infinite where unbounded, and what they are at x itself."""

    x: float
    left: float
    right: float
    slope_left: float
    slope_right: float
    at: float
    slope_at: float

    @property
    def jumps(self) -> tuple[float, float]:
        """The signs of the jumps on the way to x and on the way from it; 0 where there is none."""
        if not math.isfinite(self.at):
            return _sign(self.right - self.left), 0.0
        slopes = map(abs, (self.slope_left, self.slope_right, self.slope_at))
        steep = max((slope for slope in slopes if slope == slope), default=0.0)
        # what the slope makes of the distance to the neighbours, and rounding
        margin = (1e-14 * abs(self.x) + 1e-90) * min(steep, 1e300)
        margin += 1e-12 * abs(self.at)
        steps = self.at - self.left, self.right - self.at
        there, back = (_sign(v) if abs(v) > margin else 0.0 for v in steps)
        return there, back

    @property
    def is_cut(self) -> bool:
        """Whether the function jumps here or is unbounded."""
        unbounded = math.isinf(self.left) or math.isinf(self.right)
        return unbounded or self.jumps != (0.0, 0.0)


def _sign(v: float) -> float:
    return float(np.sign(v)) if v == v else 0.0


def beside(c: Array) -> Array:
    """Return points on the left and right of breaks: the neighbour, 1e-4, 1e-8, 1e-12 away, and halfway on from there.

    Shapes: (breaks, 2, 5).
    """
    near = np.array([neighbours(v) for v in c.tolist()])
    size = np.maximum(np.abs(c), 1.0)[:, None]
    halfway = np.sqrt(1e-12 * size * np.abs(near - c[:, None]))
    away = [c[:, None] + [-1.0, 1.0] * (size * step) for step in (1e-4, 1e-8, 1e-12)]
    return np.stack((near, *away, c[:, None] + [-1.0, 1.0] * halfway), axis=2)


def limit_beside(v: Array) -> Array:
    """Return the limits of values at the points of ``beside``: infinite where unbounded, NaN where they only go up and down."""
    near, first, second, third, fourth = np.moveaxis(v, -1, 0)
    with np.errstate(invalid="ignore", over="ignore"):
        steps = second - first, third - second, fourth - third, near - fourth
        change, change_on, _, last = map(np.abs, steps)
        # what is steep and bounded settles on the last half of the way
        moves = (change_on > 0.5 * change) & (change > 1e-6) & (last > 0.1 * change_on)
        one_way = np.sign(steps[1]) == np.sign(steps[2])
        one_way &= np.sign(steps[2]) == np.sign(steps[3])
        grows = np.abs(near) > 10.0 * np.abs(second)
        way = np.copysign(np.inf, np.where(one_way, steps[3], third))
        unbounded = np.where(one_way | grows, way, np.nan)
        # what is that much smaller has only not reached 0 because the neighbour is not the break
        settled = np.where(np.abs(near) < 1e-11 * np.abs(first), 0.0, near)
    return np.where(moves, unbounded, settled)


def plain(v: float) -> float:
    """Return a number as a Python float, and 0 without a sign."""
    return float(v) + 0.0


@dataclass(frozen=True)
class Samples:
    """Ascending points with f and f′ there; every break is one of them and so are its neighbours.

    Attributes:
        x: the points.
        f: the function.
        d: its derivative.
        breaks: where the form changes.
    """

    x: Array
    f: Array
    d: Array
    breaks: Array

    @cached_property
    def at_breaks(self) -> Array:
        """The index of each break."""
        return np.searchsorted(self.x, self.breaks)

    def break_at(self, i: int) -> float:
        """Return the break that stands at an index, or NaN."""
        return float(self.x[i]) if i in self.at_breaks else math.nan

    def smooth(self, i: Array, j: Array) -> Array:
        """Tell for pairs of indices whether no break lies between the points or is one of them."""
        first = np.searchsorted(self.breaks, self.x[i], "left")
        return first == np.searchsorted(self.breaks, self.x[j], "right")
