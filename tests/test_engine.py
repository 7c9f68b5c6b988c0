"""The engine: the same bits whatever the blocks and threads, any memory layout, results where they were asked for."""

import itertools
import signal
import threading
import time
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import actcli
from actcli import engine
from actcli.activation import Activation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.verify.vectors import points

SIZE = 50_003


def inputs(function: Activation, dtype: str = "float64") -> Array:
    return np.resize(points(function, dtype, 1000), SIZE)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_blocks_and_threads_do_not_change_a_bit(
    elementwise: Activation, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = inputs(elementwise, dtype)
    expected = elementwise(x, threads=1), elementwise.derivative(x, threads=1)
    for block, threads in itertools.product((1 << 10, 1 << 13), (1, 2, 5)):
        monkeypatch.setattr(engine, "BLOCK", block)
        got = elementwise.value_and_derivative(x, threads=threads)
        np.testing.assert_array_equal(got, expected)
        assert got[0].tobytes() == expected[0].tobytes()


@pytest.mark.parametrize(
    "size", [0, 1, 1023, 1024, 1025, engine.BLOCK, 3 * engine.BLOCK + 7, 10_000_019]
)
@pytest.mark.parametrize("threads", [1, 2, 3, 64])
def test_parts_are_the_whole_and_fit_the_cache(size: int, threads: int) -> None:
    parts = engine._parts(size, engine.BLOCK, threads)
    places = [0, *(p.stop for p in parts)]
    assert [p.start for p in parts] == places[:-1]
    assert places[-1] >= size > (parts[-1].start if parts else -1)
    assert all(p.stop - p.start <= engine.BLOCK for p in parts)


def views() -> dict[str, Array]:
    base = np.random.default_rng(3).normal(size=(260, 330))
    return {
        "whole": base,
        "transposed": base.T,
        "columns": base[:, ::2],
        "backwards": base[::-1, ::-1],
        "strided": base.ravel()[::3],
        "other byte order": base.astype(base.dtype.newbyteorder()),
        "repeated": np.broadcast_to(base[0], base.shape),
        "three dimensions": np.moveaxis(base.reshape(26, 10, 330), 0, 1),
        "unaligned": np.frombuffer(b"\0" + base.tobytes(), np.uint8)[1:].view(np.float64).reshape(base.shape),
    }  # fmt: skip


@pytest.mark.parametrize("x", views().values(), ids=views())
@pytest.mark.parametrize("of", ["swish", "relu"])
def test_any_layout(of: str, x: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BLOCK", 1 << 12)
    function = actcli.get(of)
    plain = np.array(x, np.float64, order="C")
    before = plain.copy()
    for threads in (1, 3):
        for method in (function, function.derivative):
            np.testing.assert_array_equal(method(x, threads=threads), method(plain))
            out = np.empty(x.shape)
            assert method(x, out=out, threads=threads) is out
            np.testing.assert_array_equal(out, method(plain))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(3, 4), (300, 200)])
