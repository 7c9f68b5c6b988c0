"""Computed properties of elementwise functions, a user's own formula included: shape, slopes, smoothness, gains."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.analysis.curve import Curve, plain
from actcli.analysis.gain import Moments, TorchGain, moments, torch_gain
from actcli.analysis.shape import EVERYWHERE, Extremum, Limits, Range
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
class Analysis(Slopes):
    """What can be computed about a function; each part when it is first asked for.

    What is told of f is in ``Shape``, and what of f′ in ``Slopes``. All parts but ``smoothness`` come from the kernel,
    within a few milliseconds and without mpmath, but that ``zeros`` asks it about an underflow around 0. A user's formula
    has no kernel, and takes some tenths of a second.

    >>> import actcli
    >>> a = analyse(actcli.hard_swish)
    >>> str(a.range), a.monotonic, a.smoothness.name, a.lipschitz.slope
    ('[-0.375, ∞)', 'not monotonic', 'C0', 1.5)
    >>> a.extrema
    (Extremum(x=-1.5, f=-0.375, kind='minimum'),)
    """

    @property
    def function(self) -> Activation:
        """What is analysed, with the parameters that are bound to it."""
        return self.curve.function

    @cached_property
    def at_zero(self) -> tuple[float, float]:
        """Value and slope at 0; at a corner the slope is the function's own choice."""
        f, d = self.curve(np.zeros(1))
        return plain(f[0]), plain(d[0])

    @cached_property
    def smoothness(self) -> Smoothness:
        """How many derivatives are continuous, and where they are not; uses mpmath where the formula changes its form."""
        return smoothness(self.curve)

    @cached_property
    def smoothness_class(self) -> str:
        """What ``smoothness.name`` is; where a jump or a corner decides it, without mpmath."""
        return smoothness_class(self.curve)

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
        return moments(self.curve, sigma)

    @property
    def torch_gain(self) -> TorchGain | None:
        """What PyTorch's ``calculate_gain`` says, and why it differs; None where it says nothing."""
        return torch_gain(self.function)

    def to_dict(self) -> dict[str, Any]:
        """Return everything in plain Python values; numbers that are not finite stay floats.

        Left out are ``breaks``, which are a matter of how the formula is written; those of ``smoothness`` are the function's.
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
    return Analysis(Curve(function))
