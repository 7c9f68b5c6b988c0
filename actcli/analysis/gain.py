"""What a layer of random weights does: moments of f and f′ of a Gaussian input, the gains that undo it, PyTorch's beside them."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from actcli.activation import Activation
from actcli.analysis.curve import Curve
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.formula import parse

# beyond this many standard deviations the density is below the smallest number
_END = 38.5
_TOLERANCE = 1e-12
_ROUNDS, _EXACT_ROUNDS = 40, 20
_MOST_PANELS = 100_000, 2_000  # of a kernel, of what is computed exactly
# towards a singularity: how many panels, each half as wide as the one before, and where the first begins
_SHELLS, _BESIDE = 20, 0.25
_PROMISED = 1e-10

_MOMENTS = ("mean", "square", "slope", "slope_square")
_ARE_SQUARES = np.array([False, True, False, True])


@dataclass(frozen=True)
class Moments:
    """Moments of f(z) and f′(z) for z ~ N(0, sigma²), good to 1e-10 of each; f′ is taken where it exists.

    Infinite where the integral diverges; NaN where it has none or none was found to that accuracy. A gain is infinite
    where the function is 0, and NaN where its moment is not finite: no weights make up for that.

    Attributes:
        sigma: the standard deviation of the input.
        mean: E[f].
        variance: E[(f - mean)²].
        square: E[f²].
        slope: E[f′].
        slope_square: E[f′²].
        unsettled: the names of those that are NaN because they were not found to that accuracy.
    """

    sigma: float
    mean: float
    variance: float
    square: float
    slope: float
    slope_square: float
    unsettled: tuple[str, ...] = ()

    @property
    def forward(self) -> float:
        """The gain 1/√E[f²] that keeps the mean square of the activations."""
        return _inverse_root(self.square)

    @property
    def backward(self) -> float:
        """The gain 1/√E[f′²] that keeps the mean square of the gradients."""
        return _inverse_root(self.slope_square)

    @property
    def centred(self) -> float:
        """The gain 1/√Var f that keeps the variance of the activations."""
        return _inverse_root(self.variance)

    def no_gain(self, name: str) -> str:
        """Say why no gain follows from ``square``, ``slope_square`` or ``variance``; empty where one does.

        >>> Moments(1.0, 0.0, 0.0, 0.0, 0.0, math.inf).no_gain("slope_square")
        'infinite'
        """
        value = getattr(self, name)
        if name in self.unsettled:
            return f"not settled to {_PROMISED:g}"
        if math.isnan(value):
            return "undefined"
        return {0.0: "0", math.inf: "infinite"}.get(value, "")

    @property
    def zero_centred(self) -> bool:
        """Whether E[f] is 0, to the accuracy of the quadrature: odd functions, and those made for it, such as selu."""
        size = math.sqrt(self.square)
        return math.isfinite(size) and abs(self.mean) <= 1e-10 * size


def _inverse_root(square: float) -> float:
    if math.isinf(square):
        return math.nan
    return 1.0 / math.sqrt(square) if square else math.inf


def moments(curve: Curve, sigma: float = 1.0) -> Moments:
    """Return the moments of a function of a Gaussian input, by Gauss-Legendre quadrature between its breaks.

    Towards a break at which f or f′ is unbounded, panels shrink by half, and what they leave is extrapolated.

    >>> import actcli
    >>> round(moments(Curve(actcli.relu)).forward, 15), moments(Curve(actcli.relu), 2.0).square
    (1.414213562373095, 2.0)
    """
    if not (math.isfinite(sigma) and sigma > 0.0):
        raise RequestError(f"sigma is {sigma:g}; give a number above 0")
    with np.errstate(all="ignore"):
        return _moments(curve, sigma)


def _moments(curve: Curve, sigma: float) -> Moments:
    ends = _singular_ends(curve, sigma)
    panels, open_ = _settle(curve, sigma, ends)
    tails = np.array([_tails(end, panels) for end in ends]).reshape(-1, 4)
    z, weight, f, d = (getattr(panels, n).ravel() for n in ("z", "weight", "f", "d"))
    known = np.array([_integral(z, weight, v) for v in (f, f * f, d, d * d)])
    total = known + tails.sum(axis=0)
    # of a square no other part makes up for one that is infinite
    total[np.isinf(tails).any(axis=0) & _ARE_SQUARES] = math.inf
    lost = (open_ | np.isnan(tails).any(axis=0)) & ~np.isnan(known) & ~np.isinf(total)
    total[lost] = math.nan
    unsettled = [name for name, is_lost in zip(_MOMENTS, lost, strict=True) if is_lost]
    if {"mean", "square"} & {*unsettled}:
        unsettled.append("variance")
    mean, square, slope, slope_square = total.tolist()
    mean = _beyond_rounding(mean, float(weight @ np.abs(f)))
    slope = _beyond_rounding(slope, float(weight @ np.abs(d)))
    variance = math.inf
    if not math.isinf(square):
        gap = sum(end.gap for end in ends)
        of_mean, of_square = tails.sum(axis=0).tolist()[:2]
        variance = _integral(z, weight, (f - mean) ** 2)
        variance += of_square - 2.0 * mean * of_mean + mean * mean * gap
    return Moments(sigma, mean, variance, square, slope, slope_square, tuple(unsettled))


def _beyond_rounding(mean: float, size: float) -> float:
    """Return a mean, 0 where it is no more than the rounding of a sum that cancels, as that of an odd function."""
    return 0.0 if abs(mean) <= 1e-14 * size < math.inf else mean


def _integral(z: Array, weight: Array, y: Array) -> float:
    """Return Σ weight·y; infinite where the largest |z| still contribute."""
    terms = weight * y
    total = math.fsum(terms) if np.isfinite(terms).all() else float(terms.sum())
    last = np.abs(terms[np.abs(z) > _END - 0.5]).sum()
    return math.inf if last > _TOLERANCE * np.abs(terms).sum() else total


def _settle(
    curve: Curve, sigma: float, ends: "list[_End]"
) -> tuple["_Panels", NDArray[np.bool_]]:
    """Return panels so narrow that the four integrals have settled, and which of these have not; gaps at ends are left out."""
    edges = _edges(curve, sigma, ends)
    low, high = edges[:-1], edges[1:]
    covered = ~np.isin((low + high) / 2.0, [sum(end.edges[:2]) / 2.0 for end in ends])
    panels = _Panels.over(curve, sigma, low[covered], high[covered])
    settled: list[_Panels] = []
    size = np.zeros(4)
    missing = np.zeros(4)
    count = 0
    for _ in range(_EXACT_ROUNDS if curve.is_exact else _ROUNDS):
        size = np.fmax(size, panels.sums(absolute=True).sum(axis=0))
        halves = panels.halves()
        change = halves.sums().reshape(-1, 2, 4).sum(axis=1) - panels.sums()
        # what is not finite will not settle either
        open_ = (np.abs(change) > _TOLERANCE * size).any(axis=1)
        missing = np.abs(change[open_]).sum(axis=0)
        both = np.repeat(open_, 2)
        settled.append(halves.some(~both))
        panels = halves.some(both)
        count += len(halves.low)
        if not open_.any() or count > _MOST_PANELS[curve.is_exact]:
            break
    return _Panels.joined([*settled, panels]), missing > 0.1 * _PROMISED * size


# towards a break at which f or f′ is unbounded


@dataclass(frozen=True)
class _End:
    """One side of a break: edges of panels from it outwards, the break itself first; nothing is computed in the first panel."""

    edges: Array

    @property
    def gap(self) -> float:
        """The probability of the first panel."""
        at, first = self.edges[:2].tolist()
        return abs(first - at) * math.exp(-at * at / 2.0) / math.sqrt(2.0 * math.pi)


def _singular_ends(curve: Curve, sigma: float) -> list[_End]:
    breaks = np.array([-_END, *(c / sigma for c in curve.breaks), _END])
    found = []
    for i, side in enumerate(curve.sides, 1):
        if abs(breaks[i]) >= _END:
            continue
        for towards, y, slope in (
            (-1, side.left, side.slope_left),
            (1, side.right, side.slope_right),
        ):
            if math.isinf(y) or math.isinf(slope):
                room = abs(breaks[i + towards] - breaks[i])
                widths = min(_BESIDE, room / 4.0) * 0.5 ** np.arange(
                    _SHELLS, -1.0, -1.0
                )
                found.append(_End(breaks[i] + towards * np.array([0.0, *widths])))
    return found


def _tails(end: _End, panels: "_Panels") -> list[float]:
    """Return the part of the four integrals in the gap at an end; infinite where they diverge, NaN where that is not to be seen."""
    middle, size = (panels.low + panels.high) / 2.0, panels.sums(absolute=True)
    edges, order = np.sort(end.edges[1:]), np.sign(end.edges[0] - end.edges[1])
    found = []
    for sums, total in zip(panels.sums().T, size.sum(axis=0).tolist(), strict=True):
        shells, _ = np.histogram(middle, edges, weights=sums)
        found.append(_rest(shells[:: int(order)], total))
    return found


def _rest(terms: Array, size: float) -> float:
    """Return the sum of all terms that follow those given, which behave like powers; NaN if it cannot be told to 1e-11 of a size."""
    if abs(terms[-1]) <= 1e-15 * size:
        return 0.0
    ratios = terms[1:] / terms[:-1]
    ratio, doubt = _limit(ratios)
    if (ratios[-3:] >= 1.0).all() or (ratio > 1.0 - 1e-6 and doubt < 1e-6):
        return math.copysign(math.inf, terms[-1])
    rest, doubt = _limit(np.cumsum(terms) - terms.sum())
    return rest if doubt <= 0.1 * _PROMISED * size else math.nan


def _limit(sums: Array) -> tuple[float, float]:
    """Return the limit of a sequence by Wynn's epsilon algorithm, exact for sums of geometric ones, and how far off it may be."""
    best, doubt = math.nan, math.inf
    before, column = np.zeros(sums.size + 1), sums
    even = sums
    for k in range(1, sums.size):
        before, column = column, before[1:-1] + 1.0 / np.diff(column)
        if k % 2 == 0 and column.size > 1:
            off = np.abs(np.diff(column)) + np.abs(column[1:] - even[2:-1])
            if (off < doubt).any():
                i = int(np.nanargmin(off))
                best, doubt = float(column[i + 1]), float(off[i])
            even = column
    return best, doubt


