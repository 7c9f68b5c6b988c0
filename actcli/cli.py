"""The command line: finds a command, runs it, and turns what the user caused into a line and an exit code.

A command's file is imported when it is asked for, and what it needs when it runs: starting is most of a calculator's work.
"""

import errno
import io
import os
import re
import sys
from collections.abc import Sequence
from copy import copy
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup

from actcli.errors import ActcliError, RequestError, one_line, reason

# what --help lists under which heading; a command's file bears its name
PANELS = {
    "Calculate": ("eval", "list", "info"),
    "Look": ("plot", "compare", "gallery"),
    "Train": ("gradflow", "init", "optimize"),
    "Verify": ("check", "golden", "bench"),
}
COMMANDS = tuple(name for names in PANELS.values() for name in names)
DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
# what Click raises for a wrong call; it is vendored by some releases of Typer and beside it in others
_ClickException: Any = typer.BadParameter.__mro__[2]


class _PipeClosedError(Exception):
    """Whoever read standard output has had enough. No OSError: Click would end the program with 1 at that."""


class CommandGroup(TyperGroup):
    """Commands that are loaded by their names."""

    def invoke(self, ctx: Any) -> Any:
        from actcli.commands.options import tell_undecided, undecided

        undecided.clear()  # what a command before it, which failed, has left
        try:
            done = super().invoke(ctx)
        except BrokenPipeError:
            raise _PipeClosedError from None
        tell_undecided()
        return done

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # the signature is Typer's
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # the signature is Typer's
        if cmd_name not in COMMANDS:
            from actcli.errors import UnknownNameError
            from actcli.registry import suggestion

            hint = suggestion(cmd_name, COMMANDS) or "; 'actcli --help' lists them"
            raise UnknownNameError(f"no command '{cmd_name}'{hint}")
        module = import_module(f"actcli.commands.{cmd_name}")
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(
            cmd_name, epilog=examples(module.EXAMPLES), no_args_is_help=False
        )(module.run)
        command = typer.main.get_command(single)
        for parameter in command.params:
            if number := _number(parameter.type):
                parameter.type = _read_as_points_are(parameter.type)
                parameter.metavar = parameter.metavar or number.metavar
            elif hasattr(parameter.type, "readable"):
                # what opens it says why it cannot, and one to be replaced need not be read
                parameter.type.readable = False
                if {"--output", "--save"} & {*parameter.opts}:
                    parameter.type = _no_folder(parameter.type)
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for panel, names in PANELS.items():
            with formatter.section(panel):
                rows = [
                    (name, self.get_command(ctx, name).get_short_help_str(70))
                    for name in names
                ]
                formatter.write_dl(rows)


def _read_as_points_are(kind: Any) -> Any:
    """Return Click's kind of a number, to be written as those after -x: 1/3, pi, 1e6 for a whole one too."""

    def convert(value: Any, *place: Any) -> Any:
        from actcli.spec import is_number, number

        if isinstance(value, str) and is_number(value):
            got = number(value)
            if kind.name.startswith("float"):
                value = got
            elif got.is_integer() and not value.isdecimal():  # int knows all digits
                value = int(got)
        return kind.convert(value, *place)

    ours = copy(kind)
    ours.convert = convert
    # not 1<=x<=17, where x is what a function is evaluated at
    ours._describe_range = lambda: _bounds(kind)
    return ours


def _bounds(kind: Any) -> str:
    low, high = kind.min, kind.max
    return f"at least {low}" if high is None else f"from {low} to {high}"


def _no_folder(kind: Any) -> Any:
    """Return Click's kind of a file, without names that end as that of a folder: a Path would know nothing of it."""

    def convert(value: Any, *place: Any) -> Any:
        if str(value).endswith(("/", os.sep)):
            raise RequestError(f"{value}: names a folder; name a file in it")
        return kind.convert(value, *place)

    ours = copy(kind)
    ours.convert = convert
    return ours


def examples(text: str) -> str:
    """Return examples as the end of a help text, each on its line."""
    # \b keeps Click from filling the lines into a paragraph
    return "\b\nExamples:\n" + "\n".join(
        f"  {line}" for line in text.strip().splitlines()
    )


