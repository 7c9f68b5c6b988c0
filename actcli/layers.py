"""A small network to learn with: layers, their gradients, a loss. What moves the parameters is in training/optimizers.py.

A layer takes rows, an array (examples, inputs), and computes in float64, whatever they come in. ``backward`` goes through
the latest ``forward``: it takes the gradient of the loss by what the layer gave, leaves that by each parameter in
``gradients``, and returns that by its input. Arrays of other shapes than a layer takes, and ``backward`` before
``forward``, raise RequestError.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from actcli import activation, lookup
from actcli.engine import Array, as_floats
from actcli.errors import RequestError, check_count, counted
from actcli.training.declaration import choose
from actcli.training.initializers import INITIALIZERS
from actcli.training.optimizers import OPTIMIZERS
from actcli.training.schedules import SCHEDULES


class Layer:
    """What can stand in a network: it has parameters, maybe, and goes forward and backward.

    Attributes:
        parameters: by name, arrays.
        gradients: of the loss by each parameter, after ``backward``.
        input: what went into the latest ``forward``; not kept by all layers.
        training: whether it behaves as in training; only BatchNorm makes a difference.
    """

    training = True

    def __init__(self) -> None:
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}
        self.input: Array | None = None

    def forward(self, x: Array) -> Array:
        """Return what the layer makes of rows."""
        raise NotImplementedError

    def backward(self, upstream: Array) -> Array:
        """Return the gradient by the input, given that by the output; fill ``gradients``."""
        raise NotImplementedError

    def walk(self) -> "Iterator[Layer]":
        """Yield the layer and those inside it."""
        yield self


class Dense(Layer):
    """Weighted sums: ``x @ weight.T + bias``.

    Args:
        inputs: how many numbers a row has.
        outputs: how many neurons there are.
        init: the initializer, as ``NAME:param=value``; biases start at zero.
        rng: where the weights are drawn from.

    >>> layer = Dense(2, 3, "zeros", np.random.default_rng(0))
    >>> layer.forward(np.ones((1, 2)))
    array([[0., 0., 0.]])
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        init: str = "he_normal",
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        chosen = choose(INITIALIZERS, init)
        rng = np.random.default_rng(0) if rng is None else rng
        weight = chosen.record.draw(rng, inputs, outputs, **chosen.values)
        self.parameters = {"weight": weight, "bias": np.zeros(outputs)}

    @classmethod
    def of(cls, weight: Array, bias: Array | None = None) -> "Dense":
        """Make the layer of given weights, a row for each neuron; without a bias it has none."""
        made = cls.__new__(cls)
        Layer.__init__(made)
        given = {"weight": weight} | ({} if bias is None else {"bias": bias})
        made.parameters = {name: _wide(values, name) for name, values in given.items()}
        shapes = [values.shape for values in made.parameters.values()]
        if len(shapes[0]) != 2 or shapes[1:] not in ([], [shapes[0][:1]]):
            raise RequestError(
                f"Dense: {' and '.join(given)} of shape {' and '.join(map(str, shapes))}; give a row of weights, and a bias, for each neuron"
            )
        return made

    def forward(self, x: Array) -> Array:
        weight = self.parameters["weight"]
        self.input = x = _rows("Dense", x, weight.shape[1])
        z: Array = x @ weight.T
        if "bias" in self.parameters:
            z += self.parameters["bias"]
        return z

    def backward(self, upstream: Array) -> Array:
        x, weight = _gone_forward("Dense", self.input), self.parameters["weight"]
        upstream = _upstream("Dense", upstream, (len(x), len(weight)))
        self.gradients["weight"] = upstream.T @ x
        if "bias" in self.parameters:
            self.gradients["bias"] = upstream.sum(axis=0)
        return upstream @ weight


