"""Functions sent elsewhere: they pickle by name, and a Dask array stays lazy until it is computed."""

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import actcli
from actcli import engine
from actcli.activation import Activation
from actcli.axiswise import AxisActivation
from actcli.errors import RequestError
from tests.shell import environment


def test_functions_pickle_by_name(function: Activation) -> None:
    data = pickle.dumps(function)
    assert len(data) < 200
    assert pickle.loads(data) is function  # noqa: S301  # our own
    kernel = pickle.dumps(function.kernel)
    assert pickle.loads(kernel) is function.kernel  # noqa: S301


@pytest.mark.parametrize(
    "text", ["swish:beta=2", "leaky_relu:alpha=0.1", "x*sigmoid(b*x):b=3", "x**2"]
)
def test_parameters_and_formulas_pickle(text: str) -> None:
    function = actcli.get(text)
    back = pickle.loads(pickle.dumps(function))  # noqa: S301  # our own
    assert (back.name, back.bound) == (function.name, function.bound)
    x = np.linspace(-2, 2, 5)
    np.testing.assert_array_equal(back(x), function(x))


def test_another_process_that_has_loaded_nothing_finds_them() -> None:
    texts = ("relu6", "swish:beta=2", "softmax", "x*sigmoid(b*x):b=3")
    for function in map(actcli.get, texts):
        script = f"import pickle; print(pickle.loads({pickle.dumps(function)!r})([3.0, 9.0]))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            env=environment(),
        )
        assert done.stdout == f"{function([3.0, 9.0])}\n", done.stderr


def lazy(x: Any, chunks: Any) -> Any:
    return pytest.importorskip("dask.array").from_array(x, chunks=chunks)


X = np.random.default_rng(9).normal(size=(40, 12))


def test_elementwise_functions_of_a_dask_array(elementwise: Activation) -> None:
    x = lazy(X, (7, 5))
    for make in (elementwise, elementwise.derivative):
        y = make(x)
        assert type(y) is type(x)
        assert (y.shape, y.dtype, y.chunks) == (x.shape, x.dtype, x.chunks)
        np.testing.assert_array_equal(y.compute(scheduler="threads"), make(X))
    both = elementwise.value_and_derivative(x)
    np.testing.assert_array_equal(both[1].compute(), elementwise.derivative(X))
    back = elementwise.vjp(x, x)
    np.testing.assert_array_equal(back.compute(), elementwise.vjp(X, X))


def test_a_block_is_the_work_of_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int | None] = []
    apply = engine.apply

    def spy(*given: Any, threads: int | None = None, **options: Any) -> Any:
        asked.append(threads)
        return apply(*given, threads=threads, **options)

    monkeypatch.setattr(engine, "apply", spy)
    actcli.gelu(lazy(X, (7, 5))).compute()
    assert len(asked) >= 18
    assert {*asked} == {1}


def test_axis_functions_of_a_dask_array(axiswise: AxisActivation) -> None:
    for axis in (0, 1, -1):
        x, parameters = lazy(X, (7, 5)), {"axis": axis}
        expected = axiswise(X, **parameters)
        y = axiswise(x, **parameters)
        assert (y.shape, y.dtype) == (np.shape(expected), x.dtype)
        np.testing.assert_array_equal(y.compute(), expected)
    with pytest.raises(
        RequestError, match="the Jacobian of a Dask array is not built; use vjp"
    ):
        axiswise.derivative(x)


def test_vjp_of_softmax() -> None:
    x = lazy(X, (7, 5))
    got = actcli.softmax.vjp(x, x)
    np.testing.assert_array_equal(got.compute(), actcli.softmax.vjp(X, X))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_vjp_of_functions_with_any_number_of_outputs(
    axiswise: AxisActivation, axis: int
) -> None:
    x = lazy(X, (7, 5))
    f = axiswise(X, axis=axis)
    upstream = np.random.default_rng(3).normal(size=np.shape(f))
    expected = axiswise.vjp(X, upstream, axis=axis)
    for chunks in (4, -1):
        got = axiswise.vjp(x, lazy(upstream, chunks), axis=axis)
        assert (got.shape, got.dtype) == (X.shape, X.dtype)
        np.testing.assert_array_equal(got.compute(), expected)
    ones = axiswise.vjp(x, 1.0, axis=axis)
    np.testing.assert_array_equal(ones.compute(), axiswise.vjp(X, 1.0, axis=axis))


@pytest.mark.parametrize("shape", [(12,), (40, 1), (40, 12), (1,)])
def test_arrays_as_parameters(shape: tuple[int, ...]) -> None:
    alpha, x = np.random.default_rng(4).random(shape), lazy(X, (7, 5))
    bound = actcli.prelu.bind(alpha=alpha)
    for got, expected in (
        (actcli.prelu(x, alpha=alpha), actcli.prelu(X, alpha=alpha)),
        (bound(x), bound(X)),
        (
            actcli.prelu.derivative(x, "alpha", alpha=alpha),
            actcli.prelu.derivative(X, "alpha", alpha=alpha),
        ),
        (actcli.prelu.vjp(x, x, alpha=alpha), actcli.prelu.vjp(X, X, alpha=alpha)),
        (
            actcli.prelu.vjp(x, X[0], alpha=alpha),
            actcli.prelu.vjp(X, X[0], alpha=alpha),
        ),
    ):
        np.testing.assert_array_equal(got.compute(), expected)
    with pytest.raises(RequestError, match=r"alpha of shape \(5,\) does not broadcast"):
        actcli.prelu(x, alpha=np.ones(5))


