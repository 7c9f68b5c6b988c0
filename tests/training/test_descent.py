import math

import numpy as np
import pytest

from actcli.errors import RequestError
from actcli.training.descent import descend
from actcli.training.optimizers import OPTIMIZERS
from actcli.training.surfaces import SURFACES


def test_every_step_of_the_way_is_recorded():
    way = descend("ellipse", "sgd:lr=0.05", schedule="exponential:gamma=0.5", steps=3)
    x, y = -7.0, 2.0
    rows = [(x, y)]
    for rate in (0.05, 0.025, 0.0125):
        x, y = x - rate * 2 * x, y - rate * 20 * y
        rows.append((x, y))
    np.testing.assert_allclose(way.position, rows, rtol=1e-15)
    np.testing.assert_allclose(
        way.loss, [x * x + 10 * y * y for x, y in rows], rtol=1e-14
    )
    np.testing.assert_allclose(
        way.distance, [math.hypot(*row) for row in rows], rtol=1e-15
    )
    np.testing.assert_allclose(way.rate, [math.nan, 0.05, 0.025, 0.0125], rtol=1e-15)
    assert way.steps == 3


def test_the_default_is_thirty_steps_from_the_surfaces_own_start():
    way = descend("ellipse", "adam")
    assert way.position.shape == (31, 2)
    assert way.position[0].tolist() == [-7.0, 2.0]


OUTCOMES = {
    ("ellipse", "sgd:lr=0.05", 80): ("reached", 63),
    ("ellipse", "sgd:lr=0.05", 30): ("unfinished", None),
    ("ellipse", "sgd:lr=0.1", 30): ("unfinished", None),
    ("ellipse", "sgd:lr=0.1", 60): ("stalled", None),
    ("ellipse", "nesterov:lr=0.01", 30): ("unfinished", None),  # swings past it
    ("ellipse", "nesterov:lr=0.01", 60): ("unfinished", None),
    ("ellipse", "nesterov:lr=0.01", 200): ("reached", 102),
    ("ellipse", "sgd:lr=1e-6", 100): ("unfinished", None),  # slow, but steady
    ("ellipse", "adagrad", 1000): ("unfinished", None),
    ("rosenbrock", "sgd:lr=0.001", 200): ("unfinished", None),
    ("rosenbrock", "sgd:lr=0.001", 2000): ("unfinished", None),
    ("rosenbrock", "rmsprop", 10): ("unfinished", None),  # too few to tell a rest
    ("rosenbrock:a=100", "rmsprop", 30): ("unfinished", None),
    ("rosenbrock:a=100", "rmsprop", 100): ("unfinished", None),
    ("rastrigin", "adam:lr=0.01", 100): ("stalled", None),
    ("rastrigin", "rmsprop:lr=0.01", 100): ("stalled", None),
    ("ellipse", "sgd:lr=0.11", 400): ("diverged", 50),
    ("rosenbrock", "sgd:lr=0.1", 30): ("diverged", 2),
    ("rastrigin", "sgd:lr=0.001", 100): ("stalled", None),
    ("saddle", "sgd:lr=0.1", 60): ("escaped", 30),
    ("saddle", "sgd:lr=0.1", 20): ("unfinished", None),
    ("saddle", "sgd:lr=1e9", 20): ("diverged", 1),
    ("ellipse", "sgd:lr=1e300", 20): ("diverged", 1),
    ("ellipse", "sgd:lr=0.1", 1): ("unfinished", None),
    ("ellipse", "momentum", 30): ("unfinished", None),
}


@pytest.mark.parametrize(("surface", "method", "steps"), OUTCOMES)
def test_how_a_way_ends(surface, method, steps):
    way = descend(surface, method, steps=steps)
    assert (way.outcome, way.outcome_step) == OUTCOMES[surface, method, steps]
    for column in (way.position, way.loss, way.rate[1:]):
        assert np.isfinite(column).all()
    assert len(way.position) == len(way.loss) == len(way.distance) == len(way.rate)


def test_reached_means_that_it_stays():
    way = descend("ellipse", "momentum:lr=0.01,beta=0.95", steps=400, tolerance=0.5)
    assert way.outcome == "reached"
    assert way.reached < way.outcome_step
    assert way.distance[way.outcome_step - 1] > 0.5
    assert (way.distance[way.outcome_step :] <= 0.5).all()


