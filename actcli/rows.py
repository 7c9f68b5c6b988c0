"""The primitives of functions over an axis: shifts, shares, sums in twice the precision. Blocks are (count, length) float64."""

import numpy as np

from actcli.engine import Array

_SPLIT = 2.0**27 + 1.0
_GRID = 1.5 * 2.0**22
_FINE_GRID = 1.5 * 2.0**6
# np.einsum adds short rows in half the time of np.sum. Long ones it adds one after another, where np.sum adds halves;
# and from 8192 numbers on, the size of its buffer, in pieces that begin elsewhere when the row stands elsewhere: the
# last digits would depend on how many threads there are
_SHORT = 128


def leading(x: Array) -> Array:
    """Return the place of the first maximum of each row, as (count, 1)."""
    return x.argmax(axis=-1)[..., None]


def maximum(x: Array) -> Array:
    """Return the maximum of each row, NaN for a row that holds one, as (count, 1)."""
    # x.max(axis=-1) takes three times as long over short rows
    return taken(x, leading(x))


def taken(x: Array, places: Array) -> Array:
    """Return the element of each row at a place, as (count, 1)."""
    # np.take_along_axis, and np.put_along_axis in put, take three times as long
    return x.reshape(-1)[_flat(x, places)]


def put(x: Array, places: Array, values: Array | float) -> None:
    """Write a value to one place of each row of a contiguous x."""
    x.reshape(-1)[_flat(x, places)] = values


def _flat(x: Array, places: Array) -> Array:
    starts = np.arange(0, x.size, x.shape[-1])
    return places + starts.reshape(places.shape)


def patched(x: Array, places: Array, values: Array | float) -> Array:
    """Return a copy of x with another value at one place of each row."""
    y = x.copy()
    put(y, places, values)
    return y


def less(x: Array, column: Array) -> Array:
    """Return x - column, which has one number for each row."""
    # NumPy repeats them anyway, in a buffer; here what is repeated makes room for the result
    y = np.repeat(column, x.shape[-1]).reshape(x.shape)
    return np.subtract(x, y, out=y)


def shifted(x: Array) -> Array:
    """Return x less the maximum of its row; a single infinite maximum takes all."""
    return below(x, maximum(x))


def below(x: Array, top: Array) -> Array:
    """Return x - top; in a row with a single infinity, that is top, this one is at 0, and the others infinitely far below."""
    t = less(x, top)
    endless = np.isinf(top)
    if endless.any():
        alone = endless & ((x == top).sum(axis=-1, keepdims=True) == 1)
        t = np.where(alone, np.where(x == top, 0.0, -np.inf), t)
    return t


def shares(t: Array) -> Array:
    """Return the exponentials of each row over their sum; t is shifted, and is overwritten."""
    np.exp(t, out=t)
    return over(t, sum_of_shares(t))


def over(e: Array, whole: Array) -> Array:
    """Divide exponentials by their sum, in place."""
    # beside several infinities, which have no shares, the finite ones have none either: theirs is 0
    e /= np.where(e == 0.0, 1.0, whole) if np.isnan(whole).any() else whole
    return e


def exponentials(t: Array, lead: Array) -> tuple[Array, Array, Array]:
    """Return the exponentials of each row: the leading one, the others with 0 in its place, and the sum of these."""
    e = np.exp(t)
    own = taken(e, lead)
    # not the sum of all: beside a large one, others would be rounded to its last digit one by one
    put(e, lead, 0.0)
    return own, e, added(e)


def portions(e: Array, part: Array, whole: Array) -> Array:
    """Multiply exponentials by a part of their sum, in place."""
    factor = part / whole
    e *= np.where(e == 0.0, part, factor) if np.isnan(whole).any() else factor
    return e


def sum_of_shares(p: Array) -> Array:
    """Return the sum of each row of numbers between 0 and 1, rounded hardly more than once, as (count, 1)."""
    # not sum_of, which looks for their size first
    rest, whole = _split(p, _GRID)
    return whole + added(rest)


def sum_of(x: Array) -> Array:
    """Return the sum of each row of finite numbers, rounded hardly more than once, as (count, 1)."""
    high, _ = total(x)
    return high


def _grid(x: Array) -> Array:
    """Return what rounds each number to a multiple of 2**-46 of what the magnitudes in its row add up to."""
    # not of the largest, which takes longer to find: of so many digits the sum is exact
    _, power = np.frexp(added(np.abs(x)))
    return np.repeat(np.ldexp(_FINE_GRID, power), x.shape[-1]).reshape(x.shape)


def _split(x: Array, grid: Array | float) -> tuple[Array, Array]:
    """Return what rounding numbers to the multiples of a grid leaves, and the sum of these, which is exact."""
    high = x + grid
    high -= grid
    whole = added(high)
    return np.subtract(x, high, out=high), whole


def added(x: Array) -> Array:
    """Return the sum of each row as it comes, as (count, 1)."""
    if x.shape[-1] > _SHORT:
        return x.sum(axis=-1, keepdims=True)
    return np.einsum("ij->i", x)[:, None]


def dot(a: Array, b: Array) -> Array:
    """Return the sum of the products in each row, as (count, 1)."""
    # not by einsum: products with 1 are to have the sum that is that of the numbers
    return added(a * b)


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
    # the sum is NaN if a product is, and is found without a second array; infinities may make it NaN too
    if np.isnan(y.sum()):
        y[np.isnan(y) & ((a == 0.0) | (b == 0.0))] = 0.0
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
    """Return the sum of each row in twice the precision, as two (count, 1): high and low; numbers below 2**1000."""
    rest, high = _split(x, _grid(x))
    return two_sum(high, added(rest))


def minus(x: Array, high: Array, low: Array) -> tuple[Array, Array]:
    """Return x - (high + low) as a sum of two."""
    s, e = two_sum(x, -high)
    return two_sum(s, e - low)


def divided(high: Array, low: Array, n: Array | float) -> tuple[Array, Array]:
    """Return (high + low)/n as a sum of two, for a whole number n."""
    q = high / n
    p, e = two_product(q, n)
    return two_sum(q, (((high - p) - e) + low) / n)
