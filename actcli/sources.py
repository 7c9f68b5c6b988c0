"""Numbers in chunks out of files and pipes of any size. Writing is in files.py and render/streams.py.

Every reader takes a binary stream, so that a file and a pipe are the same to it; an archive, and JSON other than a flat
array, which are not read forwards, a pipe leaves in a temporary file. Nothing is mapped into memory: reading a file that
another program shortens would then end this one without a word.
"""

import csv
import io
import math
import re
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from pathlib import Path
from typing import IO, Any, NoReturn, TypeAlias

import numpy as np
import orjson

from actcli import files
from actcli.engine import Array, as_floats
from actcli.errors import FileError, RequestError, counted
from actcli.points import parse_text, shortened
from actcli.registry import suggestion
from actcli.spec import is_number, number

CHUNK = 1 << 20  # bytes that are read at a time
_STANDARD_INPUT = "standard input"
_LARGEST_DOCUMENT = (
    64_000_000  # bytes of what must be read as a whole: a line, JSON beside its arrays
)
_FLOAT64 = np.dtype(np.float64)
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass
class Source:
    """Numbers that come in chunks.

    Attributes:
        name: what errors call it.
        chunks: arrays of one dimension, in the order of memory; each with how many bytes it took.
        dtype: of the numbers; of text float64.
        shape: of the whole array; None if only the end tells, and then there is one dimension.
        order: "F" if the first axis runs fastest.
        bytes: how many there are to read, None if nobody knows.
        file: an uncompressed file in which the numbers stand as they are, from ``offset`` on.
        arrays: all that are in an archive of which no column was asked for, to be opened one by one.
    """

    name: str
    chunks: Iterator[tuple[Array, int]]
    dtype: "np.dtype[Any]" = field(default=_FLOAT64)
    shape: tuple[int, ...] | None = None
    order: str = "C"
    bytes: int | None = None
    file: io.BufferedReader | None = None
    offset: int = 0
    arrays: "Mapping[str, Callable[[], Source]]" = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.shape is not None:
            self.chunks = self._as_announced(self.chunks, math.prod(self.shape))

    def _as_announced(
        self, chunks: Iterator[tuple[Array, int]], count: int
    ) -> Iterator[tuple[Array, int]]:
        """Yield chunks that hold so many numbers: room for them may have been made, and is then filled."""
        done = 0
        for chunk in chunks:
            done += chunk[0].size
            if done > count:
                raise FileError(
                    f"{self.name}: holds more than {counted(count, 'number')}"
                )
            yield chunk
        if done < count:
            raise FileError(
                f"{self.name}: ends after {done} of {counted(count, 'number')}"
            )

    def empty(self) -> RequestError:
        """Return what is said of a source without numbers."""
        if self.name == _STANDARD_INPUT:
            return RequestError(
                "no numbers; give them with -x 1,2,-3, with -i FILE, or through a pipe"
            )
        return RequestError(f"{self.name}: no numbers in it")

    def whole(self) -> Array:
        """Return all numbers at once, in their shape."""
        parts = (chunk for chunk, _ in self.chunks)
        if self.shape is None:
            flat = np.concatenate([np.array([]), *parts])
        else:
            flat, filled = self._room(math.prod(self.shape)), 0
            for part in parts:
                flat[filled : filled + part.size] = part
                filled += part.size
        if not flat.size:
            raise self.empty()
        if self.shape is None:
            return flat
        order: Any = self.order
        return flat.reshape(self.shape, order=order)

    def _room(self, count: int) -> Array:
        try:
            return np.empty(count, self.dtype)
        except (MemoryError, ValueError):
            for _ in self.chunks:
                pass  # says so if there are not that many
            raise MemoryError from None


