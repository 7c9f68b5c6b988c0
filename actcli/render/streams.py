"""Results that come in chunks, into files and pipes: text row by row, arrays behind their header. Memory stays constant."""

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self

import numpy as np

from actcli import files
from actcli.engine import Array
from actcli.render.records import body, head, json_text

_AT_A_TIME = 1 << 17  # numbers, of what is written out again


class Sink(Protocol):
    """Takes columns in parts, and writes the rest when it is finished."""

    def write(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows."""

    def finish(self) -> None:
        """Write what can only be written at the end."""


class TextSink:
    """Rows in a format of records.py."""

    def __init__(self, stream: IO[bytes], format_: str, names: Sequence[str]) -> None:
        self.stream, self.format = stream, format_
        stream.write(head(format_, names))

    def write(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows."""
        self.stream.write(body(self.format, columns))

    def finish(self) -> None:
        """Leave nothing in the buffer, so that what fails fails here."""
        self.stream.flush()


class ArraySink:
    """One array as .npy; its header is written again if only the end tells how long it is."""

    def __init__(
        self,
        stream: IO[bytes],
        dtype: "np.dtype[Any]",
        shape: tuple[int, ...] | None,
        order: str = "C",
    ) -> None:
        self.stream, self.dtype, self.shape = stream, dtype, shape
        self.count = 0
        write_header(stream, dtype, (0,) if shape is None else shape, order)

    def write(self, columns: Mapping[str, Array]) -> None:
        """Take the next elements."""
        (column,) = columns.values()
        self.stream.write(np.ascontiguousarray(column, self.dtype).data)
        self.count += column.size

    def finish(self) -> None:
        """Write the length."""
        if self.shape is None:
            self.stream.seek(0)
            write_header(self.stream, self.dtype, (self.count,), "C")
        self.stream.flush()


def write_header(
    stream: IO[bytes], dtype: "np.dtype[Any]", shape: tuple[int, ...], order: str
) -> None:
    """Write what stands before the elements in .npy; NumPy leaves room in it for a length that grows."""
    descr = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": descr, "fortran_order": order == "F", "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)


class SpooledSink:
    """Columns that must stand one after the other: each is kept in a temporary file until the end."""

    def __init__(
        self, shape: tuple[int, ...] | None, folder: Path | None = None
    ) -> None:
        self.shape, self.folder = shape, folder
        self.columns: dict[str, tuple[IO[bytes], np.dtype[Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for kept, _dtype in self.columns.values():
            kept.close()

    def write(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows."""
        for name, column in columns.items():
            if name not in self.columns:
                kept = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115  # closed by __exit__
                self.columns[name] = kept, column.dtype
            self.columns[name][0].write(np.ascontiguousarray(column).data)

    def parts(self, name: str) -> Iterator[Array]:
        """Yield a column again, a part at a time."""
        kept, dtype = self.columns[name]
        kept.seek(0)
        while data := kept.read(_AT_A_TIME * dtype.itemsize):
            yield np.frombuffer(data, dtype)

    def size(self, name: str) -> int:
        """Return how long a column is."""
        kept, dtype = self.columns[name]
        return kept.seek(0, 2) // dtype.itemsize

    def array_into(self, stream: IO[bytes], name: str) -> None:
        """Write a column as .npy."""
        sink = ArraySink(
            stream, self.columns[name][1], self.shape or (self.size(name),)
        )
        for part in self.parts(name):
            sink.write({name: part})


class SpooledArraySink(SpooledSink):
    """One array as .npy into a pipe, where its header cannot be written again."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__(None)
        self.stream = stream

    def finish(self) -> None:
        """Write the only column."""
        (name,) = self.columns
        self.array_into(self.stream, name)
        self.stream.flush()


class ArchiveSink(SpooledSink):
    """Columns as the arrays of an .npz."""

    def __init__(
        self, stream: IO[bytes], shape: tuple[int, ...] | None, folder: Path | None
    ) -> None:
        super().__init__(shape, folder)
        self.stream = stream

    def finish(self) -> None:
        """Write the columns by their names."""
        with zipfile.ZipFile(self.stream, "w") as archive:
            for name in self.columns:
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    self.array_into(member, name)
        self.stream.flush()


class DocumentSink(SpooledSink):
    """One JSON document: what is known before, then the columns as arrays."""

    def __init__(
        self,
        stream: IO[bytes],
        known: Mapping[str, Any],
        shape: tuple[int, ...] | None,
        folder: Path | None,
    ) -> None:
        super().__init__(shape, folder)
        self.stream, self.known = stream, known

    def finish(self) -> None:
        """Write the document."""
        self.stream.write(json_text(self.known)[:-1].encode())
        for name in self.columns:
            self.stream.write(f", {json_text(name)}: ".encode())
            self.write_array(name)
        self.stream.write(b"}\n")
        self.stream.flush()

    def write_array(self, name: str) -> None:
        """Write a column; one of several dimensions is made as a whole."""
        if self.shape is not None and len(self.shape) != 1:
            whole = np.concatenate(list(self.parts(name))).reshape(self.shape)
            self.stream.write(json_text(whole).encode())
            return
        separator = b"["
        for part in self.parts(name):
            self.stream.write(separator + json_text(part)[1:-1].encode())
            separator = b", "
        self.stream.write(b"]")


@contextmanager
def sink(
    stream: IO[bytes],
    format_: str,
    names: Sequence[str],
    *,
    known: Mapping[str, Any],
    dtype: "np.dtype[Any]",
    shape: tuple[int, ...] | None,
    order: str,
    folder: Path | None,
) -> Iterator[Sink]:
    """Give what takes columns of those names in a format, and finish it.

    Args:
        stream: a file, or with ``folder=None`` standard output.
        format_: of records.py, or npy or npz.
        names: of the columns.
        known: what a JSON document says before the columns.
        dtype: of the results.
        shape: of the input, None if only the end tells.
        order: that of the memory of the input.
        folder: where there is room for what must be kept until the end.
    """
    if format_ == "npy":
        files.check_one(names)
    with ExitStack() as stack:
        taker: Sink
        if format_ == "npy" and (shape is not None or folder is not None):
            taker = ArraySink(stream, dtype, shape, order)
        elif format_ == "npy":
            taker = stack.enter_context(SpooledArraySink(stream))
        elif format_ == "npz":
            taker = stack.enter_context(ArchiveSink(stream, shape, folder))
        elif format_ == "json":
            taker = stack.enter_context(DocumentSink(stream, known, shape, folder))
        else:
            taker = TextSink(stream, format_, names)
        yield taker
        taker.finish()
