"""Exact values against mpmath itself, at a precision chosen by hand, and where intervals are what saves them."""

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from actcli import exact
from actcli.errors import UndecidedError
from actcli.formula import Formula, parse
from actcli.lookup import functions
from actcli.taylor import Taylor, exactly
from actcli.verify.ulps import ulp as ulps

mp = mpmath.mp.clone()
mp.prec = 3400

X = (-745.2, -38.5, -8.4, -1.5, -1e-8, -5e-324, 0.0, 1e-300, 0.3, 1.0, 7.7, 36.9, 700.1)
FUNCTIONS = {
    "exp(x)": mp.exp,
    "expm1(x)": mp.expm1,
    "log1p(exp(x))": lambda x: mp.log1p(mp.exp(x)),
    "log(1 + exp(x))": lambda x: mp.log1p(mp.exp(x)),
    "sqrt(1 + x * x)": lambda x: mp.sqrt(1 + x * x),
    "sin(x)": mp.sin,
    "cos(x)": mp.cos,
    "tan(x)": mp.tan,
    "sinh(x / 2)": lambda x: mp.sinh(x / 2),
    "cosh(x / 2)": lambda x: mp.cosh(x / 2),
    "tanh(x)": mp.tanh,
    "atan(x)": mp.atan,
    "erf(x)": mp.erf,
    "erfc(x)": mp.erfc,
    "x * (1 + erf(x / sqrt(2))) / 2": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "x - tanh(x)": lambda x: x - mp.tanh(x),
    "x ** 3 - 1 / (2 + x ** 2) ** 2": lambda x: x**3 - 1 / (2 + x**2) ** 2,
    "(1 + x * x) ** 0.3": lambda x: (1 + x * x) ** mp.mpf("0.3"),
    "0.1 * x + pi * e": lambda x: x / 10 + mp.pi * mp.e,
}


@pytest.mark.parametrize("text", FUNCTIONS)
def test_values_are_correctly_rounded(text: str) -> None:
    for x in X:
        got = exact.derivatives(parse(text), {"x": x}, order=0)[0]
        truth = FUNCTIONS[text](mp.mpf(x))
        assert got == rounded(truth), f"at {x}"


@pytest.mark.parametrize(
    "text", ["log(cosh(x))", "exp(x) - 1 - x", "x - sin(x)", "cos(x) - 1"]
)
def test_intervals_hold_the_truth_where_digits_are_lost(text: str) -> None:
    """mpmath's directed rounding leaves out what is below its working precision; the intervals must not."""
    for x in (-4.06e-131, 3e-100, 7e-58):
        at = mp.mpf(x)
        truth = {
            "log": at**2 / 2,
            "exp": at**2 / 2,
            "x -": at**3 / 6,
            "cos": -(at**2) / 2,
        }
        got = exact.derivatives(parse(text), {"x": x}, order=0)[0]
        assert got == rounded(truth[text[:3]]), f"at {x}"


@pytest.mark.parametrize("bits", [96, 192])
@pytest.mark.parametrize("name", ["exp", "expm1", "sin", "cos", "sinh", "tanh", "atan", "erf", "erfc"])  # fmt: skip
def test_an_interval_holds_the_truth_where_mpmath_misses_its_last_bits(
    name: str, bits: int
) -> None:
    for x in (*X, 7.575, 10.345, 16.34, 27.375):
        ((low, high),) = getattr(Taylor(bits, 0), name)((exactly(x),))
        truth = getattr(mp, name)(mp.mpf(x))
        assert mp.make_mpf(low) <= truth <= mp.make_mpf(high), f"at {x}"


@pytest.mark.parametrize("x", [1e19, 3e19, 1e20, 1e150])
def test_a_tail_beyond_all_numbers_has_its_digits(x: float) -> None:
    # the series of erfc at infinity: exp(-x²)/(x·√π)·(1 - 1/(2x²) + …)
    truth = 1 / (mp.mpf(x) * mp.sqrt(mp.pi)) * (1 - 1 / (2 * mp.mpf(x) ** 2))
    got = exact.derivatives(parse("exp(x**2) * erfc(x)"), {"x": x}, order=0)[0]
    assert got == rounded(truth)


