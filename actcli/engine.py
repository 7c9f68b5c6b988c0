"""Applies a kernel to arrays of any size, shape, byte order and dtype. Knows nothing of what the kernel computes.

A kernel gets one-dimensional blocks that stay in the cache. What is narrower is widened to float64 block by block and the
result is rounded once, unless the kernel is native: exact in the precision it is given, of those that NumPy has.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from math import prod
from threading import Event, Thread
from typing import Any, TypeAlias

import numpy as np

from actcli.bfloat16 import is_float, rounded
from actcli.errors import RequestError

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Kernel: TypeAlias = Callable[..., Array]

# 128 Ki float64, a megabyte: threads hand the interpreter lock over at every pass of a kernel over its block, so that
# with blocks of 16 Ki two threads are slower than one; from 512 Ki on the temporaries leave the cache
BLOCK = 1 << 17
# numbers in the first rows of a function of an axis: how large its results are, nobody knows before
_ROWS = 1 << 14
# every array of it has this one: to see that it is the same takes less than to see that it is equal
_FLOAT64 = np.dtype(np.float64)


def as_floats(values: object, name: str = "x") -> Array:
    """Return anything NumPy can make an array of as float64, float32, float16 or bfloat16; integers become float64.

    Raises:
        RequestError: it is no array of numbers, has another dtype, or elements of it are masked.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biuO":
            _check_numbers(array)
            array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise RequestError(f"{name} is no array of numbers: {error}") from None
    if array.dtype.itemsize > 8 or not is_float(array.dtype):
        raise RequestError(
            f"{name} has dtype {array.dtype}; use float64, float32, float16 or bfloat16"
        )
    # what is masked would come back as a number; np.ma takes as long to import as all of this package
    subclass = isinstance(values, np.ndarray) and type(values) is not np.ndarray
    if subclass and np.ma.is_masked(values):
        raise RequestError(f"{name} has masked elements; give {name}.filled(numpy.nan)")
    return array


def _check_numbers(objects: Array) -> None:
    """Raise TypeError for what NumPy makes a float of and is no number: None would be nan."""
    for value in objects.flat if objects.dtype.hasobject else ():
        if value is None or isinstance(value, str | bytes):
            raise TypeError(f"it holds {value!r}")


def axis_of(name: str, shape: Sequence[int], axis: int) -> int:
    """Return an axis of an array of that shape, counted from the first.

    Raises:
        RequestError: there is no such axis, or it is empty.
    """
    count = len(shape)
    if not count:
        raise RequestError(
            f"{name} works over an axis; give it more than a single number"
        )
    if not -count <= axis < count:
        raise RequestError(
            f"{name}: axis={axis} is out of range; the numbers have axes {-count} to {count - 1}"
        )
    if not shape[axis]:
        raise RequestError(
            f"{name}: axis {axis} is empty; it needs at least one number"
        )
    return axis % count


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def apply(
    kernel: Kernel,
    x: Array,
    parameters: Mapping[str, Any],
    *,
    native: bool = False,
    placed: bool = False,
    out: Array | None = None,
    threads: int | None = None,
) -> Array:
    """Return ``kernel(x, **parameters)``, element by element.

    Shapes: the result has the shape and dtype of ``x``; a parameter that is an array broadcasts against ``x``.

    Args:
        kernel: takes a block and the parameters, returns a new array of the same length.
        x: floats, as ``as_floats`` returns them.
        parameters: numbers, or arrays that broadcast against ``x``.
        native: the kernel is exact in every precision, so nothing is widened.
        placed: the kernel depends on where the block stands, and is given its ``start``.
        out: where to write; may be ``x`` itself.
        threads: how many blocks at a time, at most; all processors unless given. The result does not depend on it.

    Raises:
        RequestError: ``out`` or a parameter does not fit ``x``, or there is no such number of threads.
    """
    _check(threads)
    if native and x.dtype.kind != "f":
        native = False
    if (
        not placed
        and _one_block(x, native)
        and np.ndarray not in map(type, parameters.values())
    ):
        (result,) = _small((kernel,), x, parameters, native)
        if out is None:
            return result
        checked_out(out, x)[...] = result
        return out
    (result,) = apply_each(
        (kernel,),
        x,
        parameters,
        native=native,
        placed=placed,
        outs=(out,),
        threads=threads,
    )
    return result


