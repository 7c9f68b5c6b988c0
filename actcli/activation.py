"""What an activation function is: one declaration of formula, kernel, derivatives and facts, and the registry of them."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, overload

import numpy as np

from actcli import engine
from actcli.engine import Array, Kernel
from actcli.errors import RequestError
from actcli.formula import Formula, parse
from actcli.registry import Registry, suggestion
from actcli.spec import number, split_parameters

functions: "Registry[Activation]" = Registry("function", "actcli list")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function, as the signature of its kernel declares it.

    Attributes:
        name: the keyword.
        default: its value unless given; None where there is none (a user's formula, a seed).
        kind: ``float``, ``int``, or the annotation of what else it takes.
    """

    name: str
    default: float | int | None
    kind: Any = float

    @property
    def is_array(self) -> bool:
        """Whether an array that broadcasts against x is accepted."""
        return bool(self.kind == float | Array)

    def read(self, value: object, owner: str) -> Any:
        """Return a value in the type of this parameter."""
        if value is None and self.default is None:
            return None
        if self.is_array and np.ndim(value):  # type: ignore[arg-type]
            return engine.as_floats(value, self.name)
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise RequestError(
                f"{owner}: {self.name} must be a number, not {value!r}"
            ) from None
        if self.kind in (int, int | None):
            if not number.is_integer():
                raise RequestError(
                    f"{owner}: {self.name} must be a whole number, not {value!r}"
                )
            return int(number)
        return number


