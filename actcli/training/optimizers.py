"""The optimizers, a declaration each: a generator of positions, its state in plain locals. Runs nothing; see descent.

Every one takes the position to start from, the function that gives the slope at a position, and the factors by which a
schedule scales ``lr`` at each step; it yields the position after each step and ends with the factors. A position is an
array of any shape, and is never written into.

Where torch.optim departs from the literature both forms are here, the literature's declared beneath torch's, and the
parameter ``form`` chooses.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np

from actcli.engine import Array
from actcli.errors import RequestError
from actcli.registry import Registry
from actcli.training.declaration import Record, declaring
from actcli.training.hyperparameters import Domain, Hyperparameter, Value, keywords_of

Slope = Callable[[Array], Array]
Steps = Iterator[Array]
Step = Callable[..., Steps]


@dataclass(frozen=True)
class Form:
    """One way to define an optimizer: its formula, and how it differs from the first."""

    formula: str
    steps: Step
    difference: str = ""

    @property
    def takes(self) -> set[str]:
        """The names of the parameters that mean something in this form."""
        return set(keywords_of(self.steps))


@dataclass(kw_only=True, eq=False)
class Optimizer(Record[Step]):
    """An optimizer as declared; call it with start, slope and schedule for its positions.

    Declared is torch's form: the formula with ``g`` the slope and ``t`` the step from 1, and torch's name for it.
    """

    kind: ClassVar = "optimizer"
    torch: str
    paper: str
    forms: dict[str, Form] = field(init=False)

    def stand_for(self, function: Step) -> None:
        super().stand_for(function)
        self.forms = {"torch": Form(self.formula, function)}

    def literature(self, formula: str, difference: str) -> Callable[[Step], Step]:
        """Declare, beneath torch's form, the one the literature gives; its parameters are torch's, or fewer."""

        def declare(steps: Step) -> Step:
            form = Form(formula, steps, difference)
            if not form.takes <= self.parameters.keys():
                raise TypeError(f"'{steps.__name__}' takes what '{self.name}' does not")
            self.forms["literature"] = form
            self.parameters["form"] = Hyperparameter(
                "form",
                "torch",
                choices=tuple(self.forms),
                meaning="whose definition is followed",
            )
            return steps

        return declare

    def bind(
        self, given: Mapping[str, Value], shared: Mapping[str, Value] | None = None
    ) -> dict[str, Value]:
        """Return a value for every parameter; one that the form asked for knows nothing of cannot be set."""
        bound = super().bind(given, shared)
        form = str(bound.get("form", "torch"))
        for name in bound.keys() - self.forms[form].takes - {"form"}:
            if bound[name] != self.parameters[name].default:
                raise RequestError(
                    f"{name} means nothing to {self.title} with form={form}; leave it out"
                )
        return bound

    def __call__(
        self, start: Array, slope: Slope, schedule: Iterable[float], **values: Value
    ) -> Steps:
        """Yield the position after each step, as many as ``schedule`` has factors for ``lr``.

        Args:
            start: the position to start from, of any shape.
            slope: gives the gradient at a position, in the shape of the position.
            schedule: the factor on ``lr`` at each step.
            **values: parameters by name, numbers or texts.

        >>> [float(x) for x in sgd(np.array(1.0), lambda x: 2 * x, [1, 1, 0.5], lr=0.25)]
        [0.5, 0.25, 0.1875]
        """
        bound = self.bind(values)
        form = self.forms[str(bound.get("form", "torch"))]
        taken: dict[str, Any] = {name: bound[name] for name in form.takes}
        return form.steps(np.asarray(start, np.float64), slope, schedule, **taken)


OPTIMIZERS = Registry[Optimizer](Optimizer.kind, "actcli optimize --list")
optimizer = declaring(Optimizer, Optimizer.stand_for, OPTIMIZERS)


Rate = Annotated[float, Domain(above=0), "learning rate"]
Momentum = Annotated[
    float, Domain(least=0, most=1), "share of the velocity that is kept"
]
Dampening = Annotated[
    float,
    Domain(least=0, below=1),
    "share of the gradient that is held back from the velocity",
]
Memory = Annotated[
    float, Domain(least=0, below=1), "share of the running mean that is kept"
]
Epsilon = Annotated[float, Domain(above=0), "keeps the division from zero"]
Decay = Annotated[
    float,
    Domain(least=0),
    "weight decay: this times the position is added to the gradient",
]
Decoupled = Annotated[
    float, Domain(least=0), "weight decay, applied to the position beside the step"
]


def penalized(slope: Slope, weight_decay: float) -> Slope:
    """Return the slope of the loss with ``weight_decay/2 · |x|²`` added."""
    return (lambda x: slope(x) + weight_decay * x) if weight_decay else slope


@optimizer(
    "x = x - lr*g",
    torch="torch.optim.SGD(lr)",
    paper="Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
    aliases=("gd", "gradient_descent"),
    note="on a quadratic it converges only for lr below 2 / (largest curvature)",
)
def sgd(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    weight_decay: Decay = 0.0,
) -> Steps:
    """Gradient descent: a step against the gradient."""
    slope = penalized(slope, weight_decay)
    for eta in schedule:
        x = x - lr * eta * slope(x)
        yield x


@optimizer(
    "v = beta*v + (1 - dampening)*g, v = g at first or if beta = 0; x = x - lr*v",
    torch="torch.optim.SGD(lr, momentum=beta, dampening)",
    paper="Polyak 1964, doi:10.1016/0041-5553(64)90137-5",
    aliases=("heavy_ball", "sgd_momentum"),
)
def momentum(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    beta: Momentum = 0.9,
    dampening: Dampening = 0.0,
    weight_decay: Decay = 0.0,
) -> Steps:
    """Gradient descent with a velocity that gathers the gradients."""
    slope, v = penalized(slope, weight_decay), None
    for eta in schedule:
        g = slope(x)
        # torch keeps no velocity without beta, and so dampens nothing
        v = g if v is None or beta == 0.0 else beta * v + (1.0 - dampening) * g
        x = x - lr * eta * v
        yield x


@momentum.literature(
    "v = beta*v - lr*(1 - dampening)*g; x = x + v",
    "lr is inside the velocity, so a new lr scales only the gradients to come, where torch rescales the whole velocity at "
    "once; the first gradient is dampened too. With constant lr and no dampening the two are equal",
)
def momentum_literature(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: float,
    beta: float,
    dampening: float,
    weight_decay: float,
) -> Steps:
    slope, v = penalized(slope, weight_decay), np.zeros_like(x)
    for eta in schedule:
        v = beta * v - lr * eta * (1.0 - dampening) * slope(x)
        x = x + v
        yield x


@optimizer(
    "v = beta*v + g; x = x - lr*(g + beta*v)",
    torch="torch.optim.SGD(lr, momentum=beta, nesterov=True)",
    paper="Nesterov 1983, mathnet.ru/eng/dan46009; Sutskever et al. 2013, proceedings.mlr.press/v28/sutskever13.html",
    aliases=("nag", "nesterov_momentum"),
)
def nesterov(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    beta: Momentum = 0.9,
    weight_decay: Decay = 0.0,
) -> Steps:
    """Momentum that takes the gradient where the velocity is about to carry it."""
    slope, v = penalized(slope, weight_decay), np.zeros_like(x)
    for eta in schedule:
        g = slope(x)
        v = beta * v + g
        x = x - lr * eta * (g + beta * v)
        yield x


@nesterov.literature(
    "v = beta*v - lr*g(x + beta*v); x = x + v",
    "the gradient is taken ahead of the position, at x + beta*v; torch keeps that point ahead as its position, so with "
    "constant lr its positions are the literature's x + beta*v",
)
def nesterov_literature(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: float,
    beta: float,
    weight_decay: float,
) -> Steps:
    slope, v = penalized(slope, weight_decay), np.zeros_like(x)
    for eta in schedule:
        v = beta * v - lr * eta * slope(x + beta * v)
        x = x + v
        yield x


@optimizer(
    "h = h + g**2; x = x - lr/(1 + (t - 1)*lr_decay)*g/(sqrt(h) + eps)",
    torch="torch.optim.Adagrad(lr, lr_decay, initial_accumulator_value=initial, eps)",
    paper="Duchi et al. 2011, jmlr.org/papers/v12/duchi11a.html",
    note="h only grows, so the steps only shrink; textbooks take eps=1e-7 and no lr_decay",
)
def adagrad(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    lr_decay: Annotated[
        float, Domain(least=0), "how fast lr falls with the steps, besides the schedule"
    ] = 0.0,
    initial: Annotated[float, Domain(least=0), "what h starts from"] = 0.0,
    eps: Epsilon = 1e-10,
    weight_decay: Decay = 0.0,
) -> Steps:
    """A step of its own for each coordinate, shrunk by all its past gradients."""
    slope, h = penalized(slope, weight_decay), np.full_like(x, initial)
    for past, eta in enumerate(schedule):
        g = slope(x)
        h = h + g * g
        x = x - lr * eta / (1.0 + past * lr_decay) * (g / (np.sqrt(h) + eps))
        yield x


def spread(h: Array, m: Array, centered: bool) -> Array:
    """Return the running mean square ``h``, about the running mean ``m`` when centered."""
    # rounding can leave h a little under m², whose root would be NaN
    return np.maximum(h - m * m, 0.0) if centered else h


@optimizer(
    "h = rho*h + (1 - rho)*g**2; v = beta*v + g/(sqrt(h) + eps); x = x - lr*v",
    torch="torch.optim.RMSprop(lr, alpha=rho, eps, momentum=beta, centered)",
    paper="Hinton 2012, cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf",
    note="centered: the variance h - m**2, m the running mean of g, stands for h",
)
def rmsprop(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    rho: Memory = 0.99,
    eps: Epsilon = 1e-8,
    beta: Momentum = 0.0,
    centered: Annotated[
        bool, "divide by the deviation in place of the root mean square"
    ] = False,
    weight_decay: Decay = 0.0,
) -> Steps:
    """AdaGrad that forgets: each coordinate's step is divided by the root of a running mean of its squared gradients."""
    slope, h, m, v = (
        penalized(slope, weight_decay),
        np.zeros_like(x),
        np.zeros_like(x),
        np.zeros_like(x),
    )
    for eta in schedule:
        g = slope(x)
        h, m = rho * h + (1.0 - rho) * g * g, rho * m + (1.0 - rho) * g
        v = beta * v + g / (np.sqrt(spread(h, m, centered)) + eps)
        x = x - lr * eta * v
        yield x


