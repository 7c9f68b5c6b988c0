"""The initial weights, a declaration each: from the fans and the parameters to the distribution they are drawn from.

The mean and the deviation of a distribution are those of theory; only ``draw`` needs a generator of random numbers.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from actcli.engine import Array
from actcli.errors import RequestError, check_count
from actcli.registry import Registry
from actcli.training.declaration import Record, declaring
from actcli.training.hyperparameters import Domain, Value


class Fans(NamedTuple):
    """How many inputs each neuron of a layer has, and how many neurons there are."""

    fan_in: int
    fan_out: int

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the weights: a row for each neuron, as torch stores them."""
        return self.fan_out, self.fan_in


class Distribution(Protocol):
    """What weights are drawn from."""

    @property
    def mean(self) -> float:
        """The mean of a weight."""

    @property
    def std(self) -> float:
        """The standard deviation of a weight."""

    def draw(self, rng: np.random.Generator, fans: Fans) -> Array:
        """Return weights of shape ``(fan_out, fan_in)``."""

    def density(self, x: Array) -> Array | None:
        """Return the probability density of a weight at each x; None where the weights are all the same number."""


@dataclass(frozen=True)
class Constant:
    """All weights equal."""

    mean: float
    std: float = 0.0

    def draw(self, _rng: np.random.Generator, fans: Fans) -> Array:
        """Return weights of shape ``(fan_out, fan_in)``."""
        return np.full(fans.shape, self.mean)

    def density(self, _x: Array) -> None:
        """Return None."""
        return


@dataclass(frozen=True)
class Normal:
    """Independent normal weights."""

    mean: float
    std: float

    def draw(self, rng: np.random.Generator, fans: Fans) -> Array:
        """Return weights of shape ``(fan_out, fan_in)``."""
        return rng.normal(self.mean, self.std, fans.shape)

    def density(self, x: Array) -> Array:
        """Return the probability density at each x."""
        return bell_curve((x - self.mean) / self.std) / self.std


