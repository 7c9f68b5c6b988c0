"""The test surfaces, a declaration each: height over the plane, gradient and known minima. Finds no minimum itself."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np

from actcli.engine import Array
from actcli.registry import Registry
from actcli.training.declaration import Record, declaring
from actcli.training.hyperparameters import Domain, Value

Point = tuple[float, float]
Minima = Callable[..., tuple[Point, ...]]
Height = Callable[..., Array]
Slopes = Callable[..., tuple[Array, Array]]


@dataclass(kw_only=True, eq=False)
class Surface(Record[Height]):
    """A surface over x and y as declared: where its global minima are and a descent starts, the range of x and y to show."""

    kind: ClassVar = "surface"
    find_minima: Minima
    start: Point
    view: tuple[Point, Point]
    paper: str
    slopes: Slopes | None = field(init=False, default=None)

    def gradient(self, slopes: Slopes) -> Slopes:
        """Declare, beneath the height, its derivatives by x and by y."""
        self.slopes = slopes
        return slopes

    def value(self, position: Array, **values: Value) -> Array:
        """Return the height at positions of shape ``(…, 2)``, in the shape ``(…)``.

        >>> float(ellipse.value(np.array([-7.0, 2.0])))
        89.0
        """
        bound: dict[str, Any] = self.bind(values)
        return self.function(position[..., 0], position[..., 1], **bound)

    def slope(self, position: Array, **values: Value) -> Array:
        """Return the gradient at positions of shape ``(…, 2)``, in the same shape."""
        if self.slopes is None:
            raise TypeError(f"{self.title} is declared without a gradient")
        bound: dict[str, Any] = self.bind(values)
        return np.stack(
            self.slopes(position[..., 0], position[..., 1], **bound), axis=-1
        )

    def minima(self, **values: Value) -> Array:
        """Return the positions of the global minima, shape ``(number, 2)``; there may be none."""
        bound: dict[str, Any] = self.bind(values)
        return np.array(self.find_minima(**bound), np.float64).reshape(-1, 2)


SURFACES = Registry[Surface](Surface.kind, "actcli optimize --list")
surface = declaring(Surface, Surface.stand_for, SURFACES)


Curvature = Annotated[float, Domain(above=0), "half the curvature in this direction"]


@surface(
    "a*x**2 + b*y**2",
    find_minima=lambda **_: ((0.0, 0.0),),
    start=(-7.0, 2.0),
    view=((-8.0, 8.0), (-4.0, 4.0)),
    paper="the narrow valley every textbook draws; a=1/20,b=1 is the shape of a widespread one",
    aliases=("ellipsoid", "quadratic"),
    note="gradient descent converges for lr < 1/max(a, b) only; at 1/max(a, b) it jumps from side to side for ever",
)
def ellipse(x: Array, y: Array, *, a: Curvature = 1.0, b: Curvature = 10.0) -> Array:
    """A bowl that is steep one way and shallow the other."""
    return a * x * x + b * y * y


@ellipse.gradient
def ellipse_gradient(x: Array, y: Array, *, a: float, b: float) -> tuple[Array, Array]:
    return 2.0 * a * x, 2.0 * b * y


@surface(
    "(a - x)**2 + b*(y - x**2)**2",
    find_minima=lambda a, **_: ((a, a * a),),
    start=(-1.2, 1.0),
    view=((-2.0, 2.0), (-1.0, 3.0)),
    paper="Rosenbrock 1960, doi:10.1093/comjnl/3.3.175",
    aliases=("banana",),
    note="methods find the valley at once, but creep along it to the minimum; plain gradient descent needs lr near 0.001",
)
def rosenbrock(
    x: Array,
    y: Array,
    *,
    a: Annotated[float, "the minimum is at (a, a**2)"] = 1.0,
    b: Annotated[
        float, Domain(above=0), "how steep the walls of the valley are"
    ] = 100.0,
) -> Array:
    """A curved valley with a flat floor."""
    side, wall = a - x, y - x * x
    return side * side + b * wall * wall


@rosenbrock.gradient
def rosenbrock_gradient(
    x: Array, y: Array, *, a: float, b: float
) -> tuple[Array, Array]:
    wall = y - x * x
    return -2.0 * (a - x) - 4.0 * b * x * wall, 2.0 * b * wall


@surface(
    "(x**2 + y - 11)**2 + (x + y**2 - 7)**2",
    find_minima=lambda: (
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.2831859912861696),
        (3.5844283403304917, -1.8481265269644036),
    ),
    start=(0.0, 0.0),
    view=((-5.5, 5.5), (-5.5, 5.5)),
    paper="Himmelblau 1972, Applied Nonlinear Programming",
    note="four minima of equal depth; which one is found depends on the start and on the method",
)
def himmelblau(x: Array, y: Array) -> Array:
    """Four equal basins."""
    first, second = x * x + y - 11.0, x + y * y - 7.0
    return first * first + second * second


@himmelblau.gradient
def himmelblau_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    first, second = x * x + y - 11.0, x + y * y - 7.0
    return 4.0 * x * first + 2.0 * second, 2.0 * first + 4.0 * y * second


@surface(
    "(1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2",
    find_minima=lambda: ((3.0, 0.5),),
    start=(1.0, 1.5),
    view=((-4.5, 4.5), (-4.5, 4.5)),
    paper="Beale 1958, On an iterative method for finding a local minimum of a function of more than one variable",
    note="a flat cross with steep corners: a step that is fine on the plateau is far too long at the walls",
)
def beale(x: Array, y: Array) -> Array:
    """A plateau in the middle, walls at the corners, one minimum off to the side."""
    first, second, third = beale_terms(x, y)
    return first * first + second * second + third * third


@beale.gradient
def beale_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    first, second, third = beale_terms(x, y)
    by_x = first * (y - 1.0) + second * (y * y - 1.0) + third * (y * y * y - 1.0)
    by_y = x * (first + 2.0 * y * second + 3.0 * y * y * third)
    return 2.0 * by_x, 2.0 * by_y


def beale_terms(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return the three terms whose squares are summed."""
    return 1.5 - x * (1.0 - y), 2.25 - x * (1.0 - y * y), 2.625 - x * (1.0 - y * y * y)


