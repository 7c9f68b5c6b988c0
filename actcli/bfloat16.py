"""bfloat16, which NumPy lacks: arrays of it are those of the package ml_dtypes, imported only where one is asked for."""

from typing import Any

import numpy as np

from actcli.errors import RequestError

NAME = "bfloat16"


def dtype() -> "np.dtype[Any]":
    """Return the dtype; from then on NumPy knows it by its name.

    Raises:
        RequestError: ml_dtypes is not installed.
    """
    try:
        import ml_dtypes
    except ImportError:
        raise RequestError(
            "bfloat16 takes the package ml_dtypes; pip install ml_dtypes"
        ) from None
    return np.dtype(ml_dtypes.bfloat16)


def is_float(dtype: "np.dtype[Any]") -> bool:
    """Whether numbers of a dtype are floating-point ones; to NumPy bfloat16 is no number."""
    return dtype.kind == "f" or (dtype.kind == "V" and dtype.name == NAME)


def rounded(
    y: "np.ndarray[Any, np.dtype[Any]]", dtype: "np.dtype[Any]"
) -> "np.ndarray[Any, np.dtype[Any]]":
    """Return floats rounded once to a dtype, without a copy where they are of it."""
    if dtype.kind == "V" and y.dtype.type is np.float64:
        y = _beside_ties(y)
    return y.astype(dtype, copy=False)


@np.errstate(all="ignore")
def _beside_ties(
    y: "np.ndarray[Any, np.dtype[Any]]",
) -> "np.ndarray[Any, np.dtype[Any]]":
    """Return float64 as float32, of which none is a tie between two of bfloat16 that was none.

    ml_dtypes goes by float32 too, and rounds twice: 1 + 2^-8 + 2^-40 becomes 1, not 1 + 2^-7.
    """
    near = y.astype(np.float32)
    bits = near.view(np.int32)
    # a bfloat16 is the upper half of the bits of a float32
    ties = np.flatnonzero(bits.astype(np.int16) == -1 << 15)
    if ties.size:
        size, wanted = np.abs(near.flat[ties]), np.abs(y.flat[ties])
        bits.flat[ties] += np.where(wanted > size, 1, np.where(wanted < size, -1, 0))
    return near
