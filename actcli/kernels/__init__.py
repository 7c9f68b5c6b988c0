"""The activation functions, a file for each family. Importing this declares them all."""

from actcli.kernels import (
    exponentials,
    gated,
    leaky,
    piecewise,
    powers,
    rectifiers,
    sigmoids,
    softplus_like,
    vectors,
)

__all__ = [
    "exponentials",
    "gated",
    "leaky",
    "piecewise",
    "powers",
    "rectifiers",
    "sigmoids",
    "softplus_like",
    "vectors",
]
