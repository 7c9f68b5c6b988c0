"""What an activation function is: one declaration of formula, kernel, derivatives and facts, and the registry of them."""

import copy
import math
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import FunctionType
from typing import Any, Self, get_type_hints, overload

import numpy as np

from actcli import engine, lazy
from actcli.bfloat16 import rounded
from actcli.engine import Array, Kernel
from actcli.errors import RequestError
from actcli.formula import CONSTANTS, FUNCTIONS, VECTOR_FUNCTIONS, Formula, parse
from actcli.registry import Registry, fold, suggestion
from actcli.rows import zero_or_product
from actcli.spec import number, split_parameters

functions: "Registry[Activation]" = Registry("function", "actcli list")

_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_GRAMMAR = {"x", "if", "else", *CONSTANTS, *FUNCTIONS, *VECTOR_FUNCTIONS}


_LARGEST_SEED = 2**53  # from there on floats leave integers out
_MOST_KEPT = 256


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function, as the signature of its kernel declares it.

    Attributes:
        name: the keyword.
        default: its value unless given; None where there is none (a user's formula, a seed).
        kind: ``float``, ``int``, or the annotation of what else it takes.
        unbounded: it may be infinite.
    """

    name: str
    default: float | int | None
    kind: Any = float
    unbounded: bool = False

    @cached_property
    def is_array(self) -> bool:
        """Whether an array that broadcasts against x is accepted."""
        return bool(self.kind == float | Array)

    def read(self, value: Any, owner: str) -> Any:
        """Return a value in the type of this parameter."""
        if value is None and self.default is None:
            return None
        if self.is_array and np.ndim(value):
            return engine.as_floats(value, self.name)
        try:
            if np.iscomplexobj(value):
                raise TypeError  # NumPy's would lose the imaginary part with a warning
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise RequestError(
                f"{owner}: {self.name} must be a number, not {reprlib.repr(value)}"
            ) from None
        if not (math.isfinite(number) or (self.unbounded and math.isinf(number))):
            raise RequestError(f"{owner}: {self.name} must be finite, not {number:g}")
        if self.kind in (int, int | None):
            if not number.is_integer():
                raise RequestError(
                    f"{owner}: {self.name} must be a whole number, not {value!r}"
                )
            if self.kind == int | None and not 0 <= number <= _LARGEST_SEED:
                raise RequestError(
                    f"{owner}: {self.name} must be from 0 to 2**53, not {number:g}"
                )
            return int(number)
        return number


class Kept(dict[Any, Any]):
    """What was found for parameters that are plain numbers, to be found again in less time than the parameters take to check."""

    def found(self, given: Mapping[str, Any], find: Callable[[], Any]) -> Any:
        """Return what ``find`` returns for these parameters."""
        # the types too: 1 and 1+0j are the same key, and only one of them is a parameter
        key = (*given.items(), *map(type, given.values())) if given else ()
        try:
            if (kept := self.get(key)) is not None:
                return kept
        except TypeError:  # an array has no hash
            return find()
        value = find()
        # not 0, which is the same key as -0.0; nor what may be another number next time, such as a tensor
        if all(isinstance(v, float | int) and v for v in given.values()):
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[key] = value
        return value


class Activation:
    """An activation function: callable on arrays, with its derivative and all that is known of it.

    Made by the decorator ``activation``; found by ``actcli.get``.

    Attributes:
        name: what it is called.
        parameters: by name, with their defaults.
        aliases: other names of it.
        family: the kind of function, which is the file it stands in.
        paper: where it comes from.
        use: what it is used for, in a few words.
        flaw: what is wrong with it, in a few words.
        native: the kernel is exact in every precision.
        ties: in float16 results may lie nearer to a tie than float64 can tell; those are computed from the formula.
        base: the function that this is with other defaults, or None.

    >>> import actcli
    >>> float(actcli.swish(1.0, beta=2.0))
    0.8807970779778823
    >>> actcli.relu.derivative([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """

    over_axis = False
    is_formula = False

    def __init__(
        self,
        kernel: Kernel,
        formula: str | None,
        *,
        aliases: Sequence[str] = (),
        paper: str = "",
        use: str = "",
        flaw: str = "",
        kinks: Sequence[str] = (),
        domain: Sequence[str] = (),
        unbounded: Sequence[str] = (),
        native: bool = False,
        ties: bool = False,
    ) -> None:
        self.name: str = kernel.__name__
        # what shows or sends functions asks for it: Dask, pandas
        self.__name__ = self.name
        self.kernel = kernel
        kernel.__qualname__ = f"{self.name}.kernel"  # where it is found by pickle
        self.summary = " ".join((kernel.__doc__ or "").split())
        self.family = kernel.__module__.rpartition(".")[2]
        self.aliases = tuple(aliases)
        self.paper, self.use, self.flaw = paper, use, flaw
        self.native, self.ties = native, ties
        self.placed = "start" in _keywords(kernel)
        self._unbounded = tuple(unbounded)
        self.parameters = self._declared()
        self.base: Activation | None = None
        self.bound: dict[str, Any] = {}
        self._derivatives: dict[str, Kernel] = {}
        self._resolved = Kept()
        self._formula, self._kinks, self._domain = formula, kinks, domain
        self._check_words([formula or "", *kinks, *domain])
        self.__doc__ = self._described()

    def _described(self) -> str:
        """Return what ``help`` says of the function."""
        formula = f"\n\n    {self._formula}" if self._formula else ""
        defaults = ", ".join(
            n if p.default is None else f"{n}={p.default}"
            for n, p in self.parameters.items()
        )
        told = f"Parameters, with what they are unless given: {defaults}.\n"
        return (
            f"{self.summary}{formula}\n\n{told if defaults else ''}"
            "Call it with an array; its methods are derivative, value_and_derivative, vjp and bind: help(actcli.Activation)."
        )

    def _declared(self) -> dict[str, Parameter]:
        defaults = self.kernel.__kwdefaults__ or {}
        kinds = self.kernel.__annotations__
        if any(isinstance(kind, str) for kind in kinds.values()):
            kinds = get_type_hints(self.kernel)  # from __future__ import annotations
        bare = {*_keywords(self.kernel), *_arguments(self.kernel)[1:]} - {"start"}
        if strange := bare - (defaults.keys() & kinds.keys()):
            raise TypeError(
                f"{self.name}: write parameters after a star, with type and default, like *, beta: float = 1.0; not so is {', '.join(sorted(strange))}"
            )
        return {
            n: Parameter(n, d, kinds[n], n in self._unbounded)
            for n, d in defaults.items()
        }

    def _check_words(self, texts: Sequence[str]) -> None:
        """Refuse a declaration that speaks of what is no parameter of the kernel."""
        # by its words, not by parsing: that would be most of the time that the catalogue takes to import
        words = set(_WORD.findall(" ".join(texts))) - _GRAMMAR - self.parameters.keys()
        if strange := [w for w in words if w not in functions]:
            raise TypeError(
                f"{self.name}: its formulas speak of {', '.join(sorted(strange))}, its kernel does not"
            )

    def _parse(self, text: str) -> Formula:
        return parse(text, functions.get, vectors=self.over_axis, known=functions)

    # looking at it

    @cached_property
    def formula(self) -> Formula | None:
        """The mathematics, exact; the kernel is tested against it."""
        return None if self._formula is None else self._parse(self._formula)

    @cached_property
    def kinks(self) -> tuple[Formula, ...]:
        """Where the derivative jumps, as formulas in the parameters; one without a value is no kink."""
        return tuple(map(self._parse, self._kinks))

    @cached_property
    def domain(self) -> tuple[Formula, ...]:
        """Conditions on the parameters."""
        return tuple(map(self._parse, self._domain))

    @property
    def defaults(self) -> dict[str, Any]:
        """The parameters' values unless given, without those that have none."""
        return {
            n: p.default for n, p in self.parameters.items() if p.default is not None
        }

    @property
    def label(self) -> str:
        """The name with the parameters that are bound: ``swish:beta=2``."""
        spec = ",".join(f"{n}={_shown(value)}" for n, value in self.bound.items())
        return f"{self.name}:{spec}" if spec else self.name

    @property
    def trainable(self) -> tuple[str, ...]:
        """The parameters that have a derivative."""
        return tuple(n for n in self.parameters if n in self._derivatives)

    def __repr__(self) -> str:
        return f"<activation {self.label}: {self.formula}>"

    def kink_points(self, **parameters: Any) -> list[float]:
        """Return where the derivative jumps for these parameters, in ascending order."""
        values = self.resolve(parameters)
        points = {kink.number(values) for kink in self.kinks}
        return sorted(x + 0.0 for x in points if math.isfinite(x))

    # parameters

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every parameter; raise RequestError for one that is unknown or outside its domain."""
        values = self._resolved.found(given, lambda: self._checked(given))
        return {**values}

    def values_for_formula(self) -> dict[str, float]:
        """Return a value for each parameter in the formula, as exact evaluation takes them.

        Raises:
            RequestError: the formula leaves out what a parameter that is set does, such as a seed, or one is an array.
        """
        assert self.formula is not None
        known, values = self.formula.names, self.resolve({})
        for name in self.bound:
            if name not in (*known, "axis"):
                raise RequestError(
                    f"{self.label}: its formula knows no {name}; leave out {name}, as exact values come from the formula"
                )
            if isinstance(values[name], np.ndarray):
                raise RequestError(
                    f"{self.name}: {name} is an array; exact values are those of one number"
                )
        return {n: values[n] for n in known if n in values}

    def _checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {n: p.default for n, p in self.parameters.items()}
        for name, value in given.items():
            values[name] = self.parameter(name).read(value, self.name)
        for condition in self.domain if given else ():
            self._check(condition, values)
        return values

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by its name."""
        if name not in self.parameters:
            if not self.parameters:
                raise RequestError(f"{self.name} has no parameters; leave out '{name}'")
            known = ", ".join(self.parameters)
            hint = suggestion(name, self.parameters) or f"; it has {known}"
            raise RequestError(f"{self.name} has no parameter '{name}'{hint}")
        return self.parameters[name]

    def spelled(self, typed: str) -> str:
        """Return the name of the parameter that a user typed, whatever its spelling, or what was typed if there is none.

        In a formula of the user's own names are as they stand in it: it may have both ``a`` and ``A``.
        """
        alike = () if self.is_formula else self.parameters
        return next((n for n in alike if fold(n) == fold(typed)), typed)

    def _check(self, condition: Formula, values: Mapping[str, Any]) -> None:
        spoken = {n: values[n] for n in condition.names}
        if any(isinstance(v, np.ndarray) for v in spoken.values()):
            return
        if not condition.number(spoken):
            got = ", ".join(f"{n}={v:g}" for n, v in spoken.items())
            raise RequestError(f"{self.name}: {got} is outside the domain {condition}")

    def bind(
        self, spec: str | list[tuple[str, str]] = "", **parameters: Any
    ) -> "Activation":
        """Return the function with other defaults, typed as ``param=value,…``, as pairs of such texts, or given as values.

        >>> import actcli
        >>> actcli.swish.bind("beta=2")
        <activation swish:beta=2: x / (1 + exp(-beta * x))>
        """
        if not isinstance(spec, list):
            spec = list(split_parameters(spec).items()) if spec else []
        given: dict[str, Any] = {}
        for name, text in spec:
            wanted, value = self._typed(name, text)
            if wanted in given:
                raise RequestError(f"{self.name}: {wanted} is set twice; set it once")
            given[wanted] = value
        given |= parameters
        values = self.resolve({**self.bound, **given})
        bound = copy.copy(self)
        bound.bound = {n: values[n] for n in {**self.bound, **given}}
        bound.parameters = {
            n: replace(p, default=values[n]) for n, p in self.parameters.items()
        }
        bound.__doc__ = bound._described()
        return bound

    def _typed(self, name: str, text: str) -> tuple[str, float]:
        """Read ``name=text``; a number without a name is the first parameter."""
        known = self.spelled(name or next(iter(self.parameters), text))
        wanted = self.parameter(known).name
        try:
            return wanted, number(text)
        except RequestError as error:
            raise RequestError(f"{self.name}: {wanted}: {error}") from None

    def variant(
        self,
        name: str,
        summary: str,
        *,
        aliases: Sequence[str] = (),
        paper: str = "",
        use: str = "",
        flaw: str = "",
        arrays: Sequence[str] = (),
        **defaults: float,
    ) -> "Activation":
        """Declare what the field knows under a name of its own and is this function with other defaults.

        Of the parameters in ``arrays`` it takes an array as well as a number.

        >>> import actcli
        >>> actcli.relu6.base, actcli.relu6.defaults
        (<activation clipped_relu: min(cap, max(0, x))>, {'cap': 6.0})
        """
        if strange := {*defaults, *arrays} - self.parameters.keys():
            raise TypeError(f"{name}: {self.name} has no parameter {strange}")
        other = copy.copy(self)
        other.base, other.name, other.__name__ = self, name, name
        other.summary = summary
        other.aliases = tuple(aliases)
        other.paper, other.use, other.flaw = paper, use, flaw
        other.parameters = {
            n: replace(
                p,
                default=defaults.get(n, p.default),
                kind=float | Array if n in arrays else p.kind,
            )
            for n, p in self.parameters.items()
        }
        other.__doc__ = other._described()
        functions.add(name, other, aliases)
        return other

    def __reduce__(self) -> tuple[Any, ...]:
        # by its name: what computes is where the name is known
        return _named, (self.name, self.bound)

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._resolved = Kept()  # it will have other defaults
        return other

    # computing

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
        names = _keywords(kernel)
        if names != _keywords(self.kernel) or (
            wrt != "x" and wrt not in self.parameters
        ):
            raise TypeError(
                f"{self.name}: {kernel.__name__} takes {names}, its kernel {_keywords(self.kernel)}"
            )
        self._derivatives[wrt] = kernel
        return kernel


def _named(name: str, bound: dict[str, Any]) -> Activation:
    """Return the function that was sent by its name, or as a formula."""
    from actcli import lookup

    function = functions.get(name) or lookup.get(name)
    return function.bind(**bound) if bound else function


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


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _arguments(kernel: Kernel) -> tuple[str, ...]:
    code = kernel.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[: code.co_argcount]


def _keywords(kernel: Kernel) -> tuple[str, ...]:
    code = kernel.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


def activation(formula: str, **facts: Any) -> Callable[[Kernel], Activation]:
    """Declare the elementwise function that a kernel computes.

    Args:
        formula: the mathematics in x and the parameters, in the grammar of actcli.formula.
        **facts: aliases, paper, use, flaw, kinks, domain, native, ties, as in Activation;
            unbounded: the parameters that may be infinite.
    """
    if not isinstance(formula, str):
        raise TypeError('the formula is missing; write @activation("max(0, x)")')

    def declare(kernel: Kernel) -> Activation:
        function = Activation(kernel, formula, **facts)
        functions.add(function.name, function, function.aliases)
        return function

    return declare
