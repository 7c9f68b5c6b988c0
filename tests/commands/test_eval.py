"""``actcli eval`` as a user types it."""

import csv
import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

import actcli
from actcli import cli
from actcli.commands.request import Request
from tests.shell import run, shell


def column(text: str, name: str) -> list[float]:
    return [float(row[name]) for row in csv.DictReader(text.splitlines())]


def evaluated(*arguments: str) -> list[float]:
    done = run("eval", *arguments, "-f", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    return column(done.stdout, "f")


def test_a_table() -> None:
    done = run("eval", "relu", "-x", "1,2,-3")
    assert done.returncode == 0
    cells = [
        [c.strip() for c in line.strip("│").split("│")]
        for line in done.stdout.splitlines()
        if "│" in line
    ]
    assert cells == [["1", "1"], ["2", "2"], ["-3", "0"]]
    assert done.stderr == ""


def test_a_table_of_very_many_numbers_shows_its_ends() -> None:
    done = run("eval", "relu", "-x", "0:9999")
    assert (done.stderr, len(done.stdout.splitlines())) == ("", 10_000 + 4)
    done = run("eval", "relu", "-d", "-x", "0:10000")
    rows = done.stdout.splitlines()[3:-1]
    assert [row.split()[1] for row in rows] == [
        *map(str, range(20)), "…", *map(str, range(9981, 10001))
    ]  # fmt: skip
    assert rows[20].split() == ["│", "…", "│", "…", "│", "…", "│"]
    assert (
        done.stderr == "9961 more rows; -f csv prints them all, -o FILE writes them\n"
    )
    assert (
        run("eval", "relu", "-x", "0:10000", "-f", "plain").stdout.count("\n") == 10_001
    )


@pytest.mark.parametrize("count", [9_999, 10_000, 10_001, 10_015, 300_000])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_table_of_a_file_is_that_of_its_numbers(
    count: int, order: str, tmp_path: Path
) -> None:
    flat = np.arange(float(count)) - 9_990
    x = np.array(flat.reshape(-1, 1 + 4 * (count % 5 == 0)), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", x)
    np.savetxt(tmp_path / "x.txt", x, "%d")
    typed = run("eval", "swish", "-d", "-x", f"-9990:{flat[-1]:.0f}")
    for given in ("-i x.npy", "-i x.txt", "-i - < x.npy"):
        done = shell(f"actcli eval swish -d {given}", cwd=tmp_path)
        assert (done.stdout, done.stderr) == (typed.stdout, typed.stderr)
    seeded = shell("actcli eval rrelu:seed=1 -i x.npy", cwd=tmp_path)
    given = ["-x", f"-9990:{flat[-1]:.0f}"]
    assert seeded.stdout == run("eval", "rrelu:seed=1", *given).stdout


def test_a_table_of_shares_has_their_sum(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("1 2 3\n")
    np.save(tmp_path / "long.npy", np.arange(20_000.0))
    np.save(tmp_path / "rows.npy", np.ones((2, 3)))
    typed = run("eval", "softmax", "-x", "1,2,3").stdout
    assert run("eval", "softmax", "-i", "x.txt", cwd=tmp_path).stdout == typed
    table = run("eval", "softmax", "-i", "long.npy", cwd=tmp_path)
    assert table.stdout.splitlines()[-2].split()[1:5] == ["sum", "│", "1", "│"]
    assert table.stderr.startswith("19960 more rows;")
    table = run("eval", "softmax", "-i", "rows.npy", cwd=tmp_path)
    assert (table.stdout.count("0.33333333"), "sum" in table.stdout) == (6, False)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["-x", "-3,1"], [-3, 1]),
        (["-x=-3"], [-3]),
        (["-x", "-3"], [-3]),
        (["--x", "-3", "-x", "1"], [-3, 1]),
        (["-x", "-3:3:0.5"], [-3 + i / 2 for i in range(13)]),
        (["-x", "0:1:0.1"], [i / 10 for i in range(11)]),
        (["-x", "0:1:0.3"], [0, 0.3, 0.6, 0.9]),
        # ten times as much is beyond the whole numbers that floats tell apart
        (["-x", "900719925474099:900719925474100:0.1"], [float(f"900719925474099.{i}") for i in range(10)] + [900719925474100]),
        (["-x", "3:1:-1"], [3, 2, 1]),
        (["-x", "1:3"], [1, 2, 3]),
        (["-x", "inf,-inf,nan,pi,e,1e-3,0x1.8p-3,1/3"], [math.inf, -math.inf, math.nan, math.pi, math.e, 1e-3, 0.1875, 1 / 3]),
    ],
)  # fmt: skip
def test_numbers(typed: list[str], expected: list[float]) -> None:
    np.testing.assert_array_equal(evaluated("identity", *typed), expected)


