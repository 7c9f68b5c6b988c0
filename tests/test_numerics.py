"""Primitives that every kernel may use, against NumPy's own."""

from collections.abc import Callable

import numpy as np
import pytest

from actcli.engine import Array
from actcli.numerics import cosine, sine


@pytest.mark.parametrize(("own", "numpy"), [(sine, np.sin), (cosine, np.cos)])
def test_sines_also_at_their_zeros(
    own: Callable[[Array], Array], numpy: np.ufunc
) -> None:
    zeros = np.arange(1, 60_000) * (np.pi / 2)
    x = np.concatenate([zeros, np.linspace(-9.0, 9.0, 10_001), [1e6, 1e300, -5e-324]])
    expected = numpy(x)
    with np.errstate(over="ignore"):
        got = own(x)
    assert (np.abs(got - expected) <= 3 * np.spacing(np.abs(expected))).all()
