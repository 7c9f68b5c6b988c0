"""``actcli plot``: a picture of functions and their derivatives."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.engine import Array
    from actcli.render.figures import Curve

EXAMPLES = """
actcli plot swish --derivative
actcli plot relu gelu mish --range -4:4 -o three.svg
actcli plot leaky_relu:alpha=0.2 leaky_relu:alpha=0.01 -d --layout side
actcli plot "x*sigmoid(b*x)" -p b=1.702 -d --dark
actcli plot softmax --derivative
"""
_COUNT = 1201  # abscissae: more than twice the dots of a picture this wide
_COUNT_EXACT = 401  # a user's formula is computed exactly, and slowly


def run(
    functions: options.FunctionNames,
    derivative: options.Derivative = False,
    layout: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="overlay, or side: function left, derivative right."
        ),
    ] = "overlay",
    range_: Annotated[
        str, typer.Option("--range", metavar="FROM:TO", help="The abscissae.")
    ] = "-6:6",
    ylim: Annotated[
        str | None, typer.Option(metavar="FROM:TO", help="The ordinates.")
    ] = None,
    param: options.Parameters = None,
    title: Annotated[
        str | None, typer.Option(help="A title; none unless given.")
    ] = None,
    size: Annotated[
        str, typer.Option(metavar="WIDTHxHEIGHT", help="In inches.")
    ] = "6.4x4.2",
    dpi: Annotated[int, typer.Option(min=10, max=1200, help="Dots per inch.")] = 150,
    dark: Annotated[bool, typer.Option("--dark", help="Light on dark.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A .png, .svg or .pdf; NAME.png unless given.",
        ),
    ] = None,
) -> None:
    """Draw functions and their derivatives, and print the path of the picture.

    One function is blue and its derivative orange; of several, each has its colour and the derivatives are dashed.
    A function over an axis is drawn as its first input moves and the others stay at 0.
    """
    chosen = options.resolve(functions, param)
    options.one_of(layout, ("overlay", "side"), "layout")
    low, high = interval(range_, "--range")
    limits = interval(ylim, "--ylim") if ylim else None
    inches = _size(size)
    path = output or Path(f"{_file_name(chosen)}.png")

    from actcli.render import figures

    figures.check_suffix(path)
    side = layout == "side"
    drawn = [_curves(f, low, high, derivative or side) for f in chosen]
    flat = [c for curves in drawn for c in curves]
    panels: list[tuple[str, Sequence[Curve]]] = [("", flat)]
    if side:
        panels = [
            ("function", [c for c in flat if not c.is_derivative]),
            ("derivative", [c for c in flat if c.is_derivative]),
        ]
        inches = (inches[0] * 1.6, inches[1]) if size == "6.4x4.2" else inches
    figures.draw(panels, path, figures.Look(title or "", limits, inches, dpi, dark))
    typer.echo(str(path))


def interval(text: str, option: str) -> tuple[float, float]:
    """Return ``from:to`` as two finite numbers, the first below the second."""
    import math

    from actcli.errors import RequestError
    from actcli.spec import number

    parts = text.split(":")
    try:
        low, high = map(number, parts)
    except (RequestError, ValueError):
        raise RequestError(
            f"{option}: '{text}' is not FROM:TO; write it like -6:6"
        ) from None
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise RequestError(
            f"{option}: '{text}' does not ascend between finite numbers; write it like -6:6"
        )
    return low, high


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

    names = "-".join(dict.fromkeys(f.name for f in chosen))
    return re.sub(r"[^\w.-]+", "_", names).strip("_")[:80] or "formula"


def _curves(
    function: "Activation", low: float, high: float, derivative: bool
) -> "list[Curve]":
    import numpy as np

    if function.over_axis:
        return _axis_curves(function, np.linspace(low, high, 401), derivative)
    count = _COUNT if function.family != "formula" else _COUNT_EXACT
    x = np.linspace(low, high, count)
    kinks = function.kink_points()
    curves = [_curve(function.label, function, x, kinks, is_derivative=False)]
    if derivative:
        curves.append(
            _curve(
                f"{function.label}′", function.derivative, x, kinks, is_derivative=True
            )
        )
    return curves


def _curve(
    label: str,
    f: "Callable[[Array], Array]",
    x: "Array",
    kinks: Sequence[float],
    *,
    is_derivative: bool,
) -> "Curve":
    from actcli.render.figures import Curve, broken_line

    grid, y, marks = broken_line(f, x, kinks)
    return Curve(label, grid, y, is_derivative, marks)


def _axis_curves(function: "Activation", x: "Array", derivative: bool) -> "list[Curve]":
    """Return the outputs of three inputs as the first moves, and the first column of the Jacobian."""
    import numpy as np

    from actcli.render.figures import Curve

    rows = np.stack([x, *[np.zeros_like(x)] * 3], axis=-1)
    outputs = function(rows)
    curves = [
        Curve(f"{function.label} y{i + 1}", x, outputs[:, i])
        for i in range(min(2, outputs.shape[-1]))
    ]
    if derivative:
        column = function.derivative(rows)[..., 0]
        curves += [
            Curve(f"{function.label} y{i + 1}′", x, column[:, i], is_derivative=True)
            for i in range(min(2, column.shape[-1]))
        ]
    return curves
