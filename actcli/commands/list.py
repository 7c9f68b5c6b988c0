"""``actcli list``: what there is."""

from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation

EXAMPLES = """
actcli list
actcli list --family rectifiers
actcli list -f json
"""


def complete_family(incomplete: str) -> list[str]:
    """Complete the names of families."""
    from actcli import functions

    return sorted(
        {f.family for f in functions.values() if f.family.startswith(incomplete)}
    )


def run(
    family: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Only this family.", autocompletion=complete_family
        ),
    ] = None,
    format_: options.Format = "table",
    output: options.Output = None,
) -> None:
    """List the functions by family, with formula, parameters and defaults."""
    import numpy as np

    from actcli import functions
    from actcli.render.output import emit
    from actcli.render.records import Records

    families = sorted({f.family for f in functions.values()})
    if family is not None:
        options.one_of(family, families, "family")
    chosen = sorted(
        (f for f in functions.values() if family in (None, f.family)),
        key=lambda f: f.family,
    )
    rows = [_row(f) for f in chosen]
    columns = {
        key: np.array([str(row[key]) for row in rows])
        for key in ("name", "family", "formula", "parameters")
    }
    documents = [
        {**row, "parameters": f.defaults, "aliases": f.aliases}
        for row, f in zip(rows, chosen, strict=True)
    ]
    records = Records(columns, {"functions": documents}, ("name",))
    emit(records, format_, output, lambda: _show(rows))


def _row(function: "Activation") -> dict[str, str]:
    return {
        "name": function.name,
        "family": function.family,
        "formula": str(function.formula),
        "parameters": ", ".join(f"{n}={v:.8g}" for n, v in function.defaults.items()),
        "aliases": ", ".join(function.aliases),
        "summary": function.summary,
    }


def _show(rows: list[dict[str, str]]) -> None:
    from actcli.render.tables import show

    last = ""
    for row in rows:
        # a family is named once, at its first function
        row["family"], last = (
            ("" if row["family"] == last else row["family"]),
            row["family"],
        )
    headings = ("family", "name", "formula", "parameters", "aliases")
    show({h: [row[h] for row in rows] for h in headings}, text_columns=headings)
