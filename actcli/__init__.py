"""Activation functions and their derivatives, right to the last digits.

``actcli.get("swish")`` or ``actcli.swish`` is an ``Activation``: ``f(x, beta=2)``, ``f.derivative(x)``, ``f.vjp(x, g)``.
Names are loaded when first used, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actcli.activation import Activation, functions
    from actcli.errors import ActcliError
    from actcli.formula import Formula
    from actcli.lookup import get

__version__ = "0.1.0"

# where each public name stands; every registered function is one as well
_HOMES = {
    "Activation": "actcli.activation",
    "ActcliError": "actcli.errors",
    "Formula": "actcli.formula",
    "functions": "actcli.activation",
    "get": "actcli.lookup",
}

# what else is for users; a module is found by its name, public or not
_MODULES = ("analysis", "layers", "training", "verify")

__all__ = [
    "ActcliError",
    "Activation",
    "Formula",
    "__version__",
    "functions",
    "get",
]  # by __getattr__


def __getattr__(name: str) -> "Activation":
    # kept: finding it again would take three times as long as a call on ten numbers
    value = globals()[name] = _find(name)
    return value


def __dir__() -> list[str]:
    # for completion; asking for it loads the functions, importing the package does not
    return sorted({*__all__, *_MODULES, *_find("functions")})


def _find(name: str) -> Any:
    from importlib import import_module
    from importlib.util import find_spec

    if name in _HOMES:
        import_module("actcli.lookup")  # so that the functions are declared
        return getattr(import_module(_HOMES[name]), name)
    if not name.startswith("_"):
        if find_spec(f"actcli.{name}"):
            return import_module(f"actcli.{name}")
        functions = import_module("actcli.lookup").functions
        if name in functions:
            return functions[name]
    raise AttributeError(f"module 'actcli' has no attribute '{name}'")