@cache
def _rule() -> tuple[Array, Array]:
    """Return nodes and weights of the quadrature on [-1, 1]; NumPy loads its polynomials when they are first used."""
    nodes, weights = np.polynomial.legendre.leggauss(16)
    return nodes, weights


_ARRAYS = ("low", "high", "z", "weight", "f", "d")


@dataclass(frozen=True)
class _Panels:
    """Intervals of z with the values at their nodes; arrays of nodes have a row for each interval."""

    curve: Curve
    sigma: float
    low: Array
    high: Array
    z: Array
    weight: Array
    f: Array
    d: Array

    @classmethod
    def over(cls, curve: Curve, sigma: float, low: Array, high: Array) -> "_Panels":
        nodes, weights = _rule()
        half = (high - low)[:, None] / 2.0
        z = (low + high)[:, None] / 2.0 + half * nodes
        weight = half * weights * np.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
        f, d = (v.reshape(z.shape) for v in curve(sigma * z.ravel()))
        return cls(curve, sigma, low, high, z, weight, f, d)

    @classmethod
    def joined(cls, parts: "list[_Panels]") -> "_Panels":
        arrays = (np.concatenate([getattr(p, n) for p in parts]) for n in _ARRAYS)
        return cls(parts[0].curve, parts[0].sigma, *arrays)

    def halves(self) -> "_Panels":
        """Return each panel's two halves, one after the other."""
        middle = (self.low + self.high) / 2.0
        low = np.stack((self.low, middle), axis=1).ravel()
        high = np.stack((middle, self.high), axis=1).ravel()
        return _Panels.over(self.curve, self.sigma, low, high)

    def some(self, mask: Array) -> "_Panels":
        arrays = (getattr(self, n)[mask] for n in _ARRAYS)
        return _Panels(self.curve, self.sigma, *arrays)

    def sums(self, *, absolute: bool = False) -> Array:
        """Return the four integrals over each interval, or those of their absolute values."""
        integrands = np.stack((self.f, self.f**2, self.d, self.d**2), axis=-1)
        if absolute:
            integrands = np.abs(integrands)
        return (self.weight[:, :, None] * integrands).sum(axis=1)


