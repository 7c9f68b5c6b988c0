"""Verdicts on gradients, at the edges of what each says."""

import math

import numpy as np
import pytest

from actcli.training.verdicts import verdict

VERDICTS = [
    ([1.0], "healthy"),
    ([0.01, 1.0], "healthy"),
    ([0.0099, 1.0], "vanishing"),
    ([100.0, 1.0], "healthy"),
    ([101.0, 1.0], "exploding"),
    ([math.inf, 1.0], "exploding"),
    ([math.nan, 1.0], "exploding"),
    ([0.0, 1.0], "vanishing"),
    ([0.0, 0.0], "vanishing"),
]


@pytest.mark.parametrize(("gradient", "word"), VERDICTS)
def test_the_verdict_keeps_to_its_criterion(gradient, word):
    assert verdict(np.array(gradient)) == word
