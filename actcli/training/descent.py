"""A method going down a surface: every step of the way, and how it ended. Draws nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from actcli.engine import Array
from actcli.errors import RequestError
from actcli.training.declaration import Choice, choose
from actcli.training.optimizers import OPTIMIZERS, Optimizer
from actcli.training.schedules import SCHEDULES, Schedule
from actcli.training.surfaces import SURFACES, Point, Surface

Outcome = Literal["reached", "escaped", "diverged", "stalled", "unfinished"]

Truths = NDArray[np.bool_]

FAR = 1000.0  # diagonals of the view: a position beyond has diverged
# shares of how far a way came, or has to go if that is less: a swing that hardly changes, a rest that is hardly a way
SAME, REST = 0.02, 0.05

# in the order in which they are looked for
OUTCOMES: dict[Outcome, str] = {
    "escaped": "left the view downhill, on a surface without a minimum",
    "diverged": f"went more than {FAR:g} diagonals of the view away, or is no longer finite",
    "reached": "came within the tolerance of a minimum and stayed there to the end",
    "stalled": "came to rest, or swings back and forth, where there is no minimum",
    "unfinished": "was still on its way when the steps ran out",
}


@dataclass(frozen=True)
class Descent:
    """The way of one method down a surface; row ``k`` of each array is the state after ``k`` steps.

    Attributes:
        method: the optimizer with its parameters.
        schedule: what scaled its learning rate.
        surface: what it went down on.
        tolerance: how near a minimum counts as reached.
        position: shape ``(steps + 1, 2)``, or fewer rows if it diverged or escaped; all finite.
        loss: the height at each position.
        distance: to the nearest global minimum, NaN where the surface has none.
        rate: the learning rate of the step that led here, NaN at the start.
        outcome: one of ``OUTCOMES``, which says what they mean.
        outcome_step: the step at which it reached, escaped or diverged.
    """

    method: Choice[Optimizer]
    schedule: Choice[Schedule]
    surface: Choice[Surface]
    tolerance: float
    position: Array
    loss: Array
    distance: Array
    rate: Array
    outcome: Outcome
    outcome_step: int | None

    @property
    def steps(self) -> int:
        """How many steps were made before the end or the divergence."""
        return len(self.position) - 1

    @property
    def reached(self) -> int | None:
        """The first step that ended within the tolerance, whether or not it stayed there."""
        return first(self.distance <= self.tolerance)


def descend(
    surface: str | Choice[Surface],
    method: str | Choice[Optimizer],
    *,
    schedule: str | Choice[Schedule] = "constant",
    start: Sequence[float] | None = None,
    steps: int = 30,
    tolerance: float = 0.01,
) -> Descent:
    """Run a method on a surface and record its way.

    Args:
        surface: ``NAME`` or ``NAME:param=value,…``, as for ``method`` and ``schedule``.
        method: the optimizer.
        schedule: the factor on its learning rate.
        start: two finite numbers; the surface's own start if left out.
        steps: how many steps to make.
        tolerance: how near a minimum counts as reached.

    Raises:
        RequestError: an unknown name or parameter, or a value outside its domain.

    >>> way = descend("ellipse", "momentum:lr=0.01", steps=2)
    >>> way.loss.round(6).tolist(), way.outcome
    ([89.0, 72.6596, 51.98177], 'unfinished')
    """
    if not 0.0 < tolerance < np.inf:
        finite = "" if np.isfinite(tolerance) else "finite "
        raise RequestError(
            f"tolerance {tolerance:g} is no distance; give a {finite}number above 0"
        )
    surface = choose(SURFACES, surface) if isinstance(surface, str) else surface
    method = choose(OPTIMIZERS, method) if isinstance(method, str) else method
    schedule = choose(SCHEDULES, schedule) if isinstance(schedule, str) else schedule
    factors = schedule.record(steps, **schedule.values)
    with np.errstate(all="ignore"):
        position, diverged = walk(surface, method, factors, start_on(surface, start))
        loss = surface.record.value(position, **surface.values)
    distance = distance_to(surface.record.minima(**surface.values), position)
    outcome, outcome_step = judge(
        surface.record.view, position, loss, distance, tolerance, diverged
    )
    end = len(position)
    if outcome == "escaped" and outcome_step is not None:
        end = outcome_step + 1
    rate = float(method.values["lr"]) * np.array([np.nan, *factors[: end - 1]])
    return Descent(
        method,
        schedule,
        surface,
        tolerance,
        position[:end],
        loss[:end],
        distance[:end],
        rate,
        outcome,
        outcome_step,
    )


def walk(
    surface: Choice[Surface],
    method: Choice[Optimizer],
    factors: list[float],
    start: Array,
) -> tuple[Array, int | None]:
    """Return the positions from ``start`` on, and the step that led too far out, which is not among them."""

    def slope(x: Array) -> Array:
        return surface.record.slope(x, **surface.values)

    path = [start]
    for x in method.record(start, slope, factors, **method.values):
        if not is_near(surface, x):
            return np.array(path), len(path)
        path.append(x)
    return np.array(path), None


def start_on(surface: Choice[Surface], start: Sequence[float] | None) -> Array:
    """Return the position to start from, refusing what is no place on the surface."""
    told = str(start)
    try:
        x = np.array(surface.record.start if start is None else start, np.float64)
        told = ",".join(f"{number:g}" for number in x.ravel())
    except (TypeError, ValueError):
        x = np.full(2, np.nan)  # no numbers, or not as many in every row
    if x.shape != (2,) or not np.isfinite(x).all():
        raise RequestError(
            f"start {told} is not a place on the plane; give two finite numbers x,y"
        )
    if start is None and not is_near(surface, x):
        raise RequestError(
            f"surface '{surface.label}' has no finite height and slope where it starts, at {told}; give another start or other parameters"
        )
    if not is_near(surface, x):
        raise RequestError(
            f"start {told} is too far out on {surface.record.title}; start within {view_text(surface)}"
        )
    return x


def view_text(surface: Choice[Surface]) -> str:
    """Return the view in words: ``x from -8 to 8, y from -4 to 4``."""
    return ", ".join(
        f"{axis} from {low:g} to {high:g}"
        for axis, (low, high) in zip("xy", surface.record.view, strict=True)
    )


def is_near(surface: Choice[Surface], x: Array) -> bool:
    """Whether a position, its height and its slope are finite and it is not ``FAR`` away."""
    low, high = np.array(surface.record.view).T
    inside = np.abs(x - (low + high) / 2.0).max() <= FAR * np.linalg.norm(high - low)
    height, slope = (
        surface.record.value(x, **surface.values),
        surface.record.slope(x, **surface.values),
    )
    return bool(inside and np.isfinite(height) and np.isfinite(slope).all())


def distance_to(minima: Array, position: Array) -> Array:
    """Return the distance of each position to the nearest of the minima; NaN if there are none."""
    if not len(minima):
        return np.full(len(position), np.nan)
    away: Array = np.hypot(*np.moveaxis(position[:, None] - minima, -1, 0)).min(axis=1)
    return away


def judge(
    view: tuple[Point, Point],
    position: Array,
    loss: Array,
    distance: Array,
    tolerance: float,
    diverged: int | None,
) -> tuple[Outcome, int | None]:
    """Return how the way ended, as ``OUTCOMES`` says, and at which step if it did before the last."""
    if np.isnan(distance).all() and (
        left := first(outside(view, position) & (loss < loss[0]))
    ):
        return "escaped", left
    if diverged is not None:
        return "diverged", diverged
    close = distance <= tolerance
    if close[-1]:
        return "reached", len(close) - (first(~close[::-1]) or len(close))
    return ("stalled" if is_still(position, distance) else "unfinished"), None


def is_still(position: Array, distance: Array) -> bool:
    """Whether a way has come to rest or swings in place, told from its last quarter and the quarter before.

    It swings in place if they fill the same box. It rests if the box shrinks so fast that, going on like this, all the
    rest of the way would be next to nothing.
    """
    # not the loss: it rises where a method swings past the minimum, and hardly falls along a valley
    quarter = len(position) // 4
    if quarter < 3:
        return False
    before, last = position[-2 * quarter : -quarter], position[-quarter:]
    low, high = last.min(axis=0), last.max(axis=0)
    shift = max(np.abs(low - before.min(axis=0)).max(), np.abs(high - before.max(axis=0)).max())  # fmt: skip
    wide, narrow = np.ptp(before, axis=0).max(), np.ptp(last, axis=0).max()
    size = np.fmin(np.ptp(position, axis=0).max(), distance[-1])
    # the rest of a geometric series
    rests = narrow < wide and narrow * narrow <= REST * size * (wide - narrow)
    return bool(shift <= SAME * size or rests)


def outside(view: tuple[Point, Point], position: Array) -> Truths:
    """Whether each position is outside the view."""
    low, high = np.array(view).T
    beyond: Truths = ((position < low) | (position > high)).any(axis=1)
    return beyond


def first(hits: Truths) -> int | None:
    """Return the index of the first true value, if there is one."""
    return int(hits.argmax()) if hits.any() else None
