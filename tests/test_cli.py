"""The program as a whole: help, examples, start-up, and what is imported when."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import actcli
from actcli.analysis import VANISHING
from actcli.cli import COMMANDS, main
from actcli.errors import UndecidedError
from actcli.render.formats import BINARY, FORMATS
from actcli.training.descent import OUTCOMES
from actcli.training.schedules import SCHEDULES
from actcli.training.verdicts import BOUND
from actcli.verify.frameworks import OPPONENTS
from tests.shell import ACTCLI, ROOT, environment, hearing_signals, run, shell


def test_version_and_help() -> None:
    assert re.fullmatch(r"actcli \d+\.\d+\.\d+\n", run("--version").stdout)
    text = run("--help").stdout
    assert "Examples:" in text
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\w.*\w\.$", text, re.MULTILINE), command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_ends_in_examples_that_run(command: str, tmp_path: Path) -> None:
    text = run(command, "--help").stdout
    head, _, tail = text.partition("Examples:\n")
    assert head.startswith("Usage: actcli")
    lines = [line.strip() for line in tail.strip().splitlines()]
    assert len(lines) >= 3
    for line in lines:
        assert "actcli " + command in line
        done = shell(f"set -o pipefail; {line}", cwd=tmp_path)
        assert done.returncode == 0, f"{line}: {done.stderr}"
        assert done.stdout or list(tmp_path.iterdir()), line


@pytest.mark.parametrize("command", COMMANDS)
def test_help_calls_no_option_after_a_python_type_nor_its_bounds_x(
    command: str,
) -> None:
    text = run(command, "--help").stdout
    assert not re.search(r"<(int|float|str|path)|INTEGER|FLOAT|TEXT RANGE|[<>]=", text)


def test_help_tells_bounds_as_errors_do() -> None:
    told = " ".join(run("eval", "--help").stdout.split())
    for option, n in (("digits", 0), ("threads", 0), ("precision", 18), ("order", 21)):
        error = run("eval", "relu", "-x", "1", f"--{option}", str(n)).stderr
        bounds = re.search(r"(from \d+ to \d+)\n", error)
        assert bounds
        assert re.search(rf"--{option} N [^\[]*\[[^\]]*{bounds[1]}\]", told)


# to print it from these, help would wait for NumPy
DECLARED = {
    "bench": [f"some of {', '.join(OPPONENTS)}."],
    "gradflow": [f"1/{BOUND:g} of", f"over {BOUND:g} times", f"|f'| < {VANISHING:g}"],
    "optimize": [
        f"{', '.join(SCHEDULES)};",
        *(f"{outcome}: {told}" for outcome, told in OUTCOMES.items()),
    ],
}


@pytest.mark.parametrize("command", DECLARED)
def test_help_says_what_is_declared(command: str) -> None:
    text = " ".join(run(command, "--help").stdout.split())
    for told in DECLARED[command]:
        assert told in text


@pytest.mark.parametrize(
    "line",
    [
        "eval relu -x 1",
        "compare relu -x 1",
        "list",
        "list --framework jax",
        "info relu",
        "init he --fan-in 3 --fan-out 2",
        "gradflow relu --model chain",
        "optimize sgd --steps 2",
        "bench relu --size 9 --repeat 1",
        "check relu -x 1 -y 1",
        "golden relu --count 0",
    ],
)
def test_formats_are_offered_where_they_can_be_written(
    line: str, tmp_path: Path
) -> None:
    command, *_ = line.split()
    told = run(command, "--help").stdout.partition("-f, --format FORMAT")[2]
    offered = re.findall(r"\w+", told.partition(".")[0].replace(" or ", " "))
    assert offered[:7] == ["table", *FORMATS]
    for format_ in BINARY:
        works = int(format_ in offered)
        to_pipe = shell(f"actcli {line} -f {format_} > a.{format_}", cwd=tmp_path)
        to_file = run(*line.split(), "-o", f"b.{format_}", cwd=tmp_path)
        for name, done in (("a", to_pipe), ("b", to_file)):
            assert done.returncode == (0 if works else 2), done.stderr
            path = tmp_path / f"{name}.{format_}"
            assert (path.exists() and path.stat().st_size > 100) or not works


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evl"], "no command 'evl'; did you mean 'eval'?"),
        (["--versoin"], "no such option: --versoin"),
        (["zzzzzz"], "no command 'zzzzzz'; 'actcli --help' lists them"),
    ],
)
def test_a_wrong_command_is_one_line(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"actcli: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "others"),
    [
        ("gradflow relu --model chain --weight=1/4 -x pi -l 6/2",
         "gradflow relu --model chain --weight=0.25 -x 3.141592653589793 -l 3"),
        ("init he --fan-in 1e2 --fan-out 0x10 --seed 12345678901234567891",
         "init he --fan-in 100 --fan-out 16 --seed 12345678901234567891"),
        ("optimize --tolerance 1/100 --steps 1e1 --precision 4/1",
         "optimize --tolerance 0.01 --steps 10 --precision 4"),
        ("eval exp(x) -x 1 --digits 2e1", "eval exp(x) -x 1 --digits 20"),
    ],
)  # fmt: skip
def test_options_read_numbers_as_points_are_read(arguments: str, others: str) -> None:
    got, expected = run(*arguments.split()), run(*others.split())
    assert (got.returncode, got.stderr) == (0, "")
    assert got.stdout == expected.stdout != ""


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1.5", "digits 1.5 is not a whole number; write it like 3"),
        ("inf", "digits inf is not a whole number; write it like 3"),
        ("1/0", "digits 1/0 is not a whole number; write it like 3"),
        ("ten", "digits ten is not a whole number; write it like 3"),
        (
            "1e20",
            "digits 100000000000000000000 is out of range; give a whole number from 1 to 10000",
        ),
    ],
)
def test_a_number_that_an_option_does_not_take(typed: str, message: str) -> None:
    done = run("eval", "relu", "-x", "1", "--digits", typed)
    assert (done.returncode, done.stderr) == (2, f"actcli: {message}\n")


STRAYS = {
    "eval relu -x 1 2 3": "got unexpected extra argument(s) (2 3); write numbers as -x 1,2,-3",
    "eval relu -x 1 -2": "no such option: -2; write numbers as -x 1,2,-3",
    "info relu gelu": "got unexpected extra argument(s) (gelu); compare takes several functions",
    "init he lecun": "got unexpected extra argument(s) (lecun); see 'actcli init --help'",
    "eval -x*exp(x) -x 1": "missing argument 'FUNCTION'; a formula does not begin with -, write 0-x*exp(x)",
    "plot -tanh(x)": "no such option: -t; a formula does not begin with -, write 0-tanh(x)",
    "eval relu -q -1/3": "no such option: -q; see 'actcli eval --help'",
    "eval": "missing argument 'FUNCTION'; for example actcli eval relu -x 1,2,-3",
    "compare": "missing argument 'FUNCTION...'; for example actcli compare sigmoid tanh relu",
}


@pytest.mark.parametrize("typed", STRAYS)
def test_a_call_that_cannot_be_taken_apart_says_how_it_may_be_meant(typed: str) -> None:
    done = run(*typed.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"actcli: {STRAYS[typed]}\n"


def test_what_is_quoted_does_not_command_the_terminal() -> None:
    done = run("eval", "relu", stdin="x\n1\n\x1b[31m\x00é\n")
    assert done.stderr == (
        "actcli: standard input, line 3: '\\x1b[31m\\x00é' is not a number\n"
    )


@pytest.mark.parametrize("command", [[], ["eval"], ["optimize"]])
def test_help_has_a_short_name(command: list[str]) -> None:
    short, long = run(*command, "-h"), run(*command, "--help")
    assert (short.returncode, short.stdout) == (0, long.stdout)


def test_blanks_separate_numbers_as_in_a_pipe() -> None:
    typed = run("eval", "relu", "-x", "1 2, -1/3 1 / 4\t0 : 1 : 0.5\n", "-f", "plain")
    piped = run("eval", "relu", "-f", "plain", stdin="1 2 -1/3 1/4 0 0.5 1")
    assert (typed.returncode, typed.stdout) == (0, piped.stdout)


def test_no_arguments_show_the_help() -> None:
    done = run()
    assert "Calculate" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def imported(*arguments: str) -> set[str]:
    """Return the modules that a command leaves imported."""
    script = (
        "import sys, json\nfrom actcli.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n"
        "    assert not end.code, end.code\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


HEAVY = {"numpy", "rich.table", "matplotlib", "mpmath"}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (["--version"], set()),
        (["eval", "relu", "-x", "1"], {"numpy", "rich.table"}),
        (["eval", "gelu_tanh", "-x", "1", "-d", "-f", "csv"], {"numpy"}),
        (["eval", "relu", "-x", "1", "--exact", "-f", "csv"], {"numpy", "mpmath"}),
        (["list", "-f", "csv"], {"numpy"}),
    ],
)
def test_a_command_imports_what_it_needs(
    arguments: list[str], needed: set[str]
) -> None:
    modules = imported(*arguments)
    assert modules & HEAVY == needed
    assert "pydantic" not in modules


def test_a_plot_needs_no_more_than_matplotlib(tmp_path: Path) -> None:
    modules = imported("plot", "relu", "-o", str(tmp_path / "relu.png"))
    assert modules & HEAVY == {"numpy", "matplotlib"}
    assert "matplotlib.pyplot" not in modules


def completed(words: str) -> list[str]:
    count = str(len(shlex.split(words)) - (not words.endswith(" ")))
    done = run(
        _ACTCLI_COMPLETE="complete_bash",
        _TYPER_COMPLETE_ARGS=words,
        COMP_WORDS=words,
        COMP_CWORD=count,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_completion_of_commands_functions_and_aliases() -> None:
    assert "eval" in completed("actcli ev")
    names = completed("actcli eval s")
    assert {"swish", "softmax", "silu"} <= set(names)
    assert all(name.startswith("s") for name in names)
    assert "silu" not in completed("actcli eval ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("actcli gradflow relu --init au", ["auto"]),
        ("actcli gradflow relu --init orth", ["orthogonal"]),
        ("actcli init orth", ["orthogonal"]),
        ("actcli optimize adag", ["adagrad"]),
        ("actcli optimize --surface him", ["himmelblau"]),
        ("actcli optimize --schedule cos", ["cosine"]),
        ("actcli list --family recti", ["rectifiers"]),
        ("actcli list --framework ker", ["keras"]),
    ],
)
def test_completion_of_other_names(words: str, expected: list[str]) -> None:
    assert completed(words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("actcli eval swish --wrt ", ["beta"]),
        ("actcli eval swish:beta=2 --wrt ", ["beta"]),
        ("actcli eval silu -x 1 --wrt b", ["beta"]),
        ("actcli eval relu --wrt ", []),
        ("actcli eval rrelu --wrt ", ["lower", "upper"]),
        ("actcli eval 'x*b' --wrt ", ["b"]),
        ("actcli eval nn.LeakyReLU -p ", ["alpha="]),
        ("actcli compare relu swish:beta=2 prelu -p ", ["alpha=", "beta="]),
        ("actcli plot swsh mish swish -p b", ["beta="]),
        # bash takes words apart at colons and signs of equality
        ("actcli eval swish : beta = 2 --wrt ", ["beta"]),
    ],
)
def test_completion_of_parameters(words: str, expected: list[str]) -> None:
    assert completed(words) == expected


@pytest.mark.parametrize("how", ["typed", "piped", "to a file", "exact"])
def test_a_point_that_no_precision_decides_does_not_keep_the_others_back(
    how: str, tmp_path: Path
) -> None:
    typed = ["-x", "0.5,1,2,1.5"] if how != "piped" else []
    output = ["-o", "a.csv"] if how == "to a file" else ["-f", "csv"]
    output += ["--exact"] if how == "exact" else []
    given = "" if typed else "0.5\n1\n2\n1.5\n"
    done = run("eval", "sin(pi*x) > 0", *typed, *output, stdin=given, cwd=tmp_path)
    table = done.stdout or (tmp_path / "a.csv").read_text()
    assert table == "x,f\n0.5,1.0\n1.0,nan\n2.0,nan\n1.5,0.0\n"
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "actcli: formula 'sin(pi*x) > 0': no precision decides its value at x=1.0 and 1 more;"
        " nan stands for it"
    )


def test_a_command_leaves_nothing_behind_in_the_process(
    capsys: pytest.CaptureFixture[str],
) -> None:
    jump = "1 if sin(pi*x) > 0 else 0"
    # the second fails before it tells what it could not decide
    for asked, code in (
        (["eval", jump, "-x", "1"], 1),
        (["eval", jump, "-x", "1", "-o", "no/a.csv"], 1),
        (["eval", "relu", "-x", "1"], 0),
    ):
        with pytest.raises(SystemExit) as done:
            main(asked)
        assert done.value.code == code
    assert capsys.readouterr().err.count("no precision decides") == 1
    with pytest.raises(UndecidedError):
        actcli.get(jump)(1.0)


def test_an_interrupt_while_modules_are_imported(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    done = run("eval", "relu", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
    assert (done.returncode, done.stdout, done.stderr) == (
        130,
        "",
        "actcli: interrupted\n",
    )


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_ends_it_with_130() -> None:
    process = subprocess.Popen(
        [*ACTCLI, "eval", "relu"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(), text=True, preexec_fn=hearing_signals,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write("1\n")
    process.stdin.flush()
    time.sleep(1.5)  # the interrupt must meet the command and not Python's own start
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "actcli: interrupted"


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    script = (
        "import actcli.points\nactcli.points.read = lambda texts: 1 / 0\n"
        "from actcli.cli import main\nmain(['eval', 'relu', '-x', '1'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert "ZeroDivisionError" in done.stderr
    assert done.returncode == 1


def test_closed_standard_error_costs_nothing_but_the_words(tmp_path: Path) -> None:
    wrong = shell("actcli eval nope -x 1 2>&-")
    assert (wrong.stdout, wrong.returncode) == ("", 2)
    target = tmp_path / "y.csv"
    assert shell(f"actcli eval relu -x 1 -o {target} 2>&-").returncode == 0
    assert target.read_text() == "x,f\n1.0,1.0\n"
