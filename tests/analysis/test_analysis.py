"""What the analysis says holds for every registered function, with other parameters too, and for formulas."""

import json
import math
import sys
from functools import cached_property
from subprocess import run

import numpy as np
import pytest

import actcli
from actcli import exact
from actcli.activation import Activation
from actcli.analysis import VANISHING, Analysis, analyse
from actcli.engine import Array
from actcli.render import properties as say
from tests.test_functions import other_parameters

LINE = np.unique(
    np.concatenate(
        [
            np.linspace(-40.0, 40.0, 16_001),
            *(s * np.logspace(-12, 12, 2401) for s in (-1, 1)),
        ]
    )
)


def settings(function: Activation) -> list[Activation]:
    """Return the function as it is, and with each other setting of a parameter that it accepts."""
    return [function, *(function.bind(**s) for s in other_parameters(function))]


def sampled(a: Analysis) -> tuple[Array, Array, Array]:
    """Return points off the breaks with finite f and f′."""
    f, d = a.function(LINE), a.function.derivative(LINE)
    keep = np.isfinite(f) & np.isfinite(d) & ~np.isin(LINE, a.breaks)
    assert keep.sum() > 10_000
    return LINE[keep], f[keep], d[keep]


def listed(a: Analysis, x: Array) -> Array:
    """Tell which points are where the analysis lists everything."""
    return (x > a.window[0]) & (x < a.window[1])


def test_range_holds_all_values(elementwise: Activation) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        _, f, d = sampled(a)
        for y, span in ((f, a.range), (d, a.slopes)):
            margin = 1e-14 * np.abs(y)
            assert (y >= span.low - margin).all(), a.function
            assert (y <= span.high + margin).all(), a.function
        for v in (a.limits.left, a.limits.right):
            assert math.isnan(v) or a.range.low <= v <= a.range.high


def test_what_grows_at_first_and_turns_for_ever_has_a_range() -> None:
    known = analyse(actcli.get("sin(x)*min(abs(x),1e5)")).range
    assert 0.99e5 < known.high <= 1e5
    assert -1e5 <= known.low < -0.99e5


def test_range_is_no_wider_than_the_values(elementwise: Activation) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        _, f, _ = sampled(a)
        size = max(float(np.abs(f).max()), 1.0)
        for end, seen in ((a.range.low, f.min()), (a.range.high, f.max())):
            if math.isfinite(end):
                assert end == pytest.approx(seen, abs=1e-3 * min(size, 10.0)), function
            else:
                assert abs(seen) > 8.0, function


def test_monotony_agrees_with_the_values(elementwise: Activation) -> None:
    signs = {
        "increasing": (1,),
        "decreasing": (-1,),
        "non-decreasing": (0, 1),
        "non-increasing": (-1, 0),
        "constant": (0,),
        "not monotonic": (-1, 1),
    }
    for function in settings(elementwise):
        a = analyse(function)
        x, f, d = sampled(a)
        step = np.diff(f)
        step[
            np.abs(step) <= 8 * np.spacing(np.maximum(np.abs(f[1:]), np.abs(f[:-1])))
        ] = 0
        assert set(np.sign(step).astype(int)) - {0} == set(signs[a.monotonic]) - {0}
        level = (
            (np.diff(x) > 1e-3) & (d[1:] == 0) & (d[:-1] == 0) & (np.abs(x[1:]) < 40)
        )
        if 0 in signs[a.monotonic]:
            assert level.any(), function
        elif level.any() and a.monotonic != "not monotonic":
            # the slope has underflowed, and was next to nothing before
            assert np.abs(d[d != 0]).min() < 1e-200, function


def test_extrema_are_higher_or_lower_than_what_is_beside_them(
    elementwise: Activation,
) -> None:
    for function in settings(elementwise):
        for e in analyse(function).extrema:
            h = 1e-4 * max(1.0, abs(e.x)) * np.array([-1.0, 1.0])
            beside = function(e.x + h)
            sign = 1.0 if e.kind == "minimum" else -1.0
            assert (sign * (beside - e.f) > 0.0).all(), (function, e)
            assert e.f == pytest.approx(float(function(e.x)), rel=1e-15, abs=1e-15)


