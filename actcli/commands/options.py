"""Arguments and options that several commands share, each named once, and what they mean together."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from actcli.render.formats import BINARY, FORMATS

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.analysis import Analysis
    from actcli.errors import UndecidedError
    from actcli.registry import Registry
    from actcli.training.declaration import Choice, Record

    R = TypeVar("R", bound=Record[Any])


# completions: of what they return, Typer takes those that begin as what was typed


def complete_function(incomplete: str) -> list[str]:
    """Return the names of functions, and their aliases once something is typed."""
    from actcli import functions

    aliases = [a for f in functions.values() for a in f.aliases] if incomplete else []
    return [*functions, *aliases]


def complete_parameter(context: typer.Context) -> list[str]:
    """Return what sets a parameter of the functions that were named before."""
    return sorted({f"{p}=" for f in _named_before(context) for p in f.parameters})


def complete_trainable(context: typer.Context) -> list[str]:
    """Return the parameters that the functions named before have a derivative by."""
    return sorted({p for f in _named_before(context) for p in f.trainable})


def complete_family() -> list[str]:
    """Return the families of functions."""
    from actcli import functions

    return sorted({f.family for f in functions.values()})


def _named_before(context: typer.Context) -> "list[Activation]":
    from actcli.errors import RequestError
    from actcli.lookup import get

    found = []
    # where a line is only completed, its arguments stay in args
    for text in context.args:
        try:
            found.append(get(text))
        except RequestError:
            continue  # a word of another meaning, or a piece of one that bash took apart at a colon
    return found


def named(file: Path | None) -> Path | None:
    """Return a file, or None for ``-``, which is standard input or output."""
    return None if file is None or str(file) == "-" else file


FunctionName = Annotated[
    str,
    typer.Argument(
        metavar="FUNCTION",
        help="A name, NAME:param=value, or a formula in x.",
        autocompletion=complete_function,
        show_default=False,
    ),
]
FunctionNames = Annotated[
    list[str],
    typer.Argument(
        metavar="FUNCTION...",
        help="Names, NAME:param=value, or formulas in x.",
        autocompletion=complete_function,
        show_default=False,
    ),
]
Points = Annotated[
    list[str] | None,
    typer.Option(
        "--x",
        "-x",
        metavar="NUMBERS",
        help="Numbers: 1,2,-3 or start:stop:step; may be repeated.",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="Set a parameter; may be repeated.",
        autocompletion=complete_parameter,
    ),
]
Hyperparameters = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        "-p",
        metavar="NAME=VALUE",
        help="Set a parameter of every method that has it; may be repeated.",
    ),
]
Derivative = Annotated[
    bool, typer.Option("--derivative", "-d", help="Add the derivative.")
]


def _format(*binary: str) -> Any:
    *known, last = ("table", *FORMATS, *binary)
    return typer.Option(
        "--format", "-f", help=f"{', '.join(known)} or {last}.", metavar="FORMAT"
    )


Format = Annotated[str, _format(*BINARY)]
# of tables, which no .npy holds
TableFormat = Annotated[str, _format("npz")]
# of what has no numbers
TextFormat = Annotated[str, _format()]
Family = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only this family.",
        autocompletion=complete_family,
    ),
]
# of pictures
Range = Annotated[
    str, typer.Option("--range", metavar="FROM:TO", help="The range of x.")
]
Heights = Annotated[str | None, typer.Option(metavar="FROM:TO", help="The range of y.")]
Title = Annotated[
    str | None, typer.Option(metavar="TEXT", help="A title; by default none.")
]
Dpi = Annotated[int, typer.Option(min=10, max=1200, help="Dots per inch.")]
Dark = Annotated[bool, typer.Option("--dark", help="Light on dark.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=named,
        help="Write the result to a file, in the format of its suffix, or without one in that of -f.",
    ),
]
PictureOutput = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=named,
        help="Draw a picture (.png .svg .pdf), or write the result in the format of the suffix, or of -f.",
    ),
]


def picture(usual: str) -> Any:
    """Return the option of a file for a picture, which is called so unless given."""
    return typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help=f"A .png, .svg or .pdf; by default {usual}; - writes a PNG into a pipe.",
    )


Input = Annotated[
    Path | None,
    typer.Option(
        "--input",
        "-i",
        metavar="FILE",
        help="Read .npy .npz .csv .tsv .hex .txt .json .jsonl; - for a pipe.",
    ),
]
Column = Annotated[
    str | None,
    typer.Option(
        "--column",
        metavar="NAME|N",
        help="Which column or array of the input file, by its name, or by its place from 1 if none has that name. Without it x,"
        " or else the first column or the only array.",
    ),
]
NUMPY_DTYPES = ("float64", "float32", "float16")
DTYPES = (*NUMPY_DTYPES, "bfloat16")
DTYPE_NAMES = f"{', '.join(DTYPES[:-1])} or {DTYPES[-1]}"
Dtype = Annotated[
    str | None,
    typer.Option(
        help=f"{DTYPE_NAMES}; by default that of the input.",
        metavar="DTYPE",
    ),
]
Upstream = Annotated[
    list[str] | None,
    typer.Option(
        "--upstream",
        "-u",
        metavar="NUMBERS",
        help="The gradient with respect to the results, for that with respect to x.",
    ),
]
WithRespectTo = Annotated[
    str | None,
    typer.Option(
        "--wrt",
        metavar="PARAM",
        help="The derivative by a parameter.",
        autocompletion=complete_trainable,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help="Number of threads; by default one per processor.",
    ),
]
Precision = Annotated[
    int,
    typer.Option("--precision", min=1, max=17, help="Significant digits in tables."),
]


def resolve(
    names: Sequence[str], parameters: Sequence[str] | None
) -> "list[Activation]":
    """Return the functions of these names, each once, with ``-p`` set for each that has the parameter."""
    from actcli.lookup import get
    from actcli.registry import suggestion
    from actcli.spec import split_spec

    functions = [get(name, undecided) for name in names]
    given = _given(parameters or ())
    unknown = set(given)
    for k, function in enumerate(functions):
        known = _known(function, split_spec(names[k])[0], given)
        if known:
            _check_once(function, known, alone=len(functions) == 1)
            values = {ours: given[n] for n, ours in known.items()}
            functions[k] = function.bind([*values.items()])
        unknown -= known.keys()
    for name in sorted(unknown):
        nearest = max(
            functions,
            key=lambda f: (bool(suggestion(name, f.parameters)), bool(f.parameters)),
        )
        # raises, with a suggestion
        nearest.parameter(name or given[name])
    return list({f.label: f for f in functions}.values())


def _given(parameters: Sequence[str]) -> dict[str, str]:
    """Return what all of ``-p`` say, by the names that were typed."""
    from actcli.errors import RequestError
    from actcli.spec import split_parameters

    given: dict[str, str] = {}
    for text in parameters:
        for name, value in split_parameters(text).items():
            if name in given:
                raise RequestError(f"-p: '{name or value}' is set twice; set it once")
            given[name] = value
    return given


def _known(
    function: "Activation", spoken: str, given: Mapping[str, str]
) -> dict[str, str]:
    """Return which of the given names mean a parameter of a function, as that was named, and what it is called here."""
    from actcli.lookup import parameter_name

    first = next(iter(function.parameters), "")
    ours = {n: function.spelled(parameter_name(spoken, n) or first) for n in given}
    return {n: o for n, o in ours.items() if o in function.parameters}


def _check_once(
    function: "Activation", known: Mapping[str, str], *, alone: bool
) -> None:
    """Refuse two names of one parameter; of several functions, they may be two parameters of another one."""
    from actcli.errors import RequestError
    from actcli.registry import fold

    seen: dict[str, str] = {}
    for name, ours in known.items():
        if ours in seen and (alone or fold(name) == fold(seen[ours])):
            raise RequestError(f"{function.name}: {ours} is set twice; set it once")
        seen[ours] = name


undecided: "list[UndecidedError]" = []


def tell_undecided() -> None:
    """Raise UndecidedError if no precision decided a formula at some point: the others have come out."""
    from actcli.errors import UndecidedError

    if undecided:
        first, *others = dict.fromkeys(map(str, undecided))
        more = f" and {len(others)} more" if others else ""
        raise UndecidedError(f"{first}{more}; nan stands for it")


def analysed(function: "Activation") -> "Analysis | None":
    """Return the analysis of a function, None of one over an axis; raise RequestError if there is no value to analyse."""
    from actcli.analysis import analyse
    from actcli.errors import RequestError

    if function.over_axis:
        return None
    analysis = analyse(function)
    if analysis.domain == ():
        raise RequestError(
            f"{function.label} has a value at no x; write it in another way"
        )
    return analysis


def check_together(given: Mapping[str, object]) -> None:
    """Refuse options of which only one can be meant, by their names."""
    from actcli.errors import RequestError

    if len(apart := [name for name, value in given.items() if value]) > 1:
        raise RequestError(f"{' and '.join(apart)} do not go together; leave one out")


def checked_dtype(name: str) -> str:
    """Return a dtype's name, or raise RequestError."""
    from actcli import bfloat16

    if one_of(name, DTYPES, "dtype") not in NUMPY_DTYPES:
        bfloat16.dtype()  # raises where it is not to be had
    return name