def apply_each(
    kernels: Sequence[Kernel],
    x: Array,
    parameters: Mapping[str, Any],
    *,
    native: bool = False,
    placed: bool = False,
    outs: Sequence[Array | None] = (),
    threads: int | None = None,
) -> list[Array]:
    """Return what ``apply`` would for each of several kernels, in one pass over ``x``."""
    _check(threads)
    if native and x.dtype.kind != "f":
        native = False
    written = [checked_out(o, x) for o in outs if o is not None]
    arrays = {
        n: _broadcast(n, p, x.shape)
        for n, p in parameters.items()
        if isinstance(p, np.ndarray)
    }
    if not (placed or written) and _one_block(x, native):
        ravelled = {n: a.ravel() for n, a in arrays.items()}
        return _small(kernels, x, {**parameters, **ravelled}, native)
    _keep_freed_memory()
    dtype = native_dtype(x.dtype)
    x = _apart(x, written)
    arrays = {n: _apart(a, written) for n, a in arrays.items()}
    # in the order of memory, unless a parameter or the place goes by the order of the axes
    by_columns = x.flags.f_contiguous and not (arrays or placed)
    order: Any = "F" if by_columns else "C"
    given = [*outs, *[None] * (len(kernels) - len(outs))]
    results = [np.empty(x.shape, dtype, order) if o is None else o for o in given]
    flat, *targets = (a.reshape(-1, order=order) for a in (x, *results))

    def run(part: slice) -> None:
        block = np.ascontiguousarray(flat[part], dtype if native else np.float64)
        stop = part.start + block.size
        values = {n: _ravelled(a, part.start, stop) for n, a in arrays.items()}
        if placed:
            values["start"] = part.start
        # all of them before any is written: it may be written into x
        computed = [kernel(block, **{**parameters, **values}) for kernel in kernels]
        for target, y in zip(targets, computed, strict=True):
            # to what NumPy has it is rounded as it is written, in one pass
            target[part] = y if dtype.kind == "f" else rounded(y, dtype)

    longest = _longest(x, native)
    count = _workers(x.size, longest, threads)
    each(run, _parts(x.size, longest, count), count)
    for result, target in zip(results, targets, strict=True):
        if not np.may_share_memory(result, target):
            result[...] = target.reshape(x.shape, order=order)
    # [()] turns an array without dimensions into a scalar, as NumPy's own functions do
    return [r[()] if o is None else o for r, o in zip(results, given, strict=True)]


def _ravelled(a: Array, start: int, stop: int) -> Array:
    """Return ``a.ravel()[start:stop]``, of which no more is made than that: ``a.flat`` takes ten times as long."""
    if a.ndim <= 1 or a.flags.c_contiguous:
        return a.reshape(-1)[start:stop]
    inner = prod(a.shape[1:])
    first, last = start // inner, (stop - 1) // inner
    begin, end = start - first * inner, stop - last * inner
    if first == last:
        return _ravelled(a[first], begin, end)
    between = a[first + 1 : last].reshape(-1)
    return np.concatenate(
        [_ravelled(a[first], begin, inner), between, _ravelled(a[last], 0, end)]
    )


def _one_block(x: Array, native: bool) -> bool:
    """Whether an array is no longer than a block, in the order in which its result is given back."""
    return x.size <= _longest(x, native) and (x.ndim == 1 or x.flags.c_contiguous)


