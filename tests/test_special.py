import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from actcli import _special_table, special
from tests import make_special

BOUND = 2.0


class Row(NamedTuple):
    name: str
    exact: Callable[[mp.mpf], mp.mpf]
    slope: Callable[[mp.mpf], mp.mpf]
    limits: tuple[float, float]

    @property
    def function(self) -> Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]:
        return getattr(special, self.name)


def gaussian(t):
    return mp.exp(-t * t)


ROWS = [
    Row("normal_cdf", mp.ncdf, mp.npdf, (0.0, 1.0)),
    Row(
        "x_normal_cdf",
        lambda x: x * mp.ncdf(x),
        lambda x: mp.ncdf(x) + x * mp.npdf(x),
        (0.0, math.inf),
    ),
    Row(
        "x_normal_cdf_prime",
        lambda x: mp.ncdf(x) + x * mp.npdf(x),
        lambda x: (2 - x * x) * mp.npdf(x),
        (0.0, 1.0),
    ),
    Row("normal_pdf", mp.npdf, lambda x: -x * mp.npdf(x), (0.0, 0.0)),
    Row("erf", mp.erf, lambda x: 2 * gaussian(x) / mp.sqrt(mp.pi), (-1.0, 1.0)),
    Row(
        "erf_prime",
        lambda x: 2 * gaussian(x) / mp.sqrt(mp.pi),
        lambda x: -4 * x * gaussian(x) / mp.sqrt(mp.pi),
        (0.0, 0.0),
    ),
    Row("erfc", mp.erfc, lambda x: -2 * gaussian(x) / mp.sqrt(mp.pi), (2.0, 0.0)),
    Row("gaussian", gaussian, lambda x: -2 * x * gaussian(x), (0.0, 0.0)),
    Row(
        "gaussian_prime",
        lambda x: -2 * x * gaussian(x),
        lambda x: (4 * x * x - 2) * gaussian(x),
        (0.0, 0.0),
    ),
]

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@pytest.fixture(autouse=True)
def _flags_as_in_the_engine():
    with np.errstate(all="ignore"):
        yield


def points():
    """Every order of magnitude, both signs, and where the forms change: cells, ends of grids, subnormal results."""
    random = np.random.default_rng(20)
    borders = (np.round(random.uniform(-10.2, 10.2, 200) * 2048) + 0.5) / 2048
    ends = [5.5, 6.0, 7.75, 8.3, 10.0, *np.sqrt([691, 765, 2 * 691, 2 * 765])]
    ends = np.concatenate([ends, np.add(ends, 1 / 4096)])
    positive = [
        10.0 ** random.uniform(-323, 2, 300),
        10.0 ** random.uniform(-5, 1, 300),
        random.uniform(26, 27.4, 150),
        random.uniform(37, 39.2, 200),
        ends,
        np.nextafter(ends, 0),
        np.nextafter(ends, 99),
        np.arange(1, 8) * 5e-324,
    ]
    both = [
        random.uniform(-10.5, 10.5, 600),
        random.uniform(-40, 40, 300),
        random.uniform(-0.76, -0.745, 50),  # the root of the derivative of x·Φ(x)
        borders,
        np.nextafter(borders, -99),
        np.nextafter(borders, 99),
    ]
    return np.concatenate([*positive, *(-p for p in positive), *both])


def units(row, x, got):
    """The greatest error in units of ulp(exact) + ulp(x)·|slope|."""
    worst = 0.0
    with mp.workprec(140):
        for a, y in zip(x.tolist(), got.tolist(), strict=True):
            exact = row.exact(mp.mpf(a))
            unit = math.ulp(float(exact)) + math.ulp(a) * abs(row.slope(mp.mpf(a)))
            error = float(abs(mp.mpf(y) - exact) / unit)
            if not error <= worst:  # so that NaN counts as the worst
                worst = error
    return worst


def bits(y):
    return y.view(np.int64).tolist()


def test_every_public_function_has_a_row():
    public = {
        n
        for n, f in vars(special).items()
        if callable(f) and f.__module__ == special.__name__ and n[0] != "_"
    }
    assert public == {row.name for row in ROWS} | {"x_normal_cdf_and_prime"}


def test_a_function_and_its_derivative_are_the_same_together():
    x = np.concatenate([points(), [np.inf, -np.inf, np.nan, 0.0, -0.0]])
    together = special.x_normal_cdf_and_prime(x)
    alone = special.x_normal_cdf(x), special.x_normal_cdf_prime(x)
    assert [bits(y) for y in together] == [bits(y) for y in alone]


@each_row
def test_agrees_with_the_definition(row):
    x = points()
    assert x.size > 3000
    assert units(row, x, row.function(x)) < BOUND