@dataclass(frozen=True)
class Uniform:
    """Independent weights, equally likely from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        """The mean of a weight."""
        return self.low / 2.0 + self.high / 2.0

    @property
    def std(self) -> float:
        """The standard deviation of a weight."""
        return (self.high - self.low) / math.sqrt(12.0)

    def draw(self, rng: np.random.Generator, fans: Fans) -> Array:
        """Return weights of shape ``(fan_out, fan_in)``."""
        return rng.uniform(self.low, self.high, fans.shape)

    def density(self, x: Array) -> Array:
        """Return the probability density at each x."""
        inside = (self.low <= x) & (x <= self.high)
        return inside / (self.high - self.low)


@dataclass(frozen=True)
class TruncatedNormal:
    """Independent normal weights of deviation ``scale`` about ``mean``, none further out than ``cut`` times ``scale``."""

    mean: float
    scale: float
    cut: float

    @property
    def std(self) -> float:
        """The standard deviation of a weight, which the cut makes smaller than ``scale``."""
        return self.scale * truncated_std(self.cut)

    def draw(self, rng: np.random.Generator, fans: Fans) -> Array:
        """Return weights of shape ``(fan_out, fan_in)``."""
        drawn = truncated_draw(rng, self.cut, fans.fan_out * fans.fan_in)
        return self.mean + self.scale * drawn.reshape(fans.shape)

    def density(self, x: Array) -> Array:
        """Return the probability density at each x."""
        z = (x - self.mean) / self.scale
        whole = math.erf(self.cut / math.sqrt(2.0)) * self.scale
        return np.where(np.abs(z) <= self.cut, bell_curve(z) / whole, 0.0)


def bell_curve(z: Array) -> Array:
    """Return the density of the standard normal distribution."""
    curve: Array = np.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    return curve


def truncated_std(cut: float) -> float:
    """Return the standard deviation of a standard normal variable confined to ``[-cut, cut]``.

    >>> truncated_std(2.0)
    0.8796256610342398
    """
    if cut > 5.0:
        density = math.exp(-cut * cut / 2.0) / math.sqrt(2.0 * math.pi)
        return math.sqrt(1.0 - 2.0 * cut * density / math.erf(cut / math.sqrt(2.0)))
    # 1 - 2·cut·φ(cut)/erf(cut/√2) cancels as cut falls; with erf(cut/√2) = 2·cut·φ(cut)·(1 + s) it is s/(1 + s)
    s, term, odd = 0.0, 1.0, 1
    while term > 1e-18 * s:
        odd += 2
        term *= cut * cut / odd
        s += term
    return math.sqrt(s / (1.0 + s))


def truncated_draw(rng: np.random.Generator, cut: float, size: int) -> Array:
    """Draw ``size`` standard normal numbers confined to ``[-cut, cut]``: those outside are drawn again."""
    kept = np.empty(0)
    while kept.size < size:
        missing = size - kept.size
        if cut > 1.25:
            drawn = rng.normal(size=missing)
            drawn = drawn[np.abs(drawn) <= cut]
        else:  # too few normal numbers would fall inside; of uniform ones most are kept
            drawn = rng.uniform(-cut, cut, missing)
            drawn = drawn[rng.uniform(size=missing) <= np.exp(-drawn * drawn / 2.0)]
        kept = np.concatenate((kept, drawn))
    return kept


@dataclass(frozen=True)
class Orthogonal:
    """Rows, or columns where these are fewer, at right angles and ``gain`` long, every such matrix equally likely."""

    gain: float
    fans: Fans
    mean: float = 0.0

    @property
    def std(self) -> float:
        """The standard deviation of a weight."""
        return self.gain / math.sqrt(max(self.fans))

    def draw(self, rng: np.random.Generator, fans: Fans) -> Array:
        """Return weights of shape ``(fan_out, fan_in)``."""
        tall = rng.normal(size=(max(fans), min(fans)))
        q, r = np.linalg.qr(tall)
        # the signs QR is free to choose are made those that spread q evenly: Mezzadri 2007, arXiv:math-ph/0609050
        q = self.gain * (q * np.copysign(1.0, np.diagonal(r)))
        return np.ascontiguousarray(q if fans.fan_out >= fans.fan_in else q.T)

    def density(self, x: Array) -> Array | None:
        """Return the probability density at each x: of a coordinate of a point on the sphere; None for a sphere of two points."""
        n = max(self.fans)
        if n == 1:
            return None
        z2 = np.minimum((x / self.gain) ** 2, 1.0)
        whole = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2))
        whole /= self.gain * math.sqrt(math.pi)
        with np.errstate(divide="ignore"):
            return np.where(z2 < 1.0, whole * (1.0 - z2) ** ((n - 3) / 2), 0.0)


Distribute = Callable[..., Distribution]


@dataclass(kw_only=True, eq=False)
class Initializer(Record[Distribute]):
    """An initializer as declared: the formula of its deviation or bounds, the functions it suits, torch's name for it."""

    kind: ClassVar = "initializer"
    suits: tuple[str, ...] = ()
    torch: str = ""
    paper: str = ""

    def __call__(self, fan_in: int, fan_out: int, **values: Value) -> Distribution:
        """Return the distribution of the weights from ``fan_in`` inputs to ``fan_out`` neurons.

        >>> round(xavier_normal(100, 50).std, 12)
        0.115470053838
        """
        bound: dict[str, Any] = self.bind(values)
        check_count("fan-in", fan_in, 1, MOST)
        check_count("fan-out", fan_out, 1, MOST)
        chosen = self.function(Fans(fan_in, fan_out), **bound)
        sizes = [size for size in (chosen.std, abs(chosen.mean)) if size]
        if not all(1.0 / LARGEST <= size <= LARGEST for size in sizes):
            raise RequestError(
                f"{self.title} would draw weights whose squares are no floats; give it a deviation and a mean from {1.0 / LARGEST:g} to {LARGEST:g}"
            )
        return chosen

    def draw(
        self, rng: np.random.Generator, fan_in: int, fan_out: int, **values: Value
    ) -> Array:
        """Return drawn weights, float64 of shape ``(fan_out, fan_in)``."""
        distribution = self(fan_in, fan_out, **values)
        if fan_in * fan_out > MOST:
            raise RequestError(
                f"{fan_out} by {fan_in} weights are too many to draw; ask for at most {MOST:g}"
            )
        return distribution.draw(rng, Fans(fan_in, fan_out))


