"""What is said of a function in words: an analysis as short texts. Computes nothing."""

import math
from collections.abc import Sequence
from itertools import pairwise

from actcli.activation import Activation
from actcli.analysis import VANISHING, Analysis

NOT_SAID = "–"  # of a function over an axis


def compared(function: Activation, analysis: Analysis | None) -> dict[str, str]:
    """Return what a comparison says of a function, by heading; little of one over an axis, which has no analysis."""
    if analysis is None:
        computed = dict.fromkeys(_HEADINGS, NOT_SAID)
    else:
        computed = dict(zip(_HEADINGS, _computed(analysis), strict=True))
    return {
        "formula": str(function.formula),
        **computed,
        "use": function.use or NOT_SAID,
    }


_HEADINGS = (
    "range",
    "f(0)",
    "f′(0)",
    "largest slope",
    f"|f′| < {VANISHING:g}",
    "zero-centred",
    "monotonic",
    "smoothness",
)


def _computed(analysis: Analysis) -> tuple[str, ...]:
    f, slope = analysis.at_zero
    return (
        str(analysis.range),
        number(f),
        number(slope),
        steepest(analysis),
        vanishing(analysis),
        "yes" if analysis.zero_centred else "no",
        analysis.monotonic,
        analysis.smoothness.name,
    )


def number(value: float) -> str:
    """Return a number as one reads it: six digits, ``∞`` for infinity."""
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    return f"{value:.6g}"


def steepest(analysis: Analysis) -> str:
    """Return the largest |f′| and where it is, reached or approached."""
    steep = analysis.steepest
    return f"{number(steep.slope)} {'at' if steep.attained else 'towards'} x = {number(steep.x)}"


def vanishing(analysis: Analysis) -> str:
    """Return where the gradient vanishes, as ``x < -4.58, x > 4.58``."""
    if not analysis.alive:
        return "everywhere"
    return ", ".join(_gaps(analysis.alive)) or "nowhere"


def _gaps(alive: Sequence[tuple[float, float]]) -> list[str]:
    first, last = alive[0][0], alive[-1][1]
    inner = [f"{_short(a)} < x < {_short(b)}" for (_, a), (b, _) in pairwise(alive)]
    left = [f"x < {_short(first)}"] if math.isfinite(first) else []
    right = [f"x > {_short(last)}"] if math.isfinite(last) else []
    return [*left, *inner, *right]


def _short(value: float) -> str:
    return f"{value:.3g}"


def limits(analysis: Analysis) -> str:
    """Return the limits of f and f′ at the infinities."""
    at = analysis.limits
    left = f"x → -∞: f → {number(at.left)}, f′ → {number(at.slope_left)}"
    return (
        f"{left}; x → ∞: f → {number(at.right)}, f′ → {number(at.slope_right)}".replace(
            "nan", "no limit"
        )
    )


def extrema(analysis: Analysis) -> str:
    """Return the extrema with their places, the first of many."""
    told = [f"{e.kind} {number(e.f)} at x = {number(e.x)}" for e in analysis.extrema]
    return _few(told) or "none"


def zeros(analysis: Analysis) -> str:
    """Return where the function is 0."""
    told = [
        number(a) if a == b else f"{number(a)} ≤ x ≤ {number(b)}"
        for a, b in analysis.zeros
    ]
    return (
        _few([t.replace("-∞ ≤ x", "x").replace("x ≤ ∞", "x") for t in told]) or "none"
    )


def smoothness(analysis: Analysis) -> str:
    """Return the class of smoothness and what limits it."""
    smooth = analysis.smoothness
    names = {0: "f", 1: "f′", 2: "f″"}
    told = [
        f"{names.get(b.order, f'derivative {b.order}')} jumps from {number(b.left)} to {number(b.right)}"
        f" at x = {number(b.x)}"
        for b in smooth.breaks
    ]
    return "; ".join([smooth.name, *told]).replace("nan", "no value")


def gains(analysis: Analysis) -> str:
    """Return the gains that keep activations and gradients for z ~ N(0, 1), PyTorch's beside them."""
    gain, torch = analysis.gain, analysis.torch_gain
    ours = f"forward {number(gain.forward)}, backward {number(gain.backward)}, centred {number(gain.centred)}"
    return (
        ours
        if torch is None
        else f"{ours}; PyTorch {number(torch.value)} ({torch.reason})"
    )


def _few(told: Sequence[str]) -> str:
    return ", ".join([*told[:6], "…"] if len(told) > 6 else told)
