"""``actcli eval`` on input of any size: a source, a request, a sink, and never more than a part of it in memory."""

import os
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import chain
from math import prod
from pathlib import Path
from threading import Lock
from typing import IO, TypeAlias

import numpy as np

from actcli import engine, files, sources
from actcli.commands.request import Request, Shape
from actcli.engine import Array
from actcli.errors import FileError, RequestError, counted, reason
from actcli.render import streams
from actcli.render.formats import BINARY
from actcli.render.output import format_of, note
from actcli.render.progress import progress
from actcli.sources import Source, reordered

# prints columns, of so many rows, some of which may be left out; whether they are a single row of an array
Show: TypeAlias = Callable[[dict[str, Array], int, bool], None]
# opens a member for a result of an array
Put: TypeAlias = Callable[[str, str], AbstractContextManager[IO[bytes]]]

# bytes: what is read, computed and written again before it has left the cache
_PART = 1 << 20
# numbers of a slab that is computed at once
_SLAB = 1 << 22


def run(
    request: Request,
    path: Path | None,
    column: str | None,
    format_: str,
    output: Path | None,
    show: Show,
) -> None:
    """Compute the numbers of a file, or of standard input, into a file, standard output or a table, which ``show`` prints."""
    format_ = format_of(output, format_)
    with sources.opened(path, column) as source:
        if source.told:
            note(source.told)
        if source.arrays and format_ == "npz":
            _every_array(request, source, output)
        elif format_ == "table":
            _tabulate(request, source, show)
        else:
            _pour(request, source, format_, output)
    if output is not None:
        note(f"wrote {output}")


def _pour(request: Request, source: Source, format_: str, output: Path | None) -> None:
    """Compute what comes from a source into a file or standard output."""
    # an empty array makes an empty one
    empty = format_ in BINARY and 0 in (source.shape or ())
    if not empty:
        source.chunks = _started(source)
    folder = _folder(output)
    ordered = format_ not in BINARY
    parts = _arranged(request, source, folder, ordered=ordered)
    dtype = request.result_dtype(source.dtype)
    numbers = request.number_dtype(source.dtype)
    shape = request.result_shape(source.shape)
    shapes = _shapes(request, source.shape, shape, format_)
    if format_ == "npy":
        files.check_one(request.names)
    if output and folder and shape is not None and format_ in BINARY:
        count = sum(map(_count, shapes.values()))
        files.check_space(output, count * dtype.itemsize)
    with _target(output) as stream, progress(source.bytes, "bytes") as advance:
        if (
            format_ == "npy"
            and folder
            and _at_any_place(source)
            and not request.from_formula
        ):
            _by_place(request, source, stream, advance)
            return
        with streams.sink(
            stream,
            format_,
            shapes,
            known=request.known(numbers),
            dtype=dtype,
            order=source.order,
            folder=folder,
        ) as sink:
            if empty:
                dtypes = {**dict.fromkeys(shapes, dtype), "x": numbers}
                sink.write({n: np.empty(0, dtypes[n]) for n in shapes})
            for columns in _results(request, source, parts, shapes, folder, advance):
                sink.write(columns)


def _tabulate(request: Request, source: Source, show: Show) -> None:
    """Compute a source for a table, which of very many rows shows the first and the last."""
    from actcli.render.tables import ENDS, MOST_ROWS

    source.chunks = _started(source)
    parts = _arranged(request, source, None, ordered=True)
    given, result = source.shape, request.result_shape(source.shape)
    count, names = _count(given), _shapes(request, given, result, "table")
    # a row by itself is in memory anyway, and a sum may stand beneath it
    alone = request.function.over_axis and len(given or ()) == 1
    ends = streams.Ends(count if alone else MOST_ROWS, ENDS)
    total = source.bytes
    spans: list[tuple[int, Iterator[tuple[Array, int]]]] = [(0, parts)]
    if _at_any_place(source) and count > MOST_ROWS:
        # what stands between is not even read
        spans = [_span(source, 0, MOST_ROWS), _span(source, count - ENDS, ENDS)]
        total = (MOST_ROWS + ENDS) * source.dtype.itemsize
    with progress(total, "bytes") as advance:
        for first, parts in spans:
            ends.count = first
            for columns in _results(
                request, source, parts, names, None, advance, first
            ):
                ends.write(columns)
    show(ends.rows(), ends.count, alone and given == result)


def _span(
    source: Source, first: int, length: int
) -> tuple[int, Iterator[tuple[Array, int]]]:
    """Return some numbers of a file as its only part, behind the place of the first."""
    x = np.empty(length, source.dtype)
    _read_into(source, first, x)
    return first, iter([(x, x.nbytes)])


def _folder(output: Path | None) -> Path | None:
    """Return the folder of a file, which alone can be written anew at its beginning, or at any place."""
    return output.parent if output and not files.is_stream(output) else None


def _at_any_place(source: Source) -> bool:
    """Whether the numbers of a source can be read from any place on."""
    return source.file is not None and hasattr(os, "preadv")


