"""What is said of gradients that went through many layers: a verdict, and where the function had no value for one."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array
from actcli.errors import RequestError

Verdict = Literal["vanishing", "exploding", "healthy", "undefined"]

BOUND = 100.0
CRITERION = (
    f"vanishing if the gradient at layer 1 is under 1/{BOUND:g} of that at the last layer, "
    f"exploding if over {BOUND:g} times, else healthy; undefined where the function has no value"
)
MOST_LAYERS = 10_000


def verdict(gradient: Array) -> Verdict:
    """Judge the gradients of layers by CRITERION; what is not finite has exploded.

    >>> verdict(np.array([0.5, 0.7, 1.0])), verdict(np.array([1e-9, 1e-5, 1.0]))
    ('healthy', 'vanishing')
    """
    change = ratio(gradient)
    if not math.isfinite(change) or change > BOUND:
        return "exploding"
    return "vanishing" if change < 1.0 / BOUND else "healthy"


def ratio(gradient: Array) -> float:
    """Return the gradient at the first layer as a multiple of that at the last; 0 where none arrives."""
    first, last = float(np.abs(gradient[0])), float(np.abs(gradient[-1]))
    if first == 0.0:
        return 0.0
    return first / last if last else math.inf


@dataclass(frozen=True)
class Gap:
    """Where a function was asked for what it does not have.

    Attributes:
        layer: the first in which that happened, from 1.
        z: what went into it there, finite.
        what: ``value`` or ``derivative``, whichever is missing.
    """

    layer: int
    z: float
    what: str

    def __str__(self) -> str:
        return f"no {self.what} at z = {self.z:.4g} in layer {self.layer}"


def first_gap(
    inputs: Iterable[Array], results: Iterable[tuple[Array, Array]]
) -> Gap | None:
    """Return the first gap, given for each layer what went into the function, and its values and slopes there."""
    for layer, (z, both) in enumerate(zip(inputs, results, strict=True), 1):
        for what, y in zip(("value", "derivative"), both, strict=True):
            missing = np.isfinite(z) & np.isnan(y)
            if missing.any():
                return Gap(layer, float(z[missing][0]), what)
    return None


def check_elementwise(functions: Sequence[Activation]) -> None:
    """Refuse functions of an axis: what is measured is the slope at every number."""
    for function in functions:
        if function.over_axis:
            raise RequestError(
                f"{function.name} works over an axis; give elementwise functions"
            )
