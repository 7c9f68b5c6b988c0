"""Functions of Dask arrays: a new lazy array whose blocks are computed where they are. Nothing of Dask is imported."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from actcli import engine
from actcli.errors import RequestError

if TYPE_CHECKING:
    from actcli.array_function import ArrayFunction


def is_lazy(x: object) -> bool:
    """Whether x is a Dask array: others that have its protocol, such as xarray's, have other methods."""
    return type(x).__module__.startswith("dask.array")


def apply(
    function: "ArrayFunction",
    method: str,
    x: Any,
    options: Mapping[str, Any],
    upstream: Any = None,
) -> Any:
    """Return what a method of a function makes of the blocks of x, as a lazy array.

    Shapes: those of the method. An axis that a function works over is brought into one chunk.

    Args:
        function: it is sent to where the blocks are by its name.
        method: "__call__", "derivative" or "vjp".
        x: a Dask array.
        options: keyword arguments of the method.
        upstream: a Dask array, another one, or a number, for "vjp".

    Raises:
        RequestError: it needs more than a block: random numbers by their place, a Jacobian.
    """
    values = function.resolve({n: v for n, v in options.items() if n != "wrt"})
    _check(function, method, values)
    dtype = engine.native_dtype(engine.as_floats(np.empty(0, x.dtype)).dtype)
    made = _Result(x.shape, x.chunks)
    if function.over_axis:
        axis = engine.axis_of(function.name, x.shape, values["axis"])
        x, made = _over_axis(function, x, axis, options)
    arrays = {n: v for n, v in values.items() if isinstance(v, np.ndarray)}
    others = [_fitted(function, n, a, x.shape, x.chunks) for n, a in arrays.items()]
    if method == "vjp":
        others = [_beside(function, upstream, made), *others]
        shape, chunks = x.shape, x.chunks
    else:
        shape, chunks = made.shape, made.chunks
    dropped = {"drop_axis": made.dropped} if len(shape) < x.ndim else {}
    return x.map_blocks(
        _on_block,
        *others,
        function=function,
        method=method,
        options={n: v for n, v in options.items() if n not in arrays},
        names=tuple(arrays),
        single=made.dropped,
        dtype=dtype,
        meta=np.empty((0,) * len(shape), dtype),
        chunks=chunks,
        **dropped,
    )


class _Result(NamedTuple):
    """What a function makes of a Dask array: its shape, its chunks, and the axis that is gone, if one is."""

    shape: tuple[int, ...]
    chunks: Any
    dropped: int | None = None


def _over_axis(
    function: "ArrayFunction", x: Any, axis: int, options: Mapping[str, Any]
) -> tuple[Any, _Result]:
    """Return x with an axis in one chunk, and what the function makes of it."""
    if np.isnan(x.shape[axis]):
        raise RequestError(
            f"{function.name}: nobody knows yet how long axis {axis} is; call x.compute_chunk_sizes()"
        )
    x = x.rechunk({axis: -1})
    outputs = np.shape(function(np.zeros(x.shape[axis]), **{**options, "axis": -1}))
    return x, _Result(
        (*x.shape[:axis], *outputs, *x.shape[axis + 1 :]),
        (*x.chunks[:axis], *((n,) for n in outputs), *x.chunks[axis + 1 :]),
        None if outputs else axis,
    )


def _beside(function: "ArrayFunction", upstream: Any, result: _Result) -> Any:
    """Return an upstream in the chunks of a result, and with as many dimensions as x has."""
    if not np.ndim(upstream):
        return upstream
    if not is_lazy(upstream):
        upstream = engine.as_floats(upstream, "upstream")
    whole = _fitted(function, "upstream", upstream, result.shape, result.chunks)
    if result.dropped is None:
        return whole
    return whole[(*[slice(None)] * result.dropped, None)]


def _on_block(
    x: Any,
    *others: Any,
    function: "ArrayFunction",
    method: str,
    options: dict[str, Any],
    names: tuple[str, ...],
    single: int | None,
) -> Any:
    """Return what a method makes of a block of x, those of an upstream, which may have a single number along an axis, and of parameters."""
    count = len(others) - len(names)
    given = [
        g.squeeze(single) if single is not None and np.ndim(g) else g
        for g in others[:count]
    ]
    parameters = dict(zip(names, others[count:], strict=True))
    # the scheduler has a thread for each block already
    return getattr(function, method)(x, *given, threads=1, **options, **parameters)


def _fitted(
    function: "ArrayFunction",
    name: str,
    array: Any,
    shape: tuple[int, ...],
    chunks: Any,
) -> Any:
    """Return an array in a shape and in chunks: blocks are put beside each other by their number alone."""
    known = not np.isnan([*array.shape, *shape]).any()
    try:
        fits = not known or np.broadcast_shapes(array.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise RequestError(
            f"{function.name}: {name} of shape {array.shape} does not broadcast against {shape}"
        )
    if not known:
        return array
    dask = sys.modules["dask.array"]  # there is an array of it
    return dask.broadcast_to(dask.asarray(array), shape).rechunk(chunks)


def _check(function: "ArrayFunction", method: str, values: Mapping[str, Any]) -> None:
    """Refuse what takes more than a block."""
    if values.get("seed") is not None:
        raise RequestError(
            f"{function.name}: seed goes by the place in the whole, which a block of a Dask array does not know"
        )
    if function.over_axis and method == "derivative":
        raise RequestError(
            f"{function.name}: the Jacobian of a Dask array is not built; use vjp"
        )
