"""Somebody's results for a function beside the exact values: how many ulps they are off, and where. Prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from actcli import engine, exact
from actcli.activation import Activation
from actcli.analysis.breaks import break_points
from actcli.bfloat16 import rounded
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.rounding import FORMATS, Measured
from actcli.verify.backward import backward
from actcli.verify.ulps import distance, ulp, without_rest
from actcli.verify.vectors import as_here

# how far kernels may be off, in ulps of the result and of the input (tests/test_functions.py)
_BOUND = 4.0

# how far numbers on the way from x to 0 are away, in ulps: evenly, all could have the phase of x
_APART = 2 ** np.arange(12)

_MOST_ENDLESS = 2

# where functions behave differently: far out, near, next to 0
_EDGES = (-np.inf, -100.0, -10.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 10.0, 100.0, np.inf)


@dataclass(frozen=True)
class Check:
    """Results and how far off they are, element by element; every array is flat.

    Attributes:
        x: where; NaN throughout where a result comes of several numbers.
        got: the results, in their dtype.
        exact: the exact values, rounded once to it.
        ulps: the distance of each result from the value that is not rounded; infinite for a NaN where there is a number.
        shape: that of the results.
    """

    x: Array
    got: Array
    exact: Array
    ulps: Array
    shape: tuple[int, ...]

    @property
    def x_known(self) -> bool:
        """Whether each result comes of one number."""
        return not np.isnan(self.x).all()

    @property
    def of_rows(self) -> bool:
        """Whether x alone does not tell where a result stands."""
        return len(self.shape) > 1 or not self.x_known

    def place(self, k: int) -> str:
        """Return where a result stands, counted from 1."""
        places = [str(i + 1) for i in np.unravel_index(k, self.shape)]
        if len(places) == 2:
            return f"row {places[0]}, column {places[1]}"
        return f"place {', '.join(places)}"

    @property
    def largest(self) -> float:
        """The largest distance."""
        return float(self.ulps.max())

    def share(self, ulps: float) -> float:
        """Return the share of results that are so near, or nearer."""
        return float(np.mean(self.ulps <= ulps))

    def worst(self, count: int) -> Array:
        """Return the places of the results that are furthest off, the worst first; none that are rounded correctly.

        Of those infinitely far off no more than two beside others: NaN in a row comes in numbers.
        """
        order = np.argsort(-self.ulps, kind="stable")
        order = order[self.ulps[order] > 0.5]
        endless = int(np.isinf(self.ulps).sum())
        if endless < order.size:
            order = np.delete(order, np.arange(_MOST_ENDLESS, endless))
        return order[:count]

    def regions(self) -> list[tuple[float, float, Array]]:
        """Return intervals of x that hold results, from (included) and to, and the places of these; NaN is one of its own."""
        found = []
        for low, high in pairwise(_EDGES):
            inside = (self.x >= low) & (
                (self.x < high) | ((self.x == high) & (high == np.inf))
            )
            if inside.any():
                found.append((low, high, np.flatnonzero(inside)))
        nowhere = np.isnan(self.x)
        # of what comes of whole rows nobody tells an x
        if nowhere.any() and not nowhere.all():
            found.append((np.nan, np.nan, np.flatnonzero(nowhere)))
        return found


def check(
    function: Activation,
    x: object,
    got: object,
    *,
    derivative: bool = False,
    wrt: str | None = None,
    upstream: object = None,
    conditioned: bool = False,
    flush_to_zero: bool = False,
    advance: Callable[[int], Any] = lambda _: None,
) -> Check:
    """Return how far somebody's results are from the exact values of a function.

    At a kink both one-sided derivatives by x are right, beside the choice that is made here. 0.0 and -0.0 are the same.

    Shapes: the results have the shape of what the function gives for x, and so has ``upstream``, or it broadcasts to that;
    beside it the results have the shape of x.

    Args:
        function: with its parameters set.
        x: what it was computed at.
        got: the results; their dtype says what an ulp is.
        derivative: they are the derivative, not the function.
        wrt: they are the derivative by this parameter.
        upstream: they are what goes back through the function for this gradient by its results.
        conditioned: count in ulp(exact) + ulp(x)·|slope|, as in ``allowance``: next to a zero nobody gets all digits,
            and far out, where a function is steep, the last digit of x decides about many of the result.
        flush_to_zero: subnormal numbers may have been taken for 0, those of x and the results.
        advance: is called with how many more are done.

    Raises:
        RequestError: the shapes do not fit, there are no results, a parameter is an array or unknown to the formula, or
            the function works over an axis and another derivative than ``upstream`` is asked for, or ``conditioned`` beside
            ``wrt`` or ``upstream``.
        UndecidedError: no precision decides what the formula asks at some point.

    >>> import actcli
    >>> tail = np.float32([-1.6391277e-07])  # what torch's GELU gives
    >>> check(actcli.gelu, [-5.5], tail).ulps.round().tolist()
    [8369684.0]
    """
    x = engine.as_floats(x)
    back = None if upstream is None else engine.as_floats(upstream, "upstream")
    order = derivative or wrt is not None or back is not None
    asked = _Order(int(order), wrt or "x")
    _check_asked(function, asked, conditioned, back is not None)
    got = _fitting(function, x, engine.as_floats(got, "got"), back is not None)
    dtype = got.dtype.name
    if back is not None:
        back = broadcast(back, np.shape(function(x)))
        truth = _of_backward(function, x, back, dtype, advance)
    elif function.over_axis:
        truth = _of_rows(function, x, got.shape, dtype, advance)
    else:
        truth = _of_elements(function, x, asked, conditioned, dtype, advance)

    def value_at(x: float) -> float:
        return _exactly(function, x, asked, dtype)[-1].value

    forgiven = allowance(x, truth.value, truth.slope, value_at) if conditioned else 0.0
    off = distance(got, truth.value, truth.rest, truth.ulp, dtype, forgiven)
    # what a rounding leaves is not known to the last digit: half an ulp is not a little more
    right = (got == truth.value) | (off < 0.5 + 2.0**-28)
    off = np.where(right, np.minimum(off, 0.5), off)
    with np.errstate(over="ignore"):
        nearest = truth.value.astype(got.dtype)
    if asked == (1, "x") and not function.over_axis:
        off = _forgiven(function, x, got, off, back)
    if flush_to_zero:
        least = FORMATS[dtype].smallest_normal
        lost = (got == 0.0) & (np.abs(truth.value) < least)
        off = _from_zero(function, x, got, asked, np.where(lost, 0.0, off), back)
    at = x if x.shape == got.shape else np.full(got.shape, np.nan)
    return Check(at.ravel(), got.ravel(), nearest.ravel(), off.ravel(), got.shape)


class _Order(NamedTuple):
    """Which derivative: 0 is the function itself."""

    order: int
    wrt: str = "x"


def _fitting(function: Activation, x: Array, got: Array, backward: bool) -> Array:
    """Return results in the shape of what the function gives for x, or of x if they are what goes back to it."""
    if not got.size:
        raise RequestError("there are no results to check")
    function.values_for_formula()  # raises for what the formula does not tell
    outputs = function.over_axis and not backward
    wanted = np.shape(function(x)) if outputs else x.shape
    if not wanted and got.size == 1:
        return got.reshape(())
    if wanted != got.shape:
        each = "number of x" if backward else f"that {function.name} has of x"
        raise RequestError(
            f"the results have shape {got.shape}; give one for each {each}, of shape {wanted}"
        )
    return got


def broadcast(upstream: Array, shape: tuple[int, ...]) -> Array:
    """Return a gradient by the results of a function in their shape."""
    try:
        return np.broadcast_to(upstream, shape)
    except ValueError:
        raise RequestError(
            f"upstream has shape {upstream.shape}; the function of x has {shape}"
        ) from None


def _check_asked(
    function: Activation, asked: _Order, conditioned: bool, backward: bool
) -> None:
    """Refuse what nobody knows the truth of."""
    if backward and (asked.wrt != "x" or conditioned):
        raise RequestError(
            "what goes back is checked in plain ulps of the gradient by x; leave out wrt and conditioned"
        )
    if function.over_axis and ((asked.order and not backward) or conditioned):
        raise RequestError(
            f"{function.name} works over an axis; its values and what goes back can be checked, and nothing else"
        )
    if asked.wrt != "x":
        function.slope(asked.wrt)  # raises for what has no derivative by it
        if conditioned:
            raise RequestError(
                "a derivative by a parameter is checked in plain ulps; leave out conditioned"
            )


def allowance(
    x: Array, value: Array, slope: Array, value_at: Callable[[float], float]
) -> Array:
    """Return by how much an ulp of x changes a function: ulp(x)·|slope|, but no more than from x to the numbers beside it.

    Far out, where a sine turns many times within an ulp, or an ulp times the slope is infinite, only those tell, and not
    one alone, which could have the same value by chance.

    Shapes: all arrays have that of x, and so has the result.

    Args:
        x: where; its dtype says what an ulp is.
        value: of the function there.
        slope: of the function there.
        value_at: the function; called where the slope tells of a change that is larger than the value.
    """
    with np.errstate(all="ignore"):
        change = ulp(x, x.dtype.name) * np.abs(slope)
        # where there is no slope, too; with an ulp of the value it is still a number
        change = np.asarray(np.fmin(change, 2.0**1023))
        for k in np.flatnonzero(change > np.abs(value)).tolist():
            at = float(x.flat[k])
            step = np.copysign(ulp(at, x.dtype.name), at)
            beside = rounded(at - step * _APART, x.dtype)
            values = np.array([value_at(v) for v in beside.tolist()])
            # NaN where the function has no value
            most = np.fmax.reduce(np.abs(values - value.flat[k]), initial=0.0)
            change.flat[k] = min(change.flat[k], most)
    return change


class _Truth(NamedTuple):
    """Exact values as in rounding.Measured, and the magnitude of the slope there."""

    value: Array
    rest: Array
    ulp: Array
    slope: Array


def _of_elements(
    function: Activation,
    x: Array,
    asked: _Order,
    conditioned: bool,
    dtype: str,
    advance: Callable[[int], Any],
) -> _Truth:
    flat = x.ravel().astype(np.float64)
    truth, known = _Truth(*np.zeros((4, flat.size))), np.zeros(flat.size, bool)
    if _kernel_tells(function, dtype):
        truth, known = _by_kernel(function, flat, asked, dtype)
    advance(int(known.sum()))
    further = asked._replace(order=asked.order + conditioned)
    for k in np.flatnonzero(~known).tolist():
        found = _exactly(function, float(flat[k]), further, dtype)
        truth.value[k], truth.rest[k], truth.ulp[k] = found[asked.order]
        truth.slope[k] = abs(found[-1].value)
        advance(1)
    return _Truth(*(a.reshape(x.shape) for a in truth))


def _of_backward(
    function: Activation,
    x: Array,
    upstream: Array,
    dtype: str,
    advance: Callable[[int], Any],
) -> _Truth:
    if function.over_axis:
        return _Truth(
            *backward(function, x, upstream, dtype, advance), np.zeros(x.shape)
        )
    flat, times = (a.ravel().astype(np.float64) for a in (x, upstream))
    truth, known = _Truth(*np.zeros((4, flat.size))), np.zeros(flat.size, bool)
    if _kernel_tells(function, dtype):
        truth, known = _by_kernel(function, flat, _Order(1), dtype, times)
    advance(int(known.sum()))
    others = backward(function, flat[~known], times[~known], dtype, advance)
    for whole, part in zip(truth, others, strict=False):
        whole[~known] = part
    return _Truth(*(a.reshape(x.shape) for a in truth))


def _kernel_tells(function: Activation, dtype: str) -> bool:
    """Whether float64 has digits to spare, with parameters that the kernel is tested with."""
    return dtype != "float64" and not function.is_formula and not function.bound


def _by_kernel(
    function: Activation,
    x: Array,
    asked: _Order,
    dtype: str,
    times: Array | float = 1.0,
) -> tuple[_Truth, Array]:
    """Return what the kernel gives in float64, ``times`` numbers, and where that is certain to round as the exact value does."""
    order, wrt = asked
    y = function.derivative(x, wrt) if order else function(x)
    with np.errstate(all="ignore"):
        if order:
            step = np.abs(x) * 2.0**-24
            change = np.abs(function.derivative(x + step, wrt) - y)
            slope = np.where(step == 0.0, 0.0, change / step)
        else:
            slope = np.abs(function.derivative(x))
        margin = _BOUND * (ulp(y, "float64") + ulp(x, "float64") * slope)
        y, margin = y * times, margin * np.abs(times) + ulp(y * times, "float64")
        format_ = np.dtype(dtype)
        low, high = (rounded(v, format_) for v in (y - margin, y + margin))
        known = low == high
        known &= margin < ulp(y, dtype) / 1024
        # further out a periodic function could turn within the step
        known &= np.abs(x) < 2.0**20 if order else True
        value = rounded(y, format_).astype(np.float64)
        largest = FORMATS[dtype].largest
        unit = ulp(np.clip(y, -largest, largest), dtype)
        rest = np.where(np.isinf(value), 0.0, (y - value) / unit)
    return _Truth(value, rest, unit, slope), known


def _exactly(
    function: Activation, x: float, asked: _Order, dtype: str
) -> list[Measured]:
    """Return the value and the derivatives at one point."""
    assert function.formula is not None
    values = {**function.values_for_formula(), "x": x}
    wanted: dict[str, Any] = {**asked._asdict(), "dtype": dtype}
    if np.isfinite(x):
        return exact.measured(function.formula, values, **wanted)
    found = exact.derivatives(function.formula, values, **wanted)
    return [Measured(*map(float, without_rest(y, dtype))) for y in found]


def _of_rows(
    function: Activation,
    x: Array,
    wanted: tuple[int, ...],
    dtype: str,
    advance: Callable[[int], Any],
) -> _Truth:
    assert function.formula is not None
    values = function.values_for_formula()
    axis = engine.axis_of(function.name, x.shape, function.resolve({})["axis"])
    moved = np.moveaxis(x, axis, -1)
    found = []
    for row in moved.reshape(-1, moved.shape[-1]).astype(np.float64):
        if np.isfinite(row).all():
            there = exact.measured_vector(
                function.formula, row.tolist(), values, dtype=dtype
            )
            found.append(np.array(there))
        else:
            limit, _ = exact.vector(function.formula, row.tolist(), values, dtype=dtype)
            ours = np.reshape(function(row, axis=0), limit.shape)
            found.append(np.array(without_rest(as_here(limit, ours), dtype)).T)
        advance(row.size)
    parts = [*np.moveaxis(np.array(found), -1, 0)]
    if len(wanted) == x.ndim:
        rows = (*moved.shape[:-1], wanted[axis])
        parts = [np.moveaxis(a.reshape(rows), -1, axis) for a in parts]
    value, rest, unit = (a.reshape(wanted) for a in parts)
    return _Truth(value, rest, unit, np.zeros(wanted))


def _from_zero(
    function: Activation,
    x: Array,
    got: Array,
    asked: _Order,
    off: Array,
    upstream: Array | None,
) -> Array:
    """Return distances of results, for subnormal x from what stands at 0, if that is nearer; those of rows as they are."""
    small = np.abs(x) < FORMATS[x.dtype.name].smallest_normal
    if function.over_axis or not small.any():
        return off
    there = check(
        function,
        np.zeros(got.shape, x.dtype)[small],
        got[small],
        derivative=asked == (1, "x"),
        wrt=None if asked.wrt == "x" else asked.wrt,
        upstream=None if upstream is None else upstream[small],
    )
    nearer = off.copy()
    nearer[small] = np.minimum(off[small], there.ulps)
    return nearer


def _forgiven(
    function: Activation, x: Array, got: Array, off: Array, upstream: Array | None
) -> Array:
    """Return distances of derivatives, at a kink from the nearest of the one-sided ones and the choice."""
    assert function.formula is not None
    dtype, values = got.dtype.name, function.values_for_formula()
    times = np.ones(x.size) if upstream is None else upstream.ravel().astype(np.float64)
    beside: dict[tuple[float, int, float], Measured] = {}
    for kink in break_points(function):
        wrong = (x.ravel() == kink) & (off.ravel() > 0.5) & np.isfinite(times)
        for k in np.flatnonzero(wrong).tolist():
            for side in (-1, 1):
                at = (kink, side, float(times[k]))
                if at not in beside:
                    beside[at] = exact.measured(
                        function.formula,
                        {**values, "x": kink},
                        side=side,
                        times=at[2],
                        dtype=dtype,
                    )[1]
                # there may be none on that side, and NaN is no slope
                if not np.isnan(beside[at].value):
                    nearer = float(distance(got.flat[k], *beside[at], dtype))
                    off.flat[k] = min(off.flat[k], nearer)
    return off
