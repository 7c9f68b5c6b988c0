"""Numbers, and rows of numbers, to test an implementation at. Exact results there are those of exact.py."""

import math
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.analysis import analyse
from actcli.engine import Array
from actcli.rounding import FORMATS

_MOST_TURNS = 24  # of what may go on for ever, the nearest to 0


def points(
    function: Activation, dtype: str, count: int, seed: int = 0, **parameters: Any
) -> Array:
    """Return about so many distinct finite numbers of a dtype, ascending.

    They have every magnitude and both signs; more of them are where functions bend, saturate and underflow, and next to
    the kinks and zeros of this one, which are among them.
    """
    format_ = FORMATS[dtype]
    rng = np.random.default_rng(seed)
    share = max(1, count // 6)

    def signed(x: Array) -> Array:
        return x * rng.choice([-1.0, 1.0], x.size)

    highest = math.log2(format_.largest)
    turns = np.array([0.0, -1.0, 1.0, *_turns(function.bind(**parameters))])
    near = np.repeat(turns, share // turns.size + 1)
    parts = [
        signed(2.0 ** rng.uniform(format_.lowest, highest, share)),
        signed(2.0 ** rng.uniform(-30.0, 6.0, share)),
        rng.uniform(-12.0, 12.0, 2 * share),
        rng.uniform(-120.0, 60.0, share // 2),
        rng.uniform(-760.0, -680.0, share // 2),
        near + signed(2.0 ** rng.uniform(-format_.bits - 1, 0.0, near.size)),
        turns,
        rng.normal(size=count),
    ]
    with np.errstate(all="ignore"):
        x = np.unique(np.concatenate(parts).astype(dtype))
    x = x[np.isfinite(x)]
    keep = np.sort(rng.permutation(x.size)[:count])
    return x[np.union1d(keep, np.flatnonzero(np.isin(x, turns.astype(dtype))))]


def vectors(function: Activation, dtype: str, count: int, seed: int = 0) -> Array:
    """Return the corners of a function, and then about so many other points."""
    first = corners(function, dtype)
    others = points(function, dtype, count, seed)
    return np.concatenate([first, others[~np.isin(others, first)]])


def corners(function: Activation, dtype: str) -> Array:
    """Return where implementations go wrong: both zeros, the ends of the format, infinities and NaN; kinks, zeros and extrema.

    Of the latter those nearest to 0, and the numbers next to them.
    """
    format_ = FORMATS[dtype]
    ends = [format_.smallest, format_.smallest_normal, 1.0, format_.largest, np.inf]
    with np.errstate(all="ignore"):
        turns = np.array([0.0, *_turns(function)]).astype(dtype)
    beside = [np.nextafter(turns, np.array(s, dtype)) for s in (-np.inf, np.inf)]
    signed = [sign * np.array([0.0, *ends], dtype) for sign in (-1, 1)]
    x = np.concatenate([*signed, turns, *beside])
    # -0.0 equals 0.0, and still is another number
    unique = np.unique(x[x != 0.0])
    signs = np.array([-0.0, 0.0], dtype)
    below = unique < 0.0
    return np.concatenate(
        [unique[below], signs, unique[~below], np.array([np.nan], dtype)]
    )


def rows(dtype: str, count: int, length: int, seed: int = 0) -> Array:
    """Return rows to test a function over an axis at: where implementations go wrong, and then so many random ones.

    Shapes: (some more than count, length). First come equal numbers, numbers that are far from 0 or from each other,
    neighbours, infinities (such as mask a number in attention) and NaN; then rows of many scales, some far from 0.
    """
    format_ = FORMATS[dtype]
    steps = np.arange(length)
    first, ends = steps == 0, (steps == 0) | (steps == length - 1)
    far = 1e4

    def only(where: Array, value: float, others: float = 0.0) -> Array:
        return np.where(where, value, others)

    some = [
        *(np.full(length, v) for v in (0.0, -0.0, format_.largest, -format_.largest)),
        *(sign * (far + steps) for sign in (-1, 1)),
        *(only(first, v) for v in (-far, far, -format_.largest, format_.largest)),
        only(first, format_.smallest),
        1.0 + steps * 2.0 ** (1 - format_.bits),
        *(only(first, v) for v in (-np.inf, np.inf, np.nan)),
        *(only(ends, v) for v in (-np.inf, np.inf)),
        only(first, 0.0, -np.inf),
        np.full(length, -np.inf),
    ]
    rng = np.random.default_rng(seed)
    scales = 10.0 ** rng.uniform(-3.0, 3.0, (count, 1))
    places = rng.choice([0.0, 100.0], (count, 1)) * rng.normal(size=(count, 1))
    random = rng.normal(size=(count, length)) * scales + places
    with np.errstate(all="ignore"):
        x = np.concatenate([some, random]).astype(dtype)
    # of one or two numbers some rows are the same, but for the sign of 0
    _, which = np.unique(x.view(f"V{x.itemsize * length}"), return_index=True)
    return x[np.sort(which)]


def gradients(shape: tuple[int, ...], dtype: str, seed: int = 0) -> Array:
    """Return random gradients by results of a shape, to test at what goes back: of many scales, every eighth about 0."""
    # not those of x, which has the same seed
    rng = np.random.default_rng([seed, 1])
    scales = 2.0 ** rng.integers(-10, 12, shape) * (rng.integers(0, 8, shape) > 0)
    return (rng.normal(size=shape) * scales).astype(dtype)


def as_here(exact: Array, ours: Array) -> Array:
    """Return the limits of a formula at rows that are not finite, or where one of two has none, what this library takes.

    A formula does not tell whether 0 times NaN is a number, and which of several infinities is the largest.
    """
    return np.where(np.isnan(exact) | np.isnan(ours), ours, exact)


def _turns(function: Activation) -> list[float]:
    """Return where a function breaks off, turns or is 0: next to zeros of f and f′ sums cancel."""
    known = analyse(function)
    turns = [*known.breaks, *(e.x for e in known.extrema)]
    turns += [end for zero in known.zeros for end in zero]
    return sorted(filter(math.isfinite, turns), key=abs)[:_MOST_TURNS]