@pytest.mark.parametrize("x", [-40.0, -1e18, -1e20, -1e300, -math.inf])
def test_what_underflows_has_its_sign(x: float) -> None:
    # both x·Φ(x) and its slope are negative; the terms of the latter differ by their last digits only
    got = exact.derivatives(parse("x * erfc(-x / sqrt(2)) / 2"), {"x": x})
    assert [(y, math.copysign(1.0, y)) for y in got] == [(0.0, -1.0)] * 2
    assert exact.derivatives(parse("tanh(x) - tanh(x)"), {"x": x}) == [0.0, 0.0]


@pytest.mark.parametrize("text", FUNCTIONS)
def test_derivatives_agree_with_differences(text: str) -> None:
    """Central differences of 3,400 bits leave 2,600 after two orders."""
    f, h = FUNCTIONS[text], mp.mpf(2) ** -400
    for x in (-1.5, 0.3, 1.0, 7.7):
        at = mp.mpf(x)
        truth = (
            f(at),
            (f(at + h) - f(at - h)) / (2 * h),
            (f(at + h) - 2 * f(at) + f(at - h)) / h**2,
        )
        got = exact.derivatives(parse(text), {"x": x}, order=2)
        assert got == [rounded(t) for t in truth], f"at {x}"


def rounded(number: mpmath.mpf) -> float:
    """Round once to a float: an integer of the last place's units, ties to even."""
    if not number:
        return 0.0
    exponent = max(mp.frexp(number)[1] - 53, -1074)
    try:
        return math.ldexp(int(mp.nint(mp.ldexp(number, -exponent))), exponent)
    except OverflowError:
        return math.copysign(math.inf, number)


@pytest.mark.parametrize(
    ("text", "side", "expected"),
    [
        ("max(0, x)", 0, [0, 0]),
        ("max(0, x)", -1, [0, 0]),
        ("max(0, x)", +1, [0, 1]),
        ("max(x, 0)", 0, [0, 1]),
        ("abs(x)", 0, [0, 0]),
        ("abs(x)", -1, [0, -1]),
        ("sign(x)", +1, [1, 0]),
        ("1 if x >= 0 else 0", 0, [1, 0]),
        ("1 if x >= 0 else 0", -1, [0, 0]),
        ("floor(x)", -1, [-1, 0]),
        ("floor(x)", 0, [0, 0]),
        ("x if x * x > 0 else 1", +1, [0, 1]),
        ("x if x * x > 0 else 1", 0, [1, 0]),
    ],
)
def test_sides_and_ties(text: str, side: int, expected: list[float]) -> None:
    assert exact.derivatives(parse(text), {"x": 0.0}, side=side) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("log(1 + exp(-abs(x))) + max(x, 0)", [math.log(2), 0.5, 0.25, 0.0]),
        ("max(x, 0) - max(-x, 0)", [0.0, 1.0, 0.0, 0.0]),
        # the second derivative jumps from 1 to -1: it is a choice, and so is what follows
        ("sign(x) * log1p(abs(x))", [0.0, 1.0, 0.0, 0.0]),
        ("(1 if x >= 0 else 0) + x", [1.0, 1.0, 0.0, 0.0]),
    ],
)
def test_a_tie_without_a_kink_has_the_derivative_of_both_sides(
    text: str, expected: list[float]
) -> None:
    assert exact.derivatives(parse(text), {"x": 0.0}, order=3) == expected


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("sin(x) / x", 0.0, [1.0, 0.0, -1 / 3]),
        ("(exp(x) - 1) / x", 0.0, [1.0, 0.5, 1 / 3]),
        ("x * x / x", 0.0, [0.0, 1.0, 0.0]),
        ("tanh(x) / tanh(x)", 0.0, [1.0, 0.0, 0.0]),
        ("log(x) / (x - 1)", 1.0, [1.0, -0.5, 2 / 3]),
        ("(1 - cos(x)) / (x * x)", 0.0, [0.5, 0.0, -1 / 12]),
    ],
)
def test_removable_singularities_are_removed(
    text: str, at: float, expected: list[float]
) -> None:
    for order in range(3):
        got = exact.derivatives(parse(text), {"x": at}, order=order)
        assert got == expected[: order + 1]


