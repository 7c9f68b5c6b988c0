"""Where a formula changes its form: at the switching points of conditions, max, min and abs, at poles and domain ends."""

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from actcli.activation import Activation
from actcli.analysis.search import WAVES, WINDOW, endless, mixed_grid, roots
from actcli.engine import Array
from actcli.formula import Formula
from actcli.one_liners import ArrayEvaluator, numpy_library

Scope: TypeAlias = Callable[[Array], Mapping[str, Any]]  # x to the value of every name

_MOST, _MOST_SHOWN = 64, 1000
# plain floating point, which is enough to see a sign
_EVALUATOR = ArrayEvaluator(numpy_library())


class Breaks(NamedTuple):
    """Where a formula changes its form, ascending, and how far from 0 none is left out."""

    points: tuple[float, ...]
    reach: float


def break_points(function: Activation) -> tuple[float, ...]:
    """Return in ascending order where the form of a function changes, for the parameters that are bound.

    Every point at which a derivative of some order jumps is among them, good to the last digit; at others the function
    may turn out smooth. Where they go on without end (``abs(sin(x))``) it is those that ``breaks`` lists.

    >>> import actcli
    >>> break_points(actcli.hard_swish), break_points(actcli.get("abs(x**2 - 4)"))
    ((-3.0, 3.0), (-2.0, 2.0))
    """
    return breaks(function).points


def breaks(function: Activation) -> Breaks:
    """Return the break points; those that go on without end up to 12, or further until there are some on either side."""
    grid = mixed_grid(600, 20)
    found, reach = set(function.kink_points()), math.inf
    for switch in _switches_of(function):
        points, known = _all_roots(switch, grid)
        found.update(points)
        reach = min(reach, known)
    near = sorted((x for x in found if math.isfinite(x)), key=abs)
    if len(near) > _MOST:
        reach = min(reach, math.nextafter(abs(near[_MOST]), 0.0))
    return Breaks(tuple(sorted(x + 0.0 for x in near if abs(x) <= reach)), reach)