def test_every_turn_is_an_extremum(elementwise: Activation) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        x, _, d = sampled(a)
        near = listed(a, x)
        x, d = x[near], d[near]
        turns = np.flatnonzero(np.sign(d[:-1]) * np.sign(d[1:]) < 0.0)
        found = np.array([e.x for e in a.extrema])
        for i in turns.tolist():
            assert ((found >= x[i]) & (found <= x[i + 1])).any(), (function, x[i])


def test_zeros_are_zeros_and_no_sign_changes_elsewhere(elementwise: Activation) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        for low, high in a.zeros:
            inside = np.array([max(low, -1e6), min(high, 1e6)])
            slack = 1e-15 * (np.abs(inside * function.derivative(inside)) + 1.0)
            values = function(inside) if low == high else function(inside.mean())
            assert (np.abs(values) <= slack).all(), (function, low, high)
        x, f, _ = sampled(a)
        near = listed(a, x)
        x, f = x[near], f[near]
        for i in np.flatnonzero(np.sign(f[:-1]) * np.sign(f[1:]) < 0.0).tolist():
            crossed = any(low <= x[i + 1] and high >= x[i] for low, high in a.zeros)
            jumped = any(x[i] <= c <= x[i + 1] for c in a.breaks)
            assert crossed or jumped, (function, x[i])


def test_lipschitz_constant_bounds_every_secant(elementwise: Activation) -> None:
    rng = np.random.default_rng(5)
    for function in settings(elementwise):
        a = analyse(function)
        x = np.concatenate([rng.normal(size=4000) * 3.0, rng.normal(size=4000) * 300.0])
        y = x + rng.normal(size=x.size) * 10.0 ** rng.uniform(-4, 2, x.size)
        with np.errstate(invalid="ignore"):
            rise = np.abs(function(x) - function(y))
        rounding = 1e-14 * (np.abs(function(x)) + np.abs(function(y)))
        ok = ~np.isfinite(rise) | (rise <= a.lipschitz.slope * np.abs(x - y) + rounding)
        assert ok.all(), function
        assert a.lipschitz.slope >= a.steepest.slope


def test_steepest_slope_is_where_it_is_said_to_be(elementwise: Activation) -> None:
    for function in settings(elementwise):
        steep = analyse(function).steepest
        if math.isfinite(steep.x) and math.isfinite(steep.slope):
            h = 1e-9 * max(1.0, abs(steep.x))
            near = function.derivative(np.array([steep.x - h, steep.x, steep.x + h]))
            assert np.abs(near).max() == pytest.approx(steep.slope, rel=1e-5), function
        elif math.isfinite(steep.slope):
            assert steep.slope == abs(float(function.derivative(steep.x)))


def test_the_place_of_a_peak_of_the_slope_is_the_root_of_the_second_derivative(
    elementwise: Activation,
) -> None:
    a = analyse(elementwise)
    steep = a.steepest
    around = elementwise.derivative(steep.x * (1.0 + np.array([-1e-6, 0.0, 1e-6])))
    level = bool((around == around[0]).all())
    # at a kink the slope jumps
    if not steep.attained or steep.x in (*a.breaks, 0.0) or level:
        return
    assert elementwise.formula is not None
    values = {n: v for n, v in elementwise.resolve({}).items() if v is not None}
    left, right = (
        exact.derivatives(elementwise.formula, {"x": steep.x * by, **values}, order=2)[
            2
        ]
        for by in (1.0 - 2e-15, 1.0 + 2e-15)
    )
    assert left * right < 0.0


def test_places_of_known_peaks_have_all_their_digits() -> None:
    for name, x in (
        ("gelu", math.sqrt(2)),
        ("gaussian", math.sqrt(0.5)),
        ("softclipping", 0.5),
    ):
        assert analyse(actcli.get(name)).steepest.x == pytest.approx(
            x, rel=1e-15, abs=0
        )
    own = analyse(actcli.get("x*sigmoid(x)")).steepest.x
    assert own == pytest.approx(analyse(actcli.get("swish")).steepest.x, rel=1e-15)


def test_a_peak_whose_second_derivative_is_long_is_told_as_before() -> None:
    deep = actcli.get("sin(" * 30 + "x - 1" + ")" * 30)
    steep = analyse(deep).steepest
    assert (steep.slope, steep.x) == pytest.approx((1.0, 1.0), rel=1e-6)