@rmsprop.literature(
    "h = rho*h + (1 - rho)*g**2; v = beta*v - lr*g/sqrt(h + eps); x = x + v",
    "eps is inside the root (Graves 2013, arXiv:1308.0850; Goodfellow et al. 2016, algorithm 8.5; Keras), so it counts as "
    "the square of torch's, and lr is inside the velocity; Hinton takes rho=0.9",
)
def rmsprop_literature(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: float,
    rho: float,
    eps: float,
    beta: float,
    centered: bool,
    weight_decay: float,
) -> Steps:
    slope, h, m, v = (
        penalized(slope, weight_decay),
        np.zeros_like(x),
        np.zeros_like(x),
        np.zeros_like(x),
    )
    for eta in schedule:
        g = slope(x)
        h, m = rho * h + (1.0 - rho) * g * g, rho * m + (1.0 - rho) * g
        v = beta * v - lr * eta * (g / np.sqrt(spread(h, m, centered) + eps))
        x = x + v
        yield x


def moments(
    g: Array, m: Array, v: Array, beta1: float, beta2: float
) -> tuple[Array, Array]:
    """Return the running means of the gradient and of its square with ``g`` taken in."""
    return m + (1.0 - beta1) * (g - m), beta2 * v + (1.0 - beta2) * g * g