def test_values_that_the_issue_names() -> None:
    x = "-1,0,1,-0.5,2,3"
    np.testing.assert_allclose(
        evaluated("sigmoid", "-x", x),
        [0.26894142, 0.5, 0.73105858, 0.37754067, 0.88079708, 0.95257413],
        atol=5e-9,
    )
    done = run("eval", "sigmoid", "-x", x, "-d", "-f", "csv")
    np.testing.assert_allclose(
        column(done.stdout, "derivative"),
        [0.19661193, 0.25, 0.19661193, 0.23500371, 0.10499359, 0.04517666],
        atol=5e-9,
    )
    np.testing.assert_allclose(
        evaluated("softmax", "-x", "1,2,3,4,1,2,3"),
        [
            0.02364054,
            0.06426166,
            0.1746813,
            0.474833,
            0.02364054,
            0.06426166,
            0.1746813,
        ],
        atol=5e-9,
    )
    assert sum(evaluated("softmax", "-x", "1000,1001")) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["sigmoid", "-x", "40", "-d"], "4.248354255291589e-18"),
        (["gelu", "-x=-10"], "-7.619853024160526e-23"),
        (["swish", "-x=-inf"], "-0.0"),
        (["tanh", "-x", "20", "-d"], "1.6993417021166355e-17"),
    ],
)
def test_tails_to_the_last_digit(arguments: list[str], expected: str) -> None:
    done = run("eval", *arguments, "-f", "csv")
    assert done.stdout.splitlines()[1].split(",")[-1] == expected


def test_tables_show_eight_digits_unless_told_otherwise() -> None:
    assert "0.33333333" in run("eval", "identity", "-x", "1/3").stdout
    assert " 0.333 " in run("eval", "identity", "-x", "1/3", "--precision", "3").stdout
    assert "0.26894142" in run("eval", "sigmoid", "-x", "-1").stdout


def test_digits_of_the_others_come_out_beside_a_number_that_cannot_be_written() -> None:
    done = run("eval", "gelu", "-x=1,-1e300,2", "--digits", "10", "-f", "csv")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stdout.split() == [
        "x,f", "1.0,0.8413447461", "-1e+300,nan", "2.0,1.954499736"
    ]  # fmt: skip


def test_fifty_digits() -> None:
    done = run("eval", "gelu", "-x", "1.5", "--digits", "50")
    assert "1.3997891980967129009932589385301708807156572215082" in done.stdout


def test_exact_agrees_and_rounds_once() -> None:
    for dtype in ("float64", "float32", "float16"):
        ours, exact = (
            run(
                "eval",
                "mish",
                "-x",
                "-9:9:0.7",
                "-d",
                "-f",
                "csv",
                "--dtype",
                dtype,
                *more,
            ).stdout
            for more in ([], ["--exact"])
        )
        np.testing.assert_allclose(
            column(ours, "derivative"),
            column(exact, "derivative"),
            rtol=0,
            atol=2.0 * float(np.finfo(dtype).eps),
        )


def test_orders_and_parameters() -> None:
    done = run(
        "eval", "swish", "-x", "0.5", "--order", "2", "-p", "beta=2", "-f", "json"
    )
    document = json.loads(done.stdout)
    assert document["params"] == {"beta": 2.0}
    s = 1 / (1 + math.exp(-1))
    assert document["derivative"][0] == pytest.approx(s + s * (1 - s), rel=1e-15)
    assert document["derivative_2"][0] == pytest.approx(
        4 * s * (1 - s) + 2 * s * (1 - s) * (1 - 2 * s), rel=1e-14
    )
    assert json.loads(
        run("eval", "prelu", "-x=-3,2", "--wrt", "alpha", "-f", "json").stdout
    )["derivative"] == [-3, 0]
    spec = json.loads(run("eval", "SiLU:beta=2", "-x", "0.5", "-f", "json").stdout)
    assert (spec["function"], spec["f"]) == ("swish", document["f"])


