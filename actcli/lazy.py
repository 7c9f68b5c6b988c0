"""Functions of Dask arrays: a new lazy array whose blocks are computed where they are. Nothing of Dask is imported."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from actcli import engine
from actcli.errors import RequestError

if TYPE_CHECKING:
    from actcli.activation import Activation


def is_lazy(x: object) -> bool:
    """Whether x is a Dask array: others that have its protocol, such as xarray's, have other methods."""
    return type(x).__module__.startswith("dask.array")


def apply(
    function: "Activation",
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
        upstream: a Dask array or a number, for "vjp".

    Raises:
        RequestError: it needs more than a block: random numbers by their place, an array as a parameter, ``out``.
    """
    _check(function, method, options)
    if np.ndim(upstream) and not is_lazy(upstream):
        raise RequestError(
            f"{function.name}: upstream of a Dask array must be a Dask array or a number, not {type(upstream).__name__}"
        )
    dtype = engine.native_dtype(engine.as_floats(np.empty(0, x.dtype)).dtype)
    others = [] if upstream is None else [upstream]
    result: dict[str, Any] = {}
    if function.over_axis:
        axis = function.resolve(_parameters(options))["axis"]
        axis = engine.axis_of(function.name, x.shape, axis)
        if np.isnan(x.shape[axis]):
            raise RequestError(
                f"{function.name}: nobody knows yet how long axis {axis} is; call x.compute_chunk_sizes()"
            )
        x = x.rechunk({axis: -1})
        result = _placed(function, x, axis, options)
        if method == "vjp":
            _check_length(function, x, result)
    if is_lazy(upstream):
        others = [_fitted(function, upstream, x)]
    kept = x.ndim - ("drop_axis" in result)
    return x.map_blocks(
        _on_block,
        *others,
        function=function,
        method=method,
        options=dict(options),
        dtype=dtype,
        meta=np.empty((0,) * kept, dtype),
        **result,
    )


def _on_block(
    x: Any, *others: Any, function: "Activation", method: str, options: dict[str, Any]
) -> Any:
    # the scheduler has a thread for each block already
    return getattr(function, method)(x, *others, threads=1, **options)


def _placed(
    function: "Activation", x: Any, axis: int, options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what map_blocks must know of the shape of a function of an axis: how long its output is, or that it has none."""
    outputs = np.shape(function(np.zeros(x.shape[axis]), **{**options, "axis": -1}))
    if not outputs:
        return {"drop_axis": axis}
    return {"chunks": (*x.chunks[:axis], outputs, *x.chunks[axis + 1 :])}


def _check_length(function: "Activation", x: Any, result: dict[str, Any]) -> None:
    if result.pop("chunks", None) != x.chunks:
        raise RequestError(
            f"{function.name}: vjp of a Dask array takes functions with as many outputs as inputs"
        )


def _fitted(function: "Activation", upstream: Any, x: Any) -> Any:
    """Return an upstream in the shape and the chunks of x: blocks are put beside each other by their number alone."""
    known = not np.isnan([*upstream.shape, *x.shape]).any()
    try:
        fits = not known or np.broadcast_shapes(upstream.shape, x.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise RequestError(
            f"{function.name}: upstream of shape {upstream.shape} does not broadcast against x of shape {x.shape}"
        )
    if not known:
        return upstream
    dask = sys.modules["dask.array"]  # there is an array of it
    return dask.broadcast_to(upstream, x.shape).rechunk(x.chunks)


def _parameters(options: Mapping[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in options.items() if n != "wrt"}


def _check(function: "Activation", method: str, options: Mapping[str, Any]) -> None:
    values = function.resolve(_parameters(options))
    if any(isinstance(v, np.ndarray) for v in values.values()):
        raise RequestError(
            f"{function.name} of a Dask array takes numbers as parameters, not arrays"
        )
    if values.get("seed") is not None:
        raise RequestError(
            f"{function.name}: seed goes by the place in the whole, which a block of a Dask array does not know"
        )
    if function.over_axis and method == "derivative":
        raise RequestError(
            f"{function.name}: the Jacobian of a Dask array is not built; use vjp"
        )