NAN = math.nan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(x) / x", [NAN, NAN, NAN]),
        ("x / abs(x)", [NAN, NAN, NAN]),
        ("max(0, x) / x", [NAN, NAN, NAN]),
        ("max(x, 0) / x", [NAN, NAN, NAN]),
        ("(abs(x) + x) / x", [NAN, NAN, NAN]),
        ("tanh(x) / abs(x)", [NAN, NAN, NAN]),
        ("sign(x) / x", [NAN, NAN, NAN]),
        ("floor(x) / x", [NAN, NAN, NAN]),
        ("(x if x > 0 else 0) / x", [NAN, NAN, NAN]),
        ("abs(x) ** 2 / x", [0.0, 1.0, 0.0]),
        ("sin(abs(x)) / abs(x)", [1.0, 0.0, -1 / 3]),
        # the value is that of both sides, the slopes are not: abs has chosen 0, a quotient chooses nothing
        ("abs(x) * x / x", [0.0, 0.0, 0.0]),
        ("x / sign(x)", [0.0, NAN, NAN]),
        # the power that decides comes after those asked for
        ("sign(x**2) / sign(x)", [NAN, NAN, NAN]),
        ("sign(x**4) * sin(x) / x", [1.0, 0.0, -1 / 3]),
        ("(2*x if sin(x)**2 < x**2 else x) / x", [2.0, 0.0, 0.0]),
        ("x if x**4 > 0 else 0", [0.0, 1.0, 0.0]),
        ("x * (1 if cos(x) + x**2/2 > 1 else 2)", [0.0, 1.0, 0.0]),
        ("max(x - x, 0)", [0.0, 0.0, 0.0]),
    ],
)
def test_of_zero_over_zero_at_a_tie_both_sides_decide(
    text: str, expected: list[float]
) -> None:
    formula = parse(text)
    for order in range(3):
        got = exact.derivatives(formula, {"x": 0.0}, order=order)
        np.testing.assert_array_equal(got, expected[: order + 1])
    (told,) = exact.decimals(formula, {"x": 0.0}, 5)
    np.testing.assert_array_equal(float(told), expected[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sign(x) + sin(x) / x", 1.0),
        ("sinc(x) + step(x)", 2.0),
        ("sinc(x) if x >= 0 else 0", 1.0),
        ("x / x if x <= 0 else 5", 1.0),
        ("x / x + (5 if x == 0 else 0)", 6.0),
        ("sinc(abs(x))", 1.0),
    ],
)
def test_a_tie_elsewhere_decides_no_zero_over_zero(text: str, expected: float) -> None:
    formula = parse(text, functions.get, known=functions)
    assert exact.derivatives(formula, {"x": 0.0}, order=0) == [expected]


def test_the_floor_of_what_would_fill_the_memory_is_not_decided() -> None:
    with pytest.raises(UndecidedError, match="no precision decides its value"):
        exact.derivatives(parse("floor(exp(x))"), {"x": 1e20}, order=0)


def test_what_no_precision_tells_from_zero_is_a_plain_zero() -> None:
    (got,) = exact.derivatives(parse("sin(x) - sin(x)"), {"x": 1.0}, order=0)
    assert (got, math.copysign(1.0, got)) == (0.0, 1.0)


def test_floors_at_whole_numbers_are_their_own() -> None:
    for x in (-1.0, 0.0, 3.0):
        got = exact.derivatives(parse("x * floor(x)"), {"x": x})
        assert got == [x * x, x]


