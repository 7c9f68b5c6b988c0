"""``actcli eval`` on input of any size: a source, a function, a sink, and never more than a part of it in memory."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from actcli.commands import options

if TYPE_CHECKING:
    import numpy as np

    from actcli.activation import Activation
    from actcli.engine import Array
    from actcli.sources import Source


@dataclass(frozen=True)
class Task:
    """What is computed of every number.

    Attributes:
        function: of which.
        order: 1 for the derivative as well.
        wrt: the derivative by a parameter.
        dtype: the numbers are brought to it; their own unless given.
        threads: how many at most.
    """

    function: "Activation"
    order: int = 0
    wrt: str | None = None
    dtype: str | None = None
    threads: int | None = None

    @property
    def names(self) -> list[str]:
        """The names of the results."""
        return ["f", "derivative"][: self.order + 1]

    def __call__(self, x: "Array") -> "dict[str, Array]":
        """Return the results by name."""
        if not self.order:
            return {"f": self.function(x, threads=self.threads)}
        results = self.function.value_and_derivative(x, self.wrt, threads=self.threads)
        return dict(zip(self.names, results, strict=True))

    def read(self, x: "Array") -> "Array":
        """Return numbers in the dtype asked for."""
        import numpy as np

        with np.errstate(over="ignore"):
            return x.astype(self.result_dtype(x.dtype), copy=False)

    def result_dtype(self, given: "np.dtype[Any]") -> "np.dtype[Any]":
        """Return the dtype of results from numbers of a dtype."""
        import numpy as np

        return np.dtype(self.dtype) if self.dtype else given


def can_stream(function: "Activation", format_: str, output: Path | None) -> bool:
    """Whether a function may be computed in parts, and the results written in parts."""
    # random slopes go by the place in the whole
    return (
        not function.over_axis
        and not function.placed
        and (output is not None or format_ != "table")
    )


def run(
    task: Task, path: Path | None, column: str | None, format_: str, output: Path | None
) -> None:
    """Compute the numbers of a file, or of standard input, into a file or standard output."""
    from actcli import sources
    from actcli.render.output import note
    from actcli.render.records import check_format

    if output is None:
        check_format(format_)
    else:
        format_ = _format_of(output)
    if (
        path
        and output
        and format_ == "npz"
        and path.suffix.lower() == ".npz"
        and not column
    ):
        _every_array(task, path, output)
    else:
        with sources.opened(path, column) as source:
            _pour(task, source, format_, output)
    if output is not None:
        note(f"wrote {output}")


def _format_of(output: Path) -> str:
    from actcli.errors import RequestError
    from actcli.render.records import SUFFIXES

    formats = {**SUFFIXES, ".npy": "npy", ".npz": "npz"}
    if output.suffix.lower() not in formats:
        raise RequestError(
            f"{output}: unknown suffix '{output.suffix}'; {' '.join(formats)} can be written"
        )
    return formats[output.suffix.lower()]


def _pour(task: Task, source: "Source", format_: str, output: Path | None) -> None:
    """Compute what comes from a source into a file or standard output."""
    from actcli import files
    from actcli.render import streams
    from actcli.render.progress import progress

    chunks = _started(source)
    if source.order == "F" and format_ != "npy":
        chunks = _by_rows(source, chunks)
    dtype = task.result_dtype(source.dtype)
    if format_ == "npy":
        files.check_one(task.names)
        if output and source.shape is not None:
            files.check_space(output, _count(source) * dtype.itemsize)
    with (
        _target(output) as stream,
        progress(source.bytes, "bytes") as advance,
    ):
        if format_ == "npy" and output and source.file and hasattr(os, "preadv"):
            streams.write_header(stream, dtype, source.shape or (), source.order)
            _by_place(task, source, stream, dtype, advance)
            return
        shown = [
            n for n in ("x", *task.names) if n != "x" or format_ not in ("plain", "npy")
        ]
        with streams.sink(
            stream,
            format_,
            shown,
            known={
                "function": task.function.name,
                "params": options.shown_parameters(task.function),
                "dtype": dtype.name,
            },
            dtype=dtype,
            shape=source.shape,
            order=source.order,
            folder=output.parent if output else None,
        ) as sink:
            for chunk, size in chunks:
                x = task.read(chunk)
                results = {"x": x, **task(x)}
                sink.write({n: results[n] for n in shown})
                advance(size)


def _started(source: "Source") -> "Iterator[tuple[Array, int]]":
    """Return the chunks of a source that has numbers: nothing is written for one that has none."""
    from itertools import chain

    for first in source.chunks:
        if first[0].size:
            return chain([first], source.chunks)
    raise source.empty()


def _by_rows(
    source: "Source", chunks: "Iterator[tuple[Array, int]]"
) -> "Iterator[tuple[Array, int]]":
    """Return all of an array that stands by columns, in the order of its rows, which takes the memory of all of it."""
    source.chunks, count = chunks, source.bytes or 0
    whole = source.whole()
    source.order = "C"
    return iter([(whole.ravel(), count)])


def _count(source: "Source") -> int:
    from math import prod

    return prod(source.shape or ())


@contextmanager
def _target(output: Path | None) -> "Iterator[IO[bytes]]":
    if output is None:
        try:
            yield sys.stdout.buffer
        except BrokenPipeError:
            # whoever reads has enough; what is buffered cannot be written either
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    from actcli import files

    with files.written_whole(output) as stream:
        yield stream


_PART = (
    1 << 19
)  # bytes: what is read, computed and written again before it has left the cache


def _by_place(
    task: Task,
    source: "Source",
    stream: IO[bytes],
    dtype: "np.dtype[Any]",
    advance: Callable[..., None],
) -> None:
    """Compute a file of numbers into another, each thread its own part: read, compute, write."""
    from threading import Lock

    from actcli import engine, files

    assert source.file is not None
    stream.flush()
    start, count, lock = stream.tell(), _count(source), Lock()
    files.reserve(stream, start + count * dtype.itemsize)
    given, taken = source.file.fileno(), stream.fileno()
    length = _PART // source.dtype.itemsize
    single = Task(task.function, dtype=task.dtype, threads=1)

    def part(first: int) -> None:
        x = _read_at(given, source, first, min(length, count - first))
        _write_at(
            taken,
            single(single.read(x))["f"].data.cast("B"),
            start + first * dtype.itemsize,
        )
        with lock:
            advance(x.nbytes)

    engine.each(part, range(0, count, length), task.threads or engine.processors())


def _read_at(file: int, source: "Source", first: int, count: int) -> "Array":
    import numpy as np

    from actcli.errors import FileError

    x = np.empty(count, source.dtype)
    view, size = x.data.cast("B"), source.dtype.itemsize
    done = 0
    while done < x.nbytes:
        more = os.preadv(file, [view[done:]], source.offset + first * size + done)
        if not more:
            raise FileError(
                f"{source.name}: ends after {first + done // size} of {_count(source)} numbers"
            )
        done += more
    return x


def _write_at(file: int, data: memoryview, place: int) -> None:
    while data:
        done = os.pwrite(file, data, place)
        data, place = data[done:], place + done


def _every_array(task: Task, path: Path, output: Path) -> None:
    """Compute every array of an archive into another, under its name; a derivative under that with _derivative."""
    import zipfile

    from actcli import files, sources
    from actcli.render.progress import progress
    from actcli.render.streams import ArraySink

    with files.written_whole(output) as stream, zipfile.ZipFile(stream, "w") as archive:
        for name in sources.names(path):
            for result in task.names:
                member = name if result == "f" else f"{name}_derivative"
                with (
                    sources.opened(path, name) as source,
                    progress(source.bytes, "bytes") as advance,
                    archive.open(f"{member}.npy", "w", force_zip64=True) as part,
                ):
                    sink = ArraySink(
                        part,
                        task.result_dtype(source.dtype),
                        source.shape,
                        source.order,
                    )
                    for chunk, size in source.chunks:
                        sink.write({"f": task(task.read(chunk))[result]})
                        advance(size)