@surface(
    "2*a + x**2 - a*cos(2*pi*x) + y**2 - a*cos(2*pi*y)",
    find_minima=lambda **_: ((0.0, 0.0),),
    start=(-2.3, 1.7),
    view=((-5.12, 5.12), (-5.12, 5.12)),
    paper="Rastrigin 1974, Systems of Extremal Control",
    note="a local minimum near every pair of whole numbers; a descent ends in the nearest unless its momentum carries it on",
)
def rastrigin(
    x: Array,
    y: Array,
    *,
    a: Annotated[float, Domain(least=0), "how deep the dents are"] = 10.0,
) -> Array:
    """A bowl full of dents."""
    # not 1 - cos(2πx), which has lost its digits near the minimum
    dents: Array = np.sin(np.pi * x) ** 2 + np.sin(np.pi * y) ** 2
    return x * x + y * y + 2.0 * a * dents


@rastrigin.gradient
def rastrigin_gradient(x: Array, y: Array, *, a: float) -> tuple[Array, Array]:
    dent = 2.0 * np.pi * a
    return 2.0 * x + dent * np.sin(2.0 * np.pi * x), 2.0 * y + dent * np.sin(
        2.0 * np.pi * y
    )


@surface(
    "x**2 - y**2",
    find_minima=lambda: (),
    start=(-1.5, 0.01),
    view=((-2.0, 2.0), (-2.0, 2.0)),
    paper="the hyperbolic paraboloid; Dauphin et al. 2014, arXiv:1406.2572, on saddles in training",
    note="it has no minimum: watch how soon a method leaves the ridge",
)
def saddle(x: Array, y: Array) -> Array:
    """A pass: down along y, up along x, flat in the middle."""
    return x * x - y * y


@saddle.gradient
def saddle_gradient(x: Array, y: Array) -> tuple[Array, Array]:
    return 2.0 * x, -2.0 * y
