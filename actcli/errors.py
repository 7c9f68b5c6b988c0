"""What a user can cause, and the exit code of each. Faults of the program are ordinary exceptions."""

from math import inf
from numbers import Integral


def counted(count: int, noun: str) -> str:
    """Return a number of things in words.

    >>> counted(1, "number"), counted(12, "number")
    ('1 number', '12 numbers')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def reason(error: Exception) -> str:
    """Return why something failed, without the file and the number that the system adds.

    >>> reason(FileNotFoundError(2, "No such file or directory", "x.txt"))
    'no such file or directory'
    """
    return str(getattr(error, "strerror", None) or error).lower()


def one_line(text: str) -> str:
    r"""Return a text without what would end the line or command the terminal, such as a quoted name may hold.

    >>> print(one_line("wrote a\n\x1b[2J.npy"))
    wrote a \x1b[2J.npy
    """
    line = " ".join(text.split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


class ActcliError(Exception):
    """Something the user can mend; its text is one line, subject first, then what to do."""

    exit_code = 1


class RequestError(ActcliError, ValueError):
    """The request was wrong: an option, a number, a shape, a parameter outside its domain."""

    exit_code = 2


def check_count(name: str, got: object, least: int, most: float = inf) -> None:
    """Raise RequestError unless a number is whole and within bounds."""
    if not (isinstance(got, Integral) and least <= int(got) <= most):
        bounds = f"at least {least}" if most == inf else f"from {least} to {most}"
        raise RequestError(
            f"{name} {got} is out of range; give a whole number {bounds}"
        )


class UnknownNameError(RequestError, LookupError):
    """A name that nothing bears."""


class FileError(ActcliError):
    """A file or stream could not be read or written."""


class CheckFailedError(ActcliError):
    """What was checked is not as good as it should be."""


class UndecidedError(ActcliError, ArithmeticError):
    """Exact evaluation met a question that no precision it may use can decide."""