@pytest.mark.parametrize(
    "text",
    [
        "x**x",
        "0**x",
        "x * log(x)",
        "log(x) - log(x)",
        "log(x) / log(x)",
        "sin(log(x))",
    ],
)
def test_what_infinities_leave_open_has_no_value(text: str) -> None:
    for order in (0, 1):
        got = exact.derivatives(parse(text), {"x": 0.0}, order=order)
        assert all(map(math.isnan, got))
    assert math.isfinite(exact.derivatives(parse(text), {"x": 1.5})[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("log(x)", -math.inf), ("exp(log(x))", 0.0), ("1 / log(x)", 0.0)],
)
def test_infinities_on_the_way_are_no_harm(text: str, expected: float) -> None:
    assert exact.derivatives(parse(text), {"x": 0.0}, order=0) == [expected]


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("1 / x", 0.0, [math.nan, math.nan]),
        ("log(x)", 0.0, [-math.inf, math.nan]),
        ("log(x)", -1.0, [math.nan, math.nan]),
        ("sqrt(x)", 0.0, [0.0, math.nan]),
        ("sqrt(x)", -1.0, [math.nan, math.nan]),
        ("x", math.nan, [math.nan, math.nan]),
    ],
)
def test_no_value_is_nan(text: str, at: float, expected: list[float]) -> None:
    np.testing.assert_array_equal(exact.derivatives(parse(text), {"x": at}), expected)


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("x / (1 + exp(-x))", math.inf, [math.inf, 1.0]),
        ("x / (1 + exp(-x))", -math.inf, [0.0, 0.0]),
        ("x / (1 + abs(x))", math.inf, [1.0, 0.0]),
        ("(x + sqrt(x * x + 4)) / 2", -math.inf, [0.0, 0.0]),
        ("log1p(max(0, x))", math.inf, [math.inf, 0.0]),
        ("1 / log(x)", math.inf, [0.0, 0.0]),
        ("sin(x)", math.inf, [math.nan, math.nan]),
        ("x * cos(x)", -math.inf, [math.nan, math.nan]),
        # far out their signs alternate, and what they amount to only shrinks, or only grows
        ("sin(1069 * x)", math.inf, [math.nan, math.nan]),
        ("sin(256 * x)", math.inf, [math.nan, math.nan]),
        ("x * exp(-exp(-x))", -math.inf, [0.0, 0.0]),
        ("x * tanh(exp(x))", math.inf, [math.inf, 1.0]),
        # where they are read they overflow or underflow one after the other
        ("abs(x)**0.6", -math.inf, [math.inf, 0.0]),
        ("-abs(x)**0.9", math.inf, [-math.inf, 0.0]),
        ("sqrt(abs(x)) * abs(x)**0.25", math.inf, [math.inf, 0.0]),
        ("abs(x)**-0.7", math.inf, [0.0, 0.0]),
        ("abs(x)**0.3", math.inf, [math.inf, 0.0]),
        ("abs(x)**1.05 / (1 + abs(x))", math.inf, [math.inf, 0.0]),
    ],
)
def test_limits(text: str, at: float, expected: list[float]) -> None:
    np.testing.assert_array_equal(exact.derivatives(parse(text), {"x": at}), expected)


@pytest.mark.parametrize("x", [1e308, -1e308, 1e6, -1e6])
@pytest.mark.parametrize(
    "text",
    [
        "x * tanh(exp(x))",
        "x * exp(-exp(-x))",
        "log1p(exp(-exp(x)))",
        "erfc(-exp(x)) * x / 4",
    ],
)
def test_towers_of_exponentials_end(text: str, x: float) -> None:
    value, slope = exact.derivatives(parse(text), {"x": x})
    assert math.isfinite(value)
    assert slope in (0.0, 1.0, 0.25, 0.5)


def test_what_no_precision_decides_is_an_error() -> None:
    with pytest.raises(UndecidedError, match="no precision decides its value at x=1"):
        exact.derivatives(parse("1 if sin(pi * x) > 0 else 0"), {"x": 1.0})


