"""Numbers in chunks out of files and pipes of any size. Writing is in files.py and render/streams.py.

Every reader takes a binary stream that is only read forwards, so that a file and a pipe are the same to it. Nothing is
mapped into memory: reading a file that another program shortens would then end this one without a word.
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
from dataclasses import dataclass, field
from functools import partial
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
_LARGEST_DOCUMENT = 64_000_000  # bytes of what must be read as a whole, such as JSON that is no flat array
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
            if reader is _npz:
                # an archive is read from its end
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
    with suppress(orjson.JSONDecodeError):
        first = orjson.loads(line)
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
    separator = "\t" if b"\t" in line else ","
    if column is not None or (below.strip() and _names_columns(line, separator, name)):
        return _table(separator)(joined, name, column)

    def chunks() -> Iterator[tuple[Array, int]]:
        line, before = 1, b"\n"
        for data in _pieces(joined, name, b" \t\r\n,"):
            text = _without_comments(data)
            _check_cells(before + text, name, line - before.count(b"\n"))
            before = text.rstrip(b" \t")[-1:]
            yield _numbers(text, name, line), len(data)
            line += data.count(b"\n")

    return Source(name, chunks())


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


def _pieces(stream: IO[bytes], name: str, ends: bytes) -> Iterator[bytes]:
    """Yield the bytes of a stream in pieces that end where a word, or a line, ends."""
    rest = _read(stream, CHUNK, name).removeprefix(_BYTE_ORDER_MARK)
    while rest:
        data = _read(stream, CHUNK, name)
        if not data:
            yield rest
            return
        # at the end of a line if there is one, as comments go to it
        cut = rest.rfind(b"\n") + 1 if b"\n" in ends else 0
        cut = cut or max(rest.rfind(bytes([end])) for end in ends) + 1
        if cut:
            yield rest[:cut]
        rest = rest[cut:] + data
        if len(rest) > _LARGEST_DOCUMENT:
            raise FileError(f"{name}: is not lines of text")


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
        pieces = _pieces(stream, name, b"\n")
        first, rest, line = b"", b"", 0
        while first.lstrip()[:1] in (b"", b"#"):
            rest = rest or next(pieces, b"")
            if not rest:
                return Source(name, iter(()))
            first, _, rest = rest.partition(b"\n")
            line += 1
        table = _Table(name, _separator(first, separator))
        cells = table.cells(first, line)
        header = not any(map(is_number, cells)) or (
            bool(rest.strip()) and table.names_columns(first, line)
        )
        numbered = cells if header else [str(i) for i in range(1, len(cells) + 1)]
        at = numbered.index(_choose(name, column, numbered))
        if not header:
            rest, line = first + b"\n" + rest, line - 1

        def chunks() -> Iterator[tuple[Array, int]]:
            below = line + 1
            for data in _chained(rest, pieces):
                yield table.column(data, at, len(cells), below), len(data)
                below += data.count(b"\n")

        return Source(name, chunks())

    return read_table


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
    """Rows of cells between separators."""

    name: str
    separator: str

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
        with suppress(ValueError, UnicodeDecodeError):
            column = np.loadtxt(
                io.BytesIO(data),
                delimiter=self.separator,
                usecols=at,
                ndmin=1,
                comments=None,
                quotechar='"',
                encoding="utf-8",
            )
            if b'"' in data or data.count(separator) == column.size * (count - 1):
                return column
        rows = enumerate(data.splitlines(), line)
        return np.array([self.number(r, at, count, n) for n, r in rows if r.strip()])

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
            hint = "; decimals take a point" if "," in cells[at] else ""
            raise RequestError(
                f"{where}: '{shortened(cells[at])}' is not a number{hint}"
            ) from None


# JSON


def _json(stream: IO[bytes], name: str, column: str | None) -> Source:
    pieces = _pieces(stream, name, b",")
    first = next(pieces, b"").lstrip()
    if first[:1] == b"[" and first[1:].lstrip()[:1] not in (b"[", b"{"):
        _check_no_column(name, column)
        return Source(name, _between_commas(_inside(first[1:], pieces, name), name))
    data = _document(first, pieces, name)
    try:
        if data[:1] == b"{":
            data = _of_object(data, name, column)
        else:
            _check_no_column(name, column)
        shape = _shape_of_json(data)
    except ValueError as error:
        raise error if isinstance(error, RequestError) else _no_json(name) from None
    if not data.translate(None, b"[], \t\r\n"):
        return Source(name, iter(()))  # to have no shape is not to be a single number
    bare = (
        piece.translate(_BRACKETS_TO_BLANKS)
        for piece in _pieces(io.BytesIO(data), name, b",")
    )
    return Source(name, _between_commas(bare, name), shape=shape)


def _no_json(name: str) -> FileError:
    return FileError(f"{name}: is no JSON array of numbers")


def _document(first: bytes, pieces: Iterator[bytes], name: str) -> bytes:
    parts, size = [first], len(first)
    for piece in pieces:
        parts.append(piece)
        size += len(piece)
        if size > _LARGEST_DOCUMENT:
            raise FileError(
                f"{name}: over {_LARGEST_DOCUMENT // 1_000_000} MB, too large for JSON other than one flat array; use"
                " .jsonl, .npy or text"
            )
    return b"".join(parts).strip()


def _inside(first: bytes, pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield what stands in a flat array, behind its opening bracket."""
    closed = False
    for data in _chained(first, pieces):
        inner, bracket, behind = data.partition(b"]")
        if closed or behind.strip():
            raise _no_json(name)
        closed = bool(bracket)
        yield inner
    if not closed:
        raise FileError(f"{name}: ends within its array")