MOST = 100_000_000
LARGEST = 1e140  # the squares of as many weights can be summed


INITIALIZERS = Registry[Initializer](Initializer.kind, "actcli init --list")
initializer = declaring(Initializer, Initializer.stand_for, INITIALIZERS)


Gain = Annotated[
    float, Domain(above=0), "factor on the deviation, for the activation that follows"
]
Mode = Annotated[
    Literal["fan_in", "fan_out"],
    "keep the scale of the activations (fan_in) or of the gradients (fan_out)",
]
Mean = Annotated[float, Domain(), "mean of the weights"]
Deviation = Annotated[float, Domain(above=0), "standard deviation"]

# not sigmoid: with its slope of 1/4 at most a deep network vanishes, whatever keeps the scale of a linear one
SATURATING = ("tanh", "softsign")
RECTIFIERS = ("relu", "leaky_relu", "prelu", "elu", "swish", "gelu", "mish")
GLOROT = "Glorot & Bengio 2010, proceedings.mlr.press/v9/glorot10a.html"
HE = "He et al. 2015, arXiv:1502.01852"
LECUN = "LeCun et al. 1998, doi:10.1007/3-540-49430-8_2; Klambauer et al. 2017, arXiv:1706.02515, for selu"
HE_GAIN = math.sqrt(2.0)


def symmetric(std: float) -> Uniform:
    """Return the uniform distribution about zero with this deviation."""
    return Uniform(-math.sqrt(3.0) * std, math.sqrt(3.0) * std)


def xavier_std(fans: Fans, gain: float) -> float:
    """Return the deviation midway between what keeps the activations and what keeps the gradients."""
    return gain * math.sqrt(2.0 / (fans.fan_in + fans.fan_out))


def he_std(fans: Fans, mode: str, gain: float) -> float:
    """Return the deviation that keeps the scale of the activations or of the gradients."""
    return gain / math.sqrt(fans.fan_in if mode == "fan_in" else fans.fan_out)


@initializer(
    "w = 0",
    torch="torch.nn.init.zeros_",
    note="it does not train: all neurons of a layer get the same gradient and stay equal, and no gradient passes through "
    "a zero weight; biases may start at zero, weights may not",
)
def zeros(_: Fans) -> Constant:
    """All weights zero."""
    return Constant(0.0)


@initializer(
    "w ~ N(mean, std**2)",
    torch="torch.nn.init.normal_(mean, std)",
    aliases=("gaussian",),
    note="a fixed deviation suits one width only: at 0.01 the activations die out with depth, at 1 sigmoid and tanh saturate",
)
def normal(_: Fans, *, std: Deviation = 0.01, mean: Mean = 0.0) -> Normal:
    """Normal weights whose deviation ignores the size of the layer."""
    return Normal(mean, std)


@initializer(
    "std = (high - low)/sqrt(12)",
    torch="torch.nn.init.uniform_(low, high)",
    note="torch draws from 0 to 1 by default; a fixed width suits one size of layer only",
)
def uniform(
    _: Fans,
    *,
    low: Annotated[float, Domain(), "least weight"] = -0.05,
    high: Annotated[float, Domain(), "largest weight"] = 0.05,
) -> Uniform:
    """Uniform weights of a width that ignores the size of the layer."""
    if not low < high:
        raise RequestError(
            f"low={low} is not below high={high}; give low first and high above it"
        )
    return Uniform(low, high)


@initializer(
    "std = scale*sqrt(1 - 2*cut*phi(cut)/erf(cut/sqrt(2))), phi the normal density",
    torch="torch.nn.init.trunc_normal_(mean, std=scale, a=mean - cut*scale, b=mean + cut*scale)",
    aliases=("trunc_normal",),
    note="the cut is in units of scale, as in JAX and Keras; torch's a and b are weights, and its defaults of -2 and 2 "
    "cut nothing off at std=0.02; a cut of 2 leaves a deviation of 0.88*scale",
)
def truncated_normal(
    _: Fans,
    *,
    scale: Annotated[
        float, Domain(above=0), "standard deviation before the cut"
    ] = 0.02,
    mean: Mean = 0.0,
    cut: Annotated[
        float, Domain(least=1e-6), "furthest from the mean, in units of scale"
    ] = 2.0,
) -> TruncatedNormal:
    """Normal weights without the rare far ones."""
    return TruncatedNormal(mean, scale, cut)


