"""Numbers out of .npy and .npz."""

import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from typing import IO, Any, NoReturn

import numpy as np

from actcli import bfloat16
from actcli.engine import Array, as_floats, native_dtype
from actcli.errors import FileError, RequestError, UnknownNameError, counted
from actcli.points import shortened
from actcli.sources import raw
from actcli.sources.source import Source, check_axes, choose


def read_npy(stream: Any, name: str, column: str | None) -> Source:
    """Return the array of a .npy."""
    if column is not None:
        raise UnknownNameError(f"{name}: holds one array; leave out --column")
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
    # two bytes of no type are what NumPy makes of bfloat16 in a file
    untyped = dtype == np.dtype("V2")
    if untyped:
        dtype = bfloat16.dtype()
    if not lengths or dtype.hasobject or not (dtype.kind in "biuf" or untyped):
        raise FileError(f"{name}: is no array of numbers")
    check_axes(len(shape), name)
    try:
        read_as = native_dtype(as_floats(np.empty(0, dtype), name).dtype)
    except RequestError as error:
        raise FileError(str(error)) from None
    in_file = isinstance(stream, io.BufferedReader) and dtype.isnative
    count = math.prod(shape)
    return Source(
        name,
        _array_chunks(stream, name, dtype, count),
        read_as,
        shape,
        "F" if by_columns else "C",
        count * dtype.itemsize,
        stream if in_file and bfloat16.is_float(dtype) else None,
        stream.tell() if in_file else 0,
        told=f"{name}: two bytes of no type, taken for bfloat16" if untyped else "",
    )


def _array_chunks(
    stream: IO[bytes], name: str, dtype: "np.dtype[Any]", count: int
) -> Iterator[tuple[Array, int]]:
    left = count * dtype.itemsize
    length = max(1, raw.CHUNK // dtype.itemsize) * dtype.itemsize
    while left:
        data = _exactly(stream, min(length, left), name)
        left -= len(data)
        if left and len(data) < length:
            done = count - -(-left // dtype.itemsize)
            raise FileError(f"{name}: ends after {done} of {counted(count, 'number')}")
        numbers = as_floats(np.frombuffer(data, dtype), name)
        yield numbers.astype(native_dtype(numbers.dtype), copy=False), len(data)


def _exactly(stream: IO[bytes], count: int, name: str) -> bytes:
    """Read that many bytes, or what there is."""
    parts = []
    while count:
        part = raw.read(stream, count, name)
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_npz(stream: IO[bytes], name: str, column: str | None) -> Source:
    """Return an array of an archive, and unless it was asked for, all of them."""
    archive = _archive(stream, name)
    members = _members(archive)
    if column is not None:
        return _member(archive, name, members[choose(name, column, members)])
    arrays = {n: partial(_member, archive, name, n) for n in members}
    if "x" not in arrays and len(arrays) > 1:
        # none is taken by chance, and all may be wanted
        chunks = (_undecided(name, members) for _ in members)
        return Source(name, chunks, arrays=arrays)
    source = arrays[members[choose(name, None, members)]]()
    source.arrays = arrays
    return source


def _undecided(name: str, members: list[str]) -> NoReturn:
    raise RequestError(
        f"{name}: holds {shortened(', '.join(members), 200)}; take one with --column, or all with -o FILE.npz"
    )


def _member(archive: zipfile.ZipFile, name: str, member: str) -> Source:
    where = f"{name}, array '{member}'"
    try:
        return read_npy(archive.open(f"{member}.npy"), where, None)
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
