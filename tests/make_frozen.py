"""Freezes values and gradients of torch and JAX, and lists where they are wrong. Run as ``python -m tests.make_frozen``.

It needs both of them installed. Each function is called by its first spelling in the table of frameworks, in float64
and float32, at the inputs below. A point at which the framework is more than TOLERANCE ulps off the exact value is
wrong, but for what the rounding of the input would change.

The numbers go to frozen/frameworks.npz, the wrong points to frozen/wrong.json: by framework, spelling, function, dtype
and what was computed, the input (for a function of an axis the row and the element), the framework's value, the exact
one.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from actcli import exact, frameworks
from actcli.activation import Activation
from actcli.engine import Array
from tests.framework_calls import CALLS, FRAMEWORKS, arguments, version

FROZEN = Path(__file__).parent / "frozen"
TOLERANCE = 64.0  # ulps: 1.4e-14 in float64, 7.6e-6 in float32
DTYPES = ("float64", "float32")

_NEAR = "1e-30 1e-8 1e-5 1e-3 0.02 5.5 8.4 13.7 16.6 19.9 20.5 21 37.5 38.4 40 60"
_FAR = "87.3 88.8 104 345 700.5 709.5 745 1e4 1e10 1e30 3e38 inf"
_TAILS = np.array(f"{_NEAR} {_FAR}".split(), dtype=float)
# on no function's kink: there frameworks differ by choice
INPUTS = np.concatenate([-_TAILS, np.arange(-11.7, 12.0, 0.49).round(2), _TAILS])
ROWS = np.array(
    [
        [0.3, -1.2, 2.1, 0.7, -0.4, 1.6],
        [10.2, 9.7, 8.1, -3.3, 0.2, 5.4],
        [0.11, 0.12, 0.13, -0.14, 0.15, -0.16],
        [0.0, -40.0, -50.0, -45.0, -60.0, -41.0],
        [1000.0, 1001.0, 990.0, 999.5, 800.0, 1000.5],
        [1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3, 1e4 + 4, 1e4 + 6],
        [-745.0, 0.5, -700.0, 0.25, -730.0, -100.0],
        [-np.inf, 0.25, 1.5, -1.0, 0.75, 2.0],
        [np.inf, 0.25, 1.5, -1.0, 0.75, 2.0],
    ]
)
UPSTREAM = np.array([1.0, -0.5, 2.0, 0.25, -1.5, 0.75])


class Case(NamedTuple):
    """A function of a framework in one dtype."""

    framework: str
    spelling: str
    function: Activation
    parameters: str
    dtype: str

    @property
    def key(self) -> str:
        return f"{self.framework}/{self.spelling}/{self.function.label}/{self.dtype}"


def cases() -> Iterator[Case]:
    """Yield what is frozen: each function of each framework once, in both dtypes."""
    for framework in FRAMEWORKS:
        seen: set[str] = set()
        for spelling, function in frameworks.of_framework(framework):
            row = next(
                s for s in frameworks.spellings(function) if s.spelling == spelling
            )
            given = arguments(spelling, function, row.parameters)
            if function.label in seen or given is None or "Softmax2d" in spelling:
                continue
            seen.add(function.label)
            for dtype in DTYPES:
                yield Case(framework, spelling, function, row.parameters, dtype)


def inputs(function: Activation, dtype: str) -> Array:
    """Return the inputs of a function: numbers, or rows for one of an axis."""
    return (ROWS if function.over_axis else INPUTS).astype(dtype)


def upstream(function: Activation, x: Array) -> Array:
    """Return what goes back through a function of an axis, and 1 for an elementwise one."""
    if not function.over_axis:
        return np.ones_like(x)
    shape = np.shape(function(x[0]))
    row = UPSTREAM[: shape[0]] if shape else UPSTREAM[0]
    return np.broadcast_to(row, (len(x), *shape)).astype(x.dtype)


class Truth(NamedTuple):
    """Exact values and gradients in the dtype of the inputs, and how far an ulp of the input moves each of them."""

    results: tuple[Array, Array]
    margins: tuple[Array, Array]


def truth(function: Activation, x: Array) -> Truth:
    """Return what is right at inputs; a row has no margins, its sums are not good to their own last digits."""
    formula = function.formula
    assert formula is not None
    values = {n: v for n, v in function.defaults.items() if n in formula.names}
    if function.over_axis:
        f, back = _row_truth(function, x, values)
        return Truth((f, back), (_units(f), _units(back)))
    with np.errstate(all="ignore"):
        given = {**values, "x": x}
        f, f1, f2 = exact.array(formula, given, order=2, dtype=x.dtype.name)
        ulp = np.spacing(np.abs(x)).astype(float)
        margins = [np.nan_to_num(np.abs(slope) * ulp) for slope in (f1, f2)]
    return Truth((f, f1), (margins[0], margins[1]))


def _row_truth(
    function: Activation, x: Array, values: dict[str, Any]
) -> tuple[Array, Array]:
    formula = function.formula
    assert formula is not None
    results = [exact.vector(formula, row, values, jacobian=True) for row in x.tolist()]
    weights = upstream(function, x).reshape(len(x), -1).astype(float)
    back = [u @ j for u, (_, j) in zip(weights, results, strict=True)]
    f = np.array([f for f, _ in results]).reshape(np.shape(function(x)))
    return f.astype(x.dtype), np.array(back).astype(x.dtype)


def _units(results: Array) -> Array:
    """Return an ulp of 1 for each number."""
    return np.full(results.shape, float(np.finfo(results.dtype).eps))


def distance(got: Array, right: Array, margin: Array) -> Array:
    """Return |got - right| in ulps of it and of the margin, infinite for a missing number."""
    with np.errstate(all="ignore"):
        error = np.abs(got.astype(float) - right.astype(float))
        error /= np.spacing(np.abs(right)) + margin
    error = np.where(np.isnan(error), np.inf, error)
    same = (got == right) | (np.isnan(got) & np.isnan(right))
    return np.where(same, 0.0, error)


def main() -> None:
    frozen: dict[str, Array] = {}
    wrong: dict[str, list[list[Any]]] = {}
    for case in cases():
        x = inputs(case.function, case.dtype)
        given = arguments(case.spelling, case.function, case.parameters)
        assert given is not None
        got = CALLS[case.framework](case.spelling, x, upstream(case.function, x), given)
        exactly = truth(case.function, x)
        for k, what in enumerate(("f", "derivative")):
            right, margin = exactly.results[k], exactly.margins[k]
            off = distance(got[k], right, margin) > TOLERANCE
            frozen[f"{case.key}/{what}"] = got[k]
            wrong[f"{case.key}/{what}"] = [
                [
                    place if case.function.over_axis else _written(x[tuple(place)]),
                    _written(got[k][tuple(place)]),
                    _written(right[tuple(place)]),
                ]
                for place in np.argwhere(off).tolist()
            ]
    FROZEN.mkdir(exist_ok=True)
    np.savez_compressed(FROZEN / "frameworks.npz", **frozen)
    versions = {framework: version(framework) for framework in FRAMEWORKS}
    text = json.dumps(
        {"versions": versions, "wrong": {k: v for k, v in wrong.items() if v}}
    )
    (FROZEN / "wrong.json").write_text(
        text.replace('"torch/', '\n"torch/').replace('"jax/', '\n"jax/') + "\n"
    )
    print(f"{len(frozen)} arrays, {sum(map(len, wrong.values()))} wrong points")


def _written(number: Any) -> float | str:
    """Return a number as JSON can hold it."""
    return float(number) if np.isfinite(number) else str(float(number))


if __name__ == "__main__":
    main()
