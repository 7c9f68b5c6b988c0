"""What holds for every registered function: right against its own formula, at specials, for shapes and dtypes."""

import math
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest

import actcli
from actcli import exact
from actcli.activation import Activation
from actcli.bfloat16 import rounded
from actcli.engine import BLOCK
from actcli.errors import RequestError
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


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_two_bytes_are_correctly_rounded(elementwise: Activation, dtype: str) -> None:
    """All 65,536 inputs: the float64 result decides, except where it is too near a tie for that to be certain."""
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    with np.errstate(all="ignore"):
        x = np.arange(1 << 16, dtype=np.uint16).view(dtype)
        x = x[np.isfinite(x)]
        wide = elementwise(x.astype(float)), elementwise.derivative(x.astype(float))
        got = elementwise(x), elementwise.derivative(x)
    assert x.size == {"float16": 63_488, "bfloat16": 65_280}[dtype]
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    for k in range(2):
        with np.errstate(all="ignore"):
            low, high = (
                rounded(wide[k] * (1 + s * 2.0**-48), x.dtype) for s in (-1, 1)
            )
        sure = (low == high) | np.isnan(wide[k])
        np.testing.assert_array_equal(got[k][sure], low[sure])
        for i in np.flatnonzero(~sure).tolist():
            truth = exact.derivatives(
                elementwise.formula,
                {**values, "x": float(x[i])},
                order=k,
                dtype=dtype,
            )
            assert got[k][i] == truth[k], f"order {k} at {float(x[i]).hex()}"


def test_limits_at_the_infinities(elementwise: Activation) -> None:
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    for x in (math.inf, -math.inf, math.nan):
        for wrt in ("x", *elementwise.trainable):
            truth = exact.derivatives(elementwise.formula, {**values, "x": x}, wrt=wrt)
            for dtype in FLOATS:
                at = np.array(x, dtype)
                got = elementwise(at), elementwise.derivative(at, wrt)
                limits = np.array(truth, dtype)
                np.testing.assert_array_equal(got, limits, f"at {x} by {wrt}")


def _ramp(z: Any) -> Any:
    return min(1, max(0, z))


def _normal_cdf(z: Any) -> Any:
    # beyond, it takes mpmath a minute, and is 0 or 1 in every format
    return mp.ncdf(z) if abs(z) < 45 else mp.mpf(z > 0)


