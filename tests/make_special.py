"""Writes actcli/_special_table.py, constants of actcli/special.py and numerics.py, from their definitions at 60 digits.

``python -m tests.make_special`` writes the file, which is committed; a test compares it with what this script makes.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import mpmath as mp

TARGET = Path(__file__).parents[1] / "actcli" / "_special_table.py"
KNOTS_PER_UNIT = 32
# the least number of terms that leaves less than 2^-57 of the value, a sixteenth of a unit in the last place
TAIL_TERMS = 12
# erfc leaves its grid at 5.5, which is 7.78 standard deviations
TAIL_START = 7.75
# likewise for the sine and the cosine up to π/2, a little beyond which rounding may lead
SINE_TERMS = 8
SINE_END = 1.571

HEADER = '''"""Constants of the error-function family and the sines, written by tests/make_special.py. Nothing here is edited by hand."""

# fmt: off
'''


def main() -> None:
    """Write the table beside the module that reads it."""
    TARGET.write_text(source(), encoding="utf-8")


def source() -> str:
    """Return the text of the table module."""
    with mp.workdps(60):
        parts = [
            "# q, scale, log(scale), scale·exp(-60) of scale·exp(-q·t²): φ, erf′, exp(-t²)\n",
            literal("GAUSSIAN_NORMAL", gaussian(mp.mpf(1) / 2, 1 / mp.sqrt(2 * mp.pi))),
            literal("GAUSSIAN_ERF", gaussian(mp.mpf(1), 2 / mp.sqrt(mp.pi))),
            literal("GAUSSIAN_PLAIN", gaussian(mp.mpf(1), mp.mpf(1))),
            "# nodes and weights of Gauss's formula with five nodes on [0, 1]\n",
            "GAUSS_NODES = (\n" + "".join(f"    {pair},\n" for pair in gauss()) + ")\n",
            f"# √(2π)·a·exp(a²/2)·Φ(-a) for a ≥ {TAIL_START}: a polynomial in 1/a², constant term first\n",
            literal("TAIL", tail()),
            "# sin(r)/r - 1 and cos(r) - 1 over r² for |r| ≤ π/2: polynomials in r², highest power first\n",
            literal("SINE", sine(lambda r: mp.sin(r) / r)),
            literal("COSINE", sine(mp.cos)),
            *(knots(*row) for row in FUNCTIONS),
        ]
    return HEADER + "".join(parts)


def x_normal_cdf_prime(x: mp.mpf) -> mp.mpf:
    """Return the derivative of x·Φ(x)."""
    return mp.ncdf(x) + x * mp.npdf(x)


# name, what it is, function, first knot: there the mean of the slope over a step is still good to 2^-54 of the integral
FUNCTIONS: list[tuple[str, str, Callable[[mp.mpf], mp.mpf], float]] = [
    ("NORMAL_CDF", "Φ(x)", mp.ncdf, -10),
    ("X_NORMAL_CDF_PRIME", "Φ(x) + x·φ(x)", x_normal_cdf_prime, -10),
    ("ERF", "erf(x)", mp.erf, -6),
    ("ERFC", "erfc(-x)", lambda x: mp.erfc(-x), -5.5),
]


def gaussian(q: mp.mpf, scale: mp.mpf) -> list[float]:
    """Return the four numbers that describe scale·exp(-q·t²)."""
    return [float(v) for v in (q, scale, mp.log(scale), scale * mp.exp(-60))]


def gauss() -> list[tuple[float, float]]:
    """Return the nodes and weights of Gauss's formula with five nodes, for an integral from 0 to 1."""
    outer, inner = (
        mp.sqrt(5 + sign * 2 * mp.sqrt(mp.mpf(10) / 7)) / 6 for sign in (1, -1)
    )
    light, heavy = ((322 - sign * 13 * mp.sqrt(70)) / 1800 for sign in (1, -1))
    middle = mp.mpf(1) / 2
    weights = {middle - outer: light, middle - inner: heavy, middle: mp.mpf(64) / 225}
    weights |= {1 - node: weight for node, weight in weights.items()}
    return [(float(node), float(weights[node])) for node in sorted(weights)]


def tail() -> list[float]:
    """Return the polynomial for the scaled tail; the asymptotic series is too coarse there."""
    return polynomial(scaled_tail, 1 / mp.mpf(TAIL_START) ** 2, TAIL_TERMS)


def sine(f: Callable[[mp.mpf], mp.mpf]) -> list[float]:
    """Return the polynomial in s = r² for (f(r) - 1)/s."""
    terms = polynomial(
        lambda s: (f(mp.sqrt(s)) - 1) / s, mp.mpf(SINE_END) ** 2, SINE_TERMS
    )
    return terms[::-1]


def polynomial(f: Callable[[mp.mpf], mp.mpf], end: mp.mpf, terms: int) -> list[float]:
    """Return the coefficients of the polynomial through f at Chebyshev's points from 0 to an end, constant first."""
    angles = [mp.pi * (2 * k + 1) / (2 * terms) for k in range(terms)]
    points = [(1 + mp.cos(angle)) * end / 2 for angle in angles]
    powers = mp.matrix([[t**k for k in range(terms)] for t in points])
    values = mp.lu_solve(powers, mp.matrix([f(t) for t in points]))
    return [float(c) for c in values]


def scaled_tail(t: mp.mpf) -> mp.mpf:
    """Return √(2π)·a·exp(a²/2)·Φ(-a) at a = 1/√t."""
    return mp.hyperu(0.5, 0.5, 1 / (2 * t)) / mp.sqrt(2 * t)


def knots(name: str, formula: str, f: Callable[[mp.mpf], mp.mpf], first: float) -> str:
    """Return the two tuples of a function: its values from ``first`` to 0, each as the sum of two floats."""
    exact = [
        f(mp.mpf(k) / KNOTS_PER_UNIT) for k in range(int(first * KNOTS_PER_UNIT), 1)
    ]
    high = [float(y) for y in exact]
    # six digits are enough: what they miss is 2^-72 of the value
    low = [float(f"{float(y - h):.6g}") for y, h in zip(exact, high, strict=True)]
    title = f"# {formula} at {first}, {first} + 1/{KNOTS_PER_UNIT}, …, 0; then what the rounding left of each\n"
    return title + literal(name, high) + literal(f"{name}_LOW", low)


def literal(name: str, values: Iterable[float]) -> str:
    """Return the assignment of a tuple, four values to a line."""
    texts = [repr(v) for v in values]
    rows = [
        "    " + ", ".join(texts[i : i + 4]) + ",\n" for i in range(0, len(texts), 4)
    ]
    return f"{name} = (\n{''.join(rows)})\n"


if __name__ == "__main__":
    main()