def unbiased(mean: Array, beta: float, t: int) -> Array:
    """Undo the pull to zero of a running mean that was zero ``t`` steps ago."""
    return mean / (1.0 - beta**t)


@optimizer(
    "m = beta1*m + (1 - beta1)*g; v = beta2*v + (1 - beta2)*g**2; "
    "x = x - lr*(m/(1 - beta1**t))/(sqrt(v/(1 - beta2**t)) + eps)",
    torch="torch.optim.Adam(lr, betas=(beta1, beta2), eps, weight_decay)",
    paper="Kingma & Ba 2014, arXiv:1412.6980",
    note="textbooks that fold both corrections into lr divide by sqrt(v) + eps, an eps larger by 1/sqrt(1 - beta2**t)",
)
def adam(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    beta1: Memory = 0.9,
    beta2: Memory = 0.999,
    eps: Epsilon = 1e-8,
    weight_decay: Decay = 0.0,
) -> Steps:
    """Running means of the gradient and of its square, both freed of their start at zero."""
    slope, m, v = penalized(slope, weight_decay), np.zeros_like(x), np.zeros_like(x)
    for t, eta in enumerate(schedule, 1):
        m, v = moments(slope(x), m, v, beta1, beta2)
        x = x - lr * eta * unbiased(m, beta1, t) / (
            np.sqrt(unbiased(v, beta2, t)) + eps
        )
        yield x


