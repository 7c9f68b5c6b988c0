"""Computed properties of elementwise functions, a user's own formula included: shape, slopes, smoothness, gains."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.analysis.curve import Curve, plain
from actcli.analysis.gain import Moments, TorchGain, moments, torch_gain
from actcli.analysis.shape import EVERYWHERE, Extremum, Limits, Range, Shape
from actcli.analysis.slopes import VANISHING, Slopes, Steepest
from actcli.analysis.smoothness import Break, Smoothness, smoothness, smoothness_class

__all__ = [
    "EVERYWHERE",
    "VANISHING",
    "Analysis",
    "Break",
    "Extremum",
    "Limits",
    "Moments",
    "Range",
    "Smoothness",
    "Steepest",
    "TorchGain",
    "analyse",
]


@dataclass(frozen=True)
class Analysis:
    """What can be computed about a function; each part when it is first asked for.

    All parts but ``smoothness`` come from the kernel, within a few milliseconds and without mpmath, but that ``zeros``
    asks it about an underflow around 0. A user's formula has no kernel, and takes some tenths of a second.

    Of what repeats for ever towards an infinity, such as the extrema of sin, the part in ``window`` is listed.

    >>> import actcli
    >>> a = analyse(actcli.hard_swish)
    >>> str(a.range), a.monotonic, a.smoothness.name, a.lipschitz.slope
    ('[-0.375, ∞)', 'not monotonic', 'C0', 1.5)
    >>> a.extrema
    (Extremum(x=-1.5, f=-0.375, kind='minimum'),)
    """

    function: Activation

    @cached_property
    def _curve(self) -> Curve:
        return Curve(self.function)

    @cached_property
    def _shape(self) -> Shape:
        return Shape(self._curve)

    @cached_property
    def _slopes(self) -> Slopes:
        return Slopes(self._shape)

    @property
    def breaks(self) -> tuple[float, ...]:
        """Where the formula changes its form; the function may be smooth there."""
        return self._curve.breaks

    @property
    def window(self) -> tuple[float, float]:
        """Between which points extrema, zeros and alive intervals are listed: infinite unless they go on for ever."""
        return self._shape.window

    @property
    def domain(self) -> tuple[Range, ...] | None:
        """The stretches of x on which the function has a value; None where that is not told by its breaks."""
        return self._shape.domain

    @property
    def range(self) -> Range:
        """The least interval that holds all values of the function."""
        return self._shape.range

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The values of the function, as ascending intervals: several where it has a few jumps or poles."""
        return self._shape.ranges

    @property
    def limits(self) -> Limits:
        """The limits of f and f′ at the infinities, NaN where there is none."""
        return self._shape.limits

    @property
    def extrema(self) -> tuple[Extremum, ...]:
        """The strict local extrema in order of x; a corner can be one, a plateau is none."""
        return self._shape.extrema

    @property
    def zeros(self) -> tuple[tuple[float, float], ...]:
        """Where f is 0, as intervals (low, high); a point is an interval without length."""
        return self._shape.zeros

    @property
    def where_zero(self) -> tuple[Range, ...]:
        """What ``zeros`` are, with which of their ends belong to them: not that at which step jumps to 1."""
        return self._shape.where_zero

    @property
    def monotonic(self) -> str:
        """One of "increasing", "decreasing", "non-decreasing", "non-increasing", "constant", "not monotonic"."""
        return self._shape.monotonic

    @property
    def symmetry(self) -> str:
        """Either "odd" or "even", or an empty string."""
        return self._shape.symmetry

    @cached_property
    def at_zero(self) -> tuple[float, float]:
        """Value and slope at 0; at a corner the slope is the function's own choice."""
        f, d = self._curve(np.zeros(1))
        return plain(f[0]), plain(d[0])

    @property
    def slopes(self) -> Range:
        """The values of f′ where it exists."""
        return self._slopes.range

    @property
    def steepest(self) -> Steepest:
        """The largest |f′|, and where; jumps of f left aside."""
        return self._slopes.steepest

    @property
    def steepest_on(self) -> tuple[Range, ...]:
        """The stretches of x on which |f′| is the largest there is; empty where that is at single points or nowhere."""
        return self._slopes.steepest_on

    @property
    def lipschitz(self) -> Steepest:
        """The Lipschitz constant, and where it is reached or approached; infinite at a jump."""
        return self._slopes.lipschitz

    @property
    def alive(self) -> tuple[tuple[float, float], ...]:
        """The intervals on which |f′| ≥ 0.01; elsewhere the gradient vanishes."""
        return self._slopes.alive

    @property
    def vanishing(self) -> tuple[Range, ...]:
        """The stretches and points of x at which |f′| < 0.01, in order of x."""
        return self._slopes.vanishing

    @cached_property
    def smoothness(self) -> Smoothness:
        """How many derivatives are continuous, and where they are not; uses mpmath where the formula changes its form."""
        return smoothness(self._curve)

    @cached_property
    def smoothness_class(self) -> str:
        """What ``smoothness.name`` is; where a jump or a corner decides it, without mpmath."""
        return smoothness_class(self._curve)

    @property
    def zero_centred(self) -> bool:
        """Whether E[f(z)] = 0 for z ~ N(0, 1), as for every odd function and for selu."""
        return self.gain.zero_centred

    @cached_property
    def gain(self) -> Moments:
        """The moments for z ~ N(0, 1) and the gains that follow from them."""
        return self.moments(1.0)

    def moments(self, sigma: float) -> Moments:
        """Return the moments for z ~ N(0, sigma²)."""
        return moments(self._curve, sigma)

    @property
    def torch_gain(self) -> TorchGain | None:
        """What PyTorch's ``calculate_gain`` says, and why it differs; None where it says nothing."""
        return torch_gain(self.function)

    def to_dict(self) -> dict[str, Any]:
        """Return everything in plain Python values; numbers that are not finite stay floats.

        But ``breaks``, which are a matter of how the formula is written: those of ``smoothness`` are the function's.
        """
        torch, domain = self.torch_gain, self.domain
        return {
            "defined_for": None if domain is None else [asdict(r) for r in domain],
            "window": list(self.window),
            "range": asdict(self.range),
            "ranges": [asdict(r) for r in self.ranges],
            "limits": asdict(self.limits),
            "extrema": [asdict(e) for e in self.extrema],
            "zeros": [list(z) for z in self.zeros],
            "where_zero": [asdict(r) for r in self.where_zero],
            "at_zero": dict(zip(("f", "derivative"), self.at_zero, strict=True)),
            "slopes": asdict(self.slopes),
            "steepest": asdict(self.steepest),
            "steepest_on": [asdict(r) for r in self.steepest_on],
            "lipschitz": asdict(self.lipschitz),
            "alive": [list(interval) for interval in self.alive],
            "vanishing": [asdict(r) for r in self.vanishing],
            "monotonic": self.monotonic,
            "symmetry": self.symmetry,
            "zero_centred": self.zero_centred,
            "smoothness": {
                "class": self.smoothness.name,
                "breaks": [asdict(b) for b in self.smoothness.breaks],
            },
            "gain": {
                **asdict(self.gain),
                "unsettled": list(self.gain.unsettled),
                "forward": self.gain.forward,
                "backward": self.gain.backward,
                "centred": self.gain.centred,
                "pytorch": None if torch is None else asdict(torch),
            },
        }


def analyse(function: Activation) -> Analysis:
    """Return the analysis of an elementwise function, with the parameters that are bound to it.

    Raises:
        RequestError: the function works over an axis, has an array as a parameter, or is random.
    """
    analysis = Analysis(function)
    analysis._curve  # noqa: B018  # refuses what has no analysis
    return analysis