def test_ends_belong_to_stretches_if_the_slope_there_does(
    elementwise: Activation,
) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        x, _, d = sampled(a)
        size, top = np.abs(d), a.steepest.slope * (1.0 - 1e-13)
        for r in a.steepest_on:
            inside = (x > r.low) & (x < r.high)
            assert inside.any()
            assert (size[inside] >= top).all(), (function, r)
            for end, attained in ((r.low, r.low_attained), (r.high, r.high_attained)):
                steep = abs(float(function.derivative(end))) >= top
                assert attained == (math.isfinite(end) and steep), (function, r)
        for r in a.vanishing:
            for end, attained in ((r.low, r.low_attained), (r.high, r.high_attained)):
                if end in a.breaks:
                    dead = abs(float(function.derivative(end))) < VANISHING
                    assert attained == dead, (function, r)
                else:
                    assert not attained, (function, r)
        for r in a.where_zero:
            for end, attained in ((r.low, r.low_attained), (r.high, r.high_attained)):
                if math.isfinite(end) and r.low < r.high:
                    assert attained == (float(function(end)) == 0.0), (function, r)


@pytest.mark.parametrize(
    ("text", "steepest", "vanishing", "zeros"),
    [
        ("relu", "1 on x > 0", "x ≤ 0", "x ≤ 0"),
        ("abs", "1 on x < 0, x > 0", "x = 0", "0"),
        ("hard_tanh", "1 on -1 < x < 1", "x ≤ -1, x ≥ 1", "0"),
        ("elu", "1 on x ≥ 0", "x < -4.61", "0"),
        ("hard_swish", "1.5 towards x = 3", "x ≤ -3, -1.53 < x < -1.47", "x ≤ -3, 0"),
        ("identity", "1 everywhere", "nowhere", "0"),
        ("step", "0 everywhere", "everywhere", "x < 0"),
        # next to 0 it is 1 in rounding
        ("rectified_tanh", "1 towards x = 0", "x ≤ 0, x > 2.99", "x ≤ 0"),
        ("tanh", "1 at x = 0", "x < -2.99, x > 2.99", "0"),
        (
            "floor(x)",
            "0 everywhere",
            "everywhere",
            "0 ≤ x < 1 (sought for -12 ≤ x ≤ 12)",
        ),
        ("1/x", "∞ towards x = 0", "x < -10, x > 10", "none"),
        (
            "cos(x) if x*x < 200 else 0",
            "1 at x = 1.5708",
            "-9.43 < x < -9.41, -6.29 < x < -6.27, -3.15 < x < -3.13, -0.01 < x < 0.01, 3.13 < x < 3.15, 6.27 < x < 6.29, 5 more with -f json",
            "-7.85398, -4.71239, -1.5708, 1.5708, 4.71239, 7.85398, 6 more with -f json",
        ),
        # what goes on for ever is listed near 0, and where it was sought is said
        (
            "tan(x)",
            "∞ towards x = 1.5708",
            "nowhere (sought for -12 ≤ x ≤ 12)",
            "-9.42478, -6.28319, -3.14159, 0, 3.14159, 6.28319, 9.42478 (sought for -12 ≤ x ≤ 12)",
        ),
    ],
)
def test_words_are_true(text: str, steepest: str, vanishing: str, zeros: str) -> None:
    a = analyse(actcli.get(text))
    assert (say.steepest(a), say.vanishing(a), say.zeros(a)) == (
        steepest,
        vanishing,
        zeros,
    )