@initializer(
    "std = gain*sqrt(2/(fan_in + fan_out))",
    paper=GLOROT,
    torch="torch.nn.init.xavier_normal_(gain)",
    suits=SATURATING,
    aliases=("glorot_normal", "xavier", "glorot"),
    note="some textbooks and Caffe call 1/sqrt(fan_in) Xavier's: that is lecun_normal here; the gradients of a "
    "deep sigmoid network vanish with it, as its slope is at most 1/4",
)
def xavier_normal(fans: Fans, *, gain: Gain = 1.0) -> Normal:
    """Normal weights that keep activations and gradients alike in scale, for functions of slope 1 at zero."""
    return Normal(0.0, xavier_std(fans, gain))


@initializer(
    "bound = gain*sqrt(6/(fan_in + fan_out)), std = bound/sqrt(3)",
    paper=GLOROT,
    torch="torch.nn.init.xavier_uniform_(gain)",
    suits=SATURATING,
    aliases=("glorot_uniform",),
    note="the default of Keras layers",
)
def xavier_uniform(fans: Fans, *, gain: Gain = 1.0) -> Uniform:
    """Uniform weights that keep activations and gradients alike in scale, for functions of slope 1 at zero."""
    return symmetric(xavier_std(fans, gain))


@initializer(
    "std = gain/sqrt(fan)",
    paper=HE,
    torch="torch.nn.init.kaiming_normal_(mode)",
    suits=RECTIFIERS,
    aliases=("kaiming_normal", "he", "kaiming"),
    note="the gain of sqrt(2) makes up for the half that relu sets to zero",
)
def he_normal(fans: Fans, *, gain: Gain = HE_GAIN, mode: Mode = "fan_in") -> Normal:
    """Normal weights that keep the scale through rectifiers."""
    return Normal(0.0, he_std(fans, mode, gain))


@initializer(
    "bound = gain*sqrt(3/fan), std = bound/sqrt(3)",
    paper=HE,
    torch="torch.nn.init.kaiming_uniform_(mode)",
    suits=RECTIFIERS,
    aliases=("kaiming_uniform",),
    note="torch's layers call it with a=sqrt(5), a gain of 1/sqrt(3): weights smaller than relu needs by a factor of sqrt(6)",
)
def he_uniform(fans: Fans, *, gain: Gain = HE_GAIN, mode: Mode = "fan_in") -> Uniform:
    """Uniform weights that keep the scale through rectifiers."""
    return symmetric(he_std(fans, mode, gain))


@initializer(
    "std = gain/sqrt(fan_in)",
    paper=LECUN,
    torch="torch.nn.init.kaiming_normal_(nonlinearity='linear')",
    suits=("selu", *SATURATING),
    aliases=("lecun",),
    note="what selu's constants are made for; JAX and Keras cut it off at two deviations and widen it to keep std",
)
def lecun_normal(fans: Fans, *, gain: Gain = 1.0) -> Normal:
    """Normal weights that keep the scale of the activations where the function is near the identity."""
    return Normal(0.0, he_std(fans, "fan_in", gain))


@initializer(
    "bound = gain*sqrt(3/fan_in), std = bound/sqrt(3)",
    paper=LECUN,
    torch="torch.nn.init.kaiming_uniform_(nonlinearity='linear')",
    suits=("selu", *SATURATING),
)
def lecun_uniform(fans: Fans, *, gain: Gain = 1.0) -> Uniform:
    """Uniform weights that keep the scale of the activations where the function is near the identity."""
    return symmetric(he_std(fans, "fan_in", gain))


@initializer(
    "W*W.T = gain**2 or W.T*W = gain**2, std = gain/sqrt(max(fan_in, fan_out))",
    paper="Saxe et al. 2013, arXiv:1312.6120",
    torch="torch.nn.init.orthogonal_(gain)",
    suits=("identity", "tanh", "relu"),
    note="keeps every length, not only the average; for relu give gain=1.4142",
)
def orthogonal(fans: Fans, *, gain: Gain = 1.0) -> Orthogonal:
    """Weights that rotate and reflect but do not stretch."""
    return Orthogonal(gain, fans)
