"""Applies a kernel to arrays of any size, shape, byte order and dtype. Knows nothing of what the kernel computes.

A kernel gets one-dimensional blocks that stay in the cache. float32 and float16 are widened to float64 block by block
and the result is rounded once, unless the kernel is native: exact in the precision it is given.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from actcli.errors import RequestError

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Kernel: TypeAlias = Callable[..., Array]

# 16 Ki float64: temporaries of twice that pass the allocator's threshold, and each is mapped and unmapped
BLOCK = 1 << 14
# below this, starting threads costs more than they save
_WORTH_THREADS = 1 << 18
_FLOATS = (np.float16, np.float32, np.float64)


def as_floats(values: object, name: str = "x") -> Array:
    """Return anything NumPy can make an array of as float16, float32 or float64; integers become float64."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "biuO":
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise RequestError(f"{name} is no array of numbers: {error}") from None
    if array.dtype.type not in _FLOATS:
        raise RequestError(
            f"{name} has dtype {array.dtype}; use float64, float32 or float16"
        )
    return array


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
        threads: how many blocks at a time; all processors unless given. The result does not depend on it.

    Raises:
        RequestError: ``out`` or a parameter does not fit ``x``.
    """
    small = x.size <= BLOCK and out is None
    if (
        small
        and not placed
        and not any(isinstance(p, np.ndarray) for p in parameters.values())
    ):
        with np.errstate(all="ignore"):
            return _small(kernel, x, parameters, native)
    return _large(kernel, x, parameters, native, placed, out, threads)


def _small(
    kernel: Kernel, x: Array, parameters: Mapping[str, Any], native: bool
) -> Array:
    dtype = x.dtype.newbyteorder("=")
    block = x.ravel().astype(dtype if native else np.float64, copy=False)
    result = kernel(block, **parameters)
    # [()] turns an array without dimensions into a scalar, as NumPy's own functions do
    return result.astype(dtype, copy=False).reshape(x.shape)[()]


def _large(
    kernel: Kernel,
    x: Array,
    parameters: Mapping[str, Any],
    native: bool,
    placed: bool,
    out: Array | None,
    threads: int | None,
) -> Array:
    dtype = x.dtype.newbyteorder("=")
    result = np.empty(x.shape, dtype) if out is None else _checked_out(out, x)
    if out is not None and np.may_share_memory(x, out) and not _same_memory(x, out):
        x = x.copy()
    flat, target = x.reshape(-1), result.reshape(-1)
    copied = out is not None and not np.shares_memory(target, result)
    arrays = {
        n: _broadcast(n, p, x.shape)
        for n, p in parameters.items()
        if isinstance(p, np.ndarray)
    }

    def run(start: int) -> None:
        part = slice(start, start + BLOCK)
        block = flat[part].astype(dtype if native else np.float64, copy=False)
        slices: dict[str, Any] = {
            n: np.asarray(a.flat[part], dtype=np.float64) for n, a in arrays.items()
        }
        if placed:
            slices["start"] = start
        with np.errstate(all="ignore"):
            target[part] = kernel(block, **{**parameters, **slices})

    _each_block(run, range(0, x.size, BLOCK), x.size, threads)
    if copied:
        result[...] = target.reshape(result.shape)
    return result[()] if out is None else result


def apply_rows(
    kernel: Kernel,
    rows: Sequence[Array],
    parameters: Mapping[str, Any],
    threads: int | None = None,
    *,
    placed: bool = False,
) -> Array:
    """Return ``kernel(*rows, **parameters)`` for a function of whole rows, some rows at a time.

    Shapes: the first of ``rows`` is (count, length), the others (count, …); the kernel returns an array that has one
    entry a row in its first dimension, and so does the result, in the dtype of the first.

    Args:
        kernel: takes blocks of rows and the parameters.
        rows: what it takes, float arrays with as many rows each.
        parameters: numbers.
        threads: as in ``apply``.
        placed: the kernel depends on where the block stands, and is given the place of its first number as ``start``.
    """
    count, length = rows[0].shape
    dtype = rows[0].dtype.newbyteorder("=")
    step = max(1, BLOCK // max(1, length))

    def run(start: int) -> Array:
        blocks = [r[start : start + step].astype(np.float64, copy=False) for r in rows]
        place = {"start": start * length} if placed else {}
        with np.errstate(all="ignore"):
            return kernel(*blocks, **parameters, **place).astype(dtype, copy=False)

    first = run(0)
    if count <= step:
        return first
    result = np.empty((count, *first.shape[1:]), dtype)
    result[:step] = first

    def put(start: int) -> None:
        result[start : start + step] = run(start)

    _each_block(put, range(step, count, step), count * length, threads)
    return result


def _each_block(
    run: Callable[[int], None], starts: range, size: int, threads: int | None
) -> None:
    count = min(threads or processors(), len(starts))
    if count < 2 or (threads is None and size < _WORTH_THREADS):
        for start in starts:
            run(start)
        return
    from concurrent.futures import ThreadPoolExecutor  # a fifth of all imports

    with ThreadPoolExecutor(count) as pool:
        for _ in pool.map(run, starts):
            pass


def _broadcast(name: str, parameter: Array, shape: tuple[int, ...]) -> Array:
    try:
        return np.broadcast_to(parameter, shape)
    except ValueError:
        raise RequestError(
            f"{name} of shape {parameter.shape} does not broadcast against x of shape {shape}"
        ) from None


def _checked_out(out: Array, x: Array) -> Array:
    if out.shape != x.shape or out.dtype != x.dtype.newbyteorder("="):
        raise RequestError(
            f"out is {out.dtype} of shape {out.shape}; it must be {x.dtype} of shape {x.shape} like x"
        )
    if not out.flags.writeable:
        raise RequestError("out is read-only; pass an array that can be written")
    return out


def _same_memory(x: Array, out: Array) -> bool:
    return bool(x.ctypes.data == out.ctypes.data and x.strides == out.strides)
