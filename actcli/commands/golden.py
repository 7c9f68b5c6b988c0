"""``actcli golden``: numbers to test an implementation at, with the exact results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from actcli.activation import Activation
    from actcli.commands.request import Request
    from actcli.engine import Array

EXAMPLES = """
actcli golden gelu -o gelu.csv
actcli golden leaky_relu:alpha=0.1 --dtype float32 --count 0 -f hex
actcli golden swish --dtype bfloat16 --count 100 -f json
actcli golden softmax --length 16 --dtype float32 -o softmax.npz
actcli golden softmax --backward -f csv
"""


def run(
    function: options.FunctionName,
    wrt: options.WithRespectTo = None,
    param: options.Parameters = None,
    dtype: Annotated[
        str, typer.Option(help=f"{options.DTYPE_NAMES}.", metavar="DTYPE")
    ] = "float64",
    count: Annotated[
        int,
        typer.Option(min=0, max=10_000_000, help="How many random numbers."),
    ] = 1000,
    length: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65_536,
            help="Numbers in a row, for a function over an axis; 8 unless given.",
        ),
    ] = None,
    jacobian: Annotated[
        bool,
        typer.Option(
            "--jacobian", help="Add the Jacobian of each row, in json or npz."
        ),
    ] = False,
    finite: Annotated[
        bool, typer.Option("--finite", help="Leave out x that is infinite or NaN.")
    ] = False,
    backward: Annotated[
        bool,
        typer.Option(
            "--backward",
            help="Add random gradients with respect to the results, and those with respect to x.",
        ),
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 0,
    format_: options.TableFormat = "table",
    output: options.Output = None,
) -> None:
    """Give numbers to test an implementation at, with exact results.

    First come both zeros, the ends of the format, infinities and NaN, the kinks and zeros of the function and the
    numbers next to them; then random ones of every magnitude, more where functions bend, saturate and underflow. The
    function and its derivative are computed from the formula and rounded once. 'actcli check' compares with them.

    Of a function over an axis they are rows: equal numbers, huge ones, masks of -inf, then random ones of many scales.

    At infinities the results are limits, where many a kernel has NaN; --finite leaves them out. Decimals are the shortest
    that tell a number from others of its format: read them in that format, or take hex or npz.
    """
    from dataclasses import replace

    import numpy as np

    from actcli.commands.eval import put
    from actcli.commands.request import Request
    from actcli.render.output import format_of
    from actcli.rounding import FORMATS
    from actcli.verify.vectors import gradients, rows, vectors

    (chosen,) = options.resolve([function], param)
    dtype = options.checked_dtype(dtype)
    wrt = wrt and chosen.spelled(wrt)
    order = int(jacobian or not chosen.over_axis)
    request = Request(chosen, order=order, wrt=wrt, exact=True, dtype=dtype)
    request.check()
    if chosen.over_axis:
        _check_rows(chosen, jacobian, format_of(output, format_))
        x = rows(dtype, count, length or 8, seed)
    else:
        _check_elements(chosen, {"--length": length, "--jacobian": jacobian})
        x = vectors(chosen, dtype, count, seed)
    if finite:
        x = x[np.isfinite(x.reshape(len(x), -1)).all(axis=1)]
    if backward:
        options.check_together({"--wrt": wrt, "--backward": backward})
        upstream = gradients(np.shape(chosen(x)), dtype, seed)
        request = replace(request, upstream=upstream)
        request.check()
    x, results = (_of_rows if chosen.over_axis else _of_elements)(request, x)
    if not chosen.is_formula:
        _sign_zeros(chosen, wrt, x, results)
    if chosen.over_axis:
        _put_rows(request, x, results, format_, output)
    else:
        put(request, x, results, format_, output, FORMATS[dtype].decimals)


def _check_rows(function: "Activation", jacobian: bool, format_: str) -> None:
    from actcli.errors import RequestError

    if function.resolve({})["axis"] != -1:
        raise RequestError(f"golden gives rows of {function.name}; leave out axis")
    if jacobian and format_ not in ("json", "npz"):
        raise RequestError(
            f"--jacobian: {format_} holds no matrices; use -f json or -o FILE.npz"
        )


def _check_elements(function: "Activation", given: "Mapping[str, object]") -> None:
    from actcli.errors import RequestError

    for option, value in given.items():
        if value:
            raise RequestError(
                f"{function.name} is elementwise and has no rows; leave out {option}"
            )


def _of_elements(request: "Request", x: "Array") -> "tuple[Array, dict[str, Array]]":
    """Return results, and where there are any: x - tanh(x) next to a tie has none, but there are other points."""
    import numpy as np

    from actcli.commands.eval import computed

    results = computed(request, x)
    if options.undecided:
        lost = np.isnan(results["f"]) | np.isnan(results["derivative"])
        known = np.isnan(x) | ~lost
        x, results = x[known], {n: v[known] for n, v in results.items()}
        options.undecided.clear()
    return x, results


def _of_rows(request: "Request", x: "Array") -> "tuple[Array, dict[str, Array]]":
    """Return the results of rows, and the rows that have any."""
    from dataclasses import replace

    import numpy as np

    from actcli.render.progress import progress
    from actcli.verify.vectors import as_here

    f = request.function
    found = []
    with progress(x.size, "numbers") as advance:
        for k, row in enumerate(x):
            back = None if request.upstream is None else request.upstream[k]
            results = replace(request, upstream=back)(row)
            advance(row.size)
            if options.undecided:
                options.undecided.clear()
                continue
            if not np.isfinite(row).all():
                results["f"] = as_here(results["f"], f(row))
                if request.order:
                    ours = f.derivative(row)
                    results["derivative"] = as_here(results["derivative"], ours)
            found.append((row, results))
    kept, several = zip(*found, strict=True)
    return np.array(kept), {n: np.array([r[n] for r in several]) for n in several[0]}


def _put_rows(
    request: "Request",
    x: "Array",
    results: "dict[str, Array]",
    format_: str,
    output: Path | None,
) -> None:
    """Print rows, or write them to a file: a line for each, or arrays."""
    from actcli.render.output import emit
    from actcli.render.records import Records
    from actcli.render.tables import shortened, show, tell_left_out
    from actcli.rounding import FORMATS

    columns: dict[str, Array] = {}
    for name, rows in {"x": x, **results}.items():
        # a Jacobian is in formats that hold arrays
        if rows.ndim == 2:
            columns |= {f"{name}{k}": column for k, column in enumerate(rows.T, 1)}
        elif rows.ndim == 1:
            columns[name] = rows
    names = [n for n in columns if n.startswith(("f", "backward"))]
    document = {**request.known(x.dtype), "x": x, **results}

    def table() -> None:
        digits = FORMATS[x.dtype.name].decimals
        show({n: shortened(c, digits) for n, c in columns.items()}, keys=0)
        tell_left_out(len(x))

    emit(Records(columns, document, tuple(names)), format_, output, table)


def _sign_zeros(
    function: "Activation", wrt: str | None, x: "Array", results: "dict[str, Array]"
) -> None:
    """Give each 0 the sign that it has here, as a formula knows no -0."""
    import numpy as np

    for name in results.keys() & {"f", "derivative"}:
        y = results[name]
        ours = function(x) if name == "f" else function.derivative(x, wrt)
        y[...] = np.where(y == 0.0, np.copysign(0.0, ours), y)
