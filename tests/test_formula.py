"""What the grammar takes and what it refuses, and at which column."""

import ast
import pickle
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import actcli
from actcli.formula import CONSTANTS, FUNCTIONS, VECTOR_FUNCTIONS, FormulaError, parse
from actcli.taylor import Taylor


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x", ("x",)),
        ("x / (1 + exp(-beta * x))", ("x", "beta")),
        ("x if x > 0 else alpha * x", ("x", "alpha")),
        ("1 if -1 < x <= 1 else 0", ("x",)),
        ("max(0, min(x, 6)) ** 2.5e-3 + pi - e", ("x",)),
        ("  +x  ", ("x",)),
    ],
)
def test_formulas_are_read(text: str, names: tuple[str, ...]) -> None:
    assert parse(text).names == names


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("__import__('os')", 1, "no function '__import__'"),
        ("x + open('/etc/passwd')", 5, "no function 'open'"),
        ("().__class__", 1, "not in the grammar"),
        ("x.real", 1, "not in the grammar"),
        ("1if x > 0 else 2", 1, "invalid decimal literal"),
        ("x[0]", 1, "not in the grammar"),
        ("lambda x: x", 1, "not in the grammar"),
        ("[x for x in x]", 1, "not in the grammar"),
        ("x and 1", 1, "not in the grammar"),
        ("(y := x)", 2, "not in the grammar"),
        ("f'{x}'", 1, "not in the grammar"),
        ("x * 'a'", 5, "not in the grammar"),
        ("x * True", 5, "not in the grammar"),
        ("x * 1j", 5, "not in the grammar"),
        ("x ^ 2", 1, "a power is written **"),
        ("1 + 2x", 5, "a product is written 2*x"),
        ("2.5 exp(x)", 1, "a product is written 2.5*exp"),
        ("(x-1)(x+1)", 1, "a product is written with *"),
        ("3(x+1)", 1, "a product is written with *"),
        ("1e5*(x", 5, "'(' was never closed"),
        ("x*|x|", 3, "an absolute value is written abs(x)"),
        ("ln(x)", 1, "no function 'ln'; write log(x)"),
        ("where(x>0,x,0)", 1, "no function 'where'; write a if x > 0 else b"),
        ("np.where(x>0,x,0)", 1, "not in the grammar; write a if x > 0 else b"),
        ("x % 2", 1, "not in the grammar"),
        ("x in x", 1, "not in the grammar"),
        ("x * exq(x)", 5, "no function 'exq'; did you mean 'exp'?"),
        ("exp", 1, "'exp' is a function: write exp(x)"),
        ("exp(x, x)", 1, "exp takes 1 argument"),
        ("exp(x=1)", 1, "exp takes 1 argument"),
        ("max(x)", 1, "max takes 2 to 9 arguments"),
        ("max(*x)", 1, "max takes 2 to 9 arguments"),
        ("sum(x)", 1, "no function 'sum'"),
        ("1e999 * x", 1, "beyond the floating-point range"),
        ("x * 1e-99999999", 5, "'1e-99999999' is 0 in floating point; write 0"),
        ("x * 0e99999999", 5, "'0e99999999' is 0 in floating point; write 0"),
        ("x * σ", 5, "'σ' is not in the grammar"),
        ("x *", 4, "it ends too early"),
        ("(x", 1, "'(' was never closed"),
        ("", 1, "it ends too early"),
        ("x\nx", 3, "invalid syntax"),
        ("-" * 500 + "x", 122, "nested too deeply"),
        ("(" * 300 + "x" + ")" * 300, 1, ""),
    ],
)
def test_what_is_outside_the_grammar_is_refused(
    text: str, column: int, reason: str
) -> None:
    with pytest.raises(FormulaError) as refusal:
        parse(text)
    assert reason in str(refusal.value)
    if reason:
        assert f"column {column}:" in str(refusal.value)