def test_parameters_and_dtypes() -> None:
    x = lazy(X.astype(np.float32), (7, 5))
    y = actcli.swish(x, beta=2.0)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(
        y.compute(), actcli.swish(X.astype(np.float32), beta=2.0)
    )
    assert actcli.relu(lazy(np.arange(4), 2)).dtype == np.float64
    slopes = actcli.prelu.derivative(x, "alpha")
    np.testing.assert_array_equal(
        slopes.compute(), actcli.prelu.derivative(X.astype(np.float32), "alpha")
    )


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("rrelu", {"seed": 0}, "rrelu: seed goes by the place in the whole"),
        ("relu", {"out": X}, "out is no place for a Dask array"),
        ("relu", {"beta": 1.0}, "relu has no parameters; leave out 'beta'"),
        ("softmax", {"axis": 2}, "softmax: axis=2 is out of range"),
    ],
    ids=["seed", "out", "unknown", "axis"],
)
def test_what_a_block_does_not_know_is_said(
    name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        actcli.get(name)(lazy(X, (7, 5)), **arguments)


def test_an_axis_that_is_not_there_or_not_known() -> None:
    with pytest.raises(RequestError, match="softmax works over an axis"):
        actcli.softmax(lazy(np.array(1.0), ()))
    some = lazy(X[0], 5)
    with pytest.raises(RequestError, match="nobody knows yet how long axis 0 is"):
        actcli.softmax(some[some > 0.0])
    rows = lazy(X, (7, 5))
    np.testing.assert_array_equal(
        actcli.softmax(rows[rows[:, 0] > 0.0]).compute(),
        actcli.softmax(X[X[:, 0] > 0.0]),
    )


def test_dask_is_not_imported_for_others() -> None:
    script = "import sys, actcli; actcli.relu([1.0]); assert 'dask' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, env=environment())


def test_upstream_of_a_dask_array_may_be_of_numpy_or_a_number() -> None:
    x = lazy(X, (7, 5))
    for upstream in (2.0, X, X.tolist()):
        got = actcli.relu.vjp(x, upstream)
        assert type(got) is type(x)
        np.testing.assert_array_equal(got.compute(), actcli.relu.vjp(X, upstream))
    with pytest.raises(RequestError, match="upstream is no array of numbers"):
        actcli.relu.vjp(x, [None])


UPSTREAMS = [(40, 12), (12,), (40, 1), (1, 12), ()]


@pytest.mark.parametrize("name", ["gelu", "softmax"])
@pytest.mark.parametrize("shape", UPSTREAMS)
def test_upstream_of_a_dask_array_has_any_chunks(
    name: str, shape: tuple[int, ...]
) -> None:
    function, upstream = actcli.get(name), np.random.default_rng(2).normal(size=shape)
    got = function.vjp(lazy(X, (7, 5)), lazy(upstream, 4))
    expected = function.vjp(X, np.broadcast_to(upstream, X.shape))
    np.testing.assert_array_equal(got.compute(), expected)


@pytest.mark.parametrize("name", ["gelu", "softmax"])
@pytest.mark.parametrize("shape", [(20, 12), (40,), (2, 40, 12)])
def test_upstream_of_a_dask_array_fits(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(RequestError, match=r"does not broadcast against \(40, 12\)"):
        actcli.get(name).vjp(lazy(X, (7, 5)), lazy(np.ones(shape), 7))


def test_a_dask_array_of_the_other_byte_order_says_what_comes_out() -> None:
    y = actcli.relu(lazy(X.astype(X.dtype.newbyteorder()), (7, 5)))
    assert y.dtype == y.compute().dtype == np.float64
    assert y.dtype.isnative


def test_generalised_functions_of_dask_take_ours() -> None:
    dask = pytest.importorskip("dask.array")
    y = dask.apply_gufunc(actcli.gelu, "()->()", lazy(X, 9), output_dtypes=float)
    np.testing.assert_array_equal(y.compute(), actcli.gelu(X))


class Wrapped:
    """An array that has Dask's protocol, as xarray's have, but none of its methods."""

    __dask_graph__ = None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return X

    def map_blocks(self) -> None:
        raise AssertionError


def test_others_with_the_protocol_are_arrays() -> None:
    np.testing.assert_array_equal(actcli.relu(Wrapped()), actcli.relu(X))


def test_nothing_is_written_of_what_is_lazy() -> None:
    x = lazy(X, (7, 5))
    for function in (actcli.relu, actcli.softmax):
        with pytest.raises(RequestError, match="out is no place for a Dask array"):
            function.vjp(x, x, out=X)
        with pytest.raises(RequestError, match="out is no place for a Dask array"):
            function.value_and_derivative(x, out=(X, None))
