"""Text for machines: read back, it is the same number; a part of a column looks as in the whole."""

import json

import numpy as np
import pytest

from actcli.engine import Array
from actcli.render.records import body, head, json_text, shortest

SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 0.1, 1e-7, 1e16, 1e22, 5e-324]


def numbers(dtype: str) -> Array:
    kind = np.dtype(dtype)
    rng = np.random.default_rng(2)
    bits = rng.integers(0, 2 ** (8 * kind.itemsize), 20_000, dtype=np.uint64)
    with np.errstate(over="ignore"):
        special = np.array(SPECIAL).astype(kind)
    return np.concatenate([special, bits.astype(f"u{kind.itemsize}").view(kind)])


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_shortest_reads_back(dtype: str) -> None:
    x = numbers(dtype)
    words = shortest(x)
    assert shortest(x[:100]) == words[:100]
    read = np.array(words, np.float64).astype(dtype)
    np.testing.assert_array_equal(read, x)
    signed = ~np.isnan(x)
    np.testing.assert_array_equal(np.signbit(read[signed]), np.signbit(x[signed]))
    digits = [w.strip("-").split("e")[0].replace(".", "").strip("0") for w in words]
    known = [
        np.format_float_scientific(v, unique=True)
        .strip("-")
        .split("e")[0]
        .replace(".", "")
        .strip("0")
        for v in x
    ]
    longer = [(w, k) for w, k in zip(digits, known, strict=True) if len(w) > len(k)]
    assert not longer


@pytest.mark.parametrize("format_", ["csv", "tsv", "plain", "jsonl", "hex"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_parts_are_parts_of_the_whole(format_: str, dtype: str) -> None:
    x = numbers(dtype)[:300]
    columns = {"x": x, "f": x[::-1]}
    whole = body(format_, columns)
    parts = [
        body(format_, {n: c[i : i + 7] for n, c in columns.items()})
        for i in range(0, x.size, 7)
    ]
    assert b"".join(parts) == whole
    finite = body(
        format_,
        {n: c[np.isfinite(x) & np.isfinite(x[::-1])] for n, c in columns.items()},
    )
    assert set(finite.splitlines()) <= set(whole.splitlines())


def test_rows() -> None:
    columns = {"x": np.array([0.5, -1.0]), "f": np.array([np.nan, 2.0])}
    assert head("csv", ("x", "f")) + body("csv", columns) == b"x,f\n0.5,nan\n-1.0,2.0\n"
    assert body("tsv", {"x": columns["x"]}) == b"0.5\n-1.0\n"
    assert head("plain", ("f",)) + body("plain", columns) == b"0.5 nan\n-1.0 2.0\n"
    assert body("jsonl", columns) == b'{"x": 0.5, "f": "nan"}\n{"x": -1.0, "f": 2.0}\n'
    mixed = {**columns, "n": np.array([1, 2]), "é": np.array(["a", '"'])}
    assert (
        body("jsonl", mixed).decode()
        == '{"x": 0.5, "f": "nan", "n": 1, "é": "a"}\n{"x": -1.0, "f": 2.0, "n": 2, "é": "\\""}\n'
    )
    assert body("jsonl", {"x": np.array([])}) == b""
    odd = np.array([np.inf, 1.0, -np.nan, -np.inf])
    assert body("plain", {"x": odd}) == b"inf\n1.0\nnan\n-inf\n"
    assert json_text(odd.reshape(2, 2)) == '[["inf", 1.0], ["nan", "-inf"]]'
    assert (
        body("hex", columns)
        == b"0x1.0000000000000p-1\tnan\n-0x1.0000000000000p+0\t0x1.0000000000000p+1\n"
    )
    assert body("csv", {"x": np.array([]), "f": np.array([])}) == b""
    assert (
        body("csv", {"name": np.array(["a,b", 'say "x"'])}) == b'"a,b"\n"say ""x"""\n'
    )


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_json(dtype: str) -> None:
    x = numbers(dtype)[:60].reshape(3, 4, 5)
    document = {
        "x": x,
        "n": np.int64(3),
        "list": [1, np.float64("inf")],
        "none": None,
        "deep": {"y": x[0, 0, 0], "ß": "ß"},
    }
    read = json.loads(json_text(document))
    np.testing.assert_array_equal(np.array(read["x"], np.float64).astype(dtype), x)
    assert (read["n"], read["list"], read["none"], read["deep"]["ß"]) == (
        3,
        [1, "inf"],
        None,
        "ß",
    )
    assert "NaN" not in json_text(document)
    assert json_text(np.array(0.5)) == "0.5"
    assert json_text(np.zeros((2, 0))) == "[[], []]"
