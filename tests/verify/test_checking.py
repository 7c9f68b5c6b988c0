import math

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import actcli
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.verify import checking
from actcli.verify.backward import backward
from actcli.verify.checking import check
from actcli.verify.vectors import vectors

mpmath.mp.prec = 200


def exact_gelu(x: float) -> mpmath.mpf:
    return mpmath.mpf(x) * mpmath.erfc(-mpmath.mpf(x) / mpmath.sqrt(2)) / 2


def expected(x: Array, got: Array) -> list[float]:
    """Return the distances of results for gelu by mpmath."""
    found = []
    for at, result in zip(x.tolist(), got.tolist(), strict=True):
        exactly = exact_gelu(at)
        # towards 0: at the next power of two an ulp is twice as large
        below = np.array(abs(float(exactly)) * (1 - 1e-15), got.dtype)
        unit = float(np.spacing(below))
        found.append(float(abs(mpmath.mpf(result) - exactly) / unit))
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_distances_are_those_of_mpmath(dtype: str) -> None:
    x = np.linspace(-9.0, 9.0, 301).astype(dtype)
    got = (0.5 * x * (1 + np.tanh(0.8 * x))).astype(dtype)
    found = check(actcli.gelu, x, got)
    assert_allclose(found.ulps, expected(x, got), rtol=1e-6, atol=1e-6)
    assert found.exact.dtype == dtype


def test_what_goes_back_through_rows_is_that_of_mpmath() -> None:
    rng = np.random.default_rng(2)
    x, upstream = rng.normal(size=(2, 4, 6)) * 5.0
    got = actcli.softmax.vjp(x, upstream)
    found = check(actcli.softmax, x, got, upstream=upstream)
    for row in range(4):
        powers = [mpmath.exp(mpmath.mpf(v)) for v in x[row].tolist()]
        shares = [p / sum(powers) for p in powers]
        mean = sum(p * mpmath.mpf(u) for p, u in zip(shares, upstream[row], strict=True))  # fmt: skip
        for k, p in enumerate(shares):
            exactly = p * (mpmath.mpf(upstream[row, k]) - mean)
            unit = float(np.spacing(abs(float(exactly))))
            off = float(abs(mpmath.mpf(got[row, k]) - exactly) / unit)
            assert found.ulps[6 * row + k] == pytest.approx(off, abs=1e-6)


