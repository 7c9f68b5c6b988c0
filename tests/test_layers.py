"""Layers: every gradient against central differences, losses where they overflow, networks that learn."""

import numpy as np
import pytest

import actcli
from actcli.activation import Activation as Function
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.layers import (
    Activation,
    BatchNorm,
    CrossEntropy,
    Dense,
    Layer,
    Network,
    Residual,
    fit,
)
from actcli.training.optimizers import OPTIMIZERS

WIDTH, ROWS = 6, 4
BOUND = 1e-7


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def away_from_kinks(function: Function, size: tuple[int, int]) -> Array:
    """Return inputs next to which central differences do not step over a kink."""
    x = rng(1).normal(scale=1.5, size=size)
    for kink in function.kink_points():
        x = np.where(np.abs(x - kink) < 0.05, x + 0.1, x)
    return x


def central(loss, at: Array, step: float = 1e-3) -> Array:
    """Return the gradient by central differences of fourth and sixth order, of which the sixth is returned.

    Weights 3/4, -3/20, 1/60: the error is of order step**6, about 1e-11 here with what rounding adds.
    """
    gradient = np.empty(at.size)
    for i in range(at.size):
        moved = np.zeros(at.size)
        moved[i] = step
        moved = moved.reshape(at.shape)
        gradient[i] = sum(
            c * (loss(at + k * moved) - loss(at - k * moved))
            for k, c in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
        )
    return gradient.reshape(at.shape) / step


def worst(layer: Layer, x: Array) -> float:
    """Return the largest error of any gradient of a layer, relative to the largest entry of that gradient."""
    weights = rng(2).normal(size=layer.forward(x).shape)
    network = layer if isinstance(layer, Network) else Network(layer)

    def by_input(given: Array) -> float:
        return float((weights * network.forward(given)).sum())

    def by_vector(given: Array) -> float:
        before, network.vector = network.vector, given
        result = by_input(x)
        network.vector = before
        return result

    want_x, want_p = central(by_input, x), central(by_vector, network.vector)
    network.forward(x)
    got_x = network.backward(weights)
    got_p = network.gradient
    assert got_x.shape == x.shape
    assert got_p.shape == network.vector.shape
    return max(relative(got_x, want_x), relative(got_p, want_p))


def relative(got: Array, want: Array) -> float:
    return float(np.abs(got - want).max(initial=0.0) / np.abs(want).max(initial=1e-3))