@np.errstate(all="ignore")  # in half the time of a with statement
def _small(
    kernels: Sequence[Kernel], x: Array, parameters: Mapping[str, Any], native: bool
) -> list[Array]:
    """Return what kernels make of a single block."""
    _keep_freed_memory()
    dtype = native_dtype(x.dtype)
    block = np.ascontiguousarray(x, dtype if native else np.float64).ravel()
    results = [k(block, **parameters) for k in kernels]
    # to see that they are of it takes less than to ask for it
    results = [r if r.dtype is dtype else rounded(r, dtype) for r in results]
    return results if x.ndim == 1 else [r.reshape(x.shape)[()] for r in results]


def _apart(x: Array, outs: Sequence[Array]) -> Array:
    """Return what is read, or a copy if writing one element of the result would change another one of it."""
    moved = (np.may_share_memory(x, out) and not _same_memory(x, out) for out in outs)
    return x.copy() if any(moved) else x


@cache
def _keep_freed_memory() -> None:
    """Make the allocator keep the memory of temporaries, which it would map and unmap for every single one.

    glibc sets its thresholds by the largest array that was ever given back (mallopt(3), M_MMAP_THRESHOLD): this one
    is of the size of sixteen temporaries, and none of it is touched. Elsewhere it changes nothing.
    """
    np.empty(16 * BLOCK)


def native_dtype(dtype: "np.dtype[Any]") -> "np.dtype[Any]":
    """Return a dtype in the byte order of this machine: the same object where it is."""
    return dtype if dtype.isnative else dtype.newbyteorder("=")


def _longest(x: Array, native: bool) -> int:
    """Return how many numbers are a block: as many bytes of any dtype that is not widened."""
    return BLOCK * 8 // x.itemsize if native else BLOCK


