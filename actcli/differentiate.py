"""The derivative of a formula as another formula, to be read. Exact values of derivatives come from exact.py."""

import ast
from collections.abc import Callable

from actcli.formula import Formula

_ZERO, _ONE, _TWO = ast.Constant(0), ast.Constant(1), ast.Constant(2)


def derivative(formula: Formula, wrt: str = "x") -> str:
    """Return the derivative of an elementwise formula by one of its names, as a formula.

    At a tie, max and min have the derivative of their first argument; sign and floor have none.

    >>> from actcli.formula import parse
    >>> derivative(parse("x / (1 + exp(-beta * x))"))
    '(1 + exp(-beta * x) + x * beta * exp(-beta * x)) / (1 + exp(-beta * x)) ** 2'
    >>> derivative(parse("max(0, x)"))
    '1 if x > 0 else 0'
    """
    text = ast.unparse(ast.fix_missing_locations(_Rules(wrt).of(_inlined(formula))))
    # once more: ast remembers one place of a part that stands in two, and puts its parentheses in both
    return ast.unparse(ast.parse(text))


def primed(label: str) -> str:
    """Return what the derivative of a function is called.

    >>> primed("relu"), primed("1/x")
    ('relu′', '(1/x)′')
    """
    return f"{label}′" if label.replace(" ", "").isidentifier() else f"({label})′"


