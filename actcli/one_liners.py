"""The textbook one-liner of a function: its formula over whole arrays, in NumPy or any library like it. Not how it is computed here."""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import and_
from types import ModuleType
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.differentiate import derivative
from actcli.engine import Array
from actcli.formula import COMPARE, CONSTANTS, FUNCTIONS, Formula

OneLiner = Callable[[Any], Any]


@dataclass(frozen=True)
class Library:
    """What a formula needs of an array library.

    Attributes:
        functions: by the names they have in formulas, of arrays.
        where: chooses between two by a condition.
    """

    functions: Mapping[str, Callable[..., Any]]
    where: Callable[[Any, Any, Any], Any]


def library(module: ModuleType, **others: Callable[..., Any]) -> Library:
    """Return what a module has that is named as NumPy's is."""
    named = {n: getattr(module, _NAMES.get(n, n), None) for n in FUNCTIONS}
    found = {n: f for n, f in named.items() if f is not None}
    return Library({**found, **others}, module.where)


_NAMES = {"max": "maximum", "min": "minimum", "atan": "arctan"}


def numpy_library() -> Library:
    """Return NumPy, which has no error function; that of Python's own library is what one takes instead."""
    return library(
        np,
        erf=np.vectorize(math.erf, otypes=[np.float64]),
        erfc=np.vectorize(math.erfc, otypes=[np.float64]),
        sum=lambda x: x.sum(axis=-1, keepdims=True),
        mean=lambda x: x.mean(axis=-1, keepdims=True),
        first=lambda x: x[..., : x.shape[-1] // 2],
        second=lambda x: x[..., x.shape[-1] // 2 :],
        groups=lambda x, size: x.reshape(*x.shape[:-1], -1, int(size)),
    )


def one_liner(function: Activation, within: Library, order: int = 0) -> OneLiner | None:
    """Return the formula of a function, or of its derivative, as a function of arrays; None if there is none.

    >>> import actcli
    >>> one_liner(actcli.swish, numpy_library())(np.array([0.0, 1.0]))
    array([0.        , 0.73105858])
    """
    formula = function.formula
    if formula is None or (order and function.over_axis):
        return None
    if isinstance(formula.tree, ast.Name):
        return None  # that of the identity computes nothing
    for _ in range(order):
        formula = _differentiated(formula)
    if not any(isinstance(n, ast.Name) and n.id == "x" for n in ast.walk(formula.tree)):
        return None  # a number is no array
    evaluator = ArrayEvaluator(within)
    if not evaluator.knows(formula):
        return None
    return _line(formula, function, evaluator)


def in_float64(function: Activation) -> Activation:
    """Return a user's formula as a function whose kernel is the one-liner: not exact, and hundreds of times as fast.

    The derivative is that of the formula by the rules; where only these overflow, it is a difference quotient.

    >>> import actcli
    >>> float(in_float64(actcli.get("x*tanh(x)"))(1.0))
    0.7615941559557649
    """
    assert function.formula is not None
    evaluator = ArrayEvaluator(numpy_library())
    value = _line(function.formula, function, evaluator)
    slope = _line(_differentiated(function.formula), function, evaluator)

    def kernel(x: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.array(np.broadcast_to(value(x), x.shape))

    def prime(x: Array) -> Array:
        with np.errstate(all="ignore"):
            y = np.array(np.broadcast_to(slope(x), x.shape))
            lost = np.isnan(y) & np.isfinite(x)
            step = 1e-5 * np.maximum(np.abs(x[lost]), 1.0)
            y[lost] = (kernel(x[lost] + step) - kernel(x[lost] - step)) / (2.0 * step)
            return y

    kernel.__name__ = function.name
    made = Activation(kernel, None)
    made.derivative(prime)
    return made


def _differentiated(formula: Formula) -> Formula:
    # not parse: a derivative may be longer than what a user may type
    text = derivative(formula)
    return Formula(text, ast.parse(text, mode="eval").body, ())


def _line(
    formula: Formula, function: Activation, evaluator: "ArrayEvaluator"
) -> OneLiner:
    values = function.resolve({})
    return lambda x: evaluator.run(formula, {**values, "x": x})


class ArrayEvaluator:
    """Walks a formula's tree once for each evaluation: that is nothing beside an operation on an array."""

    def __init__(self, within: Library) -> None:
        self.within = within

    def knows(self, formula: Formula) -> bool:
        called = {
            node.func.id
            for node in ast.walk(formula.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        inner = [f.formula for f in formula.called.values() if f.formula is not None]
        return called - formula.called.keys() <= self.within.functions.keys() and all(
            map(self.knows, inner)
        )

    def run(self, formula: Formula, values: Mapping[str, Any]) -> Any:
        return self.visit(formula.tree, formula, values)

    def visit(self, node: ast.expr, formula: Formula, values: Mapping[str, Any]) -> Any:
        """Return the value of a part of a formula."""

        def value(part: ast.expr) -> Any:
            return self.visit(part, formula, values)

        match node:
            case ast.Constant(value=number):
                return float(number)  # type: ignore[arg-type]  # the reader let only numbers pass
            case ast.Name(id=name):
                return CONSTANTS[name] if name in CONSTANTS else values[name]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.UnaryOp(operand=operand):
                return value(operand)
            case ast.BinOp(op=op, left=left, right=right):
                return self.combine(_BINARY[type(op)], value(left), value(right))
            case ast.Compare():
                # not as booleans, which NumPy does not subtract
                return self.choose(self.holds(node, formula, values), 1.0, 0.0)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                held = self.holds(test, formula, values)
                return self.choose(held, value(body), value(orelse))
            case ast.Call(func=ast.Name(id=name)) if name in formula.called:
                inner = formula.called[name].formula
                assert inner is not None
                return self.run(inner, self.inside(node, formula, values))
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.call(name, [value(a) for a in args])
        raise TypeError(f"not in the grammar: {ast.dump(node)}")

    def inside(
        self, node: ast.Call, formula: Formula, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the values of the names in the formula of the function that is called."""
        assert isinstance(node.func, ast.Name)
        given = {
            str(k.arg): self.visit(k.value, formula, values) for k in node.keywords
        }
        x = self.visit(node.args[0], formula, values)
        return {**formula.called[node.func.id].defaults, **given, "x": x}

    def combine(self, operation: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
        if isinstance(a, float) and isinstance(b, float):
            # Python's own numbers raise where arrays give inf or nan, and make a root of -8 complex
            with np.errstate(all="ignore"):
                return float(operation(np.float64(a), np.float64(b)))
        return operation(a, b)

    def holds(self, test: ast.expr, formula: Formula, values: Mapping[str, Any]) -> Any:
        if not isinstance(test, ast.Compare):
            return self.visit(test, formula, values) != 0.0
        parts = (test.left, *test.comparators)
        terms = [self.visit(part, formula, values) for part in parts]
        results = [
            COMPARE[type(o)](a, b)
            for o, (a, b) in zip(test.ops, pairwise(terms), strict=True)
        ]
        return reduce(and_, results)

    def choose(self, test: Any, yes: Any, no: Any) -> Any:
        if isinstance(test, bool):
            return yes if test else no
        return self.within.where(test, yes, no)

    def call(self, name: str, args: list[Any]) -> Any:
        if all(isinstance(a, float) for a in args):
            return self.of_numbers(name, args)
        if name == "max" and len(args) == 1:
            return args[0].max(axis=-1, keepdims=True)
        whole, *rest = args
        call = self.within.functions[name]
        return reduce(call, rest, whole) if rest else call(whole)

    @staticmethod
    def of_numbers(name: str, args: list[float]) -> float:
        first, *rest = map(np.float64, args)
        call = numpy_library().functions[name]
        with np.errstate(all="ignore"):
            return float(reduce(call, rest, first) if rest else call(first))


_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
