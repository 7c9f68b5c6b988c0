import math

import pytest

from actcli.errors import RequestError
from actcli.training.declaration import choose
from actcli.training.schedules import SCHEDULES


def factors(spec: str, steps: int) -> list[float]:
    chosen = choose(SCHEDULES, spec)
    return chosen.record(steps, **chosen.values)


EXPECTED = {
    "constant": [1.0] * 8,
    "step:every=3,gamma=0.5": [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25],
    "exponential:0.5": [2.0**-t for t in range(8)],
    "cosine": [(1 + math.cos(math.pi * t / 8)) / 2 for t in range(8)],
    "cosine:end=0.1": [
        0.1 + 0.9 * (1 + math.cos(math.pi * t / 8)) / 2 for t in range(8)
    ],
    "constant:warmup=4": [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0],
    "step:every=2,warmup=2": [0.5, 1.0, 1.0, 1.0, 0.5, 0.5, 0.25, 0.25],
    "exponential:gamma=0.5,warmup=1": [1.0, *(2.0**-t for t in range(7))],
    "cosine:warmup=4": [
        0.25,
        0.5,
        0.75,
        1.0,
        *((1 + math.cos(math.pi * t / 4)) / 2 for t in range(4)),
    ],
    "cosine:warmup=8": [(t + 1) / 8 for t in range(8)],
}


@pytest.mark.parametrize("spec", EXPECTED)
def test_the_factors_of_a_schedule(spec):
    assert factors(spec, 8) == pytest.approx(EXPECTED[spec], rel=1e-15)


def test_the_table_has_every_schedule_with_and_without_warm_up():
    named = {
        (choose(SCHEDULES, spec).record.name, "warmup" in spec) for spec in EXPECTED
    }
    assert named == {(name, warm) for name in SCHEDULES for warm in (True, False)}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_factor_lies_between_nothing_and_the_whole_rate(name):
    for steps in (1, 2, 50):
        got = factors(f"{name}:warmup=5", steps)
        assert len(got) == steps
        assert all(0 < factor <= 1 for factor in got)


WRONG = {
    "cosin": "no schedule 'cosin'; did you mean 'cosine'?",
    "cosine:end=2": "end=2 is out of range for schedule 'cosine'; give a number at least 0 and at most 1",
    "step:every=0": "every=0 is out of range for schedule 'step'; give a whole number at least 1",
    "exponential:gamma=1.5": "gamma=1.5 is out of range for schedule 'exponential'; "
    "give a number above 0 and at most 1",
    "constant:warmup=-1": "warmup=-1 is out of range for schedule 'constant'; give a whole number at least 0",
    "constant:gamma=1": "schedule 'constant' has no parameter 'gamma'; it has warmup",
}


@pytest.mark.parametrize("spec", WRONG)
def test_a_wrong_schedule_is_told_in_one_line(spec):
    with pytest.raises(RequestError) as caught:
        factors(spec, 8)
    assert str(caught.value) == WRONG[spec]


@pytest.mark.parametrize("steps", [0, -3, 1_000_001])
def test_no_steps_and_too_many_are_refused(steps):
    told = f"steps {steps} is out of range; give a whole number from 1 to 1000000"
    with pytest.raises(RequestError, match=told):
        factors("constant", steps)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ours", "torchs", "arguments"),
    [
        ("step:every=7,gamma=0.3", "StepLR", {"step_size": 7, "gamma": 0.3}),
        ("exponential:gamma=0.9", "ExponentialLR", {"gamma": 0.9}),
        ("cosine:end=0.2", "CosineAnnealingLR", {"T_max": 40, "eta_min": 0.2}),
        ("constant:warmup=8", "LinearLR", {"start_factor": 1 / 8, "total_iters": 7}),
    ],
)
def test_the_torch_that_is_installed_has_the_same_factors(ours, torchs, arguments):
    torch = pytest.importorskip("torch")
    method = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    scheduler = getattr(torch.optim.lr_scheduler, torchs)(method, **arguments)
    expected = []
    for _ in range(40):
        expected.append(scheduler.get_last_lr()[0])
        method.step()
        scheduler.step()
    assert factors(ours, 40) == pytest.approx(expected, rel=1e-12)