def _shapes(
    request: Request, given: Shape, result: Shape, format_: str
) -> dict[str, Shape]:
    """Return the shapes of what is written, by name: x stands beside the results where the format has room for it."""
    shapes = {"x": given, **dict.fromkeys(request.names, result)}
    if format_ in ("plain", "npy") or (
        format_ not in ("json", "npz") and _count(given) != _count(result)
    ):
        del shapes["x"]
    if format_ == "plain":
        shapes.pop("upstream", None)
    return shapes


def _results(
    request: Request,
    source: Source,
    parts: Iterator[tuple[Array, int]],
    names: Collection[str],
    folder: Path | None,
    advance: Callable[[int], None],
    place: int = 0,
) -> Iterator[dict[str, Array]]:
    """Yield the columns of those names that come of the parts of a source, the first of which has that place in the whole."""
    if _large_slabs(request, source.shape):
        for columns in _turned(request, source, parts, names, folder, advance):
            yield {n: columns[n] for n in names}
        return
    if request.function.over_axis:
        request = request.of_slabs()
    for part, size in parts:
        length = request.at_once or max(1, len(part))
        for start in range(0, len(part), length):
            some = part[start : start + length]
            columns = _columns(request, some, place)
            yield {n: columns[n] for n in names}
            place += some.size
            advance(size * some.size // part.size)


def _columns(request: Request, part: Array, place: int) -> dict[str, Array]:
    """Return some numbers, the first of which has that place in the whole, and what comes of them."""
    x = request.read(part)
    return {n: v.ravel() for n, v in {"x": x, **request(x, place)}.items()}


def _started(source: Source) -> Iterator[tuple[Array, int]]:
    """Return the chunks of a source that has numbers: nothing is written for one that has none."""
    for first in source.chunks:
        if first[0].size:
            return chain([first], source.chunks)
    raise source.empty()


def _arranged(
    request: Request, source: Source, folder: Path | None, *, ordered: bool
) -> Iterator[tuple[Array, int]]:
    """Return the numbers of a source in parts that can be computed one by one, and how many bytes each took.

    A source by columns is changed to one by rows where the function, or what is written, goes by rows; ``ordered``
    says the latter.
    """
    over_axis = request.function.over_axis
    if over_axis and 0 in (source.shape or ()):
        source.file = None  # what comes of it may have another shape
        return source.chunks
    if not over_axis and (source.order == "C" or not (ordered or request.seeded)):
        return source.chunks
    turned = _large_slabs(request, source.shape)
    if over_axis and not turned and _takes_all(request, source):
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
    if over_axis and not turned:
        slab = shape[request.axis(shape) :]
        parts = (
            part.reshape(-1, *slab) for part in reordered.regrouped(parts, prod(slab))
        )
    return ((part, part.size * (source.bytes or 0) // count) for part in parts)


def _takes_all(request: Request, source: Source) -> bool:
    """Whether a function over an axis takes all numbers at once: a row of which only the end tells how long it is, or one slab."""
    shape = source.shape
    return shape is None or prod(shape[: request.axis(shape)]) == 1


def _large_slabs(request: Request, shape: Shape) -> bool:
    """Whether a function over an axis that is not the last one has slabs too large to be computed at once."""
    if not request.function.over_axis or 0 in (shape or (0,)):
        return False
    assert shape is not None
    slab = shape[request.axis(shape) :]
    return prod(slab) > _SLAB and prod(slab[1:]) > 1


def _turned(
    request: Request,
    source: Source,
    parts: Iterator[tuple[Array, int]],
    names: Collection[str],
    folder: Path | None,
    advance: Callable[[int], None],
) -> Iterator[dict[str, Array]]:
    """Yield the same of large slabs: each goes through files that bring its axis to the end and back."""
    assert source.shape is not None
    axis = request.axis(source.shape)
    length, *others = source.shape[axis:]
    columns, count = prod(others), _count(request.result_shape(source.shape))
    outputs = count * length // _count(source.shape)
    rows = replace(request, function=request.function.bind(axis=-1))

    def numbers() -> Iterator[Array]:
        for part, size in parts:
            yield request.read(part)
            advance(size)

    def keeping(kept: streams.SpooledSink, slab: Iterator[Array]) -> Iterator[Array]:
        for x in slab:
            kept.write({"x": x})
            yield x

    for slab in reordered.sections(numbers(), length * columns):
        with streams.SpooledSink({"x": None}, folder) as kept:
            given = keeping(kept, slab) if "x" in names else slab
            down = reordered.by_rows(given, (columns, length), folder)
            f = (
                rows(some.reshape(-1, length))["f"].ravel()
                for some in reordered.regrouped(down, length)
            )
            back = reordered.by_rows(f, (outputs, columns), folder)
            # all of x is kept before there is a result, and may be shorter or longer than these
            part = next(back)
            none = x = part[:0]
            if "x" in names:
                kept.shape("x")
                x = kept.take("x", part.size)
            while part.size or x.size:
                yield {"x": x, "f": part}
                part = next(back, none)
                x = kept.take("x", part.size or _PART) if "x" in names else none


def _count(shape: Shape) -> int:
    return prod(shape or ())


@contextmanager
def _target(output: Path | None) -> Iterator[IO[bytes]]:
    if output is None:
        yield sys.stdout.buffer
        return
    with files.written_whole(output) as stream:
        yield stream


def _by_place(
    request: Request, source: Source, stream: IO[bytes], advance: Callable[[int], None]
) -> None:
    """Compute a file of numbers into another, each thread its own part: read, compute, write."""
    dtype, count = request.result_dtype(source.dtype), _count(source.shape)
    streams.write_header(stream, dtype, source.shape or (), source.order)
    stream.flush()
    start, lock = stream.tell(), Lock()
    files.reserve(stream, start + count * dtype.itemsize)
    length = _PART // source.dtype.itemsize
    single = replace(request, threads=1)

    def part(first: int) -> None:
        x = np.empty(min(length, count - first), source.dtype)
        _read_into(source, first, x)
        f = single(single.read(x), first)["f"]
        place = start + first * dtype.itemsize
        _write_at(stream.fileno(), files.memory(f), place)
        with lock:
            advance(x.nbytes)

    engine.each(part, range(0, count, length), request.threads or engine.processors())


def _read_into(source: Source, first: int, x: Array) -> None:
    """Fill an array with the numbers of a file, from one of them on."""
    assert source.file is not None
    file = source.file.fileno()
    view, size = files.memory(x), source.dtype.itemsize
    done = 0
    while done < x.nbytes:
        place = source.offset + first * size + done
        try:
            more = os.preadv(file, [view[done:]], place)
        except OSError as error:
            raise FileError(f"{source.name}: {reason(error)}") from None
        if not more:
            there = (os.fstat(file).st_size - source.offset) // size
            raise FileError(
                f"{source.name}: ends after {there} of {counted(_count(source.shape), 'number')}"
            )
        done += more


def _write_at(file: int, data: memoryview, place: int) -> None:
    while data:
        done = os.pwrite(file, data, place)
        data, place = data[done:], place + done


def _every_array(request: Request, archive: Source, output: Path | None) -> None:
    """Compute every array of an archive into another."""
    with _archive(request, archive, output) as put:
        for name, opened in archive.arrays.items():
            _one_array(request, opened(), name, put, _folder(output))


def _one_array(
    request: Request, source: Source, name: str, put: Put, folder: Path | None
) -> None:
    """Compute an array of an archive into members of another, of which only one is written at a time."""
    parts = _arranged(request, source, folder, ordered=False)
    dtype = request.result_dtype(source.dtype)
    shape = request.result_shape(source.shape)
    others = request.names[1:]
    with streams.SpooledSink(dict.fromkeys(others, shape), folder) as kept:
        kept.write(dict.fromkeys(others, np.empty(0, dtype)))
        with put(name, "f") as member, progress(source.bytes, "bytes") as advance:
            sink = streams.ArraySink(member, dtype, shape, source.order)
            names = request.names
            for columns in _results(request, source, parts, names, folder, advance):
                sink.write({"f": columns["f"]})
                kept.write({n: columns[n] for n in others})
        for other in others:
            with put(name, other) as member:
                kept.array_into(member, other, source.order)


def every_whole_array(request: Request, archive: Source, output: Path | None) -> None:
    """Compute every array of an archive into another where it takes the whole array to compute a part."""
    with _archive(request, archive, output) as put:
        for name, opened in archive.arrays.items():
            x = request.read(opened().whole())
            for result, values in request(x).items():
                with put(name, result) as member:
                    np.lib.format.write_array(member, values, allow_pickle=False)
    if output is not None:
        note(f"wrote {output}")


@contextmanager
def _archive(request: Request, archive: Source, output: Path | None) -> Iterator[Put]:
    """Give what opens a member for a result of an array of another archive.

    Raises:
        RequestError: two results would have one name.
        FileError: the disk has no room for them.
    """
    made = [_member(name, r) for name in archive.arrays for r in request.names]
    for member, count in Counter(made).items():
        if count > 1:
            raise RequestError(
                f"{archive.name}: two results would be named {member}; rename an array, or take one with --column"
            )
    if output and _folder(output):
        needed = sum(_size(request, opened()) for opened in archive.arrays.values())
        files.check_space(output, needed)
    with _target(output) as stream, zipfile.ZipFile(stream, "w") as written:

        def put(name: str, result: str) -> AbstractContextManager[IO[bytes]]:
            return written.open(f"{_member(name, result)}.npy", "w", force_zip64=True)

        yield put


def _size(request: Request, source: Source) -> int:
    """Return how many bytes the results of an array take, each of the shape of f; a Jacobian takes more."""
    count = len(request.names) * _count(request.result_shape(source.shape))
    return count * request.result_dtype(source.dtype).itemsize


def _member(name: str, result: str) -> str:
    """Return the name of a result: f has that of the array, the others add theirs."""
    return name if result == "f" else f"{name}_{result}"
