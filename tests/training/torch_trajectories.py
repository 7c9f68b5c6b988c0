"""Trajectories of torch.optim, to which ours are held. Run with torch installed, it freezes them beside this file."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FROZEN = Path(__file__).with_suffix(".json")
STEPS = 60


@dataclass(frozen=True)
class Case:
    """One of our methods and what torch calls it: class, arguments, and the scheduler's class and arguments."""

    ours: str
    torch: str
    arguments: dict[str, Any] = field(default_factory=dict)
    surface: str = "ellipse"
    schedule: str = "constant"
    scheduler: tuple[str, dict[str, Any]] | None = None

    @property
    def label(self) -> str:
        return f"{self.ours} {self.surface} {self.schedule}"


HALVED: Any = {
    "schedule": "step:every=7,gamma=0.5",
    "scheduler": ("StepLR", {"step_size": 7, "gamma": 0.5}),
}
COSINE: Any = {
    "schedule": "cosine:end=0.1",
    "scheduler": ("CosineAnnealingLR", {"T_max": STEPS}),
}
FALLING: Any = {
    "schedule": "exponential:gamma=0.9",
    "scheduler": ("ExponentialLR", {"gamma": 0.9}),
}
VALLEY: Any = {"surface": "rosenbrock"}

CASES = [
    Case("sgd:lr=0.04", "SGD", {"lr": 0.04}),
    Case(
        "sgd:lr=0.001,weight_decay=0.1",
        "SGD",
        {"lr": 0.001, "weight_decay": 0.1},
        **VALLEY,
    ),
    Case("momentum:lr=0.02", "SGD", {"lr": 0.02, "momentum": 0.9}),
    Case("momentum:lr=0.02", "SGD", {"lr": 0.02, "momentum": 0.9}, **HALVED),
    Case(
        "momentum:lr=0.05,beta=0.8,dampening=0.3,weight_decay=0.01",
        "SGD",
        {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01},
        **FALLING,
    ),
    Case(
        "momentum:lr=0.04,beta=0,dampening=0.5",
        "SGD",
        {"lr": 0.04, "momentum": 0.0, "dampening": 0.5},
    ),
    Case("nesterov:lr=0.02", "SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    Case(
        "nesterov:lr=0.0005",
        "SGD",
        {"lr": 0.0005, "momentum": 0.9, "nesterov": True},
        **VALLEY,
    ),
    Case(
        "nesterov:lr=0.02",
        "SGD",
        {"lr": 0.02, "momentum": 0.9, "nesterov": True},
        **HALVED,
    ),
    Case("adagrad:lr=1.5", "Adagrad", {"lr": 1.5}),
    Case("adagrad:lr=0.1", "Adagrad", {"lr": 0.1}, **VALLEY),
    Case(
        "adagrad:lr=1.5,lr_decay=0.1,initial=0.5,eps=0.01,weight_decay=0.02",
        "Adagrad",
        {
            "lr": 1.5,
            "lr_decay": 0.1,
            "initial_accumulator_value": 0.5,
            "eps": 0.01,
            "weight_decay": 0.02,
        },
        **COSINE,
    ),
    Case("rmsprop:lr=0.1", "RMSprop", {"lr": 0.1}),
    Case(
        "rmsprop:lr=0.01,rho=0.9,eps=0.001",
        "RMSprop",
        {"lr": 0.01, "alpha": 0.9, "eps": 0.001},
        **VALLEY,
    ),
    Case(
        "rmsprop:lr=0.05,beta=0.8,centered=true,weight_decay=0.01",
        "RMSprop",
        {"lr": 0.05, "momentum": 0.8, "centered": True, "weight_decay": 0.01},
        **FALLING,
    ),
    Case("adam:lr=0.3", "Adam", {"lr": 0.3}),
    Case(
        "adam:lr=0.05,weight_decay=0.1",
        "Adam",
        {"lr": 0.05, "weight_decay": 0.1},
        **VALLEY,
    ),
    Case(
        "adam:lr=0.3,beta1=0.8,beta2=0.9,eps=0.01",
        "Adam",
        {"lr": 0.3, "betas": (0.8, 0.9), "eps": 0.01},
        **COSINE,
    ),
    Case("adamw:lr=0.3", "AdamW", {"lr": 0.3}),
    Case(
        "adamw:lr=0.3,weight_decay=0.2",
        "AdamW",
        {"lr": 0.3, "weight_decay": 0.2},
        **HALVED,
    ),
    Case("nadam:lr=0.3", "NAdam", {"lr": 0.3}),
    Case(
        "nadam:lr=0.05,momentum_decay=0.1,weight_decay=0.1",
        "NAdam",
        {"lr": 0.05, "momentum_decay": 0.1, "weight_decay": 0.1},
        **VALLEY,
    ),
    Case("amsgrad:lr=0.3", "Adam", {"lr": 0.3, "amsgrad": True}),
    Case(
        "amsgrad:lr=0.3,beta2=0.5,eps=0.01",
        "Adam",
        {"lr": 0.3, "amsgrad": True, "betas": (0.9, 0.5), "eps": 0.01},
    ),
]

SURFACES: dict[str, tuple[tuple[float, float], Callable[[Any, Any], Any]]] = {
    "ellipse": ((-7.0, 2.0), lambda x, y: x**2 + 10 * y**2),
    "rosenbrock": ((-1.2, 1.0), lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2),
}


def trajectory(case: Case) -> list[list[float]]:
    """Run torch in float64 and return the positions from the start on."""
    import torch

    torch.set_default_dtype(
        torch.float64
    )  # NAdam keeps the product of its momenta in the default dtype
    start, height = SURFACES[case.surface]
    x = torch.tensor(start, requires_grad=True)
    method = getattr(torch.optim, case.torch)([x], **case.arguments)
    scheduler = _scheduler(method, case)
    path = [x.tolist()]
    for _ in range(STEPS):
        method.zero_grad()
        height(*x).backward()
        method.step()
        if scheduler:
            scheduler.step()
        path.append(x.tolist())
    return path


def _scheduler(method: Any, case: Case) -> Any:
    from torch.optim import lr_scheduler

    if not case.scheduler:
        return None
    name, arguments = case.scheduler
    if name == "CosineAnnealingLR":
        arguments = {**arguments, "eta_min": 0.1 * case.arguments["lr"]}
    return getattr(lr_scheduler, name)(method, **arguments)


def freeze() -> None:
    """Write the trajectories of every case, a line each."""
    import torch

    lines = [
        json.dumps({"case": case.label, "path": trajectory(case)}) for case in CASES
    ]
    body = ",\n".join(lines)
    FROZEN.write_text(
        f'{{"torch": "{torch.__version__}", "trajectories": [\n{body}\n]}}\n'
    )


if __name__ == "__main__":
    freeze()
