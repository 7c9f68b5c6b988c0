"""How far each function of an axis is from its own formula, over rows of several lengths and spreads.

Run as ``python -m tests.axis_accuracy``.
"""

import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

import actcli
from actcli import exact
from actcli.axiswise import AxisActivation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.verify.ulps import distance
from tests.accuracy import COUNT, Error

LENGTHS = (1, 2, 3, 4, 5, 6, 8, 12, 20, 48)
# a slope's own slope is measured over so many ulps: large beside the kernel's rounding, small beside the curvature
_STEP = 1024.0


@dataclass(frozen=True)
class AxisErrors:
    """The largest errors of the values, the Jacobian and the vjp, each with the row it was found at."""

    value: Error
    jacobian: Error
    vjp: Error
    rows: tuple[Array, Array, Array]


# where something once went wrong, or would with the obvious form
_CORNERS = (
    [1000.0, 1001.0],
    [0.0, -40.0],
    [-745.0, 0.0, -700.0, 0.5],
    [0.1] * 6,
    [1e308, -1e308],
    [1.0, 1e-17],
    [1e6, 1e6 + 1.0],
    [-38.2, 1e300],
    [1e305, -1300.0],
    [-745.0, 3e307],
)


def rows(
    function: AxisActivation,
    dtype: str,
    longest: int = LENGTHS[-1],
    **parameters: float,
) -> Iterator[Array]:
    """Yield rows without end, of all lengths that the function takes: corners first, then random ones."""
    with np.errstate(over="ignore"):
        corners = [np.array(row, dtype) for row in _CORNERS if len(row) <= longest]
    for row in corners:
        if np.isfinite(row).all() and _takes(function, row.size, parameters):
            yield row
    lengths = [n for n in LENGTHS if n <= longest and _takes(function, n, parameters)]
    widest = math.log2(float(np.finfo(dtype).max)) - 1.0
    rng = np.random.default_rng(20250611)
    while True:
        for n in lengths:
            for row in _random_rows(rng, n, widest):
                yield row.astype(dtype)


def _random_rows(rng: np.random.Generator, n: int, widest: float) -> list[Array]:
    """Return rows of small and of large spread, in clusters, with outliers, with ties."""
    signs = rng.choice([-1.0, 1.0], n)
    found = [
        rng.normal(size=n),
        signs * 2.0 ** rng.uniform(-widest, widest, n),
        rng.normal(size=n) * 2.0 ** rng.uniform(-30.0, 8.0),
        rng.normal() * 2.0 ** rng.uniform(0.0, 12.0) + rng.normal(size=n),
        signs * 2.0 ** rng.uniform(-12.0, 6.0, n),
        rng.uniform(-760.0, 20.0, n),
        rng.uniform(-45.0, 10.0, n),
        rng.integers(-2, 3, n) / 2.0,
        np.where(rng.permutation(n) == 0, 3.0, 2.0 ** rng.uniform(-40.0, 0.0, n)),
    ]
    # rows of one number have little to tell, and the exact evaluation takes long over x - log(exp(x))
    return found if n > 1 else found[:2]


def _takes(function: AxisActivation, n: int, parameters: dict[str, float]) -> bool:
    try:
        function(np.zeros(n), **parameters)
    except RequestError:
        return False
    return True


def errors(
    function: AxisActivation,
    dtype: str,
    *,
    count: int = COUNT,
    slopes: int = COUNT,
    **parameters: float,
) -> AxisErrors:
    """Return the largest errors over at least ``count`` outputs and ``slopes`` elements of Jacobians, of short rows."""
    worst = {name: Error(0.0, math.nan, 0) for name in ("value", "jacobian", "vjp")}
    where: dict[str, Array] = {}

    def note(name: str, found: Array, row: Array) -> None:
        old, ulps = worst[name], float(np.max(found, initial=0.0))
        if not ulps <= old.ulps:
            where[name] = row
            old = Error(ulps if ulps == ulps else math.inf, float(row[0]), old.count)
        worst[name] = Error(old.ulps, old.x, old.count + found.size)

    for row in rows(function, dtype, **parameters):
        note("value", _value_errors(function, row, parameters), row)
        if worst["value"].count >= count:
            break
    for row in rows(function, dtype, 6, **parameters):
        jacobian, vjp = _slope_errors(function, row, parameters)
        note("jacobian", jacobian, row)
        note("vjp", vjp, row)
        if worst["jacobian"].count >= slopes:
            break
    nowhere = np.zeros(0)
    return AxisErrors(
        *worst.values(), tuple(where.get(name, nowhere) for name in worst)
    )