def test_parameters_are_found_by_any_spelling_as_functions_are() -> None:
    done = run("eval", "prelu:ALPHA=0.5", "-x=-3", "--wrt", "Alpha", "-f", "json")
    document = json.loads(done.stdout)
    assert (document["params"], document["wrt"]) == ({"alpha": 0.5}, "alpha")
    assert (document["f"], document["derivative"]) == ([-1.5], [-3.0])
    assert run("eval", "swish:BETA=2,beta=1", "-x", "1").returncode == 2


def test_upstream() -> None:
    done = json.loads(
        run("eval", "softmax", "-x", "1,2,3", "-u", "1,0,0", "-d", "-f", "json").stdout
    )
    np.testing.assert_allclose(
        done["backward"], np.array(done["derivative"])[0], rtol=1e-15
    )
    assert json.loads(
        run("eval", "relu", "-x", "1,-2", "-u", "7", "-f", "json").stdout
    )["backward"] == [7, 0]


def test_what_goes_back_exactly() -> None:
    args = ["--exact", "-x", "1,2,3", "-u", "1,0,0", "-f", "json"]
    done = json.loads(run("eval", "softmax", *args).stdout)
    e = mpmath.e()
    shares = [e**k / (e + e**2 + e**3) for k in (1, 2, 3)]
    back = [float(shares[0] * ((k == 0) - p)) for k, p in enumerate(shares)]
    assert done["backward"] == pytest.approx(back, rel=1e-15)
    done = run("eval", "relu", "--exact", "-x", "-1,0,2", "-u", "3", "-f", "csv")
    assert done.stdout.splitlines()[1:] == [
        *("-1.0,0.0,3.0,0.0", "0.0,0.0,3.0,0.0", "2.0,2.0,3.0,3.0")
    ]


def test_a_formula_of_ones_own() -> None:
    done = json.loads(
        run("eval", "x*tanh(exp(x))", "-x", "1", "-d", "-f", "json").stdout
    )
    assert done["f"][0] == pytest.approx(math.tanh(math.e), rel=1e-15)
    assert done["derivative"][0] == pytest.approx(
        math.tanh(math.e) + math.e / math.cosh(math.e) ** 2, rel=1e-15
    )
    assert (
        run("eval", "x*sigmoid(b*x)", "-p", "b=2", "-x", "1", "-f", "plain").stdout
        == "0.8807970779778824\n"
    )


