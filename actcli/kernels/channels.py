"""Functions that leave an axis with fewer or more channels: maxima of groups, both sides of zero."""

from functools import reduce

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.numerics import either
from actcli.rows import diagonals, marks


def _groups(x: Array, pieces: int) -> Array:
    if x.shape[-1] % pieces:
        raise RequestError(
            f"maxout: a length of {x.shape[-1]} is no multiple of pieces={pieces}"
        )
    return x.reshape(x.shape[0], x.shape[-1] // pieces, pieces)


@axis_activation(
    "max(groups(x, pieces))",
    paper="arXiv:1302.4389",
    use="a learned convex activation, with dropout",
    flaw="as many times the weights as pieces",
    domain=("pieces >= 1",),
)
def maxout(x: Array, *, pieces: int = 2) -> Array:
    """Maximum of consecutive groups."""
    groups = _groups(x, pieces)
    # not groups.max(axis=-1), which starts anew for every few numbers
    return reduce(np.maximum, (groups[..., k] for k in range(pieces)))


@maxout.derivative
def maxout_jacobian(x: Array, *, pieces: int) -> Array:
    """1 for the first maximum of each group, 0 elsewhere."""
    groups = _groups(x, pieces)
    count = groups.shape[1]
    jacobian = np.zeros((x.shape[0], count, count, pieces))
    jacobian[:, range(count), range(count)] = marks(groups)
    return jacobian.reshape(x.shape[0], count, x.shape[-1])


@maxout.vjp
def maxout_vjp(x: Array, upstream: Array, *, pieces: int) -> Array:
    groups = _groups(x, pieces)
    top = maxout.kernel(x, pieces=pieces)
    back, free = np.empty_like(groups), np.ones(top.shape, bool)
    # not marks(groups), which starts anew for every few numbers
    for k in range(pieces):
        first = free & (groups[..., k] == top)
        free ^= first
        np.multiply(first, upstream, out=back[..., k])
    back[np.isnan(top)] = np.nan
    return back.reshape(x.shape)


@axis_activation(
    "concat(max(0, x), max(0, -x))",
    paper="arXiv:1603.05201",
    use="first layers of convolutional networks, whose filters come in pairs of opposite sign",
    flaw="twice the outputs, and the weights that go with them",
)
def crelu(x: Array) -> Array:
    """Concatenated rectifier: relu(x), then relu(-x), along the axis."""
    # + 0.0 makes a zero of either sign +0
    return np.concatenate([np.maximum(x, 0.0), np.maximum(-x, 0.0)], axis=-1) + 0.0


@crelu.derivative
def crelu_jacobian(x: Array) -> Array:
    """diag(x > 0) above -diag(x < 0)."""
    right, left = _sides(x)
    return np.concatenate([diagonals(right), diagonals(left)], axis=1)


@crelu.vjp
def crelu_vjp(x: Array, upstream: Array) -> Array:
    right, left = _sides(x)
    n = x.shape[-1]
    return right * upstream[:, :n] + left * upstream[:, n:]


def _sides(x: Array) -> tuple[Array, Array]:
    """Return the slopes of relu(x) and relu(-x)."""
    return either(x > 0.0, 1.0, 0.0, x), either(x < 0.0, -1.0, 0.0, x)