app = typer.Typer(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from actcli import __version__

        typer.echo(f"actcli {__version__}")
        raise typer.Exit


@app.callback(
    no_args_is_help=True,
    epilog=examples(
        "actcli eval relu -x 1,2,-3\nactcli plot swish --derivative\nactcli compare sigmoid tanh relu"
    ),
)
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            is_eager=True,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Activation functions: values and derivatives right to the last digits, tables and plots."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with what it came to."""
    # OpenBLAS starts a thread for each processor when NumPy is imported; a calculator has no use for them
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # closed by whoever started this: nobody wants to read it
            setattr(sys, name, io.TextIOWrapper(io.BytesIO()))
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            # a terminal that has no ′ gets a ? for it, not a traceback
            stream.reconfigure(errors="replace")
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    typed = separated(sys.argv[1:] if arguments is None else arguments)
    try:
        code = typer.main.get_command(app).main(
            args=typed or ["--help"],
            prog_name="actcli",
            standalone_mode=False,
        )
        sys.stdout.flush()
        if code == INTERRUPTED:
            raise KeyboardInterrupt  # some releases of Typer only tell by the code
        return code if isinstance(code, int) else DONE
    except ActcliError as error:
        return _say(str(error), error.exit_code)
    except _ClickException as error:
        return _say(_told(error) + _advice(error, typed), WRONG)
    except (typer.Abort, KeyboardInterrupt):
        return _say("interrupted", INTERRUPTED)
    except MemoryError:
        return _say("not enough memory for that many numbers", FAILED)
    except _PipeClosedError:
        return _stream_failed(BrokenPipeError(errno.EPIPE, ""))
    except OSError as error:
        return _stream_failed(error)


def separated(arguments: Sequence[str]) -> list[str]:
    """Take ``-x=-3`` apart: Click would keep the sign of equality in the value of a short option.

    >>> separated(["eval", "-x=-3", "--dtype=float32"])
    ['eval', '-x', '-3', '--dtype=float32']
    """
    short = [a[:1] == "-" and a[1:2].isalpha() and a[2:3] == "=" for a in arguments]
    parts = [
        (a[:2], a[3:]) if s else (a,) for a, s in zip(arguments, short, strict=True)
    ]
    return [part for pair in parts for part in pair]


def _say(text: str, code: int) -> int:
    sys.stderr.write(f"actcli: {one_line(text)}\n")
    return code


def _told(error: Any) -> str:
    """Return what was wrong with a call, in our own words where an option takes a number."""
    parameter = getattr(error, "param", None)
    kind: Any = getattr(parameter, "type", None)
    value, refused, _ = error.message.partition(" is not ")
    number = _number(kind)
    if parameter is None or number is None or not refused:
        text = error.format_message().rstrip(".")
        return str(text[:1].lower() + text[1:])
    # without dashes, as the library says it
    told = f"{max(parameter.opts, key=len).lstrip('-')} {value.strip(chr(39))}"
    if "not a valid" in error.message:
        return f"{told} is not a {number.words}; write it like {number.example}"
    return f"{told} is out of range; give a {number.words} {_bounds(kind)}"


def _advice(error: Any, typed: Sequence[str]) -> str:
    """Return what to do about a call that Click cannot take apart."""
    from actcli.spec import is_number

    context = getattr(error, "ctx", None)
    command: Any = context.command if context else None
    kind = type(error).__name__
    if kind in ("MissingParameter", "NoSuchOption"):
        for word in typed:
            if re.match(r"-[^-].*[*/(]", word) and not is_number(word):
                return f"; a formula does not begin with -, write 0{word}"
    if kind == "MissingParameter" and command.epilog:
        return f"; for example {command.epilog.splitlines()[2].strip()}"
    if context is None or kind == "BadParameter":
        return ""
    stray = re.search(r"(extra argument.* \(|such option: )([^\s)]+)", error.message)
    if stray and is_number(stray[2]) and any("-x" in p.opts for p in command.params):
        return "; write numbers as -x 1,2,-3"
    if stray and command.name in ("eval", "info") and kind == "UsageError":
        return "; compare takes several functions"
    return f"; see '{context.command_path} --help'"


class _Number(NamedTuple):
    """What an option takes, in words, as an example, and in its help."""

    words: str
    example: str
    metavar: str


# by how Click's names for the kind of an option begin
_NUMBERS = {
    "int": _Number("whole number", "3", "N"),
    "float": _Number("number", "0.5", "NUMBER"),
}


def _number(kind: Any) -> _Number | None:
    name = getattr(kind, "name", "")
    return next((n for k, n in _NUMBERS.items() if name.startswith(k)), None)


def _stream_failed(error: OSError) -> int:
    # what is still buffered cannot be written either: without this, the interpreter would say so at its end
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if error.errno == errno.EPIPE:
        return DONE
    return _say(f"standard output: {reason(error)}", FAILED)
