"""Activation functions, their derivatives and their exact values. The names are loaded when first used."""

__version__ = "0.1.0"
