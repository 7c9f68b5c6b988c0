"""The bytes of a file or a pipe, in parts; what they mean is for the other files here."""

import codecs
import io
import math
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from actcli import files
from actcli.errors import FileError, reason

CHUNK = 1 << 20  # bytes that are read at a time
# bytes of what must be read as a whole: a line, JSON beside its arrays
LARGEST_DOCUMENT = 64_000_000
BYTE_ORDER_MARK = codecs.BOM_UTF8


def read(stream: IO[bytes], count: int, name: str) -> bytes:
    """Read up to that many bytes; what fails has the name of the source."""
    try:
        return stream.read(count)
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise FileError(f"{name}: {reason(error)}") from None


def blocks(
    stream: IO[bytes], name: str, start: int | None = None, end: float = math.inf
) -> Iterator[bytes]:
    """Yield the bytes of a stream: from where it is, or of a file from one place to another."""
    if start is not None:
        stream.seek(start)
    left = end - (start or 0)
    while left and (data := read(stream, int(min(CHUNK, left)), name)):
        left -= len(data)
        yield data


def pieces(parts: Iterator[bytes], name: str, ends: bytes) -> Iterator[bytes]:
    """Yield bytes in pieces that end where a word, or a line, ends."""
    rest = next(parts, b"").removeprefix(BYTE_ORDER_MARK)
    if rest.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError(f"{name}: is UTF-16; save it as UTF-8")
    for data in parts:
        # at the end of a line if there is one, as comments go to it
        cut = rest.rfind(b"\n") + 1 if b"\n" in ends else 0
        cut = cut or max(rest.rfind(bytes([end])) for end in ends) + 1
        if cut:
            yield rest[:cut]
        rest = rest[cut:] + data
        if len(rest) > LARGEST_DOCUMENT:
            unit = "line" if b"\n" in ends else "number"
            raise FileError(
                f"{name}: a {unit} in it is over {LARGEST_DOCUMENT // 1_000_000} MB; use .npy"
            )
    if rest:
        yield rest


def chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """Yield bytes, if there are any, and then the others."""
    if first:
        yield first
    yield from others


@contextmanager
def kept(stream: IO[bytes]) -> Iterator[Any]:
    """Give a stream as a file that can be read from any place."""
    with tempfile.SpooledTemporaryFile(CHUNK) as file:
        with files.keeping(None):
            shutil.copyfileobj(stream, file)
        file.seek(0)
        yield file


class Joined(io.BytesIO):
    """A stream, with what was already taken from it in front."""

    def __init__(self, start: bytes, rest: IO[bytes]) -> None:
        super().__init__(start)
        self.rest = rest

    def read(self, size: int | None = -1) -> bytes:
        taken = super().read(size)
        if size is None or size < 0:
            return taken + self.rest.read()
        if taken:
            return taken
        self.truncate(0)  # it may be long
        return self.rest.read(size)