@optimizer(
    "x = x - lr*weight_decay*x, then a step of adam",
    torch="torch.optim.AdamW(lr, betas=(beta1, beta2), eps, weight_decay)",
    paper="Loshchilov & Hutter 2017, arXiv:1711.05101",
)
def adamw(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    beta1: Memory = 0.9,
    beta2: Memory = 0.999,
    eps: Epsilon = 1e-8,
    weight_decay: Decoupled = 0.01,
) -> Steps:
    """Adam with weight decay that does not pass through the running means."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t, eta in enumerate(schedule, 1):
        m, v = moments(slope(x), m, v, beta1, beta2)
        x = x * (1.0 - lr * eta * weight_decay)
        x = x - lr * eta * unbiased(m, beta1, t) / (
            np.sqrt(unbiased(v, beta2, t)) + eps
        )
        yield x


@adamw.literature(
    "x = x - eta*weight_decay*x, eta the schedule's factor, with a step of adam",
    "the decay is scaled by the schedule alone, where torch scales it by lr too: weight_decay=0.001 here is 0.01 of torch at lr=0.1",
)
def adamw_literature(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
) -> Steps:
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t, eta in enumerate(schedule, 1):
        m, v = moments(slope(x), m, v, beta1, beta2)
        step = lr * unbiased(m, beta1, t) / (np.sqrt(unbiased(v, beta2, t)) + eps)
        x = x - eta * (step + weight_decay * x)
        yield x


@optimizer(
    "u[t] = beta1*(1 - 0.96**(t*momentum_decay)/2); x = x - lr*(u[t+1]*m/(1 - u[1]*…*u[t+1]) "
    "+ (1 - u[t])*g/(1 - u[1]*…*u[t]))/(sqrt(v/(1 - beta2**t)) + eps), m and v as in adam",
    torch="torch.optim.NAdam(lr, betas=(beta1, beta2), eps, weight_decay, momentum_decay)",
    paper="Dozat 2016, openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ",
    note="torch keeps the product of the u in its default dtype, usually float32; here it is float64",
)
def nadam(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    beta1: Memory = 0.9,
    beta2: Memory = 0.999,
    eps: Epsilon = 1e-8,
    momentum_decay: Annotated[
        float, Domain(least=0), "how fast the momentum warms up to beta1"
    ] = 0.004,
    weight_decay: Decay = 0.0,
) -> Steps:
    """Adam that looks ahead as Nesterov's method does."""
    slope, m, v = penalized(slope, weight_decay), np.zeros_like(x), np.zeros_like(x)
    past = 1.0
    for t, eta in enumerate(schedule, 1):
        now, soon = (
            beta1 * (1.0 - 0.5 * 0.96 ** (k * momentum_decay)) for k in (t, t + 1)
        )
        past *= now
        g = slope(x)
        m, v = moments(g, m, v, beta1, beta2)
        ahead = soon / (1.0 - past * soon) * m + (1.0 - now) / (1.0 - past) * g
        x = x - lr * eta * ahead / (np.sqrt(unbiased(v, beta2, t)) + eps)
        yield x


