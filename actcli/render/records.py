"""Results for machines: csv, tsv, json, jsonl, plain, hex. Every value in the shortest form that round-trips, no colour."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import orjson

from actcli.bfloat16 import is_float, rounded
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.registry import suggestion
from actcli.render.formats import BINARY, FORMATS


@dataclass
class Records:
    """A result: columns of equal length, and the document that JSON shows.

    Attributes:
        columns: arrays of one dimension, or of texts, by name.
        document: plain values and arrays of any shape, by key.
        plain: the names of the columns that ``plain`` prints; all but the first unless given.
    """

    columns: Mapping[str, Array]
    document: Mapping[str, Any]
    plain: tuple[str, ...] = field(default=())


def to_text(records: Records, format_: str) -> str:
    """Return a result in one of the formats, ending in a line end.

    >>> print(to_text(Records({"x": np.array([0.5]), "f": np.array([np.inf])}, {}), "csv"), end="")
    x,f
    0.5,inf
    """
    check_format(format_)
    if format_ == "json":
        return json_text(records.document) + "\n"
    columns = records.columns
    if format_ == "plain":
        columns = {n: columns[n] for n in plain_names(records)}
    return (head(format_, tuple(columns)) + body(format_, columns)).decode()


def check_format(format_: str) -> None:
    """Raise RequestError for a format that there is not."""
    if format_ not in (*FORMATS, *BINARY):
        known = ["table", *FORMATS, *BINARY]
        hint = suggestion(format_, known) or f"; choose from {', '.join(known)}"
        raise RequestError(f"no format '{format_}'{hint}")


def plain_names(records: Records) -> tuple[str, ...]:
    """Return the names of the columns that ``plain`` prints."""
    names = tuple(records.columns)
    return records.plain or names[1:] or names


def head(format_: str, names: Sequence[str]) -> bytes:
    """Return what stands above the rows of a format."""
    separator = _SEPARATORS.get(format_)
    return f"{separator.join(names)}\n".encode() if separator else b""


def body(format_: str, columns: Mapping[str, Array]) -> bytes:
    r"""Return the rows of a format; those of a part of a column are a part of those of the whole.

    >>> body("csv", {"x": np.array([0.5, 1.0]), "f": np.array([2.0, 3.0])})
    b'0.5,2.0\n1.0,3.0\n'
    """
    if format_ == "jsonl":
        return _json_lines(columns)
    if format_ == "hex":
        return _rows([_hexadecimal(c) for c in columns.values()], "\t")
    separator = _SEPARATORS.get(format_, " ")
    arrays = list(columns.values())
    if all(is_float(a.dtype) and a.dtype == arrays[0].dtype for a in arrays):
        return _bulk(np.column_stack(arrays), separator.encode())
    return _rows([_quoted(shortest(c), separator) for c in arrays], separator)


def _bulk(table: Array, separator: bytes) -> bytes:
    if not table.size:
        return b""
    if table.shape[1] == 1:
        return _dumped(table.ravel())[1:-1].replace(b",", b"\n") + b"\n"
    rows = _dumped(table)[2:-2].replace(b"],[", b"\n")
    return (rows if separator == b"," else rows.replace(b",", separator)) + b"\n"


def _dumped(numbers: Array, mark: bytes = b"") -> bytes:
    """Return an array as JSON without blanks, the non-finite as words between marks."""
    if numbers.dtype.itemsize == 2:
        many = numbers.size > _MANY
        numbers = (
            _of_two_bytes(numbers.dtype)[numbers.view(np.uint16)]
            if many
            else _retold(numbers)
        )
    text = orjson.dumps(
        np.ascontiguousarray(numbers), option=orjson.OPT_SERIALIZE_NUMPY
    )
    odd = numbers[~np.isfinite(numbers)]
    if not odd.size:
        return text
    # orjson makes them null
    words = [mark + w + mark for w in (b"inf", b"-inf", b"nan")]
    parts = [b""] * (2 * odd.size + 1)
    parts[::2] = text.split(b"null")
    parts[1::2] = [words[k] for k in ((odd < 0) + 2 * np.isnan(odd)).tolist()]
    return b"".join(parts)


@cache
def _of_two_bytes(dtype: "np.dtype[Any]") -> Array:
    """Return for the bits of each number of a dtype the float64 that has its shortest text; its own value has more digits."""
    return _retold(np.arange(1 << 16, dtype=np.uint16).view(dtype))


@np.errstate(invalid="ignore")  # ml_dtypes casts and compares NaN with a flag
def _retold(numbers: Array) -> Array:
    if numbers.dtype == np.float16:
        return numbers.astype(str).astype(np.float64)
    # of bfloat16 nobody tells the shortest text: the fewest digits that are read back as the same number
    wide = numbers.astype(np.float64)
    told = wide
    for more in (3, 2, 1, 0):
        near = np.array([float(f"{v:.{more}e}") for v in wide.ravel().tolist()])
        near = near.reshape(wide.shape)
        told = np.where(rounded(near, numbers.dtype) == numbers, near, told)
    return told


_MANY = 1 << 12  # from here on a table of all 65,536 is made sooner than the texts


def _rows(columns: Sequence[Sequence[str]], separator: str) -> bytes:
    return "".join(
        separator.join(row) + "\n" for row in zip(*columns, strict=True)
    ).encode()


def shortest(numbers: Array) -> list[str]:
    """Return numbers as the shortest texts that read back as the same number of their dtype.

    >>> shortest(np.array([0.1, np.inf, 1e-7], np.float32))
    ['0.1', 'inf', '1e-7']
    """
    flat = numbers.ravel()
    if not flat.size or not is_float(flat.dtype):
        return [str(v) for v in flat.tolist()]
    return _dumped(flat)[1:-1].decode().split(",")


def texts(values: Iterable[object]) -> Array:
    """Return a column of texts."""
    return np.array([str(v) for v in values])


def json_text(value: Any) -> str:
    """Return a value as JSON: numbers in their shortest form, texts for the non-finite.

    >>> json_text({"x": np.array([[0.5, np.nan]]), "name": "relu"})
    '{"x": [[0.5, "nan"]], "name": "relu"}'
    """
    if isinstance(value, np.ndarray) and is_float(value.dtype):
        return _json_array(value)
    if isinstance(value, np.ndarray | np.generic):
        return json_text(value.tolist())
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_json(str(k))}: {json_text(v)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(json_text, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return f'"{value}"'
    return _json(value)


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _json_array(numbers: Array) -> str:
    if not numbers.ndim:
        return _dumped(numbers[None], b'"')[1:-1].decode()
    return _dumped(numbers, b'"').replace(b",", b", ").decode()


def _json_words(column: Array) -> list[bytes]:
    """Return the elements of a column as JSON."""
    if not is_float(column.dtype):
        return [json_text(v).encode() for v in column.tolist()]
    return _dumped(column, b'"')[1:-1].split(b",")


def _json_lines(columns: Mapping[str, Array]) -> bytes:
    count = min(map(len, columns.values()))
    if not count:
        return b""
    parts = [b""] * (2 * len(columns) * count + 1)
    before = "}\n{"
    for place, (name, column) in enumerate(columns.items()):
        parts[2 * place : -1 : 2 * len(columns)] = [
            f"{before}{_json(name)}: ".encode()
        ] * count
        parts[2 * place + 1 : -1 : 2 * len(columns)] = _json_words(column)
        before = ", "
    parts[-1] = b"}\n"
    return b"".join(parts)[2:]


def _quoted(words: list[str], separator: str) -> list[str]:
    if separator == " ":
        return words
    return [
        '"' + w.replace('"', '""') + '"' if separator in w or '"' in w else w
        for w in words
    ]


def _hexadecimal(numbers: Array) -> list[str]:
    return [
        v.hex() if isinstance(v, float) else str(v) for v in numbers.ravel().tolist()
    ]


_SEPARATORS = {
    "csv": ",",
    "tsv": "\t",
    "hex": "\t",
}  # of formats that name their columns

# what -o writes for a suffix
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".txt": "plain",
    ".hex": "hex",
    ".npy": "npy",
    ".npz": "npz",
}
