"""Gradients through random networks. Trains nothing, draws nothing; layers are in layers.py, one neuron a layer in chain.py."""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array, processors
from actcli.errors import RequestError, check_count, counted
from actcli.layers import Activation as ActivationLayer
from actcli.layers import BatchNorm, Dense, Layer, Network, Residual
from actcli.one_liners import in_float64
from actcli.training.declaration import Choice, choose
from actcli.training.initializers import INITIALIZERS, Fans, Initializer
from actcli.training.verdicts import (
    MOST_LAYERS,
    Gap,
    Verdict,
    check_elementwise,
    first_gap,
    ratio,
    verdict,
)

if TYPE_CHECKING:
    from actcli.analysis import Analysis

# a difference of moments good to 1e-10, over 2e-4
_STEP, _NOISE = 1e-4, 1e-6
MOST_SEEDS, MOST_NUMBERS = 10_000, 1e8


@dataclass(frozen=True)
class Setting:
    """A random network, and what goes through it: rows of independent normal numbers, and a gradient of length 1 back.

    Attributes:
        layers: how many of weights and function there are.
        width: neurons in each.
        init: ``auto``, or an initializer as ``NAME:param=value``.
        batch: rows.
        seeds: a network and its input are drawn for each.
        batch_norm: whether the sums are normalised over the batch before the function.
        residual: whether the input of a layer is added to its output.
    """

    layers: int = 10
    width: int = 256
    init: str = "auto"
    batch: int = 64
    seeds: Sequence[int] = field(default=(0, 1, 2))
    batch_norm: bool = False
    residual: bool = False


@dataclass(frozen=True)
class Spread:
    """A quantity of every layer over the seeds: its mean, and the lowest and highest."""

    mean: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class Flow:
    """What a function does in a random network; entry ``k - 1`` of each array is layer ``k``.

    Attributes:
        function: which one.
        gain: the factor that ``auto`` put on the weights of all layers but the first; 1 for other initializers.
        no_gain: why ``auto`` found none for the function and took 1; empty if it did.
        off_by: the factor by which a layer multiplies the distance of the sums' variance from 1, at which the gain keeps
            it in a wide network; NaN where it does not: for other initializers, with batch normalisation or residual
            connections.
        gap: where the function has no value, if it was asked there.
        mean: of the outputs.
        std: of the outputs.
        dead: the share of outputs where |f′| is below 0.01.
        dead_units: the share of neurons for which that holds in every row.
        gradient: by the outputs of the layer, root mean square over the rows of its length; at the last layer it is 1.
            Its mean over the seeds is the geometric one.
        weight_gradient: the Frobenius norm of the gradient by the weights, of the loss summed over the rows and divided
            by the root of their number; likewise.
    """

    function: Activation
    gain: float
    no_gain: str
    off_by: float
    gap: Gap | None
    mean: Spread
    std: Spread
    dead: Spread
    dead_units: Spread
    gradient: Spread
    weight_gradient: Spread

    @property
    def verdict(self) -> Verdict:
        """The verdict on the mean over the seeds."""
        return "undefined" if self.gap else verdict(self.gradient.mean)

    @property
    def change(self) -> float:
        """The gradient at the first layer as a multiple of that at the last."""
        return ratio(self.gradient.mean)

    @property
    def factor(self) -> float:
        """The factor a layer puts on the gradient, as the geometric mean over the layers it goes through."""
        return self.change ** (1.0 / max(1, len(self.gradient.mean) - 1))

    @property
    def stability(self) -> str:
        """Whether a variance beside 1 returns to it: ``stable``, ``unstable`` or ``neutral``; empty where 1 is not kept."""
        if math.isnan(self.off_by):
            return ""
        if abs(self.off_by - 1.0) < _NOISE:
            return "neutral"
        return "stable" if abs(self.off_by) < 1.0 else "unstable"


MEASURES = ("mean", "std", "dead", "dead_units", "gradient", "weight_gradient")
_GEOMETRIC = {"gradient", "weight_gradient"}


