"""bfloat16 from the library to the shell. All 65,536 results of every function are in test_functions.py."""

import json
import math
import subprocess
import sys
import tracemalloc
from pathlib import Path

import mpmath
import numpy as np
import pytest

import actcli
from actcli import engine
from actcli.bfloat16 import rounded
from actcli.render.records import shortest
from actcli.rounding import FORMATS
from actcli.verify.ulps import ulp
from actcli.verify.vectors import corners
from tests.shell import run, shell

ml_dtypes = pytest.importorskip("ml_dtypes")
DTYPE = np.dtype(ml_dtypes.bfloat16)
# a bfloat16 is the upper half of a float32
EVERY = (np.arange(1 << 16, dtype=np.uint32) << 16).view(np.float32)
FINITE = np.unique(EVERY[np.isfinite(EVERY)].astype(float))
TIES = FINITE[:-1] + np.diff(FINITE) / 2.0


def nearest(y: float) -> float:
    """Return the nearest of all finite numbers, and of two the one whose last bit is 0."""
    place = int(np.searchsorted(FINITE, y))
    both = FINITE[max(0, place - 1) : place + 1].tolist()
    even = {v: not np.float32(v).view(np.uint32) >> 16 & 1 for v in both}
    return min(both, key=lambda v: (abs(y - v), not even[v]))


def test_numbers_beside_ties_are_rounded_once() -> None:
    rng = np.random.default_rng(0)
    y = rng.choice(TIES, 3000)
    y = np.concatenate([y, np.nextafter(y, np.inf), np.nextafter(y, -np.inf), TIES[:3]])
    got = rounded(y, DTYPE).astype(float)
    np.testing.assert_array_equal(got, [nearest(v) for v in y.tolist()])
    # what ml_dtypes makes of the same, by way of float32, is not all right
    with np.errstate(all="ignore"):
        assert (got != y.astype(DTYPE).astype(float)).mean() > 0.1


def test_what_is_too_large_is_infinite() -> None:
    largest = float(FINITE[-1])
    tie = largest + float(ulp(largest, "bfloat16")) / 2
    y = np.array([tie, np.nextafter(tie, 0.0), 1e300, -1e300, np.inf, np.nan, -0.0])
    got = rounded(y, DTYPE).astype(float)
    expected = [math.inf, largest, math.inf, -math.inf, math.inf, math.nan, 0.0]
    np.testing.assert_array_equal(got, expected)
    assert np.signbit(got[-1])


def test_the_format_is_that_of_the_package() -> None:
    known, ours = ml_dtypes.finfo(DTYPE), FORMATS["bfloat16"]
    assert ours.largest == float(known.max)
    assert ours.smallest == float(known.smallest_subnormal)
    assert ours.smallest_normal == float(known.smallest_normal)
    np.testing.assert_array_equal(ulp(FINITE[:-1], "bfloat16")[FINITE[:-1] > 0], np.diff(FINITE[FINITE > 0]))  # fmt: skip


def wide(numbers: np.ndarray) -> np.ndarray:
    """Return numbers as float32, NaN too."""
    with np.errstate(invalid="ignore"):
        return numbers.astype(np.float32)


def test_texts_are_the_shortest_that_read_back() -> None:
    with np.errstate(invalid="ignore"):
        every = EVERY.astype(DTYPE)
    for numbers in (every, every[::97]):
        texts = shortest(numbers)
        read = rounded(np.array([*map(float, texts)]), DTYPE)
        np.testing.assert_array_equal(wide(read), wide(numbers))
    for number, text in zip(every[::97], shortest(every[::97]), strict=True):
        digits = len(np.format_float_scientific(float(text), trim="-").partition("e")[0].strip("-").replace(".", ""))  # fmt: skip
        if math.isfinite(float(text)) and digits > 1:
            fewer = float(f"{float(number):.{digits - 2}e}")
            assert rounded(np.array(fewer), DTYPE) != number
    assert shortest(np.array([0.1, 1e-40, 3.39e38]).astype(DTYPE)) == ["0.1", "9e-41", "3.39e+38"]  # fmt: skip


