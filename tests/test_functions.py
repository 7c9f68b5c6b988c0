"""What holds for every registered function: right against its own formula, at specials, for shapes and dtypes."""

import math
import warnings

import numpy as np
import pytest

import actcli
from actcli import exact
from actcli.activation import Activation
from actcli.engine import BLOCK
from actcli.verify.vectors import points
from tests.accuracy import BOUND, COUNT, errors

FLOATS = ("float64", "float32", "float16")
# parameters away from their defaults, tried on whichever function has them
OTHER_VALUES = (0.5, 2.0, 0.07, 11.0, -0.3)


def other_parameters(function: Activation) -> list[dict[str, float]]:
    """Return settings away from the defaults that the function accepts: each parameter alone."""
    settings = []
    for name, parameter in function.parameters.items():
        if parameter.default is None or parameter.kind is int:
            continue
        for value in OTHER_VALUES:
            try:
                function.resolve({name: value})
            except actcli.ActcliError:
                continue
            settings.append({name: value})
    return settings


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_value_and_derivative_agree_with_the_formula(
    elementwise: Activation, dtype: str
) -> None:
    f, prime = errors(elementwise, dtype)
    assert f.count >= COUNT
    assert f.ulps <= BOUND, f"f at {f.x.hex()}"
    assert prime.ulps <= BOUND, f"derivative at {prime.x.hex()}"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_other_parameters_agree_with_the_formula(
    elementwise: Activation, dtype: str
) -> None:
    settings = other_parameters(elementwise)
    assert bool(settings) == any(
        p.default is not None and p.kind is not int
        for p in elementwise.parameters.values()
    )
    for setting in settings:
        f, prime = errors(elementwise, dtype, count=300, **setting)
        assert max(f.ulps, prime.ulps) <= BOUND, f"{setting}: {f}, {prime}"


def test_derivative_by_a_parameter_agrees_with_the_formula(
    parametric: Activation,
) -> None:
    for wrt in parametric.trainable:
        _, prime = errors(parametric, "float64", wrt=wrt, count=1000)
        assert prime.count >= 1000
        assert prime.ulps <= BOUND, f"by {wrt} at {prime.x.hex()}"
        for setting in other_parameters(parametric):
            _, prime = errors(parametric, "float64", wrt=wrt, count=60, **setting)
            assert prime.ulps <= BOUND, f"by {wrt}, {setting}: {prime}"


def test_every_parameter_has_a_derivative(elementwise: Activation) -> None:
    smooth = [n for n, p in elementwise.parameters.items() if p.default is not None]
    assert list(elementwise.trainable) == smooth


def test_float16_is_correctly_rounded(elementwise: Activation) -> None:
    """All 65,536 inputs: the float64 result decides, except where it is too near a tie for that to be certain."""
    with np.errstate(all="ignore"):
        x = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
        x = x[np.isfinite(x)]
        wide = elementwise(x.astype(float)), elementwise.derivative(x.astype(float))
        got = elementwise(x), elementwise.derivative(x)
    assert x.size == 63_488
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    for k in range(2):
        with np.errstate(all="ignore"):
            low, high = (np.float16(wide[k] * (1 + s * 2.0**-48)) for s in (-1, 1))
        sure = (low == high) | np.isnan(wide[k])
        np.testing.assert_array_equal(got[k][sure], low[sure])
        for i in np.flatnonzero(~sure).tolist():
            truth = exact.derivatives(
                elementwise.formula,
                {**values, "x": float(x[i])},
                order=k,
                dtype="float16",
            )
            assert got[k][i] == truth[k], f"order {k} at {float(x[i]).hex()}"


def test_limits_at_the_infinities(elementwise: Activation) -> None:
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    for x in (math.inf, -math.inf):
        truth = exact.derivatives(elementwise.formula, {**values, "x": x})
        got = float(elementwise(x)), float(elementwise.derivative(x))
        np.testing.assert_allclose(got, truth, rtol=0, err_msg=f"at {x}")


def test_nan_in_nan_out(function: Activation) -> None:
    x = np.array([math.nan, 1.0])
    assert np.isnan(np.asarray(function(x)).ravel()[0])
    # a row of a Jacobian holds derivatives that do not depend on the element that is NaN
    assert np.isnan(np.asarray(function.derivative(x))[0]).any()


def test_zero_of_either_sign(elementwise: Activation) -> None:
    plus, minus = np.array([0.0]), np.array([-0.0])
    assert elementwise(plus) == elementwise(minus)
    assert elementwise.derivative(plus) == elementwise.derivative(minus)


def test_odd_functions_keep_the_sign_of_zero(elementwise: Activation) -> None:
    x = np.array([0.1, 0.7, 2.0, 9.0])
    values = elementwise(x)
    odd = np.array_equal(values, -elementwise(-x)) and values.all()
    assert np.signbit(elementwise(np.array([-0.0]))) or not odd


