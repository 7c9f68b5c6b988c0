"""Moments and gains against closed forms and mpmath, and PyTorch's numbers."""

import math
import time
from itertools import pairwise

import mpmath
import numpy as np
import pytest

import actcli
from actcli.activation import Activation
from actcli.analysis import analyse
from actcli.analysis.gain import torch_gain


def by_mpmath(power: int, integrand: object, *, sigma: float = 1.0) -> float:
    """Return E of a power of a smooth function by mpmath's own quadrature at 30 digits."""
    with mpmath.workdps(30):
        edges = [-30, -8, -4, -2, -1, 0, 1, 2, 4, 8, 30]
        value = mpmath.quad(
            lambda z: integrand(sigma * z) ** power * mpmath.npdf(z),  # type: ignore[operator]
            edges,
        )
        return float(value)


def test_closed_forms() -> None:
    relu = analyse(actcli.get("relu")).gain
    assert relu.forward == pytest.approx(math.sqrt(2), rel=1e-12)
    assert relu.backward == pytest.approx(math.sqrt(2), rel=1e-12)
    assert relu.mean == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-14)
    assert relu.centred == pytest.approx(1 / math.sqrt(0.5 - 0.5 / math.pi), rel=1e-14)
    selu = analyse(actcli.get("selu"))
    assert selu.gain.forward == pytest.approx(1.0, abs=1e-12)
    assert selu.gain.mean == pytest.approx(0.0, abs=1e-12)
    assert selu.zero_centred
    step = analyse(actcli.get("step")).gain
    assert (step.mean, step.square, step.slope_square) == pytest.approx((0.5, 0.5, 0.0))
    assert step.backward == math.inf
    alpha = 0.3
    leaky = analyse(actcli.get("leaky_relu").bind(alpha=alpha)).gain
    assert leaky.forward == pytest.approx(math.sqrt(2 / (1 + alpha**2)), rel=1e-14)
    cube = analyse(actcli.get("x**3")).gain
    assert (cube.square, cube.slope, cube.slope_square) == pytest.approx(
        (15.0, 3.0, 27.0), rel=1e-13
    )
    exponential = analyse(actcli.get("exp(x)")).gain
    assert exponential.variance == pytest.approx(math.e * (math.e - 1), rel=1e-13)


@pytest.mark.parametrize("sigma", [0.1, 1.0, 3.0])
@pytest.mark.parametrize(
    ("name", "f"),
    [
        ("tanh", mpmath.tanh),
        ("sigmoid", lambda x: 1 / (1 + mpmath.exp(-x))),
        ("swish", lambda x: x / (1 + mpmath.exp(-x))),
        ("softplus", lambda x: mpmath.log1p(mpmath.exp(x))),
    ],
)
def test_moments_against_mpmath(name: str, f: object, sigma: float) -> None:
    got = analyse(actcli.get(name)).moments(sigma)
    assert got.mean == pytest.approx(by_mpmath(1, f, sigma=sigma), rel=1e-10, abs=1e-15)
    assert got.square == pytest.approx(by_mpmath(2, f, sigma=sigma), rel=1e-10)


def test_variance_is_mean_square_less_squared_mean(elementwise: Activation) -> None:
    for sigma in (0.5, 1.0, 2.0):
        m = analyse(elementwise).moments(sigma)
        assert m.variance == pytest.approx(m.square - m.mean**2, rel=1e-9, abs=1e-12)


def test_moments_against_simpson_between_breaks(elementwise: Activation) -> None:
    """Another rule on panels as narrow as 1/2000, each piece from just beside one break to just beside the next."""
    a = analyse(elementwise)
    inner = [c for c in a.breaks if abs(c) < 14.0]
    total = np.zeros(4)
    for low, high in pairwise([-14.0, *inner, 14.0]):
        count = 2 * math.ceil(1000 * (high - low)) + 1
        z = np.linspace(np.nextafter(low, high), np.nextafter(high, low), count)
        weight = np.full(count, 2.0)
        weight[1::2], weight[[0, -1]] = 4.0, 1.0
        weight *= (
            (high - low)
            / (count - 1)
            / 3.0
            * np.exp(-z * z / 2.0)
            / math.sqrt(2.0 * math.pi)
        )
        f, d = elementwise(z), elementwise.derivative(z)
        total += [weight @ v for v in (f, f * f, d, d * d)]
    got = a.gain.mean, a.gain.square, a.gain.slope, a.gain.slope_square
    assert got == pytest.approx(total, rel=1e-10, abs=1e-13)