def test_a_function_takes_arrays_and_keeps_their_dtype_and_shape() -> None:
    x = np.linspace(-3, 3, 12).reshape(3, 4).astype(DTYPE)
    for result in (
        actcli.gelu(x),
        actcli.relu.derivative(x),
        actcli.gelu.vjp(x, x),
        actcli.prelu(x, alpha=np.linspace(0, 1, 4)),
        actcli.softmax(x, axis=0),
        actcli.softmax.vjp(x, x),
        actcli.get("x*tanh(x)")(x),
    ):
        assert (result.dtype, result.shape) == (DTYPE, x.shape)
    assert actcli.swish.vjp(x, x, "beta").dtype == DTYPE
    assert actcli.gelu(x[0, 0]) == float(nearest(float(actcli.gelu(float(x[0, 0])))))
    f, slope = actcli.swish.value_and_derivative(x)
    np.testing.assert_array_equal(f, actcli.swish(x))
    np.testing.assert_array_equal(slope, actcli.swish.derivative(x))
    alpha = np.array([0.3, 5 / 3, 0.3, 5 / 3])
    wanted = [nearest(float(v)) for v in np.where(x < 0, alpha * x.astype(float), x.astype(float)).flat]  # fmt: skip
    np.testing.assert_array_equal(actcli.prelu(x, alpha=alpha).ravel(), wanted)
    before = x.copy()
    assert actcli.gelu(x, out=x) is x
    np.testing.assert_array_equal(x, actcli.gelu(before))


def test_large_arrays_take_little_more_memory_than_their_results() -> None:
    x = np.linspace(-4, 4, 1 << 22, dtype=np.float32).astype(DTYPE)
    tracemalloc.start()
    try:
        for apply in (actcli.gelu, actcli.gelu.derivative):
            tracemalloc.reset_peak()
            y = apply(x, threads=1)
            assert tracemalloc.get_traced_memory()[1] < 2 * (y.nbytes + x.nbytes)
    finally:
        tracemalloc.stop()


def test_ties_are_settled_alike_in_any_block_thread_and_order() -> None:
    # 1 + 2^-8 and so on, whose halves with a little more are next to ties, in several blocks
    x = np.tile(FINITE[np.abs(FINITE) < 2.0**-120], (300, 1)).astype(DTYPE)
    assert x.size > 3 * engine.BLOCK
    once = np.tile(actcli.swish(x[0]), (300, 1))
    np.testing.assert_array_equal(actcli.swish(x, threads=2), once)
    np.testing.assert_array_equal(actcli.swish(np.asfortranarray(x)), once)
    np.testing.assert_array_equal(actcli.swish.value_and_derivative(x)[0], once)


def test_results_next_to_a_tie_are_exact() -> None:
    # 258 - tanh(258) is a little more than 257, which lies between 256 and 258
    assert actcli.tanhshrink(np.array([258.0]).astype(DTYPE)) == 258.0
    smallest = np.array([FORMATS["bfloat16"].smallest]).astype(DTYPE)
    assert actcli.swish(smallest) == smallest
    # of 5/3 in float64, a little less, the product with 129·3/128 is a tie once it is rounded
    x = FINITE[(FINITE > 1.0) & (FINITE < 2.0)]
    slope = 5 / 3
    exact = [nearest_of(mpmath.mpf(slope) * mpmath.mpf(-v)) for v in x.tolist()]
    got = actcli.leaky_relu(-x.astype(DTYPE), alpha=slope)
    np.testing.assert_array_equal(got.astype(float), exact)


def nearest_of(y: mpmath.mpf) -> float:
    place = int(np.searchsorted(FINITE, float(y)))
    around = FINITE[place - 2 : place + 2].tolist()
    return float(min(around, key=lambda v: abs(mpmath.mpf(v) - y)))


def test_eval_rounds_what_is_typed_and_what_comes_of_it() -> None:
    done = run("eval", "gelu", "-x", "0.1,3,1e39,nan", "--dtype", "bfloat16", "-df", "json")  # fmt: skip
    result = json.loads(done.stdout)
    assert result["dtype"] == "bfloat16"
    assert result["x"] == [0.1, 3.0, "inf", "nan"]
    x = nearest(0.1)
    assert nearest(result["f"][0]) == nearest(float(x * mpmath.ncdf(x)))
    slope = float(mpmath.ncdf(x) + x * mpmath.npdf(x))
    assert nearest(result["derivative"][0]) == nearest(slope)
    exact = run("eval", "gelu", "-x", "0.1,3,1e39,nan", "--dtype", "bfloat16", "-df", "json", "--exact")  # fmt: skip
    assert exact.stdout == done.stdout


