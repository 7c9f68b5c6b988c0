"""``actcli list``: every function is in it."""

import json

import pytest

import actcli
from tests.shell import run


def test_list_shows_every_function() -> None:
    document = json.loads(run("list", "-f", "json").stdout)
    assert {f["name"] for f in document["functions"]} >= set(actcli.functions) != set()
    assert all(f["formula"] and f["family"] for f in document["functions"])
    some = json.loads(run("list", "--family", "rectifiers", "-f", "json").stdout)[
        "functions"
    ]
    assert {f["family"] for f in some} == {"rectifiers"}
    asked = ("list", "--framework", "torch", "--family", "rectifiers", "-f", "json")
    spelled = json.loads(run(*asked).stdout)["functions"]
    assert {f["family"] for f in spelled} == {"rectifiers"}
    assert "torch.nn.ReLU" in {f["spelling"] for f in spelled}
    assert "relu\n" in run("list", "-f", "plain").stdout
    assert "x if x > 0 else alpha * x" in run("list").stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["list", "--family", "rectifier"],
            "no family 'rectifier'; did you mean 'rectifiers'?",
        ),
        (["list", "-o", "a.npy"], ".npy: there are no arrays to write"),
    ],
)
def test_a_wrong_request_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"actcli: {message}")
