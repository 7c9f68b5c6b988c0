"""``actcli eval``: values and derivatives of one function, as a table or for machines."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.commands.request import Request
    from actcli.engine import Array
    from actcli.render.records import Records

EXAMPLES = """
actcli eval relu -x 1,2,-3
actcli eval sigmoid -x -1:1:0.5 --derivative
actcli eval swish:beta=2 -x 0.5 --order 2
actcli eval prelu -x=-3 --wrt alpha
actcli eval softmax -x 1,2,3 -d --upstream 1,0,0
actcli eval "x*tanh(exp(x))" -x 1 -d
actcli eval gelu -x 1.5 --digits 50
printf '1\\n2\\n-3\\n' | actcli eval relu -f csv
"""


_ENDINGS = {2: "nd", 3: "rd"}


def run(
    context: typer.Context,
    function: options.FunctionName,
    x: options.Points = None,
    derivative: options.Derivative = False,
    order: Annotated[
        int,
        typer.Option(min=0, max=20, help="All derivatives up to this one, exactly."),
    ] = 0,
    wrt: options.WithRespectTo = None,
    upstream: options.Upstream = None,
    param: options.Parameters = None,
    dtype: options.Dtype = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="From the formula, rounded once.")
    ] = False,
    digits: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="That many correct digits, at the number of the dtype nearest to each.",
        ),
    ] = None,
    precision: options.Precision = 8,
    format_: options.Format = "table",
    output: options.Output = None,
    input_: options.Input = None,
    column: options.Column = None,
    threads: options.Threads = None,
) -> None:
    """Evaluate a function and its derivative.

    The numbers are typed, piped or from a file: decimal, hexadecimal (0x1.8p-3), fractions (1/3), pi, e, inf or nan.
    The function may be a formula in x; its names other than x are parameters: actcli eval "x*sigmoid(b*x)" -p b=2 -x 1.
    """
    from actcli import points
    from actcli.commands.request import Request
    from actcli.render.output import format_of, note

    (chosen,) = options.resolve([function], param)
    _check_source(x, input_, column)
    if digits:
        options.refuse(context, ["precision"], "--digits")
    request = Request(
        chosen,
        order=max(order, int(derivative or wrt is not None)),
        wrt=wrt and chosen.spelled(wrt),
        upstream=points.read(upstream, "--upstream") if upstream else None,
        exact=exact,
        digits=digits,
        dtype=options.checked_dtype(dtype) if dtype else None,
        threads=threads,
    )
    request.check()
    input_ = options.named(input_)
    if x:
        typed = request.read(points.read(x))
        put(request, typed, computed(request, typed), format_, output, precision)
        return
    from actcli import sources
    from actcli.commands import streaming

    if request.in_parts:
        show = partial(_show_columns, request, precision)
        streaming.run(request, input_, column, format_, output, show)
        return
    with sources.opened(input_, column) as source:
        if source.told:
            note(source.told)
        if source.arrays and format_of(output, format_) == "npz":
            streaming.every_whole_array(request, source, output)
            return
        values = source.whole()
    values = request.read(values)
    put(request, values, computed(request, values), format_, output, precision)


def _check_source(x: object, input_: object, column: object) -> None:
    """Refuse numbers from two places."""
    from actcli.errors import RequestError

    if x and input_:
        raise RequestError("both -x and -i are given; use one of them")
    if x and column:
        raise RequestError("--column is of an input file; leave it out or use -i")


def computed(request: "Request", x: "Array") -> "dict[str, Array]":
    """Return the results for all numbers at once; of exact ones, which take long, progress is shown."""
    from actcli.render.progress import progress

    with progress(x.size, "numbers") as advance:
        return request(x, advance=advance)


def put(
    request: "Request",
    x: "Array",
    results: "dict[str, Array]",
    format_: str,
    output: Path | None,
    precision: int,
) -> None:
    """Print results, or write them to a file."""
    from actcli.render.output import emit

    emit(
        _records(request, x, results),
        format_,
        output,
        lambda: _show(request, precision, x, results),
    )


def _records(request: "Request", x: "Array", results: "dict[str, Array]") -> "Records":
    from actcli.render.records import Records

    document = {**request.known(x.dtype), "x": x, **results}
    columns = _columns(x, results)
    return Records(
        columns, document, tuple(n for n in columns if n not in ("x", "upstream"))
    )


def _columns(x: "Array", results: "dict[str, Array]") -> "dict[str, Array]":
    """Return results as columns of equal length: a Jacobian is a column for each input."""
    length = results["f"].size
    columns = {"x": x.ravel()} if x.size == length else {}
    for name, values in results.items():
        if name == "derivative" and values.ndim > results["f"].ndim:
            flat = values.reshape(length, -1)
            columns |= {
                f"derivative_by_x{j}": column for j, column in enumerate(flat.T, 1)
            }
        else:
            columns[name] = values.ravel()
    if len({c.size for c in columns.values()}) > 1:
        # what goes back has the length of the input, x beside it
        return _filled({"x": x.ravel(), **columns})
    return columns


def _filled(columns: "dict[str, Array]") -> "dict[str, Array]":
    """Return columns of different lengths as texts of one length."""
    from actcli.render.records import shortest, texts

    longest = max(c.size for c in columns.values())
    return {
        n: texts([*shortest(c), *[""] * (longest - c.size)]) for n, c in columns.items()
    }


def _show(
    request: "Request", precision: int, x: "Array", results: "dict[str, Array]"
) -> None:
    from actcli.render.tables import shortened, show

    function, columns = request.function, {"x": x, **results}
    jacobian = columns.pop("derivative", None) if function.over_axis else None
    f = results["f"]
    if x.size != f.size:
        # one table for what comes out, one for what goes back
        del columns["x"]
        if "backward" in columns:
            inputs = shortened(x, max(precision, 8))
            back = shortened(columns.pop("backward"), precision)
            show({"x": inputs, "backward": back})
    alone = function.over_axis and x.ndim <= 1 and f.shape == x.shape
    _show_columns(request, precision, columns, max(x.size, f.size), alone)
    if jacobian is not None:
        _show_jacobian(function.label, jacobian, precision)


def _show_columns(
    request: "Request",
    precision: int,
    columns: "dict[str, Array]",
    count: int,
    alone: bool,
) -> None:
    """Print a table of columns of so many rows; of a row of an array ``alone`` with what its shares sum to."""
    from actcli.render.tables import shortened, show, tell_left_out

    headings = _headings(request.function.label, request.wrt)
    cells = {
        headings.get(n, n): shortened(v, max(precision, 8) if n == "x" else precision)
        for n, v in columns.items()
    }
    footer = _footer(columns["f"], len(cells), precision) if alone else []
    show(cells, footer=footer)
    tell_left_out(count)


def _headings(label: str, wrt: str | None) -> dict[str, str]:
    by = f" by {wrt}" if wrt else ""
    return {
        "f": f"{label}(x)" if label.isidentifier() else label,
        "derivative": f"∂f/∂{wrt}" if wrt else "derivative",
        **{
            f"derivative_{k}": f"{k}{_ENDINGS.get(k, 'th')} derivative{by}"
            for k in range(2, 21)
        },
    }


def _footer(f: "Array", columns: int, precision: int) -> list[str]:
    """Return the sum under outputs that are shares, as those of softmax."""
    from actcli.render.tables import numbers

    if not ((f >= 0.0) & (f <= 1.0)).all():
        return []
    total = numbers([f.sum(dtype=float)], precision)[0]
    return ["sum", total, *[""] * (columns - 2)]


def _show_jacobian(label: str, jacobian: "Array", precision: int) -> None:
    from actcli.render.tables import numbers, show

    flat = jacobian.reshape(-1, jacobian.shape[-1])
    rows = {"": [f"y{i + 1}" for i in range(flat.shape[0])]}
    columns = {
        f"∂x{j + 1}": numbers(flat[:, j], precision) for j in range(flat.shape[1])
    }
    show({**rows, **columns}, title=f"Jacobian of {label}")
