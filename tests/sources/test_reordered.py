"""Chunks cut anew and put in another order: the same numbers, whatever may be held at a time."""

from collections.abc import Iterator
from math import prod
from pathlib import Path

import numpy as np
import pytest

from actcli.engine import Array
from actcli.sources import reordered


def cut(flat: Array, length: int) -> Iterator[Array]:
    return (flat[i : i + length] for i in range(0, flat.size, length))


@pytest.mark.parametrize(
    "shape",
    [(60,), (12, 5), (5, 12), (3, 100), (100, 3), (2, 3, 10), (10, 3, 2), (1, 60), (60, 1), (2, 3, 4, 5), (7, 1, 11)],
)  # fmt: skip
@pytest.mark.parametrize("held", [1, 4, 7, 24, 1000])
@pytest.mark.parametrize("length", [5, 64])
def test_by_rows(
    shape: tuple[int, ...],
    held: int,
    length: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reordered, "_HELD", held)
    monkeypatch.setattr(reordered, "_GIVEN", 3)
    x = np.arange(prod(shape), dtype=np.float32).reshape(shape)
    got = list(reordered.by_rows(cut(x.ravel("F"), length), shape, tmp_path))
    np.testing.assert_array_equal(np.concatenate(got), x.ravel())
    if x.size > held and len(shape) > 1:
        assert max(map(len, got)) <= max(3, held)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("unit", [1, 3, 10, 50, 51])
def test_regrouped(unit: int) -> None:
    x = np.arange(50.0)
    got = list(reordered.regrouped(cut(x, 7), unit))
    np.testing.assert_array_equal(np.concatenate(got), x)
    assert all(len(part) % unit == 0 for part in got[:-1])
    assert max(map(len, got)) < unit + 7 or unit > 50
