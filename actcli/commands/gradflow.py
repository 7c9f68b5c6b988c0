"""``actcli gradflow``: what functions do to gradients through many layers."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.engine import Array
    from actcli.render.records import Records
    from actcli.training.chain import Chain
    from actcli.training.gradflow import Flow, Setting, Spread

EXAMPLES = """
actcli gradflow sigmoid --model chain --layers 10
actcli gradflow sigmoid tanh relu swish --model chain -o chain.png
actcli gradflow sigmoid tanh relu --layers 30 --seeds 5 -o depth.png
actcli gradflow sigmoid --layers 30 --batch-norm --residual
actcli gradflow relu --init xavier -f csv
"""
_CHAIN_FORMULA = (
    "z[k] = w*a[k-1], a[k] = f(z[k]), a[0] = x; d a[k]/d a[k-1] = w*f'(z[k])"
)
_FORMULA = "plain formula in float64"
_TOLD_SPREAD = (
    "±: the largest distance of any seed from the mean; for gradients from their geometric mean, in percent of it, or as "
    "a factor (×÷) from 2 on"
)
_OF_MLP = ("width", "init", "batch", "seed", "seeds", "batch_norm", "residual")
_OF_CHAIN = ("weight", "x")


def _methods() -> list[str]:
    from actcli.training.initializers import INITIALIZERS

    return ["auto", *INITIALIZERS]


def run(
    context: typer.Context,
    functions: options.FunctionNames,
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="mlp: a random network; chain: one neuron per layer.",
        ),
    ] = "mlp",
    layers: Annotated[
        int, typer.Option("--layers", "-l", help="Number of layers.")
    ] = 10,
    width: Annotated[int, typer.Option(help="mlp: neurons in a layer.")] = 256,
    init: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="mlp: auto, he, xavier, lecun, orthogonal, normal:0.01, …",
            autocompletion=_methods,
        ),
    ] = "auto",
    batch: Annotated[int, typer.Option(help="mlp: rows of input.")] = 64,
    seed: Annotated[int, typer.Option(help="mlp: the first seed.")] = 0,
    seeds: Annotated[int, typer.Option(help="mlp: number of seeds.")] = 3,
    batch_norm: Annotated[
        bool,
        typer.Option(
            "--batch-norm", help="mlp: batch normalisation before the function."
        ),
    ] = False,
    residual: Annotated[
        bool, typer.Option("--residual", help="mlp: add a layer's input to its output.")
    ] = False,
    weight: Annotated[float, typer.Option(help="chain: the weight w.")] = 0.5,
    x: Annotated[float, typer.Option("--x", "-x", help="chain: the input.")] = 1.0,
    param: options.Parameters = None,
    precision: options.Precision = 4,
    format_: options.TableFormat = "table",
    output: options.PictureOutput = None,
) -> None:
    """Follow gradients back through the layers of a network.

    chain: one neuron per layer, a[k] = f(w*a[k-1]) with a[0] = x. The gradient at layer k is the derivative of the
    output with respect to a[k-1]: the product of w*f'(z) over the layers from k to the last. The factor per layer is
    |w| times the geometric mean of |f'(z)|; the verdict without w judges the product of f'(z) alone.

    mlp: a[k] = f(W[k] a[k-1]) with random weights, no biases and normal inputs; a random gradient of length 1 is sent
    back from the output. Listed for each layer are the mean and the standard deviation of a[k], the share of its
    entries where |f'| < 0.01 (dead), the share of neurons where this holds for every row (units), and the length of
    the gradient with respect to a[k] and to W[k]. Each is the mean over the seeds (for gradients the geometric mean),
    followed by the largest distance of any seed from it. A formula of your own is computed in float64, not exactly.

    --init auto: normal weights of standard deviation gain/sqrt(width), where gain = 1/sqrt(E[f(z)^2]) is computed for
    the function; with --residual it is divided by sqrt(layers). Sums of variance 1 then keep this variance in a wide
    network, but with swish or gelu any deviation from 1 grows from layer to layer. Printed is the factor by which a
    layer multiplies the deviation from 1. --batch-norm keeps the outputs in scale but not the gradient: with relu it
    grows by a factor of 1.2 per layer on its way back (arXiv:1902.08129).

    Verdict: vanishing if the gradient at layer 1 is under 1/100 of that at the output, exploding if over 100 times
    that, else healthy; undefined where the function has no value.
    """
    from actcli.errors import check_count

    options.one_of(model, ("mlp", "chain"), "model")
    options.refuse(
        context, _OF_MLP if model == "chain" else _OF_CHAIN, f"--model {model}"
    )
    options.check_output(output, format_)
    chosen = options.resolve(functions, param)
    if model == "chain":
        _chain(chosen, layers, weight, x, precision, format_, output)
        return
    from actcli.training.gradflow import MOST_SEEDS, Setting

    check_count("seeds", seeds, 1, MOST_SEEDS)
    counted = range(seed, seed + seeds)
    setting = Setting(layers, width, init, batch, counted, batch_norm, residual)
    _mlp(chosen, setting, precision, format_, output)


# one neuron a layer


def _chain(
    chosen: "Sequence[Activation]",
    layers: int,
    weight: float,
    x: float,
    precision: int,
    format_: str,
    output: Path | None,
) -> None:
    from actcli.render.output import emit
    from actcli.render.records import Records
    from actcli.training.chain import chain
    from actcli.training.verdicts import CRITERION

    chains = [chain(f, layers, weight, x) for f in chosen]
    parts = [
        {n: getattr(c, n) for n in ("z", "a", "slope", "product", "gradient")}
        for c in chains
    ]
    document = {
        "model": "chain",
        "formula": _CHAIN_FORMULA,
        "criterion": CRITERION,
        "layers": layers,
        "weight": weight,
        "x": x,
        "functions": [
            {
                **_head(c),
                "mean_slope": c.mean_slope,
                "slopes_product": c.slopes,
                "verdict_without_weight": c.verdict_without_weight,
                **part,
            }
            for c, part in zip(chains, parts, strict=True)
        ],
    }
    records = Records(_long(chosen, parts), document, ("gradient",))
    emit(
        records,
        format_,
        output,
        lambda: _show_chains(chains, x, precision),
        lambda path: _draw_chains(chains, x, path),
    )


def _show_chains(chains: "Sequence[Chain]", x: float, precision: int) -> None:
    from actcli.render.tables import numbers, say, show, thinned

    layers, weight = len(chains[0].a), chains[0].weight
    rows = thinned(layers, 40)
    columns: dict[str, list[str]] = {"layer": [str(k + 1) for k in rows]}
    if len(chains) == 1:
        c = chains[0]
        columns |= {
            "z": numbers(c.z[rows], precision),
            "a": numbers(c.a[rows], precision),
            "f′(z)": numbers(c.slope[rows], precision),
            "w·f′(z)": numbers((weight * c.slope)[rows], precision),
            "∂a[k]/∂x": _decimals(c.product[rows]),
        }
    headings = [f"{c.function.label}: gradient" for c in chains]
    if len(chains) == 1:
        headings = ["gradient"]
    columns |= {
        h: _decimals(c.gradient[rows]) for h, c in zip(headings, chains, strict=True)
    }
    title = chains[0].function.label if len(chains) == 1 else ""
    show(columns, title=title)
    _show_shares(chains, precision)
    say(
        *_gaps(chains),
        f"a[k] = f(z), z = w·a[k-1], w = {weight:g}, a[0] = x = {x:g}",
        f"gradient at layer k: ∂a[{layers}]/∂a[k-1], the product of w·f′(z) from layer k to {layers}",
        "per layer: the geometric mean of |w·f′(z)|; without w: the verdict if ∏ f′(z) were the gradient at layer 1",
        _criterion("the output, where it is 1"),
    )


def _show_shares(chains: "Sequence[Chain]", precision: int) -> None:
    """Print what of the gradient is the work of w, and what that of the function."""
    from actcli.render.tables import numbers, show

    shares: dict[str, Sequence[str]] = {
        "function": [c.function.label for c in chains],
        "per layer": numbers([c.factor for c in chains], precision),
        "= |w|": numbers([abs(c.weight) for c in chains], precision),
        "× f′": numbers([c.mean_slope for c in chains], precision),
        "verdict": [c.verdict for c in chains],
        "∏ f′": numbers([c.slopes for c in chains], precision),
        "without w": [c.verdict_without_weight for c in chains],
    }
    show(shares, text_columns=("function", "verdict", "without w"))


def _decimals(values: "Array") -> list[str]:
    """Return numbers with ten decimals, or in powers of ten where these would all be zeros."""
    return [
        f"{v:.10f}" if v == 0.0 or 5e-11 <= abs(v) < 1e10 else f"{v:.4e}"
        for v in values.tolist()
    ]


def _draw_chains(chains: "Sequence[Chain]", x: float, path: Path) -> None:
    from actcli.render import lessons

    count, weight = len(chains[0].a), chains[0].weight
    lines = [
        lessons.Line(
            f"{c.function.label}: {c.gradient[0]:.2g} at layer 1, ∏ f′ alone {c.slopes:.2g}",
            c.gradient,
        )
        for c in chains
    ]
    lines.append(lessons.Line("w alone", chains[0].weights_alone, reference=True))
    title = f"Gradient through {count} layers of one neuron, w = {weight:g}, x = {x:g}"
    heading = "derivative of the output with respect to the input of layer k"
    lessons.draw_depth([lessons.Depth(heading, lines, _marks())], path, title)


# a random network


def _mlp(
    chosen: "Sequence[Activation]",
    setting: "Setting",
    precision: int,
    format_: str,
    output: Path | None,
) -> None:
    from actcli.render.output import emit
    from actcli.render.progress import progress
    from actcli.training.gradflow import flows

    with progress(len(chosen) * len(setting.seeds), "networks") as advance:
        results = flows(chosen, setting, tick=lambda: advance(1))
    emit(
        _flow_records(chosen, results, setting),
        format_,
        output,
        lambda: _show_flows(results, setting, precision),
        lambda path: _draw_flows(results, setting, path),
    )


def _flow_records(
    chosen: "Sequence[Activation]", results: "Sequence[Flow]", setting: "Setting"
) -> "Records":
    from actcli.render.records import Records
    from actcli.training.gradflow import MEASURES
    from actcli.training.verdicts import CRITERION

    document = {
        "model": "mlp",
        "criterion": CRITERION,
        "layers": setting.layers,
        "width": setting.width,
        "init": setting.init,
        "batch": setting.batch,
        "seeds": list(setting.seeds),
        "batch_norm": setting.batch_norm,
        "residual": setting.residual,
        "functions": [
            {
                **_head(flow),
                "arithmetic": _FORMULA if flow.function.is_formula else "kernel",
                "gain": flow.gain,
                "no_gain": flow.no_gain,
                "off_by": flow.off_by,
                "stability": flow.stability,
                **{name: vars(getattr(flow, name)) for name in MEASURES},
            }
            for flow in results
        ],
    }
    parts = [_flow_columns(flow) for flow in results]
    return Records(_long(chosen, parts), document, ("gradient",))


def _flow_columns(flow: "Flow") -> "dict[str, Array]":
    from actcli.training.gradflow import MEASURES

    columns: dict[str, Array] = {}
    for name in MEASURES:
        spread = getattr(flow, name)
        columns |= {
            name: spread.mean,
            f"{name}_low": spread.low,
            f"{name}_high": spread.high,
        }
    return columns


def _show_flows(results: "Sequence[Flow]", setting: "Setting", precision: int) -> None:
    from actcli.analysis import VANISHING
    from actcli.render.tables import say, show, thinned

    rows = thinned(setting.layers, 40 if len(results) == 1 else 12)
    for flow in results:
        show(_flow_cells(flow, rows, precision), title=flow.function.label)
    _show_verdicts(results, setting, precision)
    say(
        *_gaps(results),
        *_reservations(results),
        _conditions(setting),
        _told_init(setting),
        *_told_stability(results),
        f"dead %: outputs where |f′| < {VANISHING:g}; units %, if there are any: neurons where this holds in every row; "
        "gradient: its length with respect to the outputs of the layer; weights: with respect to its weights",
        _criterion("the last layer"),
    )
    if len(setting.seeds) > 1:
        say(_TOLD_SPREAD)


def _flow_cells(flow: "Flow", rows: list[int], precision: int) -> dict[str, list[str]]:
    from actcli.render.spreads import with_ratio, with_share, with_spread

    def parts(spread: "Spread") -> "tuple[Array, Array, Array]":
        return spread.mean[rows], spread.low[rows], spread.high[rows]

    columns = {
        "layer": [str(k + 1) for k in rows],
        "mean": with_spread(*parts(flow.mean), precision),
        "std": with_spread(*parts(flow.std), precision),
        "dead %": with_share(*parts(flow.dead)),
        "units %": with_share(*parts(flow.dead_units)),
        "gradient": with_ratio(*parts(flow.gradient), precision),
        "weights": with_ratio(*parts(flow.weight_gradient), precision),
    }
    if not flow.dead_units.high.any():
        del columns["units %"]
    return columns


def _reservations(results: "Sequence[Flow]") -> list[str]:
    """Say what is not as one would expect: gains that there are none of, values that are not exact."""
    return [
        *(
            f"{flow.function.label}: no gain, as {flow.no_gain}; 1 is used instead"
            for flow in results
            if flow.no_gain
        ),
        *(
            f"{flow.function.label}: computed from the {_FORMULA}"
            for flow in results
            if flow.function.is_formula
        ),
    ]


def _show_verdicts(
    results: "Sequence[Flow]", setting: "Setting", precision: int
) -> None:
    from actcli.render.tables import numbers, show

    changes = [flow.change for flow in results]
    summary: dict[str, Sequence[str]] = {
        "function": [flow.function.label for flow in results],
        "gain": numbers([flow.gain for flow in results], precision),
        f"gradient at 1 : at {setting.layers}": numbers(changes, precision),
        "factor per layer": numbers([flow.factor for flow in results], precision),
        "verdict": [flow.verdict for flow in results],
    }
    show(summary, text_columns=("function", "verdict"))


def _told_init(setting: "Setting") -> str:
    from actcli.training.declaration import choose
    from actcli.training.initializers import INITIALIZERS

    if setting.init != "auto":
        chosen = choose(INITIALIZERS, setting.init)
        drawn_from = chosen.record(setting.width, setting.width, **dict(chosen.values))
        return f"init {chosen.label}: {chosen.record.formula}; standard deviation {drawn_from.std:.4g}"
    shrunk = ", divided by sqrt(layers)" if setting.residual else ""
    return f"init auto: std = gain/sqrt(width), gain = 1/sqrt(E[f(z)²]){shrunk}, but 1 at layer 1"


def _told_stability(results: "Sequence[Flow]") -> list[str]:
    """Say what becomes of a variance that is not 1, if the gains are to keep it at 1."""
    told = [
        f"{flow.function.label} {flow.off_by:.4g} ({flow.stability})"
        for flow in results
        if flow.stability
    ]
    if not told:
        return []
    return [
        f"the gain keeps sums of variance 1; a layer multiplies a deviation from that by: {', '.join(told)}"
    ]


def _conditions(setting: "Setting") -> str:
    remedies = [
        word
        for word, on in (
            ("batch normalisation", setting.batch_norm),
            ("residual connections", setting.residual),
        )
        if on
    ]
    first, last = setting.seeds[0], setting.seeds[-1]
    plural = "s" if setting.layers > 1 else ""
    return ", ".join(
        [
            f"{setting.layers} layer{plural} of width {setting.width}",
            *remedies,
            f"batch {setting.batch}",
            f"seeds {first} to {last}" if first != last else f"seed {first}",
        ]
    )


def _draw_flows(results: "Sequence[Flow]", setting: "Setting", path: Path) -> None:
    from actcli.render import lessons

    def lines(name: str, told: bool) -> list[lessons.Line]:
        return [
            lessons.Line(
                f"{flow.function.label}: {flow.verdict}"
                if told
                else flow.function.label,
                getattr(flow, name).mean,
                getattr(flow, name).low,
                getattr(flow, name).high,
            )
            for flow in results
        ]

    panels = [
        lessons.Depth(
            "length of the gradient with respect to the outputs of layer k",
            lines("gradient", True),
            _marks(),
        ),
        lessons.Depth(
            "standard deviation of the outputs of layer k", lines("std", False)
        ),
    ]
    title = f"{_conditions(setting)}, init {setting.init}"
    lessons.draw_depth(panels, path, title)


# both


def _head(result: "Chain | Flow") -> dict[str, Any]:
    function = result.function
    return {
        "function": function.name,
        "params": options.shown_parameters(function),
        "verdict": result.verdict,
        "gap": None if result.gap is None else vars(result.gap),
    }


def _gaps(results: "Sequence[Chain | Flow]") -> list[str]:
    return [
        f"{result.function.label}: undefined, {result.gap}"
        for result in results
        if result.gap
    ]


def _long(
    chosen: "Sequence[Activation]", parts: "Sequence[dict[str, Array]]"
) -> "dict[str, Array]":
    """Return columns with a row for each function and layer."""
    import numpy as np

    layers = len(next(iter(parts[0].values())))
    return {
        "function": np.repeat([f.label for f in chosen], layers),
        "layer": np.tile(np.arange(1, layers + 1), len(chosen)),
        **{n: np.concatenate([part[n] for part in parts]) for n in parts[0]},
    }


def _marks() -> list[tuple[float, str]]:
    from actcli.training.verdicts import BOUND

    return [(1.0 / BOUND, "vanishing below"), (BOUND, "exploding above")]


def _criterion(place: str) -> str:
    from actcli.training.verdicts import BOUND

    return (
        f"vanishing: the gradient at layer 1 is under 1/{BOUND:g} of that at {place}; "
        f"exploding: over {BOUND:g} times that"
    )