# the definitions, in numbers of any size
DEFINED: dict[str, Callable[..., Any]] = {
    "aria2": lambda x, alpha, beta: x / (1 + mp.exp(-beta * x)) ** alpha,
    "celu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x / alpha),
    "elu": lambda x, alpha: x if x > 0 else alpha * mp.expm1(x),
    "gelu_tanh": lambda x: (
        x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))) / 2
    ),
    "gish": lambda x: x * mp.log(2 - mp.exp(-mp.exp(x))),
    "hard_sigmoid": lambda x, lower, upper: _ramp((x - lower) / (upper - lower)),
    "isrlu": lambda x, alpha: x if x >= 0 else x / mp.sqrt(1 + alpha * x * x),
    "isru": lambda x, alpha: x / mp.sqrt(1 + alpha * x * x),
    "laplace": lambda x, mu, sigma: _normal_cdf((x - mu) / sigma),
    "logish": lambda x: x * mp.log1p(1 / (1 + mp.exp(-x))),
    "mish": lambda x: x * mp.tanh(mp.log1p(mp.exp(x))),
    "nlrelu": lambda x, beta: mp.log1p(beta * max(0, x)),
    "rrelu": lambda x, lower, upper: x if x > 0 else (lower + upper) / 2 * x,
    "selu": lambda x, scale, alpha: scale * (x if x > 0 else alpha * mp.expm1(x)),
    "serf": lambda x: x * mp.erf(mp.log1p(mp.exp(x))),
    "smelu": lambda x, beta: x if x >= beta else max(0, x + beta) ** 2 / (4 * beta),
    "smish": lambda x: x * mp.tanh(mp.log1p(1 / (1 + mp.exp(-x)))),
    "snake": lambda x, alpha: x + mp.sin(alpha * x) ** 2 / alpha,
    "softclipping": lambda x, alpha: (
        mp.log((1 + mp.exp(alpha * x)) / (1 + mp.exp(alpha * (x - 1)))) / alpha
    ),
    "softplus": lambda x, beta: mp.log1p(mp.exp(beta * x)) / beta,
    "squareplus": lambda x, b: (x + mp.sqrt(x * x + b)) / 2,
    "stanh": lambda x, a, b: b * mp.tanh(a * x),
    "swish": lambda x, beta: x / (1 + mp.exp(-beta * x)),
    "tanhexp": lambda x: x * mp.tanh(mp.exp(x)),
}
DEFINED["quick_gelu"] = DEFINED["swish"]
FAR_OUT: list[tuple[str, dict[str, float], list[float]]] = [
    ("aria2", {"alpha": 100.0, "beta": 1.0}, [-7.2]),
    ("aria2", {"alpha": 198.0, "beta": 1.0}, [-3.55]),
    ("aria2", {"alpha": 1000.0, "beta": 1e-6}, [-13911.339743103554]),
    ("aria2", {"alpha": 1000.0, "beta": 0.001}, [-25.062656641604118]),
    ("aria2", {"alpha": 1100.0, "beta": 0.5}, [0.4532]),
    ("aria2", {"alpha": 1e200, "beta": 1.0}, [1.6e114]),
    ("aria2", {"beta": 1e-200}, [-7.28e202, -1e200]),
    ("aria2", {"alpha": 1e-200}, [-6.28e202]),
    ("aria2", {"alpha": 1e306}, [3000.0]),
    ("celu", {"alpha": 1e300}, [-2.96e-300, -1.0]),
    ("celu", {"alpha": 1e10}, [-2.28e-315]),
    ("elu", {"alpha": 1e40}, [-800.0]),
    ("hard_sigmoid", {"lower": -1e308, "upper": 1e308}, [0.0, -9e307, 9.5e307]),
    ("hard_sigmoid", {"lower": -1e-310, "upper": 1e-310}, [1.0, -1e308, 3e-311]),
    ("isru", {"alpha": 1e-9}, [1e300, -1e180, 3e4]),
    ("isru", {"alpha": 1e-320}, [1e200, 1e160]),
    ("isrlu", {"alpha": 1e-9}, [-1e300]),
    ("laplace", {"mu": -1e10, "sigma": 1.0}, [-1e10, -1e10 - 2.0, 1.0]),
    ("laplace", {"mu": -1.0, "sigma": 1e-10}, [-1.0, -2.0]),
    ("laplace", {"mu": 1.0, "sigma": 1e-309}, [0.5, 1.0, 2.0]),
    ("laplace", {"mu": 1e200, "sigma": 0.3}, [1e200, -1e300]),
    ("nlrelu", {"beta": 1e-9}, [1e308, 1e9]),
    ("rrelu", {"lower": -1e308, "upper": 1e308}, [-1.0, 1.0]),
    ("selu", {"scale": 1e200, "alpha": 1e150}, [1.0, -1e-100, -800.0]),
    ("smelu", {"beta": 1e308}, [1.0, 1e308, -1e307]),
    ("snake", {"alpha": 0.3}, [float.fromhex("-0x1.64fe08945d753p+1")]),
    ("snake", {"alpha": 3.0}, [float.fromhex("-0x1.2bee4b32eb2edp-2")]),
    ("snake", {"alpha": 1e10}, [float.fromhex("-0x1.ad985693a4d93p-34")]),
    ("softclipping", {"alpha": 1e200}, [0.3, 0.0, -1e-200]),
    ("softclipping", {"alpha": 1e-300}, [0.3, 0.0, 1e300]),
    ("softclipping", {"alpha": 1e-3}, [3.490261125780868e-10]),
    ("softclipping", {"alpha": 0.6}, [1.0182347009753104e-09]),
    ("softclipping", {"alpha": 1e-20}, [-7.5e22]),
    ("softplus", {"beta": 1e-200}, [1.0, -1e200]),
    ("softplus", {"beta": 1e160}, [1.0, -1e-160]),
    ("softplus", {"beta": 1e-160}, [1.0, -7.2e162]),
    ("squareplus", {"b": 1e300}, [-3.0163e150]),
    ("squareplus", {"b": 1e308}, [-9.9e151, 1e160]),
    ("squareplus", {"b": 1e-310}, [-1e-155, 1e160]),
    ("snake", {}, [1e308, -1.7e308]),
    ("stanh", {"a": 1.0, "b": 1e40}, [400.0]),
    ("stanh", {"a": 1e-200, "b": 1e200}, [1e-120, 1e-290]),
    ("stanh", {"a": 7.28e-301, "b": 3.19e302}, [1.2e-54]),
    ("stanh", {"a": 1e-300, "b": 1e5}, [1e-10]),
    ("stanh", {"a": 1e200, "b": 1e200}, [1e-200, -3.9e-198]),
    ("swish", {"beta": 1e-200}, [2.97e202, -7.5e202]),
    ("swish", {"beta": 1e-300}, [-8.85e302, -7.28e302]),
]


