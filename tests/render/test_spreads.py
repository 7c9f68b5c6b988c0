"""Means and what they vary by: no digit that says nothing, none that is missing."""

import numpy as np
import pytest

from actcli.render.spreads import with_ratio, with_share, with_spread

SPREADS = {
    (0.5, 0.5, 0.5): "0.5",
    (0.50114, 0.497, 0.503): "0.501±0.004",
    (-0.000148, -0.0061, 0.002): "-0.000±0.006",
    (-0.00048, -0.0005, -0.00039): "-4.8e-4±9e-5",
    (50.04, 49.6, 50.1): "50.0±0.4",
    (9671.0, 9501.0, 9871.0): "9700±200",
    (1.26e6, 1.23e6, 1.29e6): "1.26e6±3e4",
    (0.5, 0.5, 0.500001): "0.5",
    (0.4995, 0.4993, 0.5001): "0.4995±0.0006",
    (0.5, 0.4995, 0.5): "0.5000±0.0005",
    (0.5, 0.49995, 0.5): "0.5",
    (0.0, 0.0, 0.0): "0",
    (0.0, -2.0, 1.0): "0±2",
    (np.nan, np.nan, np.nan): "nan",
    (np.inf, 1.0, np.inf): "inf",
}
RATIOS = {
    (1.0, 1.0, 1.0): "1",
    (1.0, 1.0, 1.0 + 2e-16): "1",
    (1.949e-4, 1.846e-4, 2.06e-4): "1.9e-4±6%",
    (1.282, 1.278, 1.285): "1.282±0.3%",
    (0.3086, 0.3062, 0.309): "0.309±0.8%",
    (1521.0, 1480.0, 1540.0): "1520±3%",
    (1.1, 1.0, 1.21): "1.1±10%",
    (2e5, 7e3, 6e6): "2.0e5×÷30",
    (0.4, 0.1, 1.2): "0.4×÷4",
    (3e8, 2.7e8, 3.3e8): "3.0e8±11%",
    (0.0, 0.0, 3.1): "0 to 3",
    (0.0, 0.0, 0.0): "0",
    (np.nan, 1.0, 2.0): "nan",
    (np.inf, 1.0, np.inf): "inf",
}


@pytest.mark.parametrize("numbers", SPREADS)
def test_a_spread_is_told_in_one_digit(numbers: tuple[float, float, float]) -> None:
    mean, low, high = np.array(numbers)[:, None]
    assert with_spread(mean, low, high, 4) == [SPREADS[numbers]]


SHARES = {
    (0.5004, 0.497, 0.503): "50.0±0.3",
    (0.5, 0.48, 0.53): "50±3",
    (0.0029, 0.0028, 0.0031): "0.3",
    (0.0029, 0.0028, 0.0038): "0.3±0.1",
    (0.0004, 0.0, 0.001): "<0.1",
    (0.0, 0.0, 0.0): "0",
    (1.0, 1.0, 1.0): "100",
    (np.nan, np.nan, np.nan): "nan",
}


@pytest.mark.parametrize("numbers", SHARES)
def test_a_share_is_told_to_the_tenth_of_a_percent(
    numbers: tuple[float, float, float],
) -> None:
    mean, low, high = np.array(numbers)[:, None]
    assert with_share(mean, low, high) == [SHARES[numbers]]


@pytest.mark.parametrize("numbers", RATIOS)
def test_a_ratio_is_a_share_or_a_factor(numbers: tuple[float, float, float]) -> None:
    mean, low, high = np.array(numbers)[:, None]
    assert with_ratio(mean, low, high, 4) == [RATIOS[numbers]]


def test_no_seed_lies_further_than_is_said() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 500)) + rng.normal(size=500) * 10
    mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    texts = with_spread(mean, low, high, 17)
    told = np.array([[float(part) for part in text.split("±")] for text in texts])
    assert told.shape == (500, 2)
    # both are rounded to the last digit that is shown
    most = np.maximum(high - mean, mean - low)
    np.testing.assert_array_less(np.abs(told[:, 1] - most), 0.51 * 10.0 ** np.floor(np.log10(told[:, 1])))  # fmt: skip
    np.testing.assert_array_less(np.abs(told[:, 0] - mean), 0.51 * 10.0 ** np.floor(np.log10(told[:, 1])))  # fmt: skip
