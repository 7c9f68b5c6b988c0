"""What is said of a function in words: an analysis as short texts. Computes nothing."""

import math
from collections.abc import Sequence

from actcli.activation import Activation
from actcli.analysis import EVERYWHERE, VANISHING, Analysis, Break, Range

_MOST = 6  # of a long list, as of the zeros of sin
NOT_SAID = "–"  # of a function over an axis, and of what a formula does not have


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
        values(analysis),
        _or_none(f),
        _or_none(slope),
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


def values(analysis: Analysis) -> str:
    """Return the range, as ``(-∞, 0) ∪ (0, ∞)``."""
    return " ∪ ".join(_first([str(r) for r in analysis.ranges]))


def steepest(analysis: Analysis) -> str:
    """Return the largest |f′| and where it is: at a point, on stretches, or only approached."""
    steep = analysis.steepest
    size = number(steep.slope)
    if analysis.steepest_on:
        where = _few([_stretch(r) for r in analysis.steepest_on])
        return f"{size} {where}" if where == "everywhere" else f"{size} on {where}"
    return f"{size} {'at' if steep.attained else 'towards'} x = {number(steep.x)}"


def vanishing(analysis: Analysis) -> str:
    """Return where the gradient vanishes, as ``x < -4.58, x > 4.58``."""
    return _listed([(r, _stretch(r)) for r in analysis.vanishing], "nowhere", analysis)


def _stretch(r: Range, digits: int = 3) -> str:
    """Return a stretch of x as an inequality, its ends with some digits or as many as tell them apart."""
    if r.low == r.high:
        return f"x = {_short(r.low, digits)}"
    while _short(r.low, digits) == _short(r.high, digits) and digits < 17:
        digits += 1
    above = "≤" if r.low_attained else "<"
    below = "≤" if r.high_attained else "<"
    if math.isinf(r.low):
        end = f"x {below} {_short(r.high, digits)}"
        return "everywhere" if math.isinf(r.high) else end
    if math.isinf(r.high):
        return f"x {above.replace('<', '>').replace('≤', '≥')} {_short(r.low, digits)}"
    return f"{_short(r.low, digits)} {above} x {below} {_short(r.high, digits)}"


def _short(value: float, digits: int) -> str:
    return f"{value:.{digits}g}"


def limits(analysis: Analysis) -> str:
    """Return the limits of f and f′ at the infinities."""
    at = analysis.limits
    known = (EVERYWHERE,) if analysis.domain is None else analysis.domain
    ends = {v for r in known for v in (r.low, r.high)}
    told = [
        f"x → {number(x)}: f → {_limit(f)}, f′ → {_limit(slope)}"
        for x, f, slope in (
            (-math.inf, at.left, at.slope_left),
            (math.inf, at.right, at.slope_right),
        )
        if x in ends
    ]
    return "; ".join(told) or "none"


def _limit(value: float) -> str:
    return "no limit" if math.isnan(value) else number(value)


def domain(analysis: Analysis) -> str:
    """Return where the function has a value; nothing where that is everywhere or not known."""
    if analysis.domain in (None, (EVERYWHERE,)):
        return ""
    return _few([_stretch(r) for r in analysis.domain or ()]) or "no number"


def at_zero(analysis: Analysis) -> str:
    """Return value and slope at 0."""
    f, slope = map(_or_none, analysis.at_zero)
    return f"f = {f}, f′ = {slope}"


def _or_none(value: float) -> str:
    return "no value" if math.isnan(value) else number(value)


def extrema(analysis: Analysis) -> str:
    """Return the extrema with their places."""
    told = [
        (_point(e.x), f"{e.kind} {number(e.f)} at x = {number(e.x)}")
        for e in analysis.extrema
    ]
    return _listed(told, "none", analysis)


def zeros(analysis: Analysis) -> str:
    """Return where the function is 0."""
    told = [
        (r, number(r.low) if r.low == r.high else _stretch(r, 6))
        for r in analysis.where_zero
    ]
    return _listed(told, "none", analysis)


def smoothness(analysis: Analysis) -> str:
    """Return the class of smoothness and what limits it."""
    smooth = analysis.smoothness
    told = "; ".join([smooth.name, *_first([_break(b) for b in smooth.breaks])])
    return told + _sought(analysis) if smooth.breaks else told


def _break(b: Break) -> str:
    """Return what a derivative does at a break: f′ jumps from 0 to 1 at x = 0."""
    name = {0: "f", 1: "f′", 2: "f″"}.get(b.order, f"derivative {b.order}")
    place = f"at x = {number(b.x)}"
    sides = {"left": b.left, "right": b.right}
    unknown = [side for side, v in sides.items() if math.isnan(v)]
    if len(unknown) == 1:
        # often the function has no value there
        ((side, limit),) = ((s, v) for s, v in sides.items() if s not in unknown)
        return f"{name} → {number(limit)} from the {side} only {place}"
    if unknown:
        return f"{name} has no limit {place}"
    if b.left == b.right:
        return f"{name} → {number(b.left)} {place}"
    return f"{name} jumps from {number(b.left)} to {number(b.right)} {place}"


def zero_centred(analysis: Analysis) -> str:
    """Return whether the mean for z ~ N(0, 1) is 0, and the mean."""
    gain = analysis.gain
    mean = gain.no_gain("mean") if math.isnan(gain.mean) else number(gain.mean)
    return f"{'yes' if analysis.zero_centred else 'no'}, E[f(z)] = {mean}"


def gains(analysis: Analysis) -> str:
    """Return the gains that keep activations and gradients for z ~ N(0, 1), PyTorch's beside them."""
    gain, torch = analysis.gain, analysis.torch_gain
    kinds = {
        "forward": ("E[f²]", "square"),
        "backward": ("E[f′²]", "slope_square"),
        "centred": ("Var f", "variance"),
    }
    told = {
        kind: f"none ({what} {gain.no_gain(name)})"
        if math.isnan(getattr(gain, kind))
        else number(getattr(gain, kind))
        for kind, (what, name) in kinds.items()
    }
    ours = ", ".join(f"{kind} {value}" for kind, value in told.items())
    return (
        ours
        if torch is None
        else f"{ours}; PyTorch {number(torch.value)} ({torch.reason})"
    )


def _point(x: float) -> Range:
    return Range(x, x, low_attained=True, high_attained=True)


def _listed(told: Sequence[tuple[Range, str]], nothing: str, analysis: Analysis) -> str:
    """Return what is said of places, of many those nearest to 0 first, and between which points they were sought."""
    near = sorted(told, key=lambda pair: abs(max(pair[0].low, min(pair[0].high, 0.0))))
    if len(told) > _MOST + 1:
        near[:_MOST] = sorted(near[:_MOST], key=lambda pair: pair[0].low)
        told = near
    text = _few([words for _, words in told]) or nothing
    return text if text == "everywhere" else text + _sought(analysis)


def _sought(analysis: Analysis) -> str:
    """Return between which points something was looked for; nothing where that is everywhere."""
    low, high = analysis.window
    if math.isinf(low) and math.isinf(high):
        return ""
    return f" (sought for {_stretch(Range(low, high, low_attained=True, high_attained=True))})"


def _few(told: Sequence[str]) -> str:
    return ", ".join(_first(told))


def _first(told: Sequence[str]) -> list[str]:
    """Return the first of many texts, and how many more there are."""
    return (
        [*told[:_MOST], f"{len(told) - _MOST} more with -f json"]
        if len(told) > _MOST + 1
        else [*told]
    )