def test_out_in_place_and_in_any_layout(order: Any, shape: tuple[int, int]) -> None:
    x = np.random.default_rng(4).normal(size=shape)
    expected = actcli.tanh(x)
    out = np.full((shape[0], 2 * shape[1]), 7.0, order=order)
    assert actcli.tanh(x, out=out[:, ::2]) is not None
    np.testing.assert_array_equal(out[:, ::2], expected)
    assert (out[:, 1::2] == 7.0).all()
    y = np.array(x, order=order)
    assert actcli.tanh(y, out=y) is y
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("of", ["tanh", "relu", "xielu"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("size", [7, SIZE])
def test_both_results_and_what_goes_back_are_written_too(
    of: str, dtype: str, size: int
) -> None:
    """Also into what they come of; of xielu in float16 ties are decided one by one."""
    function = actcli.get(of)
    x, upstream = np.random.default_rng(6).normal(size=(2, size)).astype(dtype)
    f, slope = function.value_and_derivative(x)
    back = function.vjp(x, upstream)
    y, prime = x.copy(), np.empty_like(x)
    got = function.value_and_derivative(y, out=(y, prime))
    assert got[0] is y
    assert got[1] is prime
    np.testing.assert_array_equal(got, [f, slope])
    y = x.copy()
    got = function.value_and_derivative(y, out=(None, y))
    assert got[1] is y
    np.testing.assert_array_equal(got, [f, slope])
    for place in (0, 1):
        given = [x.copy(), upstream.copy()]
        assert function.vjp(*given, out=given[place]) is given[place]
        np.testing.assert_array_equal(given[place], back)
    number = np.empty((), dtype)
    assert function.vjp(x[0], upstream[0], out=number) is number
    assert number == back[0]


@pytest.mark.parametrize(
    ("shape", "of_slopes"),
    [
        ((60, 5, 70), (5, 1)),
        ((6, 50, 70), (6, 1, 1)),
        ((2, 10_500), (2, 1)),
        ((21_000,), (1,)),
        ((3, 7000), (7000,)),
        ((1, 2, 10_500), (1, 2, 10_500)),
    ],
)
@pytest.mark.parametrize("order", ["C", "F"])
def test_parameters_go_along_with_their_elements(
    shape: tuple[int, ...],
    of_slopes: tuple[int, ...],
    order: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In blocks that begin and end anywhere in a row, or hold several."""
    x = np.asarray(np.random.default_rng(8).normal(size=shape), order=order)
    slopes = np.random.default_rng(9).normal(size=of_slopes)
    expected = np.where(x > 0.0, x, slopes * x)
    for block in (1024, 5000, 1 << 17):
        monkeypatch.setattr(engine, "BLOCK", block)
        np.testing.assert_array_equal(actcli.prelu(x, alpha=slopes), expected)
        back = actcli.identity.vjp(x, slopes)
        np.testing.assert_array_equal(back, np.broadcast_to(slopes, shape))


def test_places_that_do_not_fit_are_refused() -> None:
    x = np.ones(3)
    for function in (actcli.tanh, actcli.softmax):
        with pytest.raises(RequestError, match=r"pass \(array, None\) for one"):
            function.value_and_derivative(x, out=x)
        with pytest.raises(RequestError, match=r"out is float64 of shape \(2,\)"):
            function.vjp(x, x, out=np.empty(2))
    with pytest.raises(RequestError, match="for alpha leave it out"):
        actcli.prelu.vjp(x, x, "alpha", out=x)


def test_out_that_overlaps_x() -> None:
    memory = np.random.default_rng(5).normal(size=SIZE + 1)
    expected = actcli.tanh(memory[:-1])
    actcli.tanh(memory[:-1], out=memory[1:])
    np.testing.assert_array_equal(memory[1:], expected)
    square = np.random.default_rng(6).normal(size=(200, 200))
    expected = actcli.tanh(square.T)
    actcli.tanh(square.T, out=square)
    np.testing.assert_array_equal(square, expected)


def test_out_that_overlaps_a_parameter() -> None:
    x = -np.ones((300, 1000))
    memory = np.random.default_rng(0).random(x.shape)
    expected = actcli.prelu(x, alpha=memory[0])
    actcli.prelu(x, alpha=memory[0], out=memory)
    np.testing.assert_array_equal(memory, expected)
    turned = np.random.default_rng(1).random(SIZE)
    expected = actcli.prelu(-np.ones(SIZE), alpha=turned[::-1])
    actcli.prelu(-np.ones(SIZE), alpha=turned[::-1], out=turned)
    np.testing.assert_array_equal(turned, expected)


@pytest.mark.parametrize("size", [4, SIZE])
def test_in_place_in_either_byte_order(size: int) -> None:
    x = np.linspace(-3.0, 3.0, size).astype(">f8")
    expected = actcli.tanh(x)
    assert expected.dtype == np.float64
    assert actcli.tanh(x, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_a_parameter_for_each_element_or_channel() -> None:
    rng = np.random.default_rng(7)
    x, alpha = rng.normal(size=(500, 64)), rng.uniform(size=64)
    for given in (x, np.asfortranarray(x)):
        for threads in (1, 3):
            got = actcli.prelu(given, alpha=alpha, threads=threads)
            np.testing.assert_array_equal(got, np.where(x > 0, x, alpha * x))


def test_value_and_derivative_are_those_of_each(function: Activation) -> None:
    x = np.linspace(-3, 3, 12).reshape(2, 6)
    for given in (x, x.astype(np.float32), (x + 0.01).astype(np.float16)):
        f, slope = function.value_and_derivative(given)
        np.testing.assert_array_equal(f, function(given))
        np.testing.assert_array_equal(slope, function.derivative(given))
    for result in actcli.relu.value_and_derivative(1.0):
        assert type(result) is np.float64


def test_value_and_derivative_by_a_parameter() -> None:
    f, slope = actcli.prelu.value_and_derivative([-2.0, 3.0], "alpha", alpha=0.5)
    assert (f.tolist(), slope.tolist()) == ([-1.0, 3.0], [-2.0, 0.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"threads": 0}, "threads is 0; give a whole number from 1 on"),
        ({"threads": 1.5}, "threads is 1.5; give a whole number from 1 on"),
        ({"out": np.empty(3)}, "out is float64 of shape (3,); it must be float64 of shape (20000,) like x"),
        ({"out": np.empty(20_000, np.float32)}, "out is float32 of shape"),
        ({"out": [1]}, "out is of type list; pass an array of float64 and shape (20000,) like x"),
        ({"out": np.broadcast_to(0.0, 20_000)}, "out is read-only"),
        ({"alpha": np.ones(3)}, "alpha of shape (3,) does not broadcast against x of shape (20000,)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(
        RequestError, match="^" + message.replace("(", r"\(").replace(")", r"\)")
    ):
        actcli.prelu(np.zeros(20_000), **arguments)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, "x is no array of numbers: it holds None"),
        ([1.0, None], "x is no array of numbers: it holds None"),
        (np.array([1, "2"], object), "x is no array of numbers: it holds '2'"),
        ([[1.0], [2.0, 3.0]], "x is no array of numbers: "),
        ([object()], "x is no array of numbers: "),
        ([10**400], "x is no array of numbers: "),
        (["2"], "x has dtype <U1; use float64, float32, float16 or bfloat16"),
        (1j, "x has dtype complex128; use"),
        (
            np.ma.masked_greater([1.0, 2.0], 1.5),
            "x has masked elements; give x.filled(",
        ),
    ],
)
def test_what_is_no_number_is_said(x: Any, message: str) -> None:
    for name in ("relu", "softmax"):
        with pytest.raises(RequestError) as error:
            actcli.get(name)(x)
        assert str(error.value).startswith(message)


def test_objects_that_are_real_numbers() -> None:
    x = np.array([1, 2.5, Fraction(-1, 4), Decimal("0.5"), np.float32(3)], object)
    assert actcli.relu(x).tolist() == [1.0, 2.5, 0.0, 0.5, 3.0]
    assert actcli.relu([True, False]).tolist() == [1.0, 0.0]


def test_an_array_that_could_be_masked_and_is_not() -> None:
    assert actcli.relu(np.ma.array([-1.0, 2.0])).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_failure_in_a_block_reaches_the_caller_and_ends_the_others(
    threads: int,
) -> None:
    done: list[int] = []
    before = threading.active_count()

    def run(part: int) -> None:
        if part == 3:
            raise ArithmeticError("block 3")
        time.sleep(1e-4)
        done.append(part)

    with pytest.raises(ArithmeticError, match="block 3"):
        engine.each(run, range(10_000), threads)
    assert len(done) < 3_000
    assert threading.active_count() == before


def test_an_interrupt_waits_for_the_blocks_that_are_begun() -> None:
    done: list[int] = []
    begun = threading.Event()

    def run(part: int) -> None:
        if threading.current_thread() is threading.main_thread():
            assert begun.wait(10.0)
        else:
            begun.set()
            time.sleep(0.1)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.1)
            done.append(part)

    with pytest.raises(KeyboardInterrupt):
        engine.each(run, range(2), 2)
    assert done == [1]


def test_random_numbers_go_on_from_block_to_block() -> None:
    x = np.full(3 * engine.BLOCK, -1.0)
    assert np.unique(actcli.rrelu(x, seed=1)).size > 0.99 * x.size
    rows = np.random.default_rng(2).normal(size=(30, 20))
    by_columns = actcli.rrelu(np.asfortranarray(rows), seed=1)
    np.testing.assert_array_equal(by_columns, actcli.rrelu(rows, seed=1))


def test_no_warning_leaves_a_thread() -> None:
    x = np.full(SIZE, -1e308)
    with np.errstate(all="raise"):
        actcli.swish(x, threads=3)


def test_threads_may_be_an_integer_of_numpy() -> None:
    x = np.linspace(-3.0, 3.0, SIZE)
    got = actcli.tanh(x, threads=np.int64(2))
    np.testing.assert_array_equal(got, actcli.tanh(x))


@pytest.mark.parametrize("rows", [3, 70_000])
def test_the_order_of_memory_stays(rows: int) -> None:
    x = np.asfortranarray(np.ones((rows, 4)))
    assert actcli.gelu(x).flags.f_contiguous
    assert actcli.gelu(x.T).flags.c_contiguous


def test_float16_in_another_byte_order_is_rounded_as_surely(
    elementwise: Activation,
) -> None:
    x = np.arange(0x3C00, 0x4C00, 3, dtype=np.uint16).view(np.float16)  # 1 to 16
    swapped = x.astype(x.dtype.newbyteorder())
    expected = elementwise(x), elementwise.derivative(x)
    np.testing.assert_array_equal(elementwise(swapped), expected[0])
    for got, wanted in zip(
        elementwise.value_and_derivative(swapped), expected, strict=True
    ):
        np.testing.assert_array_equal(got, wanted)