class Activation(Layer):
    """Any activation function as a layer; over-axis ones (softmax, maxout) work along each row.

    Args:
        function: an ``Activation`` of the library, or a name, ``NAME:param=value`` or formula.
        learn: the parameters that are learned. Unless given, those that the function takes an array for: prelu's alpha.
        **values: parameters, also where learning starts; an array of one number for each input is learned for each.

    Attributes:
        slope: of an elementwise function, the derivative at every input, after ``backward``.

    >>> layer = Activation("prelu")
    >>> layer.forward(np.array([[-4.0, 2.0]])), layer.backward(np.array([[1.0, 1.0]]))
    (array([[-1.,  2.]]), array([[0.25, 1.  ]]))
    >>> layer.gradients["alpha"]
    array(-4.)
    """

    def __init__(
        self,
        function: "str | activation.Activation",
        learn: str | Sequence[str] | None = None,
        **values: Any,
    ) -> None:
        super().__init__()
        self.function = lookup.get(function) if isinstance(function, str) else function
        resolved = self.function.resolve(values)
        learned = (learn,) if isinstance(learn, str) else learn
        names = self._learned_by_default() if learned is None else tuple(learned)
        for name in names:
            # raise for what is no parameter, and for what has no derivative
            self.function.parameter(name)
            self.function.slope(name)
        self.parameters = {n: np.array(resolved[n], np.float64) for n in names}
        self._fixed = {n: v for n, v in resolved.items() if n not in names}
        self.slope: Array | None = None
        self._shape: tuple[int, ...] = ()

    def _learned_by_default(self) -> tuple[str, ...]:
        taking = self.function.parameters
        return tuple(n for n in self.function.trainable if taking[n].is_array)

    def forward(self, x: Array) -> Array:
        self.input = x = _wide(x)
        y: Array = self.function(x, **self._values())
        self._shape = np.shape(y)
        return y

    def backward(self, upstream: Array) -> Array:
        x, values = _gone_forward(self.function.label, self.input), self._values()
        upstream = _upstream(self.function.label, upstream, self._shape)
        for name, parameter in self.parameters.items():
            by = self.function.vjp(x, upstream, name, **values)
            self.gradients[name] = np.asarray(by).reshape(parameter.shape)
        if self.function.over_axis:
            return self.function.vjp(x, upstream, **values)
        self.slope = self.function.derivative(x, **values)
        with np.errstate(all="ignore"):
            return upstream * self.slope

    def _values(self) -> dict[str, Any]:
        return {**self._fixed, **self.parameters}