@contextmanager
def opened(path: Path | None, column: str | None = None) -> Iterator[Source]:
    """Give the numbers of a file by its suffix; of standard input, or what has no suffix, by what it begins with.

    Args:
        path: a .npy .npz .csv .tsv .txt .json or .jsonl, a pipe or a device; None for standard input.
        column: which column of a table, array of an archive or key of JSON, by name or by its number from 1. Unless
            given it is ``x`` or the first; of an archive ``x`` or the only one.

    Raises:
        FileError: it is missing, cannot be read, is not what its suffix says, or ends too early.
        RequestError: the suffix is unknown, there is no such column, or a word is no number.
    """
    name = str(path) if path else _STANDARD_INPUT
    with _reading(name), ExitStack() as stack:
        stream = stack.enter_context(path.open("rb")) if path else _standard_input()
        size = path.stat().st_size if path and path.is_file() else None
        reader = _READERS.get(path.suffix.lower()) if path else None
        if path and path.suffix and reader is None and size is not None:
            raise RequestError(
                f"{path}: unknown suffix '{path.suffix}'; {' '.join(_READERS)} can be read"
            )
        if size is None or reader is None:
            start = _read(stream, CHUNK, name)
            reader = reader or _recognised(start)
            stream = _Joined(start, stream)
            if reader is _npz or (reader is _json and not _FLAT.match(start)):
                # read from its end, or twice
                stream = stack.enter_context(_kept(stream))
        source = reader(stream, name, column)
        if source.bytes is None:
            source.bytes = size
        yield source


def read(path: Path | None, column: str | None = None) -> Array:
    """Return the numbers of a file or of standard input, all at once; as in ``opened``."""
    with opened(path, column) as source:
        return source.whole()


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename is None or str(error.filename) != name:
            raise
        raise FileError(f"{name}: {(error.strerror or str(error)).lower()}") from None


def _standard_input() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        return io.BytesIO()
    return sys.stdin.buffer


def _read(stream: IO[bytes], count: int, name: str) -> bytes:
    """Read up to that many bytes; what fails has the name of the source."""
    try:
        return stream.read(count)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{name}: {reason.lower()}") from None


def _recognised(start: bytes) -> "_Reader":
    """Return what reads a stream that begins so."""
    if start.startswith(b"\x93NUMPY"):
        return _npy
    if start.startswith(b"PK\x03\x04"):
        return _npz
    text = start.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if text[:1] not in (b"[", b"{"):
        return _text
    line, _, below = text.partition(b"\n")
    with suppress(ValueError, RecursionError):
        first = _loads(line)
        if below.strip() or not (
            isinstance(first, list) or any(isinstance(v, list) for v in first.values())
        ):
            return _json_lines
    return _json


@contextmanager
def _kept(stream: IO[bytes]) -> Iterator[Any]:
    """Give a stream as a file that can be read from any place."""
    with tempfile.SpooledTemporaryFile(CHUNK) as kept:
        with files.keeping(None):
            shutil.copyfileobj(stream, kept)
        kept.seek(0)
        yield kept


