"""The initializers: deviations as documented, draws within statistical bounds, orthogonality."""

import math

import numpy as np
import pytest
from mpmath import mp

from actcli.errors import RequestError
from actcli.training.declaration import choose
from actcli.training.initializers import (
    INITIALIZERS,
    Distribution,
    Fans,
    Uniform,
    truncated_std,
)

FANS = [(100, 50), (50, 100), (64, 64), (1, 7), (7, 1), (1, 1)]

# What the documentation of torch.nn.init gives for std, or for the bound of a uniform distribution over sqrt(3)
DOCUMENTED = {
    "zeros": lambda _i, _o: 0.0,
    "normal:std=0.3": lambda _i, _o: 0.3,
    "uniform:low=0,high=1": lambda _i, _o: 1 / math.sqrt(12),
    "truncated_normal:scale=2,cut=1": lambda _i, _o: (
        2
        * math.sqrt(
            1 - math.sqrt(2 / math.pi) * math.exp(-0.5) / math.erf(math.sqrt(0.5))
        )
    ),
    "xavier_normal:gain=5/3": lambda i, o: 5 / 3 * math.sqrt(2 / (i + o)),
    "xavier_uniform": lambda i, o: math.sqrt(6 / (i + o)) / math.sqrt(3),
    "he_normal": lambda i, _o: math.sqrt(2 / i),
    "he_normal:mode=fan_out": lambda _i, o: math.sqrt(2 / o),
    "he_uniform": lambda i, _o: math.sqrt(6 / i) / math.sqrt(3),
    "he_uniform:mode=fan_out": lambda _i, o: math.sqrt(6 / o) / math.sqrt(3),
    "lecun_normal": lambda i, _o: math.sqrt(1 / i),
    "lecun_uniform": lambda i, _o: math.sqrt(3 / i) / math.sqrt(3),
    "orthogonal:gain=2": lambda i, o: 2 / math.sqrt(max(i, o)),
}


def test_the_table_has_every_initializer():
    assert {choose(INITIALIZERS, spec).record.name for spec in DOCUMENTED} == set(
        INITIALIZERS
    )


def distribution(spec: str, fan_in: int, fan_out: int) -> Distribution:
    chosen = choose(INITIALIZERS, spec)
    return chosen.record(fan_in, fan_out, **chosen.values)


@pytest.mark.parametrize("spec", DOCUMENTED)
def test_the_deviation_is_the_documented_one(spec):
    got = [distribution(spec, *fans).std for fans in FANS]
    np.testing.assert_allclose(
        got, [DOCUMENTED[spec](*fans) for fans in FANS], rtol=1e-11
    )
    assert len(got) == 6


