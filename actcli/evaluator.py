"""One walk over a formula, with the arithmetic of power series at one precision. Which precision is exact.py's to say."""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import cmp_to_key
from typing import TypeAlias

from actcli.formula import Formula, Function
from actcli.taylor import (
    ONE,
    ZERO,
    Series,
    Taylor,
    exactly,
    literal,
    pi,
    point,
    whole_number,
)

Value: TypeAlias = "Series | list[Value]"  # a list is a vector


class Evaluator:
    """One walk over a formula with the arithmetic of one precision; vectors go element by element."""

    def __init__(self, arithmetic: Taylor) -> None:
        self.t = arithmetic
        self._tied: frozenset[str] = frozenset()  # names whose series is a choice

    def run(self, formula: Formula, values: Mapping[str, Value]) -> Value:
        return self.visit(formula.tree, formula, values)

    def visit(
        self, node: ast.expr, formula: Formula, values: Mapping[str, Value]
    ) -> Value:
        match node:
            case ast.Constant():
                written = formula.text[node.col_offset : node.end_col_offset]
                return (literal(written, self.t.bits),)
            case ast.Name(id="pi"):
                return (pi(self.t.bits),)
            case ast.Name(id="e"):
                return self.t.exp((ONE,))
            case ast.Name(id=name):
                self.t.tied |= name in self._tied
                return values[name]
            case ast.UnaryOp(op=op, operand=operand):
                inner = self.visit(operand, formula, values)
                return (
                    self.spread(self.t.neg, inner)
                    if isinstance(op, ast.USub)
                    else inner
                )
            case ast.BinOp(op=op, left=left, right=right):
                method = getattr(self.t, _METHODS[type(op)])
                # a quotient has to know of ties in its own terms, not elsewhere
                before, self.t.tied = self.t.tied, False
                terms = [self.visit(part, formula, values) for part in (left, right)]
                result = self.spread(method, *terms)
                self.t.tied |= before
                return result
            case ast.Compare(left=left, ops=ops, comparators=others):
                terms = [self.visit(part, formula, values) for part in (left, *others)]
                return self.spread(lambda *t: self.holds(ops, t), *terms)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return self.choose(
                    self.visit(test, formula, values), body, orelse, formula, values
                )
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                before, self.t.tied = self.t.tied, False
                given = [self.visit(a, formula, values) for a in args]
                by_name = {
                    str(k.arg): self.visit(k.value, formula, values) for k in keywords
                }
                result = self.call(name, given, by_name, formula)
                self.t.tied |= before
                return result
        raise TypeError(f"not in the grammar: {ast.dump(node)}")

    def spread(self, method: Callable[..., Series], *terms: Value) -> Value:
        """Apply a scalar method; where terms are vectors, element by element."""
        length = next((len(t) for t in terms if isinstance(t, list)), None)
        if length is None:
            return method(*terms)
        rows = zip(
            *(t if isinstance(t, list) else [t] * length for t in terms), strict=True
        )
        return [self.spread(method, *row) for row in rows]

    def holds(self, ops: Sequence[ast.cmpop], terms: Sequence[Series]) -> Series:
        pairs = zip(ops, terms, terms[1:], strict=False)
        return (
            (ONE,)
            if all(
                _HOLDS[type(o)](self.t.sign_of(self.t.sub(a, b))) for o, a, b in pairs
            )
            else (ZERO,)
        )

    def choose(
        self,
        test: Value,
        body: ast.expr,
        orelse: ast.expr,
        formula: Formula,
        values: Mapping[str, Value],
    ) -> Value:
        if not isinstance(test, list):
            # only the branch that is taken is evaluated: the other may have no value there
            return self.visit(body if self.t.sign_of(test) else orelse, formula, values)
        rows = [
            {name: v[i] if isinstance(v, list) else v for name, v in values.items()}
            for i in range(len(test))
        ]
        return [
            self.choose(t, body, orelse, formula, row)
            for t, row in zip(test, rows, strict=True)
        ]

    def call(
        self,
        name: str,
        given: list[Value],
        by_name: Mapping[str, Value],
        formula: Formula,
    ) -> Value:
        if name in formula.called:
            return self.call_registered(formula.called[name], given[0], by_name)
        if len(given) == 1 and isinstance(given[0], list) and name in _REDUCTIONS:
            return _REDUCTIONS[name](self, given[0])
        if name in _OF_TWO:
            return _OF_TWO[name](self, _listed(given[0]), given[1])
        return self.spread(getattr(self.t, name), *given)

    def call_registered(
        self, function: Function, x: Value, by_name: Mapping[str, Value]
    ) -> Value:
        assert function.formula is not None
        defaults = {k: (exactly(v),) for k, v in function.defaults.items()}
        outer = self._tied
        self._tied = frozenset({"x", *by_name} if self.t.tied else ())
        result = self.run(function.formula, {**defaults, **by_name, "x": x})
        self._tied = outer
        return result

    def total(self, terms: list[Value]) -> Value:
        total = terms[0]
        for term in terms[1:]:
            total = self.spread(self.t.add, total, term)
        return total

    def reduce_max(self, terms: list[Value]) -> Value:
        if isinstance(terms[0], list):
            return [self.reduce_max(_listed(group)) for group in terms]
        return self.spread(self.t.max, *terms)

    def argmax(self, terms: list[Value]) -> Value:
        best = 0
        for i in range(1, len(terms)):
            if self.order(_single(terms[i]), _single(terms[best])) > 0:
                best = i
        return (point(best),)

    def excess(self, terms: list[Value], power: Value) -> Value:
        """Return max(0, x - t) with the t for which the sum of max(0, x - t)**power is 1, for the powers 1 and 2."""
        x = [_single(term) for term in terms]

        def downwards(i: int, j: int) -> int:
            return self.order(x[j], x[i])

        inside: list[int] = []
        for i in sorted(range(len(x)), key=cmp_to_key(downwards)):
            if not self.rises(x[i], [x[j] for j in inside], power):
                break
            inside.append(i)
        t = self.level([x[i] for i in inside], whole_number(_single(power)))
        rest: list[Value] = [(ZERO,)] * len(x)
        for i in inside:
            rest[i] = self.t.sub(x[i], t)
        return rest

    def order(self, a: Series, b: Series) -> int:
        return self.t.sign_of(self.t.sub(a[:1], b[:1]))

    def rises(self, a: Series, larger: list[Series], power: Value) -> bool:
        """Tell whether a is above that t: by how much larger numbers are above a does not add up to 1."""
        above: list[Value] = [self.t.sub(b[:1], a[:1]) for b in larger]
        powers = _listed(self.spread(self.t.pow, above, power))
        total = _single(self.total([(ZERO,), *powers]))
        return self.order(total, (ONE,)) < 0

    def level(self, terms: list[Series], power: int | None) -> Series:
        """Return the t for which the sum of (x - t)**power is 1."""
        count: Series = (point(len(terms)),)
        total = _single(self.total(list[Value](terms)))
        if power == 1:
            return self.t.div(self.t.sub(total, (ONE,)), count)
        mean = self.t.div(total, count)
        d = [self.t.sub(a, mean) for a in terms]
        scatter = _single(self.total([self.t.mul(v, v) for v in d]))
        return self.t.sub(
            mean, self.t.sqrt(self.t.div(self.t.sub((ONE,), scatter), count))
        )

    def mean(self, terms: list[Value]) -> Value:
        return self.spread(self.t.div, self.total(terms), (point(len(terms)),))