@pytest.mark.parametrize("suffix", ["npy", "npz"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_files_hold_what_numpy_writes(tmp_path: Path, suffix: str, order: str) -> None:
    x = np.random.default_rng(0).normal(size=(60, 50)).astype(DTYPE)
    np.save(tmp_path / "x.npy", np.asarray(x, order=order))
    for function in ("gelu", "softmax", "softmax:axis=0"):
        done = run("eval", function, "-i", "x.npy", "-o", f"y.{suffix}", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "taken for bfloat16" in done.stderr
        loaded = np.load(tmp_path / f"y.{suffix}")
        y = (loaded if suffix == "npy" else loaded["f"]).view(DTYPE)
        np.testing.assert_array_equal(y, actcli.get(function)(x))
    done = run("eval", "gelu", "-i", "x.npy", "-f", "plain", cwd=tmp_path)
    assert done.stdout.split() == shortest(actcli.gelu(x))
    piped = shell("actcli eval gelu -f npy < x.npy > z.npy", tmp_path)
    assert piped.returncode == 0
    np.testing.assert_array_equal(np.load(tmp_path / "z.npy").view(DTYPE), actcli.gelu(x))  # fmt: skip


def test_structures_are_no_numbers(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros(3, [("a", "u1"), ("b", "u1")]))
    done = run("eval", "gelu", "-i", "x.npy", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        "actcli: x.npy: is no array of numbers\n",
    )


def test_check_counts_in_its_ulps(tmp_path: Path) -> None:
    x = np.linspace(-3, 3, 101).astype(DTYPE)
    y = actcli.gelu(x)
    y[50] = np.nextafter(y[50], DTYPE.type(9.0))
    y[70] = np.nextafter(y[70], DTYPE.type(9.0))
    x[0] = y[0] = DTYPE.type(np.nan)
    np.savez(tmp_path / "k.npz", x=wide(x), f=wide(y))
    plain = run("check", "gelu", "-i", "k.npz", cwd=tmp_path)
    assert "add --dtype bfloat16 if" in plain.stderr
    done = run("check", "gelu", "-i", "k.npz", "--dtype", "bfloat16", "-f", "json", cwd=tmp_path)  # fmt: skip
    found = json.loads(done.stdout)
    value = float(x[70])
    exact = value * float(mpmath.ncdf(value))
    unit = float(ulp(exact, "bfloat16"))
    assert found["ulps"][70] == pytest.approx(abs(float(y[70]) - exact) / unit)
    assert found["dtype"] == "bfloat16"
    assert found["rounded_correctly"] == 99 / 101
    tolerated = run("check", "gelu", "-i", "k.npz", "--dtype", "bfloat16", "--tolerance", "0.5", cwd=tmp_path)  # fmt: skip
    assert tolerated.returncode == 1
    conditioned = run("check", "gelu", "-i", "k.npz", "--dtype", "bfloat16", "--conditioned", cwd=tmp_path)  # fmt: skip
    assert conditioned.returncode == 0


def test_results_of_golden_pass_check() -> None:
    x = corners(actcli.hard_swish, "bfloat16")
    assert x.dtype == DTYPE
    assert {float(FINITE[-1]), 2.0**-133, 2.0**-126, 3.0, 2.984375} <= {*x.tolist()}
    done = shell(
        "actcli golden swish --dtype bfloat16 --count 200 -f csv | actcli check swish --dtype bfloat16 --tolerance 0.5"
    )
    assert done.returncode == 0, done.stderr


def test_without_the_package_its_name_is_told() -> None:
    code = (
        "import sys; sys.modules['ml_dtypes'] = None; "
        "sys.argv = ['actcli', 'eval', 'relu', '-x', '1', '--dtype', 'bfloat16']; "
        "from actcli.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == "actcli: bfloat16 takes the package ml_dtypes; pip install ml_dtypes\n"
    )


def test_bench_has_the_formats_of_numpy() -> None:
    done = run("bench", "relu", "--dtype", "bfloat16")
    assert done.returncode == 2
    assert "no dtype 'bfloat16'" in done.stderr
