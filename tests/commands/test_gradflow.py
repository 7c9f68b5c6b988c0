"""``actcli gradflow``: the numbers of chains and networks, formats, pictures, progress."""

import json
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from actcli.analysis import VANISHING
from actcli.training.verdicts import BOUND
from tests.shell import csv_rows, environment, run


def test_the_chain_prints_ten_decimals() -> None:
    text = run("gradflow", "sigmoid", "--model", "chain", "--layers", "10").stdout
    for told in ("0.0000000007", "0.0143377185", "0.1224880609", "0.0002250997"):
        assert told in text
    assert "a[k] = f(z), z = w·a[k-1], w = 0.5, a[0] = x = 1" in text
    assert "vanishing" in text


def test_chains_stand_side_by_side_with_the_criterion() -> None:
    text = run("gradflow", "sigmoid", "relu", "--model", "chain").stdout
    line = next(t for t in text.splitlines() if "0.0002250997" in t)
    assert "0.0625000000" in line
    assert "under 1/100" in text


def test_the_help_names_the_bounds_that_hold() -> None:
    text = " ".join(run("gradflow", "--help").stdout.split())
    assert f"under 1/{BOUND:g} of" in text
    assert f"over {BOUND:g} times" in text
    assert f"|f'| < {VANISHING:g}" in text


def test_a_long_chain_shows_what_ten_decimals_would_hide() -> None:
    assert "e-18" in run("gradflow", "sigmoid", "--model", "chain", "-l", "20").stdout


@pytest.mark.parametrize(("layers", "every"), [(40, 1), (60, 2), (150, 5), (300, 10)])
def test_of_a_long_chain_every_so_many_layers_are_shown(
    layers: int, every: int
) -> None:
    text = run("gradflow", "relu", "--model", "chain", "-l", str(layers)).stdout
    shown = re.findall(r"^│ +(\d+) │", text, re.MULTILINE)
    assert [int(k) for k in shown] == [*range(1, layers, every), layers]


def test_a_chain_tells_the_share_of_w() -> None:
    text = run("gradflow", "sigmoid", "relu", "--model", "chain").stdout
    cells = {
        line.split("│")[1].strip(): [c.strip() for c in line.split("│")[2:-1]]
        for line in text.splitlines()
        if line.count("│") == 8
    }
    assert cells["relu"] == ["0.5", "0.5", "1", "vanishing", "1", "healthy"]
    assert cells["sigmoid"][3:] == ["vanishing", "7.435e-07", "vanishing"]


def test_a_network_shows_what_seeds_differ_by_within_eighty_columns() -> None:
    text = run("gradflow", "tanh", "relu", "sigmoid", COLUMNS="80").stdout
    shown = [t for t in text.splitlines() if t.startswith("│  ") and "±" in t]
    assert len(shown) == 30
    # the gradient at the last layer is 1, and sigmoid has nothing dead
    assert all(row.count("±") >= 3 for row in shown)
    assert max(map(len, shown)) <= 80
    single = run("gradflow", "tanh", "--seeds", "1").stdout
    assert "±" not in single


def test_what_a_layer_makes_of_a_variance_that_is_off_is_told() -> None:
    text = run("gradflow", "relu", "--width", "8", "-l", "2").stdout
    assert "a layer multiplies a deviation from that by: relu 1 (neutral)\n" in text


def test_what_has_no_value_is_said_in_every_format() -> None:
    arguments = ("gradflow", "log(x)", "--width", "8", "-l", "2")
    text = run(*arguments).stdout
    for told in ("undefined", "log(x): undefined, no value at z = -", "in layer 1",
                 "log(x): no gain, as E[f(z)²] is undefined; 1 is used instead", "plain formula in float64"):  # fmt: skip
        assert told in text
    (flow,) = json.loads(run(*arguments, "-f", "json").stdout)["functions"]
    assert (flow["verdict"], flow["gap"]["layer"]) == ("undefined", 1)
    assert (flow["no_gain"], flow["arithmetic"]) == ("E[f(z)²] is undefined", "plain formula in float64")  # fmt: skip
    relu = run("gradflow", "relu", "--width", "8", "-f", "json").stdout
    (known,) = json.loads(relu)["functions"]
    assert (known["gap"], known["no_gain"], known["arithmetic"]) == (None, "", "kernel")