def one_of(value: str, known: Iterable[str], what: str) -> str:
    """Return a value that is among the known, or raise RequestError with a suggestion."""
    from actcli.errors import RequestError
    from actcli.registry import suggestion

    choices = tuple(known)
    if value not in choices:
        hint = suggestion(value, choices) or f"; choose from {', '.join(choices)}"
        raise RequestError(f"no {what} '{value}'{hint}")
    return value


def of_family(family: str | None) -> "list[Activation]":
    """Return the registered functions of a family, or all; raise RequestError for one that there is not."""
    from actcli import functions

    if family is not None:
        one_of(family, complete_family(), "family")
    return [f for f in functions.values() if family in (None, f.family)]


def interval(text: str, option: str) -> tuple[float, float]:
    """Return ``from:to`` as two numbers that can be drawn, the first below the second."""
    from actcli.errors import RequestError
    from actcli.render.curve import check_range
    from actcli.spec import number

    parts = text.split(":")
    try:
        low, high = map(number, parts)
    except (RequestError, ValueError):
        raise RequestError(
            f"{option}: '{text}' is not FROM:TO; write it like -6:6"
        ) from None
    check_range(low, high, f"{option}: '{text}'")
    return low, high


def choices(
    registry: "Registry[R]", specs: Sequence[str], parameters: Sequence[str] | None
) -> "list[Choice[R]]":
    """Return what the specs name, with ``-p`` set for each that has the parameter."""
    from actcli.registry import fold
    from actcli.spec import split_parameters, split_spec
    from actcli.training.declaration import choose

    shared: dict[str, Any] = {}
    for text in parameters or ():
        shared |= split_parameters(text)
    named = [registry[split_spec(spec)[0]] for spec in specs]
    for name in shared:
        known = {fold(p) for record in named for p in record.parameters}
        if fold(name) not in known:
            named[0].bind({name: shared[name]})  # raises, with a suggestion
    return [choose(registry, spec, shared) for spec in specs]