@pytest.mark.parametrize("spec", DOCUMENTED)
def test_what_is_drawn_lies_within_statistical_bounds(spec):
    chosen = choose(INITIALIZERS, spec)
    theory = chosen.record(400, 300, **chosen.values)
    drawn = chosen.record.draw(np.random.default_rng(7), 400, 300, **chosen.values)
    assert drawn.shape == (300, 400)
    assert drawn.dtype == np.float64
    # five deviations of the mean and of the deviation of that many independent normal numbers
    assert abs(drawn.mean() - theory.mean) <= 5 * theory.std / math.sqrt(drawn.size)
    assert abs(drawn.std() - theory.std) <= 5 * theory.std / math.sqrt(2 * drawn.size)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_seed_decides_the_draw(name):
    first, again, other = (
        INITIALIZERS[name].draw(np.random.default_rng(seed), 5, 3) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert name == "zeros" or not np.array_equal(first, other)


@pytest.mark.parametrize(
    "name", ["uniform", "xavier_uniform", "he_uniform", "lecun_uniform"]
)
def test_uniform_weights_fill_their_bounds(name):
    bounds = INITIALIZERS[name](30, 20)
    assert isinstance(bounds, Uniform)
    drawn = bounds.draw(np.random.default_rng(3), Fans(300, 200))
    assert bounds.low <= drawn.min() < 0.999 * bounds.low
    assert 0.999 * bounds.high < drawn.max() <= bounds.high


@pytest.mark.parametrize(("fan_in", "fan_out"), [*FANS, (200, 300), (1, 1000)])
def test_orthogonal_weights_are_orthogonal(fan_in, fan_out):
    drawn = INITIALIZERS["orthogonal"].draw(
        np.random.default_rng(5), fan_in, fan_out, gain=1.5
    )
    assert drawn.shape == (fan_out, fan_in)
    product = drawn @ drawn.T if fan_out <= fan_in else drawn.T @ drawn
    np.testing.assert_allclose(product, 2.25 * np.eye(min(fan_in, fan_out)), atol=1e-12)


def test_orthogonal_weights_are_spread_evenly():
    rng = np.random.default_rng(5)
    corners = [INITIALIZERS["orthogonal"].draw(rng, 2, 2)[0, 0] for _ in range(4000)]
    # the cosine of an angle that is equally likely everywhere: mean 0, mean square 1/2, either sign as often
    assert abs(np.mean(corners)) < 5 * math.sqrt(0.5 / 4000)
    assert abs(np.mean(np.square(corners)) - 0.5) < 5 * math.sqrt(0.125 / 4000)


def test_the_truncated_deviation_against_the_integral():
    cuts = [1e-6, 1e-3, 0.1, 0.5, 1.0, 1.25, 2.0, 3.0, 4.99, 5.01, 8.0, 40.0, 1e200]
    for cut in cuts:
        with mp.workdps(60):
            c = mp.mpf(cut)
            exact = mp.sqrt(1 - 2 * c * mp.npdf(c) / mp.erf(c / mp.sqrt(2)))
        assert math.isclose(truncated_std(cut), float(exact), rel_tol=1e-15), cut
    assert len(cuts) == 13


@pytest.mark.parametrize("cut", [0.01, 0.5, 1.25, 1.3, 2.0, 6.0])
def test_truncated_weights_stay_within_the_cut(cut):
    drawn = INITIALIZERS["truncated_normal"].draw(
        np.random.default_rng(9), 500, 400, scale=1, cut=cut, mean=10
    )
    assert np.abs(drawn - 10).max() <= cut + 1e-14
    assert abs(drawn.std() - truncated_std(cut)) <= 5 * truncated_std(cut) / math.sqrt(
        2 * drawn.size
    )
    assert abs(drawn.mean() - 10) <= 5 * truncated_std(cut) / math.sqrt(drawn.size)


def test_zeros_say_why_they_do_not_train():
    assert "does not train" in INITIALIZERS["zeros"].note


def test_the_usual_names_are_found():
    found = {
        name: INITIALIZERS[name].name
        for name in ("Glorot-Normal", "kaiming_uniform", "he", "Xavier", "lecun")
    }
    assert list(found.values()) == [
        "xavier_normal",
        "he_uniform",
        "he_normal",
        "xavier_normal",
        "lecun_normal",
    ]


WRONG = {
    ("he_norml", 3, 2): "no initializer 'he_norml'; did you mean 'he_normal'?",
    ("he", 0, 2): "fan-in 0 is out of range; give a whole number from 1 to 100000000",
    (
        "he",
        3,
        -1,
    ): "fan-out -1 is out of range; give a whole number from 1 to 100000000",
    (
        "he:mode=both",
        3,
        2,
    ): "mode=both is not known to initializer 'he_normal'; choose from fan_in, fan_out",
    (
        "he:gain=0",
        3,
        2,
    ): "gain=0 is out of range for initializer 'he_normal'; give a number above 0",
    (
        "normal:std=-1",
        3,
        2,
    ): "std=-1 is out of range for initializer 'normal'; give a number above 0",
    (
        "normal:mean=inf",
        3,
        2,
    ): "mean=inf is out of range for initializer 'normal'; give a finite number",
    (
        "uniform:1,high=0",
        3,
        2,
    ): "low=1.0 is not below high=0.0; give low first and high above it",
    (
        "uniform:-1e308,high=1e308",
        3,
        2,
    ): "initializer 'uniform' would draw weights whose squares are no floats; "
    "give it a deviation and a mean from 1e-140 to 1e+140",
    (
        "normal:1e160",
        3,
        2,
    ): "initializer 'normal' would draw weights whose squares are no floats; "
    "give it a deviation and a mean from 1e-140 to 1e+140",
    (
        "he:gain=1e-200",
        3,
        2,
    ): "initializer 'he_normal' would draw weights whose squares are no floats; "
    "give it a deviation and a mean from 1e-140 to 1e+140",
    (
        "he",
        2.5,
        2,
    ): "fan-in 2.5 is out of range; give a whole number from 1 to 100000000",
    ("zeros:std=1", 3, 2): "initializer 'zeros' has no parameters; leave out 'std'",
    (
        "truncated_normal:cut=0",
        3,
        2,
    ): "cut=0 is out of range for initializer 'truncated_normal'; "
    "give a number at least 1e-06",
}


@pytest.mark.parametrize("request_", WRONG, ids=str)
def test_a_wrong_request_is_told_in_one_line(request_):
    spec, fan_in, fan_out = request_
    with pytest.raises(RequestError) as caught:
        distribution(spec, fan_in, fan_out)
    assert str(caught.value) == WRONG[request_]


@pytest.mark.parametrize("spec", ["normal:std=1e139,mean=1e140", "he:gain=1e-139"])
def test_what_may_be_drawn_can_be_measured(spec):
    chosen = choose(INITIALIZERS, spec)
    theory = chosen.record(100, 100, **chosen.values)
    drawn = chosen.record.draw(np.random.default_rng(1), 100, 100, **chosen.values)
    assert drawn.std() == pytest.approx(theory.std, rel=0.05)


def test_more_weights_than_memory_are_refused():
    with pytest.raises(
        RequestError,
        match="100000 by 20000 weights are too many to draw; ask for at most 1e\\+08",
    ):
        INITIALIZERS["he"].draw(np.random.default_rng(1), 20_000, 100_000)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ours", "torchs", "arguments"),
    [
        ("xavier_normal", "xavier_normal_", {}),
        ("xavier_uniform", "xavier_uniform_", {}),
        ("he_normal", "kaiming_normal_", {"nonlinearity": "relu"}),
        (
            "he_uniform:mode=fan_out",
            "kaiming_uniform_",
            {"nonlinearity": "relu", "mode": "fan_out"},
        ),
        ("lecun_normal", "kaiming_normal_", {"nonlinearity": "linear"}),
        ("orthogonal", "orthogonal_", {}),
        ("truncated_normal:scale=1", "trunc_normal_", {}),
    ],
)
def test_the_torch_that_is_installed_draws_with_our_deviation(ours, torchs, arguments):
    torch = pytest.importorskip("torch")
    torch.manual_seed(11)
    drawn = torch.empty(300, 400, dtype=torch.float64)
    getattr(torch.nn.init, torchs)(drawn, **arguments)
    theory = distribution(ours, 400, 300).std
    assert abs(float(drawn.std()) - theory) <= 5 * theory / math.sqrt(2 * drawn.numel())


@pytest.mark.parametrize("spec", DOCUMENTED)
def test_the_density_has_the_mean_and_the_deviation_of_theory(spec):
    drawn_from = distribution(spec, 20, 10)
    if drawn_from.std == 0.0:
        assert drawn_from.density(np.zeros(3)) is None
        return
    far = 12.0 * drawn_from.std
    x = np.linspace(drawn_from.mean - far, drawn_from.mean + far, 400_001)
    weight = drawn_from.density(x) * (x[1] - x[0])
    mean = (weight * x).sum()
    assert weight.sum() == pytest.approx(1.0, abs=1e-4)
    assert mean == pytest.approx(drawn_from.mean, abs=1e-4 * drawn_from.std)
    assert math.sqrt((weight * (x - mean) ** 2).sum()) == pytest.approx(
        drawn_from.std, rel=1e-4
    )
