"""``actcli check`` and ``actcli golden``: somebody's results beside the exact ones, and where to compute them."""

import json
import math
import shlex
from pathlib import Path

import mpmath
import numpy as np
import pytest

import actcli
from tests.shell import run, shell

TAIL = -1.6391277313232422e-07  # torch 2.13.0, float32 GELU at -5.5 (tests/frozen)


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """Return a folder with the results of a float32 kernel, which has lost the left tail, in several files."""
    x = np.linspace(-9.0, 9.0, 181).astype(np.float32)
    erf = np.vectorize(math.erf)(x / np.sqrt(np.float32(2.0))).astype(np.float32)
    y = np.float32(0.5) * x * (np.float32(1.0) + erf)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    np.savez(tmp_path / "both.npz", x=x, f=y)
    np.savetxt(tmp_path / "table.csv", np.column_stack([x, y]), "%.9g", ",")
    np.savetxt(tmp_path / "named.csv", np.column_stack([y, x]), "%.9g", ",", header="y,x", comments="")  # fmt: skip
    rows = zip(x.tolist(), y.tolist(), strict=True)
    (tmp_path / "same.csv").write_text("f,input\n1,2\n3,4\n")
    lines = (json.dumps({"x": a, "mine": b}) for a, b in rows)
    (tmp_path / "lines.jsonl").write_text("\n".join(lines))
    return tmp_path


def test_zeros_for_subnormal_numbers_pass_where_they_are_allowed() -> None:
    command = shlex.split(
        "check exponential -x -90,-88,1e-40 -y 0,0,1 --dtype float32 --tolerance 1"
    )
    assert run(*command).returncode == 1
    done = run(*command, "--flush-to-zero", "-f", "json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["flush_to_zero"] is True


def test_what_is_off_is_told_with_its_place() -> None:
    done = run(
        "check", "gelu", "-x", "-5.5,1", "-y", f"{TAIL},0.84134475", "--dtype=float32"
    )
    assert (done.returncode, done.stderr) == (0, "")
    worst = done.stdout.rpartition("The furthest off")[2]
    assert "-0x1.6000000000000p+2" in worst
    exact = -5.5 * mpmath.erfc(5.5 / mpmath.sqrt(2)) / 2
    off = (exact - TAIL) / float(np.spacing(np.float32(1.04e-7)))
    assert f"{float(abs(off)):.4g}" in worst
    assert "-10 ≤ x < -1" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        "-i both.npz",
        "-i x.npy --results y.npy",
        "-i x.npy --results both.npz --column f",
        "-i x.npy --results table.csv --column 2 --dtype float32",
        "-i table.csv --dtype float32",
        "-i named.csv --dtype float32",
        "-i lines.jsonl --column mine --dtype float32",
        "--dtype float32 < table.csv",
        "-i - --dtype float32 < named.csv",
        "-i <(cat named.csv) --dtype float32",
        "-i <(cat both.npz)",
    ],
)
def test_results_come_from_any_file(kernel: Path, arguments: str) -> None:
    done = shell(f"actcli check gelu {arguments} -f json", cwd=kernel)
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["dtype"] == "float32"
    assert len(document["ulps"]) == 181
    exactly = actcli.gelu(np.float32(document["x"]).astype(float))
    lost = np.abs(exactly) / np.spacing(np.abs(exactly).astype(np.float32))
    assert document["largest"] == max(document["ulps"])
    assert document["largest"] == pytest.approx(max(lost[exactly < 0.0][:20]), 1e-6)
    assert document["rounded_correctly"] == np.mean(np.array(document["ulps"]) <= 0.5)
    np.testing.assert_array_equal(np.float32(document["exact"]), np.float32(exactly))


def test_a_tolerance_decides_the_exit_code(kernel: Path) -> None:
    line = "check gelu -i both.npz --tolerance"
    failed = run(*line.split(), "2", cwd=kernel)
    assert failed.returncode == 1
    assert failed.stdout.count("\n") > 10
    assert failed.stderr.startswith("actcli: gelu: ")
    assert (
        "of 181 results off by more than 2 ulps, the most by 1.661e+07 at x = -7.6"
        in failed.stderr
    )
    assert run(*line.split(), "2e7", cwd=kernel).returncode == 0