def test_json_has_the_shape_of_the_design() -> None:
    document = json.loads(
        run(
            "eval", "sigmoid", "-x", "inf,0", "-d", "-f", "json", "--dtype", "float32"
        ).stdout
    )
    assert document == {
        "function": "sigmoid", "params": {}, "dtype": "float32", "x": ["inf", 0.0], "f": [1.0, 0.5], "derivative": [0.0, 0.25],
    }  # fmt: skip
    vector = json.loads(
        run("eval", "maxout", "-x", "1,3,2,0", "-d", "-f", "json").stdout
    )
    assert vector["f"] == [3, 2]
    assert vector["derivative"] == [[0, 1, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("format_", "expected"),
    [
        ("csv", "x,f,derivative\n-0.1,0.47502081252106,0.24937604019289197\n"),
        ("tsv", "x\tf\tderivative\n-0.1\t0.47502081252106\t0.24937604019289197\n"),
        (
            "jsonl",
            '{"x": -0.1, "f": 0.47502081252106, "derivative": 0.24937604019289197}\n',
        ),
        ("plain", "0.47502081252106 0.24937604019289197\n"),
        (
            "hex",
            "x\tf\tderivative\n-0x1.999999999999ap-4\t0x1.e66bdb1aca090p-2\t0x1.feb8dd88468f1p-3\n",
        ),
    ],
)
def test_formats_for_machines(format_: str, expected: str) -> None:
    done = run("eval", "sigmoid", "-x", "-0.1", "-d", "-f", format_, FORCE_COLOR="1")
    got = done.stdout.replace("\t", " ").replace(",", " ").split()
    assert len(got) == len(expected.replace("\t", " ").replace(",", " ").split())
    for a, b in zip(
        got, expected.replace("\t", " ").replace(",", " ").split(), strict=True
    ):
        if a != b:
            read = float.fromhex if "0x" in b else float
            assert read(a.strip("}")) == pytest.approx(read(b.strip("}")), rel=1e-15)


def test_float32_is_printed_as_float32() -> None:
    assert (
        run("eval", "identity", "-x", "0.1", "--dtype", "float32", "-f", "csv").stdout
        == "x,f\n0.1,0.1\n"
    )


def test_pipes() -> None:
    done = shell("printf '1\\n2\\n-3\\n' | actcli eval relu -f csv")
    assert done.stdout == "x,f\n1.0,1.0\n2.0,2.0\n-3.0,0.0\n"
    assert (
        shell("echo 1 2 | actcli eval relu -f json | python3 -m json.tool").returncode
        == 0
    )
    quiet = shell("set -o pipefail; actcli eval relu -x 0:100000 -f csv | head -1")
    assert (quiet.stdout, quiet.stderr, quiet.returncode) == ("x,f\n", "", 0)
    table = shell("set -o pipefail; actcli eval relu -x 0:9999 | head -1")
    assert (table.stderr, table.returncode) == ("", 0)
    closed = shell("actcli eval relu -x 1 >&-")
    assert (closed.stderr, closed.returncode) == ("", 0)


def test_what_is_no_number_in_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text("\tx\n0\t1.5\n")
    (tmp_path / "gap.csv").write_text("a,b\n1,2\n,3\n")
    (tmp_path / "true.json").write_text("[1,true]")
    assert (
        run(
            "eval", "relu", "-i", "t.tsv", "--column", "x", "-f", "plain", cwd=tmp_path
        ).stdout
        == "1.5\n"
    )
    gap = run("eval", "relu", "-i", "gap.csv", "--column", "a", cwd=tmp_path)
    assert (gap.returncode, gap.stderr) == (
        1,
        "actcli: gap.csv, line 3: an empty cell; write nan where there is no number\n",
    )
    true = run("eval", "relu", "-i", "true.json", cwd=tmp_path)
    assert (true.returncode, true.stderr) == (
        1,
        "actcli: true.json, line 1, column 4: 'true' is not a number\n",
    )


def test_with_x_standard_input_is_not_read() -> None:
    assert (
        run("eval", "relu", "-x", "1", "-f", "plain", stdin="no number").stdout
        == "1.0\n"
    )


def test_files_in_and_out(tmp_path: Path) -> None:
    x = np.array([[1.0, -2.0], [3.0, -4.0]], dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    (tmp_path / "x.csv").write_text("a,x\n1,5\n2,-6\n")
    (tmp_path / "x.txt").write_text("5 -6\n")
    (tmp_path / "x.json").write_text("[5, -6]")
    np.savez(tmp_path / "x.npz", a=np.ones(3), x=np.array([5.0, -6.0]))
    assert (
        run(
            "eval", "relu", "-i", "x.csv", "--column", "a", "-f", "plain", cwd=tmp_path
        ).stdout
        == "1.0\n2.0\n"
    )
    for suffix in ("csv", "txt", "json", "npz"):
        assert (
            run("eval", "relu", "-i", f"x.{suffix}", "-f", "plain", cwd=tmp_path).stdout
            == "5.0\n0.0\n"
        )
    done = run("eval", "relu", "-i", "x.npy", "-o", "y.npy", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "wrote y.npy\n")
    assert np.load(tmp_path / "y.npy").tolist() == [[1.0, 0.0], [3.0, 0.0]]
    run("eval", "relu", "-x", "1,-1", "-d", "-o", "y.json", cwd=tmp_path)
    assert json.loads((tmp_path / "y.json").read_text())["derivative"] == [1, 0]


@pytest.mark.parametrize("spec", ["gumbel_softmax:seed=1,axis=0", "softmax:axis=0"])
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_a_function_of_columns_into_a_file(
    spec: str, suffix: str, tmp_path: Path
) -> None:
    x = np.arange(12.0).reshape(3, 4)
    np.save(tmp_path / "x.npy", x)
    arguments = ["eval", spec, "-i", "x.npy", "-o", f"y.{suffix}"]
    assert run(*arguments, cwd=tmp_path).returncode == 0
    y = np.load(tmp_path / f"y.{suffix}")
    np.testing.assert_array_equal(y if suffix == "npy" else y["f"], actcli.get(spec)(x))


LONG = "n" * 300
WRONG = {
    "no function 'swsh'; did you mean 'swish'?": ["swsh", "-x", "1"],
    "no function 'zzz'; 'actcli list' shows them all": ["zzz", "-x", "1"],
    "swish has no parameter 'bta'; did you mean 'beta'?": [
        "swish",
        "-x",
        "1",
        "-p",
        "bta=2",
    ],
    "relu has no parameters; leave out 'beta'": ["relu", "-x", "1", "-p", "beta=2"],
    "gelu has no parameters; leave out '2'": ["gelu", "-x", "1", "-p", "2"],
    "'beta' in 'beta' is not param=value; write it as beta=VALUE": [
        "swish",
        "-x",
        "1",
        "-p",
        "beta",
    ],
    "'two' is not a number; write it like 0.5, 1e-3, 1/3, pi or inf": [
        "swish:beta=two",
        "-x",
        "1",
    ],
    "-x: 'two' at place 2 is not a number": ["relu", "-x", "1,two"],
    "-x: nothing between commas at place 2": ["relu", "-x", "1,,2"],
    "-x: no numbers": ["relu", "-x", ""],
    "-x: '0:1e99999999' at place 1 is not start:stop:step in finite numbers": [
        *("relu", "-x", "0:1e99999999")
    ],
    "-x: '0:1e400:1e399' at place 1 is not start:stop:step in finite numbers": [
        *("relu", "-x", "0:1e400:1e399")
    ],
    "-x: '0:1:1e-99999999' at place 1 never gets from start to stop": [
        *("relu", "-x", "0:1:1e-99999999")
    ],
    "-x: '1:2:0' at place 1 never gets from start to stop": ["relu", "-x", "1:2:0"],
    "-x: '0:1e9:1e-3' at place 1 is 1000000000001 numbers": [
        "relu",
        "-x",
        "0:1e9:1e-3",
    ],
    "no numbers; give them with -x 1,2,-3, with -i FILE, or through a pipe": ["relu"],
    "no format 'cvs'; did you mean 'csv'?": ["relu", "-x", "1", "-f", "cvs"],
    "y.xyz: unknown suffix '.xyz'": ["relu", "-x", "1", "-o", "y.xyz"],
    "formula 'x*', column 3: it ends too early": ["x*", "-x", "1"],
    "formula 'x*foo(x)', column 3: no function 'foo'; did you mean 'floor'?": [
        "x*foo(x)",
        "-x",
        "1",
    ],
    "formula '__import__('os').system('true')', column 1": [
        "__import__('os').system('true')",
        "-x",
        "1",
    ],
    "formula 'x*b' needs a value for 'b'; set it, as in b=1 or -p b=1": [
        *("x*b", "-x", "1")
    ],
    "formula 'x*c' needs a value for 'c'; set it, as in c=1 or -p c=1": [
        *("x*c", "-i", "t.csv", "-f", "csv")
    ],
    "formula '2+3' has no x in it; write it in x": ["2+3", "-x", "1"],
    "formula 'leaky_relu(0.2)' has no x in it; write leaky_relu:alpha=0.2": [
        *("leaky_relu(0.2)", "-x", "1")
    ],
    "no dtype 'float63'; did you mean 'float64'?": [
        "relu",
        "-x",
        "1",
        "--dtype",
        "float63",
    ],
    "--upstream: 2 numbers; relu gives 1": ["relu", "-x", "1", "-u", "1,2"],
    "maxout: a length of 3 is no multiple of pieces=2": [
        "maxout",
        "-x",
        "1,2,3",
    ],
    "softmax works over an axis; --digits, --order and --wrt": [
        "softmax",
        "-x",
        "1,2",
        "--order",
        "2",
    ],
    "celu: alpha=0 is outside the domain alpha > 0": ["celu:alpha=0", "-x", "1"],
    "rrelu: lower=2, upper=0.333333 is outside the domain lower <= upper": [
        "rrelu:lower=2",
        "-x",
        "1",
    ],
    "elu has no parameter 'gamma'; it has alpha": ["elu", "-x", "1", "--wrt", "gamma"],
    "rrelu has no derivative by 'seed'": [
        "rrelu",
        "-i",
        "t.csv",
        "--wrt",
        "seed",
        "-f",
        "csv",
    ],
    "rrelu:seed=1: its formula knows no seed": ["rrelu:seed=1", "-x", "-1", "--exact"],
    "gumbel_softmax:hard=1: its formula knows no hard": [
        "gumbel_softmax:hard=1",
        "-x",
        "1,2",
        "--exact",
    ],
    "rrelu: seed must be from 0 to 2**53, not -1": ["rrelu:seed=-1", "-x", "1"],
    "swish: beta is set twice; set it once": [
        *("swish", "-p", "BETA=2", "-p", "beta=3", "-x", "1")
    ],
    "hard_tanh: min_val is set twice; set it once": [
        *("hard_tanh", "-p", "-2", "-p", "min_val=-3", "-x", "1")
    ],
    "-p: 'beta' is set twice; set it once": [
        *("swish", "-p", "beta=1", "-p", "beta=2", "-x", "1")
    ],
    "--upstream and --wrt do not go together": [
        "prelu",
        "-x",
        "1",
        "--wrt",
        "alpha",
        "-u",
        "2",
    ],
    "--precision means nothing with --digits; leave it out": [
        "gelu",
        "-x",
        "1",
        "--digits",
        "30",
        "--precision",
        "4",
    ],
    "--column is of an input file": ["relu", "-x", "1", "--column", "a"],
    "softmax works over an axis; a formula goes element by element": [
        "softmax(x)",
        "-x",
        "1",
    ],
    "formula '0x10*x', column 1: '0x10' is not a decimal number": ["0x10*x", "-x", "1"],
    "formula 'x.real', column 1": ["x.real", "-x", "1"],
    "no function 'swsh'; did you mean 'swish'": ["x*swsh(x)", "-x", "1"],
    "swish: beta: 'abc' is not a number": ["swish", "-p", "beta=abc", "-x", "1"],
    "softmax: axis=2 is out of range; the numbers have axes -1 to 0": [
        "softmax:axis=2",
        "-x",
        "1,2",
    ],
    "softmax works over an axis; give it more than a single number": [
        "softmax",
        "-i",
        "one.json",
        "--exact",
    ],
    "no such option: --frmat": ["relu", "-x", "1", "--frmat", "csv"],
    "missing argument 'FUNCTION'": [],
    "-i: ": ["relu", "-x", "1", "-i"],
    "no column 'q'; it has a, b": ["relu", "-i", "t.csv", "--column", "q"],
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_request_is_one_line(message: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,oops\n")
    (tmp_path / "one.json").write_text('{"x": 1}')
    done = run("eval", *WRONG[message], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("actcli: ")
    assert done.stderr.count("\n") == 1
    assert message.removeprefix("-i: ") in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-i", "missing.npy"], "missing.npy: no such file or directory"),
        (["-i", "folder.npy"], "folder.npy: is a directory"),
        (["-i", "bad.npy"], "bad.npy: is no array of numbers"),
        (["-i", "bad.npz"], "bad.npz: is no archive of arrays"),
        (
            ["-i", "bad.json"],
            "bad.json, line 1, column 1: 'nonsense' is not a number",
        ),
        (["-i", "binary.txt"], "binary.txt: is not text"),
        (
            ["-x", "1", "-o", "nowhere/y.csv"],
            "nowhere: no such file or directory; cannot write y.csv",
        ),
        (["-i", "objects.npy"], "objects.npy: is no array of numbers"),
        (
            ["-i", "long.npy"],
            f"long.npy has dtype {np.dtype(np.longdouble)}; use float64, float32, float16 or bfloat16",
        ),
        (["-i", "complex.npy"], "complex.npy: is no array of numbers"),
        (["-i", "t.csv", "--column", "b"], "t.csv, line 3: 'oops' is not a number"),
        (
            ["-i", "t.jsonl"],
            "t.jsonl, line 2: is no number, nor an object with one, or unlike the lines above",
        ),
        (["-i", "empty.txt"], "empty.txt: no numbers in it"),
        (["-i", "empty.csv"], "empty.csv: no numbers in it"),
        (["-x", "1", "-o", f"{LONG}.csv"], f"{LONG}.csv: file name too long"),
        (["-i", "folder.npy", "-o", f"{LONG}.csv"], "folder.npy: is a directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.npy").mkdir()
    for name in ("bad.npy", "bad.npz", "bad.json"):
        (tmp_path / name).write_text("nonsense")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfd\x00")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,oops\n")
    (tmp_path / "t.jsonl").write_text('1\n"oops"\n')
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "empty.csv").touch()
    for name, kind in (("long", np.longdouble), ("complex", np.complex128)):
        np.save(tmp_path / f"{name}.npy", np.ones(3, kind))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    before = sorted(tmp_path.iterdir())
    done = run("eval", "relu", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        f"actcli: {message}\n",
    )
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["x.npy", "x.csv"])
def test_a_file_that_may_not_be_read(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refused(path: Path, *_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.chdir(tmp_path)
    Path(name).touch()
    # root may read everything
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(SystemExit) as ended:
        cli.main(["eval", "relu", "-i", name])
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"actcli: {name}: permission denied\n"


@pytest.mark.parametrize(
    "arguments", [["eval", "relu", "-x", "1"], ["gradflow", "relu", "--model", "chain"]]
)
def test_what_is_written_need_not_be_readable(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("y.csv").touch()
    # root may read everything
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.R_OK)
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "-o", "y.csv"])
    assert ended.value.code == 0
    assert Path("y.csv").read_text()


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("1,2\n-3,4\n", [], "t.csv: column 1 of 2; --column takes another\n"),
        ("1,2\n-3,4\n", ["--column", "1"], ""),
        ("x,y\n1,2\n-3,4\n", [], ""),
        ("1\n-3\n", [], ""),
    ],
)
def test_that_columns_are_left_out_is_said(
    text: str, column: list[str], told: str, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text(text)
    done = run("eval", "relu", "-i", "t.csv", *column, "-f", "plain", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1.0\n0.0\n", told)


def test_the_longest_name_a_file_may_have(tmp_path: Path) -> None:
    name = f"{LONG[:251]}.csv"
    done = run("eval", "relu", "-x", "1", "-o", name, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
    assert (tmp_path / name).read_text() == "x,f\n1.0,1.0\n"


def test_a_full_disk(tmp_path: Path) -> None:
    full = shell("actcli eval relu -x 0:1000 -f csv > /dev/full", cwd=tmp_path)
    assert (full.returncode, full.stderr) == (
        1,
        "actcli: standard output: no space left on device\n",
    )


def test_no_colour_where_there_is_no_terminal() -> None:
    assert "\x1b" not in run("eval", "relu", "-x", "1").stdout
    assert "\x1b" in run("eval", "relu", "-x", "1", FORCE_COLOR="1").stdout


def test_numbers_are_not_cut_by_a_narrow_terminal() -> None:
    done = run("eval", "gelu", "-x", "1e-5", "--order", "5", COLUMNS="60")
    assert {"1e-05", "5.0000399e-06"} <= set(done.stdout.split())
    assert (
        "0.081925069"
        in run("eval", "softmax", "-x", "1,2,3", "-d", COLUMNS="20").stdout
    )


def test_what_goes_back_may_be_longer_than_what_came_out() -> None:
    assert (
        run("eval", "glu", "-x", "1,2,3,4", "-u", "1,1", "-f", "csv")
        .stdout.splitlines()[3]
        .startswith("3.0,,,0.045")
    )
    assert "0.26894142" in run("eval", "logsumexp", "-x", "1,2", "-u", "1").stdout
    assert (
        run("eval", "crelu", "-x", "1,-2", "-u", "1,2,3,4", "-f", "csv").returncode == 0
    )


def test_nothing_is_cut_in_a_pipe() -> None:
    done = run("eval", "softmax", "-x", "1:30", "-d", "--precision", "17")
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 300


@pytest.mark.parametrize(
    "asked", [{"exact": True}, {"order": 2}, {"digits": 20}], ids=str
)
def test_exact_work_tells_how_far_it_is(asked: dict[str, Any]) -> None:
    done: list[int] = []
    Request(actcli.gelu, **asked)(np.arange(5.0), advance=done.append)
    assert sum(done) == 5


@pytest.mark.parametrize("option", ["-d", "--upstream=2"])
def test_arrays_hold_the_number_that_a_whole_row_gives(
    option: str, tmp_path: Path
) -> None:
    row = ("eval", "logsumexp", "-x", "1,2", option)
    assert run(*row, "-o", "y.npz", cwd=tmp_path).returncode == 0
    written = np.load(tmp_path / "y.npz")
    assert written["f"] == pytest.approx(math.log(math.e + math.e**2))
    assert {"x", "f"} < {*written}
    refused = run(*row, "-o", "y.npy", cwd=tmp_path)
    assert (refused.returncode, (tmp_path / "y.npy").exists()) == (2, False)
    assert ".npy holds one array, not f, " in refused.stderr