def breaks_between(function: Activation, low: float, high: float) -> list[float]:
    """Return the break points from one number to another, as many as a picture can show."""
    found = set(function.kink_points())
    grid = np.union1d(np.linspace(low, high, 10 * _MOST_SHOWN), mixed_grid(600, 20))
    for switch in _switches_of(function):
        found.update(_roots(switch, grid))
    inside = sorted(v + 0.0 for v in found if low <= v <= high)
    return inside[:: 1 + len(inside) // _MOST_SHOWN]


def _switches_of(function: Activation) -> Iterator[Callable[[Array], Array]]:
    formula = function.formula
    assert formula is not None
    values = {n: v for n, v in function.resolve({}).items() if v is not None}
    return _switches(formula.tree, formula, lambda x: {**values, "x": x})


def _all_roots(
    switch: Callable[[Array], Array], grid: Array
) -> tuple[list[float], float]:
    """Return the roots of a switch, and how far out they are listed."""
    found = _roots(switch, grid)
    if not endless(np.array(found)):
        return found, math.inf
    sides = [sorted(abs(v) for v in found if v * side > 0.0) for side in (-1, 1)]
    reach = max(WINDOW, *(1.01 * side[:WAVES][-1] for side in sides if side))
    if reach > WINDOW:
        # the grid is too wide there to tell all
        found = _roots(switch, np.linspace(-reach, reach, grid.size))
    return [v for v in found if abs(v) <= reach], reach


def _roots(switch: Callable[[Array], Array], grid: Array) -> list[float]:
    """Return where a switch is zero or changes its sign. A stretch of zeros is an underflow, or the work of another."""
    x, g = grid, switch(grid)
    sign = np.sign(g)
    zero = sign == 0.0
    alone = zero & ~np.roll(zero, 1) & ~np.roll(zero, -1)
    known = np.flatnonzero(~zero & ~np.isnan(sign))
    i, j = known[:-1], known[1:]
    turns = (sign[i] * sign[j] < 0) & (j == i + 1)
    i, j = i[turns], j[turns]
    origin = [0.0] if _zero_at_the_origin(x, zero) else []
    return [
        *origin,
        *x[alone].tolist(),
        *roots(switch, x[i], x[j], g[i], g[j]).tolist(),
    ]


def _zero_at_the_origin(x: Array, zero: Array) -> bool:
    """Whether a switch is zero at 0 and not far beside it; rounding makes a short stretch of it, as in exp(x) - 1."""
    beside = x[~zero & (np.abs(x) < 1e-6)]
    return bool(zero[x == 0.0].any() and (beside < 0.0).any() and (beside > 0.0).any())


# the switches of a formula


def _switches(
    node: ast.expr, formula: Formula, scope: Scope
) -> Iterator[Callable[[Array], Array]]:
    """Walk over a formula; yield a function of x for each expression whose sign decides over its form."""
    for part in _deciding(node, formula):
        for factor in _factors(part):
            yield _as_function(factor, formula, scope)
    for child in _children(node):
        yield from _switches(child, formula, scope)
    if isinstance(node, ast.Call) and _name(node) in formula.called:
        callee = formula.called[_name(node)].formula
        assert callee is not None
        yield from _switches(callee.tree, callee, _inside(node, formula, scope))


def _as_function(
    node: ast.expr, formula: Formula, scope: Scope
) -> Callable[[Array], Array]:
    def switch(x: Array) -> Array:
        with np.errstate(all="ignore"):
            value = _EVALUATOR.visit(node, formula, scope(x))
            return np.broadcast_to(np.asarray(value, dtype=float), x.shape)

    return switch


def _deciding(node: ast.expr, formula: Formula) -> Iterator[ast.expr]:
    match node:
        case ast.Compare(left=left, comparators=others):
            for a, b in pairwise((left, *others)):
                yield _difference(a, b)
        case ast.IfExp(test=test) if not isinstance(test, ast.Compare):
            yield test
        case ast.BinOp(op=ast.Div(), right=right):
            yield right
        case ast.BinOp(op=ast.Pow(), left=left, right=right):
            if not _is_whole(right):
                yield left
        case ast.Call(func=ast.Name(id=name), args=args) if name not in formula.called:
            yield from _decided_by_call(name, args)


def _decided_by_call(name: str, args: Sequence[ast.expr]) -> Iterator[ast.expr]:
    match name:
        case "max" | "min":
            for a, b in combinations(args, 2):
                yield _difference(a, b)
        case "abs" | "sign" | "sqrt" | "log":
            yield args[0]
        case "log1p":
            yield ast.BinOp(args[0], ast.Add(), ast.Constant(1))
        case "tan":
            yield ast.Call(ast.Name("cos"), [args[0]], [])
        case "floor":
            nearest = ast.BinOp(args[0], ast.Add(), ast.Constant(0.5))
            yield _difference(args[0], ast.Call(ast.Name("floor"), [nearest], []))


def _difference(a: ast.expr, b: ast.expr) -> ast.expr:
    """Return a - b, or the one of them that is not the number 0: it may have factors."""
    if isinstance(b, ast.Constant) and b.value == 0:
        return a
    if isinstance(a, ast.Constant) and a.value == 0:
        return b
    return ast.BinOp(a, ast.Sub(), b)


def _factors(node: ast.expr) -> Iterator[ast.expr]:
    """Yield what the zeros of an expression are the zeros of; those of x² are of no sign change."""
    match node:
        case ast.BinOp(op=ast.Mult(), left=left, right=right):
            yield from _factors(left)
            yield from _factors(right)
        case ast.BinOp(op=ast.Div(), left=left) | ast.BinOp(op=ast.Pow(), left=left):
            yield from _factors(left)
        case ast.UnaryOp(operand=operand):
            yield from _factors(operand)
        case ast.Constant():
            return
        case _:
            yield node


def _is_whole(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and float(node.value).is_integer()
    )


def _children(node: ast.expr) -> Iterator[ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword):
            yield child.value
        elif isinstance(child, ast.expr):
            yield child


def _name(node: ast.Call) -> str:
    assert isinstance(node.func, ast.Name)
    return node.func.id


def _inside(node: ast.Call, formula: Formula, scope: Scope) -> Scope:
    """Return the scope in which the formula of a called function stands."""
    return lambda x: _EVALUATOR.inside(node, formula, scope(x))
