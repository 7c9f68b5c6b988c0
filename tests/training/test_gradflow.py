"""Gradients through random networks: against the network written out, central differences, and what is known of gains."""

import math
import time
from threading import Lock

import numpy as np
import pytest

import actcli
from actcli.errors import RequestError
from actcli.training.gradflow import Setting, flows
from actcli.training.verdicts import ratio

SMALL = Setting(layers=4, width=32, batch=16, seeds=(0, 1))


def by_hand(function, setting, seed, scale):
    """Return deviations of outputs and gradients of a network without extras, written out."""
    rng = np.random.default_rng(seed)
    n, rows = setting.width, setting.batch
    a, back = rng.normal(size=(rows, n)), rng.normal(size=(rows, n))
    back = back / np.linalg.norm(back, axis=1, keepdims=True)
    weights = [rng.normal(0, scale, (n, n)) for _ in range(setting.layers)]
    sums, deviations, gradients = [], [], []
    for weight in weights:
        sums.append(a @ weight.T)
        a = function(sums[-1])
        deviations.append(a.std())
    for weight, z in zip(weights[::-1], sums[::-1], strict=True):
        gradients.append(np.sqrt((back**2).sum(axis=1).mean()))
        back = (back * function.derivative(z)) @ weight
    return np.array(deviations), np.array(gradients[::-1])


