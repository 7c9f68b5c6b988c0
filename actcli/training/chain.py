"""Gradients through a chain of neurons, one a layer. Networks of many are in gradflow.py."""

import math
from dataclasses import dataclass

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array
from actcli.errors import RequestError, check_count
from actcli.training.verdicts import (
    MOST_LAYERS,
    Gap,
    Verdict,
    check_elementwise,
    first_gap,
    verdict,
)


@dataclass(frozen=True)
class Chain:
    """One neuron a layer, ``a[k] = f(w·a[k-1])``: entry ``k - 1`` of each array is layer ``k``.

    Attributes:
        function: which function stands in every layer.
        weight: the w of every layer.
        z: what goes into it, ``w·a[k-1]``.
        a: what comes out.
        slope: f′(z).
        product: of ``w·f′(z)`` over the layers up to this one: the derivative of ``a[k]`` by x.
        gradient: of ``w·f′(z)`` over the layers from this one on: the derivative of the last ``a`` by ``a[k-1]``.
        gap: where the function has no value, if it was asked there.
    """

    function: Activation
    weight: float
    z: Array
    a: Array
    slope: Array
    product: Array
    gradient: Array
    gap: Gap | None

    @property
    def verdict(self) -> Verdict:
        """The verdict on the gradient that reaches x, as a multiple of the one the loss gives the output, 1."""
        return self._judge(self.gradient[0])

    @property
    def mean_slope(self) -> float:
        """The geometric mean of |f′(z)|: with |w| the factor that a layer puts on the gradient."""
        with np.errstate(all="ignore"):
            return float(np.exp(np.log(np.abs(self.slope)).mean()))

    @property
    def factor(self) -> float:
        """The factor a layer puts on the gradient: the geometric mean of |w·f′(z)|."""
        return abs(self.weight) * self.mean_slope

    @property
    def slopes(self) -> float:
        """The product of f′(z) over all layers: what is left of the gradient at x without w."""
        with np.errstate(all="ignore"):
            return float(self.slope.prod())

    @property
    def verdict_without_weight(self) -> Verdict:
        """The verdict on ``slopes``: whether the function is to blame, or w."""
        return self._judge(self.slopes)

    @property
    def weights_alone(self) -> Array:
        """What ``gradient`` would be, but for its sign, if f′ were 1 everywhere."""
        with np.errstate(all="ignore"):
            return np.power(abs(self.weight), np.arange(len(self.a), 0, -1.0))

    def _judge(self, gradient: float) -> Verdict:
        return "undefined" if self.gap else verdict(np.array([gradient, 1.0]))


def chain(
    function: Activation, layers: int = 10, weight: float = 0.5, x: float = 1.0
) -> Chain:
    """Follow a number through a chain of neurons, and the derivative of its end by everything on the way.

    >>> import actcli
    >>> chain(actcli.sigmoid, 3).gradient.round(10).tolist()
    [0.0017554103, 0.0149394259, 0.1224330266]
    """
    check_elementwise([function])
    check_count("layers", layers, 1, MOST_LAYERS)
    for name, number in (("weight", weight), ("x", x)):
        if not math.isfinite(number):
            raise RequestError(f"{name} {number:g} is not finite; give a finite number")
    inputs, outputs, slopes = [], [], []
    a = x
    for _ in range(layers):
        z = weight * a
        a = float(function(z))
        inputs.append(z)
        outputs.append(a)
        slopes.append(float(function.derivative(z)))
    slope = np.array(slopes)
    with np.errstate(all="ignore"):
        product = np.cumprod(weight * slope)
        gradient = np.cumprod((weight * slope)[::-1])[::-1]
    entered, left = np.array(inputs), np.array(outputs)
    gap = first_gap(entered[:, None], zip(left[:, None], slope[:, None], strict=True))
    return Chain(function, weight, entered, left, slope, product, gradient, gap)