@pytest.mark.parametrize(
    ("text", "defined", "vanishing", "limits"),
    [
        ("log(x)", "x > 0", "x > 100", "x → ∞: f → ∞, f′ → 0"),
        ("sqrt(x - 2)", "x ≥ 2", "x > 2.5e+03", "x → ∞: f → ∞, f′ → 0"),
        ("log(log(x))", "x > 1", "x > 29.5", "x → ∞: f → ∞, f′ → 0"),
        ("x**x", "x > 0", "0.363 < x < 0.373", "x → ∞: f → ∞, f′ → ∞"),
        ("sqrt(1 - x**2)", "-1 ≤ x ≤ 1", "-0.01 < x < 0.01", "none"),
        (
            "1/x",
            *("x < 0, x > 0", "x < -10, x > 10"),
            "x → -∞: f → 0, f′ → 0; x → ∞: f → 0, f′ → 0",
        ),
        ("log(-1 - x**2)", "no number", "nowhere", "none"),
        (
            "relu",
            *("", "x ≤ 0"),
            "x → -∞: f → 0, f′ → 0; x → ∞: f → ∞, f′ → 1",
        ),
        # no number is where this pole is
        (
            "1/(x**2 - 3)",
            *("", "x < -6.18, -0.0449 < x < 0.0449, x > 6.18"),
            "x → -∞: f → 0, f′ → 0; x → ∞: f → 0, f′ → 0",
        ),
        (
            "tan(x)",
            *("", "nowhere (sought for -12 ≤ x ≤ 12)"),
            "x → -∞: f → no limit, f′ → no limit; x → ∞: f → no limit, f′ → no limit",
        ),
    ],
)
def test_where_a_function_has_a_value_is_said(
    text: str, defined: str, vanishing: str, limits: str
) -> None:
    a = analyse(actcli.get(text))
    assert (say.domain(a), say.vanishing(a), say.limits(a)) == (
        defined,
        vanishing,
        limits,
    )


def test_where_a_pole_is_at_no_number_the_domain_is_not_told() -> None:
    assert analyse(actcli.get("1/(x**2 - 3)")).domain is None
    assert analyse(actcli.get("relu")).to_dict()["defined_for"] == [
        {
            "low": -math.inf,
            "high": math.inf,
            "low_attained": False,
            "high_attained": False,
        }
    ]


def test_what_has_no_value_is_said() -> None:
    pole = actcli.get("1/x")
    assert say.at_zero(analyse(pole)) == "f = no value, f′ = no value"
    compared = say.compared(pole, analyse(pole))
    assert (compared["f(0)"], compared["f′(0)"]) == ("no value", "no value")
    assert say.at_zero(analyse(actcli.get("relu"))) == "f = 0, f′ = 0"


def test_gradient_is_alive_where_it_is_said_to_be(elementwise: Activation) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        x, _, d = sampled(a)
        inside = np.zeros(x.shape, dtype=bool)
        at_an_edge = np.zeros(x.shape, dtype=bool)
        for low, high in a.alive:
            inside |= (x >= low) & (x <= high)
            at_an_edge |= np.isclose(x, low, rtol=1e-9) | np.isclose(x, high, rtol=1e-9)
        checked = listed(a, x) & ~at_an_edge
        wrong = checked & (inside != (np.abs(d) >= VANISHING))
        assert checked.sum() > 4000
        assert not wrong.any(), (function, x[wrong][:3])


def test_symmetry_agrees_with_the_values(elementwise: Activation) -> None:
    x = np.linspace(0.013, 39.0, 400)
    for function in settings(elementwise):
        right, left = function(x), function(-x)
        size = np.abs(right) + np.abs(left)
        even = bool((np.abs(right - left) <= 1e-12 * size).all())
        odd = bool((np.abs(right + left) <= 1e-12 * size).all())
        assert analyse(function).symmetry == ("even" if even else "odd" if odd else "")


def test_record_is_plain_and_complete(elementwise: Activation) -> None:
    record = analyse(elementwise).to_dict()
    parts = {
        n
        for kind in Analysis.__mro__
        for n, part in vars(kind).items()
        if isinstance(part, property | cached_property) and n[0] != "_"
    }
    # by another name, in another part, or a matter of how the formula is written
    elsewhere = {"domain", "smoothness_class", "torch_gain", "breaks", "plateaus"}
    elsewhere |= {"function"}
    assert parts - elsewhere <= set(record)
    assert json.loads(json.dumps(record))["monotonic"] == record["monotonic"]

    def leaves(value: object) -> None:
        if isinstance(value, dict):
            for v in value.values():
                leaves(v)
        elif isinstance(value, list):
            for v in value:
                leaves(v)
        else:
            assert value is None or type(value) in (float, int, str, bool)

    leaves(record)


