"""How long functions take: contenders in turn, so that a machine that slows down slows them all. Prints nothing."""

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from actcli import engine
from actcli.activation import Activation
from actcli.engine import Array
from actcli.verify.frameworks import Run, opponents

_ROW = 100  # numbers in each row that a function over an axis gets
# seconds before each run beside a framework, whose threads spin on for a millisecond, on a processor of the next
_REST = 0.003


@dataclass(frozen=True)
class Timing:
    """Seconds of one contender and ours, a number of each for each round.

    Attributes:
        seconds: of the contender.
        ours: of the same rounds.
        own: whether a framework ran a function of its own, or the formula in its operations; None for all else.
    """

    seconds: tuple[float, ...]
    ours: tuple[float, ...]
    own: bool | None = None

    @property
    def median(self) -> float:
        """The median of the seconds."""
        return float(np.median(self.seconds))

    @property
    def ratio(self) -> float:
        """Our time over that of this contender: the median over the rounds."""
        return float(np.median(np.array(self.ours) / np.array(self.seconds)))


@dataclass(frozen=True)
class Result:
    """One function, or its derivative, and who ran against it.

    Attributes:
        function: its label.
        order: 0 for f, 1 for the derivative.
        ours: our time.
        others: by name; "copy" is that of the array.
        size: how many numbers.
        itemsize: bytes of one.
    """

    function: str
    order: int
    ours: Timing
    others: Mapping[str, Timing]
    size: int
    itemsize: int

    @property
    def name(self) -> str:
        """The label with a prime for the derivative."""
        return self.function + "′" * self.order

    def nanoseconds(self, timing: Timing) -> float:
        """Return the time for each element, in nanoseconds as all of them."""
        return timing.median / self.size * 1e9

    def spread(self, timing: Timing) -> tuple[float, float]:
        """Return the least and greatest time for each element."""
        low, high = min(timing.seconds), max(timing.seconds)
        return low / self.size * 1e9, high / self.size * 1e9

    @property
    def gigabytes(self) -> float:
        """Gigabytes a second, counting what is read and what is written."""
        return 2 * self.itemsize * self.size / self.ours.median / 1e9


def race(
    contenders: Mapping[str, Run], repeat: int, rest: float = 0.0
) -> dict[str, list[float]]:
    """Return the seconds of each contender in each round; every round runs them all, after one that is not counted.

    Args:
        contenders: what to run, by name.
        repeat: rounds that are counted.
        rest: seconds before each run.

    >>> rounds = race({"nothing": lambda: None}, 3)
    >>> len(rounds["nothing"])
    3
    """
    # every round in an order of its own: the memory that one has given back is what the next one gets, warm or not
    shuffle = np.random.default_rng(0).permutation
    rounds = [
        {n: _seconds(contenders[n], rest) for n in shuffle([*contenders]).tolist()}
        for _ in range(repeat + 1)
    ]
    return {n: [r[n] for r in rounds[1:]] for n in contenders}


def _seconds(run: Callable[[], object], rest: float) -> float:
    time.sleep(rest)
    start = time.perf_counter()
    result = run()
    end = time.perf_counter()
    del result  # kept so long that giving the memory back is not counted
    return end - start


def benchmark(
    functions: Sequence[Activation],
    *,
    size: int,
    dtype: str,
    threads: int,
    repeat: int,
    against: Sequence[str],
) -> Iterator[Result]:
    """Yield the times of each function and its derivative on normally distributed numbers.

    A function over an axis gets rows of 100, and its derivative is the product with ones.

    Args:
        functions: registered functions.
        size: how many numbers.
        dtype: of the numbers.
        threads: how many at most, here and in torch.
        repeat: rounds that are counted.
        against: names of opponents: naive, torch, jax.
    """
    others = opponents(against, threads)
    rest = _REST if others.keys() - {"naive"} else 0.0
    x = np.random.default_rng(0).normal(scale=2.0, size=size).astype(dtype)
    for function in functions:
        given = x[: max(1, size // _ROW) * _ROW] if function.over_axis else x
        if function.over_axis:
            given = given.reshape(-1, min(_ROW, size))
        for order in (0, 1):
            contenders = {
                "actcli": _ours(function, given, order, threads),
                "copy": given.copy,
            }
            for name, other in others.items():
                run = (other.slope if order else other.value)(function, given)
                if run is not None:
                    contenders[name] = run
            rounds = race(contenders, repeat, rest)
            ours = tuple(rounds.pop("actcli"))
            timings = {
                n: Timing(
                    tuple(s), ours, others[n].own(function) if n in others else None
                )
                for n, s in rounds.items()
            }
            yield Result(
                function.label,
                order,
                Timing(ours, ours),
                timings,
                given.size,
                given.itemsize,
            )


def _ours(function: Activation, x: Array, order: int, threads: int) -> Run:
    if not order:
        return lambda: function(x, threads=threads)
    if not function.over_axis:
        return lambda: function.derivative(x, threads=threads)
    ones = np.ones_like(function(x))
    return lambda: function.vjp(x, ones, threads=threads)


def geometric_means(
    results: Sequence[Result], *, own: bool | None = None
) -> dict[str, dict[str, float]]:
    """Return, for each opponent, the geometric mean of our time over its time: of f, and of the derivative where it ran.

    Args:
        results: of several functions.
        own: only where a framework ran a function of its own, or only where it ran the formula.
    """
    ratios: dict[str, dict[str, list[float]]] = {}
    for r in results:
        for name, timing in r.others.items():
            if own is not None and timing.own is not own:
                continue
            of_name = ratios.setdefault(name, {})
            of_name.setdefault(("f", "derivative")[r.order], []).append(timing.ratio)
    return {
        name: {what: float(np.exp(np.mean(np.log(v)))) for what, v in kinds.items()}
        for name, kinds in ratios.items()
    }


def machine(against: Sequence[str]) -> dict[str, Any]:
    """Return what the times were measured on, and the versions of what ran."""
    libraries = ["numpy", *(name for name in against if name != "naive")]
    return {
        "system": platform.platform(terse=True),
        "processor": _processor(),
        "processors": engine.processors(),
        "python": platform.python_version(),
        **{name: version(name) for name in libraries},
    }


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    models = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    # Linux leaves platform.processor() empty
    return (models or [platform.processor() or platform.machine()])[0].strip()