@pytest.mark.parametrize(
    "layer",
    [
        Dense(WIDTH, 5, "he_normal", rng()),
        Dense.of(rng().normal(size=(5, WIDTH))),
        BatchNorm(WIDTH),
        Network(Dense(WIDTH, 5, rng=rng()), Activation("tanh"), Dense(5, 3, rng=rng())),
        Residual(
            Dense(WIDTH, WIDTH, rng=rng()), BatchNorm(WIDTH), Activation("softplus")
        ),
        Network(Dense(WIDTH, WIDTH, rng=rng()), Residual(Activation("swish"))),
        Activation("x*sigmoid(b*x)", learn=["b"], b=1.5),
        Activation("softmax"),
        Activation("log_softmax"),
        Activation("maxout", pieces=3),
        Activation("x*tanh(exp(x))"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_the_gradients_of_a_layer_are_those_of_central_differences(layer: Layer):
    assert worst(layer, rng(3).normal(size=(ROWS, WIDTH))) < BOUND


def test_the_gradient_through_any_function_is_that_of_central_differences(
    elementwise: Function,
):
    values = {
        n: 0.3
        for n, p in elementwise.parameters.items()
        if p.default is None and p.kind is float
    }
    layer = Activation(elementwise, learn=elementwise.trainable, **values)
    x = away_from_kinks(elementwise, (ROWS, WIDTH))
    assert worst(layer, x) < BOUND
    assert layer.slope is not None
    assert layer.slope.shape == x.shape


def test_the_gradient_through_any_function_of_an_axis_likewise(axiswise: Function):
    layer = Activation(axiswise)
    assert worst(layer, rng(4).normal(size=(ROWS, WIDTH))) < BOUND


def test_a_gradient_that_is_wrong_by_a_thousandth_is_found():
    layer = Dense(WIDTH, 5, rng=rng())
    right = layer.backward
    layer.backward = lambda upstream: right(upstream) * 1.001
    assert worst(layer, rng(3).normal(size=(ROWS, WIDTH))) > 100 * BOUND


def test_batch_normalisation_afterwards_uses_its_running_means():
    layer = BatchNorm(2, momentum=0.5)
    x = np.array([[1.0, 10.0], [3.0, 30.0]])
    for _ in range(60):
        layer.forward(x)
    network = Network(Residual(layer))
    network.train(False)
    assert not any(part.training for part in (network, *network.layers, layer))
    np.testing.assert_allclose(
        layer.forward(x), (x - [2, 20]) / np.sqrt([2 + 1e-5, 200 + 1e-5]), rtol=1e-12
    )
    assert worst(layer, x) < BOUND


@pytest.mark.parametrize(
    "layer",
    [
        BatchNorm(2),
        Dense.of(np.float16([[300, 300], [1, 2]]), np.float16([1, 2])),
        Activation("prelu"),
        Activation("logsumexp"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_half_precision_is_computed_in_double(layer: Layer):
    """In float16 the squares, sums and products here are infinite."""

    def outcome(dtype: str) -> list[Array]:
        y = layer.forward(np.array([[300.0, -300.0], [-300.0, 500.0]], dtype))
        back = layer.backward(np.full(y.shape, 6e4, dtype))
        return [y, back, *layer.gradients.values()]

    for got, want in zip(outcome("float16"), outcome("float64"), strict=True):
        assert np.isfinite(got).all()
        np.testing.assert_array_equal(got, want)


def test_batch_normalisation_of_half_precision_is_not_all_zeros():
    layer = BatchNorm(1, momentum=1.0)
    normalised = layer.forward(np.float16([[300], [-300]]))
    np.testing.assert_allclose(normalised, [[1], [-1]], rtol=1e-9)
    assert layer.variance.tolist() == [180_000.0]


def test_running_means_take_a_tenth_of_each_batch():
    layer = BatchNorm(2)
    layer.forward(np.array([[1.0, 10.0], [3.0, 30.0]]))
    np.testing.assert_allclose(layer.mean, [0.2, 2.0], rtol=1e-15)
    # torch.nn.BatchNorm1d: the variance of a batch is over one less than its rows
    np.testing.assert_allclose(layer.variance, [1.1, 0.9 + 20.0], rtol=1e-15)


def test_alpha_of_prelu_is_learned_and_that_of_leaky_relu_only_if_asked():
    assert set(Activation("prelu").parameters) == {"alpha"}
    assert not Activation("leaky_relu").parameters
    assert set(Activation("leaky_relu", learn=["alpha"]).parameters) == {"alpha"}


def test_one_parameter_is_learned_by_its_name():
    assert Activation("swish", learn="beta").parameters == {"beta": np.array(1.0)}


def test_batch_normalisation_goes_back_as_it_went_forward():
    layer, x = BatchNorm(2), rng(3).normal(size=(5, 2))
    layer.forward(x)
    before = layer.backward(x)
    layer.forward(x)
    layer.training = False
    np.testing.assert_array_equal(layer.backward(x), before)


@pytest.mark.parametrize("shape", [(WIDTH,), (1, WIDTH), (ROWS, 1), (1, 1)])
def test_alpha_may_be_one_for_each_neuron_or_row(shape: tuple[int, ...]):
    layer = Activation("prelu", alpha=np.full(shape, 0.1))
    assert worst(layer, away_from_kinks(actcli.get("prelu"), (ROWS, WIDTH))) < BOUND
    assert layer.gradients["alpha"].shape == shape


def test_what_has_diverged_goes_back_without_a_warning():
    back = forth_and_back(Activation("relu"), np.array([[-1.0, 1.0]]), np.array([[np.inf, np.inf]]))  # fmt: skip
    np.testing.assert_array_equal(back, [[np.nan, np.inf]])


def test_alpha_finds_the_slope_of_the_data():
    x = rng(5).normal(size=(200, 1))
    layer = Activation("prelu:alpha=0.9")
    for _ in range(200):
        error = layer.forward(x) - np.where(x > 0, x, 0.3 * x)
        layer.backward(2 * error / len(x))
        layer.parameters["alpha"] = (
            layer.parameters["alpha"] - 0.1 * layer.gradients["alpha"]
        )
    assert float(layer.parameters["alpha"]) == pytest.approx(0.3, abs=1e-6)


def forth_and_back(layer: Layer, x: Array, upstream: Array) -> Array:
    layer.forward(x)
    return layer.backward(upstream)


SHARED = Activation("tanh")
WRONG = {
    "no derivative by it": (
        lambda: Activation("rrelu", learn=["seed"]),
        "rrelu has no",
    ),
    "unknown function": (lambda: Activation("swsh"), "did you mean 'swish'"),
    "unknown initializer": (lambda: Dense(2, 2, "hee"), "no initializer 'hee'"),
    "no neurons": (lambda: Dense(2, 0), "fan-out 0 is out of range"),
    "Dense before forward": (
        lambda: Dense(2, 2).backward(np.ones((1, 2))),
        "Dense: backward before forward; call forward first",
    ),
    "Activation before forward": (
        lambda: Activation("relu").backward(np.ones((1, 2))),
        "relu: backward before forward",
    ),
    "BatchNorm before forward": (
        lambda: BatchNorm(2).backward(np.ones((1, 2))),
        "BatchNorm: backward before forward",
    ),
    "CrossEntropy before forward": (
        lambda: CrossEntropy().backward(),
        "CrossEntropy: backward before forward",
    ),
    "no gradient yet": (
        lambda: Network(Dense(2, 2)).gradient,
        "Network: no gradient yet; call forward and backward",
    ),
    "a row too wide": (
        lambda: Dense(2, 3).forward(np.ones((4, 5))),
        r"Dense takes an array \(examples, 2\), not one of shape \(4, 5\); give rows of 2 numbers",
    ),
    "a row alone": (
        lambda: Dense(2, 3).forward(np.ones(2)),
        r"not one of shape \(2,\)",
    ),
    "columns that are not normalised": (
        lambda: BatchNorm(2).forward(np.ones((4, 3))),
        r"BatchNorm takes an array \(examples, 2\)",
    ),
    "a gradient of another shape": (
        lambda: forth_and_back(Dense(2, 3), np.ones((4, 2)), np.ones((4, 2))),
        r"Dense: a gradient of shape \(4, 2\) for an output of shape \(4, 3\)",
    ),
    "a gradient of another shape behind a function": (
        lambda: forth_and_back(Activation("relu"), np.ones((4, 2)), np.ones(3)),
        r"relu: a gradient of shape \(3,\) for an output of shape \(4, 2\)",
    ),
    "a way around of another width": (
        lambda: Residual(Dense(2, 3)).forward(np.ones((4, 2))),
        r"Residual: its layers make shape \(4, 3\) of \(4, 2\); give layers that keep the width",
    ),
    "a class without score": (
        lambda: CrossEntropy().forward(np.ones((2, 3)), np.array([0, 3])),
        "class 3 is out of range; give whole numbers from 0 to 2",
    ),
    "a class below 0": (
        lambda: CrossEntropy().forward(np.ones((2, 3)), np.array([0, -1])),
        "class -1 is out of range",
    ),
    "classes that are no whole numbers": (
        lambda: CrossEntropy().forward(np.ones((2, 3)), np.array([0.0, 1.0])),
        "classes are no whole numbers; give them from 0 to 2",
    ),
    "too few classes": (
        lambda: fit(Network(Dense(2, 2)), np.ones((4, 2)), np.array([0, 1, 0])),
        r"classes of shape \(3,\) for examples of shape \(4, 2\); give a class for each row",
    ),
    "no examples": (
        lambda: fit(Network(Dense(2, 2)), np.ones((0, 2)), np.zeros(0, int)),
        "fit: there are no examples; give at least one",
    ),
    "a negative eps": (
        lambda: BatchNorm(2, eps=-1.0),
        "BatchNorm: eps -1 is out of range",
    ),
    "no columns": (lambda: BatchNorm(0), "BatchNorm: width 0 is out of range"),
    "too much momentum": (
        lambda: BatchNorm(2, momentum=2.0),
        "BatchNorm: momentum 2 is out of range",
    ),
    "half a batch": (
        lambda: fit(Network(Dense(2, 2)), np.ones((1, 2)), np.array([0]), batch=1.5),
        "batch 1.5 is out of range; give a whole number at least 1",
    ),
    "no batch": (
        lambda: fit(Network(Dense(2, 2)), np.ones((1, 2)), np.array([0]), batch=0),
        "batch 0 is out of range; give a whole number at least 1",
    ),
    "no rows": (
        lambda: BatchNorm(2).forward(np.ones((0, 2))),
        "BatchNorm: 0 rows cannot be normalised in training; give at least 2",
    ),
    "one row, all of it its mean": (
        lambda: fit(
            Network(BatchNorm(2), Dense(2, 2)),
            np.ones((3, 2)),
            np.array([0, 1, 0]),
            batch=1,
        ),
        "BatchNorm: 1 row cannot be normalised in training; give at least 2",
    ),
    "half a column": (
        lambda: BatchNorm(2.5),
        "BatchNorm: width 2.5 is out of range; give a whole number at least 1",
    ),
    "weights of one row": (
        lambda: Dense.of(np.ones(3)),
        r"Dense: weight of shape \(3,\); give a row of weights, and a bias, for each neuron",
    ),
    "one bias for two neurons": (
        lambda: Dense.of(np.ones((2, 3)), np.ones(1)),
        r"Dense: weight and bias of shape \(2, 3\) and \(1,\); give a row of weights",
    ),
    "a gradient of one row for all behind a function of an axis": (
        lambda: forth_and_back(Activation("softmax"), np.ones((2, 4)), np.ones(4)),
        r"softmax: a gradient of shape \(4,\) for an output of shape \(2, 4\)",
    ),
    "a loss of no rows": (
        lambda: CrossEntropy().forward(np.ones((0, 2)), np.zeros(0, int)),
        "CrossEntropy: there are no rows; give at least one",
    ),
    "a list of layers": (
        lambda: Network([Dense(2, 2)]),
        "Network takes layers, not list; give them one by one",
    ),
    "a layer twice": (
        lambda: Network(SHARED, Dense(2, 2), Residual(Dense(2, 2), SHARED)),
        "Network: a layer stands in it twice, but knows one input",
    ),
    "x as a parameter": (
        lambda: Activation("swish", learn=["x"]),
        "swish has no parameter 'x'; it has beta",
    ),
    "too many numbers": (
        lambda: setattr(Network(Dense(2, 2)), "vector", np.zeros(7)),
        r"Network: a vector of shape \(7,\) for 6 parameters; give one of shape \(6,\)",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told(case: str):
    make, text = WRONG[case]
    with pytest.raises(RequestError, match=text):
        make()


def test_cross_entropy_is_finite_and_right_where_softmax_underflows():
    loss = CrossEntropy()
    scores = np.array([[0.0, 2000.0, 1.0], [1.0, 2.0, 3.0]])
    classes = np.array([0, 2])
    small = np.exp([1.0, 2.0, 3.0])
    want = (2000.0 - np.log(small[2] / small.sum())) / 2
    assert loss.forward(scores, classes) == pytest.approx(want, rel=1e-15)
    np.testing.assert_allclose(
        loss.backward(),
        [[-0.5, 0.5, 0.0], (small / small.sum() - [0, 0, 1]) / 2],
        atol=1e-15,
    )


def test_cross_entropy_of_what_is_certain_is_zero_without_a_sign():
    loss = CrossEntropy().forward(np.array([[1000.0, 0.0]]), np.array([0]))
    assert str(loss) == "0.0"


def test_cross_entropy_of_half_precision_is_the_mean_of_what_float16_cannot_hold():
    loss = CrossEntropy()
    scores = np.float16([[60_000, -60_000], [60_000, -60_000]])
    assert loss.forward(scores, np.array([1, 1])) == 120_000.0


def test_the_gradient_of_cross_entropy_is_that_of_central_differences():
    loss, classes = CrossEntropy(), np.array([2, 0, 1, 2])
    scores = rng(6).normal(size=(4, 3))
    want = central(lambda s: loss.forward(s, classes), scores)
    loss.forward(scores, classes)
    assert relative(loss.backward(), want) < BOUND


def test_a_list_of_rows_is_normalised():
    rows = [[1.0, 5.0], [3.0, 9.0]]
    want = BatchNorm(2).forward(np.array(rows))
    np.testing.assert_array_equal(BatchNorm(2).forward(rows), want)


def test_a_rate_far_too_large_is_seen_in_the_losses_alone():
    network = Network(Dense(2, 3, rng=rng()), Activation("relu"), Dense(3, 2, rng=rng()))  # fmt: skip
    x, classes = rng(9).normal(size=(6, 2)), np.array([0, 1, 0, 1, 0, 1])
    losses = fit(network, x, classes, method="sgd:lr=1e300", steps=6)
    assert len(losses) == 6
    assert np.isfinite(losses[0])
    assert not np.isfinite(losses).all()


def test_the_vector_of_a_network_is_all_of_its_parameters():
    network = Network(
        Dense(3, 4, rng=rng()), Residual(BatchNorm(4)), Activation("prelu")
    )
    assert network.vector.size == 3 * 4 + 4 + 2 * 4 + 1
    other = np.arange(network.vector.size, dtype=float)
    network.vector = other
    np.testing.assert_array_equal(network.vector, other)
    assert float(network.layers[2].parameters["alpha"]) == other[-1]
    other[:] = -1.0
    assert float(network.layers[2].parameters["alpha"]) == 24.0


@pytest.mark.parametrize("shape", [(), (5,), (7,), (6, 1), (2, 3)])
def test_a_vector_of_the_wrong_shape_changes_nothing(shape: tuple[int, ...]):
    network = Network(Dense(2, 2))
    before = network.vector
    with pytest.raises(RequestError, match="give one of shape"):
        network.vector = np.full(shape, 9.0)
    np.testing.assert_array_equal(network.vector, before)


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_every_optimizer_makes_a_network_learn(method: str):
    x = rng(7).normal(size=(80, 2))
    classes = (x[:, 0] * x[:, 1] > 0).astype(int)  # no straight line parts them
    network = Network(
        Dense(2, 16, rng=rng()), Activation("prelu"), Dense(16, 2, rng=rng())
    )
    losses = fit(network, x, classes, method=f"{method}:lr=0.05", steps=150)
    assert len(losses) == 150
    assert losses[0] > 0.5
    assert losses[-1] < 0.6 * losses[0]


@pytest.mark.parametrize("batch", [None, 5])
def test_training_goes_down_the_gradient_at_the_rate_of_the_schedule(
    batch: int | None,
):
    x, classes = rng(8).normal(size=(5, 2)), np.array([0, 1, 1, 0, 1])
    network, other = Network(Dense(2, 2, rng=rng())), Network(Dense(2, 2, rng=rng()))
    method, schedule = "sgd:lr=0.5", "exponential:gamma=0.5"
    got = fit(network, x, classes, method=method, schedule=schedule, steps=3, batch=batch)  # fmt: skip
    loss, losses = CrossEntropy(), []
    for rate in (0.5, 0.25, 0.125):
        losses.append(loss.forward(other.forward(x), classes))
        other.backward(loss.backward())
        other.vector = other.vector - rate * other.gradient
    # a batch of all examples has each of them once
    np.testing.assert_allclose(got, losses, rtol=1e-13)
    np.testing.assert_allclose(network.vector, other.vector, rtol=1e-12)


def test_training_draws_its_batches_from_the_generator():
    x = rng(8).normal(size=(50, 2))
    classes = (x[:, 0] > 0).astype(int)

    def losses(seed: int) -> list[float]:
        network = Network(
            Dense(2, 4, rng=rng()), Activation("maxout"), Dense(2, 2, rng=rng())
        )
        return fit(
            network,
            x,
            classes,
            steps=20,
            batch=10,
            rng=rng(seed),
            schedule="cosine:warmup=5",
        )

    assert losses(1) == losses(1)
    assert losses(1) != losses(2)
