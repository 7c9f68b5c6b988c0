"""Every example runs, and makes the pictures that the README shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell import ROOT, environment, shell

SCRIPTS = sorted(p for p in (ROOT / "examples").iterdir() if p.suffix in (".sh", ".py"))


def test_there_are_examples() -> None:
    assert SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS, ids=[s.name for s in SCRIPTS])
def test_an_example_runs(script: Path, tmp_path: Path) -> None:
    if "dask" in script.stem:
        pytest.importorskip("distributed")
    if script.suffix == ".sh":
        done = shell(f"set -eu\n. {script}", cwd=tmp_path)
    else:
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=tmp_path, capture_output=True, text=True, env=environment(), timeout=300,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made = {p.name for p in tmp_path.iterdir()}
    shown = {p.name for p in (ROOT / "examples").glob(f"{script.stem}*.png")}
    assert shown <= made
