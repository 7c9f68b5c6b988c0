"""Tables on terminals of every width: nothing is wider than the terminal, and no number and no word is broken."""

import pytest

from tests.shell import run


def cells(text: str) -> list[list[list[str]]]:
    """Return the cells of each line of each table."""
    tables: list[list[list[str]]] = []
    for line in text.splitlines():
        if line.startswith(("┏", "┌")):
            tables.append([])
        elif line.startswith(("│", "┃")):
            tables[-1].append([c.strip() for c in line.strip("│┃").replace("┃", "│").split("│")])  # fmt: skip
    return tables


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize(
    "command",
    [
        "compare sigmoid tanh relu elu selu swish",
        "gradflow relu sigmoid tanh --model chain --layers 3",
        "optimize sgd adam --steps 20 --every 10",
        "eval gelu -x -1e-5 --order 5",
        "eval softmax -x 1,2,3 -d",
    ],
)
def test_a_narrow_terminal_gets_several_tables(command: str, width: int) -> None:
    narrow, wide = (run(*command.split(), COLUMNS=c) for c in (str(width), "500"))
    assert max(map(len, narrow.stdout.splitlines())) <= width
    if command.startswith("compare"):
        # what a function costs is measured anew
        narrow.stdout, wide.stdout = (
            "\n".join(line for line in done.stdout.splitlines() if "× relu" not in line)
            for done in (narrow, wide)
        )
    words, expected = (
        {w for table in cells(done.stdout) for row in table for c in row for w in c.split()}
        for done in (narrow, wide)
    )  # fmt: skip
    assert {w for w in expected if len(w) <= 16} <= words
    assert len(cells(narrow.stdout)) >= len(cells(wide.stdout))


def test_what_a_row_is_stands_in_every_table() -> None:
    done = run("optimize", "sgd", "--steps", "20", "--every", "10", COLUMNS="40")
    ways = [rows for rows in cells(done.stdout) if "step" in rows[0]]
    assert len(ways) > 1
    for rows in ways:
        assert [row[:2] for row in rows] == [
            ["method", "step"],
            ["sgd", "0"],
            ["", "10"],
            ["", "20"],
        ]
    sums = run("eval", "softmax", "-x", "1,2,3", COLUMNS="20").stdout
    assert [rows[-1] for rows in cells(sums)] == [["sum", "1"]]