def test_a_long_formula_is_refused() -> None:
    with pytest.raises(actcli.ActcliError, match="at most 2000"):
        parse("x+" * 1500 + "x")


def test_registered_functions_can_be_called() -> None:
    formula = parse("x * sigmoid(b * x) + swish(x, beta=2)", actcli.functions.get)
    assert formula.names == ("x", "b")
    assert set(formula.called) == {"sigmoid", "swish"}
    for text, reason in (
        ("swish(x, x)", "takes 1 argument and its parameters by name"),
        ("swish(x, gamma=2)", "no parameter 'gamma'"),
        ("swish(x, **x)", "no parameter 'None'"),
    ):
        with pytest.raises(FormulaError, match=reason.replace("'", ".")):
            parse(text, actcli.functions.get)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("celu(x, alpha=0)", True),
        ("relu(celu(x, alpha=1 - 1))", True),
        ("celu(x, alpha=a - 1):a=1", True),
        ("celu(x, alpha=a - 1):a=2", False),
        ("celu(x, alpha=x)", False),
        ("celu(x, alpha=tanh(1))", False),
        ("rrelu(x, lower=5, upper=x)", False),
    ],
)
def test_a_call_is_held_to_the_domain_of_what_it_calls(
    text: str, refused: bool
) -> None:
    if refused:
        with pytest.raises(actcli.ActcliError) as error:
            actcli.get(text)(1.0)
        assert str(error.value) == "celu: alpha=0 is outside the domain alpha > 0"
    else:
        assert float(actcli.get(text)(9.0)) == 9.0


def test_the_parameters_of_a_formula_are_set_one_after_the_other() -> None:
    some = actcli.get("a*x + b*c:a=2")
    assert float(some(3.0, b=1.0, c=4.0)) == 10.0
    assert float(some.derivative(3.0, "b", b=1.0, c=4.0)) == 4.0
    both = some.bind("c=4").bind(b=1.0)
    assert (both.label, float(both(3.0))) == ("a*x + b*c:a=2,c=4,b=1", 10.0)
    with pytest.raises(
        actcli.ActcliError, match="needs a value for 'b'; set it, as in b=1"
    ):
        some.bind(c=4.0)(3.0)


@pytest.mark.parametrize("name", ["threads", "out", "wrt", "upstream", "spec"])
def test_a_parameter_that_no_call_could_give_is_refused(name: str) -> None:
    with pytest.raises(actcli.ActcliError) as error:
        actcli.get(f"x*{name}")
    assert str(error.value) == (
        f"formula 'x*{name}': '{name}' is an argument of every function; give the parameter another name"
    )


def test_every_function_of_the_grammar_is_evaluated_exactly() -> None:
    assert len(FUNCTIONS) > 15
    for name in FUNCTIONS:
        assert callable(getattr(Taylor, name))
    assert set(FUNCTIONS) & set(VECTOR_FUNCTIONS) == {"max"}
    assert not set(CONSTANTS) & set(FUNCTIONS)


def test_only_whitelisted_nodes_reach_evaluation() -> None:
    allowed = (
        ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.keyword,
        ast.operator, ast.unaryop, ast.cmpop, ast.expr_context,
    )  # fmt: skip
    for function in actcli.functions.values():
        assert function.formula is not None
        nodes = list(ast.walk(function.formula.tree))
        assert all(isinstance(node, allowed) for node in nodes)


def test_errors_come_back_from_other_processes() -> None:
    with pytest.raises(FormulaError) as refusal:
        parse("x +* 2")
    back = pickle.loads(pickle.dumps(refusal.value))  # noqa: S301  # our own
    assert (type(back), str(back)) == (FormulaError, str(refusal.value))


def test_parsing_in_threads_leaves_the_warning_filters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(0.002)  # another thread's turn
        return parsed(*arguments, **options)

    parsed, before = ast.parse, list(warnings.filters)
    monkeypatch.setattr(ast, "parse", slowly)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(parse, [f"x + {k}" for k in range(40)]))
    assert list(warnings.filters) == before
