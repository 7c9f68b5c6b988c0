"""``actcli list``: what there is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from actcli.commands import options

if TYPE_CHECKING:
    from actcli.activation import Activation

EXAMPLES = """
actcli list
actcli list --family rectifiers
actcli list --framework jax
actcli list -f json
"""


def _frameworks() -> list[str]:
    from actcli.frameworks import names

    return names()


def run(
    family: options.Family = None,
    framework: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The names in torch, jax, keras, onnx …",
            autocompletion=_frameworks,
        ),
    ] = None,
    format_: options.TextFormat = "table",
    output: options.Output = None,
) -> None:
    """List the functions by family, with formula, parameters and defaults.

    With --framework: the names in that framework, and which function each is here, with the defaults it has there.
    """
    of_family = options.of_family(family)
    if framework is not None:
        _list_spellings(framework, family, format_, output)
        return

    from actcli.render.output import emit
    from actcli.render.records import Records, texts

    chosen = sorted(of_family, key=lambda f: f.family)
    rows = [_row(f) for f in chosen]
    columns = {
        key: texts(row[key] for row in rows)
        for key in ("name", "family", "formula", "parameters")
    }
    documents = [
        {**row, "parameters": f.defaults, "aliases": f.aliases, "paper": f.paper}
        for row, f in zip(rows, chosen, strict=True)
    ]
    records = Records(columns, {"functions": documents}, ("name",))
    emit(records, format_, output, lambda: _show(rows))


def _list_spellings(
    framework: str, family: str | None, format_: str, output: Path | None
) -> None:
    from actcli.frameworks import canonical, of_framework
    from actcli.render.output import emit
    from actcli.render.records import Records, texts
    from actcli.render.tables import show

    found = [
        (spelling, f)
        for spelling, f in of_framework(framework)
        if family in (None, f.family)
    ]
    columns = {
        "spelling": [spelling for spelling, _ in found],
        "function": [f.label for _, f in found],
        "family": [f.family for _, f in found],
    }
    document = {
        "framework": canonical(framework),
        "functions": [
            dict(zip(columns, row, strict=True))
            for row in zip(*columns.values(), strict=True)
        ],
    }
    records = Records(
        {name: texts(column) for name, column in columns.items()},
        document,
        ("spelling",),
    )
    emit(records, format_, output, lambda: show(columns, text_columns=list(columns)))


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
