"""The course of a function, read off samples and refined: limits, monotony, extrema, range, zeros, symmetry."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from actcli.analysis.curve import Curve, Side, plain
from actcli.analysis.search import WAVES, WINDOW, grows, roots, runs, turns
from actcli.engine import Array

_FLAT = 2.0  # stands for the sign of a slope that is 0 over a stretch
_TIE = 1e-13
_FEWEST = 3  # bends up to 12 for the listing to end there
_MOST_CUTS = 8  # with more, as those of floor, others may have been left out


@dataclass(frozen=True)
class Range:
    """An interval, and whether its ends belong to it.

    >>> str(Range(0.0, math.inf, low_attained=True, high_attained=False))
    '[0, ∞)'
    """

    low: float
    high: float
    low_attained: bool
    high_attained: bool

    def __str__(self) -> str:
        if self.low == self.high and self.low_attained:
            return f"{{{self.low:.6g}}}"
        left, right = "(["[self.low_attained], ")]"[self.high_attained]
        return f"{left}{self.low:.6g}, {self.high:.6g}{right}".replace("inf", "∞")


EVERYWHERE = Range(-math.inf, math.inf, low_attained=False, high_attained=False)


def _united(ranges: list[Range]) -> tuple[Range, ...]:
    """Return intervals in ascending order, those as one that have a value or an end in common that is a value."""
    found: list[Range] = []
    for r in sorted(ranges, key=lambda r: (r.low, not r.low_attained)):
        found.append(_joined(found.pop(), r) if found and _meet(found[-1], r) else r)
    return tuple(found)


def _meet(a: Range, b: Range) -> bool:
    # the limits at a jump are only as good as the neighbours of a break tell
    if math.isclose(a.high, b.low, rel_tol=1e-9, abs_tol=1e-12):
        return a.high_attained or b.low_attained
    return b.low < a.high


def _joined(a: Range, b: Range) -> Range:
    low, high = min(a.low, b.low), max(a.high, b.high)
    return Range(
        low,
        high,
        any(r.low_attained and r.low <= low + _TIE * abs(low) for r in (a, b)),
        any(r.high_attained and r.high >= high - _TIE * abs(high) for r in (a, b)),
    )


def _goes_on(turns: Array) -> bool:
    """Tell whether a slope that turns at these places, 0 or above, seems to turn on and on beyond 12.

    Not by turns far out alone: what dies away, as exp(-x)*sin(x), is 0 there.
    """
    last = np.sort(turns[turns > 0.0])
    return last.size >= WAVES and bool(3.0 * last[-1] - 2.0 * last[-2] > WINDOW)


@dataclass(frozen=True)
class Limits:
    """The limits of f and f′ at -inf (left) and inf (right); NaN where there is none."""

    left: float
    right: float
    slope_left: float
    slope_right: float


@dataclass(frozen=True)
class Extremum:
    """A strict local extremum: where, how high, and whether a "minimum" or a "maximum"."""

    x: float
    f: float
    kind: str


@dataclass(frozen=True)
class Plateau:
    """A stretch on which the function is constant, and its value."""

    low: float
    high: float
    f: float


@dataclass(frozen=True)
class Shape:
    """The course of a function over the line; each part is computed when it is asked for.

    Of what repeats for ever towards an infinity, such as the extrema of sin, the part in ``window`` is listed.
    """

    curve: Curve

    @property
    def breaks(self) -> tuple[float, ...]:
        """Where the formula changes its form; the function may be smooth there."""
        return self.curve.breaks

    @cached_property
    def limits(self) -> Limits:
        """The limits of f and f′ at the infinities, NaN where there is none."""
        f, d = self.curve(np.array([-math.inf, math.inf]))
        return Limits(*(plain(v) for v in (*f, *d)))

    @cached_property
    def window(self) -> tuple[float, float]:
        """Between which points extrema, zeros and alive intervals are listed: infinite unless they go on for ever."""
        left = self._window(-1.0, self.limits.left, self.limits.slope_left)
        right = self._window(1.0, self.limits.right, self.limits.slope_right)
        return -left, right

    def _window(self, side: float, f: float, slope: float) -> float:
        """Return how far the listing goes on one side: to 12, or further until it has bent a few times.

        Not beyond the breaks that are known.
        """
        s = self.curve.samples
        out = np.maximum(side * s.x, 0.0)
        ends = np.isnan(s.d[out > WINDOW]).all()
        # not isnan(f + slope): infinities of both signs are limits too
        lost = not ends and (math.isnan(f) or math.isnan(slope))
        if not (lost or _goes_on(out[turns(s.d)])):
            return self.curve.reach
        # slopes may be infinite one after the other
        with np.errstate(invalid="ignore"):
            steps = np.diff(s.d)
            # of a low frequency the slope near 0 changes by its rounding alone
            size = np.fmax(np.abs(s.d[1:]), np.abs(s.d[:-1]))
            rounding = (steps != 0.0) & (np.abs(steps) <= 8.0 * np.spacing(size))
            told = np.flatnonzero(~rounding)
            bends = np.sort(out[told[turns(steps[told])]])
        bends = bends[bends > 0.0]
        if not bends.size or np.count_nonzero(bends <= WINDOW) >= _FEWEST:
            return min(WINDOW, self.curve.reach)
        return min(max(WINDOW, float(bends[:WAVES][-1])), self.curve.reach)

    @cached_property
    def domain(self) -> tuple[Range, ...] | None:
        """The stretches of x on which the function has a value; None where that is not told by its breaks."""
        s, sides = self.curve.samples, self.curve.sides
        lost = np.isnan(s.f)
        parts = np.split(lost, np.repeat(s.at_breaks, 2) + [0, 1] * s.breaks.size)[::2]
        mixed = any(part.any() != part.all() for part in parts)
        # a pole between two numbers: the one it was rounded to has a value
        rounded = any(
            math.isfinite(side.at)
            and side.at
            and np.isinf([side.left, side.right]).any()
            for side in sides
        )
        endless = self._is_endless and bool(lost.any())
        if mixed or rounded or endless or self.curve.undecided:
            return None
        bounds = pairwise([-math.inf, *s.breaks.tolist(), math.inf])
        stretches = [
            Range(low, high, low_attained=False, high_attained=False)
            for (low, high), part in zip(bounds, parts, strict=True)
            if not part.any()
        ]
        points = [
            Range(side.x, side.x, low_attained=True, high_attained=True)
            for side in sides
            if math.isfinite(side.at)
        ]
        return _united([*stretches, *points])

    # up, down, flat

    @cached_property
    def plateaus(self) -> tuple[Plateau, ...]:
        """The stretches on which the function is constant, from break to break or to an infinity."""
        s = self.curve.samples
        level = s.d == 0.0
        level[s.at_breaks] = False
        found: list[Plateau] = []
        for i, j in runs(level):
            low = -math.inf if i == 0 else s.break_at(i - 1)
            high = math.inf if j == s.x.size - 1 else s.break_at(j + 1)
            # where a slope has only underflowed, one end is at no break
            if i < j and low < high:
                f = plain(s.f[(i + j) // 2])
                if found and found[-1].high == low and found[-1].f == s.f[i - 1] == f:
                    low = found.pop().low
                found.append(Plateau(low, high, f))
        return tuple(found)

    @cached_property
    def _course(self) -> tuple[Array, Array]:
        """Where the function goes up (1), down (-1) or is flat, in order: index into the samples, sign.

        A jump on the way to a break stands half an index before it, one on the way from it half an index after it.
        """
        s = self.curve.samples
        sign = np.sign(s.d)
        size = np.nan_to_num(np.abs(s.d))
        beside = np.maximum(np.append(size[1:], 0.0), np.append(0.0, size[:-1]))
        sign[np.isnan(sign) | (size <= _TIE * beside)] = 0.0
        for p in self.plateaus:
            sign[(s.x >= p.low) & (s.x <= p.high) & (s.d == 0.0)] = _FLAT
        sign[s.at_breaks] = 0.0  # the slope there is a choice
        jumps = np.array([side.jumps for side in self.curve.sides]).reshape(-1, 2)
        place = np.concatenate(
            (np.arange(sign.size), s.at_breaks - 0.5, s.at_breaks + 0.5)
        )
        signs = np.concatenate((sign, jumps[:, 0], jumps[:, 1]))
        order = np.argsort(place)
        kept = order[signs[order] != 0.0]
        return place[kept], signs[kept]

    @property
    def _across_gaps(self) -> Array:
        """Whether the function stands higher (1) or lower (-1) behind each stretch on which it has no value."""
        f = self.curve.samples.f
        inner = [(i, j) for i, j in runs(np.isnan(f)) if 0 < i <= j < f.size - 1]
        with np.errstate(invalid="ignore"):
            return np.sign([f[j + 1] - f[i - 1] for i, j in inner])

    @cached_property
    def monotonic(self) -> str:
        """One of "increasing", "decreasing", "non-decreasing", "non-increasing", "constant", "not monotonic"."""
        _, course = self._course
        signs = np.append(course, self._across_gaps)
        up, down, flat = (bool((signs == v).any()) for v in (1.0, -1.0, _FLAT))
        if up and down:
            return "not monotonic"
        if not up and not down:
            return "constant"
        if flat:
            return "non-decreasing" if up else "non-increasing"
        return "increasing" if up else "decreasing"

    @cached_property
    def extrema(self) -> tuple[Extremum, ...]:
        """The strict local extrema in order of x; a corner or the value at a jump can be one, a plateau is none."""
        s = self.curve.samples
        place, signs = self._course
        turn = np.flatnonzero(signs[:-1] * signs[1:] == -1.0)
        before, after = place[turn], place[turn + 1]
        i, j = np.floor(before).astype(int), np.ceil(after).astype(int)
        smooth = (before == i) & (after == j) & s.smooth(i, j)
        inside = self._listed(s.x[i]) | self._listed(s.x[j])
        x = np.full(turn.size, np.nan)
        a, b = i[smooth & inside], j[smooth & inside]
        x[smooth & inside] = roots(self.curve.slope, s.x[a], s.x[b], s.d[a], s.d[b])
        for k in np.flatnonzero(~smooth & inside).tolist():
            x[k] = self._break_of_turn(float(before[k]), float(after[k]))
        f = self._settled(x, self.curve.f(x))
        kinds = np.where(signs[turn] > 0.0, "maximum", "minimum")
        rows = zip(x.tolist(), f.tolist(), kinds.tolist(), strict=True)
        return tuple(
            Extremum(plain(v), plain(y), kind)
            for v, y, kind in rows
            if math.isfinite(y) and self._listed(v)
        )

    def _listed(self, x: Any) -> Any:
        return (x >= self.window[0]) & (x <= self.window[1])

    def _break_of_turn(self, before: float, after: float) -> float:
        """Return the break at which the course turns; NaN at the far end of a jump, which is only approached."""
        s = self.curve.samples
        c = int(s.at_breaks[np.searchsorted(s.at_breaks, before) % s.at_breaks.size])
        approached = before - 0.5 in s.at_breaks or after == c - 0.5
        return math.nan if approached or not before < c < after else float(s.x[c])

    # values

    @cached_property
    def range(self) -> Range:
        """The least interval that holds all values of the function."""
        first, last = self.ranges[0], self.ranges[-1]
        return Range(first.low, last.high, first.low_attained, last.high_attained)

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        """The values of the function, as ascending intervals: several where it has a few jumps or poles."""
        cuts = [s for s in self.curve.sides if s.is_cut]
        if self._is_endless or len(cuts) > _MOST_CUTS:
            cuts = []
        alone = [
            Range(c.at, c.at, low_attained=True, high_attained=True)
            for c in cuts
            if math.isfinite(c.at) and all(c.jumps)
        ]
        pieces = [self._between(a, b) for a, b in pairwise([None, *cuts, None])]
        # where it has no value at all, as log left of 0, there is no interval
        spans = [r for r in (*pieces, *alone) if r.low < r.high or r.low_attained]
        return _united(spans or pieces)

    @property
    def _is_endless(self) -> bool:
        return self.window != (-math.inf, math.inf)

    def _between(self, first: Side | None, last: Side | None) -> Range:
        """Return the values between two cuts, of which those count from which or to which there is no jump."""
        low = -math.inf if first is None else first.x
        high = math.inf if last is None else last.x
        inner = [s for s in self.curve.sides if low < s.x < high]
        reached = [
            *(e.f for e in self.extrema if low < e.x < high),
            *(p.f for p in self.plateaus if low <= p.low and p.high <= high),
            *(s.at for s in inner),
            *([first.at] if first and not first.jumps[1] else []),
            *([last.at] if last and not last.jumps[0] else []),
        ]
        near = [
            first.right if first else self.limits.left,
            last.left if last else self.limits.right,
            *(v for s in inner for v in (s.left, s.right)),
        ]
        top, top_attained = self._supremum(1.0, reached, near)
        least, least_attained = self._supremum(-1.0, reached, near)
        return Range(plain(-least), plain(top), least_attained, top_attained)

    def _supremum(
        self, sign: float, reached: list[float], near: list[float]
    ) -> tuple[float, bool]:
        """Return the supremum of f, or of -f, by what it reaches and comes near to, and whether it is a value."""
        s = self.curve.samples
        if self._is_endless and grows(s.x, sign * s.f):
            near = [*near, sign * math.inf]
        elif self._is_endless:
            # what rounding makes of a limit at a jump is not reached
            beside = np.concatenate((s.at_breaks - 1, s.at_breaks + 1))
            reached = [*reached, sign * float(np.nanmax(sign * np.delete(s.f, beside)))]
        best, top = (
            max((sign * v for v in values if not math.isnan(v)), default=-math.inf)
            for values in (reached, near)
        )
        attained = math.isfinite(best) and best >= top - _TIE * abs(top)
        return max(best, top), attained

    @cached_property
    def zeros(self) -> tuple[tuple[float, float], ...]:
        """Where f is 0, as intervals (low, high) in order of x; a point is an interval without length."""
        s = self.curve.samples
        found = [(p.low, p.high) for p in self.plateaus if p.f == 0.0]
        points = [e.x for e in self.extrema if e.f == 0.0]
        for i, j in runs(s.f == 0.0):
            low, high = float(s.x[i]), float(s.x[j])
            known = any(a <= low and high <= b for a, b in found)
            # a stretch of zeros that is no plateau is an underflow, in which 0 may be one
            if not known and i == j:
                points.append(low)
            elif not known and low < 0.0 < high and self.curve.is_zero_at_the_origin:
                points.append(0.0)
        turn = turns(s.f)
        turn = turn[self._listed(s.x[turn]) | self._listed(s.x[turn + 1])]
        smooth = s.smooth(turn, turn + 1)
        a, b = turn[smooth], turn[smooth] + 1
        points += roots(self.curve.f, s.x[a], s.x[b], s.f[a], s.f[b]).tolist()
        points += self._corners_at_zero(turn[~smooth])
        points = [x for x in points if self._listed(x)]
        return tuple(sorted({*found, *((x + 0.0, x + 0.0) for x in points)}))

    @cached_property
    def where_zero(self) -> tuple[Range, ...]:
        """What ``zeros`` are, with which of their ends belong to them: not that at which step jumps to 1."""
        at = {side.x for side in self.curve.sides if side.at == 0.0}
        return tuple(
            Range(a, b, a == b or a in at, a == b or b in at) for a, b in self.zeros
        )

    def _settled(self, x: Array, f: Array) -> Array:
        """Return the values at extrema, 0 where they only differ from it because x is rounded."""
        s, y = self.curve.samples, f.copy()
        for k in np.flatnonzero(np.abs(f) < 1e-12).tolist():
            near = np.abs(s.x - x[k]) < 1.0 + 0.1 * abs(x[k])
            steep = (
                max(abs(e.slope_left), abs(e.slope_right))
                for e in self.curve.sides
                if e.x == x[k]
            )
            margin = 4.0 * math.ulp(x[k]) * max(steep, default=0.0)
            if abs(f[k]) <= 1e-26 * np.nanmax(np.abs(s.f[near]), initial=0.0) + margin:
                y[k] = 0.0
        return y

    def _corners_at_zero(self, i: Array) -> list[float]:
        """Return the breaks within a step of the samples over which f passes through 0 without a jump."""
        s = self.curve.samples
        k = np.searchsorted(s.breaks, s.x[i], "left")
        chosen = [self.curve.sides[n] for n in k.tolist()]
        return [side.x for side in chosen if side.jumps == (0.0, 0.0)]

    @cached_property
    def symmetry(self) -> str:
        """Either "odd" or "even", or an empty string."""
        x = np.geomspace(1e-3, 40.0, 60) * 1.0123
        # breaks, and where it bends far out: what is level around 0 may be of no symmetry there
        s = self.curve.samples
        far = np.abs(
            np.concatenate(
                (s.x[:: 8 if self.curve.is_exact else 64], s.x[s.at_breaks + 1])
            )
        )
        x = np.concatenate(([0.0], x, far[far > 40.0], s.breaks))
        (right, d), (left, _) = self.curve(x), self.curve(-x)
        with np.errstate(over="ignore", invalid="ignore"):
            bound = _TIE * (np.abs(right) + np.abs(left)) + 1e-14 * np.abs(x * d)
            bound[np.isinf(bound)] = 0.0  # what overflows excuses nothing
            none = np.isnan(right) & np.isnan(left)
            for name, other in (("even", left), ("odd", -left)):
                if ((right == other) | (np.abs(right - other) <= bound) | none).all():
                    return name
        return ""