def check_output(output: Path | None, format_: str) -> None:
    """Raise RequestError before the work is done for a file or a format that no table, or picture, is written in."""
    from actcli.errors import RequestError
    from actcli.render.output import check_suffix, format_of, is_picture
    from actcli.render.records import check_format

    if output and (output.suffix or format_ == "table"):
        check_suffix(output)
    if output and not is_picture(output):
        format_of(output, format_)
    elif format_ != "table":
        check_format(format_)
    if format_ == "npy":
        raise RequestError(".npy holds one array, not a table; use npz or csv")


def check_pipe(picture: Path | None) -> None:
    """Refuse a picture on standard output where that is a terminal."""
    import sys

    from actcli.errors import RequestError

    if picture is None and sys.stdout.isatty():
        raise RequestError(
            "-o -: a terminal shows no pictures; pipe it to a program, or give -o a file"
        )


def refuse(context: typer.Context, names: Iterable[str], what: str) -> None:
    """Raise RequestError for an option that was typed and means nothing here."""
    from actcli.errors import RequestError

    for name in names:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise RequestError(
                f"--{name.strip('_').replace('_', '-')} means nothing with {what}; leave it out"
            )


def shown_parameters(function: "Activation") -> dict[str, Any]:
    """Return a function's parameters as a result names them: those that have a value."""
    # not its defaults: a formula that wants a value is refused here, before anything is printed
    return {n: v for n, v in function.resolve({}).items() if v is not None}