class _Joined(io.BytesIO):
    """A stream, with what was already taken from it in front."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        super().__init__()
        self.start, self.rest = start, rest

    def read(self, size: int | None = -1) -> bytes:
        size = -1 if size is None else size
        if not self.start:
            return self.rest.read(size)
        if size < 0:
            taken, self.start = self.start + self.rest.read(), b""
        else:
            taken, self.start = self.start[:size], self.start[size:]
        return taken


# arrays


def _npy(stream: Any, name: str, column: str | None) -> Source:
    if column is not None:
        raise RequestError(f"{name}: holds one array; leave out --column")
    try:
        version = np.lib.format.read_magic(stream)
        reader = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, by_columns, dtype = reader(stream)
    except (ValueError, EOFError):
        raise FileError(f"{name}: is no array of numbers") from None
    # True is an int to the reader of the header, and so is -1
    lengths = all(type(n) is int and n >= 0 for n in shape)
    if not lengths or dtype.hasobject or dtype.kind not in "biuf":
        raise FileError(f"{name}: is no array of numbers")
    _check_axes(len(shape), name)
    in_file = isinstance(stream, io.BufferedReader) and dtype.isnative
    count = math.prod(shape)
    return Source(
        name,
        _array_chunks(stream, name, dtype, count),
        as_floats(np.empty(0, dtype), name).dtype.newbyteorder("="),
        shape,
        "F" if by_columns else "C",
        count * dtype.itemsize,
        stream if in_file and dtype.kind == "f" else None,
        stream.tell() if in_file else 0,
    )


def _check_axes(count: int, name: str) -> None:
    """Raise FileError for more than NumPy has."""
    try:
        np.empty((0,) * count)
    except ValueError:
        raise FileError(f"{name}: {count} axes; an array has no more than 64") from None


def _array_chunks(
    stream: IO[bytes], name: str, dtype: "np.dtype[Any]", count: int
) -> Iterator[tuple[Array, int]]:
    left = count * dtype.itemsize
    length = max(1, CHUNK // dtype.itemsize) * dtype.itemsize
    while left:
        data = _exactly(stream, min(length, left), name)
        left -= len(data)
        if left and len(data) < length:
            done = count - -(-left // dtype.itemsize)
            raise FileError(f"{name}: ends after {done} of {counted(count, 'number')}")
        numbers = as_floats(np.frombuffer(data, dtype), name)
        yield numbers.astype(numbers.dtype.newbyteorder("="), copy=False), len(data)


def _exactly(stream: IO[bytes], count: int, name: str) -> bytes:
    """Read that many bytes, or what there is."""
    parts = []
    while count:
        part = _read(stream, count, name)
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _npz(stream: IO[bytes], name: str, column: str | None) -> Source:
    archive = _archive(stream, name)
    members = _members(archive)
    if column is not None:
        return _member(archive, name, _choose(name, column, members))
    arrays = {n: partial(_member, archive, name, n) for n in members}
    if "x" not in arrays and len(arrays) > 1:
        # none is taken by chance, and all may be wanted
        chunks = (_undecided(name, members) for _ in members)
        return Source(name, chunks, arrays=arrays)
    source = arrays[_choose(name, None, members)]()
    source.arrays = arrays
    return source


def _undecided(name: str, members: list[str]) -> NoReturn:
    raise RequestError(
        f"{name}: holds {shortened(', '.join(members), 200)}; take one with --column, or all with -o FILE.npz"
    )


def _member(archive: zipfile.ZipFile, name: str, member: str) -> Source:
    where = f"{name}, array '{member}'"
    try:
        return _npy(archive.open(f"{member}.npy"), where, None)
    except FileError as error:
        several = len(_members(archive)) > 1
        hint = "; take another with --column" if several else ""
        raise FileError(f"{error}{hint}") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        # RuntimeError: it is encrypted, or compressed in a way that is not known
        raise FileError(f"{where}: {str(error).lower()}") from None


def _archive(stream: IO[bytes], name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, EOFError):
        raise FileError(f"{name}: is no archive of arrays") from None
    if not _members(archive):
        raise FileError(f"{name}: is no archive of arrays")
    return archive


def _members(archive: zipfile.ZipFile) -> list[str]:
    return [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]


# text


def _text(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return a table if a column is asked for or the first line names some, else the numbers of all lines."""
    start = _read(stream, CHUNK, name)
    joined = _Joined(start, stream)
    bare = _without_comments(start.removeprefix(_BYTE_ORDER_MARK)).lstrip()
    line, _, below = bare.partition(b"\n")
    separator = _text_separator(line)
    if column is not None or (below.strip() and _names_columns(line, separator, name)):
        return _table(separator)(joined, name, column)

    def chunks() -> Iterator[tuple[Array, int]]:
        line, before = 1, b"\n"
        for data in _pieces(_blocks(joined, name), name, b" \t\r\n,"):
            text = _without_comments(data)
            _check_cells(before + text, name, line - before.count(b"\n"))
            before = text.rstrip(b" \t")[-1:]
            yield _numbers(text, name, line), len(data)
            line += data.count(b"\n")

    return Source(name, chunks())


def _text_separator(line: bytes) -> str:
    """Return what separates the columns of a text: blanks if there are neither tabs nor commas."""
    if b"\t" in line:
        return "\t"
    return " " if line.split()[1:] and not re.search(rb'[,;"]', line) else ","


def _names_columns(line: bytes, separator: str, name: str) -> bool:
    """Whether the first line of a text names columns: words alone, or a row of a table."""
    words = line.decode(errors="replace").replace(",", " ").split()
    if not words or not any(map(is_number, words)):
        return bool(words)
    table = _Table(name, _separator(line, separator))
    return not line.startswith(b",") and table.names_columns(line, 1)