def flows(
    functions: Sequence[Activation],
    setting: Setting | None = None,
    *,
    tick: Callable[[], None] = lambda: None,
    threads: int | None = None,
) -> list[Flow]:
    """Send numbers forward and gradients back through random networks of each function.

    All functions see the same random numbers, so that what differs is the function.

    Args:
        functions: elementwise ones; a user's formula is computed in float64, not exactly.
        setting: the network.
        tick: called when a network has been passed through, as often as there are functions times seeds, by
            one thread at a time.
        threads: how many seeds at a time; all processors unless given. The result does not depend on it.

    Raises:
        RequestError: a function over an axis, a setting out of range, an unknown initializer.
    """
    setting = setting or Setting()
    check_elementwise(functions)
    check_setting(setting)
    chosen = initializer_of(setting)
    gains = [gain_of(f, setting) for f in functions]
    kernels = [in_float64(f) if f.is_formula else f for f in functions]
    one_at_a_time = Lock()

    def run(seed: int) -> list[_Pass]:
        passes = []
        factors = [gain.factor for gain in gains]
        for passed in _through(kernels, factors, setting, chosen, seed):
            passes.append(passed)
            with one_at_a_time:
                tick()
        return passes

    with ThreadPoolExecutor(threads or processors()) as pool:
        runs = list(pool.map(run, setting.seeds))
    return [
        _flow(f, gain, [passes[i] for passes in runs])
        for i, (f, gain) in enumerate(zip(functions, gains, strict=True))
    ]


class _Pass(NamedTuple):
    """What was measured in one network, an array (measures, layers), and where its function had no value."""

    measured: Array
    gap: Gap | None


def _flow(function: Activation, gain: "Gain", passes: Sequence[_Pass]) -> Flow:
    spreads = _spreads(np.array([passed.measured for passed in passes]))
    gap = next((passed.gap for passed in passes if passed.gap), None)
    return Flow(function, gain.factor, gain.missing, gain.off_by, gap, **spreads)


def initializer_of(setting: Setting) -> Choice[Initializer]:
    """Return the initializer of a setting; for ``auto`` it is lecun_normal, whose weights the gains then scale."""
    if setting.init != "auto":
        return choose(INITIALIZERS, setting.init)
    return choose(INITIALIZERS, "lecun_normal")


class Gain(NamedTuple):
    """The factor on the weights behind a function.

    ``missing`` says why it is 1 for want of a better, else it is empty; ``off_by`` is as in :class:`Flow`.
    """

    factor: float
    missing: str = ""
    off_by: float = math.nan


def gain_of(function: Activation, setting: Setting) -> Gain:
    """Return the factor on the weights behind a function: for ``auto`` that for which sums of variance 1 keep it.

    With residual connections it is smaller by the root of the number of layers, as their outputs add up.
    """
    if setting.init != "auto":
        return Gain(1.0)
    from actcli.analysis import analyse

    analysis = analyse(function)
    found = analysis.gain
    shrunk = 1.0 / math.sqrt(setting.layers) if setting.residual else 1.0
    if 0.0 < found.forward < math.inf:
        plain = not (setting.batch_norm or setting.residual)
        off_by = _off_by(analysis) if plain else math.nan
        return Gain(found.forward * shrunk, off_by=off_by)
    return Gain(shrunk, f"E[f(z)²] is {found.no_gain('square')}")


def _off_by(analysis: "Analysis") -> float:
    """Return d/dq of E[f(√q·z)²]/E[f(z)²] at q = 1: what becomes of a variance q of the sums in the next layer."""
    above, below = (
        analysis.moments(math.sqrt(1.0 + h)).square for h in (_STEP, -_STEP)
    )
    change = (above - below) / (2.0 * _STEP * analysis.gain.square)
    return 0.0 if abs(change) < _NOISE else change


def _through(
    functions: Sequence[Activation],
    gains: Sequence[float],
    setting: Setting,
    chosen: Choice[Initializer],
    seed: int,
) -> Iterator[_Pass]:
    """Yield what was measured for each function."""
    rng = np.random.default_rng(seed)
    fans = Fans(setting.width, setting.width)
    distribution = chosen.record(fans.fan_in, fans.fan_out, **chosen.values)
    x = rng.normal(size=(setting.batch, setting.width))
    back = rng.normal(size=(setting.batch, setting.width))
    back /= np.linalg.norm(back, axis=1, keepdims=True)
    weights = [distribution.draw(rng, fans) for _ in range(setting.layers)]
    for function, gain in zip(functions, gains, strict=True):
        yield _measure(function, gain, weights, x, back, setting)


