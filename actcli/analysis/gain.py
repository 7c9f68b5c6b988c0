"""What a layer of random weights does: moments of f and f′ of a Gaussian input, the gains that undo it, PyTorch's beside them."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from actcli.activation import Activation
from actcli.analysis.curve import Curve
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.formula import parse

# beyond this many standard deviations the density is below the smallest number
_END = 38.5
_TOLERANCE = 1e-12
_ROUNDS, _EXACT_ROUNDS = 40, 20


@dataclass(frozen=True)
class Moments:
    """Moments of f(z) and f′(z) for z ~ N(0, sigma²), good to 1e-10 of each; f′ is taken where it exists.

    Attributes:
        sigma: the standard deviation of the input.
        mean: E[f].
        variance: E[(f - mean)²].
        square: E[f²].
        slope: E[f′].
        slope_square: E[f′²].
    """

    sigma: float
    mean: float
    variance: float
    square: float
    slope: float
    slope_square: float

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

    @property
    def zero_centred(self) -> bool:
        """Whether E[f] is 0, to the accuracy of the quadrature: odd functions, and those made for it, such as selu."""
        size = math.sqrt(self.square)
        return math.isfinite(size) and abs(self.mean) <= 1e-10 * size


def _inverse_root(square: float) -> float:
    return 1.0 / math.sqrt(square) if square else math.inf


def moments(curve: Curve, sigma: float = 1.0) -> Moments:
    """Return the moments of a function of a Gaussian input, by Gauss-Legendre quadrature between its breaks.

    Infinite where the integral diverges, NaN where the function has no value on part of the line.

    >>> import actcli
    >>> round(moments(Curve(actcli.relu)).forward, 15), moments(Curve(actcli.relu), 2.0).square
    (1.414213562373095, 2.0)
    """
    if not (math.isfinite(sigma) and sigma > 0.0):
        raise RequestError(f"sigma is {sigma:g}; give a number above 0")
    with np.errstate(all="ignore"):
        nodes, unsettled = _settle(curve, sigma)
        z, weight, f, d = (getattr(nodes, n).ravel() for n in ("z", "weight", "f", "d"))
        found = [_integral(z, weight, v) for v in (f, f * f, d, d * d)]
        found = [math.inf if u else v for v, u in zip(found, unsettled, strict=True)]
        mean, square, slope, slope_square = found
        mean, slope = (
            _beyond_rounding(mean, square),
            _beyond_rounding(slope, slope_square),
        )
        variance = _integral(z, weight, (f - mean) ** 2)
    if math.isinf(square):
        variance = math.inf
    return Moments(sigma, mean, variance, square, slope, slope_square)


def _beyond_rounding(mean: float, square: float) -> float:
    """Return a mean, 0 where it is no more than the rounding of a sum that cancels, as that of an odd function."""
    return 0.0 if abs(mean) <= 1e-15 * math.sqrt(square) < math.inf else mean


def _integral(z: Array, weight: Array, y: Array) -> float:
    """Return Σ weight·y; infinite where the largest |z| still contribute."""
    terms = weight * y
    total = math.fsum(terms) if np.isfinite(terms).all() else float(terms.sum())
    last = np.abs(terms[np.abs(z) > _END - 0.5]).sum()
    return math.inf if last > _TOLERANCE * np.abs(terms).sum() else total


def _settle(curve: Curve, sigma: float) -> tuple["_Panels", list[bool]]:
    """Return panels so narrow that the four integrals have settled, and which of them have not because they diverge."""
    edges = _edges(curve, sigma)
    panels = _Panels.over(curve, sigma, edges[:-1], edges[1:])
    settled: list[_Panels] = []
    size = np.zeros(4)
    missing = np.zeros(4)
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
        if not open_.any():
            break
    return _Panels.joined([*settled, panels]), (missing > 1e-2 * size).tolist()


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


def _edges(curve: Curve, sigma: float) -> Array:
    """Return where panels begin and end: at the breaks, and closer together where the samples are."""
    s = curve.samples
    some = s.x[:: 8 if curve.is_exact else 24]
    some = np.concatenate((some[np.abs(some) > 1e-9], [0.0], s.breaks)) / sigma
    return np.unique(np.concatenate((some[np.abs(some) < _END], [-_END, _END])))


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
    return TorchGain(formula.number(function.resolve({})), reason)
