"""How far each function is from its own formula: the largest error in ulps, and where. Run as ``python -m tests.accuracy``."""

import argparse
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

import actcli
from actcli import exact
from actcli.activation import Activation
from actcli.engine import Array

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
    assert function.formula is not None
    values = {n: v for n, v in function.resolve(parameters).items() if v is not None}
    got = function(x, **parameters), function.derivative(x, wrt, **parameters)
    worst = [Error(0.0, math.nan, x.size)] * 2
    for i, at in enumerate(x.tolist()):
        f, f1, f2 = _truth(function, {**values, "x": at}, wrt)
        for k, (truth, slope) in enumerate(
            ((f, f1[0] if wrt == "x" else 0.0), (f1, f2))
        ):
            ulps = distance(float(got[k][i]), truth, at, slope, dtype)
            if not ulps <= worst[k].ulps:
                worst[k] = Error(ulps, at, x.size)
    return worst[0], worst[1]


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


def rows(names: Sequence[str], count: int) -> Iterator[tuple[str, str, Error, Error]]:
    """Measure functions on all processors; yield name, dtype and the two errors."""
    tasks = [(name, dtype) for name in names for dtype in ("float64", "float32")]
    with ProcessPoolExecutor() as pool:
        for task, found in zip(
            tasks, pool.map(partial(_measure, count), tasks), strict=True
        ):
            yield (*task, *found)


def _measure(count: int, task: tuple[str, str]) -> tuple[Error, Error]:
    name, dtype = task
    return errors(actcli.get(name), dtype, count=count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", nargs="*", help="all unless named")
    parser.add_argument(
        "--count", type=int, default=COUNT, help="points for each function and dtype"
    )
    given = parser.parse_args()
    names = given.functions or [f.name for f in elementwise()]
    print(
        "| function | dtype | f: ulp | worst x | f′: ulp | worst x | points |\n|---|---|---|---|---|---|---|"
    )
    for name, dtype, f, prime in rows(names, given.count):
        cells = [
            name,
            dtype,
            f"{f.ulps:.2f}",
            f.x.hex(),
            f"{prime.ulps:.2f}",
            prime.x.hex(),
            str(f.count),
        ]
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
