"""``actcli golden``: numbers to test an implementation at, with the exact results."""

from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.engine import Array

EXAMPLES = """
actcli golden gelu -o gelu.csv
actcli golden leaky_relu:alpha=0.1 --dtype float32 --count 0 -f hex
actcli golden swish --dtype bfloat16 --count 100 -f json
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
        typer.Option(metavar="N", min=0, max=10_000_000, help="How many random ones."),
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the random.")] = 0,
    format_: options.TableFormat = "table",
    output: options.Output = None,
) -> None:
    """Give numbers to test an implementation at, with exact results.

    First come both zeros, the ends of the format, infinities and NaN, the kinks and zeros of the function and the
    numbers next to them; then random ones of every magnitude, more where functions bend, saturate and underflow. The
    function and its derivative are computed from the formula and rounded once. 'actcli check' compares with them.
    """
    import numpy as np

    from actcli.commands.eval import computed, put
    from actcli.commands.request import Request
    from actcli.errors import RequestError
    from actcli.rounding import FORMATS
    from actcli.verify.vectors import vectors

    (chosen,) = options.resolve([function], param)
    dtype = options.checked_dtype(dtype)
    if chosen.over_axis:
        raise RequestError(
            f"{chosen.name} works over an axis; golden takes elementwise functions"
        )
    wrt = wrt and chosen.spelled(wrt)
    request = Request(chosen, order=1, wrt=wrt, exact=True, dtype=dtype)
    request.check()
    x = vectors(chosen, dtype, count, seed)
    results = computed(request, x)
    if options.undecided:
        # such as x - tanh(x) next to a tie: there are other points
        lost = np.isnan(results["f"]) | np.isnan(results["derivative"])
        known = np.isnan(x) | ~lost
        x, results = x[known], {n: v[known] for n, v in results.items()}
        options.undecided.clear()
    if not chosen.is_formula:
        _sign_zeros(chosen, wrt, x, results)
    put(request, x, results, format_, output, FORMATS[dtype].decimals)


def _sign_zeros(
    function: "Activation", wrt: str | None, x: "Array", results: "dict[str, Array]"
) -> None:
    """Give each 0 the sign that it has here, as a formula knows no -0."""
    import numpy as np

    for y, ours in (
        (results["f"], function(x)),
        (results["derivative"], function.derivative(x, wrt)),
    ):
        y[...] = np.where(y == 0.0, np.copysign(0.0, ours), y)
