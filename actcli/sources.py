"""Numbers in chunks out of files and pipes of any size. Writing is in files.py and render/streams.py.

Every reader takes a binary stream that is only read forwards, so that a file and a pipe are the same to it. Nothing is
mapped into memory: reading a file that another program shortens would then end this one without a word.
"""

import io
import math
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson

from actcli.engine import Array, as_floats
from actcli.errors import FileError, RequestError
from actcli.points import parse_text
from actcli.registry import suggestion
from actcli.spec import is_number

CHUNK = 1 << 20  # bytes that are read at a time
_STANDARD_INPUT = "standard input"
_LARGEST_DOCUMENT = 1 << 26  # bytes of one JSON document, which must be read as a whole
_FLOAT64 = np.dtype(np.float64)


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
    """

    name: str
    chunks: Iterator[tuple[Array, int]]
    dtype: "np.dtype[Any]" = field(default=_FLOAT64)
    shape: tuple[int, ...] | None = None
    order: str = "C"
    bytes: int | None = None
    file: io.BufferedReader | None = None
    offset: int = 0

    def empty(self) -> RequestError:
        """Return what is said of a source without numbers."""
        if self.name == _STANDARD_INPUT:
            return RequestError(
                "no numbers; give them with -x 1,2,-3, with -i FILE, or through a pipe"
            )
        return RequestError(f"{self.name}: no numbers in it")

    def whole(self) -> Array:
        """Return all numbers at once, in their shape."""
        parts = [chunk for chunk, _ in self.chunks]
        flat = np.concatenate(parts) if parts else np.array([])
        if not flat.size:
            raise self.empty()
        if self.shape is None:
            return flat
        order: Any = self.order
        return flat.reshape(self.shape, order=order)


@contextmanager
def opened(path: Path | None, column: str | None = None) -> Iterator[Source]:
    """Give the numbers of a file, by its suffix, or of standard input, by what it begins with.

    Args:
        path: a .npy .npz .csv .tsv .txt .json or .jsonl; None for standard input.
        column: which column of a table, array of an archive or key of JSON, by name or by its number from 1; ``x`` or
            the first unless given.

    Raises:
        FileError: it is missing, cannot be read, is not what its suffix says, or ends too early.
        RequestError: the suffix is unknown, there is no such column, or a word is no number.
    """
    name = str(path) if path else _STANDARD_INPUT
    with _reading(name):
        if path is None:
            # an archive is read from its end
            with tempfile.SpooledTemporaryFile(CHUNK) as kept:
                yield _sniffed(_standard_input(), name, column, kept)
            return
        reader = _READERS.get(path.suffix.lower())
        if reader is None:
            raise RequestError(
                f"{path}: unknown suffix '{path.suffix}'; {' '.join(_READERS)} can be read"
            )
        with path.open("rb") as stream:
            source = reader(stream, name, column)
            if source.bytes is None:
                source.bytes = path.stat().st_size
            yield source


def read(path: Path | None, column: str | None = None) -> Array:
    """Return the numbers of a file or of standard input, all at once; as in ``opened``."""
    with opened(path, column) as source:
        return source.whole()


def names(path: Path) -> list[str]:
    """Return the names of the arrays in an archive."""
    with _reading(str(path)), path.open("rb") as stream:
        return _members(_archive(stream, str(path)))


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


def _sniffed(
    stream: IO[bytes], name: str, column: str | None, kept: IO[bytes]
) -> Source:
    start = _read(stream, CHUNK, name)
    joined = _Joined(start, stream)
    line, _, below = start.partition(b"\n")
    if start.startswith(b"\x93NUMPY"):
        return _npy(joined, name, column)
    if start.startswith(b"PK\x03\x04"):
        shutil.copyfileobj(joined, kept)
        return _npz(kept, name, column)
    if start.lstrip()[:1] in (b"[", b"{"):
        with suppress(orjson.JSONDecodeError):
            first = orjson.loads(line)
            if not isinstance(first, list) and not any(
                isinstance(v, list) for v in first.values()
            ):
                return _json_lines(joined, name, column)
        return _json(joined, name, column)
    # a line of words above others names columns
    words = line.decode(errors="replace").replace(",", " ").split()
    named = words and below.strip() and not any(map(is_number, words))
    if column is not None or named:
        return _table("\t" if b"\t" in line else ",")(joined, name, column)
    return _text(joined, name, column)


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
    if dtype.hasobject or dtype.kind not in "biuf":
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
            raise FileError(f"{name}: ends after {done} of {count} numbers")
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
    member = _choose(name, column, _members(archive))
    where = f"{name}, array '{member}'"
    try:
        return _npy(archive.open(f"{member}.npy"), where, None)
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


def _text(stream: IO[bytes], name: str, _: str | None) -> Source:
    def chunks() -> Iterator[tuple[Array, int]]:
        line = 1
        for data in _pieces(stream, name, b" \t\r\n,"):
            numbers = _numbers(data, name, line)
            line += data.count(b"\n")
            yield numbers, len(data)

    return Source(name, chunks())


def _pieces(stream: IO[bytes], name: str, ends: bytes) -> Iterator[bytes]:
    """Yield the bytes of a stream in pieces that end where a word, or a line, ends."""
    rest = _read(stream, CHUNK, name).removeprefix(b"\xef\xbb\xbf")
    while rest:
        data = _read(stream, CHUNK, name)
        if not data:
            yield rest
            return
        cut = max(rest.rfind(bytes([end])) for end in ends) + 1
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
        first, line = b"", 1
        while not first.strip():
            piece = next(pieces, b"")
            first, _, rest = piece.lstrip(b"\r\n").partition(b"\n")
            line += piece.count(b"\n") - rest.count(b"\n")
            if not piece:
                return Source(name, iter(()))
        cells = _cells(first, separator)
        header = not any(map(is_number, cells))
        numbered = cells if header else [str(i) for i in range(1, len(cells) + 1)]
        at = numbered.index(_choose(name, column, numbered))
        if not header:
            rest, line = first + b"\n" + rest, line - 1

        def chunks() -> Iterator[tuple[Array, int]]:
            below = line
            for data in _chained(rest, pieces):
                single = len(cells) == 1
                yield (
                    (
                        _numbers(data, name, below)
                        if single
                        else _cut(data, separator, at, name, below)
                    ),
                    len(data),
                )
                below += data.count(b"\n")

        return Source(name, chunks())

    return read_table


def _chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from others


def _cells(line: bytes, separator: str) -> list[str]:
    # not strip(): an empty first cell of a row of tabs is a cell
    text = line.decode(errors="replace").strip("\r\n")
    return [cell.strip().strip('"') for cell in text.split(separator)]


def _cut(data: bytes, separator: str, at: int, name: str, line: int) -> Array:
    """Return a column of rows that begin in that line."""
    if not data.strip():
        return np.array([])
    with suppress(ValueError, UnicodeDecodeError):
        return np.loadtxt(
            io.BytesIO(data),
            delimiter=separator,
            usecols=at,
            ndmin=1,
            comments=None,
            quotechar='"',
            encoding="utf-8",
        )
    words = []
    for number, row in enumerate(data.splitlines(), line):
        cells = _cells(row, separator)
        if len(cells) <= at and row.strip():
            raise RequestError(f"{name}, line {number}: {at + 1} columns are expected")
        if row.strip() and not cells[at]:
            raise RequestError(
                f"{name}, line {number}: an empty cell; write nan where there is no number"
            )
        words.append(cells[at] if row.strip() else "")
    return parse_text("\n".join(words), name, line)


# JSON


def _json(stream: IO[bytes], name: str, column: str | None) -> Source:
    data = b""
    while piece := _read(stream, CHUNK, name):
        data += piece
        if len(data) > _LARGEST_DOCUMENT:
            raise FileError(
                f"{name}: too large for one JSON document; use .jsonl, .npy or text"
            )
    try:
        document = orjson.loads(data)
        if isinstance(document, dict):
            document = document[_choose(name, column, list(document))]
        array = _of_json(document)
    except (ValueError, TypeError):
        raise FileError(f"{name}: is no JSON array of numbers") from None
    return Source(name, iter([(array.ravel(), len(data))]), shape=array.shape)


def _json_lines(stream: IO[bytes], name: str, column: str | None) -> Source:
    def chunks() -> Iterator[tuple[Array, int]]:
        line, key = 1, None
        for data in _pieces(stream, name, b"\n"):
            rows = [row for row in data.splitlines() if row.strip()]
            try:
                values = orjson.loads(b"[" + b",".join(rows) + b"]")
                if values and isinstance(values[0], dict):
                    key = key or _choose(name, column, list(values[0]))
                    values = [v[key] for v in values]
                yield _of_json(values).reshape(-1), len(data)
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


_READERS: dict[str, Callable[[Any, str, str | None], Source]] = {
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
    hint = suggestion(column, known) or f"; it has {', '.join(known)}"
    raise RequestError(f"{source}: no column '{column}'{hint}")