FORMULAS = {
    "x / (1 + exp(-x))": "swish",
    "x * max(0, min(6, x + 3)) / 6": "hard_swish",
    "x if x > 0 else 0.01 * x": "leaky_relu",
    "1 if x >= 0 else 0": "step",
    "min(1, max(-1, x))": "hard_tanh",
    "(1 + tanh(x / 2)) / 2": "sigmoid",
    "x / (1 + abs(x))": "softsign",
    "log(1 + exp(-abs(x))) + max(x, 0)": "softplus",
}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_what_the_registered_function_gets(text: str) -> None:
    got, wanted = (analyse(actcli.get(t)).to_dict() for t in (text, FORMULAS[text]))
    got["gain"]["pytorch"] = wanted["gain"]["pytorch"] = None
    assert_alike(got, wanted)


def assert_alike(got: object, wanted: object, rel: float = 1e-6) -> None:
    if isinstance(wanted, dict):
        assert isinstance(got, dict)
        assert list(got) == list(wanted)
        for name in wanted:
            # places of the largest slope are good to half the digits, moments to 1e-10
            assert_alike(
                got[name], wanted[name], 1e-10 if name in ("gain", "range") else rel
            )
    elif isinstance(wanted, list):
        assert isinstance(got, list)
        assert len(got) == len(wanted)
        for g, w in zip(got, wanted, strict=True):
            assert_alike(g, w, rel)
    elif isinstance(wanted, float):
        assert got == pytest.approx(wanted, rel=rel, abs=1e-14, nan_ok=True)
    else:
        assert got == wanted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x**2", "[0, ∞)"),
        ("exp(-x**2)", "(0, 1]"),
        ("sin(3*x)", "[-1, 1]"),
        ("x*cos(x)", "(-∞, ∞)"),
        ("abs(x**2 - 4)", "[0, ∞)"),
        ("sqrt(1 - x**2)", "[0, 1]"),
        ("x - floor(x)", "[0, 1)"),
        ("5 if x <= 1 else x", "(1, ∞)"),
        ("1/x", "(-∞, ∞)"),
        ("tan(x)", "(-∞, ∞)"),
        ("3 + 0*x", "{3}"),
    ],
)
def test_range_of_formulas(text: str, expected: str) -> None:
    assert str(analyse(actcli.get(text)).range) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/(x - 1)", "(-∞, 0) ∪ (0, ∞)"),
        ("x + 1/x", "(-∞, -2] ∪ [2, ∞)"),
        ("1/(x**2 - 1)", "(-∞, -1] ∪ (0, ∞)"),
        ("exp(1/x)", "(0, 1) ∪ (1, ∞)"),
        ("abs(x)/x", "{-1} ∪ {1}"),
        ("sign(x)", "{-1} ∪ {0} ∪ {1}"),
        ("x if x <= 1 else x + 1", "(-∞, 1] ∪ (2, ∞)"),
        ("x if x < 1 else x + 1", "(-∞, 1) ∪ [2, ∞)"),
        # what a jump or a pole leaves out, another piece has
        ("x if x < 1 else 2 - x", "(-∞, 1]"),
        ("5 if x <= 1 else x", "(1, ∞)"),
        ("1/x**2", "(0, ∞)"),
        ("0 if x == 0 else 1/x", "(-∞, ∞)"),
        ("log(x)", "(-∞, ∞)"),
        ("floor(x)", "(-∞, ∞)"),
        ("tan(x)", "(-∞, ∞)"),
    ],
)
def test_ranges_have_gaps_where_a_function_jumps(text: str, expected: str) -> None:
    assert say.values(analyse(actcli.get(text))) == expected


def test_each_value_is_in_a_range_and_each_end_is_approached(
    elementwise: Activation,
) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        _, f, _ = sampled(a)
        margin = 1e-14 * np.abs(f)
        inside = [(f >= r.low - margin) & (f <= r.high + margin) for r in a.ranges]
        assert np.any(inside, axis=0).all(), function
        assert all(held.any() for held in inside), function


def test_extrema_at_corners_and_jumps() -> None:
    assert [
        (e.x, e.f, e.kind) for e in analyse(actcli.get("abs(x**2 - 4)")).extrema
    ] == [
        (-2.0, 0.0, "minimum"),
        (0.0, 4.0, "maximum"),
        (2.0, 0.0, "minimum"),
    ]
    # the left limit 1 at each whole number is not a value
    saw = analyse(actcli.get("x - floor(x)"))
    assert [e.x for e in saw.extrema] == list(range(-12, 13))
    assert {(e.f, e.kind) for e in saw.extrema} == {(0.0, "minimum")}


