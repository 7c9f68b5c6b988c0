"""The formula grammar: Python expression syntax over a whitelist. Parses and reads; exact values are in exact.py."""

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from actcli.errors import RequestError
from actcli.registry import suggestion

CONSTANTS = {"pi": math.pi, "e": math.e}

# How many arguments each function takes; what it means exactly is the method of the same name in taylor.py.
FUNCTIONS = {
    **dict.fromkeys(
        [
            "exp",
            "log",
            "log1p",
            "expm1",
            "sqrt",
            "sin",
            "cos",
            "tan",
            "tanh",
            "sinh",
            "cosh",
            "atan",
            "erf",
            "erfc",
            "abs",
            "sign",
            "floor",
        ],
        (1, 1),
    ),
    "max": (2, 9),
    "min": (2, 9),
}
# Those that take a vector: sum, mean and max of its elements, its halves, its consecutive groups, two vectors in a row,
# 0, 1, 2 … for its elements, that number for the first maximum, and max(0, x - t) with the t for which the sum of
# max(0, x - t)**power is 1.
VECTOR_FUNCTIONS = {
    "max": (1, 9),
    "sum": (1, 1),
    "mean": (1, 1),
    "index": (1, 1),
    "argmax": (1, 1),
    "excess": (2, 2),
    "first": (1, 1),
    "second": (1, 1),
    "groups": (2, 2),
    "concat": (2, 2),
}

_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
# how others write what the grammar has, for those who try it
_ELSEWHERE = {
    "ln": "log(x)",
    "pow": "x**a",
    "power": "x**a",
    "where": "a if x > 0 else b",
}
_NO_SYNTAX = {
    r"\|": "an absolute value is written abs(x)",
    r"(?<![\w.])(\d+\.?\d*) ?(?!if\b|else\b|[eE][-+\d])([A-Za-z]\w*)": r"a product is written \1*\2",
}
_LONGEST = 2000  # characters; Python's own parser recurses on what it reads
_DEEPEST = 120  # nested operations; evaluation recurses on the tree


class FormulaError(RequestError):
    """Text that is not in the grammar; says at which column and why."""

    def __init__(self, text: str, column: int, reason: str) -> None:
        super().__init__(f"formula '{text}', column {column}: {reason}")
        self._told = text, column, reason

    def __reduce__(self) -> tuple[Any, ...]:
        # pickle would give the whole line for the text: a pool of processes sends errors, and breaks at one that fails
        return type(self), self._told


