"""Nothing or a constant on the left; on the right a line, a parabola or a logarithm."""

import math
import sys

import numpy as np

from actcli.activation import activation
from actcli.engine import Array
from actcli.numerics import at_least, constant, indicator, inside, mend, select


@activation(
    "1 if x >= theta else 0",
    aliases=("heaviside", "binary_step"),
    paper="McCulloch & Pitts 1943, doi:10.1007/BF02478259",
    use="the perceptron; binary networks with a surrogate gradient",
    flaw="no gradient anywhere",
    kinks=("theta",),
)
def step(x: Array, *, theta: float = 0.0) -> Array:
    """Binary step, 1 from theta on."""
    return indicator(x >= theta, x)


@step.derivative
def step_prime(x: Array, *, theta: float) -> Array:
    return constant(x, 0.0)


@step.derivative("theta")
def step_by_theta(x: Array, *, theta: float) -> Array:
    return constant(x, 0.0)


@activation(
    "max(0, x)",
    paper="Nair & Hinton, ICML 2010; Fukushima 1969, doi:10.1109/TSSC.1969.300225",
    use="the default of hidden layers in feed-forward and convolutional networks",
    flaw="dead units: no gradient for x < 0; outputs not centred on zero",
    kinks=("0",),
    native=True,
)
def relu(x: Array) -> Array:
    """Rectified linear unit."""
    y = at_least(x, 0.0)
    y += 0.0  # not -0.0
    return y


@relu.derivative
def relu_prime(x: Array) -> Array:
    return indicator(x > 0.0, x)


# In native kernels a bound is compared as np.float64(bound): a Python number would be rounded to the dtype of x first.


@activation(
    "min(cap, max(0, x))",
    paper="arXiv:1412.5567",
    use="recurrent networks for speech, so that activations stay bounded",
    flaw="dead on both sides: no gradient for x < 0 or x > cap",
    kinks=("0", "cap"),
    domain=("cap > 0",),
    unbounded=("cap",),
    native=True,
)
def clipped_relu(x: Array, *, cap: float = 20.0) -> Array:
    """Rectified linear unit with an upper bound."""
    return np.clip(x, 0.0, cap)


@clipped_relu.derivative
def clipped_relu_prime(x: Array, *, cap: float) -> Array:
    return inside(x, 0.0, cap)


@clipped_relu.derivative("cap")
def clipped_relu_by_cap(x: Array, *, cap: float) -> Array:
    return indicator(x >= np.float64(cap), x)


relu6 = clipped_relu.variant(
    "relu6",
    "Rectified linear unit capped at 6.",
    paper="Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10",
    use="mobile networks in low precision",
    flaw="dead on both sides: no gradient for x < 0 or x > 6",
    cap=6.0,
)


@activation(
    "x if x > theta else value",
    use="cutting off small activations",
    flaw="jumps at theta; no gradient below it",
    kinks=("theta",),
    native=True,
)
def threshold(x: Array, *, theta: float = 1.0, value: float = 0.0) -> Array:
    """Identity above theta, a constant elsewhere."""
    # the comparison is this way round so that NaN stays NaN
    return select(x <= np.float64(theta), value, x, x.dtype)


@threshold.derivative
def threshold_prime(x: Array, *, theta: float, value: float) -> Array:
    return indicator(x > np.float64(theta), x)


@threshold.derivative("theta")
def threshold_by_theta(x: Array, *, theta: float, value: float) -> Array:
    return constant(x, 0.0)


@threshold.derivative("value")
def threshold_by_value(x: Array, *, theta: float, value: float) -> Array:
    return indicator(x <= np.float64(theta), x)


thresholded_relu = threshold.variant(
    "thresholded_relu",
    "Identity above theta, 0 elsewhere.",
    aliases=("trelu", "threshold_relu"),
    paper="arXiv:1402.3337",
    use="autoencoders without bias",
    flaw="jumps at theta; dead units: no gradient below it",
    theta=1.0,
    value=0.0,
)


@activation(
    "max(tau, x)",
    aliases=("thresholded_linear_unit",),
    paper="arXiv:1911.09737",
    use="after filter response normalisation, whose outputs are not centred on zero; tau is learned",
    flaw="no gradient by x below tau",
    kinks=("tau",),
    unbounded=("tau",),
    native=True,
)
def tlu(x: Array, *, tau: float = 0.0) -> Array:
    """Rectifier whose threshold is learned."""
    return np.maximum(x, x.dtype.type(tau))


@tlu.derivative
def tlu_prime(x: Array, *, tau: float) -> Array:
    return inside(x, tau, np.inf)


@tlu.derivative("tau")
def tlu_by_tau(x: Array, *, tau: float) -> Array:
    return indicator(x <= np.float64(tau), x)


@activation(
    "scale * max(0, x)**2 + bias",
    paper="arXiv:2210.13452",
    use="MetaFormer vision models; scale and bias are learned, and start so that normal inputs give mean 0 and variance 1",
    flaw="grows with the square of its input; dead for x < 0",
)
def star_relu(x: Array, *, scale: float = 0.8944, bias: float = -0.4472) -> Array:
    """Squared rectifier, scaled and shifted."""
    if scale == 0.0:
        return constant(x, bias)
    y = at_least(x, 0.0)
    # not scale·(y·y), which overflows first
    return scale * y * y + bias


@star_relu.derivative
def star_relu_prime(x: Array, *, scale: float, bias: float) -> Array:
    return (2.0 * scale) * at_least(x, 0.0) if scale else constant(x, 0.0)


@star_relu.derivative("scale")
def star_relu_by_scale(x: Array, *, scale: float, bias: float) -> Array:
    y = at_least(x, 0.0)
    return y * y


@star_relu.derivative("bias")
def star_relu_by_bias(x: Array, *, scale: float, bias: float) -> Array:
    return constant(x, 1.0)


relu2 = star_relu.variant(
    "relu2",
    "Square of the rectified linear unit.",
    aliases=("squared_relu", "relu_squared"),
    paper="arXiv:2109.08668",
    use="language models, where it is sparse and did better than gelu (Primer)",
    flaw="grows with the square of its input; dead for x < 0",
    scale=1.0,
    bias=0.0,
)


@activation(
    "log(1 + beta * max(0, x))",
    paper="arXiv:1908.03682",
    use="a relu whose outputs stay small in deep networks",
    flaw="dead for x < 0; its slope falls off on the right",
    kinks=("0",),
    domain=("beta > 0",),
)
def nlrelu(x: Array, *, beta: float = 1.0) -> Array:
    """Natural logarithm of 1 plus the rectified input."""
    y = at_least(x, 0.0)
    z = beta * y
    return mend(np.log1p(z), np.isinf(z), lambda y: np.log(y) + math.log(beta), y)


@nlrelu.derivative
def nlrelu_prime(x: Array, *, beta: float) -> Array:
    # not beta/(1 + beta·x): that product overflows
    return (x > 0.0) / (1.0 / beta + at_least(x, 0.0))


@nlrelu.derivative("beta")
def nlrelu_by_beta(x: Array, *, beta: float) -> Array:
    y = np.clip(x, 0.0, min(1e300 / beta, sys.float_info.max))
    return y / (1.0 + beta * y)
