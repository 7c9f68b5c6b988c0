"""Numbers in chunks out of files and pipes of any size. Writing is in files.py and render/streams.py.

Every reader takes a binary stream, so that a file and a pipe are the same to it; an archive, and JSON other than a flat
array, which are not read forwards, a pipe leaves in a temporary file. Nothing is mapped into memory: reading a file that
another program shortens would then end this one without a word.
"""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    ExitStack,
    contextmanager,
    nullcontext,
    suppress,
)
from functools import partial
from pathlib import Path
from typing import IO, Any

from actcli.errors import FileError, RequestError, reason
from actcli.sources import raw
from actcli.sources.arrays import read_npy, read_npz
from actcli.sources.json_text import FLAT, loads, read_json, read_json_lines
from actcli.sources.source import STANDARD_INPUT, Reader, Source
from actcli.sources.text import read_text, table_reader

__all__ = ["Source", "columns_of", "opened"]

_READERS: dict[str, Reader] = {
    ".npy": read_npy,
    ".npz": read_npz,
    ".csv": table_reader(","),
    ".tsv": table_reader("\t"),
    ".hex": table_reader("\t"),
    ".txt": read_text,
    ".json": read_json,
    ".jsonl": read_json_lines,
}


@contextmanager
def opened(
    path: Path | None, column: str | None = None, stream: Any = None
) -> Iterator[Source]:
    """Give the numbers of a file by its suffix; of standard input, or what has no suffix, by what it begins with.

    Args:
        path: a .npy .npz .csv .tsv .hex .txt .json or .jsonl, a pipe or a device; None for standard input.
        column: which column of a table, array of an archive or key of JSON, by name or by its number from 1. Unless
            given it is ``x`` or the first; of an archive ``x`` or the only one.
        stream: what that file or pipe holds, if it has been opened.

    Raises:
        FileError: it is missing, cannot be read, is not what its suffix says, ends too early, or a word is no number.
        RequestError: the suffix is unknown, or there is no such column.
    """
    name = str(path) if path else STANDARD_INPUT
    with _reading(name), ExitStack() as stack:
        if stream is None:
            stream = stack.enter_context(_binary(path))
        size = path.stat().st_size if path and path.is_file() else None
        reader = _READERS.get(path.suffix.lower()) if path else None
        if path and path.suffix and reader is None and size is not None:
            raise RequestError(
                f"{path}: unknown suffix '{path.suffix}'; {' '.join(_READERS)} can be read"
            )
        if size is None or reader is None:
            start = _begin(stream, name)
            reader = reader or _recognised(start)
            stream = raw.Joined(start, stream)
            if reader is read_npz or (reader is read_json and not FLAT.match(start)):
                # read from its end, or twice
                stream = stack.enter_context(raw.kept(stream))
        source = reader(stream, name, column)
        if source.bytes is None:
            source.bytes = size
        yield source


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename is None or str(error.filename) != name:
            raise
        raise FileError(f"{name}: {reason(error)}") from None


@contextmanager
def columns_of(
    path: Path | None,
) -> Iterator[Callable[[str | None], AbstractContextManager[Source]]]:
    """Give what opens one column after the other of a file, or of a pipe, which is kept for that."""
    if path and path.is_file():
        yield partial(opened, path)
        return
    with ExitStack() as stack:
        with _reading(str(path or STANDARD_INPUT)), _binary(path) as stream:
            whole = stack.enter_context(raw.kept(stream))

        def column_of(column: str | None) -> AbstractContextManager[Source]:
            whole.seek(0)
            return opened(path, column, whole)

        yield column_of


def _binary(path: Path | None) -> AbstractContextManager[Any]:
    return path.open("rb") if path else nullcontext(_standard_input())


def _standard_input() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        return io.BytesIO()
    return sys.stdin.buffer


def _begin(stream: IO[bytes], name: str) -> bytes:
    """Return what a stream begins with: of JSON all of the first line, and some of the next if there is one."""
    first = raw.read(stream, raw.CHUNK, name)
    start, data, ended = bytearray(first), _bare(first), False
    if data[:1] not in (b"[", b"{"):
        return first
    while data and len(start) <= raw.LARGEST_DOCUMENT:
        if not ended:
            _, newline, data = data.partition(b"\n")
            ended = bool(newline)
        # not by an expression for both: over many blank lines its time grows with their square
        if ended and data.strip():
            break
        data = raw.read(stream, raw.CHUNK, name)
        start += data
    return bytes(start)


def _bare(start: bytes) -> bytes:
    return start.removeprefix(raw.BYTE_ORDER_MARK).lstrip()


def _recognised(start: bytes) -> Reader:
    """Return what reads a stream that begins so."""
    if start.startswith(b"\x93NUMPY"):
        return read_npy
    if start.startswith(b"PK\x03\x04"):
        return read_npz
    bare = _bare(start)
    if bare[:1] not in (b"[", b"{"):
        return read_text
    line, _, below = bare.partition(b"\n")
    if not below.strip() and len(line) > raw.CHUNK:
        return read_json  # which needs far less memory for an array than to look at it as a whole
    with suppress(ValueError, RecursionError):
        first = loads(line)
        if below.strip() or not (
            isinstance(first, list) or any(isinstance(v, list) for v in first.values())
        ):
            return read_json_lines
    return read_json
