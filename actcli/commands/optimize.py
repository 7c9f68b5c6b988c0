"""``actcli optimize``: the ways of gradient methods down a surface."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.engine import Array
    from actcli.render.records import Records
    from actcli.training.declaration import Choice, Record
    from actcli.training.descent import Descent
    from actcli.training.schedules import Schedule
    from actcli.training.surfaces import Surface

EXAMPLES = """
actcli optimize
actcli optimize sgd:lr=0.01 momentum:lr=0.01,beta=0.9 adam -o ways.png
actcli optimize adam:lr=0.3 --surface himmelblau --start -1,-1 --steps 60
actcli optimize sgd adamw --schedule cosine:warmup=5 --surface ellipse:b=3 -f csv
actcli optimize rmsprop rmsprop:form=literature --surface rosenbrock -f json
actcli optimize --list
"""
# what --list has no use for
_OF_WAYS = (
    "surface",
    "start",
    "steps",
    "lr",
    "param",
    "schedule",
    "tolerance",
    "every",
    "show",
    "precision",
)
_DEFAULT = ("sgd", "momentum", "adagrad", "rmsprop", "adam")


def _registries() -> dict[str, Any]:
    from actcli.training.optimizers import OPTIMIZERS
    from actcli.training.schedules import SCHEDULES
    from actcli.training.surfaces import SURFACES

    return {"optimizer": OPTIMIZERS, "schedule": SCHEDULES, "surface": SURFACES}


def run(
    context: typer.Context,
    methods: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[METHOD]...",
            help="Optimizers, NAME or NAME:lr=0.01,beta=0.9; by default five of them.",
            autocompletion=lambda: _registries()["optimizer"],
            show_default=False,
        ),
    ] = None,
    surface: Annotated[
        str,
        typer.Option(
            "--surface",
            "-s",
            metavar="NAME",
            help="NAME or NAME:param=value.",
            autocompletion=lambda: _registries()["surface"],
        ),
    ] = "ellipse",
    start: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y", help="Where to start; by default the surface's own start."
        ),
    ] = None,
    steps: Annotated[int, typer.Option("--steps", "-n", help="Number of steps.")] = 30,
    lr: Annotated[
        str | None,
        typer.Option(
            metavar="RATE", help="Learning rate of all methods; by default 0.1."
        ),
    ] = None,
    param: options.Hyperparameters = None,
    schedule: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="constant, step, exponential, cosine; any with a warm-up, as NAME:warmup=5.",
            autocompletion=lambda: _registries()["schedule"],
        ),
    ] = "constant",
    tolerance: Annotated[
        float, typer.Option(help="How close to a minimum counts as reached.")
    ] = 0.01,
    every: Annotated[
        int | None,
        typer.Option(min=1, help="Show every N-th step in the table."),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="What the picture shows: both (the default), contour or loss.",
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List methods, schedules and surfaces.")
    ] = False,
    precision: options.Precision = 5,
    format_: options.TableFormat = "table",
    output: options.PictureOutput = None,
) -> None:
    """Descend a test surface with gradient methods.

    Outcomes. reached: came within the tolerance of a minimum and stayed there to the end. stalled: came to rest, or
    swings back and forth, where there is no minimum, judged by the last two quarters of its steps. unfinished: was
    still on its way when the steps ran out. escaped: left the view downhill, on a surface without a minimum. diverged:
    went more than 1000 diagonals of the view away, or is no longer finite.

    The learning rate is 0.1 by default. --lr and --param apply to every method and override NAME:lr=0.01.
    """
    from actcli.errors import RequestError
    from actcli.render.output import emit, is_picture
    from actcli.training.descent import descend

    options.check_output(output, format_)
    if list_:
        options.refuse(context, _OF_WAYS, "--list")
        if methods:
            raise RequestError(
                f"'{methods[0]}' means nothing with --list; leave it out"
            )
        _list(format_, output)
        return
    shown = options.one_of(show or "both", ("both", "contour", "loss"), "picture")
    if show and not is_picture(output):
        raise RequestError("--show means nothing without a picture; add -o ways.png")
    place = _place(start)
    chosen = options.choices(
        _registries()["optimizer"],
        methods or _DEFAULT,
        [*([] if lr is None else [f"lr={lr}"]), *(param or [])],
    )
    ways = [
        descend(
            surface,
            method,
            schedule=schedule,
            start=place,
            steps=steps,
            tolerance=tolerance,
        )
        for method in {method.label: method for method in chosen}.values()
    ]
    emit(
        _records(ways),
        format_,
        output,
        lambda: _show(ways, every, precision),
        lambda path: _draw(ways, path, shown),
    )


def _place(start: str | None) -> tuple[float, ...] | None:
    """Return the two numbers of ``x,y``."""
    from actcli.errors import RequestError
    from actcli.spec import number

    if start is None:
        return None
    parts = start.split(",")
    try:
        place = tuple(map(number, parts))
    except RequestError:
        place = ()
    if len(place) != 2:
        raise RequestError(f"--start: '{start}' is not two numbers; write it like -7,2")
    return place


# results


def _columns(way: "Descent") -> "dict[str, Array]":
    import numpy as np

    x, y = way.position.T
    return {
        "step": np.arange(len(way.position)),
        "x": x,
        "y": y,
        "loss": way.loss,
        "distance": way.distance,
        "rate": way.rate,
    }


def _records(ways: "Sequence[Descent]") -> "Records":
    import numpy as np

    from actcli.render.records import Records

    parts = [_columns(way) for way in ways]
    names = [np.repeat([way.method.label], len(way.position)) for way in ways]
    columns = {
        "method": np.concatenate(names),
        **{n: np.concatenate([part[n] for part in parts]) for n in parts[0]},
    }
    first = ways[0]
    document = {
        "surface": _named(first.surface),
        # no array: of a document that has some, npz holds no columns
        "minima": _minima(first.surface).tolist(),
        "schedule": _named(first.schedule),
        "tolerance": first.tolerance,
        "methods": [
            {
                **_named(way.method),
                "outcome": way.outcome,
                "outcome_step": way.outcome_step,
                "steps_to_tolerance": way.reached,
                **part,
            }
            for way, part in zip(ways, parts, strict=True)
        ],
    }
    return Records(columns, document, ("x", "y", "loss"))


def _named(choice: "Choice[Any]") -> dict[str, Any]:
    return {
        "name": choice.record.name,
        "params": dict(choice.values),
        "formula": choice.record.formula,
    }


def _minima(surface: "Choice[Surface]") -> "Array":
    return surface.record.minima(**surface.values)


def _told(way: "Descent") -> str:
    """Say what became of a way: ``reached at 27``."""
    at = "" if way.outcome_step is None else f" at {way.outcome_step}"
    return way.outcome + at


# for people


def _show(ways: "Sequence[Descent]", every: int | None, precision: int) -> None:
    from actcli.render.tables import numbers, say, show
    from actcli.training.descent import OUTCOMES

    _show_ways(ways, every, precision)
    last = [_columns(way) for way in ways]
    summary: dict[str, Sequence[str]] = {"method": [way.method.label for way in ways]}
    for name in ("loss", "distance"):
        cells = numbers([c[name][-1] for c in last], precision)
        summary[f"last {name}"] = cells
    summary[f"steps to {ways[0].tolerance:g}"] = [
        "never" if way.reached is None else str(way.reached) for way in ways
    ]
    if not len(_minima(ways[0].surface)):
        summary = {n: summary[n] for n in ("method", "last loss")}
    summary["outcome"] = [_told(way) for way in ways]
    show(summary, text_columns=("method", "outcome"))
    outcomes = {way.outcome for way in ways}
    say(
        *_circumstances(ways[0], precision),
        *(f"{word}: {told}" for word, told in OUTCOMES.items() if word in outcomes),
    )


def _show_ways(ways: "Sequence[Descent]", every: int | None, precision: int) -> None:
    """Print the steps, of several methods fewer, and each method's name once."""
    from actcli.render.tables import numbers, show, thinned

    table: dict[str, list[str]] = {"method": []}
    for way in ways:
        length = len(way.position)
        rows = (
            [*range(0, length - 1, every), length - 1]
            if every
            else thinned(length, 61 if len(ways) == 1 else 8)
        )
        table["method"] += [way.method.label, *[""] * (len(rows) - 1)]
        for name, values in _columns(way).items():
            cells = numbers(values[rows], precision)
            table.setdefault(name, []).extend("" if c == "nan" else c for c in cells)
    if not any(table["distance"]):
        del table["distance"]
    show(table, text_columns=("method",), keys=2)


