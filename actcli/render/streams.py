"""Results that come in chunks, into files and pipes: text row by row, arrays behind their header. Memory stays constant."""

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from math import prod
from pathlib import Path
from typing import IO, Any, Protocol, Self, TypeAlias

import numpy as np

from actcli import files
from actcli.engine import Array
from actcli.render.records import body, head, json_text

Shapes: TypeAlias = Mapping[str, tuple[int, ...] | None]

_AT_A_TIME = 1 << 17  # numbers of eight bytes, of what is written out again


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
        for start in range(0, max(map(len, columns.values())), _AT_A_TIME):
            rows = slice(start, start + _AT_A_TIME)
            part = {name: column[rows] for name, column in columns.items()}
            self.stream.write(body(self.format, part))

    def finish(self) -> None:
        """Leave nothing in the buffer, so that what fails fails here."""
        self.stream.flush()


class Ends:
    """The first and the last rows of columns that come in parts."""

    def __init__(self, first: int, last: int) -> None:
        self.numbers = first, last
        self.count = 0
        self.first: list[Mapping[str, Array]] = []
        self.last: Mapping[str, Array] = {}

    def write(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows."""
        first, last = self.numbers
        if room := max(0, first - self.count):
            # a copy, as a part of an array keeps the whole
            self.first.append({n: c[:room].copy() for n, c in columns.items()})
        self.last = {
            n: np.concatenate([self.last.get(n, c[:0]), c[-last:]])[-last:]
            for n, c in columns.items()
        }
        self.count += max(map(len, columns.values()))

    def rows(self) -> dict[str, Array]:
        """Return the columns: all rows, or of more than there is room for the first and the last."""
        parts = [*self.first, *([self.last] if self.count > self.numbers[0] else [])]
        return {n: np.concatenate([part[n] for part in parts]) for n in self.last}


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
        self.stream.write(files.memory(np.ascontiguousarray(column, self.dtype)))
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

    def __init__(self, shapes: Shapes, folder: Path | None = None) -> None:
        self.shapes, self.folder = shapes, folder
        self.columns: dict[str, tuple[IO[bytes], np.dtype[Any]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for kept, _dtype in self.columns.values():
            kept.close()

    def write(self, columns: Mapping[str, Array]) -> None:
        """Take the next rows."""
        for name, column in columns.items():
            with files.keeping(self.folder):
                if name not in self.columns:
                    kept = tempfile.TemporaryFile(dir=self.folder)  # noqa: SIM115  # closed by __exit__
                    self.columns[name] = kept, column.dtype
                self.columns[name][0].write(files.memory(np.ascontiguousarray(column)))

    def at_a_time(self, name: str) -> int:
        """Return how many elements of a column are written out again at a time; texts may be long."""
        return max(1, 8 * _AT_A_TIME // self.columns[name][1].itemsize)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of a column, and go back to where it begins."""
        kept, dtype = self.columns[name]
        with files.keeping(self.folder):
            length = kept.seek(0, 2) // dtype.itemsize
            kept.seek(0)
        shape = self.shapes[name]
        return (length,) if shape is None else shape

    def take(self, name: str, count: int) -> Array:
        """Return the next numbers of a column."""
        kept, dtype = self.columns[name]
        return np.frombuffer(kept.read(count * dtype.itemsize), dtype)

    def array_into(self, stream: IO[bytes], name: str, order: str = "C") -> None:
        """Write a column as .npy."""
        sink = ArraySink(stream, self.columns[name][1], self.shape(name), order)
        while (part := self.take(name, self.at_a_time(name))).size:
            sink.write({name: part})


class SpooledArraySink(SpooledSink):
    """One array as .npy into a pipe, where its header cannot be written again."""

    def __init__(self, stream: IO[bytes], shapes: Shapes) -> None:
        super().__init__(shapes)
        self.stream = stream

    def finish(self) -> None:
        """Write the only column."""
        (name,) = self.columns
        self.array_into(self.stream, name)
        self.stream.flush()


class ArchiveSink(SpooledSink):
    """Columns as the arrays of an .npz."""

    def __init__(
        self, stream: IO[bytes], shapes: Shapes, order: str, folder: Path | None
    ) -> None:
        super().__init__(shapes, folder)
        self.stream, self.order = stream, order

    def finish(self) -> None:
        """Write the columns by their names."""
        with zipfile.ZipFile(self.stream, "w") as archive:
            for name in self.columns:
                with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                    self.array_into(member, name, self.order)
        self.stream.flush()


class DocumentSink(SpooledSink):
    """One JSON document: what is known before, then the columns as arrays."""

    def __init__(
        self,
        stream: IO[bytes],
        known: Mapping[str, Any],
        shapes: Shapes,
        folder: Path | None,
    ) -> None:
        super().__init__(shapes, folder)
        self.stream, self.known = stream, known

    def finish(self) -> None:
        """Write the document."""
        self.stream.write(json_text(self.known)[:-1].encode())
        for name in self.columns:
            self.stream.write(f", {json_text(name)}: ".encode())
            self.write_nested(name, self.shape(name))
        self.stream.write(b"}\n")
        self.stream.flush()

    def write_nested(self, name: str, shape: tuple[int, ...]) -> None:
        """Write the next numbers of a column as an array of that shape, some of its rows at a time."""
        if not shape:
            self.stream.write(json_text(self.take(name, 1).reshape(())).encode())
            return
        inner, most = prod(shape[1:]), self.at_a_time(name)
        step = max(1, most // inner)
        separator = b"["
        for row in range(0, shape[0], step):
            self.stream.write(separator)
            separator = b", "
            if inner > most:
                self.write_nested(name, shape[1:])
                continue
            count = min(step, shape[0] - row)
            rows = self.take(name, count * inner).reshape(count, *shape[1:])
            self.stream.write(json_text(rows)[1:-1].encode())
        self.stream.write(b"]")


@contextmanager
def sink(
    stream: IO[bytes],
    format_: str,
    shapes: Shapes,
    *,
    known: Mapping[str, Any],
    dtype: "np.dtype[Any]",
    order: str,
    folder: Path | None,
) -> Iterator[Sink]:
    """Give what takes columns of those names in a format, and finish it.

    Args:
        stream: a file, or with ``folder=None`` standard output.
        format_: of records.py, or npy or npz.
        shapes: of the columns, by name; None for one of which only the end tells.
        known: what a JSON document says before the columns.
        dtype: of the results.
        order: that of the memory of the input.
        folder: where there is room for what must be kept until the end.
    """
    if format_ == "npy":
        files.check_one(shapes)
    with ExitStack() as stack:
        taker: Sink
        shape = next(iter(shapes.values()))
        if format_ == "npy" and (shape is not None or folder is not None):
            taker = ArraySink(stream, dtype, shape, order)
        elif format_ == "npy":
            taker = stack.enter_context(SpooledArraySink(stream, shapes))
        elif format_ == "npz":
            taker = stack.enter_context(ArchiveSink(stream, shapes, order, folder))
        elif format_ == "json":
            taker = stack.enter_context(DocumentSink(stream, known, shapes, folder))
        else:
            taker = TextSink(stream, format_, tuple(shapes))
        yield taker
        taker.finish()
