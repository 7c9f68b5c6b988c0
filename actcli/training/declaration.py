"""What the declared things of training share: the record, and the choice of one as ``NAME:param=value``. No mathematics."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypedDict, TypeVar

import numpy as np
from numpy.typing import NDArray

from actcli.registry import Registry
from actcli.spec import split_spec
from actcli.training.parameters import Parameter, Value, bind, parameters_of

Array = NDArray[np.float64]


@dataclass(kw_only=True, eq=False)
class Record:
    """One declared thing: what is known about it, and the parameters its signature names."""

    kind: ClassVar[str]
    name: str
    formula: str
    summary: str
    parameters: dict[str, Parameter]
    aliases: tuple[str, ...] = ()
    paper: str = ""
    note: str = ""

    @property
    def title(self) -> str:
        """What an error calls it."""
        return f"{self.kind} '{self.name}'"

    def bind(
        self, given: Mapping[str, Value], shared: Mapping[str, Value] | None = None
    ) -> dict[str, Value]:
        """Return a value for every parameter: shared by several records, else given, else its default."""
        return bind(self.title, self.parameters, given, shared)


class Read(TypedDict):
    """What a record learns from the declared function itself."""

    name: str
    summary: str
    parameters: dict[str, Parameter]


def read(function: Callable[..., object]) -> Read:
    """Read the name, the first line of the docstring and the parameters of a declared function."""
    summary = (function.__doc__ or "").partition("\n")[0]
    return {
        "name": function.__name__,
        "summary": summary,
        "parameters": parameters_of(function),
    }


R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Choice(Generic[R]):
    """A record with a value for each of its parameters."""

    record: R
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name with the parameters that are not at their default, as it can be typed again."""
        moved = {
            n: v
            for n, v in self.values.items()
            if v != self.record.parameters[n].default
        }
        told = ",".join(f"{name}={_typed(value)}" for name, value in moved.items())
        return f"{self.record.name}:{told}" if told else self.record.name


def _typed(value: Value) -> str:
    """Return a value as one would type it: 1 for 1.0."""
    if isinstance(value, float) and float(f"{value:g}") == value:
        return f"{value:g}"
    return str(value)


def choose(
    registry: Registry[R], text: str, shared: Mapping[str, Value] | None = None
) -> Choice[R]:
    """Find what ``NAME:param=value,…`` names and bind its parameters; ``shared`` sets those that it has, whatever ``text`` says."""
    name, given = split_spec(text)
    record = registry[name]
    return Choice(record, record.bind(given, shared))
