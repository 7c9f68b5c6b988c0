"""Limits at infinities, told from values far beyond the floating-point range. What these are is exact.py's to say."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from mpmath import libmp
from mpmath.libmp.libmpi import mpi_neg

from actcli.engine import Array
from actcli.taylor import Interval, Mpf, exactly

# powers of 2 beyond all floating-point numbers
_FAR = (1100, 1300, 1600, 2000, 2500)
# what a number that is not known may be
_ANYTHING = (0.3, -1.7, 40.0)


def far_points(endless: Mapping[str, float]) -> Iterator[dict[str, Interval]]:
    """Yield numbers for infinities, further and further out."""
    for k, exponent in enumerate(_FAR):
        # no whole numbers, between which x - floor(x) is something else; an eighth, three, five …
        man = (8 << exponent) + 2 * k + 1
        points = {
            n: libmp.from_man_exp(man if v > 0 else -man, -3)
            for n, v in endless.items()
        }
        yield {n: (far, far) for n, far in points.items()}


def limit_of_row(
    at: Callable[[Sequence[Interval]], Array], row: Sequence[float]
) -> Array:
    """Return the limit of a function of a row, from points on several ways there: there is none if these do not agree."""
    ways = range(5 if np.isinf(row).sum() > 1 else 3)
    steps = range(len(_FAR))
    trends = [
        _trends(np.array([at(_far_row(row, way, step)) for step in steps]))
        for way in ways
    ]
    same = np.all([trend == trends[0] for trend in trends], axis=0)
    return np.where(same, trends[0], math.nan)


def _far_row(row: Sequence[float], way: int, step: int) -> list[Interval]:
    """Return a row with numbers for infinities and for what is not known."""
    count = sum(map(math.isinf, row))
    intervals, k = [], 0
    for v in row:
        if math.isinf(v):
            far = _distance(way, step, k, count)
            intervals.append((far, far) if v > 0 else mpi_neg((far, far)))
            k += 1
        else:
            intervals.append(exactly(_ANYTHING[way % 3] if math.isnan(v) else v))
    return intervals


def _distance(way: int, step: int, k: int, count: int) -> Mpf:
    """Return how far out the infinity number k is: as far as the others, beyond the last, or less far.

    On the fourth way the first is so near that the others outgrow its exponential, on the fifth the last one.
    """
    if way < 3:
        return libmp.from_man_exp(1, _FAR[step] + (0, 3, -3)[way] * k)
    rank = k if way == 3 else count - 1 - k
    if not rank:
        return libmp.from_float(40.0 * 1.25**step)
    return libmp.from_man_exp(1, 7500 + 100 * step + rank)


def _trends(rows: Array) -> Array:
    columns = rows.reshape(len(rows), -1).T.tolist()
    return np.array([trend(column) for column in columns]).reshape(rows.shape[1:])


def trend(column: Sequence[float]) -> float:
    """Return the limit of values further and further out: what all of them are, 0 or an infinity; NaN where none is seen."""
    if len(set(column)) == 1:
        return column[0]
    last = column[-1]
    count = len(column)
    # what has overflowed or underflowed on the way has got there
    while column[count - 2] == last and (last == 0.0 or math.isinf(last)):
        count -= 1
    ratios = [b / a if a else math.nan for a, b in pairwise(column[:count])]
    if all(r > 1.01 for r in ratios):
        return math.copysign(math.inf, last)
    return 0.0 if all(0 <= r < 0.99 for r in ratios) else math.nan
