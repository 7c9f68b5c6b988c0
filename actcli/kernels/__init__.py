"""The activation functions, a file for each family. Importing this declares them all."""

from actcli.kernels import (
    distributions,
    exponentials,
    gated,
    leaky,
    nested,
    periodic,
    piecewise,
    powers,
    rectifiers,
    shrinkers,
    sigmoids,
    softplus_like,
    vectors,
)

__all__ = [
    "distributions",
    "exponentials",
    "gated",
    "leaky",
    "nested",
    "periodic",
    "piecewise",
    "powers",
    "rectifiers",
    "shrinkers",
    "sigmoids",
    "softplus_like",
    "vectors",
]
