"""A formula of the user's own as a function, beside the registered ones. How one is found is in lookup.py."""

import copy
from typing import Any

import actcli.kernels  # noqa: F401  # declares the functions that a formula may call
from actcli.activation import Activation, functions
from actcli.engine import Array
from actcli.errors import RequestError, UndecidedError
from actcli.formula import Formula, parse
from actcli.parameter import Parameter
from actcli.registry import suggestion


class FormulaActivation(Activation):
    """A user's formula as a function: every value and derivative exact, rounded once, and slow.

    Its parameters are the names in it other than ``x``; they have no defaults. ``undecided`` is that of ``lookup.get``.
    """

    is_formula = True
    _needs_all = True

    def __init__(
        self, formula: Formula, undecided: list[UndecidedError] | None
    ) -> None:
        def kernel(x: Array, **values: Any) -> Array:
            return self._exactly(x, values, "x", 0)

        kernel.__name__ = formula.text
        kernel.__module__ = "formula"
        kernel.__doc__ = "A formula of your own."
        self._undecided = undecided
        self._names = tuple(n for n in formula.names if n != "x")
        if taken := [n for n in self._names if n in _arguments()]:
            raise RequestError(
                f"formula '{formula}': '{taken[0]}' is an argument of every function; give the parameter another name"
            )
        super().__init__(kernel, None, native=True)
        self.formula = formula
        for name in formula.names:
            self._derivatives[name] = self._derivative_by(name)

    def _declared(self) -> dict[str, Parameter]:
        # exact values know what to do with infinities
        return {n: Parameter(n, None, unbounded=True) for n in self._names}

    def _derivative_by(self, name: str) -> Any:
        def prime(x: Array, **values: Any) -> Array:
            return self._exactly(x, values, name, 1)

        return prime

    def resolve(self, given: Any) -> dict[str, Any]:
        """Return a value for every parameter; raise RequestError for one that is unknown, missing or refused."""
        values = super().resolve(given)
        for name, value in values.items():
            if value is None and self._needs_all:
                known = suggestion(name, functions)
                raise RequestError(
                    f"formula '{self.formula}' needs a value for '{name}'; set it, as in {name}=1 or -p {name}=1{known}"
                )
        assert self.formula is not None
        self.formula.check_calls({n: v for n, v in values.items() if v is not None})
        return values

    def bind(self, spec: Any = "", **parameters: Any) -> Activation:
        """Return the function with some parameters set; the others may follow, or be given in a call."""
        partial = copy.copy(self)
        partial._needs_all = False
        bound = Activation.bind(partial, spec, **parameters)
        assert isinstance(bound, FormulaActivation)
        bound._needs_all = True
        return bound

    def __reduce__(self) -> tuple[Any, ...]:
        return _sent, (self.name, self.bound)

    def _exactly(self, x: Array, values: dict[str, Any], wrt: str, order: int) -> Array:
        from actcli import exact

        assert self.formula is not None
        return exact.array(
            self.formula,
            {"x": x, **values},
            order=order,
            wrt=wrt,
            dtype=x.dtype.name,
            undecided=self._undecided,
        )[order]


def _sent(text: str, bound: dict[str, Any]) -> Activation:
    function = FormulaActivation(parse(text, functions.get), None)
    return function.bind(**bound) if bound else function


def _arguments() -> set[str]:
    """Return what the methods that take parameters by name call their own arguments."""
    methods = (
        Activation.__call__,
        Activation.derivative,
        Activation.value_and_derivative,
        Activation.vjp,
        Activation.bind,
    )
    codes = [method.__code__ for method in methods]
    return {
        name
        for code in codes
        for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    }
