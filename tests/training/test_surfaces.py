"""The surfaces against their own formulas in mpmath: heights, gradients, minima."""

from typing import Any

import numpy as np
import pytest
from mpmath import mp

from actcli.errors import RequestError
from actcli.training.declaration import Choice, choose
from actcli.training.surfaces import SURFACES, Surface

SPECS = [*SURFACES, "ellipse:a=1/20,b=1", "rosenbrock:a=2,b=3", "rastrigin:a=3"]
PLACES = np.random.default_rng(17).uniform(-1.0, 1.0, (40, 2))
DIGITS = 60


def exact(surface: Choice[Surface], x: object, y: object) -> Any:
    names = {"cos": mp.cos, "pi": mp.pi, "x": x, "y": y} | {
        n: mp.mpf(v) for n, v in surface.values.items()
    }
    return eval(surface.record.formula, {"__builtins__": {}}, names)  # noqa: S307 - our own declaration


def places(surface: Choice[Surface]) -> np.ndarray:
    low, high = np.array(surface.record.view).T
    return (low + high) / 2 + PLACES * (high - low) / 2


@pytest.mark.parametrize("spec", SPECS)
def test_height_and_gradient_are_those_of_the_formula(spec):
    surface = choose(SURFACES, spec)
    at = places(surface)
    height, slope = (
        surface.record.value(at, **surface.values),
        surface.record.slope(at, **surface.values),
    )
    assert (height.shape, slope.shape) == ((40,), (40, 2))
    with mp.workdps(DIGITS):
        points = [(mp.mpf(x), mp.mpf(y)) for x, y in at.tolist()]
        heights = [exact(surface, *p) for p in points]
        slopes = [
            [mp.diff(lambda x, y: exact(surface, x, y), p, n) for n in ((1, 0), (0, 1))]
            for p in points
        ]
    np.testing.assert_allclose(height, np.array(heights, float), rtol=1e-13, atol=1e-12)
    np.testing.assert_allclose(slope, np.array(slopes, float), rtol=1e-13, atol=1e-11)


def test_a_gradient_that_is_slightly_wrong_is_seen():
    surface = choose(SURFACES, "beale")
    at = places(surface)
    slope = surface.record.slope(at)
    h = 1e-6
    numeric = [
        (surface.record.value(at + step) - surface.record.value(at - step)) / (2 * h)
        for step in h * np.eye(2)
    ]
    np.testing.assert_allclose(slope, np.stack(numeric, -1), rtol=1e-5, atol=1e-3)
    with pytest.raises(AssertionError, match="Mismatched"):
        np.testing.assert_allclose(
            slope * 1.0005, np.stack(numeric, -1), rtol=1e-5, atol=1e-3
        )


@pytest.mark.parametrize("spec", SPECS)
def test_the_known_minima_are_minima_to_the_last_digit(spec):
    surface = choose(SURFACES, spec)
    minima = surface.record.minima(**surface.values)
    assert len(minima) == {"himmelblau": 4, "saddle": 0}.get(surface.record.name, 1)
    with mp.workdps(DIGITS):
        for x, y in minima.tolist():
            root = mp.findroot(
                [
                    lambda x, y, n=n: mp.diff(
                        lambda u, v: exact(surface, u, v), (x, y), n
                    )
                    for n in ((1, 0), (0, 1))
                ],
                (x, y),
            )
            assert abs(root[0] - x) <= np.spacing(abs(x)) / 2
            assert abs(root[1] - y) <= np.spacing(abs(y)) / 2
            assert abs(exact(surface, *root)) < mp.mpf(10) ** (-DIGITS // 2)


@pytest.mark.parametrize("name", SURFACES)
def test_start_and_minima_are_in_view(name):
    surface = SURFACES[name]
    low, high = np.array(surface.view).T
    shown = np.vstack([surface.start, surface.minima()])
    assert ((low < shown) & (shown < high)).all()


def test_heights_take_any_shape_and_keep_their_digits_at_the_minimum():
    rastrigin = SURFACES["rastrigin"]
    assert rastrigin.value(np.zeros((3, 4, 2))).shape == (3, 4)
    assert float(rastrigin.value(np.array([1e-9, 0.0]))) == pytest.approx(
        1e-18 * (1 + 20 * np.pi**2), rel=1e-14
    )


def test_wrong_surfaces_are_told_in_one_line():
    with pytest.raises(
        RequestError, match="no surface 'elipse'; did you mean 'ellipse'"
    ):
        choose(SURFACES, "elipse")
    with pytest.raises(
        RequestError,
        match="b=0 is out of range for surface 'ellipse'; give a number above 0",
    ):
        choose(SURFACES, "ellipse:b=0")