class Function(Protocol):
    """What a formula may call by name: another formula with defaults for its parameters."""

    @property
    def formula(self) -> "Formula | None": ...

    @property
    def defaults(self) -> Mapping[str, float]: ...

    @property
    def over_axis(self) -> bool: ...

    def resolve(self, given: Mapping[str, Any]) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    Attributes:
        text: the formula as it was written.
        tree: its syntax tree, made of whitelisted nodes only.
        names: the free names in the order of their appearance (``x`` and parameters).
        called: the registered functions that it calls by name.
    """

    text: str
    tree: ast.expr
    names: tuple[str, ...]
    called: Mapping[str, Function] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text

    def number(self, values: Mapping[str, float]) -> float:
        """Evaluate in floating point: for kinks and conditions on parameters, where that is exact enough.

        >>> parse("-lambd / 2").number({"lambd": 1.0})
        -0.5
        """
        return _number(self.tree, values)

    def check_calls(self, values: Mapping[str, float]) -> None:
        """Raise RequestError where a function is called with parameters outside its domain, as far as they are known.

        Args:
            values: the parameters of the formula.
        """
        for node in ast.walk(self.tree):
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in self.called:
                    try:
                        given = {
                            str(k.arg): _number(k.value, values) for k in node.keywords
                        }
                    except (LookupError, ArithmeticError, ValueError):
                        continue  # it depends on x, or is computed exactly only
                    self.called[name].resolve(given)


def parse(
    text: str,
    find: Callable[[str], Function | None] = lambda _: None,
    *,
    vectors: bool = False,
    known: Iterable[str] = (),
) -> Formula:
    """Parse a formula; raise FormulaError with the column of whatever is outside the grammar.

    Args:
        text: Python expression syntax in ``x`` and parameters.
        find: returns the registered function of a name, or None.
        known: the names that ``find`` finds, for a suggestion.
        vectors: allow the functions that take a vector (VECTOR_FUNCTIONS).

    >>> parse("x / (1 + exp(-beta * x))").names
    ('x', 'beta')
    >>> parse("__import__('os')")
    Traceback (most recent call last):
        ...
    actcli.formula.FormulaError: formula '__import__('os')', column 1: no function '__import__'
    """
    if len(text) > _LONGEST:
        raise RequestError(
            f"formula of {len(text)} characters: at most {_LONGEST} are read"
        )
    if not text.isascii():
        column = next(i for i, c in enumerate(text, 1) if not c.isascii())
        raise FormulaError(
            text,
            column,
            f"'{text[column - 1]}' is not in the grammar; write it out (pi, *, exp …)",
        )
    text = " ".join(text.split())
    functions = FUNCTIONS | VECTOR_FUNCTIONS if vectors else FUNCTIONS
    return _Reader(text, find, functions, known).read(_parsed(text))


_FILTERING = Lock()


def _parsed(text: str) -> ast.expr:
    try:
        # the filters are those of the process: two threads at once would leave this one there
        with _FILTERING, warnings.catch_warnings():
            # as of 1if, which Python reads as 1 if, for now
            warnings.simplefilter("error", SyntaxWarning)
            return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        for pattern, told in _NO_SYNTAX.items():
            if found := re.search(pattern, text):
                column = found.start() + 1
                raise FormulaError(text, column, found.expand(told)) from None
        # Python counts no column where the text ends too early
        at = error.offset or len(text) + 1
        reason = error.msg if error.offset else "it ends too early"
        raise FormulaError(text, at, reason) from None
    except (MemoryError, RecursionError, ValueError):
        raise FormulaError(text, 1, "nested too deeply") from None


class _Reader:
    """One walk over a syntax tree: refuses what is not in the grammar, collects names and calls."""

    def __init__(
        self,
        text: str,
        find: Callable[[str], Function | None],
        functions: Mapping[str, tuple[int, int]],
        known: Iterable[str],
    ) -> None:
        self.known = known
        self.text = text
        self.find = find
        self.functions = functions
        self.names: dict[str, None] = {}
        self.called: dict[str, Function] = {}

    def read(self, tree: ast.expr) -> Formula:
        self.check(tree, 0)
        return Formula(self.text, tree, tuple(self.names), self.called)

    def refuse(self, node: ast.expr, reason: str) -> FormulaError:
        return FormulaError(self.text, node.col_offset + 1, reason)

    def check(self, node: ast.expr, depth: int) -> None:
        if depth > _DEEPEST:
            raise self.refuse(node, "nested too deeply")
        match node:
            case ast.Constant(value=int() | float()) if not isinstance(
                node.value, bool
            ):
                self.check_number(node)
            case ast.Name(id=name):
                if name in self.functions:
                    raise self.refuse(node, f"'{name}' is a function: write {name}(x)")
                if name not in CONSTANTS:
                    self.names[name] = None
            case ast.BinOp(op=op, left=left, right=right) if isinstance(op, _OPERATORS):
                self.check(left, depth + 1)
                self.check(right, depth + 1)
            case ast.UnaryOp(op=op, operand=operand) if isinstance(op, _OPERATORS):
                self.check(operand, depth + 1)
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                isinstance(o, _COMPARISONS) for o in ops
            ):
                for part in (left, *others):
                    self.check(part, depth + 1)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                for part in (body, test, orelse):
                    self.check(part, depth + 1)
            case ast.Call(func=ast.Name(id=name)):
                self.check_call(node, name, depth)
            case ast.Call(func=ast.Attribute() as spelling):
                raise self.refuse(
                    node,
                    f"'{ast.unparse(spelling)}' is not in the grammar{self.instead_of(spelling.attr)}",
                )
            case ast.Call(func=ast.Constant() | ast.BinOp()):
                raise self.refuse(node, "a product is written with *")
            case ast.BinOp(op=ast.BitXor()):
                raise self.refuse(
                    node, "'^' is not in the grammar: a power is written **"
                )
            case _:
                raise self.refuse(node, f"'{ast.unparse(node)}' is not in the grammar")

    def instead_of(self, name: str) -> str:
        if name in _ELSEWHERE:
            return f"; write {_ELSEWHERE[name]}"
        return suggestion(name, [*self.functions, *self.known])

    def check_number(self, node: ast.Constant) -> None:
        written = self.text[node.col_offset : node.end_col_offset]
        if node.value in (math.inf, -math.inf):
            raise self.refuse(node, "a number beyond the floating-point range")
        if node.value == 0 and set(written) & set("123456789"):
            # its power of ten, which exact arithmetic writes out, could fill the memory
            raise self.refuse(node, f"'{written}' is 0 in floating point; write 0")
        if not set(written) <= set("0123456789.eE+-"):
            raise self.refuse(node, f"'{written}' is not a decimal number")

    def check_call(self, node: ast.Call, name: str, depth: int) -> None:
        if name in self.functions:
            fewest, most = self.functions[name]
            if node.keywords or not fewest <= len(node.args) <= most:
                wanted = (
                    f"{fewest} argument{'s' * (fewest > 1)}"
                    if fewest == most
                    else f"{fewest} to {most} arguments"
                )
                raise self.refuse(node, f"{name} takes {wanted}")
        else:
            self.check_registered(node, name)
        for part in (*node.args, *(k.value for k in node.keywords)):
            self.check(part, depth + 1)

    def check_registered(self, node: ast.Call, name: str) -> None:
        function = self.find(name)
        if function is None or function.formula is None:
            raise self.refuse(node, f"no function '{name}'{self.instead_of(name)}")
        if function.over_axis and not self.functions.keys() >= VECTOR_FUNCTIONS.keys():
            raise self.refuse(
                node, f"{name} works over an axis; a formula goes element by element"
            )
        if len(node.args) != 1:
            raise self.refuse(
                node, f"{name} takes 1 argument and its parameters by name"
            )
        for keyword in node.keywords:
            if keyword.arg not in function.defaults:
                raise self.refuse(
                    node,
                    f"{name} has no parameter '{keyword.arg}'"
                    f"{suggestion(str(keyword.arg), function.defaults)}",
                )
        self.called[name] = function


def _number(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.Constant(value=value):
            return float(value)  # type: ignore[arg-type]  # the reader let only numbers pass
        case ast.Name(id=name):
            return CONSTANTS[name] if name in CONSTANTS else values[name]
        case ast.UnaryOp(op=op, operand=operand):
            return (
                -_number(operand, values)
                if isinstance(op, ast.USub)
                else _number(operand, values)
            )
        case ast.BinOp(op=op, left=left, right=right):
            return _BINARY[type(op)](_number(left, values), _number(right, values))
        case ast.Compare(left=left, ops=ops, comparators=others):
            numbers = [_number(part, values) for part in (left, *others)]
            return float(
                all(
                    COMPARE[type(o)](a, b)
                    for o, a, b in zip(ops, numbers, numbers[1:], strict=False)
                )
            )
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _number(body if _number(test, values) else orelse, values)
        case ast.Call(func=ast.Name(id=name), args=args):
            return _CALL[name](*(_number(a, values) for a in args))
        case _:
            raise TypeError(f"not a number: {ast.dump(node)}")


_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b if b else math.nan,
    ast.Pow: lambda a, b: math.pow(a, b),
}
# of numbers, and of whole arrays too
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_CALL: dict[str, Callable[..., float]] = {
    "exp": math.exp,
    "log": math.log,
    "sqrt": math.sqrt,
    "abs": abs,
    "max": max,
    "min": min,
}