class _Rules:
    """The rules of differentiation by one name."""

    def __init__(self, wrt: str) -> None:
        self.wrt = wrt

    def of(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Constant() | ast.Compare():
                return _ZERO
            case ast.Name(id=name):
                return _ONE if name == self.wrt else _ZERO
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _neg(self.of(operand))
            case ast.UnaryOp(operand=operand):
                return self.of(operand)
            case ast.BinOp(left=a, op=op, right=b):
                return self.of_operation(a, op, b)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return _choice(test, self.of(body), self.of(orelse))
            case ast.Call(func=ast.Name(id="max"), args=args):
                return self.of_extreme(args, "max", ast.Gt())
            case ast.Call(func=ast.Name(id="min"), args=args):
                return self.of_extreme(args, "min", ast.Lt())
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                slope = self.of(argument)
                return _ZERO if _is(slope, 0) else _OUTER[name](argument, slope)
        raise TypeError(f"not in the grammar: {ast.dump(node)}")

    def of_operation(self, a: ast.expr, op: ast.operator, b: ast.expr) -> ast.expr:
        da, db = self.of(a), self.of(b)
        match op:
            case ast.Add():
                return _add(da, db)
            case ast.Sub():
                return _sub(da, db)
            case ast.Mult():
                return _add(_mul(da, b), _mul(a, db))
            case ast.Div() if _is(db, 0):
                return _div(da, b)
            case ast.Div():
                return _div(_sub(_mul(da, b), _mul(a, db)), _pow(b, _TWO))
        if _is(db, 0):
            return _mul(_mul(b, _pow(a, _sub(b, _ONE))), da)
        inner = _add(_mul(db, _call("log", a)), _div(_mul(b, da), a))
        return _mul(_pow(a, b), inner)

    def of_extreme(self, args: list[ast.expr], name: str, beats: ast.cmpop) -> ast.expr:
        *first, last = args
        best = first[0] if len(first) == 1 else ast.Call(_name(name), first, [])
        return _choice(ast.Compare(last, [beats], [best]), self.of(last), self.of(best))


def _inlined(formula: Formula) -> ast.expr:
    """Return the tree with the registered functions that it calls written out."""

    class Inline(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.expr:  # the name is ast's
            name = node.func.id  # type: ignore[attr-defined]  # the grammar has calls by name only
            args = [self.visit(a) for a in node.args]
            if name not in formula.called:
                return ast.Call(node.func, args, [])
            inner = formula.called[name]
            assert inner.formula is not None
            values = {n: ast.Constant(v) for n, v in inner.defaults.items()}
            values |= {str(k.arg): self.visit(k.value) for k in node.keywords}
            return _substituted(_inlined(inner.formula), {**values, "x": args[0]})

    result: ast.expr = Inline().visit(ast.parse(formula.text, mode="eval").body)
    return result


def _substituted(tree: ast.expr, values: dict[str, ast.expr]) -> ast.expr:
    class Substitute(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:  # the name is ast's
            return values.get(node.id, node)

    result: ast.expr = Substitute().visit(tree)
    return result


# building trees without what goes without saying


def _is(node: ast.expr, number: float) -> bool:
    return isinstance(node, ast.Constant) and node.value == number


def _name(name: str) -> ast.expr:
    # as parsed: before Python 3.13 it has no ctx unless given one, and then is not equal to what was typed
    return ast.Name(name, ast.Load())


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(_name(name), [argument], [])


def _neg(a: ast.expr) -> ast.expr:
    if _is(a, 0):
        return a
    if isinstance(a, ast.UnaryOp) and isinstance(a.op, ast.USub):
        return a.operand
    return ast.UnaryOp(ast.USub(), a)


def _unsigned(a: ast.expr) -> tuple[bool, ast.expr]:
    """Return whether a is written with a minus, and what stands behind it."""
    if isinstance(a, ast.UnaryOp) and isinstance(a.op, ast.USub):
        return True, a.operand
    return False, a


def _add(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0) or _is(b, 0):
        return b if _is(a, 0) else a
    negative, size = _unsigned(b)
    return ast.BinOp(a, ast.Sub() if negative else ast.Add(), size)


def _sub(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0) or _is(b, 0):
        return _neg(b) if _is(a, 0) else a
    (minus_a, size_a), (minus_b, size_b) = _unsigned(a), _unsigned(b)
    match size_a, size_b:
        case ast.Constant(value=int() | float() as m), ast.Constant(
            value=int() | float() as n
        ):
            difference = (-m if minus_a else m) - (-n if minus_b else n)
            number = ast.Constant(abs(difference))
            return _neg(number) if difference < 0 else number
    return ast.BinOp(a, ast.Add() if minus_b else ast.Sub(), size_b)


def _mul(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0) or _is(b, 0):
        return _ZERO
    (a_negative, a), (b_negative, b) = _unsigned(a), _unsigned(b)
    if _is(a, 1) or _is(b, 1):
        product = b if _is(a, 1) else a
    elif isinstance(b, ast.BinOp) and isinstance(b.op, ast.Mult | ast.Div):
        # to the left, as one writes it: a * b * c
        left = _mul(a, b.left)
        product = (
            _mul(left, b.right) if isinstance(b.op, ast.Mult) else _div(left, b.right)
        )
    else:
        product = ast.BinOp(a, ast.Mult(), b)
    return _neg(product) if a_negative != b_negative else product


def _div(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0) or _is(b, 1):
        return a
    negative, size = _unsigned(a)
    same = ast.dump(size) == ast.dump(b)
    quotient = _ONE if same else ast.BinOp(size, ast.Div(), b)
    return _neg(quotient) if negative else quotient


def _pow(a: ast.expr, b: ast.expr) -> ast.expr:
    return a if _is(b, 1) else ast.BinOp(a, ast.Pow(), b)


def _choice(test: ast.expr, a: ast.expr, b: ast.expr) -> ast.expr:
    return a if ast.dump(a) == ast.dump(b) else ast.IfExp(test, a, b)


def _squared(name: str, argument: ast.expr) -> ast.expr:
    return _pow(_call(name, argument), _TWO)


def _bell(u: ast.expr, du: ast.expr) -> ast.expr:
    scale = _div(_TWO, _call("sqrt", _name("pi")))
    return _mul(_mul(scale, _call("exp", _neg(_pow(u, _TWO)))), du)


# the derivative of f(u), from u and its own derivative
_OUTER: dict[str, Callable[[ast.expr, ast.expr], ast.expr]] = {
    "exp": lambda u, du: _mul(du, _call("exp", u)),
    "expm1": lambda u, du: _mul(du, _call("exp", u)),
    "log": lambda u, du: _div(du, u),
    "log1p": lambda u, du: _div(du, _add(_ONE, u)),
    "sqrt": lambda u, du: _div(du, _mul(_TWO, _call("sqrt", u))),
    "sin": lambda u, du: _mul(du, _call("cos", u)),
    "cos": lambda u, du: _neg(_mul(du, _call("sin", u))),
    "tan": lambda u, du: _div(du, _squared("cos", u)),
    "sinh": lambda u, du: _mul(du, _call("cosh", u)),
    "cosh": lambda u, du: _mul(du, _call("sinh", u)),
    "tanh": lambda u, du: _div(du, _squared("cosh", u)),
    "atan": lambda u, du: _div(du, _add(_ONE, _pow(u, _TWO))),
    "erf": _bell,
    "erfc": lambda u, du: _neg(_bell(u, du)),
    "abs": lambda u, du: _mul(du, _call("sign", u)),
    "sign": lambda _, __: _ZERO,
    "floor": lambda _, __: _ZERO,
}