def _measure(
    function: Activation,
    gain: float,
    weights: Sequence[Array],
    x: Array,
    back: Array,
    setting: Setting,
) -> _Pass:
    # the input has passed no function, so the first layer needs no gain
    scales = [
        1.0 if k == 0 and setting.init == "auto" else gain for k in range(len(weights))
    ]
    layers = [
        _layer(function, weight * scale if scale != 1.0 else weight, setting)
        for weight, scale in zip(weights, scales, strict=True)
    ]
    result = np.empty((len(MEASURES), len(layers)))
    with np.errstate(all="ignore"):  # what explodes is a result
        for k, layer in enumerate(layers):
            x = layer.forward(x)
            result[:2, k] = x.mean(), _of_any_size(np.std, x)
        for k in reversed(range(len(layers))):
            result[4, k] = _length(back)
            back = layers[k].backward(back)
            result[2:4, k] = _dead(layers[k])
            result[5, k] = _by_weights(layers[k], len(x))
    return _Pass(result, _gap_in(layers) if np.isnan(result).any() else None)


def _layer(function: Activation, weight: Array, setting: Setting) -> Network:
    parts: list[Layer] = [Dense.of(weight)]
    if setting.batch_norm:
        parts.append(BatchNorm(setting.width))
    parts.append(ActivationLayer(function, learn=()))
    return Residual(*parts) if setting.residual else Network(*parts)


def _length(back: Array) -> float:
    return _of_any_size(np.linalg.norm, back) / math.sqrt(len(back))


def _of_any_size(measure: Callable[[Array], Any], x: Array) -> float:
    """Return a norm or a deviation of numbers whose squares may overflow or underflow."""
    size = float(measure(x))
    if 1e-140 < size < 1e140:
        return size
    largest = float(np.abs(x).max())
    if not 0.0 < largest < math.inf:
        return largest
    return float(measure(x / largest)) * largest


def _gap_in(layers: Sequence[Network]) -> Gap | None:
    """Return where the function has no value; what is NaN otherwise comes from the overflow of an explosion."""
    functions = [_function_of(layer) for layer in layers]
    inputs = [f.input for f in functions if f.input is not None]
    both = (f.function.value_and_derivative(f.input) for f in functions)
    return first_gap(inputs, both)


def _function_of(layer: Network) -> ActivationLayer:
    last = layer.layers[-1]
    assert isinstance(last, ActivationLayer)
    return last


def _dead(layer: Network) -> tuple[float, float]:
    from actcli.analysis import VANISHING

    slope = _function_of(layer).slope
    assert slope is not None
    if np.isnan(slope).any():
        return math.nan, math.nan
    dead = np.abs(slope) < VANISHING
    return float(dead.mean()), float(dead.all(axis=0).mean())


def _by_weights(layer: Network, rows: int) -> float:
    first = layer.layers[0]
    norm = _of_any_size(np.linalg.norm, first.gradients.pop("weight"))
    return norm / math.sqrt(rows)


def _spreads(measured: Array) -> dict[str, Spread]:
    """Return the spread over seeds of what was measured, an array (seeds, measures, layers)."""
    found = {}
    for i, name in enumerate(MEASURES):
        values = measured[:, i]
        with np.errstate(all="ignore"):
            mean = (
                np.exp(np.log(values).mean(axis=0))
                if name in _GEOMETRIC
                else values.mean(axis=0)
            )
        found[name] = Spread(mean, values.min(axis=0), values.max(axis=0))
    return found


def check_setting(setting: Setting) -> None:
    """Refuse a network without layers, neurons or rows, no seeds or negative ones, and what no memory or patience holds."""
    count = len(setting.seeds)
    check_count("layers", setting.layers, 1, MOST_LAYERS)
    check_count("width", setting.width, 1)
    check_count("batch", setting.batch, 2 if setting.batch_norm else 1)
    check_count("seeds", count, 1, MOST_SEEDS)
    for seed in setting.seeds:
        check_count("seed", seed, 0)
    measured = len(MEASURES)
    numbers = setting.width * (setting.width + 4 * setting.batch) + measured * count
    if setting.layers * numbers > MOST_NUMBERS:
        raise RequestError(
            f"{setting.layers} layers of width {setting.width} and batch {setting.batch} are too large for {counted(count, 'seed')}; "
            f"layers*(width*(width + 4*batch) + {measured}*seeds) may be {MOST_NUMBERS:g}"
        )