def _check_cells(text: bytes, name: str, line: int) -> None:
    """Raise RequestError for a comma without a number before it."""
    if b"," not in text:
        return
    # a search that passes over blanks takes as long as reading the numbers
    bare = text.translate(None, b" \t")
    places = [at for at in (bare.find(b",,"), bare.find(b"\n,")) if at >= 0]
    if places:
        line += bare.count(b"\n", 0, min(places) + 1)
        raise RequestError(
            f"{name}, line {line}: an empty cell; write nan where there is no number"
        )


def _check_no_column(name: str, column: str | None) -> None:
    if column is not None:
        raise RequestError(f"{name}: has no columns; leave out --column")


_COMMENT = re.compile(rb"(?m)^[ \t]*#.*$")


def _without_comments(data: bytes) -> bytes:
    """Empty the lines that begin with #."""
    return _COMMENT.sub(b"", data) if b"#" in data else data


def _blocks(
    stream: IO[bytes], name: str, start: int | None = None, end: float = math.inf
) -> Iterator[bytes]:
    """Yield the bytes of a stream: from where it is, or of a file from one place to another."""
    if start is not None:
        stream.seek(start)
    left = end - (start or 0)
    while left and (data := _read(stream, int(min(CHUNK, left)), name)):
        left -= len(data)
        yield data


def _pieces(blocks: Iterator[bytes], name: str, ends: bytes) -> Iterator[bytes]:
    """Yield bytes in pieces that end where a word, or a line, ends."""
    rest = next(blocks, b"").removeprefix(_BYTE_ORDER_MARK)
    for data in blocks:
        # at the end of a line if there is one, as comments go to it
        cut = rest.rfind(b"\n") + 1 if b"\n" in ends else 0
        cut = cut or max(rest.rfind(bytes([end])) for end in ends) + 1
        if cut:
            yield rest[:cut]
        rest = rest[cut:] + data
        if len(rest) > _LARGEST_DOCUMENT:
            raise FileError(f"{name}: is not lines of text")
    if rest:
        yield rest


def _numbers(data: bytes, name: str, line: int) -> Array:
    """Return the numbers in a piece of text that begins in that line."""
    listed = _listed(data)
    if listed is not None:
        return listed
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise FileError(f"{name}: is not text") from None
    return parse_text(text, name, line)


_TO_COMMAS = bytes.maketrans(b" \t\n\r", b",,,,")


def _listed(data: bytes) -> Array | None:
    """Return numbers that could stand in JSON, one between two separators; None for all other text."""
    commas = data.replace(b"\r\n", b"\n").translate(_TO_COMMAS).strip(b",")
    # JSON knows no -0 among its whole numbers
    if b"-0," in commas or commas.endswith(b"-0"):
        return None
    try:
        values = orjson.loads(b"[" + commas + b"]")
    except orjson.JSONDecodeError:
        return None
    # true, null and texts are no numbers
    return (
        np.array(values, np.float64) if set(map(type, values)) <= {int, float} else None
    )


def _table(separator: str) -> Callable[[IO[bytes], str, str | None], Source]:
    def read_table(stream: IO[bytes], name: str, column: str | None) -> Source:
        pieces = _pieces(_blocks(stream, name), name, b"\n")
        if separator == " ":
            pieces = map(_with_commas, pieces)
        first, rest, line = b"", b"", 0
        while first.lstrip()[:1] in (b"", b"#"):
            rest = rest or next(pieces, b"")
            if not rest:
                return Source(name, iter(()))
            first, _, rest = rest.partition(b"\n")
            line += 1
        usual = separator if separator != " " else ","
        table = _Table(name, _separator(first, usual))
        cells = table.cells(first, line)
        header = not any(map(is_number, cells)) or (
            bool(rest.strip()) and table.names_columns(first, line)
        )
        numbered = cells if header else [str(i) for i in range(1, len(cells) + 1)]
        at = numbered.index(_choose(name, column, numbered))
        if column is None and len(cells) > 1:
            others = shortened(", ".join(numbered), 200)
            table = replace(table, others=others)
        if not header:
            rest, line = first + b"\n" + rest, line - 1

        def chunks() -> Iterator[tuple[Array, int]]:
            below = line + 1
            for data in _chained(rest, pieces):
                yield table.column(data, at, len(cells), below), len(data)
                below += data.count(b"\n")

        return Source(name, chunks())

    return read_table