def test_divergence_and_gaps() -> None:
    assert analyse(actcli.get("exp(x**2/4)")).gain.mean == pytest.approx(
        math.sqrt(2), rel=1e-12
    )
    assert analyse(actcli.get("exp(x**2/4)")).gain.square == math.inf
    assert analyse(actcli.get("1/x")).gain.square == math.inf
    assert math.isnan(analyse(actcli.get("log(x)")).gain.forward)
    assert not analyse(actcli.get("1/x")).zero_centred


def of_powers(power: float, c: float) -> float:
    """Return E|z - c|**power: a Gaussian's fractional moments are confluent hypergeometric functions."""
    if power <= -1.0:
        return math.inf
    with mpmath.workdps(30):
        a = mpmath.mpf(power)
        size = 2 ** (a / 2) * mpmath.gamma((a + 1) / 2) / mpmath.sqrt(mpmath.pi)
        return float(
            size * mpmath.hyp1f1(-a / 2, mpmath.mpf(1) / 2, -(mpmath.mpf(c) ** 2) / 2)
        )


def of_their_slopes(power: float, c: float) -> float:
    """Return E of the derivative of |z - c|**power, which is that of ``of_powers`` by -c."""
    with mpmath.workdps(30):
        a, at = mpmath.mpf(power), mpmath.mpf(c)
        size = 2 ** (a / 2) * mpmath.gamma((a + 1) / 2) / mpmath.sqrt(mpmath.pi)
        return float(
            -a * at * size * mpmath.hyp1f1(1 - a / 2, mpmath.mpf(3) / 2, -at * at / 2)
        )


