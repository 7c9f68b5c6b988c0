"""``actcli gradflow``, ``init`` and ``optimize``: numbers, formats, pictures, and what is wrong in one line."""

import csv
import io
import json
import math
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from actcli.analysis import VANISHING
from actcli.training.descent import descend
from actcli.training.initializers import INITIALIZERS
from actcli.training.optimizers import OPTIMIZERS
from actcli.training.schedules import SCHEDULES
from actcli.training.surfaces import SURFACES
from actcli.training.verdicts import BOUND
from tests.shell import environment, run
from tests.test_cli import HEAVY, imported

PNG, PDF = b"\x89PNG\r\n\x1a\n", b"%PDF-"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# gradflow


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
    table = rows(run(*arguments, "-f", "csv").stdout)
    assert [r["layer"] for r in table] == ["1", "2", "3"] * 2
    assert table[3]["function"] == "leaky_relu:alpha=0.2"
    assert float(table[5]["gradient"]) == leaky["gradient"][2]


def test_a_network_in_json_is_the_one_in_csv() -> None:
    arguments = ("gradflow", "relu", "sigmoid", "-l", "5", "--width", "16", "--seeds", "2")  # fmt: skip
    document = json.loads(run(*arguments, "-f", "json").stdout)
    assert document["seeds"] == [0, 1]
    assert {"criterion", "init", "width", "batch", "functions"} <= document.keys()
    table = rows(run(*arguments, "-f", "csv").stdout)
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
    assert len(rows(text)) == 30


# init


def test_theory_and_what_was_drawn() -> None:
    document = json.loads(
        run("init", "xavier_normal", "--fan-in", "100", "--fan-out", "50", "-f", "json").stdout
    )  # fmt: skip
    assert document["theory"] == {"mean": 0.0, "std": math.sqrt(2 / 150)}
    # five standard errors of 5000 draws
    error = document["theory"]["std"] / math.sqrt(5000)
    assert abs(document["drawn"]["mean"]) < 5 * error
    assert abs(document["drawn"]["std"] - document["theory"]["std"]) < 5 * error / math.sqrt(2)  # fmt: skip


def test_the_table_shows_the_formula_and_both() -> None:
    text = run("init", "he", "--fan-in", "200").stdout
    for told in ("std = gain/sqrt(fan)", "theory", "drawn, seed 0", " 0.1 ", "suits relu"):  # fmt: skip
        assert told in text


def test_what_is_told_of_a_gain_is_told_of_the_one_that_was_used() -> None:
    selu = run("init", "he", "--for", "selu").stdout
    assert "gain for selu: 1 = 1/sqrt(E[f(z)²])" in selu
    back = run("init", "he:mode=fan_out", "--for", "tanh").stdout
    assert "gain for tanh: 1.4674136 = 1/sqrt(E[f′(z)²])" in back
    for text in (selu, back, run("init", "he:gain=1").stdout):
        assert "suits" not in text
        assert "sqrt(2)" not in text
    assert json.loads(run("init", "he", "--for", "selu", "-f", "json").stdout)["note"] == ""  # fmt: skip
    assert "the gain of sqrt(2)" in run("init", "he").stdout


def test_a_formula_is_shown_with_its_values() -> None:
    assert "w ~ N(mean, std**2), std=0.02, mean=0" in run("init", "normal:0.02").stdout
    assert "gain=1.4142136, mode=fan_out" in run("init", "he:mode=fan_out").stdout


def test_zeros_say_why_they_do_not_train() -> None:
    assert "does not train" in run("init", "zeros").stdout
    assert "does not train" in run("init", "--list").stdout


def test_saved_weights_are_those_that_were_drawn(tmp_path: Path) -> None:
    done = run("init", "orthogonal", "--fan-in", "20", "--fan-out", "30", "--seed", "7", "--save", "w.npy", "-f", "json", cwd=tmp_path)  # fmt: skip
    assert done.stderr == "wrote w.npy\n"
    weights = np.load(tmp_path / "w.npy")
    assert weights.shape == (30, 20)
    np.testing.assert_allclose(weights.T @ weights, np.eye(20), atol=1e-12)
    assert json.loads(done.stdout)["drawn"]["std"] == weights.std()
    run("init", "he", "--save", "w.npz", cwd=tmp_path)
    assert np.load(tmp_path / "w.npz")["weights"].shape == (50, 100)


