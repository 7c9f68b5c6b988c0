"""The schedules, a declaration each: the factor on the learning rate at every step. Knows nothing of optimizers."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from actcli.errors import check_count
from actcli.registry import Registry
from actcli.training.declaration import Record, declaring
from actcli.training.hyperparameters import Domain, Hyperparameter, Value

Factor = Callable[..., float]

WARMUP = Hyperparameter(
    "warmup",
    0,
    Domain(least=0),
    meaning="steps over which lr rises in equal parts, before the schedule",
)

MOST_STEPS = 1_000_000


@dataclass(kw_only=True, eq=False)
class Schedule(Record[Factor]):
    """A schedule as declared; call it with the number of steps for the factor at each.

    Its formula is of the step ``t`` from 0 and the number of ``steps``; all can warm up.
    """

    kind: ClassVar = "schedule"
    torch: str

    def stand_for(self, function: Factor) -> None:
        super().stand_for(function)
        self.parameters[WARMUP.name] = WARMUP

    def __call__(self, steps: int, **values: Value) -> list[float]:
        """Return the factors on the learning rate for ``steps`` steps.

        The warm-up takes the first ``warmup`` of them, 1/warmup, 2/warmup, … 1; the schedule has the rest to itself.

        >>> step(6, every=2, warmup=2)
        [0.5, 1.0, 1.0, 1.0, 0.5, 0.5]
        """
        check_count("steps", steps, 1, MOST_STEPS)
        bound: dict[str, Any] = self.bind(values)
        warmup = min(bound.pop(WARMUP.name), steps)
        rise = [(t + 1) / warmup for t in range(warmup)]
        return rise + [
            self.function(t, steps - warmup, **bound) for t in range(steps - warmup)
        ]


SCHEDULES = Registry[Schedule](Schedule.kind, "actcli optimize --list")
schedule = declaring(Schedule, Schedule.stand_for, SCHEDULES)


Shrink = Annotated[float, Domain(above=0, most=1), "what the rate is multiplied by"]


@schedule("1", torch="none", aliases=("none",))
def constant(_t: int, _steps: int) -> float:
    """The learning rate stays."""
    return 1.0


@schedule(
    "gamma**floor(t/every)",
    torch="torch.optim.lr_scheduler.StepLR(step_size=every, gamma)",
    aliases=("steps",),
)
def step(
    t: int,
    _steps: int,
    *,
    every: Annotated[int, Domain(least=1), "steps from one fall to the next"] = 10,
    gamma: Shrink = 0.5,
) -> float:
    """The learning rate falls at every so many steps."""
    return gamma ** (t // every)


@schedule("gamma**t", torch="torch.optim.lr_scheduler.ExponentialLR(gamma)")
def exponential(t: int, _steps: int, *, gamma: Shrink = 0.95) -> float:
    """The learning rate falls by the same factor at each step."""
    return gamma**t


@schedule(
    "end + (1 - end)*(1 + cos(pi*t/steps))/2",
    torch="torch.optim.lr_scheduler.CosineAnnealingLR(T_max=steps, eta_min=end*lr)",
    aliases=("cosine_annealing",),
)
def cosine(
    t: int,
    steps: int,
    *,
    end: Annotated[
        float, Domain(least=0, most=1), "the factor that is reached after the last step"
    ] = 0.0,
) -> float:
    """The learning rate falls along half a cosine."""
    return end + (1.0 - end) * (1.0 + math.cos(math.pi * t / steps)) / 2.0