@pytest.mark.parametrize("dtype", FLOATS)
def test_finite_and_silent_at_the_extremes(elementwise: Activation, dtype: str) -> None:
    info = np.finfo(dtype)
    x = np.array(
        [
            info.max,
            -info.max,
            info.tiny,
            -info.tiny,
            info.smallest_subnormal,
            88.8,
            -104.0,
        ],
        dtype,
    )
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        f, prime = elementwise(x), elementwise.derivative(x)
    assert not np.isnan(f).any()
    assert not np.isnan(prime).any()


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 4)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_shape_and_dtype_are_those_of_the_input(
    elementwise: Activation, shape: tuple[int, ...], dtype: str
) -> None:
    x = np.linspace(-2, 2, math.prod(shape)).astype(dtype).reshape(shape)
    for result in (
        elementwise(x),
        elementwise.derivative(x),
        elementwise.vjp(x, np.ones_like(x)),
    ):
        assert (result.shape, result.dtype) == (shape, x.dtype)
        assert isinstance(result, np.ndarray) == bool(shape)


def test_layout_does_not_matter(elementwise: Activation) -> None:
    x = points(elementwise, "float64", 600)[:600].reshape(30, 20)
    expected = elementwise(x)
    x.setflags(write=False)
    for view in (x.T, x[::-1, ::3], np.asfortranarray(x), x.astype(">f8")):
        np.testing.assert_array_equal(
            elementwise(view), elementwise(np.ascontiguousarray(view).astype(float))
        )
    np.testing.assert_array_equal(elementwise(x), expected)


def test_place_and_threads_do_not_change_a_bit(elementwise: Activation) -> None:
    few = points(elementwise, "float64", 1000)
    many = np.resize(few, 3 * BLOCK + 7)
    for method in (elementwise, elementwise.derivative):
        expected = np.resize(method(few), many.size)
        for threads in (1, 3):
            np.testing.assert_array_equal(method(many, threads=threads), expected)
        singly = [float(method(x)) for x in few[:50].tolist()]
        np.testing.assert_array_equal(singly, expected[:50])


def test_out_may_be_the_input(elementwise: Activation) -> None:
    x = points(elementwise, "float64", 500)
    expected = elementwise(x)
    assert elementwise(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_kinks_are_where_the_derivative_jumps(elementwise: Activation) -> None:
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    for kink in elementwise.kink_points():
        left, right = (
            exact.derivatives(elementwise.formula, {**values, "x": kink}, side=side)
            for side in (-1, 1)
        )
        assert left != right, f"no kink at {kink}"
    for x in points(elementwise, "float64", 300).tolist():
        if x not in elementwise.kink_points():
            left, right = (
                exact.derivatives(elementwise.formula, {**values, "x": x}, side=side)
                for side in (-1, 1)
            )
            assert left == right, f"an undeclared kink at {x}"


def test_record_is_complete(function: Activation) -> None:
    assert function.formula is not None
    assert function.summary.endswith(".")
    assert function.use
    assert function.flaw
    assert function.resolve(function.defaults) == function.resolve({})


def test_a_wrong_derivative_is_noticed() -> None:
    """The checker itself: a slope that is off by a millionth of a millionth, and one from the output."""
    good = actcli.get("sigmoid").bind()

    def declare(kernel):  # type: ignore[no-untyped-def]
        wrong = good.bind()
        wrong._derivatives = {"x": kernel}
        return errors(wrong, "float64", count=200)[1].ulps

    prime = good.slope()
    assert declare(prime) <= BOUND
    assert declare(lambda x: prime(x) * (1 + 1e-12)) > BOUND
    assert declare(lambda x: good.kernel(x) * (1 - good.kernel(x))) > BOUND


def test_parameters_are_read_anew_where_they_may_be_others() -> None:
    class Number:
        value = 0.5

        def __float__(self) -> float:
            return self.value

    number = Number()
    assert actcli.leaky_relu(-1.0, alpha=number) == -0.5
    Number.value = 0.25
    assert actcli.leaky_relu(-1.0, alpha=number) == -0.25
    for alpha in (0.0, -0.0, 0, -0.0):
        slope = actcli.leaky_relu.resolve({"alpha": alpha})["alpha"]
        assert math.copysign(1.0, slope) == math.copysign(1.0, alpha)
    for _ in range(2):
        assert actcli.swish.resolve({"beta": 2})["beta"] == 2.0
        assert actcli.swish.bind(beta=3.0).resolve({})["beta"] == 3.0
        assert actcli.swish.resolve({})["beta"] == 1.0
        with pytest.raises(actcli.ActcliError):
            actcli.clipped_relu(1.0, cap=-1.0)
        for beta in (2 + 0j, np.complex64(2), np.array(2j), 10**400, "two"):
            with pytest.raises(actcli.ActcliError, match="beta must be a number, not"):
                actcli.swish(1.0, beta=beta)


def test_what_is_kept_of_parameters_has_an_end_and_is_nobodys_to_change() -> None:
    for k in range(1, 1000):
        assert actcli.swish.resolve({"beta": float(k)}) == {"beta": float(k)}
    assert len(actcli.swish._resolved) <= 256
    actcli.swish.resolve({"beta": 2.0})["beta"] = 7.0
    assert actcli.swish.resolve({"beta": 2.0}) == {"beta": 2.0}
