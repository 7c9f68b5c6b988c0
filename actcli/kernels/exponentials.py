"""An exponential on the left, on the right a line or a parabola; and the exponential itself."""

import math

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import (
    EXPM1_NEAR,
    at_least,
    at_most,
    expm1_rest,
    jump,
    mend,
    product,
    scaled_exp,
    select,
    together,
)


@activation(
    "exp(x)",
    aliases=("exp",),
    use="positive outputs: rates, scales",
    flaw="overflows from x = 710 on, in float32 from 89, in float16 from 12",
)
def exponential(x: Array) -> Array:
    """Exponential function."""
    return np.exp(x)


@exponential.derivative
def exponential_prime(x: Array) -> Array:
    return np.exp(x)


@activation(
    "x if x > 0 else alpha * (exp(x) - 1)",
    paper="arXiv:1511.07289",
    use="hidden layers whose mean activation should be near zero",
    flaw="an exponential for each negative input; a corner at 0 unless alpha is 1",
    kinks=("0 / (alpha != 1)",),  # nowhere where alpha is 1
)
def elu(x: Array, *, alpha: float = 1.0) -> Array:
    """Exponential linear unit."""
    y = np.expm1(at_most(x, 0.0))
    if alpha == 1.0:
        # left of 0 the exponential is the greater of both, and right of it x is
        return np.maximum(x, y, out=y)
    y *= alpha
    y += at_least(x, 0.0)
    return y


@elu.derivative
def elu_prime(x: Array, *, alpha: float) -> Array:
    y = scaled_exp(alpha, at_most(x, 0.0))
    return y if alpha == 1.0 else jump(y, x > 0.0, alpha, 1.0)


@elu.derivative("alpha")
def elu_by_alpha(x: Array, *, alpha: float) -> Array:
    return np.expm1(at_most(x, 0.0))


@activation(
    "scale * (x if x > 0 else alpha * (exp(x) - 1))",
    paper="arXiv:1706.02515",
    use="deep fully connected networks that normalise themselves, with lecun_normal weights and alpha dropout",
    flaw="only with that initialisation and dropout; a corner at 0",
    kinks=("0",),
)
def selu(
    x: Array,
    *,
    scale: float = 1.0507009873554804934,
    alpha: float = 1.6732632423543772848,
) -> Array:
    """Scaled exponential linear unit."""
    left, more = together(scale, alpha)
    y = left * np.expm1(at_most(x, 0.0))
    if more != 1.0:
        y *= more
    y += product(scale, at_least(x, 0.0))
    return y


@selu.derivative
def selu_prime(x: Array, *, scale: float, alpha: float) -> Array:
    left, more = together(scale, alpha)
    y = scaled_exp(left, at_most(x, 0.0), more)
    return jump(y, x > 0.0, left * more, scale)


@selu.derivative("scale")
def selu_by_scale(x: Array, *, scale: float, alpha: float) -> Array:
    return at_least(x, 0.0) + alpha * np.expm1(at_most(x, 0.0))


@selu.derivative("alpha")
def selu_by_alpha(x: Array, *, scale: float, alpha: float) -> Array:
    return scale * np.expm1(at_most(x, 0.0))


@activation(
    "x if x > 0 else alpha * (exp(x / alpha) - 1)",
    paper="arXiv:1704.07483",
    use="elu with a continuous slope for every alpha",
    flaw="an exponential for each negative input",
    domain=("alpha > 0",),
)
def celu(x: Array, *, alpha: float = 1.0) -> Array:
    """Continuously differentiable exponential linear unit."""
    if alpha == 1.0:
        return elu.kernel(x, alpha=1.0)
    y = alpha * np.expm1(at_most(x, 0.0) / alpha)
    y += at_least(x, 0.0)
    if alpha <= 1.0:
        return y
    # the quotient may be subnormal where x is not
    return mend(y, np.abs(x) < 1e-17 * alpha, lambda x: x, x)


@celu.derivative
def celu_prime(x: Array, *, alpha: float) -> Array:
    return np.exp(at_most(x, 0.0) / alpha)


@celu.derivative("alpha")
def celu_by_alpha(x: Array, *, alpha: float) -> Array:
    # exp(t)·(1 - t) - 1 cancels near 0; far left the exponential has gone
    t = np.maximum(at_most(x, 0.0) / alpha, -700.0)
    return -np.exp(t) * expm1_rest(-t)


@activation(
    "alpha_p * x**2 + beta * x if x > 0 else alpha_n * (exp(x) - 1 - x) + beta * x",
    paper="arXiv:2411.13010",
    use="language models: the integral of a learned elu, so that slopes grow with the input",
    flaw="not monotonic, and far left it grows again; frameworks clamp the left side and differ near 0",
    ties=True,  # 0.8 is not quite eight tenths
)
def xielu(
    x: Array, *, alpha_p: float = 0.8, alpha_n: float = 0.8, beta: float = 0.5
) -> Array:
    """Parabola on the right, integral of an exponential on the left."""
    p, n = at_least(x, 0.0), at_most(x, 0.0)
    if abs(beta) < 0.6 * abs(alpha_n):
        # next to 0 hardly anything is left of the sum
        near = alpha_n * expm1_rest(n) + beta * n
        left = select(n < -1.5, _xielu_left(n, alpha_n, beta), near)
    else:
        left = _xielu_left(n, alpha_n, beta)
    return left + (p * (alpha_p * p + beta) if alpha_p else product(beta, p))


def _xielu_left(n: Array, alpha_n: float, beta: float) -> Array:
    """Return alpha_n·(exp(n) - 1 - n) + beta·n for n ≤ 0."""
    # from 0, or left of -0.55 from -1: of two terms from 0 a third is left at the minimum
    from_one = (n < -0.55).astype(np.float64)
    n = n + from_one  # a new array: n is not ours
    y = np.expm1(n)
    y *= alpha_n - (alpha_n - alpha_n / math.e) * from_one
    # far left alpha_n·x and beta·x cancel each other, or are infinite both
    if slope := beta - alpha_n:
        n *= slope
        y += n
    from_one *= alpha_n / math.e - beta
    y += from_one
    return y


@xielu.derivative
def xielu_prime(x: Array, *, alpha_p: float, alpha_n: float, beta: float) -> Array:
    p, n = at_least(x, 0.0), at_most(x, 0.0)
    y = product(2.0 * alpha_p, p) + alpha_n * np.expm1(n) + beta
    if abs(beta - alpha_n) > 0.25 * abs(alpha_n):
        return y
    # far left the constants cancel each other
    far = alpha_n * np.exp(n) + (beta - alpha_n)
    return select(n < -EXPM1_NEAR, far, y)


@xielu.derivative("alpha_p")
def xielu_by_alpha_p(x: Array, *, alpha_p: float, alpha_n: float, beta: float) -> Array:
    p = at_least(x, 0.0)
    return p * p


@xielu.derivative("alpha_n")
def xielu_by_alpha_n(x: Array, *, alpha_p: float, alpha_n: float, beta: float) -> Array:
    return expm1_rest(at_most(x, 0.0))


@xielu.derivative("beta")
def xielu_by_beta(x: Array, *, alpha_p: float, alpha_n: float, beta: float) -> Array:
    return x.copy()