@pytest.mark.parametrize("name", ["gelu", "tanhshrink", "hard_swish", "leaky_relu"])
def test_what_goes_back_is_rounded_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The derivative in float32 times upstream would be rounded twice."""
    function = actcli.get(name)
    x, upstream = np.random.default_rng(3).normal(size=(2, 300)).astype("float32") * 3
    x[:3] = -np.inf, np.inf, np.nan
    back = function.vjp(x, upstream)
    assert check(function, x, back, upstream=upstream).largest <= 0.5
    wrong = back * np.float32(1.001)
    quick = check(function, x, wrong, upstream=upstream)
    monkeypatch.setattr(checking, "_kernel_tells", lambda *_: False)
    exactly = check(function, x, wrong, upstream=upstream)
    assert_array_equal(quick.exact, exactly.exact)
    assert_allclose(quick.ulps, exactly.ulps, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "sparsemax"])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_mask_changes_nothing_of_what_goes_back_beside_it(
    name: str, axis: int
) -> None:
    function = actcli.get(name)
    rng = np.random.default_rng(5)
    x = np.round(rng.normal(size=(30, 3)), 1)
    upstream = np.round(rng.normal(size=x.shape if name != "logsumexp" else 30), 2)
    masked = np.insert(x, 1, -np.inf, axis=1)
    wider = upstream if upstream.ndim == 1 else np.insert(upstream, 1, 0.77, axis=1)

    def back(x: Array, upstream: Array) -> Array:
        turned = (x, upstream) if axis else (x.T, upstream.T)
        value, _, _ = backward(function.bind(axis=axis), *turned, "float64")
        return value if axis else value.T

    expected = np.insert(back(x, upstream), 1, 0.0, axis=1)
    # but for ties, which no limit decides
    assert_allclose(back(masked, wider), expected, rtol=2.0**-52)


def test_nothing_of_no_rows_goes_back() -> None:
    nothing = np.zeros((0, 3))
    assert backward(actcli.softmax, nothing, nothing, "float64")[0].shape == (0, 3)


def test_the_other_side_of_a_kink_is_rounded_once() -> None:
    upstream = np.random.default_rng(6).normal(size=100)
    x = np.full(100, 3.0)
    sixth = np.array([float(mpmath.mpf(u) / 6) for u in upstream])
    found = check(actcli.hard_sigmoid, x, sixth, upstream=upstream)
    assert found.largest <= 0.5
    nothing = check(actcli.relu, 0.0, math.nan, upstream=math.inf)
    assert nothing.largest == math.inf


def test_both_sides_of_a_kink_are_right_of_what_goes_back() -> None:
    x, upstream = np.zeros(4), np.array([3.0, 3.0, -2.0, 3.0])
    found = check(actcli.relu, x, [3.0, 0.0, -2.0, 1.0], upstream=upstream)
    assert found.ulps[:3].tolist() == [0.0, 0.0, 0.0]
    assert found.ulps[3] > 1e9


def test_gradients_broadcast_and_may_be_infinite() -> None:
    x = np.array([[-1.0, 2.0], [0.5, math.inf]])
    upstream = np.array([1.0, math.inf])
    back = actcli.tanh.vjp(x, upstream)
    assert check(actcli.tanh, x, back, upstream=upstream).largest <= 4.0
    rows = actcli.softmax.vjp(x, upstream)
    assert check(actcli.softmax, x, rows, upstream=upstream).ulps[2:].tolist() == [0, 0]


@pytest.mark.parametrize("derivative", [False, True])
@pytest.mark.parametrize("name", ["gelu", "softplus", "mish", "hard_swish", "sin"])
def test_kernels_and_formulas_say_the_same_in_float32(
    name: str, derivative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    function = actcli.get(name)
    x = vectors(function, "float32", 300)
    got = (function.derivative if derivative else function)(x / np.float32(1.000001))

    def found() -> list[Array]:
        one = check(function, x, got, derivative=derivative)
        other = check(function, x, got, derivative=derivative, conditioned=True)
        return [one.exact, one.ulps, other.ulps]

    quick = found()
    nothing = np.zeros(x.size, bool)
    by_kernel = "actcli.verify.checking._by_kernel"
    unknown = [np.zeros(x.size) for _ in range(4)]
    monkeypatch.setattr(by_kernel, lambda *_: (checking._Truth(*unknown), nothing))
    slow = found()
    assert_array_equal(quick[0], slow[0])
    assert_allclose(quick[1], slow[1], rtol=1e-3, atol=2e-3)
    assert_allclose(quick[2], slow[2], rtol=1e-2, atol=2e-3)


def test_rounding_is_that_of_the_exact_mode() -> None:
    x = vectors(actcli.gelu, "float64", 200)
    right = actcli.exact.array(actcli.gelu.formula, {"x": x}, order=0)[0]
    found = check(actcli.gelu, x, right)
    assert_array_equal(found.exact, right)
    assert found.largest <= 0.5
    assert found.worst(10).size == 0
    assert found.share(0.5) == 1.0


def test_wrong_results_are_found_and_placed() -> None:
    x = np.linspace(-3.0, 3.0, 61)
    got = actcli.tanh(x)
    got[7] *= 1 + 1e-14
    got[50] = math.nan
    found = check(actcli.tanh, x, got)
    assert found.worst(2).tolist() == [50, 7]
    assert found.largest == math.inf
    assert 30 < found.ulps[7] < 100
    spans = {(low, high): places for low, high, places in found.regions()}
    assert 7 in spans[-10.0, -1.0]
    assert 50 in spans[1.0, 10.0]
    assert sorted(np.concatenate([*spans.values()])) == list(range(61))


def test_the_ends_of_the_format_are_results_like_others() -> None:
    most = np.finfo(float).max
    found = check(actcli.linear, [-np.inf, -most, most, np.inf], [-most, -most, np.inf, most])  # fmt: skip
    assert found.ulps.tolist() == [1.0, 0.0, 1.0, 1.0]
    assert [places.tolist() for _, _, places in found.regions()] == [[0, 1], [2, 3]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["gelu", "softmax"])
def test_all_that_is_done_is_told_meanwhile(name: str, dtype: str) -> None:
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(dtype)
    function, done = actcli.get(name), list[int]()
    check(function, x, function(x), advance=done.append)
    assert sum(done) == x.size


def test_subnormal_numbers_may_be_zeros() -> None:
    """As where a processor takes them for 0, and where it does not."""
    tiny = np.float32(np.finfo(np.float32).smallest_normal)
    x = np.float32([-2, -0.5, 0.5, 2]) * tiny
    flushed = np.float32([-2, 0, 0, 2]) * tiny
    assert check(actcli.linear, x, flushed).largest == 2.0**22
    for right in (flushed, x):
        assert check(actcli.linear, x, right, flush_to_zero=True).largest == 0.0
    # neither x nor 0
    between = check(actcli.linear, x[2:3], x[2:3] / 2, flush_to_zero=True)
    assert between.largest == 2.0**21
    low = np.float32([-90.0, -87.0])  # exp(-87) is normal
    zeros = np.zeros_like(low)
    found = check(actcli.exponential, low, zeros, flush_to_zero=True).ulps
    assert found.tolist() == [0.0, pytest.approx(math.exp(-87) / 2.0**-149)]
    # x may be 0, and whether it is, every result: there relu has either slope
    given = np.float32([-0.5, 0.5, -2]) * tiny
    slopes = np.float32([1.0, 0.0, 1.0])
    for flush, off in ((False, [True] * 3), (True, [False, False, True])):
        slopes_off = check(
            actcli.relu, given, slopes, derivative=True, flush_to_zero=flush
        ).ulps
        assert (slopes_off > 0.5).tolist() == off
    by_beta = np.zeros(2, np.float32)
    assert check(actcli.swish, x[1:3], by_beta, wrt="beta", flush_to_zero=True).largest == 0.0  # fmt: skip
    row, shares = np.float32([0.0, -90.0]), np.float32([1.0, 0.0])
    assert check(actcli.softmax, row, shares).largest > 1e5
    assert check(actcli.softmax, row, shares, flush_to_zero=True).largest <= 0.5


def test_both_slopes_are_right_at_a_kink() -> None:
    x, got = [0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.5, 1.0]
    off = check(actcli.relu, x, got, derivative=True).ulps
    assert off[[0, 1, 3]].tolist() == [0.0, 0.0, 0.0]
    assert off[2] > 1e3


def test_an_ulp_of_the_input_may_be_forgiven() -> None:
    x = np.array([-0.7517915246935644, 700.0])  # beside the zero of gelu′
    near = np.nextafter(x, 1e9)
    slopes = actcli.gelu.derivative(near[:1])
    one = check(actcli.gelu, x[:1], slopes, derivative=True)
    other = check(actcli.gelu, x[:1], slopes, derivative=True, conditioned=True)
    assert one.largest > 1e10
    assert 0.9 < other.largest < 1.1
    grown = actcli.exponential(near[1:])
    assert check(actcli.exponential, x[1:], grown).largest > 500
    assert check(actcli.exponential, x[1:], grown, conditioned=True).largest < 1.1
    # of an input in float64 an ulp changes nothing in float32
    off = actcli.exponential(np.float32([80.0])) * np.float32(1.00001)
    assert check(actcli.exponential, [80.0], off, conditioned=True).largest > 50


def test_what_is_forgiven_is_no_more_than_numbers_beside_x_give() -> None:
    near = np.nextafter(1e22, 0.0)
    got = [float(mpmath.sin(near)), 50.0, math.inf]
    one, other, none = check(actcli.sin, [1e22] * 3, got, conditioned=True).ulps
    assert one <= 1.0
    assert 20 < other < none
    # an ulp of x times the slope is infinite
    far = [check(actcli.gcu, 1.7e308, y, conditioned=True) for y in (math.inf, 5.0)]
    assert far[0].largest > 1e15
    assert far[1].largest > 0.5
    # and where the root has no slope, it is the root of a number beside it
    assert check(actcli.get("sqrt(x)"), 0.0, 0.1, conditioned=True).largest > 1e100


def test_slopes_are_those_of_mpmath_where_a_step_is_a_period() -> None:
    x = 105414360.0 - np.array([424.0, 672.0, 760.0])  # 2**24 periods: an ulp is 8
    got = np.float32(np.cos(x) + 0.1)
    x32 = x.astype(np.float32)
    found = check(actcli.sin, x32, got, derivative=True, conditioned=True).ulps
    units = [2.0**-24 + 8.0 * abs(mpmath.sin(v)) for v in x.tolist()]
    off = [
        abs(y - mpmath.cos(v)) for y, v in zip(got.tolist(), x.tolist(), strict=True)
    ]
    assert_allclose(found, [float(a / b) for a, b in zip(off, units, strict=True)])


@pytest.mark.parametrize("name", ["softmax", "softmax:axis=0", "logsumexp", "glu"])
def test_rows_are_checked(name: str) -> None:
    function = actcli.get(name)
    x = np.random.default_rng(0).normal(size=(4, 6))
    got = function(x)
    assert check(function, x, got).largest < 4.0
    got.flat[-1] *= 1 + 1e-14
    found = check(function, x, got)
    assert found.worst(1).tolist() == [got.size - 1]
    x[0, 0] = math.inf
    assert check(function, x, function(x)).largest < 4.0


def test_formulas_of_ones_own_are_checked() -> None:
    function = actcli.get("x*tanh(exp(x))")
    x = np.linspace(-3.0, 3.0, 7, dtype=np.float32)
    assert check(function, x, actcli.tanhexp(x)).largest <= 0.5


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(RequestError, match="there are no results to check"):
        check(actcli.relu, [], [])
    with pytest.raises(RequestError, match="shape"):
        check(actcli.relu, [1.0, 2.0], [1.0])
    with pytest.raises(RequestError, match="axis"):
        check(actcli.softmax, [1.0, 2.0], [0.3, 0.7], derivative=True)
    with pytest.raises(RequestError, match="axis"):
        check(actcli.softmax, [1.0, 2.0], [0.3, 0.7], conditioned=True)


def test_no_number_is_no_slope_where_one_side_has_none() -> None:
    function = actcli.get("x if x >= 0 else sqrt(-1-x)")
    off = check(function, [0.0, 0.0], [math.nan, 1.0], derivative=True).ulps
    assert off.tolist() == [math.inf, 0.0]


def test_a_derivative_by_a_parameter() -> None:
    x = np.random.default_rng(4).normal(scale=3.0, size=200).astype(np.float32)
    swish = actcli.swish.bind(beta=1.7)
    right = swish.derivative(x, "beta")
    assert check(swish, x, right, wrt="beta").largest <= 0.5
    # that by x is another
    assert check(swish, x, swish.derivative(x), wrt="beta").largest > 1e3
    off = np.nextafter(right, np.float32(9.0))
    assert check(swish, x, off, wrt="beta").share(0.5) == 0.0
    with pytest.raises(RequestError, match="leave out conditioned"):
        check(swish, x, right, wrt="beta", conditioned=True)
    with pytest.raises(RequestError, match="no derivative by 'seed'"):
        check(actcli.rrelu, x, right, wrt="seed")


def test_what_is_no_number_is_in_a_region_of_its_own() -> None:
    found = check(actcli.relu, [1.0, math.nan, math.inf], [1.0, math.nan, math.inf])
    assert [places.tolist() for _, _, places in found.regions()] == [[0], [2], [1]]