@pytest.mark.parametrize("theta", [1e8, 1e9, 1e15, 1e100])
def test_a_jump_far_out_is_one(theta: float) -> None:
    a = analyse(actcli.get("step").bind(theta=theta))
    assert (a.monotonic, a.symmetry, a.lipschitz.slope) == (
        *("non-decreasing", ""),
        math.inf,
    )
    assert say.values(a) == "{0} ∪ {1}"


@pytest.mark.parametrize(
    ("text", "symmetry"),
    [
        # level around 0
        ("tanh(x - 1000)", ""),
        ("exp(-(x - 1000)**2)", ""),
        ("relu(x - 100)", ""),
        ("abs(abs(x) - 100)", "even"),
        # without a value, or infinite, on both sides
        ("sqrt(1 - x**2)", "even"),
        ("cosh(x)", "even"),
        ("sinh(x)", "odd"),
        # but for the value at 0
        ("step(x) - 0.5", ""),
        ("floor(x) + 0.5", ""),
        # but for the halves, which are rounded up
        ("floor(16*x + 0.5)/16", ""),
        # beyond the range of floats, or its derivative is
        ("1e308*10*x", "odd"),
        ("1e308*x + 1", ""),
        ("x**30", "even"),
    ],
)
def test_symmetry_of_formulas(text: str, symmetry: str) -> None:
    assert analyse(actcli.get(text)).symmetry == symmetry


@pytest.mark.parametrize(
    ("text", "zeros"),
    [
        ("laplace:mu=45,sigma=1", ()),
        ("exp(-(x - 40)**2)", ()),
        ("exp(-exp(8 - x))", ()),
        ("x**100", (0.0,)),
        ("exp(-1/x**2) if x != 0 else 0", (0.0,)),
    ],
)
def test_an_underflow_is_no_zero(text: str, zeros: tuple[float, ...]) -> None:
    assert analyse(actcli.get(text)).zeros == tuple((z, z) for z in zeros)


def test_what_is_flat_and_0_at_0_has_one_zero_there() -> None:
    a = analyse(actcli.get("gelu(x) - gelu_tanh(x)"))
    assert [e.x for e in a.extrema if abs(e.x) < 1.0] == [0.0]
    assert [x for x, _ in a.zeros if abs(x) < 1.0] == [0.0]


@pytest.mark.parametrize(
    ("text", "slope"),
    [
        ("nlrelu:beta=1e8", 1e8),
        ("nlrelu:beta=1e15", 1e15),
        ("celu:alpha=1e-8", 1.0),
        ("log1p(1e8*max(0, x - 1))", 1e8),
        ("log(abs(x - 1))", math.inf),
        ("sqrt(abs(x))", math.inf),
    ],
)
def test_steep_beside_a_break_is_not_unbounded(text: str, slope: float) -> None:
    a = analyse(actcli.get(text))
    assert a.lipschitz.slope == pytest.approx(slope, rel=1e-7)
    assert max(map(abs, (a.slopes.low, a.slopes.high))) == a.lipschitz.slope
    assert str(a.range)[1:3] != "0}"


def test_holes_of_the_gradient() -> None:
    a = analyse(actcli.get("x if abs(x) > 0.5 else 0"))
    assert a.alive == ((-math.inf, -0.5), (0.5, math.inf))
    assert analyse(actcli.get("relu")).alive == ((0.0, math.inf),)
    assert analyse(actcli.get("step")).alive == ()
    ((low, high),) = analyse(actcli.get("sigmoid")).alive
    assert high == -low == pytest.approx(math.log(49 + 20 * math.sqrt(6)), rel=1e-14)


