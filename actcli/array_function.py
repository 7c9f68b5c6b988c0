"""A function of arrays by its kernels: value, derivatives, what goes back. What is declared of it is in activation.py."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, overload

import numpy as np

from actcli import engine, lazy
from actcli.bfloat16 import rounded
from actcli.engine import Array, Kernel
from actcli.errors import RequestError
from actcli.formula import Formula
from actcli.parameter import Parameter
from actcli.rows import zero_or_product


class ArrayFunction(ABC):
    """A function that a kernel computes, and another one each of its derivatives.

    Attributes:
        name: what errors call it.
        parameters: by name.
        kernel: of the function itself.
        native: the kernel is exact in every precision.
        ties: in float16 results may lie nearer to a tie than float64 can tell; those are computed from the formula.
        placed: the kernel is told where in the whole its block stands.
    """

    over_axis = False
    name: str
    parameters: dict[str, Parameter]

    def __init__(self, kernel: Kernel, *, native: bool, ties: bool) -> None:
        self.kernel = kernel
        self.native, self.ties = native, ties
        self.placed = "start" in keyword_names(kernel)
        self._derivatives: dict[str, Kernel] = {}

    @property
    @abstractmethod
    def formula(self) -> Formula | None:
        """The mathematics, exact."""

    @abstractmethod
    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every parameter; raise RequestError for one that is unknown or outside its domain."""

    @abstractmethod
    def parameter(self, name: str) -> Parameter:
        """Return a parameter by its name."""

    def __call__(
        self,
        x: object,
        /,
        *,
        out: Array | None = None,
        threads: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return the function of every element of x.

        Shapes: the result has the shape and dtype of x, integers as float64; a function over an axis says what it has.
        A Dask array gives a lazy Dask array.

        Args:
            x: anything NumPy makes an array of numbers of.
            out: an array to write to, of the shape and dtype of the result; it may be x.
            threads: how many processors to use at most; all unless given. The result does not depend on it.
            **parameters: of the function, by name; prelu's alpha may be an array that broadcasts against x.

        Raises:
            RequestError: a parameter is unknown or outside its domain, x is no array of numbers, or ``out`` does not fit.
        """
        if lazy.is_lazy(x):
            refuse_out(out)
            return lazy.apply(self, "__call__", x, parameters)
        return self._apply(self.kernel, x, self.resolve(parameters), out, threads)

    @overload
    def derivative(self, x: FunctionType, /) -> Kernel: ...
    @overload
    def derivative(self, x: str, /) -> Callable[[Kernel], Kernel]: ...
    @overload
    def derivative(
        self,
        x: object,
        /,
        wrt: str | None = None,
        *,
        out: Array | None = None,
        threads: int | None = None,
        **parameters: Any,
    ) -> Any: ...
    def derivative(
        self,
        x: object,
        /,
        wrt: str | None = None,
        *,
        out: Array | None = None,
        threads: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return the derivative at every element of x, by x or by the parameter ``wrt``.

        Shapes, arguments and errors are those of a call. At a kink it is what PyTorch takes.

        In a declaration it is the decorator of the derivative's kernel: ``@swish.derivative`` for the derivative by x,
        ``@prelu.derivative("alpha")`` for that by a parameter.
        """
        # only once: a second declaration would change the function for the whole process
        if isinstance(x, FunctionType) and "x" not in self._derivatives:
            return self._declare("x", x)
        if isinstance(x, str) and x in self.parameters.keys() - self._derivatives:
            return lambda kernel: self._declare(x, kernel)
        if lazy.is_lazy(x):
            refuse_out(out)
            self.slope(wrt)
            return lazy.apply(self, "derivative", x, {"wrt": wrt, **parameters})
        return self._apply(self.slope(wrt), x, self.resolve(parameters), out, threads)

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
        """Return the function and its derivative at every element of x, which is gone through once for both.

        Arguments and errors are those of a call, with ``out`` for each of the two; one of them may be x.

        >>> import actcli
        >>> actcli.relu.value_and_derivative([-1.0, 2.0])
        (array([0., 2.]), array([0., 1.]))
        """
        check_pair(out)
        if not lazy.is_lazy(x):
            x = engine.as_floats(x)
        if not isinstance(x, np.ndarray):
            return self._one_by_one(x, wrt, out, threads, parameters)
        f, slope = engine.apply_each(
            [self._settled(k, x.dtype) for k in (self.kernel, self.slope(wrt))],
            x,
            self.resolve(parameters),
            native=self.native,
            placed=self.placed,
            outs=out,
            threads=threads,
        )
        return f, slope

    def _one_by_one(
        self,
        x: object,
        wrt: str | None,
        out: tuple[Array | None, Array | None],
        threads: int | None,
        parameters: dict[str, Any],
    ) -> tuple[Any, Any]:
        """Return the function and then the derivative, of which the first may be written into x."""
        if out[0] is not None and isinstance(x, np.ndarray):
            x = x.copy() if np.may_share_memory(x, out[0]) else x
        f = self(x, out=out[0], threads=threads, **parameters)
        prime = self.derivative(x, wrt, out=out[1], threads=threads, **parameters)
        return f, prime

    def slope(self, wrt: str | None = None) -> Kernel:
        """Return the kernel of the derivative by x or by a parameter."""
        wanted = wrt or "x"
        if wanted != "x":
            self.parameter(wanted)
        if wanted not in self._derivatives:
            raise RequestError(f"{self.name} has no derivative by '{wanted}'")
        return self._derivatives[wanted]

    def vjp(
        self,
        x: object,
        upstream: object,
        /,
        wrt: str | None = None,
        *,
        out: Array | None = None,
        threads: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return what goes back through the layer: upstream times the derivative, in the shape and dtype of x.

        What goes back to a parameter has the shape of that: the sum over all elements, or over those that share one.

        Args:
            x: as in a call.
            upstream: the gradient by the result, of its shape, or what broadcasts to that.
            wrt: by this parameter, not by x.
            out: as in a call, also ``upstream`` itself; not beside ``wrt``.
            threads: as in a call.
            **parameters: as in a call.

        Raises:
            RequestError: as in a call, or ``upstream`` does not fit.

        >>> import actcli
        >>> actcli.relu.vjp([-1.0, 2.0], [10.0, 10.0])
        array([ 0., 10.])
        >>> actcli.prelu.vjp([[-1.0, 2.0], [-3.0, -4.0]], 1.0, "alpha", alpha=[0.25, 0.5])
        array([-4., -4.])
        """
        to = wrt if wrt not in (None, "x") else None
        if to and out is not None:
            raise RequestError(
                f"{self.name}: out takes what goes back to x; for {to} leave it out"
            )
        if lazy.is_lazy(x):
            refuse_out(out)
            if to:
                raise RequestError(
                    f"{self.name}: vjp of a Dask array goes back to x; for {to} sum upstream times derivative(x, '{to}')"
                )
            return lazy.apply(self, "vjp", x, parameters, upstream)
        prime = self.slope(to)
        gradient = engine.as_floats(upstream, "upstream")

        def back(block: Array, *, upstream: Array, **values: Any) -> Array:
            # where the unit is dead nothing goes back, not even an overflow
            return zero_or_product(prime(block, **values), upstream)

        given = engine.as_floats(x)
        resolved = self.resolve(parameters)
        values = {**resolved, "upstream": gradient.reshape(gradient.shape or (1,))}
        # a sum is taken in float64 whatever x is, and rounded to its dtype once
        terms = np.atleast_1d(given.astype(np.float64) if to else given)
        place = None if out is None else np.atleast_1d(engine.checked_out(out, given))
        # never native: the derivative would be rounded before the product is
        result = engine.apply(
            back, terms, values, placed=self.placed, out=place, threads=threads
        )
        if out is not None:
            return out
        result = result.reshape(given.shape)
        if to:
            total = _summed_to(result, np.shape(resolved[to]))
            with np.errstate(over="ignore"):
                return rounded(total, engine.native_dtype(given.dtype))[()]
        return result[()]

    def _apply(
        self,
        kernel: Kernel,
        x: object,
        values: dict[str, Any],
        out: Array | None,
        threads: int | None,
    ) -> Any:
        given = engine.as_floats(x)
        return engine.apply(
            self._settled(kernel, given.dtype),
            given,
            values,
            native=self.native,
            placed=self.placed,
            out=out,
            threads=threads,
        )

    def _settled(self, kernel: Kernel, dtype: "np.dtype[Any]") -> Kernel:
        """Return a kernel with exact results where float64 does not tell how they are rounded to a dtype."""
        # in bfloat16 most may be next to a tie: half of the smallest number is one, and x/2·(1 + x/2) a little more
        if dtype.kind != "V" and not (self.ties and dtype.type is np.float16):
            return kernel
        wrt = next((n for n, k in self._derivatives.items() if k is kernel), None)
        formula = self.formula
        if formula is None or (wrt is None and kernel is not self.kernel):
            return kernel
        known: dict[tuple[float, ...], list[float]] = {}

        def settled(x: Array, **values: Any) -> Array:
            y = kernel(x, **values)
            low, high = (rounded(y * (1.0 + s), dtype) for s in (-1e-15, 1e-15))
            near = np.flatnonzero((low != high) & np.isfinite(y))
            if not near.size or values.get("seed") is not None:
                return y
            from actcli import exact

            at = {"x": x, **values}
            there = {n: np.broadcast_to(at[n], x.shape)[near] for n in formula.names}
            order = int(wrt is not None)
            found = exact.array(
                formula,
                there,
                order=order,
                wrt=wrt or "x",
                dtype=dtype.name,
                undecided=[],
                known=known,
            )[order]
            # NaN where no precision decides
            y[near] = np.where(np.isnan(found), y[near], found)
            return y

        return settled

    def _declare(self, wrt: str, kernel: Kernel) -> Kernel:
        names = keyword_names(kernel)
        if names != keyword_names(self.kernel) or (
            wrt != "x" and wrt not in self.parameters
        ):
            raise TypeError(
                f"{self.name}: {kernel.__name__} takes {names}, its kernel {keyword_names(self.kernel)}"
            )
        self._derivatives[wrt] = kernel
        return kernel


def _summed_to(by: Array, shape: tuple[int, ...]) -> Array:
    """Sum a gradient over the dimensions in which a parameter was broadcast."""
    if not shape:
        return np.asarray(by.sum())
    by = by.sum(axis=tuple(range(by.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and by.shape[i] != 1)
    return by.sum(axis=stretched, keepdims=True)


def check_pair(out: object) -> None:
    """Raise RequestError for what is no place for each of two results."""
    if not (isinstance(out, tuple) and len(out) == 2):
        raise RequestError(
            "out of a value and a derivative is two places; pass (array, None) for one"
        )


def refuse_out(out: Array | None) -> None:
    """Raise RequestError for a place to write what a Dask array gives."""
    if out is not None:
        raise RequestError("out is no place for a Dask array; leave it out")


def argument_names(kernel: Kernel) -> tuple[str, ...]:
    """Return the names of the arguments that a kernel takes by their place."""
    code = kernel.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[: code.co_argcount]


def keyword_names(kernel: Kernel) -> tuple[str, ...]:
    """Return the names of the arguments that a kernel takes by name alone."""
    code = kernel.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
