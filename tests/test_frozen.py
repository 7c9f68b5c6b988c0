"""Our values and gradients against those of torch and JAX, frozen: all inputs at which they are right, and where not."""

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import actcli
from actcli import frameworks
from actcli.activation import Activation
from actcli.engine import Array
from tests.accuracy import BOUND
from tests.make_frozen import (
    FROZEN,
    TOLERANCE,
    Truth,
    distance,
    inputs,
    truth,
    upstream,
)


@cache
def frozen() -> dict[str, Array]:
    with np.load(FROZEN / "frameworks.npz") as arrays:
        return dict(arrays)


@cache
def wrong() -> dict[str, list[list[Any]]]:
    table: dict[str, list[list[Any]]] = json.loads((FROZEN / "wrong.json").read_text())[
        "wrong"
    ]
    return table


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    table = frozen() if metafunc.function is test_ours_are_theirs else wrong()
    if "key" in metafunc.fixturenames:
        metafunc.parametrize("key", sorted(table))


def parts(key: str) -> tuple[str, Activation, str, str]:
    """Return spelling, function, dtype and what was computed."""
    _, spelling, label, dtype, what = key.split("/")
    return spelling, actcli.get(label), dtype, what


def ours(function: Activation, x: Array, what: str) -> Array:
    result = function(x) if what == "f" else function.vjp(x, upstream(function, x))
    return np.asarray(result)


def places(function: Activation, x: Array, records: list[list[Any]]) -> list[Any]:
    """Return the indices of records in an array of results."""
    if function.over_axis:
        return [tuple(record[0]) for record in records]
    return [np.flatnonzero(x == float(record[0]))[0] for record in records]


@cache
def right(label: str, dtype: str) -> Truth:
    function = actcli.get(label)
    return truth(function, inputs(function, dtype))


def test_ours_are_theirs(key: str) -> None:
    """At all points but those where they are known to be wrong."""
    spelling, function, dtype, what = parts(key)
    assert frameworks.find(spelling) is not None
    x = inputs(function, dtype)
    margin = right(function.label, dtype).margins[what != "f"]
    off = distance(ours(function, x, what), frozen()[key], margin)
    records = wrong().get(key, [])
    for place in places(function, x, records):
        off[place] = 0.0
    # what is not listed may be off by the tolerance, and we by our own bound
    assert off.max() <= 1.1 * TOLERANCE + 4.0, x[
        np.unravel_index(off.argmax(), off.shape)[0]
    ]
    assert off.size - len(records) >= 0.25 * off.size


def test_they_are_wrong_where_it_is_said(key: str) -> None:
    """The right values are those of the exact mode, and ours."""
    _, function, dtype, what = parts(key)
    x = inputs(function, dtype)
    theirs, got = frozen()[key], ours(function, x, what)
    exactly = right(function.label, dtype)
    results, margins = exactly.results[what != "f"], exactly.margins[what != "f"]
    off = distance(got, results, margins)
    records = wrong()[key]
    for place, (_, value, said) in zip(
        places(function, x, records), records, strict=True
    ):
        np.testing.assert_equal(float(theirs[place]), float(value))
        np.testing.assert_equal(float(results[place]), float(said))
        assert off[place] <= BOUND, f"{got[place]} is not {said}"


def test_everything_is_frozen_that_they_have() -> None:
    keys = [key.split("/") for key in frozen()]
    assert sum(array.size for array in frozen().values()) >= 22_000
    for framework in ("torch", "jax"):
        had = {f.name for s, f in frameworks.of_framework(framework)}
        got = {actcli.get(key[2]).name for key in keys if key[0] == framework}
        # what always draws at random has no values to freeze
        assert had - got <= {"gumbel_softmax"}
