"""``actcli init``: theory and what was drawn, gains for a function, files, pictures."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from actcli.training.initializers import INITIALIZERS
from tests.shell import run

PNG = b"\x89PNG\r\n\x1a\n"


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
