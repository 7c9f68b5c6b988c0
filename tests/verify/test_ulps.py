import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from actcli.verify.ulps import distance, ulp

DTYPES = ("float64", "float32", "float16")


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_ulp_is_the_distance_to_the_next_number(dtype: str) -> None:
    info = np.finfo(dtype)
    rng = np.random.default_rng(0)
    ends = [0.0, info.smallest_subnormal, info.smallest_normal, 1.0]
    x = np.concatenate([ends, 2.0 ** rng.uniform(info.minexp, info.maxexp - 1, 500)])
    x = np.concatenate([x, -x]).astype(dtype)
    assert_array_equal(ulp(x, dtype), np.spacing(np.abs(x)).astype(float))


def test_a_distance_is_counted_from_the_value_that_is_not_rounded() -> None:
    unit = 2.0**-52
    assert distance(1.0 + unit, 1.0, 0.0, unit, "float64") == 1.0
    assert distance(1.0, 1.0, 0.25, unit, "float64") == 0.25
    assert distance(1.0 + unit, 1.0, -0.25, unit, "float64") == 1.25
    assert distance(5e-324, 0.0, 1 / 3, 5e-324, "float64") == pytest.approx(2 / 3)
    assert distance(0.0, 1.0, 0.0, 2.0**-10, "float16") == 1024.0
    assert distance(-0.0, 0.0, 0.0, 5e-324, "float64") == 0.0
    assert distance(3.0, 1.0, 0.0, unit, "float64", allowance=2.0 - unit) == 1.0
    assert distance(1.0, 0.0, 0.0, 5e-324, "float64", allowance=0.5) == 2.0


def test_infinity_is_the_number_after_the_largest() -> None:
    for dtype in DTYPES:
        largest = float(np.finfo(dtype).max)
        most = float(ulp(largest, dtype))
        assert distance(math.inf, largest, 0.0, most, dtype) == 1.0
        assert distance(largest, math.inf, 0.0, most, dtype) == 1.0
        assert distance(math.inf, math.inf, 0.0, most, dtype) == 0.0
        assert distance(math.inf, 1.0, 0.0, ulp(1.0, dtype), dtype) > 1e3
        assert distance(math.inf, -math.inf, 0.0, most, dtype) > 1e3
        assert distance(math.inf, 1.0, 0.0, ulp(1.0, dtype), dtype, largest) > 1e3


def test_nan_is_near_nothing_but_nan() -> None:
    got, value = [math.nan, math.nan, 1.0], [math.nan, 1.0, math.nan]
    off = distance(got, value, 0.0, 2.0**-52, "float64")
    assert off.tolist() == [0.0, math.inf, math.inf]
