"""How far each function is from its own formula: the largest error in ulps, and where. Run as ``python -m tests.accuracy``."""

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import TypeAlias

import numpy as np

import actcli
from actcli import exact, frameworks
from actcli.activation import Activation
from actcli.engine import Array
from actcli.formula import Formula
from actcli.rounding import Measured
from actcli.verify.checking import allowance
from actcli.verify.ulps import distance
from actcli.verify.vectors import points
from tests.framework_calls import CALLS, FRAMEWORKS, arguments, installed, version

BOUND = 4.0  # in units of ulp(exact) + ulp(x)·|slope|
COUNT = 3000  # points for each function and dtype


@dataclass(frozen=True)
class Error:
    """The largest error found, in units of ulp(exact) + ulp(x)·|slope|, at which x, over how many points."""

    ulps: float
    x: float
    count: int


def errors(
    function: Activation,
    dtype: str,
    *,
    wrt: str = "x",
    count: int = COUNT,
    **parameters: float,
) -> tuple[Error, Error]:
    """Return the largest errors of f and of its derivative by ``wrt``."""
    x = points(function, dtype, count, **parameters)
    got = function(x, **parameters), function.derivative(x, wrt, **parameters)
    (found,) = _largest(function, x, [got], wrt, parameters)
    return found


def _largest(
    function: Activation,
    x: Array,
    results: Sequence[tuple[Array, Array]],
    wrt: str,
    parameters: Mapping[str, float],
) -> list[tuple[Error, Error]]:
    """Return the largest errors of several computations of f and its derivative at the same points."""
    values = {n: v for n, v in function.resolve(parameters).items() if v is not None}
    dtype = x.dtype.name

    def truth(at: float) -> tuple[Measured, Measured, float]:
        return _truth(function, {**values, "x": at}, wrt, dtype)

    f, f1, f2 = (np.array(c).T for c in zip(*map(truth, x.tolist()), strict=True))
    slopes = (f1[0] if wrt == "x" else np.zeros(x.shape), f2)
    allowed = [
        allowance(x, exactly[0], slope, lambda at, k=k: truth(at)[k].value)
        for k, (exactly, slope) in enumerate(zip((f, f1), slopes, strict=True))
    ]
    found = []
    for result in results:
        one, other = (
            _worst(x, *parts) for parts in zip(result, (f, f1), allowed, strict=True)
        )
        found.append((one, other))
    return found


def _worst(x: Array, got: Array, truth: Array, allowed: Array) -> Error:
    off = distance(got, *truth, x.dtype.name, allowed)
    # no number is infinitely far off
    at = int(np.argmax(np.where(np.isnan(off), np.inf, off)))
    return Error(float(off[at]), float(x[at]) if off[at] else math.nan, x.size)


def _truth(
    function: Activation, values: dict[str, float], wrt: str, dtype: str
) -> tuple[Measured, Measured, float]:
    """Return f, the derivative by ``wrt``, and the slope of that derivative in x."""
    formula = function.formula
    assert formula is not None
    f, f1, f2 = exact.measured(formula, values, order=2, dtype=dtype)
    if wrt == "x":
        return f, f1, f2.value
    by_wrt = exact.measured(formula, values, wrt=wrt, dtype=dtype)[1]
    return f, by_wrt, _mixed(formula, values, wrt)


def _mixed(formula: Formula, values: dict[str, float], wrt: str) -> float:
    """Return the derivative by x and ``wrt`` from the second derivatives along two diagonals."""
    # scaled, so that none of them drowns it
    a, b = abs(values["x"]) or 1.0, abs(values[wrt]) or 1.0
    along, against = (
        exact.measured(formula, values, order=2, wrt={"x": a, wrt: side})[2].value
        for side in (b, -b)
    )
    mixed = (along - against) / 4.0 / b / a
    return mixed if math.isfinite(mixed) else math.inf


def elementwise() -> list[Activation]:
    """Return every registered function that works element by element."""
    actcli.get("relu")
    return [f for f in actcli.functions.values() if not f.over_axis]


Row: TypeAlias = "dict[str, tuple[Error, Error]]"


def rows(names: Sequence[str], count: int) -> Iterator[tuple[str, str, Row]]:
    """Measure functions on all processors; yield name, dtype and errors, ours and those of what is installed."""
    tasks = [(name, dtype) for name in names for dtype in ("float64", "float32")]
    # a fresh process each: PyTorch and JAX start threads, and threads do not survive a fork
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        measured = pool.map(partial(_measure, count), tasks)
        for task, found in zip(tasks, measured, strict=True):
            yield (*task, found)


def _measure(count: int, task: tuple[str, str]) -> Row:
    name, dtype = task
    function = actcli.get(name)
    x = points(function, dtype, count)
    results = {"actcli": (function(x), function.derivative(x))}
    for framework in filter(installed, FRAMEWORKS):
        theirs = _of_framework(framework, function, x)
        if theirs is not None:
            results[framework] = theirs
    found = _largest(function, x, list(results.values()), "x", {})
    return dict(zip(results, found, strict=True))


def _of_framework(
    framework: str, function: Activation, x: Array
) -> tuple[Array, Array] | None:
    """Return what a framework makes of x, by its first spelling that means this function with our defaults."""
    same = {
        s for s, f in frameworks.of_framework(framework) if f.label == function.label
    }
    for row in frameworks.spellings(function):
        given = arguments(row.spelling, function, row.parameters)
        if row.spelling in same and given is not None:
            return CALLS[framework](row.spelling, x, np.ones((), x.dtype), given)
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", nargs="*", help="all unless named")
    parser.add_argument(
        "--count", type=int, default=COUNT, help="points for each function and dtype"
    )
    given = parser.parse_args()
    names = given.functions or [f.name for f in elementwise()]
    others = [f for f in FRAMEWORKS if installed(f)]
    heads = ["function", "dtype", "f", "at x =", "f′", "at x =", "points"]
    heads += [f"{f} {version(f)}: f, f′" for f in others]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for name, dtype, found in rows(names, given.count):
        f, prime = found["actcli"]
        cells = [
            name,
            dtype,
            f"{f.ulps:.2f}",
            _at(f),
            f"{prime.ulps:.2f}",
            _at(prime),
            f"{f.count} sampled",
        ]
        cells += [_theirs(found.get(framework)) for framework in others]
        print(f"| {' | '.join(cells)} |", flush=True)


def _at(error: Error) -> str:
    return error.x.hex() if error.ulps else "exact"


def _theirs(found: tuple[Error, Error] | None) -> str:
    return ", ".join(f"{error.ulps:.2g}" for error in found) if found else ""


if __name__ == "__main__":
    main()