def test_of_an_array_the_decided_points_come_out_if_wanted() -> None:
    undecided: list[UndecidedError] = []
    formula, x = parse("sin(pi * x) > 0"), np.array([0.5, 1.0, 1.5, 1.0])
    (got,) = exact.array(formula, {"x": x}, order=0, undecided=undecided)
    np.testing.assert_array_equal(got, [1.0, math.nan, 0.0, math.nan])
    assert len(undecided) == 1
    with pytest.raises(UndecidedError):
        exact.array(formula, {"x": x}, order=0)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_rounding_of_numbers_that_are_no_ties_and_of_ties(dtype: str) -> None:
    info = np.finfo(dtype)
    smallest, largest = float(info.smallest_subnormal), float(info.max)
    eps = float(info.eps)

    def rounds(text: str, x: float) -> float:
        return exact.derivatives(parse(text), {"x": x}, order=0, dtype=dtype)[0]

    assert rounds("x / 2", smallest) == 0.0
    assert rounds("x * 3 / 2", smallest) == 2 * smallest
    assert rounds("x * 0.5000001", smallest) == smallest
    assert rounds("1 + x / 2", eps) == 1.0
    assert rounds("1 + x * 3 / 2", eps) == 1.0 + 2 * eps
    assert rounds("1 + x / 2 + x ** 3", eps) == 1.0 + eps
    assert rounds("x * (1 + 1e-9)", largest) == (
        largest if dtype != "float64" else math.inf
    )
    assert rounds("x * 1.001", largest) == math.inf
    assert rounds("-x * 2", largest) == -math.inf


def test_float16_rounding_agrees_with_numpy() -> None:
    x = np.random.default_rng(3).normal(size=2000) * 2.0 ** np.random.default_rng(
        4
    ).integers(-27, 17, 2000)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(
            exact.array(parse("x"), {"x": x}, order=0, dtype="float16")[0],
            x.astype("f2"),
        )


@pytest.mark.parametrize("digits", [1, 17, 50, 300, 5000])
def test_decimals(digits: int) -> None:
    formula: Formula = parse("x * erfc(-x / sqrt(2)) / 2")
    (got,) = exact.decimals(formula, {"x": 1.5}, digits)
    x = mp.mpf(1.5)
    with mp.workdps(digits + 50):
        truth = x * mp.erfc(-x / mp.sqrt(2)) / 2
    assert got == mpmath.libmp.to_str(truth._mpf_, digits, strip_zeros=False)


def test_decimals_that_cancel_are_as_many_as_the_most_one_may_ask_for() -> None:
    (got,) = exact.decimals(parse("(1 + x * x) - 1"), {"x": 2.0**-500}, 10_000)
    with mp.workdps(10_050):
        truth = mpmath.libmp.to_str((mp.mpf(2) ** -1000)._mpf_, 10_000)
    assert got.rstrip("0") == truth


def test_decimals_end_where_the_exponent_takes_a_number_of_its_own() -> None:
    (got,) = exact.decimals(parse("exp(x)"), {"x": 2.0**39}, 5)
    assert got == mpmath.libmp.to_str(mp.exp(mp.mpf(2) ** 39)._mpf_, 5)
    with pytest.raises(UndecidedError):
        exact.decimals(parse("exp(x)"), {"x": 2.0**41}, 5)


def test_decimals_of_what_is_not_finite_or_zero() -> None:
    assert exact.decimals(parse("exp(x)"), {"x": math.inf}, 5) == ["inf"]
    assert exact.decimals(parse("max(0, x)"), {"x": -1.0}, 5) == ["0.0"]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_what_rounding_left_over_is_known(dtype: str) -> None:
    for x in X[:-1]:
        (value, rest, ulp), _ = exact.measured(
            parse("exp(x) / 3"), {"x": x}, dtype=dtype
        )
        truth = mp.exp(mp.mpf(x)) / 3
        assert value == exact.derivatives(parse("exp(x) / 3"), {"x": x}, dtype=dtype)[0]
        if math.isinf(value):
            assert (rest, ulp) == (0.0, ulps(np.finfo(dtype).max, dtype))
            continue
        assert ulp == ulps(float(truth), dtype)
        left = (truth - mp.mpf(value)) / mp.mpf(ulp)
        assert abs(rest - left) < 2.0**-24
        assert abs(rest) <= 0.5


