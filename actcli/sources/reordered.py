"""Converts column-major chunks to row-major, and cuts chunks at multiples of a length. Reading is for the other files here."""

import tempfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from actcli import files
from actcli.engine import Array

_HELD = 1 << 20  # numbers that are held at a time to be put in order
_GIVEN = 1 << 17  # numbers that are given on at a time


def regrouped(chunks: Iterator[Array], length: int) -> Iterator[Array]:
    """Yield the same numbers in parts that are multiples of a length; what is over comes last.

    >>> [p.tolist() for p in regrouped(iter([np.arange(3), np.arange(4)]), 2)]
    [[0, 1], [2, 0, 1, 2], [3]]
    """
    kept: list[Array] = []
    count = 0
    for chunk in chunks:
        kept.append(chunk)
        count += chunk.size
        if cut := count - count % length:
            joined = kept[0] if len(kept) == 1 else np.concatenate(kept)
            yield joined[:cut]
            kept, count = [joined[cut:]], count - cut
    if count:
        yield np.concatenate(kept)


def sections(chunks: Iterator[Array], length: int) -> Iterator[Iterator[Array]]:
    """Yield the same numbers as parts of one section after the other, each of that many; one is to be taken before the next.

    >>> [
    ...     [p.tolist() for p in s]
    ...     for s in sections(iter([np.arange(3), np.arange(1)]), 2)
    ... ]
    [[[0, 1]], [[2], [0]]]
    """
    rest: list[Array] = []

    def section() -> Iterator[Array]:
        left = length
        while left:
            chunk = rest.pop() if rest else next(chunks)
            if chunk.size > left:
                rest.append(chunk[left:])
            yield chunk[:left]
            left -= min(left, chunk.size)

    for chunk in chunks:
        rest.append(chunk)
        while rest:
            yield section()


def by_rows(
    chunks: Iterator[Array], shape: tuple[int, ...], folder: Path | None
) -> Iterator[Array]:
    """Yield the numbers of a column-major array in row-major order.

    They go through a temporary file, which takes the room of all of them on the disk; the memory does not depend on it.

    Args:
        chunks: flat parts, column-major.
        shape: of the whole array.
        folder: where the temporary file is made; None for the system's folder.
    """
    if len(shape) < 2:
        yield from chunks
    elif prod(shape) <= _HELD:
        yield _turned(np.concatenate(list(chunks)), shape, rows=1)
    else:
        yield from _through_a_file(chunks, shape, folder)


def _turned(flat: Array, shape: tuple[int, ...], rows: int) -> Array:
    """Return so many arrays of a shape, each of them column-major, as row-major."""
    axes = range(len(shape), 0, -1)
    return flat.reshape(rows, *shape[::-1]).transpose(0, *axes).ravel()


def _through_a_file(
    chunks: Iterator[Array], shape: tuple[int, ...], folder: Path | None
) -> Iterator[Array]:
    rows, columns = shape[0], prod(shape[1:])
    with tempfile.TemporaryFile(dir=folder) as kept:
        with files.keeping(folder):
            dtype, width = _keep_strips(kept, chunks, rows)
            kept.flush()

        def read(row: int, count: int) -> Iterator[Array]:
            for column in range(0, columns, width):
                wide = min(width, columns - column)
                kept.seek((column * rows + row * wide) * dtype.itemsize)
                data = kept.read(count * wide * dtype.itemsize)
                yield np.frombuffer(data, dtype).reshape(count, wide)

        if columns > _HELD:
            for row in range(rows):
                pieces = (piece.ravel() for piece in read(row, 1))
                yield from by_rows(pieces, shape[1:], folder)
            return
        step = _HELD // columns
        for row in range(0, rows, step):
            count = min(step, rows - row)
            band = np.concatenate(list(read(row, count)), axis=1)
            whole = _turned(band, shape[1:], rows=count)
            for start in range(0, whole.size, _GIVEN):
                yield whole[start : start + _GIVEN]


def _keep_strips(
    kept: IO[bytes], chunks: Iterator[Array], rows: int
) -> "tuple[np.dtype[Any], int]":
    """Write columns in strips of some, row by row: some rows of a strip are a single read. Return dtype and width."""
    width = max(1, _HELD // rows)
    # a column longer than what may be held is a strip as it is
    parts = chunks if width == 1 else regrouped(chunks, rows * width)
    for part in parts:
        if width > 1:
            # the last one may be narrower
            part = part.reshape(-1, min(width, part.size // rows), rows).swapaxes(1, 2)
        kept.write(files.memory(np.ascontiguousarray(part)))
    return part.dtype, width
