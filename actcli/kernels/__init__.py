"""The activation functions, a file for each family. Importing this declares them all."""

from actcli.kernels import (
    channels,
    distributions,
    exponentials,
    gated,
    leaky,
    linear_units,
    nested,
    normalizers,
    periodic,
    piecewise,
    powers,
    rectifiers,
    shrinkers,
    sigmoids,
    softmaxes,
    softplus_like,
    sparse,
)
