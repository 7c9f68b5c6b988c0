"""The primitives of functions over an axis: shifts, shares, sums in twice the precision. Blocks are (count, length) float64."""

import numpy as np

from actcli.engine import Array

_SPLIT = 2.0**27 + 1.0
_GRID = 1.5 * 2.0**22


def leading(x: Array) -> Array:
    """Return the place of the first maximum of each row, as (count, 1)."""
    return x.argmax(axis=-1)[..., None]


def taken(x: Array, places: Array) -> Array:
    """Return the element of each row at a place, as (count, 1)."""
    return np.take_along_axis(x, places, axis=-1)


def patched(x: Array, places: Array, values: Array | float) -> Array:
    """Return a copy of x with another value at one place of each row."""
    y = x.copy()
    np.put_along_axis(y, places, values, axis=-1)
    return y


def shifted(x: Array) -> Array:
    """Return x less the maximum of its row; a single infinite maximum takes all."""
    top = x.max(axis=-1, keepdims=True)
    t = x - top
    endless = np.isinf(top)
    if endless.any():
        alone = endless & ((x == top).sum(axis=-1, keepdims=True) == 1)
        t = np.where(alone, np.where(x == top, 0.0, -np.inf), t)
    return t


def shares(t: Array) -> Array:
    """Return the exponentials of each row over their sum; t is shifted."""
    e = np.exp(t)
    whole = sum_of_shares(e)
    e /= whole
    # beside several infinities, which have no shares, the finite ones have none either: theirs is 0
    return np.where(np.isneginf(t), 0.0, e) if np.isnan(whole).any() else e


def sum_of_shares(p: Array) -> Array:
    """Return the sum of each row of numbers between 0 and 1, rounded hardly more than once, as (count, 1)."""
    # multiples of 2**-30, whose sum is exact, and what is left of the numbers
    high = p + _GRID
    high -= _GRID
    whole = high.sum(axis=-1, keepdims=True)
    np.subtract(p, high, out=high)
    whole += high.sum(axis=-1, keepdims=True)
    return whole


def others(p: Array) -> Array:
    """Return 1 - p for the shares of a row."""
    # not 1 - p: where one share is all but 1, what the others add up to would be lost
    lead = leading(p)
    rest = sum_of_shares(patched(p, lead, 0.0))
    return patched(1.0 - p, lead, rest)


def marks(x: Array) -> Array:
    """Return 1 for the first maximum of each row and 0 for the others, NaN for a row that holds one."""
    y = patched(np.zeros_like(x), leading(x), 1.0)
    y[np.isnan(x).any(axis=-1)] = np.nan
    return y


def with_diagonal(jacobian: Array, diagonal: Array) -> Array:
    """Set the diagonal of each of many square matrices."""
    n = range(diagonal.shape[-1])
    jacobian[:, n, n] = diagonal
    return jacobian


def diagonals(*parts: Array) -> Array:
    """Return matrices that consist of diagonal ones side by side."""
    count, n = parts[0].shape
    matrices = np.zeros((count, n, len(parts), n))
    for k, part in enumerate(parts):
        matrices[:, range(n), k, range(n)] = part
    return matrices.reshape(count, n, len(parts) * n)


def zero_or_product(a: Array, b: Array) -> Array:
    """Return a·b, and 0 where one of them is 0, whatever the other is; NaN there has no share in it."""
    y = a * b
    if np.isnan(y).any():
        y[((a == 0.0) | (b == 0.0))] = 0.0
    return y


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a + b, and what its rounding left over."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def two_product(a: Array, b: Array | float) -> tuple[Array, Array]:
    """Return a·b, and what its rounding left over; good for factors below 1e300."""
    p = a * b
    (a1, a2), (b1, b2) = _halves(a), _halves(b)
    return p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2


def _halves(a: Array | float) -> tuple[Array, Array]:
    """Return a as a sum of two numbers of half its digits."""
    c = _SPLIT * np.asarray(a)
    high = c - (c - a)
    return high, a - high


def total(x: Array) -> tuple[Array, Array]:
    """Return the sum of each row in twice the precision, as two (count, 1): high and low."""
    high, low = x, np.zeros_like(x)
    while (n := high.shape[-1]) > 1:
        half, pairs = (n + 1) // 2, n // 2
        s, e = two_sum(high[:, :pairs], high[:, half:])
        low = np.concatenate(
            [low[:, :pairs] + low[:, half:] + e, low[:, pairs:half]], axis=-1
        )
        high = np.concatenate([s, high[:, pairs:half]], axis=-1)
    return two_sum(high, low)


def minus(x: Array, high: Array, low: Array) -> tuple[Array, Array]:
    """Return x - (high + low) as a sum of two."""
    s, e = two_sum(x, -high)
    return two_sum(s, e - low)


def divided(high: Array, low: Array, n: Array | float) -> tuple[Array, Array]:
    """Return (high + low)/n as a sum of two, for a whole number n."""
    q = high / n
    p, e = two_product(q, n)
    return two_sum(q, (((high - p) - e) + low) / n)
