"""``actcli init``: initial weights, in theory and drawn."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.engine import Array
    from actcli.training.declaration import Choice
    from actcli.training.initializers import Distribution, Initializer

EXAMPLES = """
actcli init xavier_uniform --fan-in 100 --fan-out 50
actcli init he --for gelu_tanh --fan-in 256 --fan-out 256 -o weights.png
actcli init orthogonal:gain=1.4142 --fan-in 64 --fan-out 64 --save weights.npy
actcli init zeros
actcli init --list
"""
# what --list has no use for
_OF_WEIGHTS = ("fan_in", "fan_out", "param", "seed", "save", "precision")
_DEFAULT = "he_normal"  # what --for alone chooses: normal weights, the gain is all there is to choose


def _methods() -> list[str]:
    from actcli.training.initializers import INITIALIZERS

    return [*INITIALIZERS]


def run(
    context: typer.Context,
    method: Annotated[
        str | None,
        typer.Argument(
            metavar="[METHOD]",
            help="An initializer, NAME or NAME:param=value.",
            autocompletion=_methods,
            show_default=False,
        ),
    ] = None,
    fan_in: Annotated[int, typer.Option(help="Number of inputs of a neuron.")] = 100,
    fan_out: Annotated[int, typer.Option(help="Number of neurons.")] = 50,
    for_: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="FUNCTION",
            help="Use the gain computed for the activation that follows the layer.",
            autocompletion=options.complete_function,
        ),
    ] = None,
    param: options.Hyperparameters = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")] = 0,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the weights: .npy or .npz."),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List the initializers.")
    ] = False,
    precision: options.Precision = 8,
    format_: options.TableFormat = "table",
    output: options.PictureOutput = None,
) -> None:
    """Draw initial weights, and compare them with the theory.

    The weights are a matrix of fan-out rows, one for each neuron, by fan-in columns. --for sets the gain to
    1/sqrt(E[f(z)^2]) for a standard normal z, which keeps the scale of the activations; with mode=fan_out to
    1/sqrt(E[f'(z)^2]), which keeps the scale of the gradients.
    """
    from actcli.errors import RequestError

    options.check_output(output, format_)
    if list_:
        options.refuse(context, _OF_WEIGHTS, "--list")
        for typed in (method, for_):
            if typed:
                raise RequestError(f"'{typed}' means nothing with --list; leave it out")
        _list(format_, output)
        return
    if method is None and for_ is None:
        raise RequestError("init needs a METHOD; 'actcli init --list' shows them all")
    if save is not None and save.suffix.lower() not in (".npy", ".npz"):
        raise RequestError(
            f"{save}: unknown suffix '{save.suffix}'; weights are saved as .npy or .npz"
        )
    chosen = _chosen(method or _DEFAULT, for_, param)
    _draw(chosen, fan_in, fan_out, for_, seed, save, precision, format_, output)


def _chosen(
    method: str, for_: str | None, param: list[str] | None
) -> "Choice[Initializer]":
    """Return the initializer with its parameters, the gain among them if it is for a function."""
    from actcli.errors import RequestError
    from actcli.registry import fold
    from actcli.spec import split_parameters, split_spec
    from actcli.training.declaration import Choice
    from actcli.training.initializers import INITIALIZERS

    (chosen,) = options.choices(INITIALIZERS, [method], param)
    if for_ is None:
        return chosen
    known = [n for n in INITIALIZERS if "gain" in INITIALIZERS[n].parameters]
    if chosen.record.name not in known:
        raise RequestError(
            f"{chosen.record.title} has no gain for --for to set; choose from {', '.join(known)}"
        )
    first = next(iter(chosen.record.parameters))
    typed = {method: split_spec(method)[1]}
    typed |= {text: split_parameters(text) for text in param or ()}
    for text, given in typed.items():
        if "gain" in (fold(name or first) for name in given):
            raise RequestError(
                f"--for sets the gain, and so does '{text}'; leave one out"
            )
    gain = _gain(for_, backward=chosen.values.get("mode") == "fan_out")
    return Choice(chosen.record, {**chosen.values, "gain": gain})


def _gain(function: str, *, backward: bool) -> float:
    import math

    from actcli.analysis import analyse
    from actcli.errors import RequestError

    (resolved,) = options.resolve([function], None)
    found = analyse(resolved).gain
    gain = found.backward if backward else found.forward
    if not (math.isfinite(gain) and gain > 0.0):
        what, name = ("f'(z)", "slope_square") if backward else ("f(z)", "square")
        raise RequestError(
            f"{resolved.label} has no gain, as E[{what}^2] is {found.no_gain(name)}; choose another function"
        )
    return gain


def _draw(
    chosen: "Choice[Initializer]",
    fan_in: int,
    fan_out: int,
    for_: str | None,
    seed: int,
    save: Path | None,
    precision: int,
    format_: str,
    output: Path | None,
) -> None:
    import numpy as np

    from actcli import files
    from actcli.render.output import emit, note
    from actcli.render.records import Records

    distribution = chosen.record(fan_in, fan_out, **dict(chosen.values))
    rng = np.random.default_rng(seed)
    weights = chosen.record.draw(rng, fan_in, fan_out, **dict(chosen.values))
    document = {
        "method": chosen.record.name,
        "params": dict(chosen.values),
        "for": for_,
        "formula": chosen.record.formula,
        "fan_in": fan_in,
        "fan_out": fan_out,
        "seed": seed,
        "theory": {"mean": distribution.mean, "std": distribution.std},
        "drawn": {
            "mean": float(weights.mean()),
            "std": float(weights.std()),
            "min": float(weights.min()),
            "max": float(weights.max()),
        },
        "note": "" if _is_tuned(chosen, for_) else chosen.record.note,
    }
    if save is not None:
        files.write_arrays(save, {"weights": weights})
        note(f"wrote {save}")
    emit(
        Records(_columns(document), document, ("theory_std", "drawn_std")),
        format_,
        output,
        lambda: _show(chosen, document, precision),
        lambda path: _picture(_title(chosen, document), distribution, weights, path),
    )


def _is_tuned(chosen: "Choice[Initializer]", for_: str | None) -> bool:
    """Whether the gain is not the one that an initializer is known for, nor what is told of it true any more."""
    usual = chosen.record.parameters.get("gain")
    return bool(for_ or (usual and chosen.values["gain"] != usual.default))


def _columns(document: dict[str, Any]) -> "dict[str, Array]":
    """Return what was found as columns of one row."""
    import numpy as np

    cells = {n: document[n] for n in ("method", "fan_in", "fan_out", "seed")}
    cells |= {
        f"{group}_{n}": value
        for group in ("theory", "drawn")
        for n, value in document[group].items()
    }
    return {name: np.array([value]) for name, value in cells.items()}


def _show(
    chosen: "Choice[Initializer]", document: dict[str, Any], precision: int
) -> None:
    from actcli.render.tables import numbers, say, show

    theory, drawn = document["theory"], document["drawn"]
    show(
        {
            "": ["theory", f"drawn, seed {document['seed']}"],
            "mean": numbers([theory["mean"], drawn["mean"]], precision),
            "deviation": numbers([theory["std"], drawn["std"]], precision),
            "least": ["", *numbers([drawn["min"]], precision)],
            "largest": ["", *numbers([drawn["max"]], precision)],
        },
        title=_title(chosen, document),
        text_columns=("",),
    )
    say(*_explained(chosen, document, precision))


def _explained(
    chosen: "Choice[Initializer]", document: dict[str, Any], precision: int
) -> list[str]:
    """Return what there is to say of the weights: the formula with its values, and what these are good for."""
    from actcli.render.tables import numbers

    record = chosen.record
    cells = {n: numbers([v], precision)[0] for n, v in chosen.values.items()}
    formula = ", ".join([record.formula, *(f"{n}={v}" for n, v in cells.items())])
    if document["for"]:
        back = chosen.values.get("mode") == "fan_out"
        what, kept = ("f′", "gradients") if back else ("f", "activations")
        said = [
            formula,
            f"gain for {document['for']}: {cells['gain']} = 1/sqrt(E[{what}(z)²]), z standard normal",
            f"it makes up for what {document['for']} does to the mean square of the {kept}",
        ]
    elif _is_tuned(chosen, None):
        said = [record.summary, formula]
    else:
        suits = f"suits {', '.join(record.suits)}" if record.suits else ""
        said = [record.summary, formula, suits, record.note]
    return [text for text in (*said, record.paper) if text]


def _title(chosen: "Choice[Initializer]", document: dict[str, Any]) -> str:
    name = chosen.label
    if document["for"]:
        name = f"{chosen.record.name} for {document['for']}"
    return f"{name}, fan_in={document['fan_in']}, fan_out={document['fan_out']}"


def _picture(
    title: str,
    distribution: "Distribution",
    weights: "Array",
    path: Path,
) -> None:
    from actcli.render import lessons

    lessons.draw_histogram(
        weights,
        distribution.density,
        path,
        title,
        f"{weights.size} weight{'s' if weights.size > 1 else ''}, deviation {weights.std():.4g}",
        f"in theory, deviation {distribution.std:.4g}",
    )


def _list(format_: str, output: Path | None) -> None:
    import numpy as np

    from actcli.render.output import emit
    from actcli.render.records import Records
    from actcli.training.initializers import INITIALIZERS

    rows = [_row(record) for record in INITIALIZERS.values()]
    texts = {
        name: [
            ", ".join(row[name]) if isinstance(row[name], list) else row[name]
            for row in rows
        ]
        for name in ("name", "formula", "suits", "aliases", "torch", "note")
    }
    emit(
        Records(
            {n: np.array(cells) for n, cells in texts.items()},
            {"initializers": rows},
            ("name",),
        ),
        format_,
        output,
        lambda: _show_list(rows, texts),
    )


def _show_list(rows: list[dict[str, Any]], texts: dict[str, list[str]]) -> None:
    from actcli.render.tables import say, show
    from actcli.training.declaration import meanings
    from actcli.training.initializers import INITIALIZERS

    shown = {n: texts[n] for n in ("name", "formula", "suits", "aliases")}
    show(shown, text_columns=tuple(shown))
    told = meanings(INITIALIZERS.values())
    show(told, text_columns=tuple(told))
    unfit = [row for row in rows if not row["suits"]]
    say(*(f"{row['name']}: {row['note']}" for row in unfit))


def _row(record: "Initializer") -> dict[str, Any]:
    return {
        "name": record.name,
        "formula": record.formula,
        "params": {n: p.default for n, p in record.parameters.items()},
        "meanings": {n: p.meaning for n, p in record.parameters.items()},
        "suits": list(record.suits),
        "aliases": list(record.aliases),
        "summary": record.summary,
        "torch": record.torch,
        "paper": record.paper,
        "note": record.note,
    }
