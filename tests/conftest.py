"""Every registered function passes the tests that take one: being registered is all it takes."""

import pytest

import actcli
from actcli.activation import Activation

actcli.get("relu")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    registered = actcli.functions.values()
    chosen: dict[str, list[Activation]] = {
        "function": registered,
        "elementwise": [f for f in registered if not f.over_axis],
        "axiswise": [f for f in registered if f.over_axis],
        "parametric": [f for f in registered if f.trainable and not f.over_axis],
    }
    for name, functions in chosen.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, functions, ids=[f.name for f in functions])
