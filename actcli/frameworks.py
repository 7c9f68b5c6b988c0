"""What frameworks call the functions, and which function a framework's name is. Loaded when one is asked for."""

from functools import cache
from typing import NamedTuple

import actcli.kernels  # noqa: F401  # declares the functions
from actcli._framework_table import RENAMED, TABLE
from actcli.activation import Activation, functions
from actcli.errors import RequestError, UnknownNameError
from actcli.registry import fold, suggestion
from actcli.spec import split_spec


class Spelling(NamedTuple):
    """What a framework calls a function.

    Attributes:
        framework: its name.
        spelling: module and name there.
        parameters: those of the spelling, with their defaults there.
        note: what is different there.
    """

    framework: str
    spelling: str
    parameters: str
    note: str


class _Row(NamedTuple):
    framework: str
    spellings: tuple[tuple[str, ...], ...]  # each in all the ways to write its module
    function: str
    parameters: str
    note: str


def names() -> list[str]:
    """Return the frameworks that are known."""
    return list(TABLE)


def canonical(name: str) -> str:
    """Return the name of a framework that may be spelled otherwise.

    Raises:
        UnknownNameError: no such framework is known.

    >>> canonical("TORCH")
    'torch'
    """
    for framework, (others, _, _) in TABLE.items():
        if fold(name) in map(fold, (framework, *others)):
            return framework
    hint = suggestion(name, TABLE) or f"; known: {', '.join(TABLE)}"
    raise UnknownNameError(f"no framework '{name}'{hint}")


def spellings(function: Activation) -> list[Spelling]:
    """Return what each framework calls a function.

    >>> import actcli
    >>> [s.spelling for s in spellings(actcli.get("leaky_relu")) if s.framework == "keras"]
    ['keras.activations.leaky_relu', 'keras.ops.leaky_relu', 'keras.layers.LeakyReLU']
    """
    return [
        Spelling(row.framework, ways[0], row.parameters, row.note)
        for row in _rows()
        if split_spec(row.function)[0] == function.name
        for ways in row.spellings
    ]


def of_framework(name: str) -> list[tuple[str, Activation]]:
    """Return the spellings of a framework, each with its function, whose defaults are those it has there.

    Raises:
        UnknownNameError: no such framework is known.

    >>> dict(of_framework("Keras"))["keras.layers.LeakyReLU"].label
    'leaky_relu:alpha=0.3'
    """
    wanted = canonical(name)
    return [
        (ways[0], _function(row.function))
        for row in _rows()
        if row.framework == wanted
        for ways in row.spellings
    ]


def find(spelling: str) -> Activation | None:
    """Return the function that a framework's name with a module is, or None where there is no such module.

    Raises:
        UnknownNameError: the module is known, but has no such function.

    >>> find("jax.nn.gelu").name, find("F.silu").name, find("onnx.HardSigmoid").label
    ('gelu_tanh', 'swish', 'hard_sigmoid:lower=-2.5,upper=2.5')
    """
    if row := _index().get(fold(spelling)):
        return _function(row.function)
    module = fold(spelling.rpartition(".")[0])
    known = [way for row in _rows() for ways in row.spellings for way in ways]
    here = [k for k in known if fold(k.rpartition(".")[0]) == module]
    if not here:
        return None
    raise UnknownNameError(
        f"no activation function '{spelling}'{suggestion(spelling, here)}"
    )


def parameter_name(spelling: str, typed: str) -> str:
    """Return what a parameter that a framework's function has is called here; a name of ours stays as it is.

    Raises:
        RequestError: no parameter here does the same.

    >>> parameter_name("nn.LeakyReLU", "negative_slope"), parameter_name("nn.Softmax", "dim")
    ('alpha', 'axis')
    """
    row = _index().get(fold(spelling))
    if row is None:
        return typed
    function = split_spec(row.function)[0]
    theirs = (p.partition("=")[0].strip() for p in row.parameters.split(","))
    name = next((p for p in theirs if fold(p) == fold(typed)), "")
    if not name:
        return typed
    ours, known = (
        RENAMED.get(function, {}).get(name, name),
        functions[function].parameters,
    )
    if ours not in known:
        hint = row.note if name in row.note else f"it has {', '.join(known) or 'none'}"
        raise RequestError(f"{spelling}: {function} has no parameter '{name}'; {hint}")
    return ours


def _function(spec: str) -> Activation:
    name, bound = split_spec(spec)
    return functions[name].bind(list(bound.items())) if bound else functions[name]


@cache
def _index() -> dict[str, _Row]:
    index: dict[str, _Row] = {}
    for row in _rows():
        for ways in row.spellings:
            for way in ways:
                if index.setdefault(fold(way), row).function != row.function:
                    raise ValueError(f"{way} is spelled twice, for two functions")
    return index


@cache
def _rows() -> list[_Row]:
    return [
        _row(framework, modules, line)
        for framework, (_, modules, rows) in TABLE.items()
        for line in rows.strip().splitlines()
    ]


def _row(framework: str, modules: dict[str, tuple[str, ...]], line: str) -> _Row:
    cells = [cell.strip() for cell in line.split("|")]
    written, function, parameters, note = (*cells, "", "")[:4]
    if len(cells) > 4:
        raise ValueError(f"{framework}: '{line}' has more than four cells")
    ways = []
    for spelling in written.split():
        module, _, name = spelling.partition(".")
        ways.append(tuple(f"{way}.{name}" for way in modules[module]))
    return _Row(framework, tuple(ways), function, parameters, note)