@pytest.mark.parametrize(("name", "given", "points"), FAR_OUT, ids=str)
def test_parameters_of_any_size_agree_with_the_definition(
    name: str, given: dict[str, float], points: list[float]
) -> None:
    assert_agrees(name, given, points)


# where terms cancel, and the slope of the derivative, which allows for more, is 0: found by a search among neighbours
UNFORGIVING: list[tuple[str, dict[str, float], list[str]]] = [
    ("aria2", {}, ["-0x1.c44d4d99212a4p+1", "-0x1.c7f3cea606522p+1"]),
    ("gelu_tanh", {}, ["-0x1.6c10953c03cb2p+0"]),
    ("gish", {}, ["-0x1.33b48b9a915d5p+1"]),
    ("logish", {}, ["-0x1.443eff95537e3p+1"]),
    ("mish", {}, ["0x1.ff36759fa997ep-2"]),
    ("quick_gelu", {}, ["-0x1.6957f43b2fd7bp+0"]),
    ("serf", {}, ["-0x1.fceb57bf777f7p+0"]),
    ("smish", {}, ["-0x1.458026a8ccf4cp+1"]),
    ("softclipping", {"alpha": 2.8}, ["0x1.ebd06679e9989p-18"]),
    ("softclipping", {"alpha": 3.0}, ["0x1.7d80022fe31a8p-12"]),
    ("stanh", {"a": 0.1, "b": -807.5}, ["-0x0.0000000000019p-1022"]),
    ("swish", {}, ["-0x1.336081d308aa1p+1", "-0x1.358b0c349108ap+1"]),
    ("tanhexp", {}, ["-0x1.c685b9cfcde83p+0"]),
]


@pytest.mark.parametrize(("name", "given", "points"), UNFORGIVING, ids=str)
def test_the_hardest_points_agree_with_the_definition(
    name: str, given: dict[str, float], points: list[str]
) -> None:
    assert_agrees(name, given, [float.fromhex(x) for x in points])


def assert_agrees(name: str, given: dict[str, float], points: list[float]) -> None:
    """Compare f and all its derivatives with the definition."""
    function = actcli.get(name)
    values = {**function.defaults, **given}
    with mp.workprec(9000):
        for x in points:
            assert_near(function(x, **given), name, "x", {**values, "x": x}, 0)
            for wrt in ("x", *function.trainable):
                got = function.derivative(x, wrt, **given)
                assert_near(got, name, wrt, {**values, "x": x}, 1)


