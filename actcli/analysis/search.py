"""Looking along the line with few evaluations: a grid over all magnitudes, roots between signs, peaks between neighbours."""

from collections.abc import Callable

import numpy as np

from actcli.engine import Array

# what goes on changing for ever is listed up to here, or until so much of it is
WINDOW, WAVES = 12.0, 5


def mixed_grid(linear: int, per_decade: int, decades: int = 30) -> Array:
    """Return ascending numbers of either sign and every magnitude, with 0, denser in [-12, 12].

    Args:
        linear: how many even steps between 0 and 12.
        per_decade: how many numbers between a power of ten and the next.
        decades: how many powers of ten on either side of 1.
    """
    half = np.union1d(
        np.arange(1, linear + 1) * (WINDOW / linear),
        np.logspace(-decades, decades, 2 * decades * per_decade + 1),
    )
    return np.concatenate((-half[::-1], [0.0], half))


def endless(x: Array) -> bool:
    """Tell whether what happens at these places of the mixed grid seems to go on happening towards infinity."""
    return bool(np.count_nonzero(np.abs(x) > 1e3) > 4)


def grows(x: Array, y: Array) -> bool:
    """Tell whether ever larger values of y are met towards an infinity."""
    sizes = []
    for low in (1e1, 1e4, 1e8):
        there = y[(np.abs(x) > low) & (np.abs(x) < 1e3 * low) & ~np.isnan(y)]
        sizes.append(there.max(initial=0.0))
    first, second, third = sizes
    steadily = first > 0.0 and second > 9.0 * first and third > 9.0 * second
    return bool(steadily or np.inf in sizes)


def runs(mask: Array) -> list[tuple[int, int]]:
    """Return first and last index of each stretch of True.

    >>> runs(np.array([True, False, True, True]))
    [(0, 0), (2, 3)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def turns(y: Array) -> Array:
    """Return the indices after which y changes from a negative number to a positive one or the other way round."""
    sign = np.sign(y)
    return np.flatnonzero(sign[:-1] * sign[1:] < 0.0)


def roots(
    g: Callable[[Array], Array], low: Array, high: Array, at_low: Array, at_high: Array
) -> Array:
    """Return where g changes its sign in each bracket, to the last digit; Chandrupatla 1997, all brackets at once.

    Args:
        g: element by element; called about eight times for a smooth function.
        low: one end of each bracket.
        high: the other.
        at_low: g there, not zero.
        at_high: g there, of the other sign.
    """
    if not low.size:
        return low
    a, b, fa, fb = high.copy(), low.copy(), at_high.copy(), at_low.copy()
    c, fc = a.copy(), fa.copy()
    t = np.full(a.shape, 0.5)
    with np.errstate(all="ignore"):
        for _ in range(200):
            new = a + t * (b - a)
            value = g(new)
            same = np.sign(value) == np.sign(fa)
            c, fc = np.where(same, a, b), np.where(same, fa, fb)
            b, fb = np.where(same, b, a), np.where(same, fb, fa)
            a, fa = new, value
            best = np.where(np.abs(fa) < np.abs(fb), a, b)
            least = np.spacing(np.abs(best)) / np.abs(b - a)
            found = (least > 0.5) | (fa == 0.0) | (fb == 0.0)
            if (found | np.isnan(fa)).all():
                break
            t = np.clip(_step(a, b, c, fa, fb, fc), least, 1.0 - least)
            t = np.where(found, 0.0, t)
    return best + 0.0


def _step(a: Array, b: Array, c: Array, fa: Array, fb: Array, fc: Array) -> Array:
    """Return the share of the bracket to step by: inverse quadratic where that is safe, else one half."""
    xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
    curved = fa / (fb - fa) * fc / (fb - fc)
    curved += (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    safe = (1.0 - np.sqrt(1.0 - xi) < phi) & (phi < np.sqrt(xi))
    return np.where(safe & np.isfinite(curved), curved, 0.5)


def peaks(
    g: Callable[[Array], Array], low: Array, high: Array, *, rounds: int = 12
) -> tuple[Array, Array]:
    """Return where g is largest in each bracket and how large; the place is good to half the digits.

    Args:
        g: element by element, with one peak in each bracket; called with nine points a bracket and round.
        low: the lower end of each bracket.
        high: the upper end.
        rounds: each makes the brackets four times narrower.
    """
    share = np.linspace(0.0, 1.0, 9)
    best = value = low
    for _ in range(rounds if low.size else 0):
        x = low[:, None] + share * (high - low)[:, None]
        y = np.nan_to_num(g(x.ravel()), nan=-np.inf).reshape(x.shape)
        k = np.argmax(y, axis=1)
        row = np.arange(len(k))
        best, value = x[row, k], y[row, k]
        low, high = x[row, np.maximum(k - 1, 0)], x[row, np.minimum(k + 1, 8)]
    return best, value
