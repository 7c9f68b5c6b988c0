"""The optimizers against torch.optim, against closed forms, and against one another."""

import json
import math

import numpy as np
import pytest

from actcli.errors import RequestError
from actcli.training.declaration import choose
from actcli.training.descent import descend
from actcli.training.optimizers import OPTIMIZERS, Optimizer
from tests.training.torch_trajectories import CASES, FROZEN, STEPS, Case, trajectory

FORMS = [(o, form) for o in OPTIMIZERS.values() for form in o.forms]


def positions(case: Case) -> np.ndarray:
    return descend(
        case.surface, case.ours, schedule=case.schedule, steps=STEPS
    ).position


def agree(got: np.ndarray, expected: list[list[float]]) -> int:
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)
    return len(expected)


def test_every_method_follows_torch_step_by_step():
    frozen = {
        entry["case"]: entry["path"]
        for entry in json.loads(FROZEN.read_text())["trajectories"]
    }
    compared = [agree(positions(case), frozen.pop(case.label)) for case in CASES]
    assert compared == [STEPS + 1] * len(CASES)
    assert not frozen


def test_every_method_has_a_frozen_trajectory():
    assert {choose(OPTIMIZERS, case.ours).record.name for case in CASES} == set(
        OPTIMIZERS
    )


@pytest.mark.slow
def test_every_method_follows_the_torch_that_is_installed():
    pytest.importorskip("torch")
    compared = [agree(positions(case), trajectory(case)) for case in CASES]
    assert compared == [STEPS + 1] * len(CASES)


def test_the_comparison_refuses_a_trajectory_that_is_slightly_off():
    case = CASES[0]
    wrong = positions(case) * (1.0 + 1e-11)
    with pytest.raises(AssertionError, match="Mismatched"):
        agree(positions(case), wrong.tolist())


def geometric(t: int) -> float:
    return (1.0 - 0.9**t) / 0.1


# On a plane of slope 1 the length of step t, in units of lr, has a closed form; eps is large enough to be seen.
ON_A_PLANE = {
    "sgd": lambda _: 1.0,
    "momentum": geometric,
    "momentum:dampening=0.5": lambda t: 0.9 ** (t - 1) + 0.5 * geometric(t - 1),
    "momentum:form=literature": geometric,
    "momentum:form=literature,dampening=0.5": lambda t: 0.5 * geometric(t),
    "nesterov": lambda t: 1.0 + 0.9 * geometric(t),
    "nesterov:form=literature": geometric,
    "adagrad:eps=0.25": lambda t: 1.0 / (math.sqrt(t) + 0.25),
    "rmsprop:eps=0.25,rho=0.9": lambda t: 1.0 / (math.sqrt(1 - 0.9**t) + 0.25),
    "rmsprop:eps=0.25,rho=0.9,form=literature": lambda t: (
        1.0 / math.sqrt(1 - 0.9**t + 0.25)
    ),
    "rmsprop:eps=0.25,rho=0.9,centered=true": lambda t: (
        1.0 / (math.sqrt((1 - 0.9**t) * 0.9**t) + 0.25)
    ),
    "adam:eps=0.25": lambda _: 1.0 / 1.25,
    "amsgrad:eps=0.25": lambda _: 1.0 / 1.25,
    "amsgrad:eps=0.25,form=literature": lambda t: (
        (1 - 0.9**t) / (math.sqrt(1 - 0.999**t) + 0.25)
    ),
    "nadam:eps=0.25,form=literature": lambda t: (
        (0.9 * (1 - 0.9**t) / (1 - 0.9 ** (t + 1)) + 0.1 / (1 - 0.9**t)) / 1.25
    ),
    "adamw:eps=0.25,weight_decay=0": lambda _: 1.0 / 1.25,
    "adamw:eps=0.25,weight_decay=0,form=literature": lambda _: 1.0 / 1.25,
}


@pytest.mark.parametrize("spec", ON_A_PLANE)
def test_on_a_plane_the_steps_have_the_length_of_the_closed_form(spec):
    method = choose(OPTIMIZERS, spec)
    path = [
        0.0,
        *method.record(np.array(0.0), np.ones_like, [1.0] * 20, **method.values),
    ]
    expected = [-0.1 * ON_A_PLANE[spec](t) for t in range(1, 21)]
    np.testing.assert_allclose(np.diff(path), expected, rtol=1e-12)
    assert len(expected) == 20