def _edges(curve: Curve, sigma: float, ends: list[_End]) -> Array:
    """Return where panels begin and end: at the breaks, closer together where the samples are, and towards singular ends."""
    s = curve.samples
    some = s.x[:: 8 if curve.is_exact else 24]
    some = np.concatenate((some[np.abs(some) > 1e-9], [0.0], s.breaks)) / sigma
    for end in ends:
        at, first = np.sort(end.edges[:2])
        some = some[(some <= at) | (some >= first)]
    added = [edge for end in ends for edge in end.edges]
    return np.unique(np.concatenate((some[np.abs(some) < _END], [-_END, _END], added)))


@dataclass(frozen=True)
class TorchGain:
    """What ``torch.nn.init.calculate_gain`` returns for a function, and why ours differs or does not."""

    value: float
    reason: str


# torch 2.x; a formula in the parameters of the function, and the reason
_TORCH = {
    "identity": ("1", "the same as 1/√E[f²]"),
    "sigmoid": ("1", "torch's is a convention, computed from nothing"),
    "tanh": ("5/3", "torch's is a rule of thumb, a little above 1/√E[tanh²]"),
    "relu": ("sqrt(2)", "the same as 1/√E[f²]"),
    "leaky_relu": ("sqrt(2 / (1 + alpha**2))", "the same as 1/√E[f²]"),
    "selu": (
        "3/4",
        "torch's was found by trial for steadier gradients (pull request 50664); selu keeps mean 0 and variance 1"
        " with a gain of 1, for which torch says nonlinearity='linear'",
    ),
}


def torch_gain(function: Activation) -> TorchGain | None:
    """Return PyTorch's gain where it has one for this function and these parameters.

    >>> import actcli
    >>> torch_gain(actcli.leaky_relu.bind(alpha=0.0))
    TorchGain(value=1.4142135623730951, reason='the same as 1/√E[f²]')
    """
    if function.name not in _TORCH:
        return None
    text, reason = _TORCH[function.name]
    formula = parse(text)
    if set(function.bound) - set(formula.names):
        return None
    try:
        return TorchGain(formula.number(function.resolve({})), reason)
    except OverflowError:
        return None  # calculate_gain raises it too