def assert_near(
    got: float, name: str, wrt: str, values: dict[str, float], order: int
) -> None:
    """Compare with the definition, whose slopes are quotients over a millionth part of the last digit."""

    def f(**moved: Any) -> Any:
        return DEFINED[name](**{**{n: mp.mpf(v) for n, v in values.items()}, **moved})

    def slope(of: Callable[..., Any], by: str, **at: Any) -> Any:
        # one-sided, as the kernels' at kinks, and to the left, which is in every domain
        z = at.get(by, mp.mpf(values[by]))
        h = (abs(z) or mp.mpf("1e-330")) * mp.mpf(2) ** -2500
        return (of(**{**at, by: z}) - of(**{**at, by: z - h})) / h

    def wanted(**at: Any) -> Any:
        return slope(f, wrt, **at) if order else f(**at)

    truth, bend = wanted(), slope(wanted, "x")
    if abs(truth) > 1.8e308:
        assert got == math.copysign(math.inf, truth)
        return
    unit = math.ulp(float(truth)) + mp.mpf(math.ulp(values["x"])) * abs(bend)
    assert abs(mp.mpf(float(got)) - truth) <= BOUND * unit, (wrt, order, values)


INF = math.inf
AT_INFINITIES: list[tuple[str, dict[str, Any], list[float], list[float]]] = [
    ("leaky_relu", {"alpha": 0.0}, [0.0, INF], [0.0, 1.0]),
    ("leaky_relu", {"alpha": -0.0}, [0.0, INF], [0.0, 1.0]),
    ("prelu", {"alpha": 0.0}, [0.0, INF], [0.0, 1.0]),
    ("prelu", {"alpha": np.array([0.0, 0.5])}, [0.0, INF], [0.0, 1.0]),
    ("rrelu", {"lower": 0.0, "upper": 0.0}, [0.0, INF], [0.0, 1.0]),
    ("rrelu", {"lower": -1.0, "upper": 1.0}, [0.0, INF], [0.0, 1.0]),
    ("swish", {"beta": 0.0}, [-INF, INF], [0.5, 0.5]),
    ("stanh", {"a": 0.0}, [0.0, 0.0], [0.0, 0.0]),
    ("stanh", {"b": 0.0}, [0.0, 0.0], [0.0, 0.0]),
    ("siren", {"omega": 0.0}, [0.0, 0.0], [0.0, 0.0]),
    ("sin", {"omega": 0.0}, [0.0, 0.0], [0.0, 0.0]),
    ("star_relu", {"scale": 0.0}, [-0.4472, -0.4472], [0.0, 0.0]),
    ("xielu", {"alpha_p": 0.0}, [INF, INF], [-0.3, 0.5]),
    ("xielu", {"alpha_p": 0.0, "beta": 0.0}, [INF, 0.0], [-0.8, 0.0]),
    ("selu", {"scale": 0.0}, [0.0, 0.0], [0.0, 0.0]),
    (
        "isru",
        {"alpha": 1e-320},
        [-1.0000055664551363e160, 1.0000055664551363e160],
        [0.0, 0.0],
    ),
    ("hard_tanh", {"max_val": INF}, [-1.0, INF], [0.0, 1.0]),
    ("hard_tanh", {"min_val": -INF}, [-INF, 1.0], [1.0, 0.0]),
    ("clipped_relu", {"cap": INF}, [0.0, INF], [0.0, 1.0]),
    ("tlu", {"tau": -INF}, [-INF, INF], [1.0, 1.0]),
]


@pytest.mark.parametrize(("name", "given", "f", "prime"), AT_INFINITIES, ids=str)
def test_limits_with_other_parameters(
    name: str, given: dict[str, Any], f: list[float], prime: list[float]
) -> None:
    function, x = actcli.get(name), np.array([-INF, INF])
    np.testing.assert_allclose(function(x, **given), f, rtol=1e-15)
    np.testing.assert_allclose(function.derivative(x, **given), prime, rtol=1e-15)
    assert math.isnan(
        function(math.nan, **{n: v for n, v in given.items() if np.ndim(v) == 0})
    )