def test_those_beyond_the_tolerance_are_counted_and_as_many_shown_as_asked_for() -> (
    None
):
    given = ("-x", "1,2,3", "-y", "1,2.0000000000000004,3.5")
    done = run("check", "relu", *given, "--tolerance", "2", "--worst", "1")
    assert done.stderr == (
        "actcli: relu: 1 of 3 results off by more than 2 ulps, the most by 1.126e+15 at x = 3.0\n"
    )
    worst = done.stdout.rpartition("The furthest off")[2]
    assert "0x1.8000000000000p+1" in worst
    assert "2.0000000000000004" not in worst


def test_our_own_results_pass_and_golden_ones_are_exact(tmp_path: Path) -> None:
    for function in ("gelu", "hard_tanh", "swish:beta=2"):
        line = f"actcli golden {function} --dtype float32 --count 200 -f csv > g.csv"
        assert shell(line, cwd=tmp_path).returncode == 0
        for slope in ("", "-d"):
            line = f"check {function} -i g.csv --dtype float32 --tolerance 0.5 {slope}"
            done = run(*line.split(), cwd=tmp_path)
            assert (done.returncode, done.stderr) == (0, "")
            assert "The furthest off" not in done.stdout
    line = "actcli eval tanh -x -5:5:0.01 -d -f csv | actcli check tanh --tolerance 4"
    assert shell(line).returncode == 0
    assert shell(line + " -d").returncode == 0


def test_an_ulp_of_the_input_may_be_forgiven() -> None:
    line = ["check", "exponential", "-x", "700", "-y", "1.0142320547351e304"]
    assert run(*line, "--tolerance", "2").returncode == 1
    assert run(*line, "--tolerance", "2", "--conditioned").returncode == 0


def test_results_beyond_the_format_are_infinite_in_it() -> None:
    line = "check exponential -x 700 -y 1e304 --dtype float32 --tolerance 0"
    done = run(*line.split())
    assert (done.returncode, done.stderr) == (0, "")


def test_a_tolerance_may_be_less_than_half_an_ulp() -> None:
    line = "check gelu -x 1 -y 0.84134474606854293 --tolerance 0.001"
    done = run(*line.split())
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "1 of 1 result off by more than 0.001 ulps" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        "glu -x 1,0 -y 0.5",
        "logsumexp -x 0,0 -y 0.6931471805599453",
        "softmax -x 0,0 -y .5,.5",
    ],
)
def test_a_row_is_checked_whatever_comes_out(arguments: str) -> None:
    assert run("check", *arguments.split(), "--tolerance", "1").returncode == 0


@pytest.mark.parametrize(
    ("dtype", "line"),
    [
        ("float32", "square -x 1e30,1e30,1e30 -y 0,-7,3.4e38"),
        ("float16", "square -x 60000,60000,60000 -y 65504,0,-5"),
        ("float32", "exponential -x 89,100,500,1000 -y 0,0,0,0"),
        ("float32", "exponential -x 89,1000 -y 0,0 --conditioned"),
        ("float64", "exponential -x 710,1000 -y 0,0 --conditioned"),
    ],
)
def test_beyond_the_largest_number_a_smaller_one_is_wrong(
    dtype: str, line: str
) -> None:
    done = run("check", *line.split(), "--dtype", dtype, *("--tolerance", "0.5"))
    assert done.returncode == 1
    wrong, _, count = done.stderr.split(": ")[2].partition(" of ")
    assert wrong == count.split()[0]


@pytest.mark.parametrize(
    "table",
    ["mine,x\n1,3\n2,4\n", "x,mine\n3,1\n4,2\n", "x,b,f\n3,0,1\n4,0,2\n", "3,1\n4,2\n"],
)
def test_x_is_not_taken_for_the_results(table: str) -> None:
    done = run("check", "relu", "-f", "json", stdin=table)
    document = json.loads(done.stdout)
    assert (document["x"], document["result"]) == ([3, 4], [1, 2])