def test_of_a_constant_gradient_the_deviation_is_a_number():
    # the running mean square is a little under the square of the running mean, as 0.49 and 0.7² are rounded
    for form in ("torch", "literature"):
        method = choose(OPTIMIZERS, f"rmsprop:rho=0.5,centered=true,form={form}")
        start, rates = np.array(0.0), [1.0] * 100
        slope = lambda _: np.array(0.7)  # noqa: E731  # a plane
        path = list(method.record(start, slope, rates, **method.values))
        assert len(path) == 100
        assert np.isfinite(path).all()


def test_torch_scales_adamw_decay_by_the_rate_and_the_literature_does_not():
    for form, decay in ("torch", 0.2), ("literature", 0.02):
        method = choose(OPTIMIZERS, f"adamw:form={form},weight_decay={decay}")
        path = list(
            method.record(np.array(8.0), np.zeros_like, [1.0, 0.5], **method.values)
        )
        np.testing.assert_allclose(path, [8.0 * 0.98, 8.0 * 0.98 * 0.99], rtol=1e-15)


def test_forms_of_momentum_agree_until_the_rate_changes():
    paths = {
        (form, schedule): descend(
            "ellipse", f"momentum:lr=0.01,form={form}", schedule=schedule
        ).position
        for form in ("torch", "literature")
        for schedule in ("constant", "step:every=5")
    }
    np.testing.assert_allclose(
        paths["torch", "constant"],
        paths["literature", "constant"],
        rtol=1e-12,
        atol=1e-12,
    )
    apart = np.abs(
        paths["torch", "step:every=5"] - paths["literature", "step:every=5"]
    ).max(axis=1)
    assert apart[:6].max() < 1e-12
    assert apart[6] > 0.1


def test_torch_keeps_the_point_ahead_that_nesterov_looks_from():
    ahead = descend("rosenbrock", "nesterov:lr=0.0005").position
    x = descend("rosenbrock", "nesterov:lr=0.0005,form=literature").position
    np.testing.assert_allclose(
        ahead[1:], x[1:] + 0.9 * np.diff(x, axis=0), rtol=1e-11, atol=1e-12
    )


@pytest.mark.parametrize(("method", "form"), FORMS, ids=lambda p: getattr(p, "name", p))
def test_a_method_goes_downhill_and_leaves_its_start_alone(
    method: Optimizer, form: str
):
    start = np.array([[-3.0, 2.0], [1.0, -1.0]])
    start.flags.writeable = False
    chosen = {"form": form} if len(method.forms) > 1 else {}
    path = list(method(start, lambda x: 2.0 * x, [1.0] * 50, lr=0.02, **chosen))
    assert len(path) == 50
    assert {x.shape for x in path} == {(2, 2)}
    assert np.all(np.abs(path[-1]) < np.abs(start))


def test_six_of_nine_methods_say_how_torch_differs_from_the_literature():
    assert len(OPTIMIZERS) == 9
    told = {
        o.name: o.forms["literature"].difference
        for o in OPTIMIZERS.values()
        if "literature" in o.forms
    }
    assert list(told) == [
        "momentum",
        "nesterov",
        "rmsprop",
        "adamw",
        "nadam",
        "amsgrad",
    ]
    assert all(told.values())


def test_a_parameter_that_a_form_does_not_know_cannot_be_set():
    with pytest.raises(
        RequestError,
        match="momentum_decay means nothing to optimizer 'nadam' with form=literature",
    ):
        choose(OPTIMIZERS, "nadam:form=literature,momentum_decay=0.1")


def test_no_gradient_means_no_step_and_no_division_by_zero():
    for method, form in FORMS:
        chosen = {"form": form} if len(method.forms) > 1 else {}
        path = list(method(np.zeros(2), np.zeros_like, [1.0] * 3, **chosen))
        np.testing.assert_array_equal(path, np.zeros((3, 2)))
