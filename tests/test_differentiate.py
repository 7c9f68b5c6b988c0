"""The derivative that is shown is the derivative that is computed."""

import ast
import math

import pytest

from actcli import exact
from actcli.activation import Activation
from actcli.differentiate import _OUTER, _Rules, derivative, primed
from actcli.errors import UndecidedError
from actcli.formula import FUNCTIONS, parse
from actcli.verify.vectors import points


def test_every_function_of_the_grammar_has_a_rule() -> None:
    assert set(_OUTER) | {"max", "min"} == set(FUNCTIONS)


def test_the_formula_shown_has_the_values_of_the_derivative(
    elementwise: Activation,
) -> None:
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    shown = parse(derivative(elementwise.formula))
    compared = 0
    for x in points(elementwise, "float32", 60).tolist():
        try:
            expected = exact.derivatives(elementwise.formula, {**values, "x": x})[1]
        except UndecidedError:
            continue  # x - tanh(x) next to a tie
        got = exact.derivatives(shown, {**values, "x": x}, order=0)[0]
        if not math.isnan(got):
            assert got == expected, f"at {x}"
            compared += 1
    assert compared >= 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 / (1 + exp(-x))", "exp(-x) / (1 + exp(-x)) ** 2"),
        ("x if x > 0 else alpha * x", "1 if x > 0 else alpha"),
        ("min(6, max(0, x))", "(1 if x > 0 else 0) if max(0, x) < 6 else 0"),
        ("-log(1 + exp(-x))", "exp(-x) / (1 + exp(-x))"),
        ("x ** 3 - 2 * x + 1", "3 * x ** 2 - 2"),
        ("x ** -1", "-x ** (-2)"),
        ("x ** -0.5", "-(0.5 * x ** (-1.5))"),
        ("x ** a", "a * x ** (a - 1)"),
        ("a ** x", "a ** x * log(a)"),
        ("7", "0"),
        ("log(exp(x))", "1"),
        (
            "x * tanh(log(1 + exp(x)))",
            "tanh(log(1 + exp(x))) + x * exp(x) / (1 + exp(x)) / cosh(log(1 + exp(x))) ** 2",
        ),
        ("max(x, 2, -x)", "-1 if -x > max(x, 2) else 0 if 2 > x else 1"),
    ],
)
def test_it_reads_as_one_would_write_it(text: str, expected: str) -> None:
    assert derivative(parse(text)) == expected


@pytest.mark.parametrize("text", [*(f"{name}(x)" for name in _OUTER), "max(x, 2, -x)"])
def test_what_a_rule_makes_equals_what_is_parsed(text: str) -> None:
    made = _Rules("x").of(ast.parse(text, mode="eval").body)
    again = ast.parse(ast.unparse(ast.fix_missing_locations(made)), mode="eval").body
    assert ast.dump(made) == ast.dump(again)


def test_by_a_parameter() -> None:
    assert (
        derivative(parse("x if x > 0 else alpha * x"), "alpha") == "0 if x > 0 else x"
    )


def test_the_legend_puts_parentheses_around_a_formula() -> None:
    names = {name: primed(name) for name in ("relu", "1/x", "swish:beta=2", "glu y1")}
    assert list(names.values()) == ["relu′", "(1/x)′", "(swish:beta=2)′", "glu y1′"]