@pytest.mark.parametrize(
    ("name", "wrt", "given", "limits"),
    [
        ("swish", "beta", {"beta": 0.0}, [INF, INF]),
        ("stanh", "a", {"a": 0.0}, [-INF, INF]),
        ("stanh", "a", {"b": 0.0}, [0.0, 0.0]),
        ("stanh", "b", {"a": 0.0}, [0.0, 0.0]),
        ("siren", "omega", {"omega": 0.0}, [-INF, INF]),
        ("isru", "alpha", {"alpha": 1e-9}, [0.5e13 * 10**0.5, -0.5e13 * 10**0.5]),
        ("isrlu", "alpha", {"alpha": 1e-9}, [0.5e13 * 10**0.5, 0.0]),
        ("nlrelu", "beta", {"beta": 1e-9}, [0.0, 1e9]),
    ],
)
def test_limits_of_slopes_by_a_parameter(
    name: str, wrt: str, given: dict[str, float], limits: list[float]
) -> None:
    got = actcli.get(name).derivative(np.array([-INF, INF]), wrt, **given)
    np.testing.assert_allclose(got, limits, rtol=1e-15)


def test_what_underflows_keeps_its_sign() -> None:
    assert np.signbit(actcli.gelu([-38.6, -39.0, -50.0, -INF])).all()
    assert np.signbit(actcli.log_sigmoid([800.0, INF])).all()


def test_parameters_are_finite_but_for_bounds() -> None:
    for name, given in (
        ("hard_sigmoid", {"lower": -INF}),
        ("elu", {"alpha": INF}),
        ("leaky_relu", {"alpha": INF}),
        ("laplace", {"mu": INF}),
        ("hard_tanh", {"max_val": math.nan}),
        ("prelu", {"alpha": math.nan}),
    ):
        with pytest.raises(actcli.ActcliError, match="must be finite, not"):
            actcli.get(name)(1.0, **given)
    assert actcli.relu6(7.0, cap=INF) == 7.0
    assert actcli.get("hard_tanh").kink_points(max_val=INF) == [-1.0]
    assert [str(x) for x in actcli.get("shrink").kink_points(lambd=0.0)] == ["0.0"]
    assert actcli.get("relu6").bind(cap=INF)(7.0) == 7.0


def test_nothing_goes_back_where_the_slope_is_0() -> None:
    back = actcli.relu.vjp([-5.0, -5.0, 5.0, 5.0], [INF, math.nan, INF, math.nan])
    np.testing.assert_array_equal(back, [0.0, 0.0, INF, math.nan])
    # nor does it change what goes back elsewhere, not even the sign of 0
    assert math.copysign(1.0, actcli.relu.vjp([-1.0, 2.0], [-1.0, math.nan])[0]) == -1
    assert math.copysign(1.0, actcli.relu.vjp([-1.0, 2.0], [-1.0, 1.0])[0]) == -1
    back = actcli.exponential.vjp([1000.0, math.nan], [0.0, 1.0])
    np.testing.assert_array_equal(back, [0.0, math.nan])


@pytest.mark.parametrize(
    ("name", "given", "slope"),
    [
        ("rrelu", {}, (Fraction(1 / 8) + Fraction(1 / 3)) / 2),
        ("leaky_relu", {"alpha": 11 / 48}, Fraction(11 / 48)),
        ("leaky_relu", {"alpha": 0.01}, Fraction(0.01)),
        ("prelu", {"alpha": np.array([0.12345678])}, Fraction(0.12345678)),
    ],
)
def test_float16_products_are_correctly_rounded(
    name: str, given: dict[str, Any], slope: Fraction
) -> None:
    x = -np.arange(0x7C00, dtype=np.uint16).view(np.float16)
    got = actcli.get(name)(x, **given)
    for at, y in zip(x.tolist(), got.tolist(), strict=True):
        product = slope * Fraction(at)
        sign = 1 if Fraction(y) < product else -1
        other = float(np.nextafter(np.float16(y), np.float16(sign * INF)))
        assert abs(Fraction(y) - product) <= abs(Fraction(other) - product)


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


