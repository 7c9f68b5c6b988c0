"""``actcli eval``: values and derivatives of one function, as a table or for machines."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options, streaming

if TYPE_CHECKING:
    from actcli.activation import Activation
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
    wrt: Annotated[
        str | None,
        typer.Option(
            metavar="PARAM",
            help="The derivative by a parameter.",
            autocompletion=options.complete_trainable,
        ),
    ] = None,
    upstream: Annotated[
        list[str] | None,
        typer.Option(
            "--upstream",
            "-u",
            metavar="NUMBERS",
            help="A gradient; prints what goes back through.",
        ),
    ] = None,
    param: options.Parameters = None,
    dtype: options.Dtype = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="From the formula, rounded once.")
    ] = False,
    digits: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=10_000,
            help="That many correct digits, for the float64 nearest to each number.",
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
    from actcli.render.output import emit, format_of

    (chosen,) = options.resolve([function], param)
    _check_source(x, input_, column)
    if digits:
        options.refuse(context, ["precision"], "--digits")
    output = options.named(output)
    input_ = options.named(input_)
    request = _Request(
        chosen,
        order=max(order, int(derivative or wrt is not None)),
        wrt=wrt,
        upstream=points.read(upstream, "--upstream") if upstream else None,
        exact=exact,
        digits=digits,
    )
    task = request.task(options.checked_dtype(dtype) if dtype else None, threads)

    def show(columns: "dict[str, Array]", count: int, alone: bool) -> None:
        _show_columns(chosen, columns, count, wrt, precision, alone=alone)

    if not x and request.is_plain and streaming.can_stream(task):
        streaming.run(task, input_, column, format_, output, show)
        return
    request.check()
    if x:
        values = task.read(points.read(x))
    else:
        from actcli import sources

        with sources.opened(input_, column) as source:
            if source.arrays and format_of(output, format_) == "npz":
                streaming.every_whole_array(
                    lambda v: request(task.read(v)), request.names, source, output
                )
                return
            values = task.read(source.whole())
    results = request(values)
    emit(
        _records(chosen, values, results, wrt),
        format_,
        output,
        lambda: _show(chosen, values, results, wrt, precision),
    )


def _check_source(x: object, input_: object, column: object) -> None:
    """Refuse numbers from two places."""
    from actcli.errors import RequestError

    if x and input_:
        raise RequestError("both -x and -i are given; use one of them")
    if x and column:
        raise RequestError("--column is of an input file; leave it out or use -i")


@dataclass(frozen=True)
class _Request:
    """What is asked of a function.

    Attributes:
        function: of which.
        order: all derivatives up to this one.
        wrt: by this parameter, not by x.
        upstream: gradients that go back through it.
        exact: from the formula.
        digits: so many, from the formula.
    """

    function: "Activation"
    order: int
    wrt: str | None
    upstream: "Array | None"
    exact: bool
    digits: int | None

    @property
    def names(self) -> list[str]:
        """The names of the results."""
        back = [] if self.upstream is None else ["upstream", "backward"]
        return [*_names(self.order), *back]

    @property
    def is_plain(self) -> bool:
        """Whether each part of the input can be computed alone, by the kernel."""
        whole = self.upstream is not None and (self.upstream.size != 1 or self.wrt)
        return not (self.digits or self.exact or whole or self.order > 1)

    def task(self, dtype: str | None, threads: int | None) -> streaming.Task:
        """Return what is plain in this, for parts of an input."""
        g = self.upstream
        constant = float(g[0]) if g is not None and g.size == 1 else None
        return streaming.Task(
            self.function, self.order, self.wrt, dtype, threads, constant
        )

    def check(self) -> None:
        """Refuse what does not go together."""
        from actcli.errors import RequestError

        if self.function.over_axis and (self.digits or self.order > 1 or self.wrt):
            raise RequestError(
                f"{self.function.name} works over an axis; --digits, --order and --wrt take elementwise functions"
            )
        if self.upstream is not None and (self.digits or self.wrt):
            other = "--digits" if self.digits else "--wrt"
            raise RequestError(
                f"--upstream and {other} do not go together; leave one out"
            )
        if self.exact or self.digits or self.order > 1:
            _check_formula_tells_all(self.function)

    def __call__(self, x: "Array") -> "dict[str, Array]":
        """Return the results by name."""
        if self.digits:
            return _decimals(self.function, x, self.order, self.wrt, self.digits)
        results = _results(self.function, x, self.order, self.wrt, self.exact)
        if self.upstream is not None:
            results |= _backward(self.function, x, self.upstream, results["f"].shape)
        return results


def _results(
    chosen: "Activation", x: "Array", order: int, wrt: str | None, exact: bool
) -> "dict[str, Array]":
    """Return f and the derivatives asked for, by the names that records give them."""
    if chosen.over_axis:
        return _over_axis(chosen, x, order, exact)
    if exact or order > 1:
        return dict(zip(_names(order), _exactly(chosen, x, order, wrt), strict=True))
    return streaming.Task(chosen, order, wrt)(x)


def _check_formula_tells_all(chosen: "Activation") -> None:
    """Refuse exact work where the formula leaves out what a parameter does, such as a seed."""
    from actcli.errors import RequestError

    silent = {*chosen.bound} - {*chosen.formula.names, "axis"} if chosen.formula else ()
    for name in silent:
        raise RequestError(
            f"{chosen.label}: its formula knows no {name}; leave out {name}, or --exact, --order and --digits"
        )


def _names(order: int) -> list[str]:
    return ["f", "derivative", *(f"derivative_{k}" for k in range(2, order + 1))][
        : order + 1
    ]


def _exactly(
    chosen: "Activation", x: "Array", order: int, wrt: str | None
) -> "list[Array]":
    from actcli import exact as exactly

    assert chosen.formula is not None
    if wrt:
        chosen.parameter(wrt)
    return exactly.array(
        chosen.formula,
        {**options.shown_parameters(chosen), "x": x},
        order=order,
        wrt=wrt or "x",
        dtype=x.dtype.name,
        undecided=options.undecided,
    )


def _decimals(
    chosen: "Activation", x: "Array", order: int, wrt: str | None, digits: int
) -> "dict[str, Array]":
    import numpy as np

    from actcli import exact as exactly

    assert chosen.formula is not None
    if wrt:
        chosen.parameter(wrt)
    rows = [
        exactly.decimals(
            chosen.formula,
            {**options.shown_parameters(chosen), "x": at},
            digits,
            order=order,
            wrt=wrt or "x",
        )
        for at in x.ravel().tolist()
    ]
    return {
        name: np.array(column)
        for name, column in zip(_names(order), zip(*rows, strict=True), strict=True)
    }


def _over_axis(
    chosen: "Activation", x: "Array", order: int, exact: bool
) -> "dict[str, Array]":
    if not exact:
        return (
            {"f": chosen(x), "derivative": chosen.derivative(x)}
            if order
            else {"f": chosen(x)}
        )
    from actcli import exact as exactly
    from actcli.errors import RequestError

    assert chosen.formula is not None
    if x.ndim > 1:
        raise RequestError("--exact over an axis takes one row of numbers")
    values = {
        n: v
        for n, v in options.shown_parameters(chosen).items()
        if n in chosen.formula.names
    }
    f, jacobian = exactly.vector(
        chosen.formula, x.tolist(), values, dtype=x.dtype.name, jacobian=bool(order)
    )
    return {"f": f} if jacobian is None else {"f": f, "derivative": jacobian}


def _backward(
    chosen: "Activation", x: "Array", gradient: "Array", shape: tuple[int, ...]
) -> "dict[str, Array]":
    import math

    import numpy as np

    from actcli.errors import RequestError, counted

    if gradient.size not in (1, math.prod(shape)):
        raise RequestError(
            f"--upstream: {counted(gradient.size, 'number')}; {chosen.name} gives {math.prod(shape)}"
        )
    with np.errstate(over="ignore"):
        gradient = gradient.astype(x.dtype)
    # a single number takes no room
    full = (
        np.broadcast_to(gradient[0], shape)
        if gradient.size == 1
        else gradient.reshape(shape)
    )
    return {"upstream": full, "backward": chosen.vjp(x, full)}


def _records(
    chosen: "Activation", x: "Array", results: "dict[str, Array]", wrt: str | None
) -> "Records":
    from actcli.render.records import Records

    document = {
        "function": chosen.name,
        "params": options.shown_parameters(chosen),
        "dtype": x.dtype.name,
        **({"wrt": wrt} if wrt else {}),
        "x": x,
        **results,
    }
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
    chosen: "Activation",
    x: "Array",
    results: "dict[str, Array]",
    wrt: str | None,
    precision: int,
) -> None:
    from actcli.render.tables import shortened, show

    columns = {"x": x, **results}
    jacobian = columns.pop("derivative", None) if chosen.over_axis else None
    f = results["f"]
    if x.size != f.size:
        # one table for what comes out, one for what goes back
        del columns["x"]
        if "backward" in columns:
            inputs = shortened(x, max(precision, 8))
            back = shortened(columns.pop("backward"), precision)
            show({"x": inputs, "backward": back})
    _show_columns(
        chosen, columns, max(x.size, f.size), wrt, precision,
        alone=chosen.over_axis and x.ndim <= 1 and f.shape == x.shape,
    )  # fmt: skip
    if jacobian is not None:
        _show_jacobian(chosen, jacobian, precision)


def _show_columns(
    chosen: "Activation",
    columns: "dict[str, Array]",
    count: int,
    wrt: str | None,
    precision: int,
    *,
    alone: bool,
) -> None:
    """Print a table of columns of so many rows; of a row of an array ``alone`` with what its shares sum to."""
    from actcli.render.output import note
    from actcli.render.tables import left_out, shortened, show

    headings = _headings(chosen.label, wrt)
    cells = {
        headings.get(n, n): shortened(v, max(precision, 8) if n == "x" else precision)
        for n, v in columns.items()
    }
    footer = _footer(columns["f"], len(cells), precision) if alone else []
    show(cells, footer=footer)
    if more := left_out(count):
        note(f"{more} more rows; -f csv prints them all, -o FILE writes them")


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


def _show_jacobian(chosen: "Activation", jacobian: "Array", precision: int) -> None:
    from actcli.render.tables import numbers, show

    flat = jacobian.reshape(-1, jacobian.shape[-1])
    rows = {"": [f"y{i + 1}" for i in range(flat.shape[0])]}
    columns = {
        f"∂x{j + 1}": numbers(flat[:, j], precision) for j in range(flat.shape[1])
    }
    show({**rows, **columns}, title=f"Jacobian of {chosen.label}")