def _circumstances(way: "Descent", precision: int) -> list[str]:
    from actcli.render.tables import numbers

    record = way.surface.record
    minima = [
        f"({', '.join(numbers(place, precision))})" for place in _minima(way.surface)
    ]
    known = f"minimum at {' '.join(minima)}" if minima else "no minimum"
    lines = [f"{_formula(way.surface)}, {known}"]
    if record.note:
        lines.append(record.note)
    if _is_scheduled(way):
        lines.append(_told_schedule(way.schedule))
    return lines


def _is_scheduled(way: "Descent") -> bool:
    return way.schedule.record.name != "constant" or bool(way.schedule.values["warmup"])


def _told_schedule(schedule: "Choice[Schedule]") -> str:
    values = {**schedule.values}
    warmup = values.pop("warmup")
    told = ", ".join(
        [
            f"lr times {schedule.record.formula}",
            *(f"{n}={v:g}" for n, v in values.items()),
        ]
    )
    if warmup:
        told = f"lr rises linearly over {warmup} steps, then {told}"
        if "t" in schedule.record.formula:
            told += "; t counts from there"
    return f"schedule {schedule.label}: {told}"


def _formula(surface: "Choice[Surface]") -> str:
    values = [f"{n}={v:g}" for n, v in surface.values.items()]
    return ", ".join([f"{surface.record.name}: {surface.record.formula}", *values])


