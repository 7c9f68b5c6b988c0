"""The activation functions, a file for each family. Importing this declares them all."""

from actcli.kernels import exponentials, gated, rectifiers, sigmoids, vectors

__all__ = ["exponentials", "gated", "rectifiers", "sigmoids", "vectors"]