def _parts(size: int, longest: int, threads: int) -> list[slice]:
    """Return the blocks of an array: equal ones, as many as are a multiple of the threads, at most so long."""
    blocks = -(-size // (longest * threads)) * threads
    # a multiple of a page of float32, so that no two threads write to one
    length = max(1, -(-size // (1024 * max(1, blocks)))) * 1024
    return [slice(start, start + length) for start in range(0, size, length)]


def _workers(size: int, longest: int, threads: int | None) -> int:
    """Return how many threads are worth starting: each has a whole block at least."""
    _check(threads)
    most = size // longest
    # how many processors there are takes as long to find out as relu of ten numbers
    return 1 if most <= 1 else min(threads or processors(), most)


def _check(threads: int | None) -> None:
    if threads is not None and not (
        isinstance(threads, int | np.integer) and threads >= 1
    ):
        raise RequestError(f"threads is {threads!r}; give a whole number from 1 on")


def apply_rows(
    kernel: Kernel,
    rows: Sequence[Array],
    parameters: Mapping[str, Any],
    threads: int | None = None,
    *,
    placed: bool = False,
) -> Array:
    """Return ``kernel(*rows, **parameters)`` for a function of whole rows, some rows at a time.

    Shapes: the first of ``rows`` is (count, length), with a length of 1 at least, the others (count, …); the kernel
    returns an array that has one entry a row in its first dimension, and so does the result, in the dtype of the first.

    Args:
        kernel: takes blocks of rows and the parameters.
        rows: what it takes, float arrays with as many rows each.
        parameters: numbers.
        threads: as in ``apply``.
        placed: the kernel depends on where the block stands, and is given the place of its first number as ``start``.
    """
    _check(threads)
    _keep_freed_memory()
    count, length = rows[0].shape
    dtype = native_dtype(rows[0].dtype)
    values = {**parameters, "start": 0} if placed else parameters
    step = _ROWS // length or 1
    if count <= step:
        return _some_rows(kernel, rows, values, dtype)
    first = _some_rows(kernel, [r[:step] for r in rows], values, dtype)
    result = np.empty((count, *first.shape[1:]), dtype)
    result[:step] = first

    def put(part: slice) -> None:
        place = {"start": part.start * length} if placed else {}
        some = [r[part] for r in rows]
        result[part] = _some_rows(kernel, some, {**values, **place}, dtype)

    # a Jacobian is as many times as large as a row is long
    largest = max(1, length, first[0].size)
    workers = _workers(count * largest, BLOCK, threads)
    # twice as much as of other functions: at each operation on a column, too, threads hand over the interpreter lock
    blocks = _parts((count - step) * largest, 2 * BLOCK, workers)
    more = max(1, (blocks[0].stop - blocks[0].start) // largest)
    parts = (slice(s, s + more) for s in range(step, count, more))
    each(put, parts, workers)
    return result


@np.errstate(all="ignore")
def _some_rows(
    kernel: Kernel,
    rows: Sequence[Array],
    parameters: Mapping[str, Any],
    dtype: "np.dtype[Any]",
) -> Array:
    blocks = [
        r
        if r.dtype is _FLOAT64 and r.flags.c_contiguous
        else np.ascontiguousarray(r, np.float64)
        for r in rows
    ]
    result = kernel(*blocks, **parameters)
    return result if dtype is _FLOAT64 else rounded(result, dtype)


def each(run: Callable[[Any], None], parts: Iterable[Any], threads: int) -> None:
    """Call ``run`` with each of the parts, on some threads, of which this is one."""
    todo = list(parts)
    count = max(1, min(threads, len(todo)))
    # a region for each thread: side by side they would all be given, and clear, the same large page of new memory
    bounds = [len(todo) * k // count for k in range(count + 1)]
    regions = [deque(todo[start:stop]) for start, stop in pairwise(bounds)]
    ended = [Event() for _ in regions]
    failures: list[BaseException] = []

    def work(own: int) -> None:
        try:
            with np.errstate(all="ignore"):
                # then what the others have left
                for region in regions[own:] + regions[:own]:
                    while (part := _next(region)) is not None:
                        run(part)
        except BaseException as failure:  # noqa: BLE001  # raised by the calling thread
            failures.append(failure)
            stop()
        finally:
            ended[own].set()

    def stop() -> None:
        for region in regions:
            region.clear()

    def wait() -> None:
        for helper, end in zip(helpers, ended[1:], strict=True):
            if helper.ident is not None:
                # before Python 3.13 join alone lets go of a thread that runs if it was interrupted once
                end.wait()
                helper.join()

    helpers = [Thread(target=work, args=(k,)) for k in range(1, count)]
    try:
        for helper in helpers:
            helper.start()
        work(0)
        wait()
    finally:
        # interrupted, too: what they write to must not be closed while they do
        stop()
        wait()
    if failures:
        raise failures[0]


def _next(todo: "deque[Any]") -> Any:
    """Take the next part, or None if another thread has taken the last."""
    try:
        return todo.popleft()
    except IndexError:
        return None


def _broadcast(name: str, parameter: Array, shape: tuple[int, ...]) -> Array:
    if parameter.shape == shape:
        return parameter
    try:
        return np.broadcast_to(parameter, shape)
    except ValueError:
        raise RequestError(
            f"{name} of shape {parameter.shape} does not broadcast against x of shape {shape}"
        ) from None


def checked_out(out: object, like: Array, name: str = "x") -> Array:
    """Return where to write results of the shape and dtype of an array; raise RequestError if it is no such place."""
    if not isinstance(out, np.ndarray):
        raise RequestError(
            f"out is of type {type(out).__name__}; pass an array of {like.dtype} and shape {like.shape} like {name}"
        )
    if out.shape != like.shape or out.dtype.type is not like.dtype.type:
        raise RequestError(
            f"out is {out.dtype} of shape {out.shape}; it must be {like.dtype} of shape {like.shape} like {name}"
        )
    if not out.flags.writeable:
        raise RequestError("out is read-only; pass an array that can be written")
    return out


def _same_memory(x: Array, out: Array) -> bool:
    return bool(x.ctypes.data == out.ctypes.data and x.strides == out.strides)