@pytest.mark.parametrize("c", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("power", [0.25, 0.5, 0.6, 0.75, 0.99, 1.5])
def test_singular_slopes_that_can_be_integrated(power: float, c: float) -> None:
    gain = analyse(actcli.get(f"abs(x - {c})**{power}")).gain
    square = of_powers(2 * power, c)
    assert gain.unsettled == ()
    assert gain.mean == pytest.approx(of_powers(power, c), rel=1e-10)
    assert gain.square == pytest.approx(square, rel=1e-10)
    assert gain.variance == pytest.approx(square - gain.mean**2, rel=1e-10)
    assert gain.slope == pytest.approx(of_their_slopes(power, c), rel=1e-10)
    steep = power**2 * of_powers(2 * power - 2, c)
    assert gain.slope_square == pytest.approx(steep, rel=1e-10)


@pytest.mark.parametrize("power", [-0.25, -0.4, -0.7, -1.5])
def test_singular_values(power: float) -> None:
    gain = analyse(actcli.get(f"abs(x - 0.3)**({power})")).gain
    assert gain.mean == pytest.approx(of_powers(power, 0.3), rel=1e-10)
    assert gain.square == pytest.approx(of_powers(2 * power, 0.3), rel=1e-10)
    assert math.isnan(gain.slope)
    assert gain.slope_square == math.inf
    assert gain.unsettled == ()


def test_logarithms() -> None:
    gain = analyse(actcli.get("log(abs(x))")).gain
    mean = -(float(mpmath.euler) + math.log(2)) / 2
    assert gain.mean == pytest.approx(mean, rel=1e-10)
    assert gain.variance == pytest.approx(math.pi**2 / 8, rel=1e-10)
    squared = analyse(actcli.get("log(abs(x))**2")).gain
    assert squared.mean == pytest.approx(math.pi**2 / 8 + mean**2, rel=1e-10)


@pytest.mark.parametrize("text", ["tan(x)", "1/cos(x)", "1/(x - 1)", "1/x", "1/x**2"])
def test_poles_have_no_gain(text: str) -> None:
    gain = analyse(actcli.get(text)).gain
    assert (gain.square, gain.slope_square, gain.variance) == (math.inf,) * 3
    assert all(map(math.isnan, (gain.forward, gain.backward, gain.centred)))
    # what diverges upwards on one side and downwards on the other has no mean
    assert math.isinf(gain.mean) if text == "1/x**2" else math.isnan(gain.mean)
    assert gain.unsettled == ()


def test_what_does_not_settle_is_said() -> None:
    gain = analyse(actcli.get("sin(1/x)")).gain
    assert gain.unsettled == ("mean", "square", "slope", "variance")
    assert math.isnan(gain.forward)
    assert gain.no_gain("square") == "not settled to 1e-10"
    assert gain.no_gain("slope_square") == "infinite"
    # 1/sqrt(x) comes too near: the square can only just be integrated, and rounding alone is a thousand times too much
    near = analyse(actcli.get("abs(x - 0.3)**(-0.49999)")).gain
    assert near.unsettled == ("square", "variance")
    assert near.mean == pytest.approx(of_powers(-0.49999, 0.3), rel=1e-10)


@pytest.mark.parametrize("sigma", [0.5, 3.0])
def test_a_singularity_scales_with_the_input(sigma: float) -> None:
    got = analyse(actcli.get("abs(x - 0.3)**0.6")).moments(sigma)
    scale = sigma**0.6
    assert got.mean == pytest.approx(scale * of_powers(0.6, 0.3 / sigma), rel=1e-10)
    steep = 0.36 * sigma**-0.8 * of_powers(-0.8, 0.3 / sigma)
    assert got.slope_square == pytest.approx(steep, rel=1e-10)


def test_a_scale_much_smaller_than_the_panels_is_seen() -> None:
    # E[f′²] of swish with beta = 1e6, by mpmath
    exact = 0.500000085763822444155913610939
    for text in ("swish:beta=1e6", "x*sigmoid(b*x):b=1e6"):
        assert analyse(actcli.get(text)).gain.slope_square == pytest.approx(
            exact, rel=1e-12
        )


def test_a_steep_slope_beside_a_break_has_a_gain() -> None:
    beta = mpmath.mpf(10) ** 8
    edges = [0, *(mpmath.mpf(10) ** k for k in range(-15, 2)), 40]
    square = mpmath.quad(lambda z: (beta / (1 + beta * z)) ** 2 * mpmath.npdf(z), edges)
    gain = analyse(actcli.get("nlrelu:beta=1e8")).gain
    assert gain.slope_square == pytest.approx(float(square), rel=1e-10)
    assert gain.unsettled == ()


def test_all_gains_of_the_registry_are_quick() -> None:
    started = time.process_time()
    for function in actcli.functions.values():
        if not function.over_axis:
            assert analyse(function).gain.forward > 0.0
    assert time.process_time() - started < 3.0


def test_torch_gains() -> None:
    for name, expected in {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "selu": 0.75,
        "leaky_relu": math.sqrt(2 / (1 + 0.01**2)),
        "leaky_relu:alpha=0.2": math.sqrt(2 / (1 + 0.2**2)),
    }.items():
        gain = torch_gain(actcli.get(name))
        assert gain is not None
        assert gain.value == pytest.approx(expected, rel=1e-15)
        ours = analyse(actcli.get(name)).gain.forward
        assert ("the same" in gain.reason) == (abs(gain.value - ours) < 1e-12)
    assert torch_gain(actcli.get("swish")) is None
    assert torch_gain(actcli.get("selu:alpha=1")) is None
    # torch 2.13 raises OverflowError
    assert torch_gain(actcli.get("leaky_relu:alpha=1e160")) is None


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.inf, math.nan])
def test_sigma_is_a_number_above_zero(sigma: float) -> None:
    with pytest.raises(
        actcli.ActcliError, match=f"sigma is {sigma:g}; give a number above 0"
    ):
        analyse(actcli.get("relu")).moments(sigma)


def test_means_that_cancel_are_zero(elementwise: Activation) -> None:
    a = analyse(elementwise)
    if a.symmetry == "odd" and math.isfinite(a.gain.square):
        assert a.gain.mean == 0.0
    if a.symmetry == "even" and math.isfinite(a.gain.slope_square):
        assert a.gain.slope == 0.0
    if not a.symmetry and not a.zero_centred:
        assert a.gain.mean != 0.0