_BLANKS = re.compile(rb"[ \t]+")


def _with_commas(data: bytes) -> bytes:
    """Return lines of words between blanks as lines of words between commas."""
    lines = _without_comments(data).split(b"\n")
    return b"\n".join(_BLANKS.sub(b",", line.strip()) for line in lines)


# what is, or was meant as, a number; the names e and pi may well be those of columns
_NUMERIC = re.compile(r"[-+.\d]|(inf|infinity|nan)$", re.IGNORECASE)


def _separator(line: bytes, usual: str) -> str:
    """Return what separates the cells of a line: where commas are for decimals, it is the semicolon."""
    bare = re.sub(rb'"[^"]*"', b"", line)
    return ";" if usual == "," and b";" in bare else usual


def _chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from others


@dataclass(frozen=True)
class _Table:
    """Rows of cells between separators; ``others`` names the columns if none was asked for."""

    name: str
    separator: str
    others: str = ""

    def cells(self, row: bytes, line: int) -> list[str]:
        """Return the cells of a row; those in quotes may hold the separator."""
        # not strip(): an empty first cell of a row of tabs is a cell
        text = row.decode(errors="replace").strip("\r\n")
        try:
            (words,) = csv.reader([text], delimiter=self.separator)
        except csv.Error as error:
            raise RequestError(f"{self.name}, line {line}: {error}") from None
        return [word.strip() for word in words]

    def names_columns(self, row: bytes, line: int) -> bool:
        """Whether a first row with numbers in it is one of names: whole numbers, such as years, each once, behind a word.

        The word may be empty, as above an index.
        """
        cells = self.cells(row, line)
        words = [c for c in cells if not c.isdecimal()]
        return (
            not cells[0].isdecimal()
            and not all(map(is_number, words))
            and not any(_NUMERIC.match(w) for w in words)
            and len(set(cells)) == len(cells) > 1
        )

    def without_comments(self, data: bytes, count: int, line: int) -> bytes:
        """Empty the lines that begin with #, but for those that are rows of so many cells."""
        if count == 1 or b"#" not in data:
            return _without_comments(data)

        def kept(found: re.Match[bytes]) -> bytes:
            at = line + data.count(b"\n", 0, found.start())
            return found[0] if len(self.cells(found[0], at)) == count else b""

        return _COMMENT.sub(kept, data)

    def column(self, data: bytes, at: int, count: int, line: int) -> Array:
        """Return a column of rows of so many cells, the first of which stands in that line."""
        data = self.without_comments(data, count, line)
        if not data.strip():
            return np.array([])
        separator = self.separator.encode()
        if count == 1 and separator not in data and b'"' not in data:
            return _numbers(data, self.name, line)
        with suppress(ValueError, csv.Error):
            column = np.loadtxt(
                io.BytesIO(data),
                delimiter=self.separator,
                usecols=at,
                ndmin=1,
                comments=None,
                quotechar='"',
                encoding="utf-8",
            )
            if self.rows_of(data, count) == column.size:
                return column
        rows = enumerate(data.splitlines(), line)
        return np.array([self.number(r, at, count, n) for n, r in rows if r.strip()])

    def rows_of(self, data: bytes, count: int) -> int:
        """Return how many rows have so many cells."""
        if b'"' in data or count == 1:
            lines = data.decode().split("\n")
            rows = csv.reader(lines, delimiter=self.separator)
            return sum(len(row) == count for row in rows)
        marks = self.separator.encode()
        others = bytes(sorted({*range(256)} - {*marks, *b"\n"}))
        return data.translate(None, others).split(b"\n").count(marks * (count - 1))

    def number(self, row: bytes, at: int, count: int, line: int) -> float:
        """Return the number in a cell, or say what is wrong with the row."""
        where, cells = f"{self.name}, line {line}", self.cells(row, line)
        if len(cells) != count:
            columns = "1 column is" if count == 1 else f"{count} columns are"
            hint = f"; a cell with '{self.separator}' stands in quotes, decimals take a point"
            raise RequestError(
                f"{where}: {columns} expected, not {len(cells)}{hint if len(cells) > count else ''}"
            )
        if not cells[at]:
            raise RequestError(
                f"{where}: an empty cell; write nan where there is no number"
            )
        try:
            return number(cells[at])
        except RequestError:
            other = (
                f"; take another with --column: {self.others}" if self.others else ""
            )
            hint = "; decimals take a point" if "," in cells[at] else other
            raise RequestError(
                f"{where}: '{shortened(cells[at])}' is not a number{hint}"
            ) from None