def test_a_seed_is_what_the_draw_depends_on() -> None:
    def drawn(seed: str) -> str:
        return run("init", "he", "--seed", seed, "-f", "csv").stdout

    assert drawn("1") == drawn("1") != drawn("2")


@pytest.mark.parametrize(
    ("arguments", "gain"),
    [
        (["--for", "relu"], math.sqrt(2)),
        (["he_uniform", "--for", "ReLU"], math.sqrt(2)),
        (["lecun", "--for", "selu"], 1.0),
        (["he:mode=fan_out", "--for", "tanh"], 1.4674136),
        (["he", "--for", "tanh"], 1.5925374),
    ],
)
def test_the_gain_is_computed_for_the_function(
    arguments: list[str], gain: float
) -> None:
    document = json.loads(run("init", *arguments, "-f", "json").stdout)
    assert document["params"]["gain"] == pytest.approx(gain, rel=1e-7)


@pytest.mark.parametrize("method", ["normal:std=0.1,mean=1e17", "normal:std=100,mean=1e17"])  # fmt: skip
def test_a_histogram_of_weights_that_floats_cannot_tell_apart(
    method: str, tmp_path: Path
) -> None:
    done = run("init", method, "-o", "h.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote h.png\n")


@pytest.mark.parametrize("method", INITIALIZERS)
def test_histograms(method: str, tmp_path: Path) -> None:
    done = run("init", method, "-o", "h.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote h.png\n")
    assert (tmp_path / "h.png").read_bytes().startswith(PNG)


def test_the_list_has_every_initializer_with_its_formula() -> None:
    listed = json.loads(run("init", "--list", "-f", "json").stdout)["initializers"]
    assert [row["name"] for row in listed] == list(INITIALIZERS)
    assert all(row["formula"] for row in listed)
    text = run("init", "--list").stdout
    for record in INITIALIZERS.values():
        assert record.name in text


# optimize


def test_the_default_is_five_methods_on_the_ellipse() -> None:
    document = json.loads(run("optimize", "-f", "json").stdout)
    assert [m["name"] for m in document["methods"]] == [
        "sgd", "momentum", "adagrad", "rmsprop", "adam",
    ]  # fmt: skip
    assert document["surface"]["name"] == "ellipse"
    for method in document["methods"]:
        assert len(method["x"]) == len(method["loss"]) == 31
        assert (method["x"][0], method["y"][0]) == (-7.0, 2.0)
        assert method["rate"] == ["nan", *[0.1] * 30]


def test_every_step_is_in_the_csv() -> None:
    table = rows(
        run("optimize", "sgd:lr=0.01", "momentum:lr=0.01,beta=0.8", "-s", "himmelblau", "--start", "-1,-1", "-n", "7", "--schedule", "exponential:gamma=0.5,warmup=2", "-f", "csv").stdout
    )  # fmt: skip
    assert len(table) == 16
    way = descend(
        "himmelblau", "momentum:lr=0.01,beta=0.8", start=(-1, -1), steps=7, schedule="exponential:gamma=0.5,warmup=2",
    )  # fmt: skip
    got = [[float(r[n]) for n in ("x", "y", "loss", "rate")] for r in table[8:]]
    want = np.column_stack([way.position, way.loss, way.rate])
    np.testing.assert_array_equal(got, want)
    assert {r["method"] for r in table} == {"sgd:lr=0.01", "momentum:lr=0.01,beta=0.8"}


def test_hyperparameters_of_all_methods_at_once() -> None:
    document = json.loads(
        run("optimize", "sgd", "momentum:lr=0.3", "--lr", "0.2", "-p", "beta=0.5", "-f", "json").stdout
    )  # fmt: skip
    sgd, momentum = (m["params"] for m in document["methods"])
    # what is for all wins over what stands behind one name, as for activation functions
    assert (sgd["lr"], momentum["lr"], momentum["beta"]) == (0.2, 0.2, 0.5)


def test_a_method_named_twice_is_one() -> None:
    document = json.loads(run("optimize", "sgd", "adam", "sgd:lr=0.1", "-f", "json").stdout)  # fmt: skip
    assert [m["name"] for m in document["methods"]] == ["sgd", "adam"]
    flows = json.loads(run("gradflow", "swish", "silu", "--width", "4", "-f", "json").stdout)  # fmt: skip
    assert [f["function"] for f in flows["functions"]] == ["swish"]


