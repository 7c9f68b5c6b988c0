"""What an activation function is: one declaration of formula, kernel, derivatives and facts, and the registry of them.

How it is computed is in array_function.py.
"""

import copy
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from typing import Any, Self, TypeVar, get_type_hints

import numpy as np

from actcli.array_function import ArrayFunction, argument_names, keyword_names
from actcli.engine import Array, Kernel
from actcli.errors import RequestError
from actcli.formula import CONSTANTS, FUNCTIONS, VECTOR_FUNCTIONS, Formula, parse
from actcli.parameter import Kept, Parameter
from actcli.registry import Registry, fold, suggestion
from actcli.spec import number, split_parameters

F = TypeVar("F", bound="Activation")

functions: "Registry[Activation]" = Registry("function", "actcli list")

_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_GRAMMAR = {"x", "if", "else", *CONSTANTS, *FUNCTIONS, *VECTOR_FUNCTIONS}


class Activation(ArrayFunction):
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
        base: the function that this is with other defaults, or None.

    >>> import actcli
    >>> float(actcli.swish(1.0, beta=2.0))
    0.8807970779778823
    >>> actcli.relu.derivative([-1.0, 0.0, 2.0])
    array([0., 0., 1.])
    """

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
        super().__init__(kernel, native=native, ties=ties)
        self.name = kernel.__name__
        # what shows or sends functions asks for it: Dask, pandas
        self.__name__ = self.name
        kernel.__qualname__ = f"{self.name}.kernel"  # where it is found by pickle
        self.summary = " ".join((kernel.__doc__ or "").split())
        self.family = kernel.__module__.rpartition(".")[2]
        self.aliases = tuple(aliases)
        self.paper, self.use, self.flaw = paper, use, flaw
        self._unbounded = tuple(unbounded)
        self.parameters = self._declared()
        self.base: Activation | None = None
        self.bound: dict[str, Any] = {}
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
        bare = {*keyword_names(self.kernel), *argument_names(self.kernel)[1:]} - {
            "start"
        }
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
        return registered(other)

    def __reduce__(self) -> tuple[Any, ...]:
        # by its name, as pickle sends what a module defines: what computes is where that is imported
        return _sent, (self.kernel.__module__, self.name, self.bound)

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._resolved = Kept()  # it will have other defaults
        return other


def _sent(module: str, name: str, bound: dict[str, Any]) -> Activation:
    """Return the function that was sent by its name; importing the module that it stands in declares it."""
    if name not in functions:
        import_module(module)
    return functions[name].bind(**bound) if bound else functions[name]


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def activation(formula: str, **facts: Any) -> Callable[[Kernel], Activation]:
    """Declare the elementwise function that a kernel computes.

    Args:
        formula: the mathematics in x and the parameters, in the grammar of actcli.formula.
        **facts: aliases, paper, use, flaw, kinks, domain, as in Activation; native, ties, as in ArrayFunction;
            unbounded: the parameters that may be infinite.
    """
    if not isinstance(formula, str):
        raise TypeError('the formula is missing; write @activation("max(0, x)")')

    return lambda kernel: registered(Activation(kernel, formula, **facts))


def registered(function: F) -> F:
    """Return a function that was declared; from then on it is found by its names."""
    functions.add(function.name, function, function.aliases)
    return function
