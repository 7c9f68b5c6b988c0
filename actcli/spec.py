"""``NAME:param=value,param=value`` taken apart, and its numbers read. Looks nothing up."""

from actcli.errors import RequestError
from actcli.formula import CONSTANTS
from actcli.registry import as_text, fold


def split_spec(text: str) -> tuple[str, dict[str, str]]:
    """Take ``NAME:param=value,…`` apart; what the values mean is for the owner to say.

    A first number without a name is kept under the empty name and means the first parameter.

    >>> split_spec("swish:beta=2")
    ('swish', {'beta': '2'})
    >>> split_spec("normal:0.01")
    ('normal', {'': '0.01'})
    """
    name, colon, rest = (part.strip() for part in as_text(text).partition(":"))
    if not name:
        raise RequestError(f"'{text}' names nothing; write NAME or NAME:param=value")
    if colon and not rest:
        raise RequestError(
            f"'{text}' ends in a colon; write {name} or {name}:param=value"
        )
    return name, split_parameters(rest, text) if rest else {}


def split_parameters(text: str, whole: str = "") -> dict[str, str]:
    """Take ``param=value,…`` apart; an error quotes ``whole`` as its source if given.

    >>> split_parameters("alpha=1/8, mode=fan_out")
    {'alpha': '1/8', 'mode': 'fan_out'}
    """
    found: dict[str, str] = {}
    whole = whole or text
    for part in as_text(text).split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals and not found and is_number(name):
            name, value = "", name
        elif not (name and value):
            raise RequestError(
                f"'{part.strip()}' in '{whole}' is not param=value; write it as {name or 'param'}=VALUE"
            )
        if fold(name) in map(fold, found):
            raise RequestError(f"'{name}' is set twice in '{whole}'; set it once")
        found[name] = value
    return found


def number(text: str) -> float:
    """Read a decimal or hexadecimal number, ``inf``, ``pi``, ``e``, or a fraction of two of these.

    >>> number("1/4"), number("-pi"), number("0x1.8p-3")
    (0.25, -3.141592653589793, 0.1875)
    """
    above, slash, below = text.partition("/")
    try:
        return (
            _plain_number(above) / _plain_number(below)
            if slash
            else _plain_number(text)
        )
    except ZeroDivisionError:
        raise RequestError(
            f"'{text}' divides by zero; write inf, or another fraction"
        ) from None
    except (ValueError, OverflowError):
        raise RequestError(
            f"'{text}' is not a number; write it like 0.5, 1e-3, 1/3, pi or inf"
        ) from None


def _plain_number(text: str) -> float:
    text = text.strip().lower()
    digits = text.lstrip("+-") if text[1:2] not in ("+", "-") else text
    sign = -1.0 if text.startswith("-") else 1.0
    if digits in CONSTANTS:
        return sign * CONSTANTS[digits]
    return float.fromhex(text) if digits.startswith("0x") else float(text)


def is_number(text: str) -> bool:
    """Whether a text can be read as a number."""
    try:
        number(text)
    except RequestError:
        return False
    return True