# JSON

_FLAT = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*[^\s\[{]")


def _json(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return a flat array, read forwards, or an array of any shape, alone or in an object, read from a file."""
    pieces = _pieces(_blocks(stream, name), name, b",")
    first = next(pieces, b"")
    if not first.strip():
        return Source(name, iter(()))
    if _FLAT.match(first):
        _check_no_column(name, column)
        inside = _inside(_chained(first.replace(b"[", b" ", 1), pieces), name)
        return Source(name, _between_commas(inside, name, (1, 1)))
    start, end = 0, stream.seek(0, io.SEEK_END)
    if first.lstrip()[:1] == b"{":
        keys, places = _outline(stream, name)
        key = _choose(name, column, list(keys))
        if not isinstance(keys[key], list):
            return _single(keys[key], name, key)
        start, end = places[int(keys[key][0])]
    else:
        _check_no_column(name, column)

    def part() -> Iterator[bytes]:
        return _pieces(_blocks(stream, name, start, end), name, b",")

    bare = (piece.translate(_BRACKETS_TO_BLANKS) for piece in part())
    place = reduce(_behind, _blocks(stream, name, 0, start), (1, 1))
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


def _loads(text: bytes) -> Any:
    """Return what JSON says, ValueError if it is none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        import json

        # slower, but knows NaN and Infinity, which Python writes
        return json.loads(text, parse_int=float)


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
            numbers = _of_json(_loads(b"[" + inner + b"]"))
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
            value = _loads(word)
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
    for data, turns in _turns(_blocks(stream, name, 0)):
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
        if size > _LARGEST_DOCUMENT:
            raise FileError(
                f"{name}: over {_LARGEST_DOCUMENT // 1_000_000} MB beside the arrays in it; use .jsonl or .npy"
            )
    try:
        return _loads(b"".join(kept)), places
    except (ValueError, RecursionError):
        raise _no_json(stream, name) from None


def _turns(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, list[int]]]:
    """Yield the text of an object in parts, and where in each an array or an object under a key of it begins or ends."""
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
    text = _read(stream, CHUNK, name)
    if len(text) < CHUNK:
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
            _check_axes(axes, name)
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


def _json_lines(stream: IO[bytes], name: str, column: str | None) -> Source:
    key: str | None = None

    def read(rows: list[bytes]) -> Array:
        nonlocal key
        values = _loads(b"[" + b",".join(rows) + b"]")
        if values and isinstance(values[0], dict):
            key = key or _choose(name, column, list(values[0]))
            values = [v[key] for v in values]
        elif values:
            _check_no_column(name, column)
        return _of_json(values)

    def fits(row: bytes, first: bytes) -> bool:
        try:
            return bool(read([first, row]).size)
        except _NOT_NUMBERS:
            return False

    def chunks() -> Iterator[tuple[Array, int]]:
        line = 1
        for data in _pieces(_blocks(stream, name), name, b"\n"):
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


_Reader: TypeAlias = Callable[[Any, str, str | None], Source]
_READERS: dict[str, _Reader] = {
    ".npy": _npy,
    ".npz": _npz,
    ".csv": _table(","),
    ".tsv": _table("\t"),
    ".txt": _text,
    ".json": _json,
    ".jsonl": _json_lines,
}


def _choose(source: str, column: str | None, known: Sequence[str]) -> str:
    if not known:
        raise RequestError(f"{source}: nothing in it; numbers are expected")
    if column is None or column in known:
        return column or ("x" if "x" in known else known[0])
    if column.isdigit() and 1 <= int(column) <= len(known):
        return known[int(column) - 1]
    hint = suggestion(column, known) or f"; it has {shortened(', '.join(known), 200)}"
    raise RequestError(f"{source}: no column '{shortened(column)}'{hint}")
