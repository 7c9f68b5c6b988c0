"""``actcli bench``: how fast functions are here, beside their one-liners, other libraries and the memory."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from actcli.render.records import Records
    from actcli.verify.benchmark import Result, Timing

EXAMPLES = """
actcli bench relu gelu --size 100000
actcli bench swish --dtype float32 --threads 1 --size 100000 -f json
actcli bench relu elu mish --size 100000 -o bench.png
"""


def run(
    functions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FUNCTION...]",
            help="Names or NAME:param=value; by default all.",
            autocompletion=options.complete_function,
            show_default=False,
        ),
    ] = None,
    size: Annotated[int, typer.Option(min=1, help="Length of the array.")] = 1_000_000,
    dtype: Annotated[
        str, typer.Option(help="float64, float32 or float16.", metavar="DTYPE")
    ] = "float64",
    threads: options.Threads = None,
    repeat: Annotated[
        int,
        typer.Option(min=1, help="Number of rounds, of which the median counts."),
    ] = 5,
    against: Annotated[
        str,
        typer.Option(
            metavar="NAMES", help="What to compare with: some of naive, torch, jax."
        ),
    ] = "naive",
    format_: options.TableFormat = "table",
    output: options.PictureOutput = None,
) -> None:
    """Time functions and their derivatives against other libraries.

    Every round runs all of them, in a random order of its own. Times are in nanoseconds per element. The columns with
    a slash are our time divided by that of copying the array, which is the limit, of the textbook one-liner in NumPy
    (naive), of torch (eager; for derivatives its backward pass alone) and of JAX (compiled). A star marks a framework
    that has no such function and runs the formula in its own operations.
    """
    from actcli import engine
    from actcli import functions as registered
    from actcli.render.output import emit
    from actcli.render.progress import progress
    from actcli.verify.benchmark import benchmark
    from actcli.verify.frameworks import OPPONENTS

    options.check_output(output, format_)
    chosen = [
        _registered(f) for f in options.resolve(functions or list(registered), None)
    ]
    names = [
        options.one_of(n.strip(), OPPONENTS, "opponent") for n in against.split(",")
    ]
    settings: dict[str, Any] = {
        "size": size,
        "dtype": options.one_of(dtype, options.NUMPY_DTYPES, "dtype"),
        "threads": threads or engine.processors(),
        "repeat": repeat,
    }
    results = []
    with progress(2 * len(chosen), "timings") as advance:
        for result in benchmark(chosen, **settings, against=names):
            results.append(result)
            advance(1)
    emit(
        _records(results, settings, names),
        format_,
        output,
        lambda: _show(results, settings),
        lambda path: _draw(results, path, settings),
    )


def _registered(function: Any) -> Any:
    from actcli.errors import RequestError

    if function.is_formula:
        raise RequestError(
            f"'{function.name}' is a formula, evaluated exactly and not fast; bench takes registered functions"
        )
    return function


def _others(results: "Sequence[Result]") -> list[str]:
    return list(dict.fromkeys(n for r in results for n in r.others))


def _records(
    results: "Sequence[Result]", settings: dict[str, Any], names: list[str]
) -> "Records":
    import numpy as np

    from actcli.render.records import Records
    from actcli.verify.benchmark import geometric_means, machine

    rows = [_row(r, _others(results)) for r in results]
    document = {
        **settings,
        "machine": machine(names),
        "results": [_document(r) for r in results],
        "geometric_means": geometric_means(results),
        "geometric_means_own": geometric_means(results, own=True),
        "geometric_means_formula": geometric_means(results, own=False),
    }
    return Records(
        {key: np.array([row[key] for row in rows]) for key in rows[0]},
        document,
        ("function", "order", "ns"),
    )


def _row(result: "Result", names: list[str]) -> dict[str, Any]:
    low, high = result.spread(result.ours)
    measured: dict[str, Any] = {
        "function": result.function,
        "order": result.order,
        "ns": result.nanoseconds(result.ours),
        "ns_low": low,
        "ns_high": high,
        "gb_per_s": result.gigabytes,
    }
    for name in names:
        other = result.others.get(name)
        measured[f"{name}_ns"] = result.nanoseconds(other) if other else float("nan")
        measured[f"over_{name}"] = other.ratio if other else float("nan")
    return measured


def _document(result: "Result") -> dict[str, Any]:
    against = {}
    for name, timing in result.others.items():
        low, high = result.spread(timing)
        against[name] = {
            "ns": result.nanoseconds(timing),
            "ns_low": low,
            "ns_high": high,
            "ratio": timing.ratio,
            **({} if timing.own is None else {"own": timing.own}),
        }
    return {**_row(result, []), "against": against}


def _show(results: "Sequence[Result]", settings: dict[str, Any]) -> None:
    from actcli.render.tables import say, show
    from actcli.verify.benchmark import geometric_means

    names = _others(results)
    columns: dict[str, list[str]] = {
        "function": [r.name for r in results],
        "ns": [f"{r.nanoseconds(r.ours):.2f}" for r in results],
        "from–to": ["{:.2f}–{:.2f}".format(*r.spread(r.ours)) for r in results],
        "GB/s": [f"{r.gigabytes:.1f}" for r in results],
    }
    for name in names:
        columns[f"/ {name}"] = [
            _over(r.others[name]) if name in r.others else "" for r in results
        ]
    means = geometric_means(results)
    footer = [
        "geometric mean",
        "",
        "",
        "",
        *(
            ", ".join(
                f"{'′ ' * (what == 'derivative')}{mean:.2f}"
                for what, mean in means[n].items()
            )
            for n in names
        ),
    ]
    title = f"{_title(settings)}, median of {settings['repeat']}"
    show(columns, title=title, footer=footer, text_columns=("function",))
    if any(t.own is False for r in results for t in r.others.values()):
        say(
            "* the framework has no such function and runs the formula in its own operations"
        )


def _over(timing: "Timing") -> str:
    """Return our time over that of another, with a star if that ran a formula where others of it are its own."""
    star = {None: "", True: " ", False: "*"}[timing.own]
    return f"{timing.ratio:.2f}{star}"


def _draw(results: "Sequence[Result]", path: Path, settings: dict[str, Any]) -> None:
    from actcli.render.figures import dots

    series = {"actcli": [r.nanoseconds(r.ours) for r in results]}
    for name in _others(results):
        series[name] = [
            r.nanoseconds(r.others[name]) if name in r.others else float("nan")
            for r in results
        ]
    unit = "nanoseconds per element"
    dots([r.name for r in results], series, path, _title(settings), unit)


def _title(settings: dict[str, Any]) -> str:
    from actcli.errors import counted

    numbers = counted(settings["size"], "number")
    return f"{numbers}, {settings['dtype']}, {counted(settings['threads'], 'thread')}"
