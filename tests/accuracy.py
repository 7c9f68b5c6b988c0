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
from tests.framework_calls import CALLS, FRAMEWORKS, arguments, installed, version

BOUND = 4.0  # in units of ulp(exact) + ulp(x)·|slope|
COUNT = 3000  # points for each function and dtype


@dataclass(frozen=True)
class Error:
    """The largest error found, in units of ulp(exact) + ulp(x)·|slope|, at which x, over how many points."""

    ulps: float
    x: float
    count: int


def points(
    function: Activation, dtype: str, count: int = COUNT, **parameters: float
) -> Array:
    """Return distinct numbers of a dtype: every magnitude, both signs, tails, next to kinks and zeros."""
    info = np.finfo(dtype)
    rng = np.random.default_rng(20240229)
    share = count // 6

    def signed(x: Array) -> Array:
        return x * rng.choice([-1.0, 1.0], x.size)

    lowest, highest = math.log2(info.smallest_subnormal), math.log2(float(info.max))
    corners = [0.0, *function.kink_points(**parameters), -1.0, 1.0]
    corners += zeros(function, **parameters)
    near = np.repeat(np.array(corners), share // len(corners) + 1)
    parts = [
        signed(2.0 ** rng.uniform(lowest, highest, share)),
        signed(2.0 ** rng.uniform(-30.0, 6.0, share)),
        rng.uniform(-12.0, 12.0, 2 * share),
        rng.uniform(-120.0, 60.0, share // 2),
        rng.uniform(-760.0, -680.0, share // 2),
        near + signed(2.0 ** rng.uniform(-info.nmant - 2, 0.0, near.size)),
        np.array(corners),
        rng.normal(size=count),
    ]
    with np.errstate(all="ignore"):
        x = np.unique(np.concatenate(parts).astype(dtype))
    x = x[np.isfinite(x)]
    keep = np.sort(rng.permutation(x.size)[:count])
    return x[np.union1d(keep, np.flatnonzero(np.isin(x, np.asarray(corners, dtype))))]


def zeros(function: Activation, **parameters: float) -> list[float]:
    """Return some zeros of f and f′ by bisection, the nearest to 0 first: sums cancel next to them."""
    found: set[float] = set()
    for method in (function, function.derivative):
        grid = np.linspace(-9.03, 9.01, 500)
        y = method(grid, **parameters)
        turns = np.flatnonzero((y[:-1] < 0.0) != (y[1:] < 0.0))
        low, high = grid[turns], grid[turns + 1]
        for _ in range(60):
            middle = 0.5 * (low + high)
            below = (method(middle, **parameters) < 0.0) == (y[turns] < 0.0)
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        found |= set(low.tolist())
    return sorted(found, key=abs)[:6]


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
    worst = [[Error(0.0, math.nan, x.size)] * 2 for _ in results]
    for i, at in enumerate(x.tolist()):
        f, f1, f2 = _truth(function, {**values, "x": at}, wrt)
        truths = ((f, f1[0] if wrt == "x" else 0.0), (f1, f2))
        for result, found in zip(results, worst, strict=True):
            for k, (truth, slope) in enumerate(truths):
                ulps = distance(float(result[k][i]), truth, at, slope, x.dtype.name)
                if not ulps <= found[k].ulps:
                    found[k] = Error(ulps, at, x.size)
    return [(f, prime) for f, prime in worst]


def _truth(
    function: Activation, values: dict[str, float], wrt: str
) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Return f, the derivative by ``wrt``, and the slope of that derivative in x."""
    assert function.formula is not None
    f, f1, f2 = exact.enclosed(function.formula, values, order=2)
    if wrt == "x":
        return f, f1, f2[0]
    by_wrt = exact.enclosed(function.formula, values, wrt=wrt)[1]
    # the mixed derivative, from the second derivatives along two diagonals; scaled, so that none of them drowns it
    a, b = abs(values["x"]) or 1.0, abs(values[wrt]) or 1.0
    along, against = (
        exact.enclosed(function.formula, values, order=2, wrt={"x": a, wrt: side})[2]
        for side in (b, -b)
    )
    mixed = (along[0] - against[0] + (along[1] - against[1])) / 4.0 / b / a
    return f, by_wrt, mixed if math.isfinite(mixed) else math.inf


def distance(
    got: float, truth: tuple[float, float], x: float, slope: float, dtype: str
) -> float:
    """Return |got - truth| in units of ulp(truth) + ulp(x)·|slope|, infinite where one of them is no number."""
    info = np.finfo(dtype)
    high, low = truth
    if abs(high) >= float(info.max) or math.isinf(got):
        # the largest number and infinity are next to each other
        got, high = (
            math.copysign(min(abs(v), 2.0 * float(info.max)), v) for v in (got, high)
        )
        return (
            0.0
            if got == high or abs(high) >= float(info.max) * (1 - float(info.eps))
            else math.inf
        )
    unit = ulp(high, dtype) + ulp(x, dtype) * min(abs(slope), 1e300)
    error = abs((got - high) - low) / unit
    return error if error == error else math.inf


def ulp(x: float, dtype: str) -> float:
    """Return the distance from |x| to the next number of a dtype."""
    info = np.finfo(dtype)
    exponent = math.frexp(x)[1] - info.nmant - 1 if x else -10_000
    return math.ldexp(1.0, max(exponent, int(info.minexp) - info.nmant))


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