def test_slopes_of_both_sides_are_right_for_a_formula_too() -> None:
    line = "check max(x,a*x) -p a=0.25 -d -x 0,0 -y 0.25,1 --tolerance 0"
    assert run(*line.split()).returncode == 0


def test_hexadecimal_vectors_are_read_back(tmp_path: Path) -> None:
    line = "golden gelu --count 9 -o g.hex"
    assert run(*line.split(), cwd=tmp_path).returncode == 0
    line = "check gelu -i g.hex --tolerance 0.5"
    assert run(*line.split(), cwd=tmp_path).returncode == 0


def test_golden_begins_with_the_corners() -> None:
    done = run("golden", "relu6", "--dtype", "float16", "--count", "0", "-f", "json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["x"][0] == "-inf"
    assert document["x"][-1] == document["f"][-1] == "nan"
    known = dict(zip(document["x"], document["derivative"], strict=True))
    assert (known[6.0], known[5.996], known[6e-08], known["inf"]) == (0, 1, 1, 0)
    table = run("golden", "gelu", "--count", "0").stdout
    assert "-0.75179152469356" in table


def test_golden_has_kinks_zeros_and_signs_of_formulas_and_functions() -> None:
    for name, wanted in (("max(0,x-3.5)", 3.5), ("x-20", 20.0), ("log(x)", 1.0)):
        x = json.loads(run("golden", name, "--count", "0", "-f", "json").stdout)["x"]
        beside = [float(np.nextafter(wanted, s)) for s in (-math.inf, math.inf)]
        assert {wanted, *beside} <= {v for v in x if isinstance(v, float)}
    document = json.loads(run("golden", "gelu", "--count", "0", "-f", "json").stdout)
    signs = dict(zip(document["x"], document["f"], strict=True))
    assert np.signbit([signs["-inf"], signs[-5e-324]]).all()
    assert not [
        v for v in document["x"] if isinstance(v, float) and 1e-300 < abs(v) < 0.1
    ]


def test_rows_are_checked(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    np.savez(tmp_path / "rows.npz", x=x, y=actcli.softmax(x, axis=0))
    line = "check softmax:axis=0 -i rows.npz --tolerance 4"
    assert run(*line.split(), cwd=tmp_path).returncode == 0
    line = "check softmax -i rows.npz --tolerance 4"
    assert run(*line.split(), cwd=tmp_path).returncode == 1


def test_the_picture_is_drawn(kernel: Path) -> None:
    line = "check gelu -i both.npz -o off.png"
    done = run(*line.split(), cwd=kernel)
    assert (done.returncode, done.stderr) == (0, "wrote off.png\n")
    assert (kernel / "off.png").read_bytes().startswith(b"\x89PNG")


REFUSED = {
    "-x is given without results": "gelu -x 1",
    "the results have shape (2,); give one for each that gelu has of x, of shape (1,)": "gelu -x 1 -y 1,2",
    "x and the results are one column, 'f'": "gelu -i same.csv",
    "tolerance nan is no bound": "gelu -x 1 -y 1 --tolerance nan",
    "numbers from two places": "gelu -x 1 -y 1 -i table.csv",
    "numbers from two places; give -x or -i": "gelu -x 1 -y 1 --column 2",
    "x.npy: holds one array; give that of the results with --results FILE": "gelu -i x.npy",
    "no numbers; give them": "gelu",
    "table.csv: no column 'z'": "gelu -i table.csv --column z",
    "missing.csv: no such file": "gelu -i missing.csv",
    "rrelu:seed=1: its formula knows no seed": "rrelu:seed=1 -x 1 -y 1",
    "softmax works over an axis; its values": "softmax -x 1,2 -y 0,1 -d",
    "no dtype 'float8'": "gelu -x 1 -y 1 --dtype float8",
    "off.bmp: unknown suffix": "gelu -x 1 -y 1 -o off.bmp",
    "no function 'gelo'": "gelo -x 1 -y 1",
    "-y: 'b' at place 1 is not a number": "gelu -x 1 -y b",
    "tolerance -1.0 is out of range": "gelu -x 1 -y 1 --tolerance -1",
}


@pytest.mark.parametrize("told", REFUSED)
def test_what_cannot_be_checked_is_told(told: str, kernel: Path) -> None:
    done = run("check", *shlex.split(REFUSED[told]), cwd=kernel)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert done.stderr.startswith(f"actcli: {told}")
    assert done.stderr.count("\n") == 1


def test_golden_leaves_out_what_no_precision_decides() -> None:
    """Between 2**24 and 2**25, x - 1 is a tie in float32, and tanh(x) next to 1."""
    line = "golden tanhshrink --dtype float32 --count 3000 -f json"
    done = run(*line.split())
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["f"].count("nan") == document["derivative"].count("nan") == 1
    assert 2900 < len(document["x"]) == len(document["f"]) < 3030


def test_vectors_of_a_derivative_by_a_parameter_pass() -> None:
    for dtype in ("float64", "float32"):
        asked = ("prelu:alpha=0.1", "--wrt", "Alpha", "--dtype", dtype)
        golden = run("golden", *asked, "--count", "50", "-f", "csv")
        done = run("check", *asked, "--tolerance", "0.5", stdin=golden.stdout)
        assert (done.returncode, done.stderr) == (0, "")
        assert "prelu:alpha=0.1 by alpha" in done.stdout
    done = run("check", *asked, "--conditioned", "-x", "1", "-y", "1")
    assert done.returncode == 2
    assert done.stderr.startswith("actcli: --wrt and --conditioned do not go together")


def test_regions_are_told_as_far_as_they_go() -> None:
    done = run("check", "relu", "-x=-inf,nan,inf", "-y", "0,nan,inf")
    assert [line.split("│")[1].strip() for line in done.stdout.splitlines()[4:7]] == [
        *("x < -100", "100 ≤ x", "x = nan")
    ]


def test_results_of_a_shorter_dtype_are_told() -> None:
    golden = run("golden", "gelu", "--dtype", "float32", "--count", "20", "-f", "csv")
    done = run("check", "gelu", "-f", "json", stdin=golden.stdout)
    assert done.stderr == (
        "the results have no more digits than float32 has: add --dtype float32 if that made them\n"
    )
    done = run("check", "gelu", "--dtype", "float32", "-f", "json", stdin=golden.stdout)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "name", ["softmax", "log_softmax", "swiglu", "hardmax", "logmeanexp"]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_golden_rows_are_exact(name: str, dtype: str, tmp_path: Path) -> None:
    """swiglu of 1e4 and so on is next to a tie in float32, which no precision decides: that row is left out."""
    command = (
        f"golden {name} --length 6 --count 5 --dtype {dtype} --jacobian -o rows.npz"
    )
    done = run(*command.split(), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote rows.npz\n")
    rows = np.load(tmp_path / "rows.npz")
    assert rows["x"].dtype == rows["f"].dtype == rows["derivative"].dtype == dtype
    assert rows["x"].shape[1] == 6
    assert rows["x"].shape[0] >= 20
    ours = actcli.get(name)
    outputs = () if name == "logmeanexp" else rows["f"].shape[1:]
    assert rows["derivative"].shape == (len(rows["x"]), *(outputs or (1,)), 6)
    np.testing.assert_allclose(rows["f"], ours(rows["x"]), rtol=1e-5, atol=1e-37)
    passed = run("check", name, "-i", "rows.npz", "--tolerance", "0.5", cwd=tmp_path)
    assert passed.returncode == 0, passed.stderr


@pytest.mark.parametrize("format_", ["csv", "hex", "jsonl"])
@pytest.mark.parametrize("name", ["softmax", "logsumexp", "glu"])
def test_golden_rows_of_a_table_pass_check(
    name: str, format_: str, tmp_path: Path
) -> None:
    made = run("golden", name, "--length", "4", "--count", "9", "-f", format_, cwd=tmp_path)  # fmt: skip
    suffix = {"hex": "tsv"}.get(format_, format_)
    (tmp_path / f"rows.{suffix}").write_text(made.stdout)
    args = ("check", name, "-i", f"rows.{suffix}", "-f", "json")
    found = json.loads(run(*args, cwd=tmp_path).stdout)
    outputs = {"softmax": 4, "logsumexp": 1, "glu": 2}[name]
    assert len(found["ulps"]) == (len(made.stdout.splitlines()) - (format_ != "jsonl")) * outputs  # fmt: skip
    assert found["largest"] <= 0.5


@pytest.mark.parametrize("format_", ["csv", "npz", "json"])
@pytest.mark.parametrize("name", ["softmax", "logsumexp", "maxout", "relu", "gelu"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_goes_back_of_golden_passes_check(
    name: str, dtype: str, format_: str, tmp_path: Path
) -> None:
    file = f"golden.{format_}"
    made = ("golden", name, "--backward", "--dtype", dtype, "--count", "9", "-o", file)
    assert run(*made, cwd=tmp_path).returncode == 0
    args = ("check", name, "--backward", "--dtype", dtype, "-f", "json", "-i")
    found = json.loads(run(*args, file, cwd=tmp_path).stdout)
    assert found["backward"]
    assert found["largest"] <= 0.5
    text = "" if format_ == "npz" else (tmp_path / file).read_text()
    if text:
        piped = json.loads(run(*args, "-", stdin=text).stdout)
        assert piped["largest"] <= 0.5


def test_what_goes_back_is_that_of_the_gradients() -> None:
    args = [
        "check",
        "softmax",
        "--backward",
        "-x",
        "0,0",
        "-y",
        "0.25,-0.25",
        "-f",
        "plain",
        "-u",
    ]
    assert run(*args, "1,0").stdout == "0.0\n0.0\n"
    assert run(*args, "2,0").stdout == "2251799813685248.0\n2251799813685248.0\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("relu --backward -x 1 -y 0", "-x is given without gradients; add -u 1,0.5"),
        ("relu -u 1 -x 1 -y 0", "--upstream is for what goes back; add --backward"),
        ("relu --backward -d", "--backward and --derivative do not go together"),
        ("swish --backward --wrt beta", "--wrt and --backward do not go together"),
        ("relu --backward --conditioned", "--backward and --conditioned do not go"),
        ("swish --wrt beta --against naive", "--wrt and --against do not go together"),
        ("relu --against naive -y 1", "--against computes the results; leave out -y"),
        ("relu --against naive -x 1 -i a.csv", "both -x and -i are given"),
        ("relu --against troch", "no opponent 'troch'; did you mean 'torch'?"),
        (
            "sparsemax --against naive",
            "naive has no sparsemax, and not all that its formula takes here",
        ),
        ("softmax --against naive --backward", "naive has no softmax, and not all"),
        ("relu --backward -x 1 -y 0 -u 1,2", "upstream has shape (2,); the function"),
        (
            "relu --backward -x 1 -y 0,2 -u 1",
            "the results have shape (2,); give one for each number of x",
        ),
    ],
)
def test_what_goes_back_is_asked_for_whole(args: str, message: str) -> None:
    done = run("check", *args.split())
    assert done.returncode == 2
    assert message in done.stderr


def test_golden_may_be_finite() -> None:
    for name in ("gelu", "softmax"):
        rows = run("golden", name, "--finite", "--count", "3", "-f", "csv").stdout
        assert "inf" not in rows
        assert "nan" not in rows


def test_what_is_off_in_a_row_is_placed(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(5, 4))
    f = actcli.glu(x)
    f[3, 1] += 1.0
    f[0, 0] = f[1, 0] = f[2, 0] = np.nan
    np.savez(tmp_path / "rows.npz", x=x, f=f)
    args = ("check", "glu", "-i", "rows.npz", "--tolerance", "4")
    done = run(*args, "-o", "off.png", cwd=tmp_path)
    assert done.returncode == 1
    assert "the most by inf in row 1, column 1" in done.stderr
    told = run(*args, cwd=tmp_path).stdout
    assert "row 4, column 2" in told
    assert told.count("nan") == 2


def test_the_one_liner_is_given_the_gradients() -> None:
    args = ("--against", "naive", "--backward", "-x", "2,-2", "-u", "3", "-f", "csv")
    rows = run("check", "relu", *args).stdout.splitlines()
    assert rows[1:] == ["2.0,3.0,3.0,0.0,3.0", "-2.0,0.0,0.0,0.0,3.0"]


def test_gradients_are_no_results_and_stand_beside_them() -> None:
    table = "x,upstream,grad\n1,2,2.1666309411753728\n"
    done = run("check", "gelu", "--backward", stdin=table)
    assert done.returncode == 2
    assert "no column 'backward'; it has x, upstream, grad" in done.stderr
    args = ("check", "gelu", "--backward", "--column", "grad", "-f", "csv")
    rows = run(*args, stdin=table).stdout.splitlines()
    assert rows[0] == "x,result,exact,ulps,upstream"
    assert rows[1].endswith(",2.0")
    done = run("check", "relu", "--against", "naive", "--backward", "-f", "json")
    found = json.loads(done.stdout)
    assert found["by"] == f"its formula in numpy {np.__version__}"
    assert len(found["upstream"]) == len(found["x"])


def test_what_goes_back_undecided_is_left_out() -> None:
    name = "x*(1 if sin(pi*x)>0 else 2)"
    done = run("golden", name, "--count", "4", "--backward", "-f", "csv")
    assert done.returncode == 0
    assert done.stdout.startswith("x,f,derivative,upstream,backward\n")
    args = ("eval", name, "-x", "1,0.5", "--exact", "-u", "1,2", "-f", "csv")
    assert run(*args).stdout.splitlines()[1:] == ["1.0,nan,1.0,nan", "0.5,0.5,2.0,2.0"]


def test_gradients_that_a_table_lacks_are_missed() -> None:
    done = run("check", "relu", "--backward", stdin="x,backward\n1,2\n")
    assert done.returncode == 2
    assert "no column 'upstream'; it has x, backward" in done.stderr


def test_the_one_liner_is_checked_where_it_is_computed() -> None:
    """x - tanh(x) loses all digits next to 0."""
    args = ("--against", "naive", "-x", "1e-8,1", "-f", "json")
    found = json.loads(run("check", "tanhshrink", *args).stdout)
    assert (found["against"], found["result"][0]) == ("naive", 0.0)
    assert found["ulps"][0] > 2**52
    assert found["ulps"][1] < 2.0


def test_what_is_checked_where_it_is_computed_gets_golden_numbers() -> None:
    args = ("check", "sigmoid", "--against", "naive", "--dtype", "float32", "-f", "csv")
    rows = run(*args).stdout.splitlines()
    golden = run("golden", "sigmoid", "--dtype", "float32", "-f", "csv").stdout
    assert len(rows) == len(golden.splitlines())
    for one, other in zip(rows[1:], golden.splitlines()[1:], strict=True):
        assert one.split(",")[::2][:2] == other.split(",")[:2]
    title = run("check", "relu", "--against", "naive").stdout.splitlines()[0]
    assert f"relu of its formula in numpy {np.__version__}: " in title


@pytest.mark.parametrize("name", ["torch", "jax"])
@pytest.mark.parametrize("more", [[], ["-d"], ["--backward"]])
def test_what_a_framework_computes_is_checked(name: str, more: list[str]) -> None:
    pytest.importorskip(name)
    args = ("--against", name, "--dtype", "float32", "-f", "json", *more)
    relu = json.loads(run("check", "relu", *args, "--flush-to-zero").stdout)
    assert max(u for u, x in zip(relu["ulps"], relu["x"], strict=True) if x != "nan") <= 0.5  # fmt: skip
    if not more:
        gelu = json.loads(run("check", "gelu", *args, "-x", "-8").stdout)
        assert (gelu["largest"] > 1e6) == (name == "torch")


def test_rows_of_a_table_may_stand_in_two_files(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("x1,x2\n0,0\n0,0\n")
    (tmp_path / "f.csv").write_text("f1,f2\n0.5,0.5\n0.5,0.5000000000000001\n")
    args = ("check", "softmax", "-i", "x.csv", "--results", "f.csv", "-f", "plain")
    off = [*map(float, run(*args, cwd=tmp_path).stdout.split())]
    assert off == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-9)


def test_what_is_not_checked_of_rows_is_told_whatever_their_shape(
    tmp_path: Path,
) -> None:
    x = np.ones((2, 3))
    np.savez(tmp_path / "rows.npz", x=x, derivative=actcli.softmax.derivative(x))
    done = run("check", "softmax", "-d", "-i", "rows.npz", cwd=tmp_path)
    assert done.returncode == 2
    assert "its values and what goes back can be checked, and nothing" in done.stderr


def test_golden_rows_hold_masks_ties_and_numbers_far_out() -> None:
    done = run("golden", "softmax", "--length", "3", "--count", "0", "-f", "json")
    results = json.loads(done.stdout)
    shares = {tuple(map(str, x)): f for x, f in zip(results["x"], results["f"], strict=True)}  # fmt: skip
    assert shares["-inf", "0.0", "0.0"] == [0.0, 0.5, 0.5]
    assert shares["0.0", "-inf", "-inf"] == [1.0, 0.0, 0.0]
    assert shares["-inf", "-inf", "-inf"] == ["nan"] * 3
    assert shares["nan", "0.0", "0.0"] == ["nan"] * 3
    largest = str(np.finfo(float).max)
    assert shares[largest, largest, largest] == [1 / 3] * 3
    e = [mpmath.exp(k) for k in range(3)]
    np.testing.assert_allclose(
        shares["10000.0", "10001.0", "10002.0"], [float(v / sum(e)) for v in e], 1e-15
    )


def test_golden_rows_of_a_table_are_without_jacobians() -> None:
    done = run("golden", "logsumexp", "--count", "0", "--length", "2", "-f", "csv")
    lines = done.stdout.splitlines()
    assert lines[:2] == ["x1,x2,f", f"0.0,0.0,{math.log(2)}"]
    done = run("golden", "crelu", "--count", "0", "--length", "2", "-f", "jsonl")
    assert [*json.loads(done.stdout.splitlines()[0])] == ["x1", "x2", "f1", "f2", "f3", "f4"]  # fmt: skip
    done = run("golden", "softmax", "--count", "1", "--length", "2")
    assert done.returncode == 0
    assert "0.5" in done.stdout
    for wrong, hint in (
        ("golden gelu --length 3", "leave out --length"),
        ("golden gelu --jacobian", "leave out --jacobian"),
        ("golden softmax:axis=0", "leave out axis"),
        ("golden softmax --jacobian -f csv", "csv holds no matrices; use -f json"),
        ("golden softmax --jacobian -o y.npy", "npy holds no matrices"),
        ("golden glu --length 3", "even"),
        ("eval glu -x 1,2,3 --exact", "even"),
        ("golden softmax --wrt axis", "--wrt"),
    ):
        refused = run(*wrong.split())
        assert refused.returncode == 2
        assert hint in refused.stderr


def test_exact_rows_are_those_of_the_kernel_in_any_place(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    np.save(tmp_path / "x.npy", x)
    for name in ("softmax:axis=1", "logsumexp:axis=0", "glu:axis=1"):
        one, other = (
            json.loads(
                run(
                    "eval", name, "-i", "x.npy", "-df", "json", *more, cwd=tmp_path
                ).stdout
            )
            for more in ((), ("--exact",))
        )
        for key in ("f", "derivative"):
            np.testing.assert_allclose(other[key], one[key], rtol=1e-14)


def test_a_row_that_no_precision_decides_is_nan_and_told() -> None:
    done = run("eval", "swiglu", "-x", "10000:10007:1", "--exact", "--dtype", "float32", "-f", "plain")  # fmt: skip
    assert done.stdout.split() == ["nan"] * 4
    assert done.returncode == 1
    assert "no precision decides its value at x=[10000.0, 10001.0" in done.stderr