def _draw(ways: "Sequence[Descent]", path: Path, show: str) -> None:
    from actcli.render import lessons

    surface = ways[0].surface
    land = lessons.Land(
        lambda position: surface.record.value(position, **surface.values),
        _minima(surface),
        surface.record.view,
    )
    drawn = [
        lessons.Way(way.method.label, way.position, way.loss, _told(way))
        for way in ways
    ]
    title = _formula(surface)
    if _is_scheduled(ways[0]):
        title += f", schedule {ways[0].schedule.label}"
    lessons.draw_ways(land, drawn, path, title, show)


# what there is


def _list(format_: str, output: Path | None) -> None:
    import numpy as np

    from actcli.render.output import emit
    from actcli.render.records import Records

    rows = [
        {"kind": kind, **_row(record)}
        for kind, registry in _registries().items()
        for record in registry.values()
    ]
    document = {
        f"{kind}s": [row for row in rows if row["kind"] == kind]
        for kind in _registries()
    }
    columns = {
        n: np.array([_text(row[n]) for row in rows])
        for n in ("kind", "name", "formula", "parameters", "summary")
    }
    emit(
        Records(columns, document, ("name",)),
        format_,
        output,
        lambda: _show_list(columns),
    )


def _row(record: "Record[Any]") -> dict[str, Any]:
    return {
        "name": record.name,
        "formula": record.formula,
        "parameters": {n: p.default for n, p in record.parameters.items()},
        "meanings": {n: p.meaning for n, p in record.parameters.items()},
        "summary": record.summary,
        "aliases": list(record.aliases),
        "torch": getattr(record, "torch", ""),
        "literature": _literature(record),
        "paper": getattr(record, "paper", ""),
        "note": record.note,
    }


def _literature(record: "Record[Any]") -> dict[str, str]:
    form = getattr(record, "forms", {}).get("literature")
    return {"formula": form.formula, "difference": form.difference} if form else {}


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{n}={v}" for n, v in value.items())
    return str(value)


def _show_list(columns: "dict[str, Array]") -> None:
    from actcli.render.tables import say, show
    from actcli.training.declaration import meanings

    kinds = columns["kind"]
    for kind, registry in _registries().items():
        cells = {
            n: c[kinds == kind].tolist() for n, c in columns.items() if n != "kind"
        }
        cells.pop("summary")
        show(cells, title=f"{kind}s", text_columns=tuple(cells))
        told = meanings(registry.values())
        show(told, text_columns=tuple(told))
    for record in _registries()["optimizer"].values():
        if form := _literature(record):
            say(
                f"{record.name}:form=literature: {form['formula']}; {form['difference']}"
            )
