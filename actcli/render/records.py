"""Results for machines: csv, tsv, json, jsonl, plain, hex. Every value in the shortest form that round-trips, no colour."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from actcli.engine import Array
from actcli.errors import RequestError
from actcli.registry import suggestion


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
    if format_ not in FORMATS:
        known = ["table", *FORMATS]
        hint = suggestion(format_, known) or f"; choose from {', '.join(known)}"
        raise RequestError(f"no format '{format_}'{hint}")
    return FORMATS[format_](records)


def shortest(numbers: Array) -> list[str]:
    """Return numbers as the shortest texts that read back as the same number of their dtype."""
    if numbers.dtype.kind != "f":
        return [str(v) for v in numbers.ravel().tolist()]
    if numbers.dtype == np.float64:
        return [repr(v) for v in numbers.ravel().tolist()]
    return [str(v) for v in numbers.ravel().astype(str).tolist()]


def texts(values: Iterable[object]) -> Array:
    """Return a column of texts."""
    return np.array([str(v) for v in values])


def plain_values(value: Any) -> Any:
    """Return a value in what JSON has: lists, numbers, and texts for the non-finite."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            numbers = np.array(
                [float(t) for t in shortest(value)], dtype=object
            ).reshape(value.shape)
            return plain_values(numbers.tolist())
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(k): plain_values(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(v) for v in value]
    if isinstance(value, np.generic):
        return plain_values(value.item())
    if isinstance(value, float) and (value != value or value in (np.inf, -np.inf)):
        return str(value)
    return value


def _separated(
    separator: str, texts: Callable[[Array], list[str]] = shortest
) -> Callable[[Records], str]:
    def write(records: Records) -> str:
        rows = zip(
            *(map(_quoted(separator), texts(c)) for c in records.columns.values()),
            strict=True,
        )
        return (
            "\n".join([separator.join(records.columns), *map(separator.join, rows)])
            + "\n"
        )

    return write


def _quoted(separator: str) -> Callable[[str], str]:
    def quote(text: str) -> str:
        return (
            '"' + text.replace('"', '""') + '"'
            if separator in text or '"' in text
            else text
        )

    return quote


def _hexadecimal(numbers: Array) -> list[str]:
    return [
        v.hex() if isinstance(v, float) else str(v) for v in numbers.ravel().tolist()
    ]


def _json(records: Records) -> str:
    return (
        json.dumps(plain_values(records.document), ensure_ascii=False, allow_nan=False)
        + "\n"
    )


def _json_lines(records: Records) -> str:
    columns = {name: plain_values(column) for name, column in records.columns.items()}
    rows = (
        dict(zip(columns, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    )
    return "".join(
        json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows
    )


def _plain(records: Records) -> str:
    names = records.plain or tuple(records.columns)[1:] or tuple(records.columns)
    rows = zip(*(shortest(records.columns[n]) for n in names), strict=True)
    return "".join(" ".join(row) + "\n" for row in rows)


FORMATS: dict[str, Callable[[Records], str]] = {
    "csv": _separated(","),
    "tsv": _separated("\t"),
    "json": _json,
    "jsonl": _json_lines,
    "plain": _plain,
    "hex": _separated("\t", _hexadecimal),
}

# what -o writes for a suffix
SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".txt": "plain",
    ".hex": "hex",
}
