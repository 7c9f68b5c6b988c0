"""The curves of a function as a picture needs them: sampled densely, broken at jumps, bent at kinks. Draws nothing."""

from collections.abc import Callable, Sequence

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array
from actcli.render.figures import Curve

_COUNT = 1201  # abscissae: more than twice the dots of a picture this wide
_COUNT_EXACT = 401  # a user's formula is computed exactly, and slowly
_OTHERS = 3  # the inputs that stay at 0 while the first of a vector moves


def curves_of(
    function: Activation, low: float, high: float, derivative: bool
) -> list[Curve]:
    """Return the curve of a function over an interval, and that of its derivative.

    A function over an axis is followed as its first input moves and three others stay at 0.
    """
    if function.over_axis:
        return _axis_curves(function, np.linspace(low, high, _COUNT_EXACT), derivative)
    x = np.linspace(low, high, _COUNT_EXACT if function.is_formula else _COUNT)
    kinks = _kinks(function)
    label = function.label
    curves = [Curve(label, *broken_line(function, x, kinks))]
    if derivative:
        curves.append(
            Curve(
                f"{label}′",
                *broken_line(function.derivative, x, kinks),
                is_derivative=True,
            )
        )
    return curves


def _kinks(function: Activation) -> Sequence[float]:
    if not function.is_formula:
        return function.kink_points()
    from actcli.analysis.breaks import break_points

    return break_points(function)


def broken_line(
    f: Callable[[Array], Array], x: Array, kinks: Sequence[float]
) -> tuple[Array, Array, list[tuple[float, float]]]:
    """Return abscissae, values with a gap at each jump, and the values at the jumps.

    Args:
        f: the function drawn.
        x: abscissae in ascending order.
        kinks: where it may jump or bend.
    """
    low, high = float(x[0]), float(x[-1])
    inside = np.array([k for k in kinks if low <= k <= high])
    sides = np.concatenate(
        [np.nextafter(inside, -np.inf), inside, np.nextafter(inside, np.inf)]
    )
    grid = np.union1d(x, sides)
    y = np.array(f(grid), dtype=float)
    marks = []
    for kink in inside.tolist():
        at = int(np.searchsorted(grid, kink))
        if not _joined(
            y[max(at - 1, 0) : at + 2],
            np.nanmax(np.abs(y[np.isfinite(y)]), initial=1.0),
        ):
            marks.append((kink, float(y[at])))
            y[at] = np.nan
    return grid, y, marks


def _joined(values: Array, scale: float) -> bool:
    return bool(np.ptp(values) <= 1e-9 * scale)


def _axis_curves(function: Activation, x: Array, derivative: bool) -> list[Curve]:
    """Return the first two outputs as the first input moves, and their slopes: a column of the Jacobian."""
    rows = np.stack([x, *[np.zeros_like(x)] * _OTHERS], axis=-1)
    outputs = function(rows)
    shown = [f"{function.label} y{i + 1}" for i in range(min(2, outputs.shape[-1]))]
    curves = [Curve(name, x, outputs[:, i]) for i, name in enumerate(shown)]
    if derivative:
        column = function.derivative(rows)[..., 0]
        curves += [
            Curve(f"{name}′", x, column[:, i], is_derivative=True)
            for i, name in enumerate(shown)
        ]
    return curves