@pytest.mark.parametrize(("name", "wrong"), [("gcu", math.inf), ("sin", 50.0)])
def test_a_wrong_value_is_noticed_where_an_ulp_of_x_is_many_periods(
    name: str, wrong: float
) -> None:
    function = actcli.get(name).bind()
    right = function.kernel
    assert errors(function, "float64", count=200)[0].ulps <= BOUND
    function.kernel = lambda x, **at: np.where(np.abs(x) > 1e200, wrong, right(x, **at))
    assert errors(function, "float64", count=200)[0].ulps > BOUND


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


@pytest.mark.parametrize("alpha", [0.25, [0.1, 0.2, 0.3], [[0.1], [0.2]], [[0.3]]])
def test_what_goes_back_to_a_parameter_is_summed_to_its_shape(alpha: object) -> None:
    x, upstream = np.random.default_rng(5).normal(size=(2, 4, 2, 3))
    got = actcli.prelu.vjp(x, upstream, "alpha", alpha=alpha)
    assert np.shape(got) == np.shape(alpha)
    moved, step = np.asarray(alpha, float), 1e-6
    for place in np.ndindex(np.shape(alpha)):
        beside = [moved.copy(), moved.copy()]
        for side, a in zip((step, -step), beside, strict=True):
            a[place] += side
        high, low = ((actcli.prelu(x, alpha=a) * upstream).sum() for a in beside)
        assert np.asarray(got)[place] == pytest.approx((high - low) / (2 * step))


def test_a_sum_that_goes_back_to_a_parameter_is_rounded_to_its_dtype_once() -> None:
    x = np.full(70_000, -1.0, np.float16)
    got = actcli.swish.vjp(x, np.float16(1.0), "beta")
    slope = float(actcli.swish.derivative(-1.0, "beta"))
    assert got == np.float16(70_000 * slope)
    assert got.dtype == np.float16
    single = np.full(100_000, -0.1, np.float32)
    back = actcli.leaky_relu.vjp(single, 1.0, "alpha")
    assert back == np.float32(100_000 * float(single[0]))
    assert back.dtype == np.float32
    # no warning either
    assert actcli.swish.vjp(-x, np.float16(60_000.0), "beta") == np.inf


def test_nothing_goes_back_to_a_parameter_where_it_does_nothing() -> None:
    assert actcli.prelu.vjp([1.0, 2.0], [np.inf, np.nan], "alpha") == 0.0


def test_what_goes_back_to_a_parameter_fits() -> None:
    x = np.ones(3)
    with pytest.raises(RequestError, match=r"upstream of shape \(2,\) does not"):
        actcli.leaky_relu.vjp(x, [1.0, 2.0], "alpha")
    with pytest.raises(RequestError, match="relu has no parameters"):
        actcli.relu.vjp(x, 1.0, "alpha")
    with pytest.raises(RequestError, match="softmax has no derivative by 'tau'"):
        actcli.softmax.vjp(x, x, "tau")


@pytest.mark.parametrize(
    ("name", "x", "given", "exactly"),
    [
        ("snake", -1.797e308, {"alpha": 2.0}, -1.797e308),
        ("snake", -1e58, {"alpha": 1e300}, -1e58),
    ],
)
def test_a_phase_beyond_all_numbers_is_none(
    name: str, x: float, given: dict[str, float], exactly: float
) -> None:
    assert actcli.get(name)(x, **given) == exactly


def test_slopes_of_a_sine_far_out_are_rounded_correctly_in_float32() -> None:
    x = np.float32([1e6, 1.5e8, -3e15, float.fromhex("-0x1.346d8p+90"), 3e38])
    with mp.workprec(300):
        truth = [1 + mp.sin(2 * mp.mpf(v)) for v in x.tolist()]
    np.testing.assert_array_equal(
        actcli.snake.derivative(x), np.float32([float(t) for t in truth])
    )