@nadam.literature(
    "x = x - lr*(beta1*m/(1 - beta1**(t+1)) + (1 - beta1)*g/(1 - beta1**t))/(sqrt(v/(1 - beta2**t)) + eps), m and v as in adam",
    "the momentum is beta1 from the first step, as textbooks simplify it; torch warms it up from beta1/2 as Dozat's "
    "experiments did, at the pace of momentum_decay, which means nothing here",
)
def nadam_literature(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
) -> Steps:
    slope, m, v = penalized(slope, weight_decay), np.zeros_like(x), np.zeros_like(x)
    for t, eta in enumerate(schedule, 1):
        g = slope(x)
        m, v = moments(g, m, v, beta1, beta2)
        ahead = beta1 * unbiased(m, beta1, t + 1) + (1.0 - beta1) * unbiased(
            g, beta1, t
        )
        x = x - lr * eta * ahead / (np.sqrt(unbiased(v, beta2, t)) + eps)
        yield x


@optimizer(
    "w = max(w, v); x = x - lr*(m/(1 - beta1**t))/(sqrt(w/(1 - beta2**t)) + eps), m and v as in adam",
    torch="torch.optim.Adam(lr, betas=(beta1, beta2), eps, weight_decay, amsgrad=True)",
    paper="Reddi et al. 2018, openreview.net/forum?id=ryQu7f-RZ",
)
def amsgrad(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: Rate = 0.1,
    beta1: Memory = 0.9,
    beta2: Memory = 0.999,
    eps: Epsilon = 1e-8,
    weight_decay: Decay = 0.0,
) -> Steps:
    """Adam that divides by the largest running mean so far, so that its steps cannot grow again."""
    slope, m, v, w = (
        penalized(slope, weight_decay),
        np.zeros_like(x),
        np.zeros_like(x),
        np.zeros_like(x),
    )
    for t, eta in enumerate(schedule, 1):
        m, v = moments(slope(x), m, v, beta1, beta2)
        w = np.maximum(w, v)
        x = x - lr * eta * unbiased(m, beta1, t) / (
            np.sqrt(unbiased(w, beta2, t)) + eps
        )
        yield x


@amsgrad.literature(
    "w = max(w, v); x = x - lr*m/(sqrt(w) + eps), m and v as in adam",
    "neither running mean is freed of its start at zero, so the first steps are longer by (1 - beta1)/sqrt(1 - beta2), 3.2 "
    "at the defaults; the paper has no eps",
)
def amsgrad_literature(
    x: Array,
    slope: Slope,
    schedule: Iterable[float],
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
) -> Steps:
    slope, m, v, w = (
        penalized(slope, weight_decay),
        np.zeros_like(x),
        np.zeros_like(x),
        np.zeros_like(x),
    )
    for eta in schedule:
        m, v = moments(slope(x), m, v, beta1, beta2)
        w = np.maximum(w, v)
        x = x - lr * eta * m / (np.sqrt(w) + eps)
        yield x
