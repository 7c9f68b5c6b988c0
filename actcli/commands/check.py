"""``actcli check``: somebody's results beside the exact ones, how many ulps they are off, and where."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.commands.pairs import Found
    from actcli.engine import Array
    from actcli.render.records import Records
    from actcli.verify.checking import Check

EXAMPLES = """
actcli check gelu -x -5.5,1 -y -1.6391277e-07,0.8413447 --dtype float32
actcli golden swish --dtype float32 -f csv | actcli check swish --dtype float32 --tolerance 0.5
actcli eval gelu_tanh -x -5:5:0.01 -o mine.csv && actcli check gelu -i mine.csv
actcli eval tanh -x -5:5:0.01 -d -f csv | actcli check tanh -d -o off.png
actcli golden softmax --backward --dtype float32 -o rows.npz && actcli check softmax --backward -i rows.npz
actcli check tanhshrink --against naive --dtype float32
"""


def run(
    function: options.FunctionName,
    x: options.Points = None,
    y: Annotated[
        list[str] | None,
        typer.Option("--y", "-y", metavar="NUMBERS", help="The results for -x."),
    ] = None,
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            "-i",
            metavar="FILE",
            help="A table or arrays with x and the results; - for a pipe.",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="FILE",
            help="A file of the results alone, x being in another or typed.",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|N",
            help="Which column or array holds the results: f, derivative or backward, else y or the second unless given.",
        ),
    ] = None,
    derivative: Annotated[
        bool,
        typer.Option("--derivative", "-d", help="The results are of the derivative."),
    ] = False,
    wrt: options.WithRespectTo = None,
    backward: Annotated[
        bool,
        typer.Option(
            "--backward",
            help="The results are what goes back through the function, for the gradients of --upstream or of the column upstream.",
        ),
    ] = False,
    upstream: options.Upstream = None,
    param: options.Parameters = None,
    dtype: Annotated[
        str | None,
        typer.Option(
            help="What x and the results are brought to, and an ulp is of; that of the results unless given, for text float64.",
            metavar="DTYPE",
        ),
    ] = None,
    conditioned: Annotated[
        bool,
        typer.Option(
            "--conditioned",
            help="Add to an ulp of the result what one of x would change.",
        ),
    ] = False,
    flush_to_zero: Annotated[
        bool,
        typer.Option(
            "--flush-to-zero",
            help="Subnormal x and results may have been taken for 0.",
        ),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Check naive, the textbook one-liner in NumPy, or torch or jax, which compute the results here; at the numbers of golden unless x is given.",
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="ULPS", min=0.0, help="The check fails if one is further off."
        ),
    ] = None,
    worst: Annotated[
        int,
        typer.Option(min=0, help="How many of the worst to show, two at most of NaN."),
    ] = 5,
    format_: options.TableFormat = "table",
    output: options.PictureOutput = None,
) -> None:
    """Compare somebody's results with the exact values, in ulps.

    The results are of any program: a kernel on another machine, a framework, a table from a paper. An ulp is the
    distance between two neighbours of the format at the exact value, so that 0.5 at most is rounded correctly. At a
    kink both one-sided derivatives are right, and 0 has no sign. Rows for a function over an axis are arrays, or in a
    table columns x1, x2, …, f1, f2, …, as golden makes them. The exit code is 1 if one is further off than
    --tolerance. With --against what is installed here is checked, at the numbers of golden.
    """
    from actcli.commands.pairs import Places, computed
    from actcli.errors import RequestError
    from actcli.render.output import emit, note
    from actcli.render.progress import progress
    from actcli.verify.checking import check
    from actcli.verify.frameworks import OPPONENTS

    options.check_output(output, format_)
    _check_bound(tolerance)
    (chosen,) = options.resolve([function], param)
    chosen.values_for_formula()  # raises for what the formula does not tell
    derivative = derivative or wrt is not None
    options.check_together(
        {
            "--wrt": wrt,
            "--backward": backward,
            "--conditioned": conditioned and (wrt or backward),
            "--derivative": derivative and backward and not wrt,
            "--against": against and wrt,
        }
    )
    if upstream and not backward:
        raise RequestError("--upstream is for what goes back; add --backward")
    wrt = wrt and chosen.spelled(wrt)
    usual = "backward" if backward else "derivative" if derivative else "f"
    places = Places(x, y, upstream, input_, results, column, chosen.over_axis)
    dtype = dtype and options.checked_dtype(dtype)
    if against:
        against = options.one_of(against, OPPONENTS, "opponent")
        pairs = computed(places, against, chosen, dtype, usual)
    else:
        pairs = places.read(usual)
    pairs = pairs.brought_to(dtype) if dtype else pairs
    settings: dict[str, Any] = {
        "derivative": derivative,
        "wrt": wrt,
        "conditioned": conditioned,
        "flush_to_zero": flush_to_zero,
    }
    with progress(pairs.x.size, "numbers") as advance:
        asked = {**settings, "upstream": pairs.upstream}
        found = check(chosen, pairs.x, pairs.got, **asked, advance=advance)
    settings |= {"backward": backward, "against": against, "tolerance": tolerance}
    subject = chosen.label + (f" by {wrt}" if wrt else "′" * derivative)
    subject += " backward" * backward
    subject += f" of {pairs.by}" if pairs.by else ""
    emit(
        _records(chosen, found, settings, pairs),
        format_,
        output,
        lambda: _show(found, subject, worst),
        lambda path: _draw(found, subject, path),
    )
    made_in = _made_in(found.got) if found.largest > _FAR_OFF else None
    if made_in:
        note(
            f"the results have no more digits than {made_in} has: add --dtype {made_in} if that made them"
        )
    _fail_beyond(tolerance, found, subject)


# ulps: measured in those of a wider format, results of a narrow one are further off than this
_FAR_OFF = 1000.0
_FEW = 10  # as many different results may have few digits by chance


def _made_in(got: "Array") -> str | None:
    """Return the narrower format of which results are numbers, or its decimals: more than a few round numbers are."""
    import numpy as np

    from actcli.render.records import shortest

    some = got[:100]
    first = np.unique(some[~np.isnan(some)])
    with np.errstate(over="ignore"):
        single = first.astype(np.float32)
    # a bfloat16 is the upper half of the bits of a float32
    halves = (single == first) & (single.view(np.uint32) << 16 == 0)
    if got.dtype.itemsize > 2 and first.size > _FEW and halves.all():
        return "bfloat16"

    def holds(dtype: str) -> bool:
        with np.errstate(over="ignore"):
            narrow = first.astype(dtype)
        read = np.array([*map(float, shortest(narrow))])
        return bool(((read == first) | (narrow == first)).all())

    if got.dtype == np.float64 and holds("float32") and not holds("float16"):
        return "float32"
    return None


def _check_bound(tolerance: float | None) -> None:
    """Refuse what nothing is beyond."""
    from math import isnan

    from actcli.errors import RequestError

    if tolerance is not None and isnan(tolerance):
        raise RequestError("tolerance nan is no bound; give a number of ulps")


def _records(
    function: "Activation", found: "Check", settings: dict[str, Any], pairs: "Found"
) -> "Records":
    import numpy as np

    from actcli.render.records import Records

    columns = {
        "x": found.x,
        "result": found.got,
        "exact": found.exact,
        "ulps": found.ulps,
    }
    back = pairs.upstream
    if back is not None and back.size in (1, found.x.size):
        columns["upstream"] = np.broadcast_to(back.ravel(), found.x.shape)
    document = {
        "function": function.name,
        "params": options.shown_parameters(function),
        **settings,
        **({"by": pairs.by} if pairs.by else {}),
        **({} if back is None else {"upstream": back}),
        "dtype": found.got.dtype.name,
        "largest": found.largest,
        "rounded_correctly": found.share(0.5),
        **columns,
    }
    return Records(columns, document, ("ulps",))


def _show(found: "Check", subject: str, count: int) -> None:
    from actcli.errors import counted
    from actcli.render.records import shortest
    from actcli.render.tables import numbers, show

    rows = [
        [_interval(low, high), *_summary(found, inside)]
        for low, high, inside in found.regions()
    ]
    show(
        {heading: [row[k] for row in rows] for k, heading in enumerate(_SUMMARY)},
        title=f"{subject}: {counted(found.x.size, 'result')} in {found.got.dtype.name}",
        footer=["all", *_summary(found, slice(None))],
    )
    at = found.worst(count)
    if at.size:
        x = found.x[at]
        places = {"place": [found.place(k) for k in at]}
        known = {"x": shortest(x), "in hexadecimal": [v.hex() for v in x.tolist()]}
        show(
            {
                **(places if found.of_rows else {}),
                **(known if found.x_known else {}),
                "result": shortest(found.got[at]),
                "exact": shortest(found.exact[at]),
                "ulps": numbers(found.ulps[at], 4),
            },
            title="The furthest off",
        )


def _interval(low: float, high: float) -> str:
    from math import inf, isnan

    if isnan(low):
        return "x = nan"
    below = "x" if high == inf else f"x < {high:g}"
    return below if low == -inf else f"{low:g} ≤ {below}"


_SUMMARY = ("", "results", "rounded correctly", "median ulps", "largest", "at x =")


def _summary(found: "Check", inside: Any) -> list[str]:
    import numpy as np

    from actcli.render.records import shortest

    x, off = found.x[inside], found.ulps[inside]
    most = int(np.argmax(off))
    return [
        str(off.size),
        f"{100.0 * float(np.mean(off <= 0.5)):.4g} %",
        _short(float(np.median(off))),
        _short(float(off[most])),
        *(shortest(x[most : most + 1]) if off[most] and found.x_known else [""]),
    ]


def _short(ulps: float) -> str:
    # what the exact value has beyond a number may be as small as that itself
    return f"{ulps:.4g}" if ulps >= 1e-4 else "0"


def _draw(found: "Check", subject: str, path: Path) -> None:
    import numpy as np

    from actcli.render.figures import cloud

    title = f"{subject}: ulps of {found.got.dtype.name} from the exact value"
    x, label = found.x, "x"
    if not found.x_known:
        x, label = np.arange(1.0, x.size + 1.0), "number of the result"
    cloud(x, found.ulps, path, title, (label, "ulps"), mark=0.5)


def _fail_beyond(tolerance: float | None, found: "Check", subject: str) -> None:
    from math import isnan

    from actcli.errors import CheckFailedError, counted
    from actcli.render.records import shortest

    if tolerance is None or not found.largest > tolerance:
        return
    beyond = int((found.ulps > tolerance).sum())
    at = int(found.ulps.argmax())
    (x,) = shortest(found.x[at : at + 1])
    worst = f"in {found.place(at)}" if isnan(found.x[at]) else f"at x = {x}"
    raise CheckFailedError(
        f"{subject}: {beyond} of {counted(found.x.size, 'result')} off by more than {tolerance:g} ulps, the most by {found.largest:.4g} {worst}"
    )
