"""The textbook one-liner of a function: its formula over whole arrays, in NumPy or any library like it. Not how it is computed here."""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.differentiate import derivative
from actcli.formula import CONSTANTS, FUNCTIONS, Formula, parse

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
    values = {n: v for n, v in function.resolve({}).items() if v is not None}
    if order:
        formula = parse(derivative(formula))
    evaluator = _Evaluator(within)
    if not evaluator.knows(formula):
        return None
    return lambda x: evaluator.run(formula, {**values, "x": x})


class _Evaluator:
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
        def visit(node: ast.expr) -> Any:
            match node:
                case ast.Constant(value=value):
                    return float(value)  # type: ignore[arg-type]  # the reader let only numbers pass
                case ast.Name(id=name):
                    return CONSTANTS[name] if name in CONSTANTS else values[name]
                case ast.UnaryOp(op=ast.USub(), operand=operand):
                    return -visit(operand)
                case ast.UnaryOp(operand=operand):
                    return visit(operand)
                case ast.BinOp(op=op, left=left, right=right):
                    return _BINARY[type(op)](visit(left), visit(right))
                case ast.Compare(left=left, ops=ops, comparators=others):
                    return self.holds(ops, [visit(part) for part in (left, *others)])
                case ast.IfExp(test=test, body=body, orelse=orelse):
                    return self.choose(visit(test), visit(body), visit(orelse))
                case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                    given = {str(k.arg): visit(k.value) for k in keywords}
                    return self.call(formula, name, [visit(a) for a in args], given)
            raise TypeError(f"not in the grammar: {ast.dump(node)}")

        return visit(formula.tree)

    def holds(self, ops: list[ast.cmpop], terms: list[Any]) -> Any:
        results = [
            _COMPARE[type(o)](a, b)
            for o, a, b in zip(ops, terms, terms[1:], strict=False)
        ]
        whole = results[0]
        for result in results[1:]:
            whole = whole & result
        return whole

    def choose(self, test: Any, yes: Any, no: Any) -> Any:
        if isinstance(test, bool):
            return yes if test else no
        return self.within.where(test, yes, no)

    def call(
        self, formula: Formula, name: str, args: list[Any], given: dict[str, Any]
    ) -> Any:
        if name in formula.called:
            inner = formula.called[name]
            assert inner.formula is not None
            return self.run(inner.formula, {**inner.defaults, **given, "x": args[0]})
        if all(isinstance(a, float) for a in args):
            return _OF_NUMBERS.get(name, getattr(math, name, None))(*args)  # type: ignore[misc]  # the grammar's names
        if name == "max" and len(args) == 1:
            return args[0].max(axis=-1, keepdims=True)
        whole, *rest = args
        call = self.within.functions[name]
        if not rest:
            return call(whole)
        for other in rest:
            whole = call(whole, other)
        return whole


_OF_NUMBERS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "max": max,
    "min": min,
    "sign": lambda x: math.copysign(1.0, x) if x else 0.0,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
