"""The parameters of what is declared here, read from its signature: their domains, and values for them. No text is split here."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import signature
from typing import Annotated, Any, Literal, get_args, get_origin

from actcli.errors import RequestError
from actcli.registry import fold, suggestion
from actcli.spec import number

Value = float | int | bool | str


@dataclass(frozen=True)
class Domain:
    """The finite numbers a parameter may be, each bound open (``above``, ``below``) or closed (``least``, ``most``).

    >>> 1.0 in Domain(least=0, below=1), str(Domain(least=0, below=1))
    (False, 'at least 0 and below 1')
    """

    above: float = -math.inf
    below: float = math.inf
    least: float = -math.inf
    most: float = math.inf

    def __contains__(self, value: float) -> bool:
        return self.above < value < self.below and self.least <= value <= self.most

    def __str__(self) -> str:
        bounds = {
            "above": self.above,
            "at least": self.least,
            "below": self.below,
            "at most": self.most,
        }
        told = [
            f"{word} {bound:g}"
            for word, bound in bounds.items()
            if math.isfinite(bound)
        ]
        return " and ".join(told) or "that is finite"


@dataclass(frozen=True)
class Hyperparameter:
    """What a keyword of a declared function may be set to, and what it is when nobody sets it."""

    name: str
    default: Value
    domain: Domain = Domain()
    choices: tuple[str, ...] = ()
    meaning: str = ""

    def read(self, value: Value, owner: str) -> Value:
        """Return a value of the default's type from a text or a number; ``owner`` is what an error names."""
        if self.choices:
            return self._read_choice(str(value), owner)
        if isinstance(self.default, bool):
            return self._read_switch(str(value), owner)
        return self._read_number(value, owner)

    def _read_choice(self, value: str, owner: str) -> str:
        for choice in self.choices:
            if fold(choice) == fold(value):
                return choice
        raise RequestError(
            f"{self.name}={value} is not known to {owner}; choose from {', '.join(self.choices)}"
        )

    def _read_switch(self, value: str, owner: str) -> bool:
        for answer, words in (
            (True, ("true", "yes", "on", "1")),
            (False, ("false", "no", "off", "0")),
        ):
            if value.lower() in words:
                return answer
        raise RequestError(
            f"{self.name}={value} is not known to {owner}; choose from true, false"
        )

    def _read_number(self, value: Value, owner: str) -> float | int:
        told, what = f"{self.name}={value}", "number"
        try:
            got = number(value) if isinstance(value, str) else float(value)
        except RequestError as error:
            raise RequestError(f"{owner}: {self.name}: {error}") from None
        if isinstance(self.default, int):
            what = "whole number"
            if not got.is_integer():
                raise RequestError(
                    f"{told} is not a whole number; {owner} takes {what}s {self.domain}"
                )
        if got not in self.domain:
            if not math.isfinite(got):
                what = f"finite {what}"
            bounds = f" {self.domain}" if self.domain != Domain() else ""
            raise RequestError(
                f"{told} is out of range for {owner}; give a {what}{bounds}"
            )
        return int(got) if isinstance(self.default, int) else got


def parameters_of(function: Callable[..., object]) -> dict[str, Hyperparameter]:
    """Read the parameters of a declared function from its signature: every keyword-only argument.

    The annotation says the rest: ``float``, ``int``, ``bool`` or ``Literal[…]``, in ``Annotated`` with a
    :class:`Domain` and with the meaning in words where there is one.

    >>> def leaky(x: float, *, alpha: Annotated[float, Domain(least=0)] = 0.01) -> float: ...
    >>> parameters_of(leaky)["alpha"].default
    0.01
    """
    return {
        name: _parameter(argument) for name, argument in keywords_of(function).items()
    }


def keywords_of(function: Callable[..., object]) -> dict[str, Argument]:
    """Return the keyword-only arguments of a function, annotations resolved."""
    arguments = signature(function, eval_str=True).parameters
    return {name: a for name, a in arguments.items() if a.kind is Argument.KEYWORD_ONLY}


def _parameter(argument: Argument) -> Hyperparameter:
    if argument.default is Argument.empty:
        raise TypeError(
            f"the parameter '{argument.name}' is declared without a default"
        )
    kind, *told = (
        get_args(argument.annotation)
        if _is(Annotated, argument.annotation)
        else (argument.annotation,)
    )
    domain = next((t for t in told if isinstance(t, Domain)), Domain())
    meaning = next((t for t in told if isinstance(t, str)), "")
    choices = get_args(kind) if _is(Literal, kind) else ()
    default = argument.default if choices else kind(argument.default)
    return Hyperparameter(argument.name, default, domain, choices, meaning)


def _is(form: object, annotation: Any) -> bool:
    return get_origin(annotation) is form


def bind(
    owner: str,
    parameters: Mapping[str, Hyperparameter],
    given: Mapping[str, Value],
    shared: Mapping[str, Value] | None = None,
) -> dict[str, Value]:
    """Return a value for every parameter: shared by several owners, else given, else the default.

    What is shared was typed last and for all: it wins, as it does for activation functions.

    Args:
        owner: whose parameters these are, as an error names it: ``optimizer 'adam'``.
        parameters: what can be set.
        given: texts or numbers by name; each name must be a parameter.
        shared: the same, but a name that is no parameter of this owner is passed over.
    """
    if given and not parameters:
        name, value = next(iter(given.items()))
        raise RequestError(f"{owner} has no parameters; leave out '{name or value}'")
    wanted = {
        _parameter_name(owner, parameters, name): value for name, value in given.items()
    }
    spelled = {fold(name): name for name in parameters}
    for name, value in (shared or {}).items():
        if fold(name) in spelled:
            wanted[spelled[fold(name)]] = value
    return {
        n: p.read(wanted[n], owner) if n in wanted else p.default
        for n, p in parameters.items()
    }


def _parameter_name(
    owner: str, parameters: Mapping[str, Hyperparameter], name: str
) -> str:
    spelled = {"": next(iter(parameters))} | {
        fold(known): known for known in parameters
    }
    if fold(name) not in spelled:
        begun = [known for known in parameters if fold(known).startswith(fold(name))]
        # the nearest of several that begin like it would be any of them
        hint = "" if len(begun) > 1 else suggestion(name, parameters)
        hint = hint or f"; it has {', '.join(begun or parameters)}"
        raise RequestError(f"{owner} has no parameter '{name}'{hint}")
    return spelled[fold(name)]
