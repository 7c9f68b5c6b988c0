"""Numbers out of JSON: an array, alone or in an object, an array of objects, or a value in each line."""

import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from typing import IO, Any

import numpy as np
import orjson

from actcli.engine import Array
from actcli.errors import FileError, RequestError
from actcli.points import shortened
from actcli.sources import raw
from actcli.sources.source import Source, check_axes, choose

# how an array begins that has none within it
FLAT = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*[^\s\[{]")
_RECORDS = re.compile(rb"\s*\[\s*{")


def read_json(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return a flat array, read forwards, or out of a file an array of any shape, alone or in an object, or records."""
    pieces = raw.pieces(raw.blocks(stream, name), name, b",")
    first = next(pieces, b"")
    if not first.strip():
        return Source(name, iter(()))
    if FLAT.match(first):
        _check_no_column(name, column)
        inside = _inside(raw.chained(first.replace(b"[", b" ", 1), pieces), name)
        return Source(name, _between_commas(inside, name, (1, 1)))
    if _RECORDS.match(first):
        return _records(stream, name, column)
    start, end = 0, stream.seek(0, io.SEEK_END)
    if first.lstrip()[:1] == b"{":
        keys, places = _outline(stream, name)
        key = [*keys][choose(name, column, [*keys])]
        if not isinstance(keys[key], list):
            return _single(keys[key], name, key)
        start, end = places[int(keys[key][0])]
    else:
        _check_no_column(name, column)

    def part() -> Iterator[bytes]:
        return raw.pieces(raw.blocks(stream, name, start, end), name, b",")

    bare = (piece.translate(_BRACKETS_TO_BLANKS) for piece in part())
    place = reduce(_behind, raw.blocks(stream, name, 0, start), (1, 1))
    numbers = _between_commas(bare, name, place)
    try:
        shape = _shape_of_json(part(), name)
    except ValueError:
        for _ in numbers:
            pass  # says where one is none
        raise FileError(
            f"{name}: is no JSON array of numbers; the rows of one are of equal length"
        ) from None
    if 0 in shape:
        return Source(name, iter(()))
    return Source(name, numbers, shape=shape, bytes=end - start)


# what is raised for other JSON
_NOT_NUMBERS = (ValueError, TypeError, KeyError, RecursionError)


def _single(value: Any, name: str, key: str) -> Source:
    try:
        return Source(name, iter([(_of_json([value]), 0)]), shape=())
    except TypeError:
        raise FileError(f"{name}: '{key}' is no array of numbers") from None


def loads(text: bytes) -> Any:
    """Return what JSON says, ValueError if it is none."""
    if not _WHOLE_MINUS_ZERO.search(text):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(text)
    import json

    # slower, but knows NaN and Infinity, which Python writes, and the sign of -0
    return json.loads(text, parse_int=float)


_WHOLE_MINUS_ZERO = re.compile(rb"-0(?![.\deE])")


def _inside(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield what stands in a flat array behind its opening bracket, and behind the closing one what should not."""
    bracket = b""
    for data in pieces:
        inner, bracket, behind = data.partition(b"]")
        yield data if behind.strip() else inner
    if not bracket:
        raise FileError(f"{name}: ends within its array")


def _between_commas(
    pieces: Iterator[bytes], name: str, place: tuple[int, int]
) -> Iterator[tuple[Array, int]]:
    """Yield the numbers of JSON that was cut behind commas, and begins in that line and column."""
    behind_comma = False
    for data in pieces:
        text = data.rstrip()
        inner = text.removesuffix(b",")
        comma = inner != text
        try:
            if not inner.strip() and (comma or behind_comma):
                raise ValueError
            numbers = _of_json(loads(b"[" + inner + b"]"))
        except _NOT_NUMBERS:
            raise _misfit(inner, name, place) from None
        yield numbers, len(data)
        behind_comma, start, place = comma, place, _behind(place, data)
    if behind_comma:
        raise _misfit(b"", name, _behind(start, text))


def _misfit(text: bytes, name: str, place: tuple[int, int]) -> FileError:
    """Return what is said of the first between commas that is no number."""
    before = b""
    for word in text.split(b","):
        try:
            value = loads(word)
            _check_numbers([value])
            fits = not isinstance(value, list)
        except _NOT_NUMBERS:
            fits = False
        if not fits:
            break
        before += word + b","
    line, column = _behind(place, before + word[: -len(word.lstrip()) or None])
    shown = shortened(word.decode(errors="replace").strip())
    what = f"'{shown}' is not a number" if shown else "a number is missing"
    return FileError(f"{name}, line {line}, column {column}: {what}")


def _behind(place: tuple[int, int], text: bytes) -> tuple[int, int]:
    """Return the line and the column behind a text that begins in those."""
    line, column = place
    above, end, last = text.rpartition(b"\n")
    if end:
        line, column = line + above.count(b"\n") + 1, 1
    return line, column + len(last)


# a text, in which brackets mean nothing; at the end of what was read it may go on
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("|\\?\Z)', re.DOTALL)
_STEPS = np.zeros(256, np.int8)
_STEPS[[*b"[{"]], _STEPS[[*b"]}"]] = 1, -1


def _outline(
    stream: IO[bytes], name: str
) -> tuple[dict[str, Any], list[tuple[int, int]]]:
    """Return an object in which a list of its number stands for each array under a key, and where those arrays stand."""
    kept: list[bytes] = []
    places: list[tuple[int, int]] = []
    offset = begin = size = 0
    inside = False
    for data, turns in _turns(raw.blocks(stream, name, 0)):
        end = 0
        for at in turns:
            bracket = data[at : at + 1]
            if bracket == b"[":
                inside = True
                kept.append(data[end:at])
                size += at - end
                begin = offset + at
            elif inside and bracket == b"]":
                inside = False
                kept.append(b"[%d]" % len(places))
                places.append((begin, offset + at + 1))
                end = at + 1
            elif inside:
                raise _no_json(stream, name)
        if not inside:
            kept.append(data[end:])
            size += len(data) - end
        offset += len(data)
        if size > raw.LARGEST_DOCUMENT:
            raise FileError(
                f"{name}: over {raw.LARGEST_DOCUMENT // 1_000_000} MB beside the arrays in it; use .jsonl or .npy"
            )
    try:
        return loads(b"".join(kept)), places
    except (ValueError, RecursionError):
        raise _no_json(stream, name) from None


def _turns(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, list[int]]]:
    """Yield the text of an object or an array in parts, and where in each an array or an object within it begins or ends."""
    depth, unended = 0, b""

    def blank(found: re.Match[bytes]) -> bytes:
        nonlocal unended
        unended = b"" if found[1] == b'"' else b'"' + found[1]
        return b"0" * len(found[0])

    for data in blocks:
        before, text = len(unended), unended + data
        unended = b""
        marks = np.frombuffer(_STRING.sub(blank, text), np.uint8)[before:]
        brackets = np.flatnonzero(_STEPS[marks])
        steps = _STEPS[marks[brackets]]
        depths = depth + np.cumsum(steps, dtype=np.int64)
        depth = int(depths[-1]) if depths.size else depth
        yield data, brackets[depths == 1 + (steps > 0)].tolist()


def _no_json(stream: IO[bytes], name: str) -> FileError:
    """Return what is said of an object that is none, and where if it is small enough to be read at once."""
    import json

    stream.seek(0)
    text = raw.read(stream, raw.CHUNK, name)
    if len(text) < raw.CHUNK:
        try:
            json.loads(text)
        except json.JSONDecodeError as error:
            where = f"{name}, line {error.lineno}, column {error.colno}"
            return FileError(f"{where}: is no JSON; {error.msg.lower()}")
        except (ValueError, RecursionError):
            pass
    return FileError(f"{name}: is no JSON array of numbers")


# not taken away: [[1]2] would become 12
_BRACKETS_TO_BLANKS = bytes.maketrans(b"[]", b"  ")
_NO_STRUCTURE = bytes(sorted({*range(256)} - {*b"[],"}))


def _shape_of_json(pieces: Iterator[bytes], name: str) -> tuple[int, ...]:
    """Return the shape of nested arrays as text, with a last length of 0 if nothing is in them; ValueError if they have none."""
    levels: list[_Level] | None = None
    depth, empty, filled = 0, False, False
    for piece in pieces:
        dense = piece.translate(None, b" \t\r\n")
        structure = dense.translate(None, _NO_STRUCTURE)
        empty |= b"[]" in dense
        filled |= len(structure) < len(dense)
        if levels is None:
            axes = len(structure) - len(structure.lstrip(b"["))
            check_axes(axes, name)
            levels = [_Level() for _ in range(axes)]
        if not structure:
            continue
        marks = np.frombuffer(structure, np.uint8)
        depths = depth + np.cumsum(_STEPS[marks], dtype=np.int64)
        depth = int(depths[-1])
        if depths.max() > len(levels) or not levels:
            raise ValueError
        for k, level in enumerate(levels, 1):
            commas = (marks == ord(",")) & (depths == k)
            level.take(commas, (marks == ord("]")) & (depths == k - 1))
    if depth > 0:
        raise FileError(f"{name}: ends within its array")
    shape: tuple[int, ...] = ()
    for level in levels or ():
        if level.closed != math.prod(shape) or len(level.lengths) != 1:
            raise ValueError
        shape += (*level.lengths,)
    if depth or (empty and filled):
        raise ValueError
    return shape if filled else (*shape[:-1], 0)


@dataclass
class _Level:
    """The arrays of one depth: what lengths they have, how many have ended, and how many commas the last one has so far."""

    lengths: set[int] = field(default_factory=set)
    closed: int = 0
    commas: int = 0

    def take(self, commas: Array, closing: Array) -> None:
        """Take where commas stand, and where an array ends, in the next piece of text."""
        seen = self.commas + np.cumsum(commas)
        ends = seen[closing]
        self.lengths |= {*(np.diff(ends, prepend=0) + 1).tolist()}
        self.closed += ends.size
        self.commas = int(seen[-1] - (ends[-1] if ends.size else 0))


def _records(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return the numbers of an array of objects, which stand in each under the same key."""
    take = _taken(name, column)

    def fits(value: Any, first: Any) -> bool:
        try:
            return bool(take([first, value]).size)
        except _NOT_NUMBERS:
            return False

    def chunks() -> Iterator[tuple[Array, int]]:
        before, done = b"[", 0
        for text in _whole_records(stream, name):
            bare = text.removeprefix(raw.BYTE_ORDER_MARK).strip()
            if bare == b"]" and done:
                return
            try:
                if not bare.startswith(before):
                    raise ValueError
                values = loads(b"[" + bare[1:] + b"]")
            except (ValueError, RecursionError):
                raise _no_json(stream, name) from None
            try:
                numbers = take(values).reshape(-1)
            except RequestError:
                raise
            except _NOT_NUMBERS:
                done += next(
                    i for i, v in enumerate(values, 1) if not fits(v, values[0])
                )
                raise FileError(
                    f"{name}, record {done}: is no object with a number under the same key as the first"
                ) from None
            yield numbers, len(text)
            before, done = b",", done + len(values)
        raise FileError(f"{name}: ends within its array")

    return Source(name, chunks())


def _whole_records(stream: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield the text of an array of objects in parts that end where one of these does, and then what is behind the last."""
    rest = b""
    for data, turns in _turns(raw.blocks(stream, name, 0)):
        ends = [at + 1 for at in turns if data[at : at + 1] == b"}"]
        if ends:
            yield rest + data[: ends[-1]]
            rest, data = b"", data[ends[-1] :]
        rest += data
        if len(rest) > raw.LARGEST_DOCUMENT:
            raise FileError(
                f"{name}: an object in it is over {raw.LARGEST_DOCUMENT // 1_000_000} MB"
            )
    if rest.strip():
        yield rest


def _taken(name: str, column: str | None) -> Callable[[list[Any]], Array]:
    """Return what takes the numbers out of values: themselves, or of objects what they have under one key."""
    key: str | None = None

    def take(values: list[Any]) -> Array:
        nonlocal key
        if key is None and values and isinstance(values[0], dict):
            keys = [*values[0]]
            key = keys[choose(name, column, keys)]
        if key is not None:
            values = [v[key] for v in values]
        elif values:
            _check_no_column(name, column)
        return _of_json(values)

    return take


def read_json_lines(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return the numbers of lines, each of which is one, an array, or an object with one of them."""
    take = _taken(name, column)

    def read(rows: list[bytes]) -> Array:
        values = loads(b"[" + b",".join(rows) + b"]")
        if len(values) != len(rows):
            raise ValueError  # an array over two lines, or two numbers on one
        return take(values)

    def fits(row: bytes, first: bytes) -> bool:
        try:
            return bool(read([first, row]).size)
        except _NOT_NUMBERS:
            return False

    def chunks() -> Iterator[tuple[Array, int]]:
        line = 1
        for data in raw.pieces(raw.blocks(stream, name), name, b"\n"):
            lines = data.split(b"\n")
            rows = [row for row in lines if row.strip()]
            try:
                yield read(rows).reshape(-1), len(data)
            except RequestError:
                raise
            except _NOT_NUMBERS:
                line += next(
                    i for i, r in enumerate(lines) if r.strip() and not fits(r, rows[0])
                )
                raise FileError(
                    f"{name}, line {line}: is no number, nor an object with one, or unlike the lines above"
                ) from None
            line += data.count(b"\n")

    return Source(name, chunks())


def _of_json(value: list[Any]) -> Array:
    _check_numbers(value)
    return np.array(value, dtype=np.float64)


def _check_numbers(value: Any) -> None:
    """Raise TypeError for what is no number, nor null, nor one of the texts that JSON has for the non-finite."""
    if isinstance(value, list):
        # the types of a long list are few: they are looked at once
        for kind in {type(v) for v in value} - {int, float, type(None)}:
            for v in (v for v in value if type(v) is kind):
                _check_numbers(v)
    elif type(value) not in (int, float) and value not in ("inf", "-inf", "nan"):
        raise TypeError


def _check_no_column(name: str, column: str | None) -> None:
    if column is not None:
        raise RequestError(f"{name}: has no columns; leave out --column")