def _between_commas(pieces: Iterator[bytes], name: str) -> Iterator[tuple[Array, int]]:
    """Yield the numbers of JSON that was cut behind commas."""
    behind_comma = False
    for data in pieces:
        text = data.strip()
        inner = text.removesuffix(b",")
        if behind_comma and not inner:
            raise _no_json(name)
        behind_comma = inner != text
        try:
            numbers = _of_json(orjson.loads(b"[" + inner + b"]"))
        except (ValueError, TypeError):
            raise _no_json(name) from None
        yield numbers, len(data)
    if behind_comma:
        raise _no_json(name)


# a text, in which brackets mean nothing, or a bracket
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{}]')


def _of_object(data: bytes, name: str, column: str | None) -> bytes:
    """Return the array, still as text, that an object has under a key: Python's own numbers would take ten times its room."""
    arrays: list[tuple[int, int]] = []
    skeleton: list[bytes] = []
    depth = end = 0
    for token in _JSON_TOKEN.finditer(data):
        mark = token.group()
        if mark in (b"[", b"{"):
            depth += 1
            if depth == 2 and mark == b"[":
                start = token.start()
        elif mark in (b"]", b"}"):
            if depth == 2 and mark == b"]":
                skeleton += [data[end:start], b"[%d]" % len(arrays)]
                arrays.append((start, end := token.end()))
            depth -= 1
    keys = orjson.loads(b"".join([*skeleton, data[end:]]))
    value = keys[_choose(name, column, list(keys))]
    if isinstance(value, list):
        start, end = arrays[value[0]]
        return data[start:end]
    return orjson.dumps(value)


# not taken away: [[1]2] would become 12
_BRACKETS_TO_BLANKS = bytes.maketrans(b"[]", b"  ")
_NO_STRUCTURE = bytes(sorted({*range(256)} - {*b"[],"}))


def _shape_of_json(data: bytes) -> tuple[int, ...]:
    """Return the shape of nested arrays as text; ValueError if they have none."""
    structure = data.translate(None, _NO_STRUCTURE)
    depth = len(structure) - len(structure.lstrip(b"["))
    shape: tuple[int, ...] = ()
    expected, before = b"", 1
    for level in range(1, depth + 1):
        # the first array of this level, and how many of those in it there are
        end = structure.index(b"]" * level) + level
        inside = structure.count(b",", 0, end) + 1
        shape = (inside // before, *shape)
        before = inside
        # a product, as join would take eighty bytes for each
        expected = b"[" + ((expected + b",") * shape[0])[:-1] + b"]"
    if structure != expected:
        raise ValueError
    return shape


def _json_lines(stream: IO[bytes], name: str, column: str | None) -> Source:
    def chunks() -> Iterator[tuple[Array, int]]:
        line, key = 1, None
        for data in _pieces(stream, name, b"\n"):
            rows = [row for row in data.splitlines() if row.strip()]
            try:
                values = orjson.loads(b"[" + b",".join(rows) + b"]")
                if values and not isinstance(values[0], dict):
                    _check_no_column(name, column)
                elif values:
                    key = key or _choose(name, column, list(values[0]))
                    values = [v[key] for v in values]
                yield _of_json(values).reshape(-1), len(data)
            except RequestError:
                raise
            except (ValueError, TypeError, KeyError):
                raise FileError(
                    f"{name}, line {line} or after: is no number, nor an object with one"
                ) from None
            line += data.count(b"\n")

    return Source(name, chunks())


def _of_json(value: Any) -> Array:
    _check_numbers(value)
    return np.array(value, dtype=np.float64)


def _check_numbers(value: Any) -> None:
    """Raise TypeError for what is no number, nor one of the texts that JSON has for the non-finite."""
    if isinstance(value, list):
        # the types of a long list are few: they are looked at once
        for kind in {type(v) for v in value} - {int, float}:
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
