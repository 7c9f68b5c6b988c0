"""Functions of a whole axis: softmax and its kind. Their derivative is a Jacobian; elementwise ones are in array_function.py."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, Self

import numpy as np

from actcli import engine, lazy
from actcli.activation import Activation, registered
from actcli.array_function import check_pair, refuse_out
from actcli.engine import Array, Kernel
from actcli.errors import RequestError
from actcli.parameter import Kept, Parameter


class AxisActivation(Activation):
    """An activation function over an axis; ``axis`` is a parameter of each.

    Its kernel takes rows, an array (count, length), and returns (count, outputs), or (count,) for a function that
    reduces its axis to one number. The derivative's kernel returns (count, outputs, length), where one number is one
    output. The kernel of the vector-Jacobian product takes rows and upstream, and returns (count, length).

    Shapes: the result has the outputs along the axis, or no such axis where they are one number. The derivative has
    the other axes, then outputs by inputs: for logsumexp of a row that is a matrix of one row.

    >>> import actcli
    >>> actcli.softmax([1000.0, 1001.0]).round(4)
    array([0.2689, 0.7311])
    >>> actcli.softmax.derivative([0.0, 0.0])
    array([[ 0.25, -0.25],
           [-0.25,  0.25]])
    """

    over_axis = True

    def __init__(self, kernel: Kernel, formula: str, **facts: Any) -> None:
        super().__init__(kernel, formula, **facts)
        self._product: Kernel | None = None
        self._outputs = Kept()

    def __copy__(self) -> Self:
        other = super().__copy__()
        other._outputs = Kept()
        return other

    def _declared(self) -> dict[str, Parameter]:
        return {**super()._declared(), "axis": Parameter("axis", -1, int)}

    def _apply(
        self,
        kernel: Kernel,
        x: object,
        values: dict[str, Any],
        out: Array | None,
        threads: int | None,
    ) -> Any:
        given = engine.as_floats(x)
        axis = engine.axis_of(self.name, given.shape, values.pop("axis"))
        moved = _moved(given, axis, -1)
        result = engine.apply_rows(
            kernel, (_rows(moved),), values, threads, placed=self.placed
        )
        final = _unrolled(result, moved)
        # a Jacobian keeps its two dimensions at the end
        if final.ndim == given.ndim:
            final = _moved(final, -1, axis)
        if out is None:
            return final if final.ndim else final[()]
        engine.checked_out(out, final, "the result")[...] = final
        return out

    def value_and_derivative(
        self,
        x: object,
        /,
        wrt: str | None = None,
        *,
        out: tuple[Array | None, Array | None] = (None, None),
        threads: int | None = None,
        **parameters: Any,
    ) -> tuple[Any, Any]:
        """Return the function and its Jacobian."""
        check_pair(out)
        return self._one_by_one(x, wrt, out, threads, parameters)

    def vjp(
        self,
        x: Any,
        upstream: object = None,
        /,
        wrt: str | None = None,
        *,
        out: Array | None = None,
        threads: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return upstream times the Jacobian, without building it, in the shape and dtype of x.

        Arguments and errors are those of an elementwise function.

        In a declaration it is the decorator of that product's kernel.

        >>> import actcli
        >>> actcli.softmax.vjp([0.0, 0.0], [1.0, 0.0])
        array([ 0.25, -0.25])
        """
        if isinstance(x, FunctionType) and self._product is None:
            self._product = x
            return x
        if wrt not in (None, "x"):
            raise RequestError(f"{self.name} has no derivative by '{wrt}'")
        if lazy.is_lazy(x):
            refuse_out(out)
            return lazy.apply(self, "vjp", x, parameters, upstream)
        if self._product is None:
            raise RequestError(f"{self.name} declares no vector-Jacobian product")
        given, gradient = engine.as_floats(x), engine.as_floats(upstream, "upstream")
        values = self.resolve(parameters)
        axis = engine.axis_of(self.name, given.shape, values.pop("axis"))
        moved = _moved(given, axis, -1)
        rows = [
            _rows(moved),
            self._gradient_rows(gradient, given.shape, axis, parameters),
        ]
        result = engine.apply_rows(
            self._product, rows, values, threads, placed=self.placed
        )
        back = _moved(_unrolled(result, moved), -1, axis)
        if out is None:
            return back
        engine.checked_out(out, given)[...] = back
        return out

    def _gradient_rows(
        self,
        gradient: Array,
        shape: tuple[int, ...],
        axis: int,
        parameters: dict[str, Any],
    ) -> Array:
        """Return the upstream as rows, one for each row of x, whose shape is given."""
        length, last = shape[axis], {**parameters, "axis": -1}
        outputs = self._outputs.found(
            {**last, "x": length},
            lambda: np.shape(self(np.zeros(length), threads=1, **last)),
        )
        wanted = (*shape[:axis], *outputs, *shape[axis + 1 :])
        try:
            # np.broadcast_to takes as long as that of ten numbers, also where it has nothing to do
            full = (
                gradient
                if gradient.shape == wanted
                else np.broadcast_to(gradient, wanted)
            )
        except ValueError:
            raise RequestError(
                f"upstream has shape {gradient.shape}; {self.name} of x has {wanted}"
            ) from None
        return _rows(_moved(full, axis, -1)) if outputs else full.reshape(-1)


def _moved(x: Array, axis: int, to: int) -> Array:
    """Return x with an axis at another place."""
    # np.moveaxis takes more time than the softmax of ten numbers, also where it has nothing to do
    return x if (axis - to) % x.ndim == 0 else np.moveaxis(x, axis, to)


def _rows(moved: Array) -> Array:
    # in half the time where there is one row; of more no copy is made if their axes are one: the threads make it
    return moved[None] if moved.ndim == 1 else moved.reshape(-1, moved.shape[-1])


def _unrolled(result: Array, moved: Array) -> Array:
    """Return results of rows with the axes that the rows had."""
    if moved.ndim == 1:
        return result[0]
    return result.reshape(moved.shape[:-1] + result.shape[1:])


def axis_activation(formula: str, **facts: Any) -> Callable[[Kernel], AxisActivation]:
    """Declare the function of an axis that a kernel of rows computes; the formula takes x as a vector."""
    return lambda kernel: registered(AxisActivation(kernel, formula, **facts))