class Activation:
    """An activation function: callable on arrays, with its derivative and all that is known of it.

    Made by the decorator ``activation``; found by ``actcli.get``.

    Attributes:
        name: what it is called.
        formula: the mathematics, exact; the kernel is tested against it.
        parameters: by name, with their defaults.
        aliases: other names of it.
        family: the kind of function, which is the file it stands in.
        paper: where it comes from.
        use: what it is used for, in a few words.
        flaw: what is wrong with it, in a few words.
        kinks: where the derivative jumps, as formulas in the parameters; one without a value is no kink.
        domain: conditions on the parameters.
        native: the kernel is exact in every precision.

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
        native: bool = False,
    ) -> None:
        self.name: str = kernel.__name__
        self.kernel = kernel
        self.summary = " ".join((kernel.__doc__ or "").split())
        self.family = kernel.__module__.rpartition(".")[2]
        self.aliases = tuple(aliases)
        self.paper, self.use, self.flaw = paper, use, flaw
        self.native = native
        self.placed = "start" in _keywords(kernel)
        self.parameters = self._declared()
        self.formula = self._parse(formula) if formula is not None else None
        self.kinks = tuple(map(self._parse, kinks))
        self.domain = tuple(map(self._parse, domain))
        self.bound: dict[str, Any] = {}
        self._derivatives: dict[str, Kernel] = {}

    def _declared(self) -> dict[str, Parameter]:
        defaults = self.kernel.__kwdefaults__ or {}
        return {
            n: Parameter(n, d, self.kernel.__annotations__[n])
            for n, d in defaults.items()
        }

    def _parse(self, text: str) -> Formula:
        formula = parse(text, functions.get, vectors=self.over_axis)
        if strange := set(formula.names) - {"x", *self.parameters}:
            raise TypeError(
                f"{self.name}: '{text}' speaks of {', '.join(sorted(strange))}, its kernel does not"
            )
        return formula

    # looking at it

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
        return tuple(n for n in self._derivatives if n != "x")

    def __repr__(self) -> str:
        return f"<activation {self.label}: {self.formula}>"

    def kink_points(self, **parameters: Any) -> list[float]:
        """Return where the derivative jumps for these parameters, in ascending order."""
        values = self.resolve(parameters)
        points = {kink.number(values) for kink in self.kinks}
        return sorted(p for p in points if not math.isnan(p))

    # parameters

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return a value for every parameter; raise RequestError for one that is unknown or outside its domain."""
        if not given:
            return {n: p.default for n, p in self.parameters.items()}
        values = {n: p.default for n, p in self.parameters.items()}
        for name, value in given.items():
            values[name] = self.parameter(name).read(value, self.name)
        for condition in self.domain:
            self._check(condition, values)
        return values

    def parameter(self, name: str) -> Parameter:
        """Return a parameter by its name."""
        if name not in self.parameters:
            known = ", ".join(self.parameters)
            hint = suggestion(name, self.parameters) or (
                f"; it has {known}" if known else "; it has none"
            )
            raise RequestError(f"{self.name} has no parameter '{name}'{hint}")
        return self.parameters[name]

    def _check(self, condition: Formula, values: Mapping[str, Any]) -> None:
        spoken = {n: values[n] for n in condition.names}
        if any(isinstance(v, np.ndarray) for v in spoken.values()):
            return
        if not condition.number(spoken):
            got = ", ".join(f"{n}={v:g}" for n, v in spoken.items())
            raise RequestError(f"{self.name}: {got} is outside the domain {condition}")

    def bind(self, spec: str = "", **parameters: Any) -> "Activation":
        """Return the function with other defaults.

        >>> import actcli
        >>> actcli.swish.bind("beta=2")
        <activation swish:beta=2: x / (1 + exp(-beta * x))>
        """
        typed = split_parameters(spec) if spec else {}
        given = {**{n: number(text) for n, text in typed.items()}, **parameters}
        values = self.resolve({**self.bound, **given})
        bound = copy.copy(self)
        bound.bound = {n: values[n] for n in {**self.bound, **given}}
        bound.parameters = {
            n: Parameter(n, values[n], p.kind) for n, p in self.parameters.items()
        }
        return bound

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
        """Return the function of every element of x, in its shape and dtype (integers as float64)."""
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

        In a declaration it is the decorator of the derivative's kernel: ``@swish.derivative`` for the derivative by x,
        ``@prelu.derivative("alpha")`` for that by a parameter.
        """
        if isinstance(x, FunctionType):
            return self._declare("x", x)
        if isinstance(x, str):
            return lambda kernel: self._declare(x, kernel)
        return self._apply(self.slope(wrt), x, self.resolve(parameters), out, threads)

    def value_and_derivative(
        self,
        x: object,
        /,
        wrt: str | None = None,
        *,
        threads: int | None = None,
        **parameters: Any,
    ) -> tuple[Any, Any]:
        """Return the function and its derivative at every element of x, which is gone through once for both.

        >>> import actcli
        >>> actcli.relu.value_and_derivative([-1.0, 2.0])
        (array([0., 2.]), array([0., 1.]))
        """
        f, slope = engine.apply_each(
            (self.kernel, self.slope(wrt)),
            engine.as_floats(x),
            self.resolve(parameters),
            native=self.native,
            placed=self.placed,
            threads=threads,
        )
        return f, slope

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
        *,
        threads: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return what goes back through the layer: upstream times the derivative, in the shape of x.

        >>> import actcli
        >>> actcli.relu.vjp([-1.0, 2.0], [10.0, 10.0])
        array([ 0., 10.])
        """
        prime = self.slope()
        gradient = engine.as_floats(upstream, "upstream")

        def back(block: Array, *, upstream: Array, **values: Any) -> Array:
            return prime(block, **values) * upstream

        given = engine.as_floats(x)
        values = {
            **self.resolve(parameters),
            "upstream": gradient.reshape(gradient.shape or (1,)),
        }
        result = self._apply(back, np.atleast_1d(given), values, None, threads)
        return result.reshape(given.shape)[()]

    def _apply(
        self,
        kernel: Kernel,
        x: object,
        values: dict[str, Any],
        out: Array | None,
        threads: int | None,
    ) -> Any:
        return engine.apply(
            kernel,
            engine.as_floats(x),
            values,
            native=self.native,
            placed=self.placed,
            out=out,
            threads=threads,
        )

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


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def _keywords(kernel: Kernel) -> tuple[str, ...]:
    code = kernel.__code__
    names: tuple[str, ...] = code.co_varnames
    return names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]


def activation(formula: str, **facts: Any) -> Callable[[Kernel], Activation]:
    """Declare the elementwise function that a kernel computes.

    Args:
        formula: the mathematics in x and the parameters, in the grammar of actcli.formula.
        **facts: aliases, paper, use, flaw, kinks, domain, native, as in Activation.
    """

    def declare(kernel: Kernel) -> Activation:
        function = Activation(kernel, formula, **facts)
        functions.add(function.name, function, function.aliases)
        return function

    return declare
