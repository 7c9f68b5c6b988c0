import math

import mpmath
import numpy as np
import pytest

import actcli
from actcli.verify.vectors import corners, points, vectors

DTYPES = ("float64", "float32", "float16")


def mish(x: mpmath.mpf) -> mpmath.mpf:
    return x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_corners_hold_what_goes_wrong(dtype: str) -> None:
    x = corners(actcli.hard_tanh, dtype)
    assert x.dtype == dtype
    info = np.finfo(dtype)
    wanted = [math.inf, info.max, info.smallest_normal, info.smallest_subnormal, 1.0]
    beside = [np.nextafter(np.array(1, dtype), np.array(s, dtype)) for s in (0, 2)]
    for value in [*wanted, *beside]:
        assert np.count_nonzero(x == value) == np.count_nonzero(x == -value) == 1
    assert np.isnan(x[-1])
    assert np.isfinite(x[:-1]).sum() == x.size - 3
    assert np.signbit(x[x == 0.0]).tolist() == [True, False]
    assert np.unique(x).size == x.size - 1  # the two zeros are one there


def test_corners_hold_zeros_of_the_function_and_its_derivative() -> None:
    least = mpmath.findroot(lambda x: mpmath.diff(mish, x), -1.19)
    assert np.nanmin(np.abs(corners(actcli.mish, "float64") - float(least))) < 1e-14
    kink = -0.3
    assert kink in corners(actcli.get("hard_shrink:lambd=0.3"), "float64")
    # of many, those next to 0
    of_sine = corners(actcli.sin, "float64")
    for k in range(-2, 3):
        assert np.nanmin(np.abs(of_sine - k * math.pi / 2)) < 1e-14


def test_points_hold_kinks_and_zeros_of_the_parameters_they_are_for() -> None:
    for seed in range(5):
        x = points(actcli.hard_shrink, "float64", 60, seed, lambd=0.3)
        assert {-0.3, 0.0, 0.3} <= {*x.tolist()}
    least = mpmath.findroot(
        lambda x: mpmath.diff(lambda z: z / (1 + mpmath.exp(-2 * z)), x), -0.6
    )
    x = points(actcli.swish, "float64", 60, beta=2.0)
    assert np.abs(x - float(least)).min() < 1e-14


def test_points_have_every_magnitude_and_both_signs() -> None:
    x = points(actcli.gelu, "float64", 3000)
    assert np.unique(x).size == x.size >= 3000
    assert np.isfinite(x).all()
    _, exponents = np.frexp(x[x != 0.0])
    assert np.histogram(exponents, bins=20, range=(-1074, 1024))[0].min() > 5
    assert 0.3 < np.mean(x < 0.0) < 0.7
    # where exponentials underflow
    assert np.count_nonzero((x > -760.0) & (x < -680.0)) > 100


def test_vectors_are_the_same_for_a_seed_and_each_there_once() -> None:
    x = vectors(actcli.relu6, "float32", 200, seed=3)
    np.testing.assert_array_equal(x, vectors(actcli.relu6, "float32", 200, seed=3))
    assert set(x.tolist()) != set(vectors(actcli.relu6, "float32", 200, 4).tolist())
    assert np.unique(x.view(np.uint32)).size == x.size
    assert vectors(actcli.relu6, "float32", 0).size > 10
