"""A formula of the user's own as a function, beside the registered ones. How one is found is in lookup.py."""

from typing import Any

from actcli.activation import Activation, Parameter, functions
from actcli.engine import Array
from actcli.errors import RequestError, UndecidedError
from actcli.formula import Formula
from actcli.registry import suggestion


class FormulaActivation(Activation):
    """A user's formula as a function: every value and derivative exact, rounded once, and slow.

    Its parameters are the names in it other than ``x``; they have no defaults. ``undecided`` is that of ``lookup.get``.
    """

    is_formula = True

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
            if value is None:
                known = suggestion(name, functions)
                raise RequestError(
                    f"formula '{self.formula}' needs a value for '{name}': -p {name}=1{known}"
                )
        assert self.formula is not None
        self.formula.check_calls(values)
        return values

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