def test_narrow_and_distant_features_are_found() -> None:
    narrow = analyse(actcli.get("swish:beta=1e6"))
    wide = analyse(actcli.get("swish"))
    assert narrow.extrema[0].x * 1e6 == pytest.approx(wide.extrema[0].x, rel=1e-12)
    assert narrow.steepest.slope == pytest.approx(wide.steepest.slope, rel=1e-14)
    far = analyse(actcli.get("tanh(5*(x - 1000))"))
    assert far.zeros == ((1000.0, 1000.0),)
    assert (far.steepest.slope, far.steepest.x) == pytest.approx(
        (5.0, 1000.0), rel=1e-6
    )


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        (
            "softmax",
            {},
            "softmax works over an axis; range, slopes and gains are those of elementwise functions",
        ),
        (
            "prelu",
            {"alpha": np.array([0.1, 0.2])},
            "prelu: the analysis takes one number for alpha",
        ),
        (
            "rrelu",
            {"seed": 1},
            "rrelu with a seed is random; leave out the seed to see the mean",
        ),
    ],
)
def test_what_has_no_analysis(
    name: str, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(actcli.ActcliError) as error:
        analyse(actcli.get(name).bind(**parameters))
    assert str(error.value) == message


def test_a_kernel_alone_has_no_analysis() -> None:
    alone = Activation(actcli.relu.kernel, None)
    with pytest.raises(actcli.ActcliError) as error:
        analyse(alone)
    assert str(error.value) == "relu has no formula; give it one to be analysed"


def test_kernels_are_analysed_without_mpmath() -> None:
    code = (
        "import sys, actcli\n"
        "from actcli.analysis import analyse\n"
        "a = analyse(actcli.get('hard_swish'))\n"
        "a.range, a.alive, a.lipschitz, a.extrema, a.zeros, a.zero_centred, a.gain.forward\n"
        "assert a.smoothness_class == 'C0'\n"
        "assert 'mpmath' not in sys.modules\n"
        "assert a.smoothness.name == 'C0'\n"
        "assert 'mpmath' in sys.modules\n"
    )
    run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("text", ["cosh(x)", "sinh(x)", "exp(x*x)"])
def test_what_overflows_on_both_sides_is_analysed_in_silence(text: str) -> None:
    a = analyse(actcli.get(text))
    assert a.window == (-math.inf, math.inf)
    assert a.limits.right == math.inf


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        # beyond what can be told: rising as far as the samples go, or falling to 0 from below
        ("exp(x*x) * (1 - tanh(x))", -math.inf, math.inf),
        ("(3 + x) * sigmoid(x) * x / gelu(x)", -2.58078, math.inf),
        ("exp(x) * sin(x)", -math.inf, math.inf),
        ("exp(x**2) * erfc(x)", -math.inf, 0.0),
    ],
)
def test_slopes_without_a_known_limit(text: str, low: float, high: float) -> None:
    a = analyse(actcli.get(text))
    assert (a.slopes.low, a.slopes.high) == pytest.approx((low, high), abs=1e-5)
    assert a.lipschitz.slope == math.inf


@pytest.mark.parametrize(
    ("text", "course"),
    [
        ("1 / floor(2*x)", "not monotonic"),
        ("x * sqrt(x**2 - 1)", "increasing"),
        ("-floor(2*x) / (1 if abs(x) > 1 else 0)", "non-increasing"),
    ],
)
def test_monotony_across_a_gap(text: str, course: str) -> None:
    assert analyse(actcli.get(text)).monotonic == course


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("exp(-x)*sin(5*x)", math.pi / 5.0),
        ("sin(x)*exp(-x/10)", math.pi),
        ("abs(sin(x/10))", 10.0 * math.pi),
        ("max(sin(x/3), -sin(x/3))", 3.0 * math.pi),
        ("x - floor(x)", 1.0),
        ("floor(8*x) - 8*x", 0.125),
    ],
)
def test_all_zeros_are_listed_where_they_were_sought(text: str, period: float) -> None:
    a = analyse(actcli.get(text))
    low, high = a.window
    assert max(3.0 * period, 1.5) <= min(-low, high) <= max(-low, high) < math.inf
    known = np.arange(math.ceil(low / period), math.floor(high / period) + 1) * period
    assert [low for low, _ in a.zeros] == pytest.approx(known, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("omega", [0.003, 0.02, 0.05, 0.08, 0.3])
def test_slow_waves_are_found(omega: float) -> None:
    """Next to 0 their slope is the same but for its rounding."""
    found = analyse(actcli.sin.bind(omega=omega))
    tops = [(k + 0.5) * math.pi / omega for k in (-2, -1, 0, 1)]
    for top in tops:
        assert min(abs(e.x - top) for e in found.extrema) < 1e-9 * abs(top)
    assert found.lipschitz.slope == omega


def test_what_grows_on_one_side_grows_there() -> None:
    steep = analyse(actcli.get("exp(-x)*sin(5*x)")).steepest
    assert (steep.slope, steep.x) == (math.inf, -math.inf)
