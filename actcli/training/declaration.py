"""What the declared things of training share: the record, and the choice of one as ``NAME:param=value``. No mathematics."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar

from actcli.registry import Registry
from actcli.spec import split_spec
from actcli.training.hyperparameters import Hyperparameter, Value, bind, parameters_of

P = ParamSpec("P")
F = TypeVar("F", bound=Callable[..., object])


@dataclass(kw_only=True, eq=False)
class Record(Generic[F]):
    """One declared thing: what its decorator says of it, and what the function beneath does by its name and signature."""

    kind: ClassVar[str]
    formula: str = field(kw_only=False)
    aliases: tuple[str, ...] = ()
    note: str = ""
    function: F = field(init=False)
    name: str = field(init=False)
    summary: str = field(init=False)
    parameters: dict[str, Hyperparameter] = field(init=False)

    def stand_for(self, function: F) -> None:
        """Take the function that is declared, and read its name, its parameters and the first line of its docstring."""
        self.function = function
        self.name = function.__name__
        self.summary = (function.__doc__ or "").partition("\n")[0]
        self.parameters = parameters_of(function)

    @property
    def title(self) -> str:
        """What an error calls it."""
        return f"{self.kind} '{self.name}'"

    def bind(
        self, given: Mapping[str, Value], shared: Mapping[str, Value] | None = None
    ) -> dict[str, Value]:
        """Return a value for every parameter: shared by several records, else given, else its default."""
        return bind(self.title, self.parameters, given, shared)


R = TypeVar("R", bound=Record[Any])


def declaring(
    record: Callable[P, R], complete: Callable[[R, F], None], registry: Registry[R]
) -> Callable[P, Callable[[F], R]]:
    """Return the decorator that makes a record of what it is given, completes it with the function, and registers it."""

    def decorator(*facts: P.args, **named: P.kwargs) -> Callable[[F], R]:
        def declare(function: F) -> R:
            made = record(*facts, **named)
            complete(made, function)
            registry.add(made.name, made, made.aliases)
            return made

        return declare

    return decorator


def meanings(records: Iterable[Record[Any]]) -> dict[str, list[str]]:
    """Return a table of what parameters mean: a row for each meaning, with the names of those that have it."""
    found: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for p in record.parameters.values():
            found.setdefault((p.name, p.meaning), []).append(record.name)
    return {
        "parameter": [name for name, _ in found],
        "meaning": [meaning for _, meaning in found],
        "of": [", ".join(names) for names in found.values()],
    }


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