def test_the_table_tells_the_way_and_its_end() -> None:
    text = run("optimize", "sgd:lr=0.05", "-n", "80", "--every", "20").stdout
    for told in ("distance", "steps to 0.01", "reached at 63", "minimum at (0, 0)"):
        assert told in text
    steps = [t.split("│")[2].strip() for t in text.splitlines() if t.count("│") == 8]
    assert steps == ["0", "20", "40", "60", "80"]


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (
            "constant:warmup=10",
            "lr rises linearly over 10 steps, then lr times 1",
        ),
        ("step:every=5", "lr times gamma**floor(t/every), every=5, gamma=0.5"),
        (
            "step:every=5,warmup=3",
            "lr rises linearly over 3 steps, then lr times gamma**floor(t/every), every=5, gamma=0.5; "
            "t counts from there",
        ),
    ],
)
def test_a_schedule_is_told_with_its_values(schedule: str, told: str) -> None:
    text = run("optimize", "sgd", "--schedule", schedule).stdout
    assert f"schedule {schedule}: {told}" in " ".join(text.split())
    assert "schedule" not in run("optimize", "sgd").stdout


def test_a_label_can_be_typed_again() -> None:
    text = run("optimize", "sgd:lr=1", "adam:lr=0.30000001", "-n", "2").stdout
    assert "│ sgd:lr=1 " in text
    assert "│ adam:lr=0.30000001 " in text


def test_divergence_is_reported() -> None:
    done = run("optimize", "sgd:lr=0.2", "-n", "300")
    assert done.returncode == 0
    assert "diverged at" in done.stdout


@pytest.mark.parametrize("surface", SURFACES)
def test_pictures_of_ways(surface: str, tmp_path: Path) -> None:
    done = run("optimize", "sgd", "adam", "-s", surface, "-o", "w.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote w.png\n")
    assert (tmp_path / "w.png").read_bytes().startswith(PNG)


def test_many_ways_have_a_panel_each(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        done = run("optimize", *OPTIMIZERS, "-o", name, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
    first = (tmp_path / "a.pdf").read_bytes()
    assert first.startswith(PDF)
    assert first == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize("what", ["contour", "loss"])
def test_one_of_the_pictures_alone(what: str, tmp_path: Path) -> None:
    done = run("optimize", "sgd", "--show", what, "-o", "w.svg", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote w.svg\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["sgd:lr=1e9", "-s", "rosenbrock"],  # diverges at once
        ["adam", "--start", "0,0"],  # starts in the minimum
        ["adam", "-s", "saddle", "--start", "0,0"],
        ["sgd", "-n", "1"],
        ["adam", "-n", "3000"],
    ],
)
def test_pictures_of_ways_that_are_none(arguments: list[str], tmp_path: Path) -> None:
    done = run("optimize", *arguments, "-o", "w.png", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote w.png\n")


def test_the_list_has_every_method_schedule_and_surface() -> None:
    document = json.loads(run("optimize", "--list", "-f", "json").stdout)
    for kind, registry in (("optimizers", OPTIMIZERS), ("schedules", SCHEDULES), ("surfaces", SURFACES)):  # fmt: skip
        assert [row["name"] for row in document[kind]] == list(registry)
    text = run("optimize", "--list").stdout
    assert "form=literature" in text
    for name in (*OPTIMIZERS, *SCHEDULES, *SURFACES):
        assert name in text


def test_of_a_surface_without_a_minimum_no_way_to_one_is_told() -> None:
    text = run("optimize", "sgd", "-s", "saddle").stdout
    assert "last loss" in text
    for told in ("distance", "steps to", "never"):
        assert told not in text


def test_the_lists_say_what_every_parameter_means() -> None:
    lists = {"init": [INITIALIZERS], "optimize": [OPTIMIZERS, SCHEDULES, SURFACES]}
    for command, registries in lists.items():
        text = " ".join(run(command, "--list", COLUMNS="400").stdout.split())
        listed = json.loads(run(command, "--list", "-f", "json").stdout).values()
        meanings = {row["name"]: row["meanings"] for rows in listed for row in rows}
        for record in (r for registry in registries for r in registry.values()):
            for name, p in record.parameters.items():
                assert p.meaning
                assert p.meaning in text
                assert meanings[record.name][name] == p.meaning


def test_a_result_goes_into_a_file(tmp_path: Path) -> None:
    for command in (["gradflow", "relu", "--width", "4"], ["init", "he"], ["optimize", "--list"]):  # fmt: skip
        for suffix in ("csv", "json", "jsonl"):
            done = run(*command, "-o", f"r.{suffix}", cwd=tmp_path)
            assert (done.stdout, done.stderr) == ("", f"wrote r.{suffix}\n")
            assert (tmp_path / f"r.{suffix}").stat().st_size


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ("gradflow relu --width 4 -f csv", {"numpy"}),
        ("gradflow relu --width 4", {"numpy", "rich.table"}),
        ("init he --for gelu_tanh -f json", {"numpy"}),
        ("optimize -f csv", {"numpy"}),
    ],
)
def test_only_what_is_needed_is_imported(line: str, needed: set[str]) -> None:
    assert imported(*line.split()) & HEAVY == needed