_METHODS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
}
_HOLDS: dict[type[ast.cmpop], Callable[[int], bool]] = {
    ast.Lt: lambda s: s < 0,
    ast.LtE: lambda s: s <= 0,
    ast.Gt: lambda s: s > 0,
    ast.GtE: lambda s: s >= 0,
    ast.Eq: lambda s: s == 0,
    ast.NotEq: lambda s: s != 0,
}
_REDUCTIONS: dict[str, Callable[[Evaluator, list[Value]], Value]] = {
    "sum": Evaluator.total,
    "mean": Evaluator.mean,
    "max": Evaluator.reduce_max,
    "first": lambda _, terms: terms[: len(terms) // 2],
    "second": lambda _, terms: terms[len(terms) // 2 :],
    "index": lambda _, terms: [(point(i),) for i in range(len(terms))],
    "argmax": Evaluator.argmax,
}
_OF_TWO: dict[str, Callable[[Evaluator, list[Value], Value], Value]] = {
    "groups": lambda _, terms, size: _groups(terms, size),
    "concat": lambda _, terms, others: [*terms, *_listed(others)],
    "excess": Evaluator.excess,
}


def _listed(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def _single(value: Value) -> Series:
    assert isinstance(value, tuple)
    return value


def _groups(vector: list[Value], size: Value) -> Value:
    n = whole_number(_single(size))
    assert n
    return [vector[i : i + n] for i in range(0, len(vector), n)]