def _value_errors(
    function: AxisActivation, row: Array, parameters: dict[str, float]
) -> Array:
    """Return |got - exact| in units of ulp(exact) + Σ ulp(x)·|slope|."""
    dtype = row.dtype.name
    truth = exact.measured_vector(*_asked(function, row, parameters), dtype=dtype)
    got = np.ravel(function(row, **parameters))
    jacobian = np.abs(function.derivative(row.astype(float), **parameters))
    with np.errstate(over="ignore"):
        spread = np.minimum(jacobian @ _ulps(row), 1e300)
    off = distance(got, *np.array(truth).T, dtype, spread)
    # no number is infinitely far off
    return np.where(np.isnan(off), np.inf, off)


def _slope_errors(
    function: AxisActivation, row: Array, parameters: dict[str, float]
) -> tuple[Array, Array]:
    """Return the errors of the Jacobian and the vjp, each element of the former allowed ulp(exact) + Σ ulp(x)·|its slope|."""
    dtype = row.dtype.name
    _, truth = exact.vector(*_asked(function, row, parameters), jacobian=True)
    assert truth is not None
    wide = row.astype(float)
    with np.errstate(all="ignore"):
        units = _ulps(truth.astype(dtype)) + _bends(function, wide, row, parameters)
        got = function.derivative(row, **parameters).astype(float)
        largest = float(np.finfo(dtype).max)
        truth = np.clip(truth, -largest, largest)
        jacobian = np.abs(np.clip(got, -largest, largest) - truth) / units
        upstream = np.linspace(-1.0, 2.0, len(truth)).astype(dtype)
        shape = np.shape(function(row, **parameters))
        back = function.vjp(row, upstream.reshape(shape), **parameters).astype(float)
        weights = np.abs(upstream.astype(float))
        exactly = upstream.astype(float) @ truth
        margin = _ulps(exactly.astype(dtype)) + weights @ units
        # an element beyond the range of the format is as good as infinite
        beyond = weights @ np.abs(truth) >= largest / 4.0
        vjp = np.where(beyond, 0.0, np.abs(back - exactly) / margin)
    return jacobian, vjp


def _bends(
    function: AxisActivation, x: Array, row: Array, parameters: dict[str, float]
) -> Array:
    """Return Σ ulp(x)·|slope| of each element of the Jacobian, measured on the Jacobian itself."""
    ulps = _ulps(row)
    moved = x + np.diag(_STEP * ulps)
    change = function.derivative(moved, **parameters) - function.derivative(
        x, **parameters
    )
    return np.minimum(np.nan_to_num(np.abs(change)).sum(axis=0) / _STEP, 1e300)


def _ulps(x: Array) -> Array:
    return np.spacing(np.abs(x)).astype(float)


def _asked(
    function: AxisActivation, row: Array, parameters: dict[str, float]
) -> tuple[exact.Formula, list[float], dict[str, float]]:
    formula = function.formula
    assert formula is not None
    values = function.resolve(parameters)
    return formula, row.tolist(), {n: values[n] for n in formula.names if n != "x"}


def _measure(task: tuple[str, str]) -> AxisErrors:
    function = actcli.get(task[0])
    assert isinstance(function, AxisActivation)
    return errors(function, task[1])


def main() -> None:
    actcli.get("relu")
    names = [f.name for f in actcli.functions.values() if f.over_axis]
    tasks = [(name, dtype) for name in names for dtype in ("float64", "float32")]
    print(
        "| function | dtype | f: ulp | outputs | Jacobian: ulp | elements | vjp: ulp |"
    )
    print("|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor() as pool:
        for task, e in zip(tasks, pool.map(_measure, tasks), strict=True):
            f, j, v = e.value, e.jacobian, e.vjp
            cells = (
                f"{f.ulps:.2f} | {f.count} | {j.ulps:.2f} | {j.count} | {v.ulps:.2f}"
            )
            print(f"| {task[0]} | {task[1]} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