class BatchNorm(Layer):
    """Rows scaled to mean 0 and variance 1 in each column, then by ``gamma`` and ``beta``, which are learned.

    In training by the mean and variance of the rows at hand; otherwise by running means of these, of variances over one
    less than the number of rows, as in torch and in the paper (arXiv:1502.03167).

    Args:
        width: how many columns there are.
        eps: added to the variance.
        momentum: the share of the rows at hand in the running means.

    >>> BatchNorm(1, eps=0.0).forward(np.array([[1.0], [3.0]])).ravel()
    array([-1.,  1.])
    """

    def __init__(self, width: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__()
        check_count("BatchNorm: width", width, 1)
        for name, value, fits in (
            ("eps", eps, 0.0 <= eps < np.inf),
            ("momentum", momentum, 0.0 <= momentum <= 1.0),
        ):
            if not fits:
                raise RequestError(
                    f"BatchNorm: {name} {value:g} is out of range; give an eps of at least 0, momentum from 0 to 1"
                )
        self.eps, self.momentum = eps, momentum
        self.parameters = {"gamma": np.ones(width), "beta": np.zeros(width)}
        self.mean, self.variance = np.zeros(width), np.ones(width)
        self._unit: Array | None = None

    def forward(self, x: Array) -> Array:
        x = _rows("BatchNorm", x, len(self.mean))
        self._by_these_rows = self.training
        if self.training:
            if len(x) < 2:  # a row less its own mean is 0, whatever is in it
                raise RequestError(
                    f"BatchNorm: {counted(len(x), 'row')} cannot be normalised in training; give at least 2"
                )
            mean = x.mean(axis=0)
            centred = x - mean
            squares = np.einsum("ij,ij->j", centred, centred)
            variance = squares / len(x)
            self.mean += self.momentum * (mean - self.mean)
            self.variance += self.momentum * (squares / (len(x) - 1) - self.variance)
        else:
            centred, variance = x - self.mean, self.variance
        self._scale = 1.0 / np.sqrt(variance + self.eps)
        self._unit = centred * self._scale
        return self.parameters["gamma"] * self._unit + self.parameters["beta"]

    def backward(self, upstream: Array) -> Array:
        unit = _gone_forward("BatchNorm", self._unit)
        upstream = _upstream("BatchNorm", upstream, unit.shape)
        by_gamma = np.einsum("ij,ij->j", upstream, unit)
        by_beta = upstream.sum(axis=0)
        self.gradients = {"gamma": by_gamma, "beta": by_beta}
        within = upstream
        if self._by_these_rows:
            # mean and deviation depend on every row: their parts of the gradient are taken off
            within = upstream - (by_beta + unit * by_gamma) / len(upstream)
        return self.parameters["gamma"] * self._scale * within


class Network(Layer):
    """Layers one after the other, all their parameters as one vector.

    >>> rng = np.random.default_rng(0)
    >>> network = Network(Dense(2, 8, rng=rng), Activation("prelu"), Dense(8, 2, rng=rng))
    >>> network.vector.shape
    (43,)
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        for layer in layers:
            if not isinstance(layer, Layer):
                raise RequestError(
                    f"Network takes layers, not {type(layer).__name__}; give them one by one"
                )
        inside = [id(part) for layer in layers for part in layer.walk()]
        if len(set(inside)) < len(inside):
            raise RequestError(
                "Network: a layer stands in it twice, but knows one input; make one for each place"
            )
        self.layers = layers

    def forward(self, x: Array) -> Array:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, upstream: Array) -> Array:
        for layer in reversed(self.layers):
            upstream = layer.backward(upstream)
        return upstream

    def walk(self) -> Iterator[Layer]:
        yield self
        for layer in self.layers:
            yield from layer.walk()

    @property
    def vector(self) -> Array:
        """All parameters, in the order of the layers; setting it sets them."""
        return _flat(p for layer in self.walk() for p in layer.parameters.values())

    @vector.setter
    def vector(self, numbers: Array) -> None:
        # a copy: the parameters are not to change with what they were set to
        left = np.array(numbers, np.float64)
        size = sum(p.size for layer in self.walk() for p in layer.parameters.values())
        if left.shape != (size,):
            raise RequestError(
                f"Network: a vector of shape {left.shape} for {size} parameters; give one of shape ({size},)"
            )
        for layer in self.walk():
            for name, old in layer.parameters.items():
                taken, left = left[: old.size], left[old.size :]
                layer.parameters[name] = taken.reshape(old.shape)

    @property
    def gradient(self) -> Array:
        """The gradient of the loss by ``vector``, after ``backward``."""
        layers = list(self.walk())
        if any(layer.parameters.keys() - layer.gradients.keys() for layer in layers):
            raise RequestError("Network: no gradient yet; call forward and backward")
        return _flat(
            layer.gradients[name] for layer in layers for name in layer.parameters
        )

    def train(self, training: bool = True) -> None:
        """Let the layers behave as in training, or as afterwards."""
        for layer in self.walk():
            layer.training = training


class Residual(Network):
    """Layers with a way around them: what they make of the input is added to it; the widths must agree."""

    def forward(self, x: Array) -> Array:
        made = super().forward(x)
        if made.shape != np.shape(x):
            raise RequestError(
                f"Residual: its layers make shape {made.shape} of {np.shape(x)}; give layers that keep the width"
            )
        return x + made

    def backward(self, upstream: Array) -> Array:
        return upstream + super().backward(upstream)


class CrossEntropy:
    """Softmax and the mean cross-entropy with classes, as one: the loss of a classifier.

    >>> loss = CrossEntropy()
    >>> float(loss.forward(np.array([[1000.0, 0.0]]), np.array([1])))
    1000.0
    >>> loss.backward()
    array([[ 1., -1.]])
    """

    def __init__(self) -> None:
        self._scores: Array | None = None

    def forward(self, scores: Array, classes: Array) -> float:
        """Return the mean of -log softmax at the class of each row."""
        scores = _wide(scores, "scores")
        _check_classes(scores, classes)
        if not len(scores):
            raise RequestError("CrossEntropy: there are no rows; give at least one")
        self._scores, self._classes = scores, classes
        # not log(softmax): that is -inf where the right class has underflowed
        logs = lookup.get("log_softmax")(scores)
        # 0 less it, not its negative, which is -0 for classes that are certain
        return 0.0 - float(logs[np.arange(len(scores)), classes].mean())

    def backward(self) -> Array:
        """Return the gradient of the loss by the scores."""
        scores = _gone_forward("CrossEntropy", self._scores)
        shares: Array = lookup.get("softmax")(scores)
        shares[np.arange(len(shares)), self._classes] -= 1.0
        return shares / len(shares)


def fit(
    network: Network,
    x: Array,
    classes: Array,
    *,
    method: str = "adam:lr=0.01",
    schedule: str = "constant",
    steps: int = 100,
    batch: int | None = None,
    rng: np.random.Generator | None = None,
) -> list[float]:
    """Train a classifier and return the loss of each step, before the step.

    Args:
        network: gives a score for each class.
        x: the examples, a row each.
        classes: the class of each, whole numbers from 0.
        method: the optimizer, as ``NAME:param=value``.
        schedule: the factor on its learning rate, likewise.
        steps: how many steps to make.
        batch: how many examples are drawn for a step; all of them unless given.
        rng: where they are drawn from.

    Raises:
        RequestError: no examples, no class for each row, or one without a score; an unknown method; a batch without rows.
    """
    rows, classes = as_floats(x), np.asarray(classes)
    if batch is not None:
        check_count("batch", batch, 1)
    if classes.shape != rows.shape[:1]:
        raise RequestError(
            f"classes of shape {classes.shape} for examples of shape {rows.shape}; give a class for each row"
        )
    if not len(rows):
        raise RequestError("fit: there are no examples; give at least one")
    rng = np.random.default_rng(0) if rng is None else rng
    loss, losses = CrossEntropy(), []

    def slope(parameters: Array) -> Array:
        network.vector = parameters
        drawn = rng.permutation(len(rows))[:batch] if batch else slice(None)
        losses.append(loss.forward(network.forward(rows[drawn]), classes[drawn]))
        network.backward(loss.backward())
        return network.gradient

    optimizer, scheduled = choose(OPTIMIZERS, method), choose(SCHEDULES, schedule)
    factors = scheduled.record(steps, **scheduled.values)
    with np.errstate(all="ignore"):  # what diverges is seen in the losses
        for parameters in optimizer.record(
            network.vector, slope, factors, **optimizer.values
        ):
            network.vector = parameters
    return losses


def _wide(values: Array, name: str = "x") -> Array:
    """Return numbers as float64: squares and sums of float16 overflow."""
    return as_floats(values, name).astype(np.float64, copy=False)


def _rows(owner: str, x: Array, width: int) -> Array:
    rows = _wide(x)
    if rows.ndim != 2 or rows.shape[1] != width:
        raise RequestError(
            f"{owner} takes an array (examples, {width}), not one of shape {rows.shape}; give rows of {width} numbers"
        )
    return rows


def _gone_forward(owner: str, kept: Array | None) -> Array:
    """Return what a layer kept of the latest ``forward``."""
    if kept is None:
        raise RequestError(f"{owner}: backward before forward; call forward first")
    return kept


def _upstream(owner: str, upstream: Array, shape: tuple[int, ...]) -> Array:
    wide = _wide(upstream, "upstream")
    if wide.shape != shape:
        raise RequestError(
            f"{owner}: a gradient of shape {wide.shape} for an output of shape {shape}; give it that shape"
        )
    return wide


def _check_classes(scores: Array, classes: Array) -> None:
    if scores.ndim != 2 or np.shape(classes) != scores.shape[:1]:
        raise RequestError(
            f"classes of shape {np.shape(classes)} for scores of shape {scores.shape}; give rows of scores and a class for each"
        )
    last = scores.shape[1] - 1
    if not np.issubdtype(np.asarray(classes).dtype, np.integer):
        raise RequestError(f"classes are no whole numbers; give them from 0 to {last}")
    wrong = [c for c in np.asarray(classes).tolist() if not 0 <= c <= last]
    if wrong:
        raise RequestError(
            f"class {wrong[0]} is out of range; give whole numbers from 0 to {last}"
        )


def _flat(arrays: Iterable[Array]) -> Array:
    return np.concatenate([np.zeros(0), *(a.ravel() for a in arrays)])