WRONG = {
    "gradflow relu --layers -3": "layers -3 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --layers 0": "layers 0 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --layers 1.5": "layers 1.5 is not a whole number; write it like 3",
    "gradflow relu --model chain -x one": "x one is not a number; write it like 0.5",
    "gradflow relu --width 0": "width 0 is out of range; give a whole number at least 1",
    "gradflow relu --batch 0": "batch 0 is out of range; give a whole number at least 1",
    "gradflow relu --seeds 0": "seeds 0 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --layers 1 --width 1 --seeds 1000000000000": "seeds 1000000000000 is out of range; give a whole number from 1 to 10000",
    "gradflow relu --seed -1": "seed -1 is out of range; give a whole number at least 0",
    "gradflow relu --width 100000": "10 layers of width 100000 and batch 64 are too large",
    "gradflow relu --init hee": "no initializer 'hee'; did you mean 'he'?",
    "gradflow relu --init normal:-1": "std=-1 is out of range for initializer 'normal'",
    "gradflow relu --model mpl": "no model 'mpl'; did you mean 'mlp'?",
    "gradflow relu --model chain --width 9": "--width means nothing with --model chain; leave it out",
    "gradflow relu --weight 2": "--weight means nothing with --model mlp; leave it out",
    "gradflow relu --model chain --weight inf": "weight inf is not finite; give a finite number",
    "gradflow swsh": "no function 'swsh'; did you mean 'swish'?",
    "gradflow softmax": "softmax works over an axis; give elementwise functions",
    "gradflow relu -o x.gif": "x.gif: unknown suffix '.gif'; .png .svg .pdf .csv",
    "gradflow relu -f xml": "no format 'xml'",
    "gradflow": "missing argument 'FUNCTION...'",
    "init": "init needs a METHOD; 'actcli init --list' shows them all",
    "init xaver": "no initializer 'xaver'; did you mean 'xavier'?",
    "init he --fan-in 0": "fan-in 0 is out of range; give a whole number from 1 to 100000000",
    "init he --fan-out -2": "fan-out -2 is out of range; give a whole number from 1 to 100000000",
    f"init he --fan-in {'9' * 400}": f"fan-in {'9' * 400} is out of range; give a whole number from 1 to 100000000",
    "init he --fan-in 1000000 --fan-out 1000000": "1000000 by 1000000 weights are too many to draw",
    "init he -p gian=2": "initializer 'he_normal' has no parameter 'gian'; did you mean 'gain'?",
    "init he:gain=2 --for relu": "--for sets the gain, and so does 'he:gain=2'; leave one out",
    "init normal --for relu": "initializer 'normal' has no gain for --for to set; choose from xavier_normal",
    "init he --for step:mode=1": "step has no parameter 'mode'",
    "init he:mode=fan_out --for step": "step has no gain, as E[f'(z)^2] is 0; choose another function",
    "init he --for log(x)": "log(x) has no gain, as E[f(z)^2] is undefined; choose another function",
    "init he --for tan(x)": "tan(x) has no gain, as E[f(z)^2] is infinite; choose another function",
    "init he --for sin(1/x)": "sin(1/x) has no gain, as E[f(z)^2] is not settled to 1e-10; choose another function",
    "init he --save w.txt": "w.txt: unknown suffix '.txt'; weights are saved as .npy or .npz",
    "init he -o w.gif": "w.gif: unknown suffix '.gif'",
    "init he --seed -1": "seed -1 is out of range; give a whole number at least 0",
    "init he --precision 99": "precision 99 is out of range; give a whole number from 1 to 17",
    "init he --list": "'he' means nothing with --list; leave it out",
    "init --list --for relu": "'relu' means nothing with --list; leave it out",
    "init --list --fan-in 3": "--fan-in means nothing with --list; leave it out",
    "init he:2 --for relu": "--for sets the gain, and so does 'he:2'; leave one out",
    "init he -p gain=2 --for relu": "--for sets the gain, and so does 'gain=2'; leave one out",
    "optimize adm": "no optimizer 'adm'; did you mean 'adam'?",
    "optimize sgd:lr=inf": "lr=inf is out of range for optimizer 'sgd'; give a finite number above 0",
    "optimize --lr inf": "lr=inf is out of range for optimizer 'sgd'; give a finite number above 0",
    "optimize --lr=": "'lr=' in 'lr=' is not param=value; write it as lr=VALUE",
    "optimize sgd:lr=fast": "optimizer 'sgd': lr: 'fast' is not a number",
    "optimize sgd:rate=1": "optimizer 'sgd' has no parameter 'rate'; it has lr, weight_decay",
    "optimize -p rho=2": "rho=2 is out of range for optimizer 'rmsprop'",
    "optimize -p bta=2": "optimizer 'sgd' has no parameter 'bta'",
    "optimize --start 1": "--start: '1' is not two numbers; write it like -7,2",
    "optimize --start a,b": "--start: 'a,b' is not two numbers; write it like -7,2",
    "optimize --start 1,2,3": "--start: '1,2,3' is not two numbers; write it like -7,2",
    "optimize --start nan,1": "start nan,1 is not a place on the plane; give two finite numbers x,y",
    "optimize --steps -1": "steps -1 is out of range; give a whole number from 1 to 1000000",
    "optimize adam:beta=.9": "optimizer 'adam' has no parameter 'beta'; it has beta1, beta2",
    "gradflow relu --seeds -3": "seeds -3 is out of range; give a whole number from 1 to 10000",
    "optimize --surface elipse": "no surface 'elipse'; did you mean 'ellipse'?",
    "optimize --surface ellipse:b=-1": "b=-1 is out of range for surface 'ellipse'",
    "optimize --schedule cosin": "no schedule 'cosin'; did you mean 'cosine'?",
    "optimize --schedule cosine:warmup=-1": "warmup=-1 is out of range for schedule 'cosine'",
    "optimize --tolerance 0": "tolerance 0 is no distance; give a number above 0",
    "optimize --show all": "no picture 'all'; choose from both, contour, loss",
    "optimize --every 0": "every 0 is out of range; give a whole number at least 1",
    "optimize --every x": "every x is not a whole number; write it like 3",
    "optimize --show loss": "--show means nothing without a picture; add -o ways.png",
    "optimize --show both -o w.csv": "--show means nothing without a picture; add -o ways.png",
    "optimize adam --list": "'adam' means nothing with --list; leave it out",
    "optimize --list --steps 3": "--steps means nothing with --list; leave it out",
    "optimize --tolerance nan": "tolerance nan is no distance; give a finite number above 0",
    "optimize -o ways.gif": "ways.gif: unknown suffix '.gif'",
    "init he --save w.npy -f cvs": "no format 'cvs'; did you mean 'csv'?",
    "init he --save w.npy -o w.csv -f json": "w.csv: its suffix says csv, -f says json",
    "optimize sgd -o w.png -f cvs": "no format 'cvs'; did you mean 'csv'?",
    "gradflow relu -o w.png -f cvs": "no format 'cvs'; did you mean 'csv'?",
    "gradflow relu -o w.png -f npy": ".npy holds one array, not a table; use npz or csv",
}  # fmt: skip


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_one_line(line: str, tmp_path: Path) -> None:
    done = run(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"actcli: {WRONG[line]}")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line",
    [
        "gradflow relu --width 4 -o no/x.png",
        "gradflow relu --width 4 -o no/x.csv",
        "init he --save no/w.npy",
        "init he -o no/h.svg",
        "optimize -o no/w.pdf",
    ],
)
def test_a_folder_that_is_missing_is_one_line(line: str, tmp_path: Path) -> None:
    done = run(*line.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(
        "actcli: no: no such file or directory; cannot write "
    )
    assert done.stderr.count("\n") == 1
