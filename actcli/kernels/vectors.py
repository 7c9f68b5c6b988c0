"""Functions of a whole axis: distributions over classes, maxima of groups."""

import numpy as np

from actcli.axiswise import axis_activation
from actcli.engine import Array
from actcli.errors import RequestError


def _shifted(x: Array) -> Array:
    """Return x less the maximum of its row; a single infinite maximum takes all."""
    top = x.max(axis=-1, keepdims=True)
    t = x - top
    if np.isposinf(top).any():
        alone = np.isposinf(x).sum(axis=-1, keepdims=True) == 1
        t = np.where(np.isposinf(top) & alone, np.where(x == top, 0.0, -np.inf), t)
    return t


def _shares(x: Array) -> Array:
    """Return softmax of each row."""
    e = np.exp(_shifted(x))
    e /= e.sum(axis=-1, keepdims=True)
    return e


def _others(p: Array) -> Array:
    """Return 1 - p for the shares of a row."""
    # not 1 - p: where one share is all but 1, what the others add up to would be lost
    leading = p.argmax(axis=-1)[:, None]
    rest = p.copy()
    np.put_along_axis(rest, leading, 0.0, axis=-1)
    complement = 1.0 - p
    np.put_along_axis(complement, leading, rest.sum(axis=-1, keepdims=True), axis=-1)
    return complement


def _set_diagonal(jacobian: Array, diagonal: Array) -> Array:
    n = diagonal.shape[-1]
    jacobian[:, range(n), range(n)] = diagonal
    return jacobian


def _centred(p: Array, upstream: Array) -> Array:
    """Return upstream less its mean under the shares p."""
    # taken from the upstream of the largest share, whose own term then vanishes instead of cancelling
    leading = p.argmax(axis=-1)[:, None]
    g = upstream - np.take_along_axis(upstream, leading, axis=-1)
    return g - (p * g).sum(axis=-1, keepdims=True)


@axis_activation(
    "exp(x) / sum(exp(x))",
    paper="Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
    use="the output of a classifier, the weights of attention",
    flaw="never exactly 0; equal shifts of all inputs make no difference",
)
def softmax(x: Array) -> Array:
    """Exponentials of an axis, scaled to the sum 1."""
    return _shares(x)


@softmax.derivative
def softmax_jacobian(x: Array) -> Array:
    p = _shares(x)
    return _set_diagonal(-p[:, :, None] * p[:, None, :], p * _others(p))


@softmax.vjp
def softmax_vjp(x: Array, upstream: Array) -> Array:
    p = _shares(x)
    return p * _centred(p, upstream)


@axis_activation(
    "exp(-x) / sum(exp(-x))",
    use="weights that favour the smallest: distances, energies",
    flaw="never exactly 0; equal shifts of all inputs make no difference",
)
def softmin(x: Array) -> Array:
    """Softmax of -x."""
    return _shares(-x)


@softmin.derivative
def softmin_jacobian(x: Array) -> Array:
    return -softmax_jacobian(-x)


@softmin.vjp
def softmin_vjp(x: Array, upstream: Array) -> Array:
    return -softmax_vjp(-x, upstream)


@axis_activation(
    "x - log(sum(exp(x)))",
    use="the logarithm of softmax for a cross-entropy loss, right where softmax itself has underflowed",
    flaw="unbounded below: a loss, not a hidden layer",
)
def log_softmax(x: Array) -> Array:
    """Logarithm of softmax."""
    t = _shifted(x)
    e = np.exp(t)
    # log1p of the other terms, not log of the sum: that is 0 when they are small
    np.put_along_axis(e, t.argmax(axis=-1)[:, None], 0.0, axis=-1)
    return t - np.log1p(e.sum(axis=-1, keepdims=True))


@log_softmax.derivative
def log_softmax_jacobian(x: Array) -> Array:
    p = _shares(x)
    return _set_diagonal(np.repeat(-p[:, None, :], p.shape[-1], axis=1), _others(p))


@log_softmax.vjp
def log_softmax_vjp(x: Array, upstream: Array) -> Array:
    p = _shares(x)
    total = upstream.sum(axis=-1, keepdims=True)
    return upstream * _others(p) - p * (total - upstream)


def _groups(x: Array, pieces: int) -> Array:
    if x.shape[-1] % pieces:
        raise RequestError(
            f"maxout: {x.shape[-1]} numbers do not divide into groups of pieces={pieces}"
        )
    return x.reshape(x.shape[0], -1, pieces)


@axis_activation(
    "max(groups(x, pieces))",
    paper="arXiv:1302.4389",
    use="a learned convex activation, with dropout",
    flaw="as many times the weights as pieces",
    domain=("pieces >= 1",),
)
def maxout(x: Array, *, pieces: int = 2) -> Array:
    """Maximum of consecutive groups."""
    return _groups(x, pieces).max(axis=-1)


@maxout.derivative
def maxout_jacobian(x: Array, *, pieces: int) -> Array:
    groups = _groups(x, pieces)
    count = groups.shape[1]
    jacobian = np.zeros((x.shape[0], count, count, pieces))
    jacobian[:, range(count), range(count)] = _leading(groups)
    return jacobian.reshape(x.shape[0], count, -1)


@maxout.vjp
def maxout_vjp(x: Array, upstream: Array, *, pieces: int) -> Array:
    return (_leading(_groups(x, pieces)) * upstream[:, :, None]).reshape(x.shape)


def _leading(groups: Array) -> Array:
    """Return 1 for the first maximum of each group and 0 for the others, NaN for a group that holds one."""
    marks = np.zeros(groups.shape)
    np.put_along_axis(marks, groups.argmax(axis=-1)[..., None], 1.0, axis=-1)
    marks[np.isnan(groups).any(axis=-1)] = np.nan
    return marks
