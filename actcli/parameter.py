"""A parameter of a function: what it may be. And what was found for values of them, kept to be found again sooner."""

import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from actcli import engine
from actcli.engine import Array
from actcli.errors import RequestError

_LARGEST_SEED = 2**53  # from there on floats leave integers out
_MOST_KEPT = 256


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function, as the signature of its kernel declares it.

    Attributes:
        name: the keyword.
        default: its value unless given; None where there is none (a user's formula, a seed).
        kind: ``float``, ``int``, or the annotation of what else it takes.
        unbounded: it may be infinite.
    """

    name: str
    default: float | int | None
    kind: Any = float
    unbounded: bool = False

    @cached_property
    def is_array(self) -> bool:
        """Whether an array that broadcasts against x is accepted."""
        return bool(self.kind == float | Array)

    def read(self, value: Any, owner: str) -> Any:
        """Return a value in the type of this parameter."""
        if value is None and self.default is None:
            return None
        if self.is_array and np.ndim(value):
            return engine.as_floats(value, self.name)
        try:
            if np.iscomplexobj(value):
                raise TypeError  # NumPy's would lose the imaginary part with a warning
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            raise RequestError(
                f"{owner}: {self.name} must be a number, not {reprlib.repr(value)}"
            ) from None
        if not (math.isfinite(number) or (self.unbounded and math.isinf(number))):
            raise RequestError(f"{owner}: {self.name} must be finite, not {number:g}")
        if self.kind in (int, int | None):
            if not number.is_integer():
                raise RequestError(
                    f"{owner}: {self.name} must be a whole number, not {value!r}"
                )
            if self.kind == int | None and not 0 <= number <= _LARGEST_SEED:
                raise RequestError(
                    f"{owner}: {self.name} must be from 0 to 2**53, not {number:g}"
                )
            return int(number)
        return number


class Kept(dict[Any, Any]):
    """What was found for parameters that are plain numbers, to be found again in less time than the parameters take to check."""

    def found(self, given: Mapping[str, Any], find: Callable[[], Any]) -> Any:
        """Return what ``find`` returns for these parameters."""
        # the types too: 1 and 1+0j are the same key, and only one of them is a parameter
        key = (*given.items(), *map(type, given.values())) if given else ()
        try:
            if (kept := self.get(key)) is not None:
                return kept
        except TypeError:  # an array has no hash
            return find()
        value = find()
        # not 0, which is the same key as -0.0; nor what may be another number next time, such as a tensor
        if all(isinstance(v, float | int) and v for v in given.values()):
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[key] = value
        return value
