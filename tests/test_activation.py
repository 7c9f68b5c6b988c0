"""What a declaration may say, what it is refused for, and what a declared function tells of itself."""

import pydoc
import sys
from collections.abc import Callable
from subprocess import run

import numpy as np
import pytest

import actcli
from actcli.activation import Activation, activation, functions
from actcli.engine import Array
from tests.shell import environment


def kernel(x: Array, *, slope: float = 2.0) -> Array:
    """Line."""
    return slope * x


def test_formulas_speak_of_the_kernels_parameters() -> None:
    with pytest.raises(TypeError, match="kernel: its formulas speak of width, its"):
        Activation(kernel, "slope * x", kinks=("width",))
    function = Activation(kernel, "slope * relu(x) + 1e3", domain=("slope > 0",))
    assert function.formula is not None
    assert function.formula.names == ("slope", "x")


def test_annotations_may_be_texts() -> None:
    """As they are below ``from __future__ import annotations``."""

    def line(x: "Array", *, slope: "float | Array" = 2.0) -> "Array":
        return slope * x

    function = Activation(line, "slope * x")
    assert function([3.0, 3.0], slope=[1.0, 2.0]).tolist() == [3.0, 6.0]


@pytest.mark.parametrize(
    "kernel",
    [
        lambda x, *, slope=2.0: slope * x,
        lambda x, slope=2.0: slope * x,
        lambda x, *, slope: slope * x,
    ],
)
def test_parameters_have_a_type_and_a_default(kernel: Callable[..., Array]) -> None:
    with pytest.raises(TypeError, match=r"write parameters after a star.*slope"):
        Activation(kernel, "slope * x")


def test_a_declaration_needs_its_formula() -> None:
    with pytest.raises(TypeError, match="the formula is missing"):
        activation(kernel)


def test_a_declaration_that_fails_leaves_nothing_behind() -> None:
    with pytest.raises(ValueError, match="the function name 'silu' is declared twice"):
        activation("2 * x", aliases=("of_mine", "silu"))(lambda x: 2.0 * x)
    assert "of_mine" not in functions


def test_what_a_function_is_called_and_takes_is_told() -> None:
    assert (actcli.gelu.__name__, actcli.relu6.__name__) == ("gelu", "relu6")
    told = pydoc.plain(pydoc.render_doc(actcli.swish))
    assert "x / (1 + exp(-beta * x))" in told
    assert "beta=1.0" in told
    assert "cap=6.0" in pydoc.plain(pydoc.render_doc(actcli.relu6))


def test_a_derivative_takes_the_kernels_parameters() -> None:
    function = Activation(kernel, "slope * x")
    with pytest.raises(TypeError, match="kernel: <lambda> takes"):
        function.derivative("slope")(lambda x: x)


@pytest.mark.parametrize("x", [lambda x: x, "x", "alpha"])
def test_a_declared_derivative_stays(x: object) -> None:
    with pytest.raises(actcli.ActcliError, match=r"^x "):
        actcli.prelu.derivative(x)
    assert actcli.prelu.derivative(2.0) == 1.0
    assert actcli.prelu.derivative(-2.0, "alpha") == -2.0


def test_a_variant_is_the_function_with_other_defaults() -> None:
    relu6, clipped = functions["relu6"], functions["clipped_relu"]
    assert (relu6.base, relu6.name, relu6.label) == (clipped, "relu6", "relu6")
    assert relu6.defaults == {"cap": 6.0}
    assert relu6.kink_points() == [0.0, 6.0]
    assert relu6.derivative([5.0, 6.0, 7.0], "cap").tolist() == [0.0, 1.0, 1.0]
    assert actcli.get("relu6:cap=7").label == "relu6:cap=7"
    with pytest.raises(TypeError, match="line: clipped_relu has no parameter"):
        clipped.variant("line", "Line.", slope=1.0)
    with pytest.raises(TypeError, match="line: clipped_relu has no parameter"):
        clipped.variant("line", "Line.", arrays=("slope",))
    assert "line" not in functions


def test_a_variant_may_take_arrays_where_the_function_takes_numbers() -> None:
    assert actcli.prelu.base is actcli.leaky_relu
    assert actcli.prelu([-4.0, -4.0], alpha=[0.5, 0.25]).tolist() == [-2.0, -1.0]
    with pytest.raises(actcli.ActcliError, match="leaky_relu: alpha must be a number"):
        actcli.leaky_relu([-4.0, -4.0], alpha=[0.5, 0.25])


def test_functions_that_differ_in_parameters_alone_are_variants() -> None:
    """No two declarations have the same formula."""
    texts = [str(f.formula) for f in functions.values() if f.base is None]
    assert len(texts) == len(set(texts))


def test_ties_of_float16_are_decided_by_the_formula() -> None:
    """In float64 this is 0.567626953125, a tie; the eight tenths of the declaration are a little more than that."""
    x = np.float16(0.5859375)
    assert actcli.xielu(float(x)) == 0.567626953125
    assert actcli.xielu(x) == np.float16(0.5679)
    both = np.array([x, 1.0], np.float16)
    expected = [actcli.xielu(x), actcli.xielu(np.float16(1.0))]
    assert actcli.xielu(both).tolist() == expected
    assert actcli.xielu(both, out=both) is both
    assert both.tolist() == expected


@pytest.mark.parametrize(
    "ask",
    [
        lambda name: actcli.get(name),
        lambda name: actcli.functions[name],
        lambda name: actcli.swish.derivative(1.0, name),
        lambda name: actcli.swish.bind(name),
    ],
)
def test_what_is_no_text_is_no_name(ask: Callable[[object], object]) -> None:
    with pytest.raises(actcli.ActcliError, match="a name must be a text, not 5"):
        ask(5)


def test_functions_are_listed_and_tell_their_summaries() -> None:
    assert {*actcli.functions, *actcli.__all__} <= {*dir(actcli)}
    for name, function in ((n, actcli.get(n)) for n in actcli.functions):
        text = pydoc.plain(pydoc.render_doc(function))
        assert function.summary in text, name
    assert actcli.relu6.summary == "Rectified linear unit capped at 6."


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, actcli; assert 'numpy' not in sys.modules; assert 'swish' in dir(actcli)"
    done = run([sys.executable, "-c", code], env=environment())
    assert done.returncode == 0
