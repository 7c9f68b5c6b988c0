"""Formulas over whole arrays: what they compute is in verify/test_bench.py; here a user's formula that is one."""

import numpy as np
import pytest

import actcli
from actcli.one_liners import in_float64, numpy_library, one_liner

FORMULAS = [
    "x",
    "x*tanh(exp(x))",
    "x*sigmoid(x)",
    "max(x, 0, 1 - x)",
    "x*(1 + erf(x/sqrt(2)))/2",
    "abs(x)**1.5 if x > 1 else floor(3*x)",
    "x*((x > 0) - (-1 < x < 1))",
    "x if floor(x) else -x",
    "2",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_float64_is_the_exact_one_but_for_rounding(text: str) -> None:
    exact = actcli.get(text if "x" in text else f"{text} + 0*x")
    x = np.random.default_rng(0).normal(scale=2.0, size=(5, 8))
    plain = in_float64(exact)
    assert plain(x).shape == plain.derivative(x).shape == x.shape
    np.testing.assert_allclose(plain(x), exact(x), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        plain.derivative(x), exact.derivative(x), rtol=1e-12, atol=1e-14
    )


def test_parameters_that_are_bound_are_kept() -> None:
    assert in_float64(actcli.get("x*sigmoid(b*x):b=0"))(3.0) == 1.5


def test_a_slope_that_only_its_rule_overflows_is_a_difference() -> None:
    plain = in_float64(actcli.get("x*tanh(exp(x))"))
    line = one_liner(actcli.get("x*tanh(exp(x))"), numpy_library(), 1)
    assert line is not None
    x = np.array([720.0, 1e6, np.nan])
    with np.errstate(all="ignore"):
        assert np.isnan(line(x)).all()
    np.testing.assert_allclose(plain.derivative(x), [1.0, 1.0, np.nan], rtol=1e-9)


CONSTANTS = {
    "x*log(0)": [np.inf, -np.inf],
    "(1/0)*x": [-np.inf, np.inf],
    "x + (-8)**(1/3)": [np.nan, np.nan],
    "x + exp(1000)": [np.inf, np.inf],
    "x + log(-1)": [np.nan, np.nan],
    "x*sign(-2) + max(1, 3, 2)": [5.0, 1.0],
}


@pytest.mark.parametrize("text", CONSTANTS)
def test_constants_overflow_as_arrays_do(text: str) -> None:
    got = in_float64(actcli.get(text))(np.array([-2.0, 2.0]))
    np.testing.assert_array_equal(got, CONSTANTS[text])


def test_a_derivative_may_be_longer_than_what_may_be_typed() -> None:
    exact = actcli.get("tanh(" * 60 + "x" + ")" * 60)
    assert in_float64(exact).derivative(0.3) == pytest.approx(
        exact.derivative(0.3), rel=1e-12
    )