def test_a_chain_in_json_and_csv() -> None:
    arguments = ("gradflow", "tanh", "leaky_relu:alpha=0.2", "--model", "chain", "-l", "3", "-x", "-1")  # fmt: skip
    document = json.loads(run(*arguments, "-f", "json").stdout)
    assert document["model"] == "chain"
    assert "a[k] = f(z[k])" in document["formula"]
    leaky = document["functions"][1]
    assert (leaky["function"], leaky["params"]) == ("leaky_relu", {"alpha": 0.2})
    np.testing.assert_allclose(leaky["gradient"], [0.001, 0.01, 0.1], rtol=1e-14)
    table = csv_rows(run(*arguments, "-f", "csv").stdout)
    assert [r["layer"] for r in table] == ["1", "2", "3"] * 2
    assert table[3]["function"] == "leaky_relu:alpha=0.2"
    assert float(table[5]["gradient"]) == leaky["gradient"][2]


def test_a_network_in_json_is_the_one_in_csv() -> None:
    arguments = ("gradflow", "relu", "sigmoid", "-l", "5", "--width", "16", "--seeds", "2")  # fmt: skip
    document = json.loads(run(*arguments, "-f", "json").stdout)
    assert document["seeds"] == [0, 1]
    assert {"criterion", "init", "width", "batch", "functions"} <= document.keys()
    table = csv_rows(run(*arguments, "-f", "csv").stdout)
    assert len(table) == 10
    for i, flow in enumerate(document["functions"]):
        assert flow["verdict"] in ("vanishing", "exploding", "healthy")
        for name in ("mean", "std", "dead", "dead_units", "gradient", "weight_gradient"):  # fmt: skip
            got = [float(r[name]) for r in table[5 * i : 5 * i + 5]]
            assert got == flow[name]["mean"]
            low, high = (np.array(flow[name][end]) for end in ("low", "high"))
            assert (low <= high).all()


def test_a_network_shows_layers_verdicts_and_how_they_came_about() -> None:
    done = run("gradflow", "relu", "sigmoid", "-l", "50", "--width", "16", "--seeds", "1", "--init", "normal:0.01")  # fmt: skip
    assert done.stderr == ""  # no progress, as nobody watches
    for told in ("units %", "vanishing", "50 layers of width 16", "seed 0", "w ~ N(mean, std**2); standard deviation 0.01"):  # fmt: skip
        assert told in done.stdout


def test_the_same_seed_gives_the_same_numbers_and_another_others() -> None:
    def numbers(seed: str) -> str:
        return run("gradflow", "tanh", "--width", "8", "--seed", seed, "-f", "plain").stdout  # fmt: skip

    assert numbers("3") == numbers("3") != numbers("4")


@pytest.mark.parametrize(
    "arguments",
    [
        ["sigmoid", "tanh", "relu", "--model", "chain"],
        ["relu", "tanh", "--width", "16", "-l", "30"],
        ["step", "--width", "8", "-l", "3", "--seeds", "1"],
        ["relu", "--width", "16", "-l", "400", "--init", "normal:9", "--seeds", "1"],
        ["sigmoid", "--width", "8", "--batch-norm", "--residual", "--init", "orthogonal"],
    ],
)  # fmt: skip
def test_pictures_of_depth(arguments: list[str], tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        done = run("gradflow", *arguments, "-o", name, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
        assert "verdict" in done.stdout or "vanishing" in done.stdout
    first = (tmp_path / "a.svg").read_bytes()
    assert first.startswith(b"<?xml")
    assert first == (tmp_path / "b.svg").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals")
def test_progress_shows_where_someone_watches(tmp_path: Path) -> None:
    import pty

    script = (
        "import sys\nfrom actcli.render import progress\nprogress._QUIET = progress._EVERY = 0.0\n"
        "from actcli.cli import main\nmain(sys.argv[1:])"
    )
    watched, end = pty.openpty()
    with (tmp_path / "out.csv").open("wb") as out:
        started = subprocess.Popen(
            [sys.executable, "-c", script, "gradflow", "relu", "--width", "64", "-l", "30", "-f", "csv"],
            stdout=out,
            stderr=end,
            env=environment(TERM="xterm"),
        )  # fmt: skip
        shown = b""
        # read as it comes: a terminal that is full would hold the program up
        while started.poll() is None or select.select([watched], [], [], 0)[0]:
            if select.select([watched], [], [], 0.1)[0]:
                shown += os.read(watched, 4096)
    os.close(end)
    os.close(watched)
    assert started.returncode == 0
    text = (tmp_path / "out.csv").read_text()
    assert b"3/3" in shown
    assert b" networks " in shown
    assert "networks" not in text
    assert len(csv_rows(text)) == 30
