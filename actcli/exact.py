"""Exact values and derivatives of formulas: enclosed in intervals, at a precision that doubles until they are certain.

One walk over a formula on a power series gives the value and every derivative, and an answer is given only when both
ends of its interval round to it. Where a comparison depends on the sign of t it is decided by the side asked for:
that is what one-sided derivatives are. At a tie the derivative is that of both sides where they agree; where they do
not, ``max`` and ``min`` take the derivative of their first argument, and ``abs`` and ``sign`` have the derivative 0.
Where 0/0 is met at a tie the value itself is the limit of both sides, and there is none if they differ.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from mpmath import libmp
from mpmath.libmp.libmpi import mpi_add, mpi_mul

from actcli.engine import Array
from actcli.errors import UndecidedError
from actcli.evaluator import Evaluator, Value
from actcli.formula import Formula
from actcli.limits import far_points, limit_of_row, trend
from actcli.rounding import FORMATS, UNDEFINED, Format, Measured, decimal
from actcli.taylor import (
    MOST_SPARE,
    ONE,
    ZERO,
    Interval,
    OrderLostError,
    Series,
    Taylor,
    TooWideError,
    UndefinedError,
    exactly,
)

T = TypeVar("T")

_FIRST_BITS = 96
_MOST_BITS = 1 << 14
# points, at least as many as there are numbers of float16
_KEPT = 1 << 16
# of threads, of which no two gain by it: mpmath keeps constants, and what precision they have, one after the other
_ALONE = Lock()
# with so many the square of the largest number has digits behind the point: the sign of what underflows is known
_SIGN_BITS = 1 << 12


def derivatives(
    formula: Formula,
    values: Mapping[str, float],
    *,
    order: int = 1,
    wrt: str = "x",
    side: int = 0,
    dtype: str = "float64",
) -> list[float]:
    """Return the value of a formula and its derivatives up to ``order``, each correctly rounded.

    Args:
        formula: an elementwise formula.
        values: a number for each of its names.
        order: how many derivatives.
        wrt: the name to differentiate by.
        side: -1 or +1 for the limits from the left or right, 0 for the choice at a kink.
        dtype: the format to round to: float64, float32 or float16.

    Raises:
        UndecidedError: no precision decides what the formula asks, such as ``sin(pi * x) > 0`` at 1.

    >>> from actcli.formula import parse
    >>> derivatives(parse("tanh(x)"), {"x": 20.0})
    [1.0, 1.6993417021166355e-17]
    >>> derivatives(parse("max(0, x)"), {"x": 0.0}, side=+1)
    [0.0, 1.0]
    """
    if any(map(math.isnan, values.values())):
        return [math.nan] * (order + 1)
    format_ = FORMATS[dtype]
    # a parameter may be infinite, such as a bound that is none
    if math.isinf(values[wrt]) or math.isinf(values.get("x", 0.0)):
        return _limits(formula, values, order, wrt, format_)
    return _settle(
        formula, _series(values, wrt), format_.certain, order, side, math.nan
    )


def measured(
    formula: Formula,
    values: Mapping[str, float],
    *,
    order: int = 1,
    wrt: str | Mapping[str, float] = "x",
    side: int = 0,
    times: float = 1.0,
    dtype: str = "float64",
) -> list[Measured]:
    """Return ``derivatives`` at a finite point, ``times`` a number, with what their rounding left over.

    What an error in ulps is measured against: the rounded value alone would hide half an ulp. ``wrt`` may be a
    direction, as a number for each name that changes along it.
    """
    series, format_, factor = _series(values, wrt), FORMATS[dtype], exactly(times)

    def settled(accept: Callable[[Interval], Measured | None]) -> list[Measured]:
        def accepted(v: Interval) -> Measured | None:
            return accept(mpi_mul(v, factor, 0))  # precision 0: all digits

        return _settle(formula, series, accepted, order, side, UNDEFINED)

    try:
        return settled(format_.measured)
    except UndecidedError:
        # a tie, or what no precision tells from one: an error is the same from both sides
        return settled(format_.nearly)


def decimals(
    formula: Formula,
    values: Mapping[str, float],
    digits: int,
    *,
    order: int = 0,
    wrt: str = "x",
) -> list[str]:
    """Return the value and derivatives as decimal numbers of that many correct significant digits.

    >>> from actcli.formula import parse
    >>> decimals(parse("exp(x)"), {"x": 1.0}, 30)
    ['2.71828182845904523536028747135']
    """
    if not math.isfinite(values[wrt]):
        return [
            str(number) for number in derivatives(formula, values, order=order, wrt=wrt)
        ]
    return _settle(
        formula,
        _series(values, wrt),
        lambda v: decimal(v, digits),
        order,
        0,
        "nan",
        4 * digits,
    )


def array(
    formula: Formula,
    values: Mapping[str, Any],
    *,
    order: int = 1,
    wrt: str = "x",
    dtype: str = "float64",
    undecided: list[UndecidedError] | None = None,
    advance: Callable[[int], Any] = lambda _: None,
    known: dict[tuple[float, ...], list[float]] | None = None,
) -> list[Array]:
    """Return ``derivatives`` over arrays that broadcast against each other, as one array for each order.

    Shapes: every result has the shape that the values broadcast to.

    Args:
        formula: an elementwise formula.
        values: an array or a number for each of its names.
        order: how many derivatives.
        wrt: the name to differentiate by.
        dtype: the format to round to.
        undecided: gets the error of each point that no precision decides, which is NaN then; raised if None.
        advance: is called with how many more points are done.
        known: gets what is found, so that the next part of an array need not look for it again.
    """
    names = list(values)
    grids = np.broadcast_arrays(
        *(np.asarray(values[name], dtype=float) for name in names)
    )
    known = {} if known is None else known

    def found(point_: tuple[float, ...]) -> list[float]:
        if point_ not in known:
            if len(known) >= _KEPT:
                known.clear()
            at = dict(zip(names, point_, strict=True))
            try:
                known[point_] = derivatives(
                    formula, at, order=order, wrt=wrt, dtype=dtype
                )
            except UndecidedError as error:
                if undecided is None:
                    raise
                undecided.append(error)
                known[point_] = [math.nan] * (order + 1)
        return known[point_]

    rows = []
    for point_ in zip(*(grid.ravel().tolist() for grid in grids), strict=True):
        with _ALONE:
            rows.append(found(point_))
        advance(1)
    table = np.array(rows, dtype=dtype).reshape(-1, order + 1)
    return [table[:, k].reshape(grids[0].shape) for k in range(order + 1)]


def vector(
    formula: Formula,
    row: Sequence[float],
    values: Mapping[str, float],
    *,
    dtype: str = "float64",
    jacobian: bool = False,
) -> tuple[Array, Array | None]:
    """Return a vector formula at one row, and its Jacobian (outputs by inputs), each element correctly rounded.

    A formula with a single result (logsumexp) gives an array of one element. Where an element of the row is infinite
    the result is the limit, where it is NaN what is the same for all numbers, and NaN where there is neither.

    Raises:
        UndecidedError: no precision decides a value at a row of finite numbers.
    """
    certain = FORMATS[dtype].certain
    seeds = range(-1, len(row) if jacobian else 0)
    finite = bool(np.isfinite(row).all())

    def at(intervals: Sequence[Interval]) -> Array:
        columns = _columns(
            formula, intervals, values, certain, math.nan, seeds, decided=finite
        )
        return np.array(columns)

    table = at([exactly(v) for v in row]) if finite else limit_of_row(at, row)
    table = table.astype(dtype)
    return table[0], table[1:].T if jacobian else None


def rows(
    formula: Formula,
    x: Array,
    values: Mapping[str, float],
    *,
    jacobian: bool = False,
    undecided: list[UndecidedError] | None = None,
    advance: Callable[[int], Any] = lambda _: None,
) -> list[Array]:
    """Return ``vector`` of each row, in their dtype.

    Shapes: x is (count, length), count at least 1; the results are (count, outputs) and, if it is wanted, the Jacobian
    (count, outputs, length).

    Args:
        formula: of a whole row.
        x: the rows.
        values: of the other names in the formula.
        jacobian: whether it is wanted.
        undecided: gets the error of each row that no precision decides, which is NaN then; raised if None.
        advance: is called with how many more numbers are done.
    """
    results: list[list[Array]] = [[], []]
    for row in x.tolist():
        found: tuple[Array | None, ...]
        try:
            found = vector(formula, row, values, dtype=x.dtype.name, jacobian=jacobian)
        except UndecidedError as error:
            if undecided is None:
                raise
            undecided.append(error)
            shaped = vector(formula, [0.0] * len(row), values, jacobian=jacobian)
            found = tuple(
                None if a is None else np.full(a.shape, math.nan, x.dtype)
                for a in shaped
            )
        for result, there in zip(results, found, strict=True):
            if there is not None:
                result.append(there)
        advance(len(row))
    return [np.array(result) for result in results if result]


def measured_vector(
    formula: Formula,
    row: Sequence[float],
    values: Mapping[str, float],
    *,
    dtype: str = "float64",
) -> list[Measured]:
    """Return a vector formula at one row of finite numbers, each element as in ``measured``; errors are those of ``vector``."""
    intervals = [exactly(v) for v in row]
    accept = FORMATS[dtype].nearly
    return _columns(formula, intervals, values, accept, UNDEFINED, (-1,))[0]


def measured_backward(
    formula: Formula,
    row: Sequence[float],
    upstream: Sequence[float],
    values: Mapping[str, float],
    *,
    dtype: str = "float64",
) -> list[Measured]:
    """Return what goes back through a vector formula at one row of finite numbers: upstream times the Jacobian.

    Where that has no value, no more has what goes back.
    """
    weights = [exactly(u) for u in upstream]
    intervals = [exactly(v) for v in row]
    inputs, format_ = range(len(row)), FORMATS[dtype]

    def settled(
        accept: Callable[[Interval], Measured | None], inputs: Sequence[int]
    ) -> list[Measured]:
        found = _columns(
            formula, intervals, values, accept, UNDEFINED, inputs, weights=weights
        )
        return [one for (one,) in found]

    results = settled(format_.measured, inputs)
    # ties, or what no precision tells from one, beside what has no value at all
    lost = [j for j in inputs if math.isnan(results[j].value)]
    for j, one in zip(lost, settled(format_.nearly, lost), strict=True):
        results[j] = one
    return results


def backward_limits(
    formula: Formula,
    row: Sequence[float],
    upstream: Sequence[float],
    values: Mapping[str, float],
    *,
    dtype: str = "float64",
) -> Array:
    """Return what goes back as ``measured_backward`` does, of a row with infinities or NaN: the limits, NaN for none."""
    weights, inputs = [exactly(u) for u in upstream], range(len(row))
    certain = FORMATS[dtype].certain

    def at(far: Sequence[Interval]) -> Array:
        found = _columns(
            formula, far, values, certain, math.nan, inputs, weights=weights
        )
        return np.array(found)[:, 0]

    return limit_of_row(at, row)


def _columns(
    formula: Formula,
    row: Sequence[Interval],
    values: Mapping[str, float],
    accept: Callable[[Interval], T | None],
    undefined: T,
    seeds: Sequence[int],
    *,
    decided: bool = True,
    weights: Sequence[Interval] = (),
) -> list[list[T]]:
    """Return the derivatives of the outputs by these elements, the outputs themselves for -1; of ``weights`` the sums.

    Outputs that no precision decides are an error if they have to be ``decided``, else undefined like derivatives.
    """
    constants: dict[str, Value] = {name: (exactly(v),) for name, v in values.items()}

    def settled(seed: int) -> list[T]:
        x: list[Value] = [(v, ONE) if j == seed else (v,) for j, v in enumerate(row)]
        return _settle_vector(
            formula,
            {**constants, "x": x},
            accept,
            int(seed >= 0),
            undefined,
            decided=decided and seed < 0,
            weights=weights,
        )

    return [settled(seed) for seed in seeds]


def _series(
    values: Mapping[str, float], wrt: str | Mapping[str, float]
) -> dict[str, Value]:
    direction = {wrt: 1.0} if isinstance(wrt, str) else wrt
    return {
        name: (exactly(v), exactly(direction[name]))
        if name in direction
        else (exactly(v),)
        for name, v in values.items()
    }


def _settle(
    formula: Formula,
    values: Mapping[str, Value],
    accept: Callable[[Interval], T | None],
    order: int,
    side: int,
    undefined: T,
    extra_bits: int = 0,
) -> list[T]:
    """Evaluate with growing precision until every coefficient is accepted; a pole leaves ``undefined``."""
    last = Taylor(_FIRST_BITS, order)

    def attempt(arithmetic: Taylor) -> list[Interval]:
        nonlocal last
        last = arithmetic
        return _coefficients(formula, values, arithmetic, order)

    def settled(order: int, side: int) -> list[T]:
        return _settle(formula, values, accept, order, side, undefined, extra_bits)

    nothing = [undefined] * (order + 1)
    try:
        found = _escalate(
            attempt, accept, order + (side != 0), side, _FIRST_BITS + extra_bits
        )
    except UndefinedError:
        if side or not last.filled:
            return [*settled(order - 1, side), undefined] if order else nothing
        found = nothing
    except TooWideError:
        raise _undecided(formula, values) from None
    if side or not (last.tied and (order or last.filled)):
        return found
    try:
        left, right = settled(order, -1), settled(order, +1)
    except UndecidedError:
        if last.filled:
            raise
        return found
    if found[0] == left[0] == right[0]:
        return _agreed(found, left, right)
    return _agreed(nothing, left, right) if last.filled else found


def _coefficients(
    formula: Formula, values: Mapping[str, Value], arithmetic: Taylor, order: int
) -> list[Interval]:
    """Return the value and the derivatives at one precision."""
    result = Evaluator(arithmetic).run(formula, values)
    assert isinstance(result, tuple)
    padded = (*result, *([ZERO] * (order + 1 - len(result))))
    return [
        _times(padded[k], math.factorial(k), arithmetic.bits) for k in range(order + 1)
    ]


def _agreed(chosen: list[T], left: list[T], right: list[T]) -> list[T]:
    """Return what was chosen at a tie, but what both sides have as far as these agree."""
    same = [a == b for a, b in zip(left, right, strict=True)]
    count = [*same, False].index(False)
    return [*left[:count], *chosen[count:]]


def _settle_vector(
    formula: Formula,
    values: Mapping[str, Value],
    accept: Callable[[Interval], T | None],
    power: int,
    undefined: T,
    *,
    decided: bool,
    weights: Sequence[Interval],
) -> list[T]:
    def attempt(arithmetic: Taylor) -> list[Interval]:
        result = Evaluator(arithmetic).run(formula, values)
        terms = [s[power] if power < len(s) else ZERO for s in _flat(result)]
        return [_sum(terms, weights, arithmetic.bits)] if weights else terms

    try:
        return _escalate(attempt, accept, power, 0, _FIRST_BITS)
    except (UndefinedError, TooWideError) as error:
        if decided and isinstance(error, TooWideError):
            raise _undecided(formula, values) from None
        # an infinity met another: the limit depends on the way there
        tame = Evaluator(Taylor(_FIRST_BITS, 0)).run(formula, _tame(values))
        return [undefined] * (1 if weights else len(_flat(tame)))


def _sum(terms: Sequence[Interval], weights: Sequence[Interval], bits: int) -> Interval:
    total = ZERO
    for term, weight in zip(terms, weights, strict=True):
        total = mpi_add(total, mpi_mul(term, weight, bits), bits)
    return total


def _escalate(
    attempt: Callable[[Taylor], list[Interval]],
    accept: Callable[[Interval], T | None],
    order: int,
    side: int,
    bits: int,
) -> list[T]:
    spare, most = 0, max(_MOST_BITS, 2 * bits)
    unsigned: list[T] = []
    while bits <= most:
        try:
            intervals = attempt(Taylor(bits, order + spare, side, spare))
            found = [f for v in intervals if (f := accept(v)) is not None]
            if len(found) == len(intervals):
                if bits >= _SIGN_BITS or not any(map(_straddles, intervals)):
                    return found
                # a 0 whose sign is not known yet, and never will be where all cancels
                unsigned = found
        except TooWideError:
            pass
        except OrderLostError:
            spare += 2
            if spare > MOST_SPARE:
                raise UndefinedError from None
            continue
        bits *= 2
    if unsigned:
        return unsigned
    raise TooWideError


def _straddles(v: Interval) -> bool:
    return libmp.mpf_sign(v[0]) < 0 < libmp.mpf_sign(v[1])


def _flat(value: Value) -> list[Series]:
    return [s for v in value for s in _flat(v)] if isinstance(value, list) else [value]


def _tame(values: Mapping[str, Value]) -> dict[str, Value]:
    """Replace the vector by ones, to learn the shape of a result that has no value."""
    return {
        n: [(ONE,)] * len(v) if isinstance(v, list) else v for n, v in values.items()
    }


def _times(v: Interval, n: int, bits: int) -> Interval:
    if n == 1:
        return v
    return libmp.mpf_mul_int(v[0], n, bits, libmp.round_floor), libmp.mpf_mul_int(
        v[1], n, bits, libmp.round_ceiling
    )


def _undecided(formula: Formula, values: Mapping[str, Value]) -> UndecidedError:
    def text(value: Value) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(text, value))}]"
        return str(libmp.to_str(value[0][0], 17))

    at = ", ".join(f"{n}={text(v)}" for n, v in values.items())
    return UndecidedError(
        f"formula '{formula}': no precision decides its value at {at}"
    )


def _limits(
    formula: Formula,
    values: Mapping[str, float],
    order: int,
    wrt: str,
    format_: "Format",
) -> list[float]:
    """Read the limits at an infinity off points far beyond the floating-point range."""
    rows = []
    names = dict.fromkeys(("x", wrt))
    endless = {n: values[n] for n in names if math.isinf(values.get(n, 0.0))}
    for far in far_points(endless):
        series = _series(values, wrt)
        series |= {n: (point_, *series[n][1:]) for n, point_ in far.items()}
        try:
            rows.append(_settle(formula, series, format_.certain, order, 0, math.nan))
        except UndecidedError:
            return [math.nan] * (order + 1)
    return [trend(column) for column in zip(*rows, strict=True)]
