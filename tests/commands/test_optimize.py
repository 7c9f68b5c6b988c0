"""``actcli optimize``: every step of every way, in numbers and pictures."""

import json
from pathlib import Path

import numpy as np
import pytest

from actcli.training.descent import descend
from actcli.training.optimizers import OPTIMIZERS
from actcli.training.schedules import SCHEDULES
from actcli.training.surfaces import SURFACES
from tests.shell import csv_rows, run

PNG, PDF = b"\x89PNG\r\n\x1a\n", b"%PDF-"


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
    table = csv_rows(
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