def test_what_rounding_left_of_the_argument_counts():
    x = np.linspace(-37.0, 9.0, 400)
    rest = 0.4 * np.spacing(x)
    got = special.normal_cdf(x, rest)
    with mp.workprec(140):
        for a, b, y in zip(x.tolist(), rest.tolist(), got.tolist(), strict=True):
            exact = mp.ncdf(mp.mpf(a) + mp.mpf(b))
            assert abs(y - exact) <= 4.0 * math.ulp(float(exact)), a


@each_row
def test_a_wrong_value_would_be_found(row):
    x = np.array([-0.5, 0.0, 0.25, 0.7])
    y = row.function(x)
    for _ in range(8):
        y = np.nextafter(y, math.inf)
    assert units(row, x, y) > BOUND
    y[1] = math.nan
    assert not units(row, x, y) < BOUND


def test_erf_and_erfc_agree_with_the_c_library():
    x = np.concatenate([np.linspace(-6.5, 26, 3001), 10.0 ** np.linspace(-300, 0, 500)])
    assert x.size > 3000
    np.testing.assert_allclose(
        special.erf(x), [math.erf(v) for v in x.tolist()], rtol=1e-15
    )
    np.testing.assert_allclose(
        special.erfc(x), [math.erfc(v) for v in x.tolist()], rtol=2e-15
    )


@each_row
def test_limits_and_nan(row):
    at_ends = row.function(
        np.array([-math.inf, math.inf, -1e300, 1e300, math.nan, -math.nan])
    )
    low, high = row.limits
    np.testing.assert_array_equal(at_ends[:2], [low, high])
    np.testing.assert_array_equal(at_ends[2:4], [low, min(high, 1e300)])
    assert np.isnan(at_ends[4:]).all()


@pytest.mark.parametrize("name", ["erf", "x_normal_cdf"])
def test_keeps_the_sign_of_zero(name):
    y = getattr(special, name)(np.array([0.0, -0.0, 5e-324, -5e-324]))
    assert np.signbit(y).tolist() == [False, True, False, True]


def test_symmetries_hold_to_the_bit():
    x = points()
    assert bits(special.erf(-x)) == bits(-special.erf(x))
    for even in (special.normal_pdf, special.erf_prime, special.gaussian):
        assert bits(even(-x)) == bits(even(x))


@each_row
def test_same_value_same_bits_wherever_it_stands(row):
    random = np.random.default_rng(3)
    # more elements off the grid than one piece holds, and lengths that are no multiple of any vector
    x = np.concatenate([points(), random.uniform(-40, 40, 16001)])
    y = row.function(x)
    order = random.permutation(x.size)
    assert bits(row.function(x[order])) == bits(y[order])
    for part in (
        slice(1, None),
        slice(3, 4000),
        slice(None, None, 7),
        slice(None, None, -1),
    ):
        assert bits(row.function(x[part])) == bits(y[part])
    assert [bits(row.function(x[i : i + 1])) for i in range(500)] == [
        [b] for b in bits(y[:500])
    ]


@each_row
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (2, 0, 3)])
def test_shape_is_kept_and_input_is_only_read(row, shape):
    x = np.asarray(np.random.default_rng(1).uniform(-15, 15, shape))
    before = x.copy()
    x.flags.writeable = False
    y = row.function(x)
    assert isinstance(y, np.ndarray)
    assert (y.shape, y.dtype) == (shape, np.float64)
    assert not np.shares_memory(x, y)
    assert y.flags.writeable
    assert bits(x.ravel()) == bits(before.ravel())
    assert bits(y.ravel()) == [
        bits(row.function(np.array([v])))[0] for v in x.ravel().tolist()
    ]


@each_row
def test_a_transposed_array_keeps_its_order(row):
    x = np.linspace(-12, 12, 600).reshape(20, 30)
    y = row.function(np.ascontiguousarray(x.T[::2]))
    np.testing.assert_array_equal(row.function(x.T[::2]), y)


def test_table_is_what_the_script_makes():
    assert make_special.TARGET.read_text(encoding="utf-8") == make_special.source()


@pytest.mark.parametrize("definition", make_special.FUNCTIONS, ids=lambda d: d[0])
def test_grid_between_the_knots(definition):
    name, _, exact, first = definition
    values = {
        "NORMAL_CDF": special._normal_cdf_values,
        "X_NORMAL_CDF_PRIME": special._x_normal_cdf_prime_values,
        "ERF": special._erf_values,
        "ERFC": special._erfc_values,
    }[name]()
    assert len(getattr(_special_table, name)) == 32 * -first + 1
    assert values.size == 4096 * -first + 1
    chosen = np.random.default_rng(4).integers(0, values.size, 400)
    with mp.workprec(140):
        for i in [0, values.size // 2, values.size - 1, *chosen.tolist()]:
            y = exact(mp.mpf(i) / 2048 + first)
            near_root = name == "X_NORMAL_CDF_PRIME" and abs(y) < 0.2
            assert abs(values[i] - y) <= max(math.ulp(float(y)), 1e-17 * near_root)
