"""The slopes of a function: how steep it gets and where, and where its gradient vanishes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from actcli.analysis.curve import plain
from actcli.analysis.search import grows, peaks, roots
from actcli.analysis.shape import EVERYWHERE, Range, Shape
from actcli.differentiate import derivative
from actcli.engine import Array
from actcli.one_liners import numpy_library, one_liner

# a gradient smaller than this is said to vanish
VANISHING = 0.01
_TIE = 1e-13
# around a peak that f′ has told, as a share of x
_NEAR = 1e-6
# characters of a derivative; beyond, that of the derivative would take long
_LONGEST = 1000


@dataclass(frozen=True)
class Steepest:
    """The largest of something about the slope.

    Attributes:
        slope: the supremum.
        x: where it is reached or approached, good to some 1e-15 where the formula has a second derivative, else to half
            the digits; of several places the nearest to 0.
        attained: whether the slope is that at x or on a stretch that ends there, and does not only come near.
    """

    slope: float
    x: float
    attained: bool


@dataclass(frozen=True)
class Slopes(Shape):
    """What the derivative does over the line, beside the function; each part is computed when it is asked for."""

    @cached_property
    def slopes(self) -> Range:
        """The values of f′ where it exists."""
        high, low = self._highest, self._lowest
        # a slope that touches 0 is found at a place that is rounded
        scale = high.slope if math.isfinite(high.slope) else 1.0
        least = 0.0 if abs(low.slope) < 1e-14 * scale else plain(-low.slope)
        return Range(least, high.slope, low.attained, high.attained)

    @cached_property
    def steepest(self) -> Steepest:
        """The largest |f′|, and where; jumps of f left aside."""
        return self._refined(_best([self._highest, self._lowest]))

    @cached_property
    def steepest_on(self) -> tuple[Range, ...]:
        """The stretches of x on which |f′| is the largest there is, an end with them if that is the slope there too."""
        top = _just_below(self.steepest.slope)
        level = [(low, high) for low, high, slope in self._levels if abs(slope) >= top]
        steep = {e.x for e in self.curve.sides if abs(e.slope_at) >= top}
        return _joined(Range(a, b, a in steep, b in steep) for a, b in level)

    @cached_property
    def _levels(self) -> list[tuple[float, float, float]]:
        """The stretches from break to break, or to an infinity, over which the slope stays the same, and that slope."""
        s = self.curve.samples
        ends = [-1, *s.at_breaks.tolist(), s.x.size]
        bounds = [-math.inf, *s.breaks.tolist(), math.inf]
        parts = [s.d[i + 1 : j] for i, j in pairwise(ends)]
        return [
            (low, high, plain(part[0]))
            for (low, high), part in zip(pairwise(bounds), parts, strict=True)
            if part.size and (part == part[0]).all()
        ]

    @property
    def _level_beside(self) -> tuple[set[float], set[float]]:
        """The breaks before which, and those behind which, the slope stays the same."""
        levels = self._levels
        return {high for _, high, _ in levels}, {low for low, _, _ in levels}

    @cached_property
    def lipschitz(self) -> Steepest:
        """The least L with |f(a) - f(b)| ≤ L·|a - b|, and where it is reached or approached; infinite at a jump."""
        for side in sorted(self.curve.sides, key=lambda side: abs(side.x)):
            if side.jumps != (0.0, 0.0):
                return Steepest(math.inf, side.x, attained=False)
        return self.steepest

    def _refined(self, found: Steepest) -> Steepest:
        """Return it with its place as the root of f″: a peak is flat, and f′ tells half of the digits only."""
        function, x = self.curve.function, found.x
        assert function.formula is not None
        inside = found.attained and x != 0.0 and x not in self.curve.breaks
        if not inside or len(derivative(function.formula)) > _LONGEST:
            return found
        bend = one_liner(function, numpy_library(), 2)
        if bend is None:
            return found
        low, high = np.array([x * (1.0 - _NEAR)]), np.array([x * (1.0 + _NEAR)])
        with np.errstate(all="ignore"):
            at_low, at_high = bend(low), bend(high)
            if not np.all(at_low * at_high < 0.0):
                return found
            root = float(roots(bend, low, high, at_low, at_high)[0])
        # what is as near to the root as rounding lets f″ tell stays: 0.5 is not to become 0.4999999999999998
        settled = abs(root - x) <= 8.0 * math.ulp(x)
        return found if settled else replace(found, x=root)

    @cached_property
    def _highest(self) -> Steepest:
        return self._extreme(1.0)

    @cached_property
    def _lowest(self) -> Steepest:
        return self._extreme(-1.0)

    def _extreme(self, sign: float) -> Steepest:
        s, limits = self.curve.samples, self.limits
        y = sign * s.d
        ends = [
            Steepest(_limit(sign * limits.slope_left, y), -math.inf, attained=False),
            Steepest(
                _limit(sign * limits.slope_right, y[::-1]), math.inf, attained=False
            ),
        ]
        if self._is_endless:
            for end, side in ((-math.inf, s.x < 0.0), (math.inf, s.x > 0.0)):
                if grows(s.x[side], y[side]):
                    ends.append(Steepest(math.inf, end, attained=False))
        constant = (y == y[0]).all()
        fixed = [Steepest(float(y[0]), 0.0, attained=True)] if constant else []
        fixed += self._beside_breaks(y, sign)
        inner = self._peaks(y, sign)
        top = max((p.slope for p in ends if p.slope == p.slope), default=-math.inf)
        # a slope that nears its limit reaches it in rounding: only what lies above is a peak
        inner = [p for p in inner if _just_below(p.slope) > top]
        found = [p for p in (*fixed, *ends, *inner) if p.slope > -math.inf]
        # beside a limit that is not known the largest of the samples is all there is
        return _best(found or self._largest(y))

    def _largest(self, y: Array) -> list[Steepest]:
        if np.isnan(y).all():
            return []
        k = np.nanargmax(y)
        return [Steepest(float(y[k]), float(self.curve.samples.x[k]), attained=True)]

    def _beside_breaks(self, y: Array, sign: float) -> list[Steepest]:
        found = []
        s = self.curve.samples
        before, after = self._level_beside
        for k, side in zip(s.at_breaks.tolist(), self.curve.sides, strict=True):
            for slope, level in ((side.slope_left, before), (side.slope_right, after)):
                value = sign * slope
                has_it = bool(value == y[k]) or side.x in level
                attained = math.isfinite(value) and has_it
                found.append(Steepest(plain(value), side.x, attained))
        return found

    def _peaks(self, y: Array, sign: float) -> list[Steepest]:
        curve = self.curve
        s = curve.samples
        i = np.arange(1, y.size - 1)
        higher = (y[i] >= y[i - 1]) & (y[i] >= y[i + 1]) & np.isfinite(y[i])
        i = i[higher & s.smooth(i - 1, i + 1) & ~self._only_near_a_break(y)[i]]
        # samples are so close that a peak rises little above them
        i = i[y[i] >= y[i].max(initial=-math.inf) - 0.1 * np.abs(y[i]).max(initial=0.0)]
        most = 2 if curve.is_exact else 8
        nearest, highest = np.argsort(np.abs(s.x[i])), np.argsort(-y[i])
        i = i[np.union1d(nearest[:most], highest[:most])]
        level = (y[i - 1] == y[i]) & (y[i] == y[i + 1])
        found = [
            Steepest(float(y[k]), plain(s.x[k]), attained=True) for k in i.tolist()
        ]
        i = i[~level]
        x, top = peaks(lambda v: sign * curve.slope(v), s.x[i - 1], s.x[i + 1])
        better = top > y[i]
        found += [
            Steepest(v, plain(at), attained=True)
            for v, at in zip(top[better].tolist(), x[better].tolist(), strict=True)
        ]
        return found

    def _only_near_a_break(self, y: Array) -> Array:
        """Tell at which samples the slope is, but for rounding, its limit at a break that it leaves or comes to."""
        s = self.curve.samples
        with np.errstate(invalid="ignore"):
            same = np.abs(np.diff(y)) <= _TIE * np.abs(y[1:])
        run = np.cumsum(np.append(0, ~same))
        before, after = self._level_beside
        beside = [k - 1 for k in s.at_breaks.tolist() if s.x[k] not in before]
        beside += [k + 1 for k in s.at_breaks.tolist() if s.x[k] not in after]
        return np.isin(run, run[beside])

    # where the gradient vanishes

    @cached_property
    def alive(self) -> tuple[tuple[float, float], ...]:
        """The intervals on which |f′| is at least 0.01, in order of x.

        Where it goes up and down without end, the outermost one that is listed stands for all that follow it.
        """
        x, d = self._closely()
        live = np.abs(d) >= VANISHING
        edge = self._listed_edges(x, live)
        bounds = [-math.inf, *self._cuts(x[edge], x[edge + 1]).tolist(), math.inf]
        first = live[edge[0]] if edge.size else live[0]
        states = [bool(first) ^ bool(k % 2) for k in range(edge.size + 1)]
        pairs = zip(pairwise(bounds), states, strict=True)
        return tuple((plain(a), plain(b)) for (a, b), on in pairs if on and a < b)

    @cached_property
    def vanishing(self) -> tuple[Range, ...]:
        """Where f has a value and |f′| is below 0.01, in order of x: an end belongs to it if the slope there does, and so may a point."""
        low = {e.x for e in self.curve.sides if abs(e.slope_at) < VANISHING}
        bounds = [-math.inf, *(v for pair in self.alive for v in pair), math.inf]
        domain = self.domain
        if domain is None:
            domain = (EVERYWHERE,)
        dead = [
            Range(a, b, a in low, b in low)
            for first, last in zip(bounds[::2], bounds[1::2], strict=True)
            for r in domain
            if (a := max(first, r.low)) < (b := min(last, r.high))
        ]
        alone = [
            Range(x, x, low_attained=True, high_attained=True)
            for x in low
            if any(a < x < b for a, b in self.alive)
        ]
        return tuple(sorted([*dead, *alone], key=lambda r: r.low))

    def _listed_edges(self, x: Array, live: Array) -> Array:
        """Return the indices after which life begins or ends, in the window and so far beyond it that both ends live."""
        first, last = self.window
        edge = np.flatnonzero(live[:-1] != live[1:])
        inside = np.flatnonzero((x[edge + 1] >= first) & (x[edge] <= last))
        if not inside.size:
            return edge[:0]
        low, high = int(inside[0]), int(inside[-1])
        if low and not live[edge[low]]:
            low -= 1
        if high < edge.size - 1 and live[edge[high]]:
            high += 1
        return edge[low : high + 1]

    def _closely(self) -> tuple[Array, Array]:
        """Return samples off the breaks, with the points added at which the slope is 0 or smallest in between."""
        curve = self.curve
        s = curve.samples
        size = np.abs(s.d)
        i = np.arange(1, size.size - 1)
        low = (size[i] <= size[i - 1]) & (size[i] <= size[i + 1]) & (size[i] > 0.0)
        # a valley, not the rounding of what is level
        deep = size[i] < 0.99 * np.maximum(size[i - 1], size[i + 1])
        i = i[low & deep & s.smooth(i - 1, i + 1)]
        i = i[np.argsort(np.abs(s.x[i]))[: 4 if curve.is_exact else 512]]
        valleys, _ = peaks(
            lambda v: -np.abs(curve.slope(v)), s.x[i - 1], s.x[i + 1], rounds=5
        )
        zeros = np.array([e.x for e in self.extrema if e.x not in curve.breaks])
        more = np.concatenate((valleys, zeros))
        slopes = np.concatenate((curve.slope(valleys), np.zeros(zeros.size)))
        x, d = np.concatenate((s.x, more)), np.concatenate((s.d, slopes))
        usable = ~np.isin(x, s.breaks)
        order = np.argsort(x[usable])
        return x[usable][order], d[usable][order]

    def _cuts(self, low: Array, high: Array) -> Array:
        """Return where |f′| passes the bound in each bracket: at the break in it, or where the slope is just that."""
        curve = self.curve
        breaks = np.array(curve.breaks)
        first = np.searchsorted(breaks, low)
        smooth = first == np.searchsorted(breaks, high)
        cuts = np.empty(low.size)
        cuts[~smooth] = breaks[first[~smooth]] if breaks.size else 0.0
        a, b = low[smooth], high[smooth]

        def above(x: Array) -> Array:
            return np.abs(curve.slope(x)) - VANISHING

        cuts[smooth] = roots(above, a, b, above(a), above(b))
        return cuts


def _joined(stretches: Iterable[Range]) -> tuple[Range, ...]:
    """Return stretches in order of x with those as one that have an end in common."""
    found: list[Range] = []
    for r in stretches:
        if found and found[-1].high == r.low and r.low_attained:
            last = found.pop()
            r = Range(last.low, r.high, last.low_attained, r.high_attained)
        found.append(r)
    return tuple(found)


def _limit(limit: float, y: Array) -> float:
    """Return the limit towards the first of the samples: infinity where it is not known and they rise as far as they are."""
    known = y[np.isfinite(y)]
    rises = known.size and known[0] == known.max() > 0.0
    return math.inf if math.isnan(limit) and rises else limit


def _just_below(v: float) -> float:
    return v - _TIE * abs(v) if math.isfinite(v) else v


def _best(candidates: list[Steepest]) -> Steepest:
    """Return the highest; of equal ones one that is attained, then the nearest to 0."""
    known = [c for c in candidates if c.slope == c.slope]
    top = max((c.slope for c in known), default=math.nan)
    tied = [c for c in known if c.slope >= _just_below(top)]
    if not tied:
        return Steepest(math.nan, math.nan, attained=False)
    return min(tied, key=lambda c: (not c.attained, abs(c.x), -c.x))