def test_a_start_in_the_minimum_has_reached_it():
    way = descend("ellipse", "adam", start=(0.0, 0.0))
    assert (way.outcome, way.outcome_step, way.reached) == ("reached", 0, 0)


@pytest.mark.parametrize(
    ("diagonals", "outcome"), [(999, "unfinished"), (1001, "diverged")]
)
def test_a_way_may_go_a_thousand_diagonals_away(diagonals, outcome):
    away = diagonals * math.hypot(16.0, 8.0)
    # from x = -7 with the slope 2x
    way = descend("ellipse:b=1", f"sgd:lr={(1 + away / 7) / 2}", steps=1)
    assert way.outcome == outcome


def test_a_start_where_there_is_no_slope_goes_nowhere():
    way = descend("saddle", "adam", start=(0.0, 0.0))
    assert (way.outcome, way.position[-1].tolist()) == ("stalled", [0.0, 0.0])


def test_the_distance_is_to_the_nearest_minimum():
    way = descend("himmelblau", "adam", steps=100, start=(-3.0, 3.0))
    assert way.outcome == "reached"
    assert np.isnan(descend("saddle", "sgd").distance).all()


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_every_method_gets_down_every_surface(method):
    for surface in SURFACES:
        way = descend(
            surface,
            f"{method}:lr=0.0005",
            steps=100,
            start=None if surface == "saddle" else (1.0, 0.25),
        )
        assert way.loss[-1] < way.loss[0], surface
    assert len(SURFACES) == 6


def test_nothing_warns_however_large_the_steps(recwarn):
    ways = [descend(s, f"{m}:lr=1e200", steps=20) for s in SURFACES for m in OPTIMIZERS]
    assert len(ways) == 54
    assert {way.outcome for way in ways} <= {"diverged", "escaped"}
    assert not recwarn.list


WRONG = {
    "unknown method": ({"method": "adm"}, "no optimizer 'adm'; did you mean 'adam'?"),
    "unknown surface": (
        {"surface": "elipse"},
        "no surface 'elipse'; did you mean 'ellipse'?",
    ),
    "unknown schedule": (
        {"schedule": "cosinus"},
        "no schedule 'cosinus'; did you mean 'cosine'?",
    ),
    "unknown parameter": (
        {"method": "adam:bta1=0"},
        "optimizer 'adam' has no parameter 'bta1'; did you mean 'beta1'?",
    ),
    "infinite rate": (
        {"method": "sgd:lr=inf"},
        "lr=inf is out of range for optimizer 'sgd'; give a finite number above 0",
    ),
    "one number": (
        {"start": [1.0]},
        "start 1 is not a place on the plane; give two finite numbers x,y",
    ),
    "a number": (
        {"start": 5},
        "start 5 is not a place on the plane; give two finite numbers x,y",
    ),
    "a text": (
        {"start": "1,2"},
        "start 1,2 is not a place on the plane; give two finite numbers x,y",
    ),
    "no rows": (
        {"start": [[1], [2, 3]]},
        "start [[1], [2, 3]] is not a place on the plane; give two finite numbers x,y",
    ),
    "three numbers": (
        {"start": [1, 2, 3]},
        "start 1,2,3 is not a place on the plane; give two finite numbers x,y",
    ),
    "no place": (
        {"start": [1, math.nan]},
        "start 1,nan is not a place on the plane; give two finite numbers x,y",
    ),
    "far": (
        {"start": [1e9, 0]},
        "start 1e+09,0 is too far out on surface 'ellipse'; start within x from -8 to 8, y from -4 to 4",
    ),
    "a surface too steep": (
        {"surface": "ellipse:b=1e308"},
        "surface 'ellipse:b=1e+308' has no finite height and slope where it starts, at -7,2; give another start or other parameters",
    ),
    "no steps": (
        {"steps": 0},
        "steps 0 is out of range; give a whole number from 1 to 1000000",
    ),
    "endless tolerance": (
        {"tolerance": math.inf},
        "tolerance inf is no distance; give a finite number above 0",
    ),
    "no tolerance": (
        {"tolerance": -1.0},
        "tolerance -1 is no distance; give a number above 0",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_request_is_told_in_one_line(case):
    asked, told = WRONG[case]
    with pytest.raises(RequestError) as caught:
        descend(**{"surface": "ellipse", "method": "adam"} | asked)
    assert str(caught.value) == told
