"""``actcli info``: all that is known of one function."""

from typing import TYPE_CHECKING, Any

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation
    from actcli.analysis import Analysis

EXAMPLES = """
actcli info gelu
actcli info leaky_relu:alpha=0.2
actcli info "x*tanh(exp(x))"
actcli info softmax -f json
"""


def run(
    function: options.FunctionName,
    param: options.Parameters = None,
    format_: options.TextFormat = "table",
    output: options.Output = None,
) -> None:
    """Show all that is known about a function.

    Formula, derivative, parameters, kinks, limits, extrema, gains, use and flaw. What can be computed is computed, from
    the kernel or the formula. At a kink the derivative is a choice: it is shown with the derivatives from the left and
    from the right.
    """
    from actcli.render.output import emit
    from actcli.render.records import Records, texts

    (chosen,) = options.resolve([function], param)
    analysis = options.analysed(chosen)
    record = _record(chosen)
    kinks = _kinks(chosen)
    document = {
        **record,
        "frameworks": _frameworks(chosen),
        "kinks": kinks,
        **(analysis.to_dict() if analysis else {}),
    }
    shown = _described(record, kinks, analysis)
    columns = {"property": texts(shown), "value": texts(shown.values())}
    emit(
        Records(columns, document),
        format_,
        output,
        lambda: _show(chosen, shown, document["frameworks"]),
    )


def _record(chosen: "Activation") -> dict[str, Any]:
    from actcli.differentiate import derivative

    assert chosen.formula is not None
    slope = (
        (chosen.slope().__doc__ or "").strip().removesuffix(".")
        if chosen.over_axis
        else derivative(chosen.formula)
    )
    return {
        "name": chosen.name,
        "summary": chosen.summary,
        "formula": str(chosen.formula),
        "derivative": slope,
        "parameters": options.shown_parameters(chosen),
        "derivatives_by": list(chosen.trainable),
        "domain": [str(condition) for condition in chosen.domain],
        "aliases": list(chosen.aliases),
        "family": chosen.family,
        "paper": chosen.paper,
        "use": chosen.use,
        "flaw": chosen.flaw,
    }


def _frameworks(chosen: "Activation") -> list[dict[str, str]]:
    """Return what each framework calls the function, with the defaults and differences there."""
    from actcli.frameworks import spellings

    return [spelling._asdict() for spelling in spellings(chosen)]


def _kinks(chosen: "Activation") -> list[dict[str, float]]:
    """Return the choice at each kink beside the derivatives from the left and from the right."""
    points = [] if chosen.over_axis else chosen.kink_points()
    if not points:
        return []
    from actcli import exact

    assert chosen.formula is not None
    found = []
    for x in points:
        values = {**options.shown_parameters(chosen), "x": x}
        left, at, right = (
            exact.derivatives(chosen.formula, values, side=side)[1]
            for side in (-1, 0, 1)
        )
        found.append({"x": x, "derivative": at, "left": left, "right": right})
    return found


def _described(
    record: dict[str, Any], kinks: list[dict[str, float]], analysis: "Analysis | None"
) -> dict[str, str]:
    from actcli.analysis import VANISHING
    from actcli.render import properties as say

    parameters = ", ".join(f"{n} = {v:g}" for n, v in record["parameters"].items())
    rows = {
        "formula": record["formula"],
        "derivative": record["derivative"],
        "parameters": f"{parameters} ({'; '.join(record['domain'])})"
        if record["domain"]
        else parameters,
        "derivatives by": ", ".join(["x", *record["derivatives_by"]])
        if record["derivatives_by"]
        else "",
        "aliases": ", ".join(record["aliases"]),
        "family": record["family"],
        "paper": record["paper"],
        "use": record["use"],
        "flaw": record["flaw"],
        "at kinks": "; ".join(
            f"x = {k['x']:g}: f′ = {k['derivative']:g} (left {k['left']:g}, right {k['right']:g})"
            for k in kinks
        ),
    }
    if analysis is not None:
        rows |= {
            "defined for": say.domain(analysis),
            "limits": say.limits(analysis),
            "at 0": say.at_zero(analysis),
            "range": say.values(analysis),
            "range of f′": str(analysis.slopes),
            "extrema": say.extrema(analysis),
            "zeros": say.zeros(analysis),
            "monotonic": analysis.monotonic,
            "symmetry": analysis.symmetry or "none",
            "largest slope": say.steepest(analysis),
            "Lipschitz constant": say.number(analysis.lipschitz.slope),
            f"|f′| < {VANISHING:g}": say.vanishing(analysis),
            "zero-centred": say.zero_centred(analysis),
            "smoothness": say.smoothness(analysis),
            "gains": say.gains(analysis),
        }
    return {name: text for name, text in rows.items() if text}


def _show(
    chosen: "Activation", rows: dict[str, str], frameworks: list[dict[str, str]]
) -> None:
    from actcli.render.tables import show

    title = chosen.label if chosen.is_formula else f"{chosen.label}: {chosen.summary}"
    show(
        {"": list(rows), " ": list(rows.values())},
        title=title,
        text_columns=["", " "],
        headings=False,
    )
    if frameworks:
        headings = ("framework", "spelling", "parameters", "note")
        columns = {h: [row[h] for row in frameworks] for h in headings}
        show({h: c for h, c in columns.items() if any(c)}, text_columns=headings)
