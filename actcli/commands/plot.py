"""``actcli plot``: a picture of functions and their derivatives."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation

EXAMPLES = """
actcli plot swish --derivative
actcli plot relu gelu mish --range -4:4 -o three.svg
actcli plot leaky_relu:alpha=0.2 leaky_relu:alpha=0.01 -d --layout side
actcli plot "x*sigmoid(b*x)" -p b=1.702 -d --dark
actcli plot softmax --derivative
actcli plot gelu --derivative --terminal
"""
_SIZE = "6.4x4.2"
_LINES = 20  # of a picture in the terminal
_OF_FILES = ("layout", "title", "size", "dpi", "dark", "output")


def run(
    context: typer.Context,
    functions: options.FunctionNames,
    derivative: options.Derivative = False,
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="overlay, or side: function left, derivative right."
        ),
    ] = "overlay",
    range_: options.Range = "-6:6",
    ylim: options.Heights = None,
    param: options.Parameters = None,
    title: options.Title = None,
    size: Annotated[
        str,
        typer.Option(
            metavar="WIDTHxHEIGHT",
            help="In inches; a legend that does not fit inside is put beside it.",
        ),
    ] = _SIZE,
    dpi: options.Dpi = 150,
    dark: options.Dark = False,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Draw in the terminal, not into a file.")
    ] = False,
    output: Annotated[Path | None, options.picture("NAME.png")] = None,
) -> None:
    """Draw functions and their derivatives into a picture.

    The path of the picture is printed. A single function is blue and its derivative orange; several have a colour each,
    and their derivatives are dashed.
    Of a function over an axis, the first two outputs are drawn while the first input moves and the others stay at 0, or
    at 1 if the outputs would be 0.
    """
    chosen = options.resolve(functions, param)
    options.one_of(layout, ("overlay", "side"), "layout")
    low, high = options.interval(range_, "--range")
    limits = options.interval(ylim, "--ylim") if ylim else None
    side, inches = layout == "side", _size(size)
    path = options.named(output or Path(f"{_file_name(chosen)}.png"))

    from actcli.render.output import PICTURES, check_suffix
    from actcli.render.sampling import curves_of

    if terminal:
        options.refuse(context, _OF_FILES, "--terminal")
    check_suffix(path, PICTURES)
    options.check_pipe(path)
    drawn = [c for f in chosen for c in curves_of(f, low, high, derivative or side)]
    if terminal:
        from actcli.render import tables
        from actcli.render.terminal import picture

        tables.draw(picture(drawn, tables.width(), _LINES, limits))
        return
    from actcli.render import figures

    if side and size == _SIZE:
        inches = (1.6 * inches[0], inches[1])
    look = figures.Look(title or "", limits, inches, dpi, dark)
    figures.draw(figures.side_by_side(drawn) if side else [("", drawn)], path, look)
    if path is not None:
        typer.echo(str(path))


def _size(text: str) -> tuple[float, float]:
    from actcli.errors import RequestError

    try:
        width, height = map(float, text.lower().split("x"))
    except ValueError:
        raise RequestError(
            f"--size: '{text}' is not WIDTHxHEIGHT; write it like 6.4x4.2"
        ) from None
    if not (0.5 <= width <= 100 and 0.5 <= height <= 100):
        raise RequestError(f"--size: '{text}' is outside 0.5 to 100 inches")
    return width, height


def _file_name(chosen: "Sequence[Activation]") -> str:
    import re

    names = "-".join(f.label for f in chosen)
    return re.sub(r"[^\w.-]+", "_", names).strip("_")[:80] or "formula"
