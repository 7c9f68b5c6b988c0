"""Checks the table of spellings against the frameworks that are installed. Run as ``python -m tests.check_frameworks``."""

import ast
import importlib
import sys
from fractions import Fraction

import numpy as np

import actcli
from actcli import frameworks
from actcli.activation import Activation
from actcli.engine import Array
from actcli.registry import fold
from tests.framework_calls import CALLS, FRAMEWORKS, arguments, defaults, installed

# what jax.nn exports besides activation functions
_JAX_OTHERS = {
    "dot_product_attention",
    "get_scaled_dot_general_config",
    "log1mexp",
    "one_hot",
    "scaled_dot_general",
    "scaled_matmul",
}
# without a note in the table, with one
_NEAR, _NOTED = 1e-12, 1e-6


def exported(framework: str) -> list[str]:
    """Return the activation functions that a framework exports, as spellings."""
    if framework == "jax":
        nn = importlib.import_module("jax.nn")
        return [
            f"jax.nn.{n}"
            for n in dir(nn)
            if callable(getattr(nn, n))
            and not n.startswith("_")
            and n not in _JAX_OTHERS
        ]
    modules = importlib.import_module("torch.nn.modules.activation")
    functional = importlib.import_module("torch.nn.functional")
    classes = [n for n in modules.__all__ if n != "MultiheadAttention"]
    twins = {fold(n) for n in classes}
    return [
        *(f"torch.nn.{n}" for n in classes),
        # those that end in _ write into their input
        *(
            f"torch.nn.functional.{n}"
            for n in dir(functional)
            if fold(n) in twins and n.strip("_") == n
        ),
        "torch.nn.functional.gumbel_softmax",
    ]


def complaints(framework: str) -> list[str]:
    """Return what is wrong in the table's rows of a framework, as lines."""
    rows = dict(frameworks.of_framework(framework))
    known = {
        s.spelling: s
        for f in actcli.functions.values()
        for s in frameworks.spellings(f)
        if s.framework == framework
    }
    found = [f"{n} is missing" for n in exported(framework) if n not in rows]
    for spelling, function in rows.items():
        row = known[spelling]
        found += _default_complaints(row)
        found += _value_complaints(row, function)
    return found


def _default_complaints(row: frameworks.Spelling) -> list[str]:
    theirs = defaults(row.spelling)
    found = []
    for part in filter(None, (p.strip() for p in row.parameters.split(","))):
        name, has_default, text = part.partition("=")
        if has_default and name in theirs and _read(text) != theirs[name]:
            found.append(f"{row.spelling}: {name} is {theirs[name]!r}, not {text}")
    return found


def _read(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return float(Fraction(text))


def _value_complaints(row: frameworks.Spelling, function: Activation) -> list[str]:
    given = arguments(row.spelling, function, row.parameters)
    if given is None:
        return []
    x = _inputs(function)
    upstream = np.ones(1)
    theirs = CALLS[row.framework](row.spelling, x, upstream, given)
    ours = function(x), function.vjp(x, np.ones_like(function(x)))
    allowed = _NOTED if row.note else _NEAR
    found = []
    for what, a, b in zip(("value", "derivative"), ours, theirs, strict=True):
        error = float(np.max(np.abs(a - b) / (1.0 + np.abs(a)), initial=0.0))
        if not error <= allowed:
            found.append(f"{row.spelling}: {what} differs by {error:.2g}")
    return found


def _inputs(function: Activation) -> Array:
    """Return ordinary inputs that are on no function's kink."""
    if not function.over_axis:
        return np.linspace(-6.05, 6.15, 200)
    return np.random.default_rng(3).normal(size=(4, 3, 6, 4))


def main() -> int:
    found = []
    for framework in FRAMEWORKS:
        if installed(framework):
            some = complaints(framework)
            count = len(frameworks.of_framework(framework))
            print(f"{framework}: {count} spellings, {len(some)} complaints")
            found += some
        else:
            print(f"{framework} is not installed")
    print(*found, sep="\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
