"""The program as a user's shell starts it."""

import csv
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ACTCLI = [sys.executable, "-m", "actcli"]


def environment(**changes: str) -> dict[str, str]:
    """Return an environment that finds this checkout and says nothing of colours or widths."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **changes}


def hearing_signals() -> None:
    """Undo, in a child before it runs, what whoever started the tests told them to ignore: nohup, a job in the background."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def run(
    *arguments: str, stdin: str | bytes = b"", cwd: Path | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run actcli, standard input a pipe; outputs are text."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*ACTCLI, *arguments],
        input=given,
        capture_output=True,
        cwd=cwd,
        env=environment(**changes),
        timeout=120,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def shell(
    script: str, cwd: Path | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    """Run a shell script in which ``actcli`` is this checkout's."""
    quoted = " ".join(f'"{part}"' for part in ACTCLI)
    preamble = f'actcli() {{ {quoted} "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", preamble + script],  # noqa: S607  # the user's shell, wherever it is
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(**changes),
        timeout=120,
    )


def csv_rows(text: str) -> list[dict[str, str]]:
    """Return the rows of a table, its cells by their headings."""
    return list(csv.DictReader(io.StringIO(text)))


def word_rows(text: str) -> dict[str, list[str]]:
    """Return the cells of a table of words by the first of each row."""
    cells = [
        [c.strip() for c in line.strip("│").split("│")]
        for line in text.splitlines()
        if "│" in line
    ]
    return {row[0]: row[1:] for row in cells}
