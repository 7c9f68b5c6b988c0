"""Curves as a picture needs them: where they break, how far a pole is shown, jumps over an axis to the last digit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import actcli
from actcli.render.curve import PlottedCurve
from actcli.render.sampling import broken_line, curves_of


def test_a_line_breaks_at_a_jump_and_bends_at_a_kink() -> None:
    x = np.linspace(-1, 1, 11)
    step, relu = actcli.get("step"), actcli.get("relu")
    grid, y, marks, _ = broken_line(step, x, [0.0])
    assert marks == [(0.0, 1.0)]
    assert np.flatnonzero(np.isnan(y)).tolist() == [np.searchsorted(grid, 0.0)]
    assert y[grid < 0].max() == 0.0
    _, y, marks, _ = broken_line(relu, x, [0.0])
    assert not marks
    assert not np.isnan(y).any()
    _, y, marks, _ = broken_line(relu.derivative, x, [0.0])
    assert marks == [(0.0, 0.0)]


def test_breaks_without_end_are_drawn_as_far_as_the_picture_goes() -> None:
    (curve,) = curves_of(actcli.get("abs(sin(x/10))"), -100.0, 100.0, False)
    corners = [np.abs(curve.x - k * 10 * np.pi).argmin() for k in range(-3, 4)]
    assert np.abs(curve.y[corners]).max() < 1e-12
    for text, steps in ("floor(10*x)", 120), ("floor(x*3/2)", 18), ("x - floor(x)", 12):
        (curve,) = curves_of(actcli.get(text), -6.0, 6.0, False)
        gaps = curve.x[np.isnan(curve.y)]
        assert gaps == pytest.approx(np.linspace(-6.0, 6.0, steps + 1), abs=1e-12), text


def test_as_much_of_a_pole_is_shown_as_leaves_the_rest_readable() -> None:
    x = np.linspace(-6, 6, 401)
    f = actcli.get("1/x")
    for line, most in ((f, 6.0), (f.derivative, 10.0)):
        *_, marks, (low, high) = broken_line(line, x, [0.0])
        assert not marks
        assert 0.5 * most < max(-low, high) < most
    *_, marks, (low, high) = broken_line(actcli.get("log(x)"), x, [0.0])
    assert not marks
    assert -6.0 < low < -5.0
    assert high == np.log(6.0)
    # a level beside a jump is no pole, however high
    _, y, marks, (low, high) = broken_line(
        actcli.get("100 if x > 5.9 else x"), x, [5.9]
    )
    assert np.nanmax(y) == high == 100.0
    assert marks == [(5.9, 100.0)]  # the float is a little above 5.9


@pytest.mark.parametrize(
    ("text", "most", "gaps"),
    [("tan(x)", 20.0, 16), ("floor(x)", 50.0, 50), ("1000+floor(x)", 1050.0, 50)],
)
def test_breaks_without_end_are_drawn_as_far_as_one_looks(
    text: str, most: float, gaps: int
) -> None:
    curve, slope = curves_of(actcli.get(text), 0.5, 50.5, derivative=True)
    assert max(np.abs(curve.shown)) <= most
    assert max(np.abs(slope.shown)) < 200.0
    missing = np.isnan(curve.y)
    assert np.count_nonzero(missing[1:] & ~missing[:-1]) == gaps


def test_jumps_over_an_axis_are_found_to_the_last_digit() -> None:
    def curves(name: str) -> dict[str, PlottedCurve]:
        drawn = curves_of(actcli.get(name), -6.0, 6.0, derivative=True)
        return {c.label + "′" * c.is_derivative: c for c in drawn}

    hardmax = curves("hardmax")
    assert hardmax["hardmax y1"].points == [(0.0, 1.0)]
    assert hardmax["hardmax y2"].points == [(0.0, 0.0)]
    sparsemax = curves("sparsemax")
    first = sparsemax["sparsemax y1′"]
    (low, _), high = first.points
    assert low == pytest.approx(-1 / 3, abs=1e-15)
    assert high == (1.0, 0.0)
    assert np.isnan(first.y).sum() == 2
    assert np.nanmax(np.abs(np.diff(first.y))) < 1e-15
    for name in ("sparsemax y1", "sparsemax y2"):
        assert not np.isnan(sparsemax[name].y).any()
    for curve in curves("softmax").values():
        assert not np.isnan(curve.y).any()


def test_every_axis_is_drawn_alike() -> None:
    last, first = (
        curves_of(actcli.get(name), -3.0, 3.0, derivative=True)
        for name in ("softmax", "softmax:axis=0")
    )
    for a, b in zip(last, first, strict=True):
        np.testing.assert_array_equal(a.y, b.y)
    assert float(np.ptp(last[0].y)) > 0.8


def test_what_is_a_product_is_drawn_beside_ones() -> None:
    """Beside zeros it would be 0."""
    first, second = curves_of(actcli.swiglu, -4.0, 4.0, derivative=False)
    assert_allclose(first.y, actcli.swish(first.x), rtol=1e-15)
    assert_allclose(second.y, actcli.swish(1.0), rtol=1e-15)
    (of_glu, _) = curves_of(actcli.glu, -4.0, 4.0, derivative=False)
    assert_allclose(of_glu.y, of_glu.x / 2.0)
