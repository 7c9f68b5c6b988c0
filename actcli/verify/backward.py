"""What goes back through a function, exactly: upstream times the derivative, summed over the outputs of a row."""

from collections.abc import Callable
from typing import Any

import numpy as np

from actcli import engine, exact
from actcli.activation import Activation
from actcli.engine import Array
from actcli.errors import UndecidedError
from actcli.rounding import UNDEFINED
from actcli.verify.ulps import without_rest
from actcli.verify.vectors import as_here


def backward(
    function: Activation,
    x: Array,
    upstream: Array,
    dtype: str,
    advance: Callable[[int], Any] = lambda _: None,
    undecided: list[UndecidedError] | None = None,
) -> tuple[Array, Array, Array]:
    """Return what ``function.vjp`` approximates, rounded to a dtype, what that left over, and the ulp there.

    What no precision decides is NaN, and its error goes to ``undecided``; without that it is raised.

    Where x is not finite it is the limit, and where there is none, or upstream is not finite, what the kernel gives.

    Shapes: upstream has the shape of ``function(x)``, and each result that of x, in float64.

    >>> import actcli
    >>> value, rest, ulp = backward(actcli.tanh, np.array([20.0]), np.array([3.0]), "float64")
    >>> value
    array([5.09802511e-17])
    """
    x, upstream = x.astype(np.float64), upstream.astype(np.float64)
    found: Any = np.zeros(0)
    if x.size and function.over_axis:
        found = _of_rows(function, x, upstream, dtype, advance)
    elif x.size:
        found = _of_elements(function, x, upstream, dtype, advance, undecided)
    value, rest, unit = np.moveaxis(np.array(found).reshape(*x.shape, 3), -1, 0)
    return value, rest, unit


def _of_elements(
    function: Activation,
    x: Array,
    upstream: Array,
    dtype: str,
    advance: Callable[[int], Any],
    undecided: list[UndecidedError] | None,
) -> list[Array]:
    assert function.formula is not None
    values = function.values_for_formula()
    found = []
    for at, times in zip(x.flat, upstream.flat, strict=True):
        if np.isfinite(at) and np.isfinite(times):
            there = {**values, "x": float(at)}
            try:
                _, one = exact.measured(
                    function.formula, there, times=float(times), dtype=dtype
                )
            except UndecidedError as error:
                if undecided is None:
                    raise
                undecided.append(error)
                one = UNDEFINED
            found.append(np.array(one))
        else:
            found.append(np.array(without_rest(function.vjp(at, times), dtype)))
        advance(1)
    return found


def _of_rows(
    function: Activation,
    x: Array,
    upstream: Array,
    dtype: str,
    advance: Callable[[int], Any],
) -> Array:
    assert function.formula is not None
    values = function.values_for_formula()
    axis = engine.axis_of(function.name, x.shape, function.resolve({})["axis"])
    moved = np.moveaxis(x, axis, -1)
    rows = moved.reshape(-1, moved.shape[-1])
    # a function of a whole row has no axis left there
    gradients = np.moveaxis(upstream, axis, -1) if upstream.ndim == x.ndim else upstream
    found = []
    for row, gradient in zip(rows, gradients.reshape(len(rows), -1), strict=True):
        if np.isfinite(row).all() and np.isfinite(gradient).all():
            there = exact.measured_backward(
                function.formula, row.tolist(), gradient.tolist(), values, dtype=dtype
            )
            found.append(np.array(there))
        else:
            shaped = gradient.reshape(np.shape(function(row, axis=0)))
            limits = ours = function.vjp(row, shaped, axis=0)
            if np.isfinite(gradient).all():
                limits = exact.backward_limits(
                    function.formula,
                    row.tolist(),
                    gradient.tolist(),
                    values,
                    dtype=dtype,
                )
            found.append(np.array(without_rest(as_here(limits, ours), dtype)).T)
        advance(row.size)
    return np.moveaxis(np.array(found).reshape(*moved.shape, 3), -2, axis)
