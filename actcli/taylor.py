"""Truncated power series with interval coefficients, in mpmath. Knows numbers only; evaluator.py walks over formulas.

An interval is a pair of raw mpmath numbers that enclose the truth. A series in t stands for x = x0 + t.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from mpmath import libmp
from mpmath.libmp import fone, from_float, from_int, fzero, mpf_neg, mpf_sign
from mpmath.libmp.libmpi import (
    mpi_add,
    mpi_cos,
    mpi_div,
    mpi_mul,
    mpi_neg,
    mpi_sin,
    mpi_sqrt,
    mpi_sub,
)

Mpf: TypeAlias = tuple[int, Any, int, int]
Interval: TypeAlias = tuple[Mpf, Mpf]
Series: TypeAlias = tuple[
    Interval, ...
]  # coefficients of 1, t, t², …; those left out are zero

ZERO: Interval = (fzero, fzero)
ONE: Interval = (fone, fone)
# exp beyond ±2**8192 is only bounded: its exponent alone would fill the memory
_LARGEST = 8192
MOST_SPARE = (
    8  # orders beyond those asked for, for what a quotient loses and a sign depends on
)
_WIDEST_INTEGER = 1 << 14  # bits of what floor makes an integer of
_HUGE: Mpf = (0, 1, 1 << (_LARGEST - 1), 1)
_TINY: Mpf = (0, 1, -1 << (_LARGEST - 1), 1)


class UndefinedError(ArithmeticError):
    """The formula has no value there: a pole, the logarithm of a negative number."""


class TooWideError(ArithmeticError):
    """The intervals are too wide to tell which branch is meant."""


class OrderLostError(ArithmeticError):
    """A removable singularity used up a coefficient that was not computed."""


class Taylor:
    """Arithmetic of truncated power series with interval coefficients.

    Args:
        bits: the working precision.
        order: the highest power of t that is kept.
        side: +1 or -1 where t is an infinitesimal of that sign, 0 where comparisons look at x0 alone.
        spare: how many of the kept powers may be lost to removable singularities.

    Attributes:
        tied: whether a sign was asked for that is another beside x0, so that the series is a choice.
        filled: whether a 0/0 was met whose own series are a choice, so that the value is a limit.
    """

    def __init__(self, bits: int, order: int, side: int = 0, spare: int = 0) -> None:
        self.bits, self.order, self.side, self.spare = bits, order, side, spare
        self.tied = self.filled = False

    # arithmetic

    def add(self, a: Series, b: Series) -> Series:
        if _infinite(a[0]) and _infinite(b[0]) and a[0] != b[0]:
            raise UndefinedError
        if len(a) < len(b):
            a, b = b, a
        return (
            *(mpi_add(p, q, self.bits) for p, q in zip(a, b, strict=False)),
            *a[len(b) :],
        )

    def neg(self, a: Series) -> Series:
        return tuple(mpi_neg(p) for p in a)

    def sub(self, a: Series, b: Series) -> Series:
        return self.add(a, self.neg(b))

    def mul(self, a: Series, b: Series) -> Series:
        if (a[0] == ZERO and _infinite(b[0])) or (_infinite(a[0]) and b[0] == ZERO):
            raise UndefinedError
        length = min(self.order + 1, len(a) + len(b) - 1)
        return tuple(self._convolve(a, b, k, 0) for k in range(length))

    def _convolve(self, a: Series, b: Series, k: int, first: int) -> Interval:
        """Σ a[i]·b[k-i] over i ≥ first."""
        total = ZERO
        for i in range(max(first, k - len(b) + 1), min(k, len(a) - 1) + 1):
            total = mpi_add(total, mpi_mul(a[i], b[k - i], self.bits), self.bits)
        return total

    def div(self, a: Series, b: Series) -> Series:
        if b[0] == ZERO:
            return self._div_at_zero(a, b)
        if _holds_zero(b[0]):
            raise TooWideError
        if _infinite(a[0]) and _infinite(b[0]):
            raise UndefinedError
        length = len(a) if len(b) == 1 else self.order + 1
        quotient: list[Interval] = []
        for k in range(length):
            rest = self._convolve(b, tuple(quotient), k, 1) if k else ZERO
            top = mpi_sub(a[k] if k < len(a) else ZERO, rest, self.bits)
            quotient.append(mpi_div(top, b[0], self.bits))
        return tuple(quotient)

    def _div_at_zero(self, a: Series, b: Series) -> Series:
        """0/0: both sides are divided by t; a true pole has no value."""
        if a[0] != ZERO:
            raise UndefinedError
        self.filled |= self.tied
        if not self.spare:
            raise OrderLostError
        if len(b) == 1:
            raise UndefinedError
        return self.div(a[1:] or (ZERO,), b[1:])

    def pow(self, a: Series, b: Series) -> Series:
        whole = whole_number(b)
        if whole is not None and abs(whole) <= 1024:
            return self._pow_whole(a, whole)
        if a[0] == ZERO and not self._varies(a) and mpf_sign(b[0][0]) > 0:
            return (ZERO,)
        return self.exp(self.mul(b, self.log(a)))

    def _varies(self, a: Series) -> bool:
        return len(a) > 1 and self.order > 0

    def _pow_whole(self, a: Series, n: int) -> Series:
        if n < 0:
            return self.div((ONE,), self._pow_whole(a, -n))
        result: Series = (ONE,)
        while n:
            if n & 1:
                result = self.mul(result, a)
            n >>= 1
            if n:
                a = self.mul(a, a)
        return result

    # decisions

    def sign_of(self, a: Series) -> int:
        """Return the sign of a, of its first power that does not vanish where t is an infinitesimal."""
        for power, coefficient in enumerate(a if self.side else a[:1]):
            low, high = mpf_sign(coefficient[0]), mpf_sign(coefficient[1])
            if low != high:
                raise TooWideError
            if low:
                return int(low) * (self.side if power % 2 else 1)
        if self.side and len(a) > 1 and self.spare < MOST_SPARE:
            raise OrderLostError  # a higher power may decide
        self.tied = self.tied or len(a) > 1
        return 0

    def sign(self, a: Series) -> Series:
        return (point(self.sign_of(a)),)

    def abs(self, a: Series) -> Series:
        return self.mul(self.sign(a), a)

    def floor(self, a: Series) -> Series:
        if any(exponent + bits > _WIDEST_INTEGER for _, _, exponent, bits in a[0]):
            raise TooWideError  # its digits would fill the memory
        low, high = (int(libmp.to_int(libmp.mpf_floor(end))) for end in a[0])
        if low != high:
            raise TooWideError
        above = self.sub(a, (point(low),))
        below = (self.side or above[0] == ZERO) and self.sign_of(above) < 0
        return (point(low - bool(below)),)

    def max(self, *terms: Series) -> Series:
        best = terms[0]
        for term in terms[1:]:
            if self.sign_of(self.sub(term, best)) > 0:
                best = term
        return best

    def min(self, *terms: Series) -> Series:
        return self.neg(self.max(*map(self.neg, terms)))

    # functions: the value at the centre, then the integral of the derivative's series times a'

    def _chain(
        self, value: Interval, a: Series, derivative: Callable[["Taylor"], Series]
    ) -> Series:
        if len(a) == 1 or self.order == 0:
            return (value,)
        slope = derivative(Taylor(self.bits, self.order - 1, self.side, self.spare))
        return (value, *(self._integral(a, slope, k) for k in range(1, self.order + 1)))

    def _integral(self, a: Series, slope: Series, k: int) -> Interval:
        total = ZERO
        for j in range(1, min(k, len(a) - 1) + 1):
            if k - j < len(slope):
                term = mpi_mul(a[j], slope[k - j], self.bits)
                total = mpi_add(total, mpi_mul(point(j), term, self.bits), self.bits)
        return mpi_div(total, point(k), self.bits)

    def exp(self, a: Series) -> Series:
        series: list[Interval] = [_exp(a[0], self.bits)]
        for k in range(1, self.order + 1 if len(a) > 1 else 1):
            series.append(self._integral(a, tuple(series), k))
        return tuple(series)

    def expm1(self, a: Series) -> Series:
        return self._chain(_expm1(a[0], self.bits), a, lambda t: t.exp(a))

    def log(self, a: Series) -> Series:
        if a[0] == ZERO:
            if self._varies(a):
                raise UndefinedError
            return ((libmp.fninf, libmp.fninf),)
        if _positive(a[0]):
            return self._chain(_log(a[0], self.bits), a, lambda t: t.div((ONE,), a))
        raise UndefinedError

    def log1p(self, a: Series) -> Series:
        shifted = self.add((ONE,), a)
        if not _positive(shifted[0]):
            return self.log(shifted)
        return self._chain(_log1p(a[0], self.bits), a, lambda t: t.div((ONE,), shifted))

    def sqrt(self, a: Series) -> Series:
        if a[0] == ZERO and not self._varies(a):
            return (ZERO,)
        if not _positive(a[0]):
            raise UndefinedError
        return self._chain(
            mpi_sqrt(a[0], self.bits), a, lambda t: t.div((_HALF,), t.sqrt(a))
        )

    def sin(self, a: Series) -> Series:
        return self._chain(_bounded(mpi_sin, a[0], self.bits), a, lambda t: t.cos(a))

    def cos(self, a: Series) -> Series:
        return self._chain(
            _bounded(mpi_cos, a[0], self.bits), a, lambda t: t.neg(t.sin(a))
        )

    def tan(self, a: Series) -> Series:
        return self.div(self.sin(a), self.cos(a))

    def sinh(self, a: Series) -> Series:
        return self._chain(_sinh(a[0], self.bits), a, lambda t: t.cosh(a))

    def cosh(self, a: Series) -> Series:
        up, down = _exp(a[0], self.bits), _exp(mpi_neg(a[0]), self.bits)
        return self._chain(_half(mpi_add(up, down, self.bits)), a, lambda t: t.sinh(a))

    def tanh(self, a: Series) -> Series:
        # not 1 - tanh²: at x = 1e308 that cancels for longer than there is memory
        return self._chain(_monotonic(_tanh, a[0], self.bits), a, lambda t: t._sech2(a))

    def _sech2(self, a: Series) -> Series:
        """4·z/(1 + z)² with z = exp(-2·|a|)."""
        minus_two = (point(-2 if mpf_sign(a[0][0]) >= 0 else 2),)
        z = self.exp(self.mul(minus_two, a))
        shifted = self.add((ONE,), z)
        return self.div(self.mul((point(4),), z), self.mul(shifted, shifted))

    def atan(self, a: Series) -> Series:
        return self._chain(
            _monotonic(libmp.mpf_atan, a[0], self.bits),
            a,
            lambda t: t.div((ONE,), t.add((ONE,), t.mul(a, a))),
        )

    def _bell(self, a: Series) -> Series:
        """2/√π·exp(-a²), the derivative of erf."""
        scale = mpi_div(point(2), mpi_sqrt(pi(self.bits), self.bits), self.bits)
        return self.mul((scale,), self.exp(self.neg(self.mul(a, a))))

    def erf(self, a: Series) -> Series:
        return self._chain(_monotonic(_erf, a[0], self.bits), a, lambda t: t._bell(a))

    def erfc(self, a: Series) -> Series:
        return self._chain(_erfc(a[0], self.bits), a, lambda t: t.neg(t._bell(a)))


# intervals


def point(n: int) -> Interval:
    """Return an integer as an interval."""
    return (m := from_int(n), m)


def exactly(number: float) -> Interval:
    """Return a float as an interval: it is that number and no other."""
    return (m := from_float(float(number)), m)


_HALF = exactly(0.5)


def _holds_zero(v: Interval) -> bool:
    return bool(mpf_sign(v[0]) <= 0 <= mpf_sign(v[1]))


def _infinite(v: Interval) -> bool:
    """Tell whether this is an infinity, as the logarithm of 0, and not only unbounded."""
    return bool(v[0] == v[1] and v[0] in (libmp.finf, libmp.fninf))


def _positive(v: Interval) -> bool:
    if mpf_sign(v[0]) > 0:
        return True
    if mpf_sign(v[1]) > 0:
        raise TooWideError
    return False


def whole_number(a: Series) -> int | None:
    """Return the integer that a constant is, or None."""
    if len(a) > 1 or a[0][0] != a[0][1]:
        return None
    _, man, exp, size = a[0][0]
    return (
        int(libmp.to_int(a[0][0]))
        if exp >= 0 and exp + size < 64 and (man or a[0] == ZERO)
        else None
    )


@lru_cache(maxsize=1024)
def literal(text: str, bits: int) -> Interval:
    """Enclose a number as it is written: 0.1 is one tenth, not the float nearest to it."""
    number = Fraction(text)
    return mpi_div(point(number.numerator), point(number.denominator), bits)


@lru_cache(maxsize=64)
def pi(bits: int) -> Interval:
    """Enclose π."""
    return libmp.mpf_pi(bits, libmp.round_floor), libmp.mpf_pi(
        bits, libmp.round_ceiling
    )


def _size(s: Mpf) -> int:
    """Return the binary exponent of a finite number; 0 and infinities count as 0."""
    return s[2] + s[3] if s[1] else 0


def _exp(v: Interval, bits: int) -> Interval:
    if max(_size(v[0]), _size(v[1])) <= _LARGEST:
        return ONE if v == ZERO else _monotonic(_exp_at, v, bits)
    low, high = ((s, s) if _size(s) <= _LARGEST else None for s in v)
    return (
        _exp(low, bits)[0] if low else (fzero if v[0][0] else _HUGE),
        _exp(high, bits)[1] if high else (_TINY if v[1][0] else libmp.finf),
    )


def _exp_at(s: Mpf, bits: int) -> Mpf:
    if (size := _size(s)) < 5:
        return libmp.mpf_exp(s, bits)
    # mpmath would raise e to a whole power, which takes a second where that power has 7,000 bits
    ln2 = libmp.mpf_ln2(bits + 2 * size)
    n = libmp.to_int(libmp.mpf_div(s, ln2, bits + size))
    rest = libmp.mpf_sub(s, libmp.mpf_mul(from_int(n), ln2), bits + size)
    return libmp.mpf_shift(libmp.mpf_exp(rest, bits), n)


def _log(v: Interval, bits: int) -> Interval:
    return _monotonic(libmp.mpf_log, v, bits)


def _monotonic(function: Callable[[Mpf, int], Mpf], v: Interval, bits: int) -> Interval:
    """Enclose an increasing function that mpmath gives to within its last bits, in no certain direction.

    That is so whatever rounding it is asked for: at 768 bits the exponential of 1e-131 is 1 + 1e-131 by floor and by
    ceiling, though the square is missing.
    """
    low = function(v[0], bits + 10)
    high = low if v[0] == v[1] else function(v[1], bits + 10)
    return _nudge(low, bits, -1), _nudge(high, bits, +1)


def _nudge(s: Mpf, bits: int, direction: int) -> Mpf:
    if not s[1]:
        return s
    margin = (int(direction < 0), 1, _size(s) - bits - 5, 1)
    return libmp.mpf_add(
        s, margin, bits, libmp.round_floor if direction < 0 else libmp.round_ceiling
    )


def _bounded(
    function: Callable[[Interval, int], Interval], v: Interval, bits: int
) -> Interval:
    """Enclose sin or cos; a number too wide or too large to reduce can be anywhere between -1 and 1."""
    if v == ZERO:
        return function(v, bits)
    if _infinite(v):
        raise UndefinedError
    if max(_size(v[0]), _size(v[1])) >= 4096:
        return mpi_neg(ONE)[0], fone
    low, high = function(v, bits + 10)
    return _nudge(low, bits, -1), _nudge(high, bits, +1)


def _half(v: Interval) -> Interval:
    return libmp.mpf_shift(v[0], -1), libmp.mpf_shift(v[1], -1)


def _within(v: Interval, exponent: int) -> bool:
    """Tell whether both ends lie within ±2**exponent."""
    return all((s[1] and _size(s) <= exponent) or s == fzero for s in v)


def _expm1(v: Interval, bits: int) -> Interval:
    if not _within(v, 2):
        return mpi_sub(_exp(v, bits), ONE, bits)
    return _monotonic(_expm1_at, v, bits)


def _expm1_at(s: Mpf, bits: int) -> Mpf:
    if _size(s) < -2 * bits:
        return s
    return libmp.mpf_sub(libmp.mpf_exp(s, bits + max(0, -_size(s))), fone, bits)


def _log1p(v: Interval, bits: int) -> Interval:
    if not _within(v, 2):
        return _log(mpi_add(ONE, v, bits), bits)
    return _monotonic(_log1p_at, v, bits)


def _log1p_at(s: Mpf, bits: int) -> Mpf:
    if _size(s) < -2 * bits:
        return s
    # the sum is exact: rounding 1 + s would lose the digits of a small s
    return libmp.mpf_log(libmp.mpf_add(fone, s), bits)


def _sinh(v: Interval, bits: int) -> Interval:
    if not _within(v, 2):
        return _half(mpi_sub(_exp(v, bits), _exp(mpi_neg(v), bits), bits))
    return _monotonic(libmp.mpf_sinh, v, bits)


def _tanh(s: Mpf, bits: int) -> Mpf:
    if _size(s) > 64:
        return libmp.fnone if s[0] else fone
    if _size(s) < 3:
        return libmp.mpf_tanh(s, bits)
    # 1 - 2z/(1 + z): of what is so far below 1 few digits are needed
    a = libmp.mpf_abs(s)
    spare = max(32, bits - int(2.88 * libmp.to_float(a)))
    z = libmp.mpf_exp(libmp.mpf_shift(libmp.mpf_neg(a), 1), spare)
    rest = libmp.mpf_div(libmp.mpf_shift(z, 1), libmp.mpf_add(fone, z, spare), spare)
    y = libmp.mpf_sub(fone, rest, bits, libmp.round_nearest)
    return libmp.mpf_neg(y) if s[0] else y


def _erf(s: Mpf, bits: int) -> Mpf:
    if _size(s) > 64:
        return libmp.fnone if s[0] else fone
    return libmp.mpf_erf(s, bits)


def _erfc(v: Interval, bits: int) -> Interval:
    if not v[0][0] and _size(v[0]) > 64:
        # exp(-v²)/(v·√π), but for a factor between 1 - 1/(2v²) and 1
        height = _exp(mpi_neg(mpi_mul(v, v, bits)), bits)
        low, high = mpi_div(height, mpi_mul(v, mpi_sqrt(pi(bits), bits), bits), bits)
        factor = libmp.mpf_sub(fone, libmp.mpf_shift(fone, -129), 192)
        return libmp.mpf_mul(low, factor, bits, libmp.round_floor), high
    low, high = _monotonic(lambda s, b: libmp.mpf_neg(_erfc_at(s, b)), v, bits)
    return mpf_neg(high), mpf_neg(low)


def _erfc_at(s: Mpf, bits: int) -> Mpf:
    if _size(s) > 64:
        return from_int(2) if s[0] else fzero
    return libmp.mpf_erfc(s, bits)
