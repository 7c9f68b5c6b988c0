import math
import re

import pytest

from actcli.errors import RequestError
from actcli.spec import number, split_spec

SPECS = {
    "adam": ("adam", {}),
    "adam:lr=0.01,beta1=0.8": ("adam", {"lr": "0.01", "beta1": "0.8"}),
    " adam : lr = 1/3 , beta1 = e ": ("adam", {"lr": "1/3", "beta1": "e"}),
    "normal:0.01": ("normal", {"": "0.01"}),
    "uniform:-1,high=2": ("uniform", {"": "-1", "high": "2"}),
    "nn.SiLU": ("nn.SiLU", {}),
}


@pytest.mark.parametrize("text", SPECS)
def test_a_spec_is_taken_apart(text):
    assert split_spec(text) == SPECS[text]


WRONG_SPECS = {
    "": "'' names nothing; write NAME or NAME:param=value",
    ":lr=1": "':lr=1' names nothing; write NAME or NAME:param=value",
    "adam:": "'adam:' ends in a colon; write adam or adam:param=value",
    "adam:lr": "'lr' in 'adam:lr' is not param=value; write it as lr=VALUE",
    "adam:lr=": "'lr=' in 'adam:lr=' is not param=value; write it as lr=VALUE",
    "adam:=1": "'=1' in 'adam:=1' is not param=value; write it as param=VALUE",
    "adam:lr=1,": "'' in 'adam:lr=1,' is not param=value; write it as param=VALUE",
    "adam:lr=1,2": "'2' in 'adam:lr=1,2' is not param=value; write it as 2=VALUE",
    "adam:lr=1,LR=2": "'LR' is set twice in 'adam:lr=1,LR=2'; set it once",
}


@pytest.mark.parametrize("text", WRONG_SPECS)
def test_a_wrong_spec_is_told_in_one_line(text):
    with pytest.raises(RequestError) as caught:
        split_spec(text)
    assert str(caught.value) == WRONG_SPECS[text]


NUMBERS = {
    "2": 2.0,
    "-0.5": -0.5,
    "1e-3": 1e-3,
    "1/3": 1 / 3,
    "-1/8": -0.125,
    "pi": math.pi,
    "-PI": -math.pi,
    "+e": math.e,
    "pi/2": math.pi / 2,
    "inf": math.inf,
    "-inf": -math.inf,
    "0x1.8p-3": 0.1875,
    "-0x10": -16.0,
    " 7 ": 7.0,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_is_read(text):
    assert number(text) == NUMBERS[text]


def test_nan_is_a_number_to_read():
    assert math.isnan(number("nan"))


@pytest.mark.parametrize(
    "text",
    ["", "two", "1/", "/2", "1/2/3", "--1", "-", "pie", "0x", "1 2", "0x1p99999"],
)
def test_what_is_no_number_is_quoted(text):
    with pytest.raises(
        RequestError,
        match=re.escape(f"'{text}' is not a number; write it like 0.5, 1e-3, 1/3, pi"),
    ):
        number(text)


def test_a_fraction_over_zero_is_refused():
    with pytest.raises(
        RequestError, match="'1/0' divides by zero; write inf, or another fraction"
    ):
        number("1/0")
