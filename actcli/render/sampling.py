"""The curves of a function as a picture needs them: sampled densely, broken at jumps, bent at kinks. Draws nothing."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.render.curve import LARGEST, PlottedCurve

Line: TypeAlias = Callable[[Array], Array]

_COUNT = 1201  # abscissae: more than twice the dots of a picture this wide
_COUNT_EXACT = 401  # a user's formula is computed exactly, and slowly
_OTHERS = 3  # the inputs that stay where they are while the first of a vector moves
_STEEP = (
    0.01  # of the size of most values; a change by more within one step may be a jump
)
_TALL = 3.0  # times the size of most values; beside a pole more is not worth seeing
_NEARER = 0.5 ** np.arange(1, 5)  # of a step: where a line climbs faster than others


def curves_of(
    function: Activation,
    low: float,
    high: float,
    derivative: bool,
) -> list[PlottedCurve]:
    """Return the curve of a function over an interval, and that of its derivative.

    A function over an axis is followed as its first input moves and three others stay at 0, or at 1 if all outputs would
    be 0, as those of products are.

    Args:
        function: with its parameters bound.
        low: the first abscissa.
        high: the last.
        derivative: with the derivative.

    Raises:
        RequestError: the function is random.
    """
    if function.resolve({}).get("seed") is not None:
        raise RequestError(
            f"{function.name} with a seed is random; leave out the seed to see the mean"
        )
    if function.over_axis:
        return _axis_curves(function, np.linspace(low, high, _COUNT_EXACT), derivative)
    x = np.linspace(low, high, _COUNT_EXACT if function.is_formula else _COUNT)
    kinks = _kinks(function, low, high)
    lines: list[Line] = [function]
    if derivative:
        lines.append(function.derivative)
    return [
        PlottedCurve(
            function.label,
            *broken_line(line, x, kinks),
            is_derivative=bool(order),
        )
        for order, line in enumerate(lines)
    ]


def _kinks(function: Activation, low: float, high: float) -> Sequence[float]:
    if not function.is_formula:
        return function.kink_points()
    from actcli.analysis.breaks import breaks_between

    return breaks_between(function, low, high)


def broken_line(
    f: Line, x: Array, kinks: Sequence[float]
) -> tuple[Array, Array, list[tuple[float, float]], tuple[float, float]]:
    """Return abscissae, values with a gap at each jump and each pole, the values at the jumps, and which heights to show.

    Args:
        f: the function drawn.
        x: abscissae in ascending order.
        kinks: where it may jump or bend.
    """
    low, high = float(x[0]), float(x[-1])
    inside = np.array([k for k in kinks if low <= k <= high])
    near = np.outer(_NEARER, (high - low) / (x.size - 1)).ravel()
    beside = np.add.outer([*-near, *near], inside).ravel()
    sides = np.concatenate(
        [np.nextafter(inside, -np.inf), inside, np.nextafter(inside, np.inf)]
    )
    grid = np.union1d(x, [*sides, *beside[(low < beside) & (beside < high)]])
    y = np.array(f(grid), dtype=float)
    places = np.searchsorted(grid, inside)
    for at in (places - 1, places + 1):
        # of a pole, to which the line is to lead
        at = at[(at >= 0) & (at < y.size)]
        y[at] = np.clip(y[at], -LARGEST, LARGEST)
    y[~(np.abs(y) <= LARGEST)] = np.nan
    seen = y.copy()
    most = _TALL * _usual(y[np.isin(grid, x)])
    for at in places.tolist():
        _flatten_pole(seen, at, most)
    shown = np.nanmin(seen, initial=np.inf), np.nanmax(seen, initial=-np.inf)
    marks = []
    for at in places.tolist():
        if not np.ptp(y[max(at - 1, 0) : at + 2]) <= 1e-9 * max(1.0, *np.abs(shown)):
            if shown[0] <= y[at] <= shown[1]:
                marks.append((float(grid[at]), float(y[at])))
            y[at] = np.nan
    return grid, y, marks, shown


def _usual(y: Array) -> float:
    """Return how large most values are."""
    size = np.abs(y[np.isfinite(y) & (y != 0.0)])
    return float(np.quantile(size, 0.9)) if size.size else 0.0


def _flatten_pole(y: Array, at: int, most: float) -> None:
    """Cut the values on both sides of a point that grow beyond ``most`` towards it to that size."""
    for step in (-1, 1):
        i = at + step
        while 0 <= i + step < y.size and abs(y[i]) > most:
            # level beside a jump; next to a pole the last digits of x decide which is larger
            if abs(y[i]) <= abs(y[i + step]) < 1e3 * most:
                break
            y[i] = y[at] = math.copysign(most, y[i])
            i += step


def _axis_curves(
    function: Activation, x: Array, derivative: bool
) -> list[PlottedCurve]:
    """Return the first two outputs as the first input moves, and their slopes: a column of the Jacobian."""
    # each abscissa is a row of its own, whatever axis the function takes of other arrays
    along_rows = function.bind(axis=-1)

    def outputs(x: Array, others: float = 0.0) -> Array:
        return np.reshape(along_rows(_rows(x, others)), (x.size, -1))

    others = 0.0 if outputs(x).any() else 1.0

    def output(i: int, x: Array) -> Array:
        return outputs(x, others)[:, i]

    def slope(i: int, x: Array) -> Array:
        got: Array = along_rows.derivative(_rows(x, others))[:, i, 0]
        return got

    count = outputs(x[:1]).shape[1]
    return [
        PlottedCurve(
            f"{function.label} y{i + 1}",
            *broken_line(line, x, jumps(line, x)),
            is_derivative=bool(order),
        )
        for order, element in enumerate([output, slope][: 1 + derivative])
        for i in range(min(2, count))
        for line in [partial(element, i)]
    ]


def _rows(x: Array, others: float) -> Array:
    return np.stack([x, *[np.full_like(x, others)] * _OTHERS], axis=-1)


def jumps(f: Line, x: Array) -> list[float]:
    """Return where a line jumps: the steps over which it changes much are halved until the change is gone or two floats are left.

    Args:
        f: the function drawn.
        x: abscissae in ascending order.
    """
    y = f(x)
    y = np.where(np.isfinite(y), y, np.nan)
    change = np.abs(np.diff(y))
    steep = change > _STEEP * _usual(y - np.nanmin(y, initial=np.inf))
    (a, b), (left, right) = (np.stack([v[:-1][steep], v[1:][steep]]) for v in (x, y))
    least = change[steep] / 2.0
    while True:
        middle = a + (b - a) / 2.0
        between = (a < middle) & (middle < b)
        if not between.any():
            break
        value = f(middle)
        first = np.abs(value - left) >= np.abs(right - value)
        a, left = np.where(first, a, middle), np.where(first, left, value)
        b, right = np.where(first, middle, b), np.where(first, value, right)
        kept = np.abs(right - left) > least
        a, b, left, right, least = (v[kept] for v in (a, b, left, right, least))
    # the value at a jump belongs to the number that was meant: 1, not the float after it
    return [
        min(ends, key=lambda v: len(repr(v)))
        for ends in zip(a.tolist(), b.tolist(), strict=True)
    ]
