"""From what a user typed to a function: a name, a name with parameters, a formula. Importing it declares them all."""

import ast
import re

import actcli.kernels  # noqa: F401  # declares the functions
from actcli.activation import Activation, functions
from actcli.errors import RequestError, UndecidedError
from actcli.formula import FUNCTIONS, Formula, FormulaError, parse
from actcli.own_formula import FormulaActivation
from actcli.spec import split_spec

_NAME = re.compile(r"[A-Za-z][\w .-]*")
_WORD_X = re.compile(r"\bx\b")
_DOTTED = re.compile(r"[A-Za-z]\w*(\.\w+)+")
_CALL = re.compile(rf"({_DOTTED.pattern})\(([^()]*)")


def get(text: str, undecided: list[UndecidedError] | None = None) -> Activation:
    """Return a registered function by its name or a framework's, with parameters if it bears any, or a user's formula.

    Args:
        text: as it was typed.
        undecided: gets the error of each point at which no precision decides a formula, which is NaN then; raised if
            None.

    Raises:
        UnknownNameError: nothing is called that, and it is no formula in ``x`` either.
        FormulaError: it looks like a formula, and is not in the grammar.

    >>> get("SiLU"), get("swish:beta=2").label
    (<activation swish: x / (1 + exp(-beta * x))>, 'swish:beta=2')
    >>> get("keras.layers.LeakyReLU").label
    'leaky_relu:alpha=0.3'
    >>> get("nn.LeakyReLU:negative_slope=0.2").label
    'leaky_relu:alpha=0.2'
    >>> float(get("x*sigmoid(b*x):b=0")(3.0))
    1.5
    """
    name, typed = split_spec(text)
    function = functions.get(name) or _of_framework(name) or _other(name, undecided)
    pairs = [(parameter_name(name, n), v) for n, v in typed.items()]
    return function.bind(pairs) if pairs else function


def parameter_name(function: str, name: str) -> str:
    """Return what a parameter of a function, as that is named, is called here: the ``dim`` of ``nn.Softmax``.

    Raises:
        RequestError: no parameter here does the same.
    """
    if not name or not _DOTTED.fullmatch(function):
        return name
    from actcli import frameworks

    return frameworks.parameter_name(function, name)


def _of_framework(name: str) -> Activation | None:
    if not _DOTTED.fullmatch(name):
        return None
    # a table of some hundred names, read by those who ask
    from actcli import frameworks

    return frameworks.find(name)


def _other(name: str, undecided: list[UndecidedError] | None) -> Activation:
    looks_like_a_name = _NAME.fullmatch(name) and not _WORD_X.search(name)
    try:
        formula = parse(name, functions.get, known=functions)
    except FormulaError:
        if looks_like_a_name:
            functions[name]  # raises, with a suggestion
        _refuse_calls(name)
        raise
    if "x" not in formula.names:
        if looks_like_a_name:
            functions[name]
        raise RequestError(f"formula '{name}' has no x in it; write {_in_x(formula)}")
    return FormulaActivation(formula, undecided)


def _in_x(formula: Formula) -> str:
    """Return how a formula without x may have been meant: its only number for a parameter."""
    match formula.tree:
        case ast.Call(func=ast.Name(id=name), args=[value]):
            for parameter in functions[name].parameters if name in functions else ():
                return f"{name}:{parameter}={ast.unparse(value)}"
    return "it in x"


def _refuse_calls(text: str) -> None:
    """Refuse a framework's function that is called, as ``nn.GELU(approximate="tanh")``, by what it is here."""
    for spelling, _, arguments in _CALL.findall(text):
        if spelling.rpartition(".")[2] in FUNCTIONS or not (
            function := _of_framework(spelling)
        ):
            continue
        for argument in arguments.split(","):
            name, equals, _ = argument.partition("=")
            if equals:
                parameter_name(spelling, name.strip())  # may know more
        raise RequestError(
            f"'{spelling}' is not called here: it is {function.label}; parameters are written NAME:param=value"
        )
