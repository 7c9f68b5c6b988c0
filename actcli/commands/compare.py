"""``actcli compare``: functions side by side, their properties and their values."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.analysis import Analysis
    from actcli.engine import Array

EXAMPLES = """
actcli compare sigmoid tanh relu
actcli compare relu leaky_relu:alpha=0.2 elu -x -3:3:0.5 -d
actcli compare gelu gelu_tanh "x*sigmoid(1.702*x)" -x -1,0,1 -f json
actcli compare relu gelu swish mish -o compare.png
"""


def run(
    context: typer.Context,
    functions: options.FunctionNames,
    x: options.Points = None,
    derivative: options.Derivative = False,
    param: options.Parameters = None,
    precision: options.Precision = 8,
    format_: options.Format = "table",
    output: options.PictureOutput = None,
) -> None:
    """Compare functions by their properties and values.

    Prints a table of properties, then one of the values at -x (by default -3:3, or -6:5 if a function works over an
    axis, which takes the numbers as one vector). The properties are computed from the kernels; the cost per element,
    relative to relu, is measured on the spot, but for a formula of your own, which is computed exactly and slowly. If
    the file of -o is a picture, it shows functions and derivatives side by side, from the smallest number of -x to the
    largest (by default -6:6).
    """
    from actcli import points
    from actcli.errors import RequestError
    from actcli.render.output import emit, is_picture

    chosen = {f.label: f for f in options.resolve(functions, param)}
    if output and is_picture(output):
        options.refuse(context, ["format_", "precision"], "a picture")
        _draw(chosen, points.read(x or ["-6:6"]), output)
        return
    if "x" in chosen:
        raise RequestError("'x' is what the numbers are called; write identity")

    from actcli.differentiate import primed
    from actcli.render.records import Records

    # twelve numbers for what takes halves or groups
    usual = "-6:5" if any(f.over_axis for f in chosen.values()) else "-3:3"
    at = points.read(x or [usual])
    values = _values(chosen, at, derivative)
    costs = _costs(chosen, at.size)
    analyses = {label: options.analysed(f) for label, f in chosen.items()}
    document = {
        "functions": list(analyses),
        "properties": {
            label: _facts(f, analyses[label], costs[label])
            for label, f in chosen.items()
        },
        "x": at,
        "values": {label: values[label] for label in chosen},
    }
    if derivative:
        document["derivatives"] = {
            label: values[primed(label)] for label in chosen if primed(label) in values
        }
    emit(
        Records(_padded(values), document),
        format_,
        output,
        lambda: _show(chosen, analyses, costs, values, precision),
    )


def _facts(
    function: "Activation", analysis: "Analysis | None", cost: float | None
) -> dict[str, Any]:
    computed = analysis.to_dict() if analysis else {}
    return {
        "formula": str(function.formula),
        **computed,
        "cost": cost,
        "use": function.use,
    }


def _values(
    chosen: "dict[str, Activation]", x: "Array", derivative: bool
) -> "dict[str, Array]":
    """Return what each function gives, and its derivative; one over an axis takes x as one vector, and may give fewer or more."""
    import numpy as np

    from actcli.differentiate import primed

    values = {"x": x}
    for label, f in chosen.items():
        values[label] = np.ravel(f(x))
        if derivative and not f.over_axis:
            values[primed(label)] = f.derivative(x)
    return values


def _padded(values: "dict[str, Array]") -> "dict[str, Array]":
    """Return columns of one length, with nan where there is nothing."""
    import numpy as np

    most = max(v.size for v in values.values())
    return {n: np.append(v, [np.nan] * (most - v.size)) for n, v in values.items()}


def _costs(chosen: "dict[str, Activation]", length: int) -> dict[str, float | None]:
    """Return the time of one element relative to relu: the best of some runs, in turn, on numbers that fit the cache.

    These are a multiple of a length that all of them take. A formula has none: it has no kernel.
    """
    from time import perf_counter

    import numpy as np

    from actcli import get

    count = length * max(1, (1 << 14) // length)
    normal = np.random.default_rng(0).normal(size=count)
    timed = {label: f for label, f in chosen.items() if not f.is_formula}
    best = dict.fromkeys([*timed, "relu"], np.inf)
    for _ in range(9):
        for label, f in {**timed, "relu": get("relu")}.items():
            start = perf_counter()
            f(normal)
            best[label] = min(best[label], perf_counter() - start)
    return {
        label: float(f"{best[label] / best['relu']:.2g}") if label in timed else None
        for label in chosen
    }


def _show(
    chosen: "dict[str, Activation]",
    analyses: "dict[str, Analysis | None]",
    costs: dict[str, float | None],
    values: "dict[str, Array]",
    precision: int,
) -> None:

    from actcli.render.properties import NOT_SAID, compared
    from actcli.render.tables import shortened, show, tell_left_out

    told = {label: compared(f, analyses[label]) for label, f in chosen.items()}
    for label, rows in told.items():
        cost = costs[label]
        rows["cost"] = NOT_SAID if cost is None else f"{cost:g} × relu"
    headings = list(next(iter(told.values())))
    cells = {label: [rows[h] for h in headings] for label, rows in told.items()}
    show({"": headings, **cells}, text_columns=["", *cells])
    most = max(v.size for v in values.values())
    show({n: shortened(_with_blanks(v, most), precision) for n, v in values.items()})
    tell_left_out(most)


def _with_blanks(v: "Array", most: int) -> "Array":
    """Return a column for people, with cells that are empty below what is shorter than others."""
    import numpy as np

    return np.append(v.astype(object), [""] * (most - v.size)) if v.size < most else v


def _draw(chosen: "dict[str, Activation]", x: "Array", path: Path) -> None:
    from actcli.render import figures
    from actcli.render.curve import check_range
    from actcli.render.output import note
    from actcli.render.sampling import curves_of

    low, high = float(x.min()), float(x.max())
    check_range(low, high, f"-x: '{low:g}:{high:g}'")
    drawn = [
        c for f in chosen.values() for c in curves_of(f, low, high, derivative=True)
    ]
    figures.draw(figures.side_by_side(drawn), path, figures.Look(size=(10.2, 4.2)))
    note(f"wrote {path}")