def test_the_network_is_the_one_described():
    function = actcli.get("tanh")
    setting = Setting(4, 32, "normal:0.2", 16, (3, 4))
    (flow,) = flows([function], setting)
    runs = [by_hand(function, setting, seed, 0.2) for seed in (3, 4)]
    deviations, gradients = (np.array(part) for part in zip(*runs, strict=True))
    np.testing.assert_allclose(flow.std.mean, deviations.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(flow.std.low, deviations.min(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        flow.gradient.mean, np.exp(np.log(gradients).mean(axis=0)), rtol=1e-12
    )
    np.testing.assert_allclose(flow.gradient.high, gradients.max(axis=0), rtol=1e-12)
    assert flow.gain == 1.0
    assert flow.gradient.mean[-1] == pytest.approx(1.0, rel=1e-14)


def test_the_gradient_by_weights_is_that_of_central_differences():
    setting = Setting(1, 5, "normal:0.5", 4, (0,))
    (flow,) = flows([actcli.get("tanh")], setting)
    rng = np.random.default_rng(0)
    x, back = rng.normal(size=(4, 5)), rng.normal(size=(4, 5))
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    weight = rng.normal(0, 0.5, (5, 5))

    def loss(given):
        return (back * np.tanh(x @ given.T)).sum() / math.sqrt(4)

    step = 1e-5 * np.eye(25).reshape(25, 5, 5)
    by_weight = [(loss(weight + h) - loss(weight - h)) / 2e-5 for h in step]
    assert flow.weight_gradient.mean[0] == pytest.approx(
        np.linalg.norm(by_weight), rel=1e-8
    )


def test_the_result_depends_neither_on_threads_nor_on_company():
    functions = [actcli.get(n) for n in ("relu", "tanh")]
    alone = flows(functions[1:], SMALL, threads=1)[0]
    together = flows(functions, SMALL, threads=2)[1]
    for name in ("mean", "std", "dead", "gradient", "weight_gradient"):
        np.testing.assert_array_equal(
            getattr(alone, name).mean, getattr(together, name).mean
        )


def test_other_seeds_are_other_networks():
    function = [actcli.get("tanh")]
    one, other = (flows(function, Setting(seeds=(s,), width=16))[0] for s in (0, 1))
    assert not np.array_equal(one.std.mean, other.std.mean)


def test_every_network_is_counted():
    counted = []
    flows(
        [actcli.get(n) for n in ("relu", "tanh")], SMALL, tick=lambda: counted.append(1)
    )
    assert len(counted) == 4


def test_networks_are_counted_one_at_a_time():
    counting = Lock()

    def tick():
        assert counting.acquire(blocking=False)
        time.sleep(0.01)
        counting.release()

    setting = Setting(layers=1, width=2, batch=2, seeds=range(16))
    flows([actcli.get("relu")], setting, threads=8, tick=tick)


def test_auto_keeps_relu_and_tanh_in_scale_and_cannot_save_sigmoid():
    setting = Setting(layers=30, width=128, batch=32)
    sigmoid, tanh, relu = flows(
        [actcli.get(n) for n in ("sigmoid", "tanh", "relu")], setting
    )
    assert (sigmoid.verdict, tanh.verdict, relu.verdict) == (
        "vanishing", "healthy", "healthy",
    )  # fmt: skip
    assert relu.gain == pytest.approx(math.sqrt(2), rel=1e-9)
    assert 0.4 < relu.std.mean[-1] / relu.std.mean[0] < 2.5
    # half of the inputs of relu are negative, none of sigmoid's are far out
    assert relu.dead.mean[0] == pytest.approx(0.5, abs=0.05)
    assert sigmoid.dead.mean.max() < 0.01


def test_remedies():
    (plain,) = flows([actcli.get("sigmoid")], Setting(30, 64, batch=32))
    (normed,) = flows(
        [actcli.get("sigmoid")], Setting(30, 64, batch=32, batch_norm=True)
    )
    (around,) = flows([actcli.get("sigmoid")], Setting(30, 64, batch=32, residual=True))
    assert ratio(plain.gradient.mean) < 1e-9
    assert normed.verdict == around.verdict == "healthy"
    assert around.gain == pytest.approx(plain.gain / math.sqrt(30), rel=1e-12)


def test_small_weights_vanish_and_large_ones_explode():
    relu = [actcli.get("relu")]
    (small,) = flows(relu, Setting(20, 64, "normal:0.01"))
    (large,) = flows(relu, Setting(20, 64, "normal:1"))
    (beyond,) = flows(relu, Setting(400, 64, "normal:1", seeds=(0,)))
    assert (small.verdict, large.verdict, beyond.verdict) == (
        "vanishing", "exploding", "exploding",
    )  # fmt: skip


def test_what_is_too_small_or_large_to_be_squared_is_still_measured():
    (tiny,) = flows([actcli.get("sigmoid")], Setting(500, 16, seeds=(0,)))
    assert 1e-300 < tiny.gradient.mean[0] < 1e-180
    (huge,) = flows([actcli.get("relu")], Setting(120, 16, "normal:20", seeds=(0,)))
    assert 1e180 < huge.std.mean[-1] < 1e300
    each = huge.std.mean[1:] / huge.std.mean[:-1]
    assert ((each > 5) & (each < 500)).all()


def test_a_function_without_slope_passes_nothing():
    (flow,) = flows([actcli.get("step")], SMALL)
    assert flow.gradient.mean.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert flow.dead_units.mean.tolist() == [1.0] * 4
    assert flow.verdict == "vanishing"


def test_a_formula_of_ones_own_flows_too():
    (own,) = flows([actcli.get("x*sigmoid(x)")], Setting(2, 8, batch=4, seeds=(0,)))
    (swish,) = flows([actcli.get("swish")], Setting(2, 8, batch=4, seeds=(0,)))
    np.testing.assert_allclose(own.gradient.mean, swish.gradient.mean, rtol=1e-8)


WRONG = {
    "layers -3 is out of range": {"layers": -3},
    "layers 10001 is out of range": {"layers": 10_001},
    "layers 2.5 is out of range": {"layers": 2.5},
    "width 0 is out of range": {"width": 0},
    "width 2.5 is out of range": {"width": 2.5},
    "seed 0.5 is out of range": {"seeds": (0, 0.5)},
    "batch 0 is out of range": {"batch": 0},
    "batch 1 is out of range": {"batch": 1, "batch_norm": True},
    "seeds 0 is out of range": {"seeds": ()},
    "seeds 1000000000000 is out of range; give a whole number from 1 to 10000": {
        "layers": 1,
        "width": 1,
        "seeds": range(10**12),
    },
    "no initializer 'hee'; did you mean 'he'": {"init": "hee"},
    "10000 layers of width 10000 and batch 64 are too large": {
        "layers": 10_000,
        "width": 10_000,
    },
    "10000 layers of width 1 and batch 1 are too large for 10000 seeds; layers*": {
        "layers": 10_000,
        "width": 1,
        "batch": 1,
        "seeds": range(10_000),
    },
}


@pytest.mark.parametrize("text", WRONG)
def test_a_setting_out_of_range_is_told(text):
    with pytest.raises(RequestError) as caught:
        flows([actcli.get("relu")], Setting(**WRONG[text]))
    assert str(caught.value).startswith(text)


def test_a_function_without_a_value_is_undefined_and_the_place_is_told():
    (flow,) = flows([actcli.get("log(x)")], Setting(3, 8, batch=4, seeds=(0,)))
    assert flow.verdict == "undefined"
    assert (flow.gap.layer, flow.gap.what) == (1, "value")
    assert flow.gap.z < 0
    (later,) = flows(
        [actcli.get("log(x + 3)")], Setting(3, 8, "normal:0.9", seeds=(0,))
    )
    assert later.verdict == "undefined"
    assert later.gap.z < -3


def test_what_overflows_is_not_without_a_value():
    (flow,) = flows([actcli.get("relu")], Setting(400, 64, "normal:9", seeds=(0,)))
    assert np.isnan(flow.gradient.mean).any()
    assert (flow.verdict, flow.gap) == ("exploding", None)
    # the rule for the derivative of tanh(exp(x)) overflows from 710 on, tanh and its slope do not
    (own,) = flows(
        [actcli.get("x*tanh(exp(x))")], Setting(6, 64, "normal:1", seeds=(0,))
    )
    assert own.std.mean[-1] > 1e4
    assert np.isfinite(own.gradient.mean).all()
    assert (own.verdict, own.gap) == ("exploding", None)


@pytest.mark.parametrize(
    ("formula", "why"),
    [("log(x)", "undefined"), ("exp(x*x)", "infinite"), ("0*x", "0")],
)
def test_a_gain_that_is_missing_is_said(formula, why):
    (flow,) = flows([actcli.get(formula)], Setting(4, 4, batch=2, seeds=(0,)))
    assert (flow.gain, flow.no_gain) == (1.0, f"E[f(z)²] is {why}")
    around = Setting(4, 4, batch=2, seeds=(0,), residual=True)
    assert flows([actcli.get(formula)], around)[0].gain == 0.5


def test_a_gain_that_is_known_needs_no_excuse():
    assert flows([actcli.get("tanh")], SMALL)[0].no_gain == ""
    typed = Setting(2, 4, "he", 2, (0,))
    assert flows([actcli.get("log(x)")], typed)[0].no_gain == ""


def test_a_function_of_an_axis_is_refused():
    with pytest.raises(RequestError, match="softmax works over an axis"):
        flows([actcli.get("softmax")])


@pytest.mark.parametrize(
    ("name", "off_by", "stability"),
    [
        ("swish", 1.17259, "unstable"),
        ("gelu", 1.14406, "unstable"),
        ("mish", 1.07634, "unstable"),
        ("relu", 1.0, "neutral"),
        ("x", 1.0, "neutral"),
        ("tanh", 0.46107, "stable"),
        ("x**2", 2.0, "unstable"),
    ],
)
def test_whether_variance_one_is_a_stable_fixed_point(
    name: str, off_by: float, stability: str
) -> None:
    (flow,) = flows([actcli.get(name)], Setting(2, 8, batch=4, seeds=(0,)))
    assert flow.off_by == pytest.approx(off_by, abs=1e-5)
    assert flow.stability == stability


def test_rounding_is_no_deviation() -> None:
    # E[sin(30·√q·z)²] is (1 - exp(-1800·q))/2, whose derivative at 1 is below 1e-778
    (flow,) = flows([actcli.get("siren")], Setting(2, 8, batch=4, seeds=(0,)))
    assert (flow.off_by, flow.stability) == (0.0, "stable")


@pytest.mark.parametrize(
    "options", [{"init": "he"}, {"batch_norm": True}, {"residual": True}]
)
def test_where_no_variance_is_kept_nothing_is_said_of_it(options) -> None:
    (flow,) = flows(
        [actcli.get("swish")], Setting(2, 8, batch=4, seeds=(0,), **options)
    )
    assert math.isnan(flow.off_by)
    assert flow.stability == ""


def test_a_variance_off_one_goes_on_as_is_said() -> None:
    """Sums of variance 1.01 in one wide layer of swish: what becomes of them in the next."""
    swish = actcli.get("swish")
    (flow,) = flows([swish], Setting(2, 8, batch=4, seeds=(0,)))
    z = np.random.default_rng(0).normal(size=4_000_000)
    kept, off = (
        flow.gain**2 * np.mean(swish(z * s) ** 2) for s in (1.0, math.sqrt(1.01))
    )
    assert (off - kept) / 0.01 == pytest.approx(flow.off_by, rel=0.01)


def test_the_factor_a_layer() -> None:
    (flow,) = flows([actcli.get("tanh")], Setting(5, 8, batch=4, seeds=(0,)))
    assert flow.factor**4 == pytest.approx(flow.change, rel=1e-14)
    assert flow.change == flow.gradient.mean[0] / flow.gradient.mean[-1]
    (alone,) = flows([actcli.get("tanh")], Setting(1, 8, batch=4, seeds=(0,)))
    assert (alone.change, alone.factor) == (1.0, 1.0)
