"""Numbers that were typed or piped, as an array. Files of numbers are read in sources/."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from actcli.engine import Array
from actcli.errors import FileError, RequestError
from actcli.spec import number

if TYPE_CHECKING:
    from fractions import Fraction

_MOST = 10_000_000  # numbers from one start:stop:step
# a range or a fraction, whatever blanks are in it
_WITHIN = re.compile(r"\s*([:/])\s*")


def read(texts: Sequence[str], option: str = "-x") -> Array:
    """Return the numbers of ``1,2,-3`` or ``1 2 -3`` and ``start:stop:step``, in the order they were typed.

    The stop belongs to a range when a step meets it. Numbers are decimal or hexadecimal, fractions, ``pi``, ``e``,
    ``inf`` or ``nan``.

    Raises:
        RequestError: a text is no number; says which, and at which place.

    >>> read(["1,2,-3", "0:1:0.25"]).tolist()
    [1.0, 2.0, -3.0, 0.0, 0.25, 0.5, 0.75, 1.0]
    """
    tokens: list[str] = []
    between_commas = _WITHIN.sub(r"\1", ",".join(texts)).split(",")
    for part in between_commas:
        if not part.strip() and len(between_commas) > 1:
            raise RequestError(
                f"{option}: nothing between commas at place {len(tokens) + 1}; write numbers like 1,2,-3"
            )
        tokens += part.split()
    if not tokens:
        raise RequestError(f"{option}: no numbers; write them like {option} 1,2,-3")
    return np.concatenate(
        [_token(token, place, option) for place, token in enumerate(tokens, 1)]
    )


def parse_text(text: str, source: str, first_line: int = 1) -> Array:
    r"""Return the numbers in a text, separated by blanks, commas or line ends; says the line of one that is none.

    >>> parse_text("1 2\n-3", "standard input").tolist()
    [1.0, 2.0, -3.0]
    """
    words = text.replace(",", " ").split()
    try:
        return np.array(words, dtype=np.float64)
    except ValueError:
        return np.array([_word(w, text, source, first_line) for w in words])


def shortened(text: str, most: int = 40) -> str:
    """Return a text that is not longer than that, to be shown in an error.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def _token(token: str, place: int, option: str) -> Array:
    if ":" in token:
        return _range(token, place, option)
    try:
        return np.array([number(token)])
    except RequestError:
        raise RequestError(
            f"{option}: '{shortened(token)}' at place {place} is not a number; write it like 0.5, 1e-3, 1/3, pi or inf"
        ) from None


def _range(token: str, place: int, option: str) -> Array:
    texts = [t.strip() for t in token.split(":")]
    if len(texts) == 2:
        texts.append("1")
    where = f"{option}: '{shortened(token)}' at place {place}"
    if len(texts) != 3 or not all(texts):
        raise RequestError(f"{where} is not start:stop or start:stop:step")
    try:
        start, stop, step = map(_exact, texts)
    except (RequestError, ValueError, OverflowError, ZeroDivisionError):
        raise RequestError(
            f"{where} is not start:stop:step in finite numbers"
        ) from None
    if not step or (stop - start) / step < 0:
        raise RequestError(
            f"{where} never gets from start to stop; mind the sign of the step"
        )
    count = math.floor((stop - start) / step) + 1
    if count > _MOST:
        raise RequestError(f"{where} is {count} numbers; at most {_MOST} are made")
    return _steps(start, step, count)


def _exact(text: str) -> "Fraction":
    """Return a number as it is written: -3:3:0.1 passes through 0.3 and not through 0.30000000000000027."""
    from fractions import Fraction

    nearest = number(text)
    try:
        # not of what floats cannot tell from 0 or inf: its power of ten could fill the memory
        return Fraction(text if nearest and math.isfinite(nearest) else nearest)
    except ValueError:
        return Fraction(nearest)


def _steps(start: "Fraction", step: "Fraction", count: int) -> Array:
    below = math.lcm(start.denominator, step.denominator)
    first, pace = int(start * below), int(step * below)
    if max(abs(first), abs(first + pace * count), below) < 2**53:
        # integers up to here are exact, so each number is rounded once
        return (first + pace * np.arange(count, dtype=np.int64)) / below
    return np.array([float(start + step * i) for i in range(count)])


def _word(word: str, text: str, source: str, first_line: int) -> float:
    try:
        return number(word)
    except RequestError:
        lines = text.splitlines()
        line = next(
            i
            for i, line in enumerate(lines, first_line)
            if word in line.replace(",", " ").split()
        )
        raise FileError(
            f"{source}, line {line}: '{shortened(word)}' is not a number"
        ) from None
