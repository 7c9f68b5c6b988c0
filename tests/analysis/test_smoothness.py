"""Classes of smoothness and break points against what is known."""

import math

import mpmath
import pytest

import actcli
from actcli.activation import Activation
from actcli.analysis import analyse
from actcli.analysis.breaks import break_points
from actcli.render import properties as say
from tests.analysis.test_analysis import settings


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("step", "jump"),
        ("relu", "C0"),
        ("elu", "C1"),
        ("elu:alpha=0.5", "C0"),
        ("celu:alpha=2", "C1"),
        ("selu", "C0"),
        ("softsign", "C1"),
        ("hard_swish", "C0"),
        ("hard_swish(3*x + 1)", "C0"),
        ("swish", "C∞"),
        ("identity", "C∞"),
        ("0 if x < -1 else (x if x >= 1 else (x + 1)**2/4)", "C1"),
        ("sign(x) * log(1 + abs(x))", "C1"),
        ("abs(x)**3", "C2"),
        ("abs(x)**2", "C∞"),
        ("abs(x)**7", "C6"),
        ("abs(x)**0.5", "C0"),
        ("abs(x)**1.5", "C1"),
        ("sin(x)/x", "C∞"),
        ("max(0, x - 0.1)", "C0"),
        ("max(0, exp(x) - 3)**2", "C1"),
        ("x if x <= 1/3 else 1/3", "C0"),
        ("floor(x)", "jump"),
        ("1/x", "jump"),
        ("tan(x)", "jump"),
        ("sqrt(1 - x**2)", "C0"),
        # every derivative comes to 0, though 0 times infinity tells nothing
        ("exp(-1/x**2)", "C∞"),
        ("exp(-1/x**2) if x != 0 else 0", "C∞"),
        ("exp(-1/max(0, x - 1))", "C∞"),
        ("abs(x - 1)**1.5", "C1"),
        ("x**1.5", "C1"),
        ("x**2 * log(abs(x))", "C1"),
        ("x**3 * sin(1/x)", "C1"),
        ("log(x)", "jump"),
        ("1/x**2", "jump"),
    ],
)
def test_classes(text: str, name: str) -> None:
    a = analyse(actcli.get(text))
    assert (a.smoothness.name, a.smoothness_class) == (name, name)


def test_the_class_alone_is_the_same(elementwise: Activation) -> None:
    for function in settings(elementwise):
        a = analyse(function)
        assert a.smoothness_class == a.smoothness.name, function


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sin(1/x)", "f has no limit at x = 0"),
        ("x*sin(1/x)", "f′ has no limit at x = 0"),
        ("x**3*sin(1/x)", "f″ has no limit at x = 0"),
        ("abs(x)**1.5", "f″ → ∞ at x = 0"),
        ("1/x**2", "f → ∞ at x = 0"),
        ("1/x", "f jumps from -∞ to ∞ at x = 0"),
        ("log(x - 1)", "f → -∞ from the right only at x = 1"),
        ("log(1e20*x)", "f → -∞ from the right only at x = 0"),
        ("sqrt(2 - x)", "f′ → -∞ from the left only at x = 2"),
        ("relu", "f′ jumps from 0 to 1 at x = 0"),
    ],
)
def test_what_a_derivative_does_at_a_break_is_said(text: str, said: str) -> None:
    assert say.smoothness(analyse(actcli.get(text))).partition("; ")[2] == said


def test_declared_kinks_are_found(elementwise: Activation) -> None:
    found = {b.x for b in analyse(elementwise).smoothness.breaks if b.order < 2}
    # a corner that is at no floating-point number cannot be declared
    assert found >= set(elementwise.kink_points())
    assert len(found) <= len(elementwise.kinks) + 2


def test_one_sided_derivatives() -> None:
    (b,) = analyse(actcli.get("softsign")).smoothness.breaks
    assert (b.x, b.order, b.left, b.right) == (0.0, 2, 2.0, -2.0)
    (b,) = analyse(actcli.get("xx*abs(x):xx=3")).smoothness.breaks
    assert (b.order, b.left, b.right) == (1, -3.0, 3.0)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("hard_swish", (-3.0, 3.0)),
        ("hard_swish(2*x + 1)", (-2.0, 1.0)),
        ("abs(x**2 - 4)", (-2.0, 2.0)),
        ("max(x, x**2, 1)", (-1.0, 0.0, 1.0)),
        ("1/(x - 2)**2", (2.0,)),
        ("sign(x - 0.3)", (0.3,)),
        ("step:theta=1e100", (1e100,)),
        ("max(0, exp(x))", ()),
        ("sqrt(log(1 + exp(x)))", ()),
        ("x**0.5", (0.0,)),
        ("log1p(x)", (-1.0,)),
        # zero to rounding over a short stretch, with or without another sign behind it
        ("1/(exp(x) - 1)", (0.0,)),
        ("max(exp(x) - 1, 0)", (0.0,)),
        ("max(softplus(x), log(2))", (0.0,)),
        ("1/(exp(x) - 1)**2", (0.0,)),
        ("hard_mish", (-2.0, 0.0)),
        ("exp(-1/max(0, x - 1))", (1.0,)),
    ],
)
def test_break_points(text: str, points: tuple[float, ...]) -> None:
    assert break_points(actcli.get(text)) == points


@pytest.mark.parametrize("scale", [1, 10, 100])
def test_break_points_without_end(scale: int) -> None:
    found = break_points(actcli.get(f"abs(sin(x/{scale}))"))
    expected = [k * scale * math.pi for k in range(-5, 6)]
    assert found == pytest.approx(expected, rel=1e-15)


def test_extrema_against_mpmath() -> None:
    functions = {
        "swish": lambda x: x / (1 + mpmath.exp(-x)),
        "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
        "gelu_tanh": lambda x: (
            x
            * (
                1
                + mpmath.tanh(
                    mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)
                )
            )
            / 2
        ),
    }
    with mpmath.workdps(40):
        for name, f in functions.items():
            (extremum,) = analyse(actcli.get(name)).extrema
            x = mpmath.findroot(lambda v, f=f: mpmath.diff(f, v), -1)
            assert extremum.x == pytest.approx(float(x), rel=1e-15)
            assert extremum.f == pytest.approx(float(f(x)), rel=1e-15)
            steepest = analyse(actcli.get(name)).lipschitz
            x = mpmath.findroot(lambda v, f=f: mpmath.diff(f, v, 2), steepest.x)
            assert steepest.slope == pytest.approx(float(mpmath.diff(f, x)), rel=1e-15)
            assert steepest.x == pytest.approx(float(x), rel=1e-7)
