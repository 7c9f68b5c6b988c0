"""What holds for every function of an axis: right against its own formula, at specials, along any axis, in any place."""

import math
import warnings

import mpmath as mp
import numpy as np
import pytest

import actcli
from actcli import exact, numerics
from actcli.activation import Activation
from actcli.axiswise import AxisActivation
from actcli.engine import BLOCK, Array
from tests.accuracy import BOUND, COUNT
from tests.axis_accuracy import errors, rows
from tests.test_functions import other_parameters

DTYPES = ("float64", "float32")


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_and_slopes_agree_with_the_formula(
    axiswise: AxisActivation, dtype: str
) -> None:
    found = errors(axiswise, dtype)
    for kind, row in zip(
        (found.value, found.jacobian, found.vjp), found.rows, strict=True
    ):
        assert kind.ulps <= BOUND, row.tolist()
    assert min(found.value.count, found.jacobian.count) >= COUNT


@pytest.mark.parametrize("dtype", DTYPES)
def test_other_parameters_agree_with_the_formula(
    axiswise: AxisActivation, dtype: str
) -> None:
    for setting in other_parameters(axiswise):
        found = errors(axiswise, dtype, count=300, slopes=300, **setting)
        worst = max(found.value.ulps, found.jacobian.ulps, found.vjp.ulps)
        assert worst <= BOUND, f"{setting}: {found}"


INFINITE = (
    [math.inf, 0.0],
    [-math.inf, 0.0],
    [0.5, math.inf],
    [3.0, -math.inf],
    [0.0, -math.inf],
    [-2.0, -math.inf],
    [-2.0, math.inf],
    [math.inf, -800.0],
    [math.inf, math.inf],
    [-math.inf, -math.inf],
    [math.inf, -math.inf],
    [-math.inf, math.inf],
    [math.inf, math.inf, 1.0, 0.0],
    [-math.inf, 0.25, math.inf, -1.0],
    [-math.inf, -math.inf, 0.5, 0.25],
    [0.5, -1.0, -math.inf, 2.0, -math.inf, 0.75],
    [math.inf],
    [-math.inf],
)


@pytest.mark.parametrize("row", INFINITE, ids=str)
def test_limits_at_the_infinities(axiswise: AxisActivation, row: list[float]) -> None:
    assert axiswise.formula is not None
    try:
        got, slope = np.ravel(axiswise(row)), axiswise.derivative(row)
    except actcli.ActcliError as error:
        if "a length of 1 " not in str(error):
            raise
        return
    names = axiswise.formula.names
    values = {n: v for n, v in axiswise.resolve({}).items() if n in names}
    f, jacobian = exact.vector(axiswise.formula, row, values, jacobian=True)
    assert jacobian is not None
    for ours, limit in ((got, f), (slope, jacobian)):
        # at a tie of infinities some take the first, as between equal numbers; shares have no limit there
        known = ~np.isnan(limit) | (axiswise.family == "softmaxes")
        np.testing.assert_allclose(ours[known], limit[known], rtol=1e-15)


@pytest.mark.parametrize("row", INFINITE, ids=str)
@pytest.mark.parametrize("name", ["logsumexp", "logmeanexp"])
def test_what_goes_back_beside_infinities_is_the_slope(
    name: str, row: list[float]
) -> None:
    function = actcli.get(name)
    back = function.vjp(row, 1.0)
    np.testing.assert_allclose(back, function.derivative(row)[0], rtol=1e-15)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_along_each_axis(axiswise: AxisActivation, axis: int) -> None:
    x = np.random.default_rng(1).normal(size=(4, 6, 2))
    moved = np.moveaxis(x, axis, -1)
    outputs = np.shape(axiswise(moved[0, 0]))
    got = axiswise(x, axis=axis)
    rowwise = np.array([axiswise(row) for row in moved.reshape(-1, moved.shape[-1])])
    expected = rowwise.reshape(*moved.shape[:-1], *outputs)
    if outputs:
        expected = np.moveaxis(expected, -1, axis)
    np.testing.assert_array_equal(got, expected)
    jacobian = axiswise.derivative(x, axis=axis)
    assert jacobian.shape[:-2] == moved.shape[:-1]
    np.testing.assert_array_equal(jacobian[0, 0], axiswise.derivative(moved[0, 0]))
    back = axiswise.vjp(x, np.ones_like(got), axis=axis)
    assert back.shape == x.shape
    np.testing.assert_array_equal(
        np.moveaxis(back, axis, -1)[0, 0],
        axiswise.vjp(moved[0, 0], np.ones(outputs)),
    )


