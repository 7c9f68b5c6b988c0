import math
from typing import Annotated, Literal

import pytest

from actcli.errors import RequestError
from actcli.spec import split_parameters
from actcli.training.hyperparameters import Domain, bind, parameters_of


def declared(
    _x: float,
    *,
    rate: Annotated[float, Domain(above=0), "how fast"] = 0.1,
    weight_decay: Annotated[float, Domain(least=0, below=1)] = 0.0,
    every: Annotated[int, Domain(least=1)] = 10,
    centered: bool = False,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    shift: float = 0.0,
) -> None: ...


PARAMETERS = parameters_of(declared)


def test_parameters_are_read_from_the_signature():
    assert {name: p.default for name, p in PARAMETERS.items()} == {
        "rate": 0.1,
        "weight_decay": 0.0,
        "every": 10,
        "centered": False,
        "mode": "fan_in",
        "shift": 0.0,
    }
    assert PARAMETERS["rate"].meaning == "how fast"
    assert PARAMETERS["mode"].choices == ("fan_in", "fan_out")


def test_a_parameter_without_default_is_a_fault_of_the_declaration():
    def faulty(*, rate: float) -> None: ...

    with pytest.raises(TypeError, match="'rate' is declared without a default"):
        parameters_of(faulty)


def test_values_are_bound_shared_before_given_before_default():
    given = {"Weight-Decay": "1/4", "mode": "FAN-OUT", "centered": "yes"}
    shared = {"weight_decay": 0.5, "every": "3", "unknown": 1}
    assert bind("method 'm'", PARAMETERS, given, shared) == {
        "rate": 0.1,
        "weight_decay": 0.5,
        "every": 3,
        "centered": True,
        "mode": "fan_out",
        "shift": 0.0,
    }


def test_a_nameless_value_is_the_first_parameters():
    assert bind("method 'm'", PARAMETERS, split_parameters("0.7"))["rate"] == 0.7


WRONG_VALUES = {
    "rate=0": "rate=0 is out of range for method 'm'; give a number above 0",
    "rate=inf": "rate=inf is out of range for method 'm'; give a finite number above 0",
    "rate=nan": "rate=nan is out of range for method 'm'; give a finite number above 0",
    "shift=-inf": "shift=-inf is out of range for method 'm'; give a finite number",
    "weight_decay=1": "weight_decay=1 is out of range for method 'm'; give a number at least 0 and below 1",
    "every=0": "every=0 is out of range for method 'm'; give a whole number at least 1",
    "every=2.5": "every=2.5 is not a whole number; method 'm' takes whole numbers at least 1",
    "every=inf": "every=inf is not a whole number; method 'm' takes whole numbers at least 1",
    "centered=maybe": "centered=maybe is not known to method 'm'; choose from true, false",
    "mode=in": "mode=in is not known to method 'm'; choose from fan_in, fan_out",
    "rat=1": "method 'm' has no parameter 'rat'; did you mean 'rate'?",
    "zzz=1": "method 'm' has no parameter 'zzz'; it has rate, weight_decay, every, centered, mode, shift",
    "rate=two": "method 'm': rate: 'two' is not a number; write it like 0.5, 1e-3, 1/3, pi or inf",
}


@pytest.mark.parametrize("text", WRONG_VALUES)
def test_a_wrong_value_is_told_in_one_line(text):
    with pytest.raises(RequestError) as caught:
        bind("method 'm'", PARAMETERS, split_parameters(text))
    assert str(caught.value) == WRONG_VALUES[text]


def test_what_has_no_parameters_says_so():
    with pytest.raises(
        RequestError, match="surface 's' has no parameters; leave out 'a'"
    ):
        bind("surface 's'", {}, {"a": 1.0})
    with pytest.raises(
        RequestError, match=r"surface 's' has no parameters; leave out '0\.1'"
    ):
        bind("surface 's'", {}, split_parameters("0.1"))


def test_domains_speak_of_their_bounds_alone():
    assert str(Domain()) == "that is finite"
    assert str(Domain(least=0, most=1)) == "at least 0 and at most 1"
    assert math.inf not in Domain()
