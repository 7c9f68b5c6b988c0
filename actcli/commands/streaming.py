"""``actcli eval`` on input of any size: a source, a function, a sink, and never more than a part of it in memory."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from actcli.commands import options

if TYPE_CHECKING:
    import numpy as np

    from actcli.activation import Activation
    from actcli.engine import Array, Kernel
    from actcli.sources import Source

Shape: TypeAlias = tuple[int, ...] | None
# prints columns, of so many rows, some of which may be left out; whether they are a single row of an array
Show: TypeAlias = Callable[["dict[str, Array]", int, bool], None]


@dataclass(frozen=True)
class Task:
    """What is computed of every number.

    Attributes:
        function: of which.
        order: 1 for the derivative as well.
        wrt: the derivative by a parameter.
        dtype: the numbers are brought to it; their own unless given.
        threads: how many at most.
        upstream: a gradient that every number gets, of a function of each number alone.
    """

    function: "Activation"
    order: int = 0
    wrt: str | None = None
    dtype: str | None = None
    threads: int | None = None
    upstream: float | None = None

    @property
    def names(self) -> list[str]:
        """The names of the results."""
        back = [] if self.upstream is None else ["upstream", "backward"]
        return ["f", "derivative"][: self.order + 1] + back

    @property
    def seeded(self) -> bool:
        """Whether random numbers go by the place in the whole."""
        return self.function.placed and self.function.resolve({})["seed"] is not None

    def __call__(self, x: "Array", place: int = 0) -> "dict[str, Array]":
        """Return the results by name.

        Args:
            x: any numbers; for a function over an axis slabs, each of which begins with that axis.
            place: of the first number in the whole.
        """
        if self.upstream is not None:
            return replace(self, upstream=None)(x, place) | self._backward(x)
        if self.function.over_axis:
            return {"f": self.function(x, axis=1, threads=self.threads)}
        if self.seeded:
            return self._from_place(x, place)
        if not self.order:
            return {"f": self.function(x, threads=self.threads)}
        results = self.function.value_and_derivative(x, self.wrt, threads=self.threads)
        return dict(zip(self.names, results, strict=True))

    def _backward(self, x: "Array") -> "dict[str, Array]":
        import numpy as np

        with np.errstate(over="ignore"):
            upstream = np.full_like(x, self.upstream)
        back = self.function.vjp(x, upstream, threads=self.threads)
        return {"upstream": upstream, "backward": back}

    def _from_place(self, x: "Array", place: int) -> "dict[str, Array]":
        from actcli import engine

        def moved(kernel: "Kernel") -> "Kernel":
            return lambda block, *, start, **values: kernel(
                block, start=start + place, **values
            )

        f = self.function
        kernels = [f.kernel, *([f.slope(self.wrt)] if self.order else [])]
        results = engine.apply_each(
            [*map(moved, kernels)], x, f.resolve({}), native=f.native, placed=True, threads=self.threads,
        )  # fmt: skip
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

    def result_shape(self, given: Shape) -> Shape:
        """Return the shape of f of numbers of a shape."""
        if given is None or not self.function.over_axis:
            return given
        import numpy as np

        axis = self.axis(given)
        outputs = np.shape(self.function(np.zeros(given[axis]), axis=0))
        return (*given[:axis], *outputs, *given[axis + 1 :])

    def axis(self, shape: tuple[int, ...]) -> int:
        """Return the axis of a function over one, counted from the first."""
        from actcli import engine

        axis = self.function.resolve({})["axis"]
        return engine.axis_of(self.function.name, shape, axis)


def can_stream(task: Task) -> bool:
    """Whether a function may be computed in parts."""
    if task.function.over_axis and (
        task.order or task.seeded or task.upstream is not None
    ):
        return False
    return not (task.seeded and task.upstream is not None)


def run(
    task: Task,
    path: Path | None,
    column: str | None,
    format_: str,
    output: Path | None,
    show: Show | None = None,
) -> None:
    """Compute the numbers of a file, or of standard input, into a file, standard output or a table, which ``show`` prints."""
    from actcli import sources
    from actcli.render.output import format_of, note

    format_ = format_of(output, format_)
    with sources.opened(path, column) as source:
        if source.arrays and format_ == "npz":
            _every_array(task, source, output)
        elif format_ == "table":
            assert show
            _tabulate(task, source, show)
        else:
            _pour(task, source, format_, output)
    if output is not None:
        note(f"wrote {output}")


def _pour(task: Task, source: "Source", format_: str, output: Path | None) -> None:
    """Compute what comes from a source into a file or standard output."""
    import numpy as np

    from actcli import files
    from actcli.render import streams
    from actcli.render.formats import BINARY
    from actcli.render.progress import progress

    # an empty array makes an empty one
    empty = format_ in BINARY and 0 in (source.shape or ())
    if not empty:
        source.chunks = _started(source)
    folder = _folder(output)
    parts = _arranged(task, source, folder, ordered=format_ not in BINARY)
    dtype, shape = task.result_dtype(source.dtype), task.result_shape(source.shape)
    if format_ == "npy":
        files.check_one(task.names)
        if output and folder and shape is not None:
            files.check_space(output, prod(shape) * dtype.itemsize)
    with (
        _target(output) as stream,
        progress(source.bytes, "bytes") as advance,
    ):
        if format_ == "npy" and folder and source.file and hasattr(os, "preadv"):
            streams.write_header(stream, dtype, source.shape or (), source.order)
            _by_place(task, source, stream, dtype, advance)
            return
        shapes = _shapes(task, source.shape, shape, format_)
        with streams.sink(
            stream,
            format_,
            shapes,
            known=_known(task, dtype),
            dtype=dtype,
            order=source.order,
            folder=folder,
        ) as sink:
            if empty:
                sink.write(dict.fromkeys(shapes, np.empty(0, dtype)))
            for x, results, size in _computed(task, parts):
                columns = {"x": x, **results}
                sink.write({n: columns[n].ravel() for n in shapes})
                advance(size)


def _tabulate(task: Task, source: "Source", show: Show) -> None:
    """Compute a source for a table, which of very many rows shows the first and the last."""
    from actcli.render.progress import progress
    from actcli.render.streams import Ends
    from actcli.render.tables import ENDS, MOST_ROWS

    source.chunks = _started(source)
    parts = _arranged(task, source, None, ordered=True)
    given, result = source.shape, task.result_shape(source.shape)
    count, names = _count(given), _shapes(task, given, result, "table")
    # a row by itself is in memory anyway, and a sum may stand beneath it
    alone = task.function.over_axis and len(given or ()) == 1
    ends = Ends(count if alone else MOST_ROWS, ENDS)

    def take(x: "Array", results: "dict[str, Array]") -> None:
        columns = {"x": x, **results}
        ends.write({n: columns[n].ravel() for n in names})

    if source.file and hasattr(os, "preadv") and count > MOST_ROWS:
        # what stands between is not even read
        for ends.count, length in ((0, MOST_ROWS), (count - ENDS, ENDS)):
            x = task.read(_read_at(source.file.fileno(), source, ends.count, length))
            take(x, task(x, ends.count))
    else:
        with progress(source.bytes, "bytes") as advance:
            for x, results, size in _computed(task, parts):
                take(x, results)
                advance(size)
    show(ends.rows(), ends.count, alone and given == result)


def _folder(output: Path | None) -> Path | None:
    """Return the folder of a file, which alone can be written anew at its beginning, or at any place."""
    from actcli import files

    return output.parent if output and not files.is_stream(output) else None


def _shapes(task: Task, given: Shape, result: Shape, format_: str) -> dict[str, Shape]:
    """Return the shapes of what is written, by name: x stands beside the results where the format has room for it."""
    shapes = {"x": given, **dict.fromkeys(task.names, result)}
    if format_ in ("plain", "npy") or (
        format_ not in ("json", "npz") and _count(given) != _count(result)
    ):
        del shapes["x"]
    if format_ == "plain":
        shapes.pop("upstream", None)
    return shapes


def _known(task: Task, dtype: "np.dtype[Any]") -> dict[str, Any]:
    """Return what a document tells beside the numbers."""
    return {
        "function": task.function.name,
        "params": options.shown_parameters(task.function),
        "dtype": dtype.name,
        **({"wrt": task.wrt} if task.wrt else {}),
    }


def _computed(
    task: Task, parts: "Iterator[tuple[Array, int]]"
) -> "Iterator[tuple[Array, dict[str, Array], int]]":
    """Yield what there is to compute, what comes of it, and how many bytes that took."""
    place = 0
    for part, size in parts:
        x = task.read(part)
        yield x, task(x, place), size
        place += x.size


def _started(source: "Source") -> "Iterator[tuple[Array, int]]":
    """Return the chunks of a source that has numbers: nothing is written for one that has none."""
    from itertools import chain

    for first in source.chunks:
        if first[0].size:
            return chain([first], source.chunks)
    raise source.empty()


def _arranged(
    task: Task, source: "Source", folder: Path | None, *, ordered: bool
) -> "Iterator[tuple[Array, int]]":
    """Return the numbers of a source in parts that can be computed one by one, and how many bytes each took.

    A source by columns is changed to one by rows where the function, or what is written, goes by rows; ``ordered``
    says the latter.
    """
    from actcli.sources import reordered

    over_axis = task.function.over_axis
    if over_axis and 0 in (source.shape or ()):
        source.file = None  # what comes of it may have another shape
        return source.chunks
    if not over_axis and (source.order == "C" or not (ordered or task.seeded)):
        return source.chunks
    if over_axis and _takes_all(task, source):
        whole = source.whole()
        source.shape, source.order = whole.shape, "C"
        source.chunks = iter([(whole.ravel(), source.bytes or 0)])
    assert source.shape is not None
    source.file = None  # its numbers stand otherwise
    shape, count = source.shape, _count(source.shape)
    parts: Iterator[Array] = (chunk for chunk, _ in source.chunks)
    if source.order == "F":
        parts = reordered.by_rows(parts, shape, folder)
        source.order = "C"
    if over_axis:
        slab = shape[task.axis(shape) :]
        parts = (
            part.reshape(-1, *slab) for part in reordered.regrouped(parts, prod(slab))
        )
    return ((part, part.size * (source.bytes or 0) // count) for part in parts)


def _takes_all(task: Task, source: "Source") -> bool:
    """Whether a function over an axis takes all numbers at once: a row of which only the end tells how long it is, or one slab."""
    return source.shape is None or prod(source.shape[: task.axis(source.shape)]) == 1


def _count(shape: Shape) -> int:
    return prod(shape or ())


@contextmanager
def _target(output: Path | None) -> "Iterator[IO[bytes]]":
    if output is None:
        yield sys.stdout.buffer
        return
    from actcli import files

    with files.written_whole(output) as stream:
        yield stream


_PART = (
    1 << 20
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
    start, count, lock = stream.tell(), _count(source.shape), Lock()
    files.reserve(stream, start + count * dtype.itemsize)
    given, taken = source.file.fileno(), stream.fileno()
    length = _PART // source.dtype.itemsize
    single = replace(task, threads=1)

    def part(first: int) -> None:
        x = _read_at(given, source, first, min(length, count - first))
        _write_at(
            taken,
            single(single.read(x), first)["f"].data.cast("B"),
            start + first * dtype.itemsize,
        )
        with lock:
            advance(x.nbytes)

    engine.each(part, range(0, count, length), task.threads or engine.processors())


def _read_at(file: int, source: "Source", first: int, count: int) -> "Array":
    import numpy as np

    from actcli.errors import FileError, counted

    x = np.empty(count, source.dtype)
    view, size = x.data.cast("B"), source.dtype.itemsize
    done = 0
    while done < x.nbytes:
        place = source.offset + first * size + done
        try:
            more = os.preadv(file, [view[done:]], place)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FileError(f"{source.name}: {reason}") from None
        if not more:
            there = (os.fstat(file).st_size - source.offset) // size
            raise FileError(
                f"{source.name}: ends after {there} of {counted(_count(source.shape), 'number')}"
            )
        done += more
    return x


def _write_at(file: int, data: memoryview, place: int) -> None:
    while data:
        done = os.pwrite(file, data, place)
        data, place = data[done:], place + done


def _every_array(task: Task, archive: "Source", output: Path | None) -> None:
    """Compute every array of an archive into another."""
    import numpy as np

    from actcli.render.progress import progress
    from actcli.render.streams import ArraySink, SpooledSink

    folder = _folder(output)
    with _archive(archive, output, task.names) as put:
        for name, opened in archive.arrays.items():
            source = opened()
            with progress(source.bytes, "bytes") as advance:
                parts = _arranged(task, source, folder, ordered=False)
                dtype = task.result_dtype(source.dtype)
                shape = task.result_shape(source.shape)
                others = task.names[1:]
                # only one member is written at a time
                with SpooledSink(dict.fromkeys(others, shape), folder) as kept:
                    kept.write(dict.fromkeys(others, np.empty(0, dtype)))
                    with put(name, "f") as member:
                        sink = ArraySink(member, dtype, shape, source.order)
                        for _, results, size in _computed(task, parts):
                            sink.write({"f": results.pop("f")})
                            kept.write(results)
                            advance(size)
                    for other in others:
                        with put(name, other) as member:
                            kept.array_into(member, other, source.order)


def every_whole_array(
    compute: "Callable[[Array], dict[str, Array]]",
    results: Sequence[str],
    archive: "Source",
    output: Path | None,
) -> None:
    """Compute every array of an archive into another where it takes the whole array to compute a part.

    Args:
        compute: returns the results by name.
        results: the names that it returns.
        archive: what holds them.
        output: the other one; None for standard output.
    """
    import numpy as np

    from actcli.render.output import note

    with _archive(archive, output, results) as put:
        for name, opened in archive.arrays.items():
            for result, values in compute(opened().whole()).items():
                with put(name, result) as member:
                    np.lib.format.write_array(member, values, allow_pickle=False)
    if output is not None:
        note(f"wrote {output}")


@contextmanager
def _archive(
    archive: "Source", output: Path | None, results: Sequence[str]
) -> "Iterator[Callable[[str, str], AbstractContextManager[IO[bytes]]]]":
    """Give a function that opens a member for a result of an array of another archive.

    Raises:
        RequestError: two results would have one name.
    """
    import zipfile
    from collections import Counter

    from actcli.errors import RequestError

    made = [_member(name, result) for name in archive.arrays for result in results]
    for member, count in Counter(made).items():
        if count > 1:
            raise RequestError(
                f"{archive.name}: two results would be named {member}; rename an array, or take one with --column"
            )
    with _target(output) as stream, zipfile.ZipFile(stream, "w") as written:

        def put(name: str, result: str) -> "AbstractContextManager[IO[bytes]]":
            return written.open(f"{_member(name, result)}.npy", "w", force_zip64=True)

        yield put


def _member(name: str, result: str) -> str:
    """Return the name of a result: f has that of the array, the others add theirs."""
    return name if result == "f" else f"{name}_{result}"
