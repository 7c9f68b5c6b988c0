"""Numbers to test an implementation at. Exact results there are those of exact.py."""

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


def _turns(function: Activation) -> list[float]:
    """Return where a function breaks off, turns or is 0: next to zeros of f and f′ sums cancel."""
    known = analyse(function)
    turns = [*known.breaks, *(e.x for e in known.extrema)]
    turns += [end for zero in known.zeros for end in zero]
    return sorted(filter(math.isfinite, turns), key=abs)[:_MOST_TURNS]