def test_arrays_tell_how_far_they_are() -> None:
    done: list[int] = []
    exact.array(parse("exp(x)"), {"x": np.zeros((2, 3))}, advance=done.append)
    assert sum(done) == 6


def test_a_point_is_looked_for_once_in_all_parts_of_an_array(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exact, "_KEPT", 4)
    looked, each = [], exact.derivatives

    def watched(formula: Any, values: Any, **more: Any) -> list[float]:
        looked.append(values["x"])
        assert len(known) <= 4
        return each(formula, values, **more)

    monkeypatch.setattr(exact, "derivatives", watched)
    known: dict[tuple[float, ...], list[float]] = {}
    for _ in range(3):
        x = np.array([1.0, 2.0, 3.0, 2.0])
        f, _ = exact.array(parse("x**2"), {"x": x}, known=known)
        assert f.tolist() == [1.0, 4.0, 9.0, 4.0]
    assert looked == [1.0, 2.0, 3.0]
    f, _ = exact.array(parse("x**2"), {"x": np.arange(9.0)}, known=known)
    assert f.tolist() == [v**2 for v in range(9)]


def test_arrays_broadcast_and_keep_their_shape() -> None:
    x = np.arange(6.0).reshape(2, 3)
    value, slope = exact.array(
        parse("a * x * x"), {"x": x, "a": np.array([1.0, 2.0, 3.0])}
    )
    np.testing.assert_array_equal(value, x * x * [1, 2, 3])
    np.testing.assert_array_equal(slope, 2 * x * [1, 2, 3])
    by_a = exact.array(parse("a * x * x"), {"x": x, "a": 2.0}, wrt="a")[1]
    np.testing.assert_array_equal(by_a, x * x)


def test_vectors() -> None:
    formula = parse("exp(x) / sum(exp(x))", vectors=True)
    shares, jacobian = exact.vector(formula, [1000.0, 1001.0], {}, jacobian=True)
    p = 1 / (1 + mp.e)
    assert jacobian is not None
    assert shares.tolist() == [rounded(p), rounded(1 - p)]
    assert jacobian[0].tolist() == [rounded(p * (1 - p)), -rounded(p * (1 - p))]
    infinite, _ = exact.vector(formula, [-math.inf, 0.0], {})
    assert infinite.tolist() == [0.0, 1.0]


def test_of_what_is_not_known_a_result_is_what_all_numbers_give() -> None:
    formula = parse("exp(x) / sum(exp(x))", vectors=True)
    for first, expected in ((0.0, [math.nan] * 2), (math.inf, [1.0, 0.0])):
        got, _ = exact.vector(formula, [first, math.nan], {})
        np.testing.assert_array_equal(got, expected)


def test_a_limit_is_none_if_one_infinity_may_outgrow_the_exponential_of_another() -> (
    None
):
    formula = parse("first(x) / (1 + exp(-second(x)))", vectors=True)
    # exp(-1e400) is nothing beside 1e400, but exp(-40) is not
    got, _ = exact.vector(formula, [math.inf, -math.inf], {})
    assert math.isnan(got[0])


def test_what_goes_up_and_down_between_whole_numbers_has_no_limit() -> None:
    for x in (math.inf, -math.inf):
        assert math.isnan(exact.derivatives(parse("x - floor(x)"), {"x": x})[0])
        assert exact.derivatives(parse("floor(x) / x"), {"x": x})[0] == 1.0


@pytest.mark.parametrize("odd", [1, 3, 5, 7])
def test_ties_of_what_goes_back_are_even(odd: int) -> None:
    """Of two equal numbers softmax takes a quarter of the difference of the gradients back; no interval tells a tie."""
    formula = functions["softmax"].formula
    assert formula is not None
    upstream = [1.0, -odd / 256]
    first, second = exact.measured_backward(
        formula, [0.3, 0.3], upstream, {}, dtype="bfloat16"
    )
    even = round(128 + odd / 2) / 128 / 4.0  # Python rounds to even
    assert first.value == even
    assert second.value == -even
    assert abs(first.rest) == 0.5
