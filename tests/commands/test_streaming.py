"""``actcli eval`` on files and pipes of any size: the same numbers, constant memory, nothing half done."""

import errno
import json
import math
import os
import resource
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

import mpmath
import numpy as np
import pytest

import actcli
from actcli import cli, engine, files
from actcli.commands import streaming
from actcli.commands.request import Request
from actcli.engine import Array
from actcli.errors import FileError, RequestError
from actcli.render import streams
from actcli.sources import raw, reordered
from tests.shell import ACTCLI, environment, hearing_signals, run, shell
from tests.sources import whole

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")


def inputs(dtype: str = "float64", count: int = 3000) -> Array:
    return np.random.default_rng(11).normal(scale=3.0, size=count).astype(dtype)


def into(out: Path, request: Request, path: Path) -> None:
    """Compute a file into another."""

    def show(*_: object) -> None:
        raise AssertionError("a file is no table")

    streaming.run(request, path, None, "table", out, show)


@pytest.mark.parametrize(
    "suffix", [".npy", ".npz", ".csv", ".tsv", ".txt", ".json", ".jsonl"]
)
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_files_in_parts_are_those_in_one(
    suffix: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = inputs(dtype)
    np.save(tmp_path / "x.npy", x)
    monkeypatch.setattr(raw, "CHUNK", 512)
    monkeypatch.setattr(streaming, "_PART", 512)
    out = tmp_path / f"y{suffix}"
    request = Request(actcli.swish, int(suffix not in (".npy", ".txt")), threads=2)
    into(out, request, tmp_path / "x.npy")
    column = None if suffix in (".npy", ".txt") else "f"
    with np.errstate(over="ignore"):
        assert whole(out, column).astype(dtype).tobytes() == actcli.swish(x).tobytes()
        if column:
            read = whole(out, "derivative").astype(dtype)
            assert read.tobytes() == actcli.swish.derivative(x).tobytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy", out.name]


# as long as their signs and exponents
LONG_AND_SHORT = np.array([0.5, -0.5, 3.0, 1e-9, -1e-300, 2.0] * 8)


@pytest.mark.parametrize("given", ["x.npy", "x.npz", "x.txt", "all.npz"])
@pytest.mark.parametrize("made", ["-f csv", "-f json", "-f npy", "-f npz", "-o y.npy", "-o y.npz", "-o y.txt"])  # fmt: skip
def test_digits_in_parts_are_those_of_mpmath(
    given: str,
    made: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(raw, "CHUNK", 100)
    monkeypatch.setattr("actcli.commands.request._DIGITS", 100)
    monkeypatch.setattr(streams, "_AT_A_TIME", 7)
    x = LONG_AND_SHORT.reshape(12, 4)
    np.save("x.npy", x)
    np.savez("x.npz", x=x)
    np.savez("all.npz", x=x, y=x[0])
    Path("x.txt").write_text("\n".join(map(repr, x.ravel().tolist())))
    with mpmath.workdps(60):
        expected = [
            mpmath.nstr(mpmath.tanh(mpmath.mpf(v)), 20, strip_zeros=False)
            for v in x.ravel().tolist()
        ]
    column = ["--column", "x"] if given == "all.npz" and "npz" not in made else []
    arguments = ["eval", "tanh", "--digits", "20", "-i", given, *made.split(), *column]
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 0
    said = capfdbinary.readouterr().out
    out = next(Path().glob("y.*"), None) or Path(f"out.{made.split()[1]}")
    if said:
        out.write_bytes(said)
    if out.suffix in (".npy", ".npz"):
        # of an archive each array goes by its own name
        by_name = given.endswith("npz") and out.suffix == ".npz"
        f = arrays_in(out)["x" if by_name else "f"]
        assert f.shape == ((48,) if given == "x.txt" else (12, 4))
        got = f.ravel().tolist()
    elif out.suffix == ".json":
        f = json.loads(out.read_text())["f"]
        got = np.ravel(f).tolist()
        assert np.shape(f) == ((48,) if given == "x.txt" else (12, 4))
    else:
        lines = out.read_text().splitlines()
        got = [line.rpartition(",")[2] for line in lines if line != "x,f"]
    assert got == expected


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("through", ["file", "pipe"])
def test_shape_and_order_of_axes_are_kept(
    order: str, through: str, tmp_path: Path
) -> None:
    x = np.array(inputs(count=24).reshape(2, 3, 4), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", x)
    given = "-i x.npy" if through == "file" else "< x.npy"
    for script in (
        f"actcli eval tanh {given} -o y.npy",
        f"actcli eval tanh {given} -f npy > y.npy",
    ):
        done = shell(script, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        y = np.load(tmp_path / "y.npy")
        np.testing.assert_array_equal(y, actcli.tanh(x))
        assert y.flags.f_contiguous == (order == "F")
    rows = shell(f"actcli eval tanh {given} -f plain", cwd=tmp_path).stdout.split()
    assert [float(v) for v in rows] == actcli.tanh(x).ravel().tolist()
    nested = shell(f"actcli eval tanh {given} -o y.json", cwd=tmp_path)
    assert nested.returncode == 0
    assert whole(tmp_path / "y.json", "f").shape == x.shape


@pytest.mark.parametrize(
    "script",
    [
        "-i x.npz -f npz > y.npz",
        "-i x.npz -o - -f npz > y.npz",
        "-i - -o y.npz < x.npz",
        "-f npz < x.npz | cat > y.npz",
        "-i x.npz -f npz -d --exact > y.npz",
        "-d --exact -o y.npz < x.npz",
    ],
)
def test_every_array_goes_into_an_archive_on_any_way(
    script: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", w=inputs(count=4), b=np.float32([1, -2]))
    done = shell(f"actcli eval relu {script}", cwd=tmp_path)
    said = "wrote y.npz\n" if "-o y" in script else ""
    assert (done.returncode, done.stdout, done.stderr) == (0, "", said)
    with np.load(tmp_path / "y.npz") as read, np.load(tmp_path / "x.npz") as given:
        assert {*given} == {n for n in read if "_derivative" not in n}
        for name, x in given.items():
            np.testing.assert_array_equal(read[name], actcli.relu(x))
            assert read[name].dtype == x.dtype


@pytest.mark.parametrize("made", ["-o y.npy", "-o y.csv", "-f json", "-f plain", ""])
@pytest.mark.parametrize("more", [[], ["--digits", "20"]])
def test_one_array_of_several_is_not_taken_by_chance(
    made: str, more: list[str], tmp_path: Path
) -> None:
    np.savez(tmp_path / "x.npz", w=np.ones(3), b=np.ones(2))
    arguments = ["eval", "relu", "-i", "x.npz", *made.split(), *more]
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "actcli: x.npz: holds w, b; take one with --column, or all with -o FILE.npz\n",
    )
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]


def test_every_array_of_an_archive(tmp_path: Path) -> None:
    arrays = {
        "weights": inputs("float32").reshape(30, 100),
        "by_columns": np.asfortranarray(inputs().reshape(30, 100)),
        "bias": inputs(count=7),
        "nothing": inputs("float16", 0),
    }
    np.savez_compressed(tmp_path / "x.npz", **arrays)  # type: ignore[arg-type]
    assert (
        run("eval", "relu", "-i", "x.npz", "-o", "y.npz", "-d", cwd=tmp_path).returncode
        == 0
    )
    with np.load(tmp_path / "y.npz") as read:
        assert set(read) == {*arrays, *(f"{name}_derivative" for name in arrays)}
        for name, x in arrays.items():
            np.testing.assert_array_equal(read[name], actcli.relu(x))
            assert read[name].dtype == x.dtype
            slopes = read[f"{name}_derivative"]
            np.testing.assert_array_equal(slopes, actcli.relu.derivative(x))
            assert slopes.dtype == x.dtype


@pytest.mark.parametrize(
    ("spec", "options", "names"),
    [
        ("softmax", [], ["f"]),
        ("softmax", ["-d"], ["f", "derivative"]),
        ("gumbel_softmax:seed=1", [], ["f"]),
        ("logsumexp", [], ["f"]),
        ("tanh", ["--exact", "-d"], ["f", "derivative"]),
        ("tanh", ["-d", "-u", "1"], ["f", "derivative", "upstream", "backward"]),
        ("softmax", ["-u", "1"], ["f", "upstream", "backward"]),
        ("rrelu:seed=1", ["-d"], ["f", "derivative"]),
    ],
)
def test_every_array_of_an_archive_for_what_needs_the_whole(
    spec: str, options: list[str], names: list[str], tmp_path: Path
) -> None:
    arrays = {"a": inputs("float32", 12).reshape(3, 4), "b": inputs(count=7)}
    np.savez(tmp_path / "x.npz", **arrays)  # type: ignore[arg-type]
    done = run("eval", spec, "-i", "x.npz", "-o", "y.npz", *options, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "wrote y.npz\n")
    function = actcli.get(spec)
    with np.load(tmp_path / "y.npz") as read:
        assert list(read) == [
            n if r == "f" else f"{n}_{r}" for n in arrays for r in names
        ]
        for name, x in arrays.items():
            np.testing.assert_allclose(read[name], function(x), rtol=1e-15)
            if "derivative" in names:
                slopes = function.derivative(x)
                got = read[f"{name}_derivative"]
                assert (got.shape, got.dtype) == (slopes.shape, x.dtype)
                np.testing.assert_allclose(got, slopes, rtol=1e-6)


@pytest.mark.parametrize("options", [["relu", "-d"], ["softmax", "-d"]])
def test_two_results_of_one_name(options: list[str], tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.ones(3), a_derivative=np.ones(3))
    arguments = ["eval", *options, "-i", "x.npz", "-o", "y.npz"]
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2,
        "actcli: x.npz: two results would be named a_derivative; rename an array, or take one with --column\n",
    )
    assert [p.name for p in tmp_path.iterdir()] == ["x.npz"]
    assert run(*arguments, "--column", "a", cwd=tmp_path).returncode == 0
    assert run(*arguments[:2], *arguments[3:], cwd=tmp_path).returncode == 0
    with np.load(tmp_path / "y.npz") as read:
        assert set(read) == {"a", "a_derivative"}


@pytest.mark.parametrize(
    "spec", ["softmax", "softmax:axis=0", "softmax:axis=1", "logsumexp", "maxout"]
)
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".json", ".csv", ".txt"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_functions_over_an_axis_in_parts(
    spec: str, suffix: str, order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 100)
    x = np.array(inputs(count=240).reshape(10, 4, 6), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", x)
    function, out = actcli.get(spec), tmp_path / f"y{suffix}"
    expected = function(x)
    parts: list[int] = []

    def watched(self: actcli.Activation, given: Array, **values: Any) -> Array:
        parts.append(given.size)
        return actcli.Activation.__call__(self, given, **values)  # type: ignore[no-any-return]

    request = Request(function)
    assert request.in_parts
    monkeypatch.setattr(type(function), "__call__", watched)
    into(out, request, tmp_path / "x.npy")
    assert max(parts) < x.size or "axis=0" in spec or order == "F"
    column = "f" if suffix in (".npz", ".json", ".csv") else None
    got = whole(out, column)
    if suffix in (".csv", ".txt"):
        expected = expected.ravel()
    np.testing.assert_array_equal(got, expected)
    if suffix == ".csv":
        header = out.read_text().partition("\n")[0]
        assert header == ("x,f" if expected.size == x.size else "f")
    if suffix in (".npz", ".json"):
        np.testing.assert_array_equal(whole(out, "x"), x)


@pytest.mark.parametrize(
    "spec",
    ["softmax", "log_softmax", "sparsemax", "logsumexp", "glu", "crelu", "maxout:pieces=4"],
)  # fmt: skip
@pytest.mark.parametrize(("shape", "axis"), [((8, 300), 0), ((40, 77), 0), ((3, 8, 41), 1), ((8, 5, 9), 0), ((2, 8, 5, 9), -3)])  # fmt: skip
@pytest.mark.parametrize(("dtype", "order"), [("float64", "C"), ("float64", "F"), ("float32", "C"), ("float16", "F")])  # fmt: skip
def test_columns_of_a_long_slab_go_by_some_at_a_time(
    spec: str,
    shape: tuple[int, ...],
    axis: int,
    dtype: str,
    order: Literal["C", "F"],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 100)
    monkeypatch.setattr(streaming, "_SLAB", 50)
    monkeypatch.setattr(reordered, "_HELD", 50)
    x = inputs(dtype, math.prod(shape)).reshape(shape, order=order)
    np.save(tmp_path / "x.npy", x)
    function = actcli.get(spec).bind(axis=axis)
    expected, sizes = function(x), []
    each = type(function).__call__

    def watched(self: Any, part: Any, *rest: Any, **more: Any) -> Any:
        sizes.append(np.size(part))
        return each(self, part, *rest, **more)

    monkeypatch.setattr(type(function), "__call__", watched)
    for name in ("y.npy", "y.npz", "y.csv"):
        into(tmp_path / name, Request(function), tmp_path / "x.npy")
    # beside what is held, less than a row has been left over
    assert max(sizes) < 50 + shape[axis]
    got = {**arrays_in(tmp_path / "y.npz"), "alone": np.load(tmp_path / "y.npy")}
    for name, wanted in (("x", x), ("f", expected), ("alone", expected)):
        assert (got[name].shape, got[name].dtype) == (wanted.shape, wanted.dtype)
        assert got[name].tobytes() == wanted.tobytes()
    column = whole(tmp_path / "y.csv", "f")
    assert column.astype(dtype).tobytes() == expected.tobytes()
    wide = Request(function, dtype="float64")
    into(tmp_path / "y.npy", wide, tmp_path / "x.npy")
    expected = function(x.astype(np.float64))
    assert np.load(tmp_path / "y.npy").tobytes() == expected.tobytes()
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".csv", ".npy", ".npy", ".npz"]  # fmt: skip


@pytest.mark.parametrize("suffix", [".json", ".csv", ".jsonl", ".npz"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(), (240,), (240, 1), (1, 240), (12, 20), (2, 3, 40), (40, 3, 2)])  # fmt: skip
def test_arrays_of_any_shape_in_parts(
    shape: tuple[int, ...],
    order: str,
    suffix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 100)
    monkeypatch.setattr(streams, "_AT_A_TIME", 7)
    monkeypatch.setattr(reordered, "_HELD", 50)
    x = np.array(inputs(count=math.prod(shape)).reshape(shape), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", x)
    into(tmp_path / f"y{suffix}", Request(actcli.tanh), tmp_path / "x.npy")
    for name, expected in (("x", x), ("f", actcli.tanh(x))):
        got = whole(tmp_path / f"y{suffix}", name)
        flat = suffix in (".csv", ".jsonl")
        assert got.shape == ((max(1, x.size),) if flat else shape)
        np.testing.assert_array_equal(got, expected.ravel() if flat else expected)
    if suffix == ".npz" and x.size > 1:
        f = np.load(tmp_path / "y.npz")["f"]
        assert f.flags[f"{order}_CONTIGUOUS"]


def test_pipes_of_text_and_of_arrays(tmp_path: Path) -> None:
    x = inputs(count=50_000)
    (tmp_path / "x.txt").write_text("\n".join(map(repr, x.tolist())))
    done = shell(
        "actcli eval gelu -f plain < x.txt | actcli eval tanh -f npy | actcli eval swish -d -f csv > y.csv",
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    z = actcli.tanh(actcli.gelu(x))
    assert whole(tmp_path / "y.csv", "f").tobytes() == actcli.swish(z).tobytes()
    assert (
        whole(tmp_path / "y.csv", "derivative").tobytes()
        == actcli.swish.derivative(z).tobytes()
    )
    done = shell(
        "actcli eval relu -i - -o - -f jsonl < x.txt | actcli eval relu --column f -f npz > z.npz",
        cwd=tmp_path,
    )
    assert done.returncode == 0
    np.testing.assert_array_equal(np.load(tmp_path / "z.npz")["f"], actcli.relu(x))


@pytest.mark.parametrize(
    "command", ["prelu --wrt alpha", "swish:beta=2 -d", "swish -u 2", "relu -d -u 1/3", "softmax", "logsumexp", "relu --dtype float16"]
)  # fmt: skip
@pytest.mark.parametrize("format_", ["json", "csv", "plain"])
def test_a_pipe_says_what_typed_numbers_say(command: str, format_: str) -> None:
    arguments = ["eval", *command.split(), "-f", format_]
    piped = run(*arguments, stdin="1\n-2\n0.1\n")
    assert (piped.returncode, piped.stderr) == (0, "")
    assert piped.stdout == run(*arguments, "-x", "1,-2,0.1").stdout


def test_the_dtype_is_that_of_the_file_unless_asked_for(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([0.1], np.float32))
    assert (
        run("eval", "identity", "-i", "x.npy", "-f", "plain", cwd=tmp_path).stdout
        == "0.1\n"
    )
    wide = run(
        "eval",
        "identity",
        "-i",
        "x.npy",
        "-f",
        "plain",
        "--dtype",
        "float64",
        cwd=tmp_path,
    )
    assert wide.stdout == "0.10000000149011612\n"
    run(
        "eval",
        "identity",
        "-i",
        "x.npy",
        "-o",
        "y.npy",
        "--dtype",
        "float16",
        cwd=tmp_path,
    )
    assert np.load(tmp_path / "y.npy").dtype == np.float16


def test_a_file_onto_itself(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", inputs())
    assert (
        run("eval", "relu", "-i", "x.npy", "-o", "x.npy", cwd=tmp_path).returncode == 0
    )
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), actcli.relu(inputs()))


@POSIX
@pytest.mark.parametrize("name", ["y.npy", "y.npz", "y.csv", "y.json"])
@pytest.mark.parametrize("given", [["-i", "x.npy"], ["-x", "1,-2"]])
def test_permissions_and_links_stay(
    name: str, given: list[str], tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", inputs())
    (tmp_path / "there").mkdir()
    for target in (tmp_path / "there" / "new", tmp_path / "there" / "old"):
        if target.name == "old":
            target.touch()
            target.chmod(0o600)
        (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / name).symlink_to(target)
        script = f"umask 027; actcli eval relu {' '.join(given)} -o {name}"
        done = shell(script, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
        assert (tmp_path / name).readlink() == target
        assert target.stat().st_size > 0
        mode = 0o600 if target.name == "old" else 0o640
        assert target.stat().st_mode & 0o777 == mode
    assert len(list((tmp_path / "there").iterdir())) == 2


def other_group() -> int | None:
    """Return a group other than that of new files to which the user may give a file."""
    if os.geteuid() == 0:
        return 4321
    return next((g for g in os.getgroups() if g != os.getegid()), None)


@POSIX
@pytest.mark.parametrize("name", ["y.npy", "y.csv"])
@pytest.mark.parametrize("permitted", [True, False])
def test_group_and_owner_stay(
    name: str, permitted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "x.npy", inputs())
    target = tmp_path / name
    target.write_text("before")
    group, owner = other_group(), 1234 if os.geteuid() == 0 else -1
    if group is None:
        pytest.skip("the user is in one group only")
    os.chown(target, owner, group)
    target.chmod(0o2750)
    before, usual = target.stat(), (tmp_path / "x.npy").stat()

    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    if not permitted:
        monkeypatch.setattr(os, "chown", refused)
    into(target, Request(actcli.relu), tmp_path / "x.npy")
    after, expected = target.stat(), before if permitted else usual
    assert after.st_ino != before.st_ino
    assert (after.st_uid, after.st_gid) == (expected.st_uid, expected.st_gid)
    assert after.st_mode == before.st_mode


@POSIX
@pytest.mark.parametrize(
    "line",
    ["eval relu -x 1 -o a.csv", "plot relu -o a.png", "gallery relu -o a.svg",
     "init he --save a.npy", "init he -o a.pdf"],
)  # fmt: skip
def test_what_may_be_written_need_not_be_read(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = Path(line.split()[-1])
    target.touch()
    access = os.access
    # root may read everything
    monkeypatch.setattr(os, "access", lambda p, mode: mode != os.R_OK and access(p, mode))  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        cli.main(line.split())
    assert ended.value.code == 0
    assert target.stat().st_size > 0


@POSIX
@pytest.mark.parametrize("name", ["y.npy", "y.csv"])
@pytest.mark.parametrize("given", [["-i", "x.npy"], ["-x", "1,-2"]])
def test_what_may_not_be_written_stays(
    name: str,
    given: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", inputs())
    Path(name).write_text("before")
    Path(name).chmod(0o444)
    # root may write everything
    monkeypatch.setattr(
        files.os,
        "access",
        lambda p, mode: mode != os.W_OK or Path(p).stat().st_mode & stat.S_IWUSR,
    )
    for target in (name, "link" + name):
        Path("link" + name).unlink(missing_ok=True)
        Path("link" + name).symlink_to(name)
        with pytest.raises(SystemExit) as ended:
            cli.main(["eval", "relu", *given, "-o", target])
        assert ended.value.code == 1
        assert capsys.readouterr().err == f"actcli: {target}: permission denied\n"
        assert Path(name).read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 3


@POSIX
@pytest.mark.parametrize("name", ["p.npy", "p.npz", "p.csv", "p.json", "p", "p.dat"])
def test_out_of_a_named_pipe(name: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", inputs())
    kind = name if "." in name and "dat" not in name else "p.npy"
    script = (
        f"mkdir made; actcli eval identity -i x.npy -o made/{kind}; mkfifo {name}; cat made/{kind} > {name} &"
        f"actcli eval relu -i {name} -o y.npy"
    )
    done = shell(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, f"wrote made/{kind}\nwrote y.npy\n")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), actcli.relu(inputs()))


@POSIX
@pytest.mark.parametrize(
    "given", ["-i x", "-i /dev/stdin < x", "-i <(cat x)", "-i <(cat x) --dtype float64"]
)
@pytest.mark.parametrize("suffix", ["npy", "npz", "txt", "json", "jsonl"])
def test_what_has_no_suffix_is_known_by_what_it_begins_with(
    given: str, suffix: str, tmp_path: Path
) -> None:
    x = inputs(count=300)
    np.save(tmp_path / "x.npy", x)
    script = (
        f"actcli eval identity -i x.npy -o made.{suffix}; mv made.{suffix} x;"
        f"actcli eval relu {given} -o y.npy"
    )
    assert shell(script, cwd=tmp_path).returncode == 0
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), actcli.relu(x))


@POSIX
@pytest.mark.parametrize("name", ["y.npy", "y.npz", "y.csv", "y.json"])
@pytest.mark.parametrize("given", ["-i x.npy", "-i x.txt", "-x 1,-2"])
def test_into_a_named_pipe(name: str, given: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", inputs())
    np.savetxt(tmp_path / "x.txt", inputs())
    x = np.array([1.0, -2.0]) if given == "-x 1,-2" else inputs()
    (tmp_path / "read").mkdir()
    done = shell(
        f"mkfifo {name}; cat {name} > read/{name} & actcli eval relu {given} -o {name} && wait",
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
    assert (tmp_path / name).is_fifo()
    got = whole(tmp_path / "read" / name, None if name == "y.npy" else "f")
    np.testing.assert_array_equal(got, actcli.relu(x))


@POSIX
def test_a_named_pipe_whose_reader_has_enough(tmp_path: Path) -> None:
    done = shell(
        "mkfifo y.csv; head -1 y.csv & actcli eval relu -x 0:1000000 -o y.csv; wait",
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "x,f\n", "")


@pytest.mark.parametrize("order", ["C", "F"])
def test_random_slopes_go_by_the_place_in_the_whole(
    order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 1000)
    monkeypatch.setattr(streaming, "_PART", 1000)
    x = np.array(-np.abs(inputs(count=2000)).reshape(50, 40), order=order)  # type: ignore[call-overload]
    np.save(tmp_path / "x.npy", x)
    function = actcli.rrelu.bind(seed=3)
    for name in ("y.npy", "y.npz", "y.json"):
        request = Request(function, int(name != "y.npy"))
        assert request.in_parts
        into(tmp_path / name, request, tmp_path / "x.npy")
        column = None if name == "y.npy" else "f"
        np.testing.assert_array_equal(
            whole(tmp_path / name, column), actcli.rrelu(x, seed=3)
        )
    np.testing.assert_array_equal(
        whole(tmp_path / "y.json", "derivative"), function.derivative(x)
    )


def test_what_goes_back_through_random_slopes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(raw, "CHUNK", 1000)
    x = -np.abs(inputs())
    np.save("x.npy", x)
    arguments = ["-i", "x.npy", "-u", "1", "-o", "y.npz"]
    with pytest.raises(SystemExit):
        cli.main(["eval", "rrelu:seed=3", *arguments])
    back = arrays_in(Path("y.npz"))["backward"]
    np.testing.assert_array_equal(back, actcli.rrelu.derivative(x, seed=3))


@pytest.mark.parametrize(
    "arguments",
    [
        "tanh -i x.npy -o y.npy",
        "tanh -i x.npy -f csv",
        "tanh -i x.npy",
        "tanh -u 1 -i x.npy -o y.npz",
        "tanh -u 1:3000 -i x.npy -o y.npz",
        "tanh -d -x 1:3000 -f csv",
        "rrelu:seed=1 -d -i x.npy -o y.npz",
        "rrelu:seed=1 -u 1 -i x.npy -o y.npz",
        "softmax -i x.npy -o y.npy",
        "softmax -d -i x.npy -o y.npz",
        "softmax -u 1 -i x.npy -o y.npz",
    ],
)
def test_threads_are_as_many_as_asked_for(
    arguments: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", inputs().reshape(300, 10))
    monkeypatch.setattr(engine, "BLOCK", 100)
    monkeypatch.setattr(engine, "_ROWS", 100)
    monkeypatch.setattr(engine, "processors", lambda: 5)
    monkeypatch.setattr(raw, "CHUNK", 8000)
    monkeypatch.setattr(streaming, "_PART", 800)
    each, counts = engine.each, set()

    def watched(run: Any, parts: Any, threads: int) -> None:
        counts.add(threads)
        each(run, parts, threads)

    monkeypatch.setattr(engine, "each", watched)
    for more, expected in (([], 5), (["--threads", "3"], 3), (["--threads", "1"], 1)):
        counts.clear()
        with pytest.raises(SystemExit) as ended:
            cli.main(["eval", *arguments.split(), *more])
        assert ended.value.code == 0
        # 1 where each thread takes its own part of a file
        assert counts - {1} == {expected} - {1}
        assert counts


@POSIX
@pytest.mark.parametrize(
    ("spec", "given", "made"),
    [
        ("relu", "npy", "npy"),
        ("rrelu:seed=1", "npy", "npy"),
        ("softmax", "npy", "npy"),
        ("softmax:axis=0", "npy", "npy"),
        ("softmax:axis=0", "long npy", "npy"),
        ("softmax:axis=0", "npy by columns", "npz"),
        ("softmax:axis=0", "npy", "table"),
        ("logsumexp:axis=0", "npy", "json"),
        ("relu", "npy", "json"),
        ("relu -u 1", "npy", "json"),
        ("relu", "npy by columns", "csv"),
        ("relu", "txt", "txt"),
        ("relu", "txt", "npy"),
        ("relu", "json", "npy"),
        ("relu", "json of rows", "npy"),
        ("relu --exact", "npy by columns", "npz"),
        ("relu --order 2", "npy", "csv"),
        ("relu --digits 20", "npy", "table"),
        ("relu -d", "npy", "table"),
        ("softmax", "npy", "table"),
        ("relu", "npy by columns", "table"),
        ("relu", "txt", "table"),
    ],
)
def test_memory_does_not_grow_with_the_input(
    spec: str, given: str, made: str, tmp_path: Path
) -> None:
    """At the start it is some 40 MB; 30 million zeros are 240, and text ten times what is read at once."""
    path = tmp_path / f"x.{given.removeprefix('long ').split()[0]}"
    if given == "txt":
        path.write_bytes(b"0.1234567890123456\n" * 1_000_000)
    elif given == "json":
        path.write_bytes(b"[" + b"0.1234567890123456,\n" * 3_000_000 + b"1]")
    elif given == "json of rows":
        row = b"[" + b"0.1234567890123456, " * 9 + b"1]"
        path.write_bytes(
            b'{"dtype": "float64", "x": [' + (row + b",") * 400_000 + row + b"]}"
        )
    else:
        with path.open("wb") as stream:
            many = made in ("npy", "table") or "axis=0" in spec
            rows = 30_000 if many else 2_000
            shape = (50 * rows, 20) if "long" in given else (rows, 1000)
            header = {"descr": "<f8", "fortran_order": "columns" in given, "shape": shape}  # fmt: skip
            np.lib.format.write_array_header_1_0(stream, header)
            stream.truncate(stream.tell() + 8 * rows * 1000)
    output = [] if made == "table" else ["-o", f"y.{made}"]
    # started by a small process: the peak of a child counts what its parent was when it was split off
    measured = (
        "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", measured, *ACTCLI, "eval", *spec.split(), "-i", str(path), *output],
        cwd=tmp_path, env=environment(), capture_output=True, check=True,
    )  # fmt: skip
    peak = int(done.stdout.split()[-1]) * (1 if sys.platform == "darwin" else 1024)
    # all at once, columns would take 700
    assert peak < 120e6


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a command that waits for the rest of its input, its target not yet whole."""
    process = subprocess.Popen(
        [*ACTCLI, "eval", "relu", *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
        env=environment(), preexec_fn=hearing_signals,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b"0.25\n" * (3 * raw.CHUNK // 5))
    process.stdin.flush()
    for _ in range(300):
        if any(p.name.startswith(".y") for p in tmp_path.iterdir()):
            return process
        time.sleep(0.05)
    raise AssertionError(f"no temporary file: {process.poll()}")


@POSIX
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, b"actcli: interrupted\n"),
        (signal.SIGTERM, 143, b""),
        (signal.SIGHUP, 129, b""),
        (signal.SIGQUIT, 131, b""),
    ],
)
@pytest.mark.parametrize("name", ["y.npy", "y.csv", "y.json"])
def test_an_end_in_the_middle_leaves_nothing(
    number: int, code: int, said: bytes, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("before")
    process = started(tmp_path, "-o", name)
    process.send_signal(number)
    _, error = process.communicate(timeout=30)
    assert (process.returncode, error) == (code, said)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "before"


@POSIX
def test_requests_to_end_one_after_the_other_leave_nothing(tmp_path: Path) -> None:
    """The second comes when the file is about to be taken away because of the first."""
    script = (
        "import signal\nfrom pathlib import Path\nfrom actcli.files import written_whole\n"
        "unlink, requests = Path.unlink, [signal.SIGQUIT, signal.SIGTERM]\n"
        "def late(path, **more):\n"
        "    if requests: signal.raise_signal(requests.pop())\n"
        "    unlink(path, **more)\n"
        "Path.unlink = late\n"
        "with written_whole(Path('y')) as stream: signal.raise_signal(signal.SIGHUP)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment(), capture_output=True,
        timeout=30, preexec_fn=hearing_signals,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (128 + signal.SIGQUIT, b"")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "spec", ["relu", "softmax", "logsumexp", "glu:axis=0", "rrelu:seed=1"]
)
@pytest.mark.parametrize("shape", [(0,), (0, 4), (4, 0), (2, 0, 4)])
def test_an_empty_array_makes_an_empty_one(
    spec: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    x, function = np.empty(shape, np.float32), actcli.get(spec)
    np.save(tmp_path / "x.npy", x)
    request = Request(function)
    for out in (tmp_path / "y.npy", tmp_path / "y.npz"):
        try:
            expected = function(x).shape
        except RequestError as error:
            with pytest.raises(RequestError, match=f"^{error}$"):
                into(out, request, tmp_path / "x.npy")
            continue
        into(out, request, tmp_path / "x.npy")
        got = arrays_in(out)
        assert (got["f"].shape, got["f"].dtype) == (expected, x.dtype)
        assert got.get("x", x).shape == shape


def arrays_in(path: Path) -> dict[str, Array]:
    """Return the arrays of a file as NumPy reads them."""
    read = np.load(path)
    if path.suffix == ".npy":
        return {"f": read}
    with read:
        return dict(read)


def test_an_empty_array_in_a_pipe(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.empty((0, 3)))
    done = shell("actcli eval relu -f npy < x.npy > y.npy", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert np.load(tmp_path / "y.npy").shape == (0, 3)
    for made in ("", "-f csv", "-o y.csv"):
        done = shell(f"actcli eval relu -i x.npy {made}", cwd=tmp_path)
        message = "actcli: x.npy: no numbers in it\n"
        assert (done.returncode, done.stdout, done.stderr) == (1, "", message)


def test_input_that_ends_early(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", inputs(count=300_000))
    (tmp_path / "x.npy").write_bytes((tmp_path / "x.npy").read_bytes()[:-1000])
    (tmp_path / "y.npy").write_text("before")
    for given in ("-i x.npy", "< x.npy"):
        done = shell(f"actcli eval relu {given} -o y.npy", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert "ends after 299875 of 300000 numbers" in done.stderr
        assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy", "y.npy"]
        assert (tmp_path / "y.npy").read_text() == "before"


@POSIX
@pytest.mark.parametrize("suffix", ["npy", "csv", "json", "npz"])
def test_a_disk_that_takes_no_more(suffix: str, tmp_path: Path) -> None:
    """A limit on the size of files is a full disk that every system has."""
    np.save(tmp_path / "x.npy", inputs(count=300_000))
    (tmp_path / f"y.{suffix}").write_text("before")
    limit = (1_000_000, 1_000_000)
    done = subprocess.run(
        [*ACTCLI, "eval", "relu", "-i", "x.npy", "-o", f"y.{suffix}"], capture_output=True, text=True, cwd=tmp_path,
        env=environment(), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"actcli: y.{suffix}: file too large\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["x.npy", f"y.{suffix}"]
    )
    assert (tmp_path / f"y.{suffix}").read_text() == "before"


@POSIX
@pytest.mark.parametrize(
    "arguments",
    ["-f json < x.npy", "-f npz -i x.npy", "-f csv < F.npy", "-f csv < x.npz"],
)
def test_a_disk_for_temporary_files_that_takes_no_more(
    arguments: str, tmp_path: Path
) -> None:
    x = inputs(count=3_000_000).reshape(3, -1)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "F.npy", np.asfortranarray(x))
    np.savez(tmp_path / "x.npz", x=x)
    (tmp_path / "kept").mkdir()
    done = shell(
        f"ulimit -f 1000; actcli eval relu {arguments} > /dev/null", cwd=tmp_path, TMPDIR=str(tmp_path / "kept")
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        f"actcli: {tmp_path / 'kept'}: file too large; what comes last is kept there, TMPDIR names another folder\n"
    )
    assert not list((tmp_path / "kept").iterdir())


@pytest.mark.parametrize("suffix", ["npy", "csv"])
def test_input_that_shrinks_while_it_is_read(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "CHUNK", 800)
    monkeypatch.setattr(streaming, "_PART", 800)
    path, out = tmp_path / "x.npy", tmp_path / f"y.{suffix}"
    np.save(path, inputs(count=100_000))
    out.write_text("before")

    def shrinking(_: Request, x: Array) -> Array:
        os.truncate(path, 128 + 8 * 50_000)
        return x

    monkeypatch.setattr(Request, "read", shrinking)
    with pytest.raises(FileError, match=r"x.npy: ends after 50000 of 100000 numbers"):
        into(out, Request(actcli.relu, threads=2), path)
    assert out.read_text() == "before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy", out.name]


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="there is no other way to read")
def test_a_system_that_reads_and_writes_less_than_it_was_asked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, write = os.preadv, os.pwrite
    monkeypatch.setattr(os, "preadv", lambda f, v, at: read(f, [v[0][:999]], at))
    monkeypatch.setattr(os, "pwrite", lambda f, data, at: write(f, data[:999], at))
    np.save(tmp_path / "x.npy", inputs())
    into(tmp_path / "y.npy", Request(actcli.relu), tmp_path / "x.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), actcli.relu(inputs()))


@pytest.mark.skipif(not hasattr(os, "preadv"), reason="there is no other way to read")
@pytest.mark.parametrize("made", [["-o", "y.npy"], []])
def test_input_that_cannot_be_read_on(
    made: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", inputs(count=20_000))

    def failing(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", failing)
    with pytest.raises(SystemExit) as ended:
        cli.main(["eval", "relu", "-i", "x.npy", *made])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "actcli: x.npy: input/output error\n"
    assert [p.name for p in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize(
    ("given", "made", "order", "size"),
    [
        ("x.npy", "y.npy", 0, 24),
        ("x.npy", "y.npz", 0, 48),
        ("x.npy", "y.npz", 1, 72),
        ("one.npz", "y.npz", 1, 48),
        ("all.npz", "y.npz", 1, 60),
        ("all.npz", "y.npz", 2, 90),
    ],
)
def test_no_room_is_said_before_the_work(
    given: str,
    made: str,
    order: int,
    size: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", inputs())
    np.savez("one.npz", x=inputs())
    np.savez_compressed("all.npz", a=inputs(), b=inputs("float16"))
    there = sorted(tmp_path.iterdir())
    usage = files.shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000)  # type: ignore[attr-defined]
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit) as ended:
        cli.main(["eval", "relu", "-i", given, "-o", made, "--order", str(order)])
    assert ended.value.code == 1
    assert capsys.readouterr().err == (
        f"actcli: {made}: no space left on device; it takes {size} kB, and 1 kB are free\n"
    )
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.skipif(
    not hasattr(os, "posix_fallocate"), reason="room is not made beforehand"
)
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EOPNOTSUPP])
def test_a_disk_that_makes_no_room(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no room is not begun; a disk that cannot make any beforehand may still have it."""
    np.save(tmp_path / "x.npy", inputs())
    out = tmp_path / "y.npy"

    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "posix_fallocate", refused)
    arguments = out, Request(actcli.relu), tmp_path / "x.npy"
    if number == errno.ENOSPC:
        with pytest.raises(FileError, match=r"y.npy: no space left on device$"):
            into(*arguments)
        assert not out.exists()
    else:
        into(*arguments)
        np.testing.assert_array_equal(np.load(out), actcli.relu(inputs()))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("format_", ["csv", "npy", "json", "npz"])
def test_standard_output_that_takes_no_more(format_: str) -> None:
    done = shell(f"seq 100000 | actcli eval relu -f {format_} > /dev/full")
    assert (done.returncode, done.stderr) == (
        1,
        "actcli: standard output: no space left on device\n",
    )


@pytest.mark.parametrize("format_", ["csv", "npy", "json", "npz"])
def test_a_reader_that_has_enough(format_: str) -> None:
    done = shell(
        f"set -o pipefail; (seq 300000; :) 2>/dev/null | actcli eval relu -f {format_} | head -c 5 > /dev/null; echo ${{PIPESTATUS[1]}}"
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["-i", "x.npy", "-d", "-o", "y.npy"],
            2,
            ".npy holds one array, not f, derivative; use .npz",
        ),
        (["-i", "x.npy", "-o", "y.xyz"], 2, "y.xyz: unknown suffix '.xyz'"),
        (["-i", "x.npy", "-f", "cvs"], 2, "no format 'cvs'; did you mean 'csv'?"),
        (
            ["-i", "x.npy", "-o", "y.npy", "--threads", "0"],
            2,
            "threads 0 is out of range; give a whole number from 1 to 1024",
        ),
        (
            ["-i", "x.npy", "-f", "csv", "--dtype", "float63"],
            2,
            "no dtype 'float63'; did you mean 'float64'?",
        ),
        (["-i", "none.npz", "-o", "y.npz"], 1, "none.npz: no such file or directory"),
        (["-i", "bad.npz", "-o", "y.npz"], 1, "bad.npz: is no archive of arrays"),
        (
            ["-f", "csv"],
            2,
            "no numbers; give them with -x 1,2,-3, with -i FILE, or through a pipe",
        ),
    ],
)
def test_a_wrong_request_is_one_line(
    arguments: list[str], code: int, message: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", inputs())
    (tmp_path / "bad.npz").write_text("nonsense")
    done = run("eval", "relu", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith(f"actcli: {message}")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.npz", "x.npy"]


def test_progress_is_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from actcli.render import progress

    monkeypatch.setattr(progress, "_QUIET", 0.0)
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    for terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda terminal=terminal: terminal)
        monkeypatch.setenv("FORCE_COLOR", "1" if terminal else "")
        with progress.progress(4_000_000, "bytes") as advance:
            advance(1_000_000)
            advance(1_000_000)
        shown = capsys.readouterr().err
        assert bool(shown) == terminal
        assert ("2.0/4.0 MB" in shown) == terminal


@pytest.mark.parametrize("digits", [1, 15, 60])
def test_no_text_of_digits_is_cut_off(tmp_path: Path, digits: int) -> None:
    """Signs, exponents of many digits, and zeros in front, of which there are a third as many as digits."""
    x = [-1e11, -40.0, -1.3, 1e-300, 0.0012345, 1e-17, 3.0, math.inf, math.nan]
    (tmp_path / "x.txt").write_text("\n".join(map(str, x)))
    for formula in ("exp(x)", "x/3", "0-exp(-x)"):
        asked = ["eval", formula, "--digits", str(digits), "-i", "x.txt"]
        done = run(*asked, "-o", "y.npy", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        plain = run(*asked, "-f", "plain", cwd=tmp_path).stdout.split()
        assert np.load(tmp_path / "y.npy").tolist() == plain
        with mpmath.workdps(digits + 30):
            at = mpmath.mpf(x[2])
            wanted = {"exp(x)": mpmath.exp(at), "x/3": at / 3, "0-exp(-x)": -mpmath.exp(-at)}  # fmt: skip
            assert plain[2] == mpmath.nstr(wanted[formula], digits, strip_zeros=False)
