"""Gradients through a chain of neurons, against high precision."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf

import actcli
from actcli.errors import RequestError
from actcli.training.chain import chain


def sigma(z):
    return 1 / (1 + mp.exp(-z))


EXACT = {
    "sigmoid": (sigma, lambda z: sigma(z) * sigma(-z)),
    "tanh": (mp.tanh, lambda z: mp.sech(z) ** 2),
    "relu": (lambda z: z if z > 0 else mpf(0), lambda z: mpf(z > 0)),
    "swish": (lambda z: z * sigma(z), lambda z: sigma(z) * (1 + z * sigma(-z))),
}


@pytest.mark.parametrize("name", EXACT)
def test_the_chain_is_the_demonstration(name):
    f, prime = EXACT[name]
    with mp.workdps(40):
        a, slopes = mpf(1), []
        for _ in range(10):
            z = a / 2
            a = f(z)
            slopes.append(prime(z) / 2)
        back = [mp.fprod(slopes[k:]) for k in range(10)]
        forth = [mp.fprod(slopes[: k + 1]) for k in range(10)]
    got = chain(actcli.get(name))
    np.testing.assert_allclose(got.gradient, np.array(back, float), rtol=1e-14)
    np.testing.assert_allclose(got.product, np.array(forth, float), rtol=1e-14)
    assert got.a[-1] == pytest.approx(float(a), rel=1e-14)
    assert got.verdict == "vanishing"


def test_the_chain_of_the_demonstration_to_ten_decimals():
    told = [f"{g:.10f}" for g in chain(actcli.get("sigmoid")).gradient]
    assert told == [
        "0.0000000007", "0.0000000062", "0.0000000506", "0.0000004136", "0.0000033772",
        "0.0000275720", "0.0002250997", "0.0018377282", "0.0150033250", "0.1224880609",
    ]  # fmt: skip


def test_a_chain_explodes_with_a_large_weight():
    assert chain(actcli.get("relu"), 10, weight=2.0).verdict == "exploding"
    assert chain(actcli.get("relu"), 10, weight=1.0).verdict == "healthy"
    assert chain(actcli.get("relu"), 2000, weight=10.0).verdict == "exploding"
    assert chain(actcli.get("identity"), 3, weight=-1.0).gradient.tolist() == [
        -1,
        1,
        -1,
    ]


@pytest.mark.parametrize(
    ("name", "without"), [("relu", "healthy"), ("sigmoid", "vanishing")]
)
def test_the_gradient_of_a_chain_is_the_share_of_w_times_that_of_the_slopes(
    name, without
):
    got = chain(actcli.get(name), 10, weight=0.5)
    assert got.verdict == "vanishing"
    assert got.verdict_without_weight == without
    assert got.slopes * 0.5**10 == pytest.approx(got.gradient[0], rel=1e-13)
    assert (0.5 * got.mean_slope) ** 10 == pytest.approx(
        abs(got.gradient[0]), rel=1e-13
    )


@pytest.mark.parametrize("values", [{"weight": math.inf}, {"x": math.nan}])
def test_a_chain_of_what_is_not_finite_is_refused(values):
    with pytest.raises(RequestError, match="is not finite"):
        chain(actcli.get("relu"), **values)


def test_what_the_weights_alone_leave() -> None:
    made = chain(actcli.get("x"), 4, -0.5, 1.0)
    np.testing.assert_array_equal(made.weights_alone, np.abs(made.gradient))


def test_a_function_without_a_value_is_undefined_and_the_place_is_told():
    followed = chain(actcli.get("log(x)"))
    assert followed.verdict == followed.verdict_without_weight == "undefined"
    assert str(followed.gap) == "no value at z = -0.3466 in layer 2"


def test_a_function_of_an_axis_is_refused():
    with pytest.raises(RequestError, match="softmax works over an axis"):
        chain(actcli.get("softmax"))