def test_layout_does_not_matter(axiswise: AxisActivation) -> None:
    x = np.random.default_rng(2).normal(size=(12, 12))
    expected = axiswise(x)
    x.setflags(write=False)
    for view in (x.T, x[::-1, ::3], np.asfortranarray(x), x.astype(">f8")):
        for method in (axiswise, axiswise.derivative):
            plain = np.ascontiguousarray(view).astype(float)
            np.testing.assert_array_equal(method(view), method(plain))
    np.testing.assert_array_equal(axiswise(x), expected)


@pytest.mark.parametrize("length", [2, 4, 12, 120])
def test_place_and_threads_do_not_change_a_bit(
    axiswise: AxisActivation, length: int
) -> None:
    few = np.random.default_rng(3).normal(size=(50, length)) * 3.0
    many = np.resize(few, (2 * BLOCK // length + 7, length))
    expected = np.array([axiswise(row) for row in few])
    for threads in (1, 3):
        got = axiswise(many, threads=threads)
        np.testing.assert_array_equal(
            got, np.resize(expected, (len(many), *expected.shape[1:]))
        )
    upstream = np.ones_like(expected)
    np.testing.assert_array_equal(
        axiswise.vjp(few, upstream)[7], axiswise.vjp(few[7], upstream[7])
    )
    np.testing.assert_array_equal(
        axiswise.derivative(few)[7], axiswise.derivative(few[7])
    )


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_narrow_results_are_the_wide_ones_rounded_once(
    axiswise: AxisActivation, dtype: str
) -> None:
    x = np.random.default_rng(4).normal(size=(50, 6)).astype(dtype)
    wide = x.astype(float)
    upstream = np.ones_like(axiswise(x))
    for ours, expected in (
        (axiswise(x), axiswise(wide)),
        (axiswise.derivative(x), axiswise.derivative(wide)),
        (axiswise.vjp(x, upstream), axiswise.vjp(wide, upstream.astype(float))),
    ):
        assert ours.dtype == dtype
        np.testing.assert_array_equal(ours, expected.astype(dtype))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_finite_and_silent_at_the_extremes(
    axiswise: AxisActivation, dtype: str
) -> None:
    info = np.finfo(dtype)
    x = np.array([info.max, -info.max, info.tiny, -info.smallest_subnormal], dtype)
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        for row in (x, x[::-1], -x, x[[0, 0, 1, 1]]):
            assert not np.isnan(axiswise(row)).any()
            assert not np.isnan(axiswise.derivative(row)).any()


@pytest.mark.parametrize("length", [100, 5000, 9000])
def test_long_rows_are_the_same_alone_and_beside_others(
    axiswise: AxisActivation, length: int
) -> None:
    rng = np.random.default_rng(11)
    x = 4.0 * rng.standard_normal((8, length))
    whole = axiswise(x, threads=1)
    upstream = rng.standard_normal(whole.shape)
    back = axiswise.vjp(x, upstream, threads=1)
    for threads in (2, 3):
        np.testing.assert_array_equal(axiswise(x, threads=threads), whole)
        np.testing.assert_array_equal(axiswise.vjp(x, upstream, threads=threads), back)
    if not axiswise.placed:
        np.testing.assert_array_equal(axiswise(x[3:]), whole[3:])
        np.testing.assert_array_equal(axiswise.vjp(x[3:], upstream[3:]), back[3:])


def test_a_row_has_the_same_result_beside_any_other(axiswise: AxisActivation) -> None:
    """Each row is computed as its own numbers need it, whatever the others in its block do."""
    x = np.random.default_rng(12).normal(size=(12, 4))
    x[1:8] *= [[100.0], [1e4], [1e160], [1e300], [1e-160], [5e-324], [0.0]]
    x[8] -= 50.0
    x[9] = [-800.0, 720.0, 3.0, -1.0]
    x[10, 1], x[11, 2] = np.inf, np.nan
    x[11, 0] = np.inf
    upstream = np.random.default_rng(13).normal(size=np.shape(axiswise(x)))
    together = axiswise(x), axiswise.derivative(x), axiswise.vjp(x, upstream)
    for k, row in enumerate(x):
        alone = (
            axiswise(row),
            axiswise.derivative(row),
            axiswise.vjp(row, upstream[k]),
        )
        for got, expected in zip(together, alone, strict=True):
            np.testing.assert_array_equal(got[k], expected)


@pytest.mark.parametrize("outliers", [1, 2, 30])
def test_equal_numbers_beside_outliers_leave_no_rounding_behind(outliers: int) -> None:
    """The roundings of equal terms go the same way: a sum that rounds at each of a hundred would show it."""
    n = 100
    rng = np.random.default_rng(14)
    for low, high in rng.uniform(0.0, 3.0, (50, 2)) + rng.choice([0.0, 1e9], (50, 1)):
        row = np.repeat([high, low], [outliers, n - outliers])
        share = outliers / n
        spread = math.sqrt((high - low) ** 2 * share * (1.0 - share) + 1e-5)
        expected = (high - low) * np.array([1.0 - share, -share]) / spread
        got = actcli.standardize(row)[[0, -1]]
        np.testing.assert_allclose(got, expected, rtol=6e-16)
        ratio = math.exp(high - low)
        whole = outliers * ratio + (n - outliers)
        weights = actcli.logsumexp.vjp(row, 1.0)[[0, -1]]
        np.testing.assert_allclose(weights, [ratio / whole, 1.0 / whole], rtol=2e-15)


def _shares(x: list[float], *others: float) -> list[mp.mpf]:
    weights = [mp.exp(mp.mpf(v)) for v in (*x, *others)]
    return [w / mp.fsum(weights) for w in weights[: len(x)]]


@mp.workprec(400)
def _back(x: list[float], upstream: list[float], *others: float) -> list[float]:
    p = _shares(x, *others)
    mean = mp.fsum(share * u for share, u in zip(p, upstream, strict=True))
    return [float(s * (u - mean)) for s, u in zip(p, upstream, strict=True)]


@mp.workprec(400)
def _standardized(row: list[float]) -> list[float]:
    mean = mp.fsum(row) / len(row)
    spread = mp.sqrt(mp.fsum((v - mean) ** 2 for v in row) / len(row) + 1e-5)
    return [float((v - mean) / spread) for v in row]


@pytest.mark.parametrize(
    ("x", "upstream"),
    [
        ([50.0, 49.0, 0.0], [1.0, 1.0, 0.0]),
        ([40.0, 39.0], [1.0, 1.0]),
        ([-40.0, -39.0], [1.0, 1.0]),
        ([1.0, 2.0, 3.5], [1e8, 1e8 + 1e-3, 1e8 + 2e-3]),
        ([1.0, 2.0, 3.5], [0.1, 0.1, 0.1]),
        ([31.0, 30.0], [1e295, -1e295]),
        ([0.0, 0.0, 0.0], [1e308, -0.7e308, -0.7e308]),
        ([31.0, 30.0], [0.0, 1e-300]),
        # two large shares whose upstreams are the same
        ([0.0, -20.0, -30.0, 0.0], [0.0, 1.0, 2.0, 0.0]),
        ([0.0, -36.0, -37.0, 0.0], [0.0, 1.0, 2.0, 0.0]),
        ([3.0, -36.0, -40.0, 3.0], [0.0, 1.0, 1.0, 0.0]),
        ([0.0, -100.0, -200.0, 0.0], [0.0, 1e-10, 1.0, 0.0]),
        ([0.0, -140.0, -300.0], [0.0, 1e-7, 1.0]),
        # many of them, and the first ones of little weight
        ([-40.0, -41.0, -42.0, *[0.0] * 20], [3.0, 1.0, 2.0, *[1e-6] * 20]),
        # a mean that is no upstream
        ([0.0] * 24, [5.0] * 24),
    ],
)
def test_what_goes_back_keeps_its_digits_whatever_upstreams_have_in_common(
    x: list[float], upstream: list[float]
) -> None:
    got = actcli.softmax.vjp(x, upstream)
    np.testing.assert_allclose(got, _back(x, upstream), rtol=2e-15)
    got = actcli.quiet_softmax.vjp(x, upstream)
    # the largest share's own part is a difference as well, of upstreams
    np.testing.assert_allclose(got, _back(x, upstream, 0.0), rtol=1e-14)


@pytest.mark.parametrize("length", [3, 16, 17, 200])
def test_an_infinite_upstream_is_infinite_for_all_others(length: int) -> None:
    upstream = np.append(np.zeros(length - 1), np.inf)
    for softmax in (actcli.softmax, actcli.quiet_softmax):
        back = softmax.vjp(np.zeros(length), upstream)
        assert (back[:-1] == -np.inf).all()


def test_a_large_upstream_of_little_weight_beside_nobodys() -> None:
    x, upstream = [-40.0, -41.0], [1e16, 1.0]
    got = actcli.quiet_softmax.vjp(x, upstream)
    np.testing.assert_allclose(got, _back(x, upstream, 0.0), rtol=1e-15)


@pytest.mark.parametrize("place", [0, 1, 64, 128])
def test_one_upstream_among_many_equal_shares(place: int) -> None:
    x, upstream = [0.0] * 129, [0.0] * 129
    upstream[place] = -0.7
    for softmax, nobody in ((actcli.softmax, ()), (actcli.quiet_softmax, (0.0,))):
        expected = _back(x, upstream, *nobody)
        np.testing.assert_allclose(softmax.vjp(x, upstream), expected, rtol=2e-15)


@pytest.mark.parametrize(
    "upstream", [[0.0, 1e-310], [0.0, 1e-300], [1e300, 1e299], [1.0, 1.0]]
)
def test_log_softmax_takes_back_the_smallest_and_largest(upstream: list[float]) -> None:
    x = [31.0, 30.0]
    with mp.workprec(400):
        p, whole = _shares(x), mp.fsum(upstream)
        expected = [
            float(u - share * whole) for share, u in zip(p, upstream, strict=True)
        ]
    got = actcli.log_softmax.vjp(x, upstream)
    np.testing.assert_allclose(got, expected, rtol=1e-15, atol=1e-323)


def test_many_small_numbers_beside_a_few_large_ones_are_summed_to_all_digits() -> None:
    row = [2.73, -2.73, *[5.621e-12] * 126]
    np.testing.assert_allclose(actcli.standardize(row), _standardized(row), rtol=1e-15)
    row = [*[0.238] * 4, *[2.426e-13] * 124]
    with mp.workprec(400):
        mean = mp.fsum(mp.expm1(mp.mpf(v)) for v in row) / len(row)
        expected_mean = float(mp.log1p(mean))
    assert actcli.logmeanexp(row) == pytest.approx(expected_mean, rel=3e-16)
    assert actcli.logmeanexp([699.9] * 20_000) == pytest.approx(699.9, rel=1e-15)


def test_a_number_next_to_the_mean_keeps_its_digits() -> None:
    row = [0.2, 0.2, 2.5, 0.1, 0.75]
    np.testing.assert_allclose(actcli.standardize(row), _standardized(row), rtol=1e-15)


def test_slopes_of_standardize_beside_a_large_eps_keep_their_digits() -> None:
    row = [
        -0.00011821866430985886,
        0.00020286803741972868,
        -0.00011835665782979807,
        -0.00016249851804343732,
        0.00011327912306134063,
    ]
    n = len(row)
    with mp.workprec(400):
        mean = mp.fsum(row) / n
        s = mp.sqrt(mp.fsum((v - mean) ** 2 for v in row) / n + mp.mpf(1e-5))
        y = [(v - mean) / s for v in row]
        expected = [
            [float(((i == j) - (1 + y[i] * y[j]) / n) / s) for j in range(n)]
            for i in range(n)
        ]
    got = actcli.standardize.derivative(row)
    assert (np.abs(got - expected) <= BOUND * np.spacing(np.abs(expected))).all()


def test_slopes_of_standardize_are_finite_where_the_truth_is() -> None:
    x, upstream = [1e160, -1e160, 3e159], [1e300, -1e300, 1e299]
    with mp.workprec(2000):
        n, mean = len(x), mp.fsum(x) / len(x)
        s = mp.sqrt(mp.fsum((v - mean) ** 2 for v in x) / n + 1e-5)
        y = [(v - mean) / s for v in x]
        level = mp.fsum(upstream) / n
        along = mp.fsum(u * v for u, v in zip(upstream, y, strict=True)) / n
        expected = [
            float((u - level - along * v) / s) for u, v in zip(upstream, y, strict=True)
        ]
    got = actcli.standardize.vjp(x, upstream)
    np.testing.assert_allclose(got, expected, rtol=1e-13)


@pytest.mark.parametrize("tau", [0.1, 0.7, 3.0])
def test_logits_over_a_temperature_are_seen_from_the_largest(tau: float) -> None:
    x = [100.3, 100.2, 99.9]
    with mp.workprec(200):
        weights = [mp.exp((mp.mpf(v) - x[0]) / mp.mpf(tau)) for v in x]
        expected = [float(w / mp.fsum(weights)) for w in weights]
    got = actcli.gumbel_softmax(x, tau=tau)
    np.testing.assert_allclose(got, expected, rtol=2e-15)


def test_a_temperature_as_large_as_the_logits_keeps_them_apart() -> None:
    got = actcli.gumbel_softmax([1e308, -1e308], tau=1e308)
    expected = [float(share) for share in _shares([1.0, -1.0])]
    np.testing.assert_allclose(got, expected, rtol=1e-15)


def test_threads_are_checked_for_rows_too(axiswise: AxisActivation) -> None:
    with pytest.raises(actcli.ActcliError, match="give a whole number from 1 on"):
        axiswise([1.0, 2.0], threads=0)


def test_out_is_written(axiswise: AxisActivation) -> None:
    x = np.random.default_rng(5).normal(size=(3, 4))
    expected = axiswise(x)
    out = np.empty_like(expected)
    assert axiswise(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    for wrong, message in (
        (np.empty(7), r"out is float64 of shape \(7,\); it must be float64 of shape"),
        (np.empty(out.shape, "f4"), "out is float32 of shape"),
        (np.broadcast_to(1.0, out.shape), "out is read-only"),
        ([1.0], "out is of type list; pass an array"),
    ):
        with pytest.raises(actcli.ActcliError, match=message):
            axiswise(x, out=wrong)


def test_what_goes_back_and_both_results_are_written(axiswise: AxisActivation) -> None:
    x = np.random.default_rng(5).normal(size=(3, 4))
    f, jacobian = axiswise.value_and_derivative(x)
    upstream = np.random.default_rng(6).normal(size=f.shape)
    back = axiswise.vjp(x, upstream)
    out = x.copy()
    assert axiswise.vjp(out, upstream, out=out) is out
    np.testing.assert_array_equal(out, back)
    places = np.empty_like(f), np.empty_like(jacobian)
    got = axiswise.value_and_derivative(x, out=places)
    assert got[0] is places[0]
    assert got[1] is places[1]
    np.testing.assert_array_equal(got[0], f)
    np.testing.assert_array_equal(got[1], jacobian)
    if f.shape == x.shape:
        y = x.copy()
        np.testing.assert_array_equal(
            axiswise.value_and_derivative(y, out=(y, None))[1], jacobian
        )


def test_no_rows_are_no_results(axiswise: AxisActivation) -> None:
    x = np.empty((0, 4))
    one = axiswise(np.zeros(4))
    assert axiswise(x).shape == (0, *np.shape(one))
    assert axiswise.derivative(x).shape == (0, np.size(one), 4)
    assert axiswise.vjp(x, np.empty((0, *np.shape(one)))).shape == (0, 4)


def test_an_empty_axis_is_refused(axiswise: AxisActivation) -> None:
    with pytest.raises(actcli.ActcliError, match="axis 1 is empty; it needs at least"):
        axiswise(np.empty((3, 0)), axis=1)
    with pytest.raises(actcli.ActcliError, match="more than a single number"):
        axiswise(1.0)
    with pytest.raises(
        actcli.ActcliError,
        match="axis=2 is out of range; the numbers have axes -1 to 0",
    ):
        axiswise([1.0, 2.0], axis=2)


@pytest.mark.parametrize(
    ("spec", "length", "message"),
    [
        ("glu", 3, "glu: a length of 3 has no halves; it must be even"),
        ("swiglu", 1, "swiglu: a length of 1 has no halves; it must be even"),
        ("maxout", 3, "maxout: a length of 3 is no multiple of pieces=2"),
        ("maxout:pieces=4", 6, "maxout: a length of 6 is no multiple of pieces=4"),
        ("maxout:pieces=0", 4, "maxout: pieces=0 is outside the domain pieces >= 1"),
        (
            "standardize:eps=0",
            4,
            "standardize: eps=0 is outside the domain eps >= 1e-300",
        ),
        ("gumbel_softmax:tau=0", 4, "tau=0 is outside the domain tau > 0"),
        ("gumbel_softmax:hard=2", 4, "hard=2 is outside the domain 0 <= hard <= 1"),
    ],
)
def test_what_is_outside_the_domain_is_refused(
    spec: str, length: int, message: str
) -> None:
    with pytest.raises(actcli.ActcliError, match=message):
        actcli.get(spec)(np.zeros(length))


def test_a_declared_product_stays(axiswise: AxisActivation) -> None:
    before = axiswise._product
    with pytest.raises(actcli.ActcliError, match="x is no array of numbers"):
        axiswise.vjp(lambda x: x, [1.0])
    assert axiswise._product is before


def test_upstream_must_fit(axiswise: AxisActivation) -> None:
    with pytest.raises(actcli.ActcliError, match=r"upstream has shape \(5,\); "):
        axiswise.vjp(np.zeros((2, 4)), np.zeros(5))


# what is chosen, not forced by mathematics


def test_ties_go_to_the_first() -> None:
    assert actcli.get("hardmax")([1.0, 3.0, 3.0]).tolist() == [0.0, 1.0, 0.0]
    jacobian = actcli.get("maxout").derivative([2.0, 2.0])
    assert jacobian.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("name", "row", "shares"),
    [
        ("sparsemax", [1.0, 0.0], [1.0, 0.0]),
        ("sparsemax", [0.5, 0.0], [0.75, 0.25]),
        ("sparsemax", [1.0, 1e-17], [1.0, 5e-18]),
        ("entmax15", [2.0, 0.0], [1.0, 0.0]),
        ("entmax15", [0.0, 0.0], [0.5, 0.5]),
    ],
)
def test_shares_at_the_edge_of_the_simplex(
    name: str, row: list[float], shares: list[float]
) -> None:
    np.testing.assert_allclose(actcli.get(name)(row), shares, rtol=1e-15)


@pytest.mark.parametrize("name", ["sparsemax", "entmax15", "softmax"])
@pytest.mark.parametrize("length", [1, 2, 30, 1000])
def test_shares_add_up_to_one(name: str, length: int) -> None:
    x = np.random.default_rng(6).normal(size=(200, length)) * 2.0
    p = actcli.get(name)(x)
    assert (p >= 0.0).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1.0, rtol=1e-14)


@pytest.mark.parametrize("name", ["sparsemax", "entmax15"])
@pytest.mark.parametrize("count", [1, 5, 20, 90])
def test_what_is_far_below_the_maximum_takes_no_share_and_changes_none(
    name: str, count: int
) -> None:
    rng, sparse = np.random.default_rng(8), actcli.get(name)
    x = np.full((30, 100), -9.0)
    near = rng.uniform(0.0, 0.5, size=(len(x), count))
    places = np.array([rng.permutation(100)[:count] for _ in x])
    np.put_along_axis(x, places, near, axis=-1)
    expected = np.zeros_like(x)
    np.put_along_axis(expected, places, sparse(near), axis=-1)
    np.testing.assert_allclose(sparse(x), expected, rtol=1e-15)


def test_gumbel_noise_depends_on_seed_and_place_alone() -> None:
    sample = actcli.get("gumbel_softmax")
    x = np.random.default_rng(7).normal(size=(BLOCK, 3))
    first = sample(x, seed=5)
    np.testing.assert_array_equal(first, sample(x, seed=5, threads=3))
    np.testing.assert_array_equal(first[:10], sample(x[:10], seed=5))
    assert (first != sample(x, seed=6)).any()
    np.testing.assert_array_equal(sample(x), actcli.get("softmax")(x))


def test_a_random_number_of_zero_leaves_the_noise_finite(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(numerics, "uniform", lambda _seed, _start, size: np.zeros(size))
    x = np.array([0.0, 1.0, -1.0])
    same_for_all = actcli.get("gumbel_softmax")(x, seed=1)
    np.testing.assert_allclose(same_for_all, actcli.get("softmax")(x), rtol=1e-14)


def test_hard_gumbel_samples_have_the_shares_of_softmax() -> None:
    logits = np.array([0.0, 1.0, -1.0, 0.5])
    x = np.broadcast_to(logits, (100_000, 4))
    sample = actcli.get("gumbel_softmax")
    chosen = sample(x, hard=1, seed=1, tau=0.3)
    assert set(np.unique(chosen)) == {0.0, 1.0}
    np.testing.assert_array_equal(chosen.sum(axis=-1), 1.0)
    # four standard deviations of a frequency
    shares = actcli.get("softmax")(logits)
    np.testing.assert_allclose(chosen.mean(axis=0), shares, atol=0.0064)


def test_slopes_of_a_gumbel_sample_see_its_noise() -> None:
    sample = actcli.get("gumbel_softmax")
    x = np.random.default_rng(8).normal(size=(3, 5))
    soft = sample(x, seed=2, tau=0.7)
    diagonal = np.einsum(
        "rij,ij->rij", -soft[:, :, None] * soft[:, None, :], 1 - np.eye(5)
    )
    expected = diagonal / 0.7
    expected[:, range(5), range(5)] = soft * (1.0 - soft) / 0.7
    for hard in (0, 1):
        jacobian = sample.derivative(x, seed=2, tau=0.7, hard=hard)
        np.testing.assert_allclose(jacobian, expected, rtol=1e-12)
        back = sample.vjp(x, np.eye(5)[:3], seed=2, tau=0.7, hard=hard)
        picked = np.array([expected[i, i] for i in range(3)])
        np.testing.assert_allclose(back, picked, rtol=1e-12)


def test_a_wrong_jacobian_is_noticed() -> None:
    """The checker itself: a Jacobian that is off by a millionth of a millionth, and one with 1 - p."""
    good = actcli.get("softmax").bind()
    assert isinstance(good, AxisActivation)

    def declare(kernel):  # type: ignore[no-untyped-def]
        wrong = good.bind()
        wrong._derivatives = {"x": kernel}
        assert isinstance(wrong, AxisActivation)
        return errors(wrong, "float64", count=1, slopes=1000).jacobian.ulps

    def naive(x: Array) -> Array:
        p = good.kernel(x)
        return np.eye(p.shape[-1]) * p[:, None] - p[:, :, None] * p[:, None, :]

    prime = good.slope()
    assert declare(prime) <= BOUND
    assert declare(lambda x: prime(x) * (1 + 1e-12)) > BOUND
    assert declare(naive) > BOUND


def test_rows_vary(axiswise: Activation) -> None:
    assert isinstance(axiswise, AxisActivation)
    some = [row for row, _ in zip(rows(axiswise, "float32"), range(200), strict=False)]
    assert len({row.tobytes() for row in some}) >= 195
    assert len({row.size for row in some}) >= 5
