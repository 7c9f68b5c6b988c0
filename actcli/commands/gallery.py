"""``actcli gallery``: many functions in one picture, a small panel each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation

EXAMPLES = """
actcli gallery --family gated -o gated.png
actcli gallery relu gelu swish mish elu selu -d --range -4:4
actcli gallery --family rectifiers --derivative --dark -o rectifiers.svg
"""


def run(
    functions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FUNCTION...]",
            help="Names, NAME:param=value, or formulas in x; by default all that are registered.",
            autocompletion=options.complete_function,
            show_default=False,
        ),
    ] = None,
    family: options.Family = None,
    derivative: options.Derivative = False,
    range_: options.Range = "-6:6",
    ylim: options.Heights = None,
    param: options.Parameters = None,
    title: options.Title = None,
    dpi: options.Dpi = 150,
    dark: options.Dark = False,
    output: Annotated[Path | None, options.picture("gallery.png")] = None,
) -> None:
    """Draw many functions, each into a small panel of one picture.

    The path of the picture is printed. Functions are blue and their derivatives orange.
    """
    chosen = _chosen(functions, family, param)
    low, high = options.interval(range_, "--range")
    limits = options.interval(ylim, "--ylim") if ylim else None

    from actcli.render.output import PICTURES, check_suffix
    from actcli.render.progress import progress
    from actcli.render.sampling import curves_of

    path = options.named(output or Path("gallery.png"))
    check_suffix(path, PICTURES)
    options.check_pipe(path)
    panels = []
    with progress(len(chosen), "functions") as advance:
        for function in chosen:
            curves = curves_of(function, low, high, derivative)
            panels.append((function.label, curves))
            advance(1)
    from actcli.render import figures

    figures.gallery(panels, path, figures.Look(title or "", limits, _PANEL, dpi, dark))
    if path is not None:
        typer.echo(str(path))


_PANEL = (2.0, 1.7)  # inches


def _chosen(
    functions: list[str] | None, family: str | None, param: list[str] | None
) -> "list[Activation]":
    from actcli.errors import RequestError

    if functions and family:
        raise RequestError("functions are named, and a family is; leave one out")
    of_family = [f.name for f in options.of_family(family)]
    return options.resolve(functions or of_family, param)
