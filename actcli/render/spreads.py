"""Means with what they vary by, as short texts: digits that vary are left out. Knows no tables."""

import math

from actcli.engine import Array


def with_spread(mean: Array, low: Array, high: Array, precision: int) -> list[str]:
    """Return means with how far the lowest and the highest lie from them at most, in one digit.

    What varies beyond ``precision`` digits only is a plain number.

    >>> import numpy as np
    >>> with_spread(*np.array([[0.50114, 7.0], [0.497, 7.0], [0.503, 7.0]]), 4)
    ['0.501±0.004', '7']
    """
    rows = zip(mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return [_with_spread(m, max(h - m, m - b), precision) for m, b, h in rows]


def with_share(mean: Array, low: Array, high: Array) -> list[str]:
    """Return shares in percent, as ``with_spread`` does, to the tenth of a percent.

    >>> import numpy as np
    >>> with_share(*np.array([[0.5004, 0.0003, 0.0], [0.497, 0.0, 0.0], [0.503, 0.001, 0.0]]))
    ['50.0±0.3', '<0.1', '0']
    """
    rows = zip(mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return [_with_share(100.0 * m, 100.0 * max(h - m, m - b)) for m, b, h in rows]


def with_ratio(mean: Array, low: Array, high: Array, precision: int) -> list[str]:
    """Return geometric means with how far the lowest and the highest lie from them: a share, or a factor from 2 on.

    >>> import numpy as np
    >>> with_ratio(*np.array([[1.949e-4, 0.4], [1.846e-4, 0.1], [2.06e-4, 1.2]]), 4)
    ['1.9e-4±6%', '0.4×÷4']
    """
    rows = zip(mean.tolist(), low.tolist(), high.tolist(), strict=True)
    return [_with_ratio(m, b, h, precision) for m, b, h in rows]


def _with_spread(mean: float, spread: float, precision: int) -> str:
    plain = f"{mean:.{precision}g}"
    if not (math.isfinite(mean) and 0.0 < spread < math.inf):
        return plain
    last = _exponent(spread)
    digits = max(_exponent(mean, 17), last) - last
    if digits >= precision:
        return plain
    places = max(0, -last)
    written = f"{round(mean, -last):.{places}f}±{round(spread, -last):.{places}f}"
    scientific = f"{_scientific(mean, digits)}±{_scientific(spread, 0)}"
    return written if len(written) <= max(_WIDEST, len(scientific)) else scientific


def _with_share(mean: float, spread: float) -> str:
    if 0.0 < mean < 0.05:
        return "<0.1"
    if not spread >= 0.05:
        return f"{round(mean, 1):g}"
    return _with_spread(mean, max(spread, 0.1), 17)


def _with_ratio(mean: float, low: float, high: float, precision: int) -> str:
    plain = f"{mean:.{precision}g}"
    if mean == 0.0 < high:
        return f"0 to {high:.1g}"  # in some networks nothing arrives
    if not (math.isfinite(mean) and low > 0.0 and high < math.inf):
        return plain
    factor = max(high / mean, mean / low)
    if factor >= 2.0:
        return f"{_shortest(mean, 2)}×÷{factor:.2g}"
    percent = 100.0 * (factor - 1.0)
    digits = max(2, 1 + _exponent(mean) - _exponent(mean * (factor - 1.0)))
    if percent == 0.0 or digits > precision:
        return plain
    return f"{_shortest(mean, digits)}±{round(percent, -min(0, _exponent(percent))):g}%"


_WIDEST = 12  # characters, before powers of ten are preferred


def _exponent(x: float, digits: int = 1) -> int:
    """Return the power of ten of a number rounded to so many digits."""
    return int(f"{x:.{digits - 1}e}".partition("e")[2])


def _shortest(x: float, digits: int) -> str:
    scientific = _scientific(x, digits - 1)
    written = f"{float(scientific):.6g}"
    fits = "e" not in written and len(written) <= len(scientific)
    return written if fits else scientific


def _scientific(x: float, places: int) -> str:
    """Return a number with its power of ten, which has neither a plus nor leading zeros.

    >>> _scientific(1.949e-4, 2)
    '1.95e-4'
    """
    mantissa, _, exponent = f"{x:.{places}e}".partition("e")
    return f"{mantissa}e{int(exponent)}"
