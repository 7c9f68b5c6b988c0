"""What ``actcli eval`` is asked for, computed of an array or of a part of one. Nothing is read or shown here."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Self, TypeAlias

import numpy as np

from actcli import engine
from actcli.activation import Activation
from actcli.bfloat16 import rounded
from actcli.commands import options
from actcli.engine import Array, Kernel
from actcli.errors import RequestError, counted

Shape: TypeAlias = tuple[int, ...] | None

# digits that are found at once from a formula, some tenths of a second of work; and those of a float64
_DIGITS, _USUAL = 1 << 16, 17


@dataclass(frozen=True)
class Request:
    """What is asked of a function.

    Attributes:
        function: of which.
        order: all derivatives up to this one.
        wrt: by this parameter, not by x.
        upstream: gradients that go back through it; a single one is that of every result.
        exact: from the formula.
        digits: so many, from the formula.
        dtype: the numbers are brought to it; their own unless given.
        threads: how many at most.
    """

    function: Activation
    order: int = 0
    wrt: str | None = None
    upstream: Array | None = None
    exact: bool = False
    digits: int | None = None
    dtype: str | None = None
    threads: int | None = None
    _found: dict[tuple[float, ...], list[float]] = field(
        default_factory=dict, repr=False, compare=False
    )

    # what it comes to

    @property
    def names(self) -> list[str]:
        """The names of the results."""
        back = [] if self.upstream is None else ["upstream", "backward"]
        return [*self._orders, *back]

    @property
    def _orders(self) -> list[str]:
        higher = (f"derivative_{k}" for k in range(2, self.order + 1))
        return ["f", "derivative", *higher][: self.order + 1]

    def known(self, dtype: "np.dtype[Any]") -> dict[str, Any]:
        """Return what a document tells beside the numbers."""
        return {
            "function": self.function.name,
            "params": options.shown_parameters(self.function),
            "dtype": dtype.name,
            **({"wrt": self.wrt} if self.wrt else {}),
        }

    def number_dtype(self, given: "np.dtype[Any]") -> "np.dtype[Any]":
        """Return the dtype that numbers of a dtype are brought to."""
        return np.dtype(self.dtype) if self.dtype else given

    def result_dtype(self, given: "np.dtype[Any]") -> "np.dtype[Any]":
        """Return the dtype of results from numbers of a dtype."""
        if not self.digits:
            return self.number_dtype(given)
        # a third as many zeros may stand in front, or else a sign, a point and an exponent
        return np.dtype((str, self.digits + self.digits // 3 + 30))

    def result_shape(self, given: Shape) -> Shape:
        """Return the shape of f of numbers of a shape."""
        if given is None or not self.function.over_axis:
            return given
        axis = self.axis(given)
        outputs = np.shape(self.function(np.zeros(given[axis]), axis=0))
        return (*given[:axis], *outputs, *given[axis + 1 :])

    def axis(self, shape: tuple[int, ...]) -> int:
        """Return the axis of a function over one, counted from the first."""
        axis = self.function.resolve({})["axis"]
        return engine.axis_of(self.function.name, shape, axis)

    # how it may be computed

    @property
    def from_formula(self) -> bool:
        """Whether it is computed from the formula, not by the kernel."""
        return bool(self.exact or self.digits or self.order > 1)

    @property
    def seeded(self) -> bool:
        """Whether random numbers go by the place in the whole."""
        return self.function.placed and self.function.resolve({})["seed"] is not None

    @property
    def in_parts(self) -> bool:
        """Whether each part of the numbers can be computed alone."""
        over_axis = self.function.over_axis
        if self.upstream is None:
            return not (over_axis and (self.exact or self.order or self.seeded))
        return self.upstream.size == 1 and not (over_axis or self.wrt or self.seeded)

    @property
    def at_once(self) -> int | None:
        """How many numbers of a part are computed at once: few from the formula, as each takes long, else all."""
        each = (self.digits or _USUAL) * (self.order + 1)
        return max(1, _DIGITS // each) if self.from_formula else None

    def of_slabs(self) -> Self:
        """Return the same for slabs, each of which begins with the axis of the function."""
        return replace(self, function=self.function.bind(axis=1))

    def check(self) -> None:
        """Refuse what does not go together."""
        function = self.function
        if function.over_axis and (self.digits or self.order > 1 or self.wrt):
            raise RequestError(
                f"{function.name} works over an axis; --digits, --order and --wrt take elementwise functions"
            )
        if self.upstream is not None:
            beside = {"--digits": self.digits, "--wrt": self.wrt}
            options.check_together({"--upstream": True, **beside})
        if self.from_formula:
            function.values_for_formula()  # raises for what the formula does not tell
        if self.wrt:
            # raises for what has no derivative by it
            (function.parameter if self.from_formula else function.slope)(self.wrt)

    # computing

    def read(self, x: Array) -> Array:
        """Return numbers in the dtype asked for."""
        with np.errstate(over="ignore"):
            return rounded(x, self.number_dtype(x.dtype))

    def __call__(
        self,
        x: Array,
        place: int = 0,
        advance: Callable[[int], Any] = lambda _: None,
    ) -> dict[str, Array]:
        """Return the results by name.

        Args:
            x: all numbers, or a part of them where that can be computed alone.
            place: of the first one in the whole.
            advance: is called with how many more are done where each is computed exactly.
        """
        if self.digits:
            found = self._decimals(x, self.digits, advance)
        elif self.from_formula:
            found = self._exactly(x, advance)
        else:
            found = self._by_kernel(x, place)
        results = dict(zip(self._orders, found, strict=True))
        if self.upstream is not None:
            results |= self._backward(x, self.upstream, results["f"].shape)
        # a function of a whole row gives a number
        return {n: np.asarray(a) for n, a in results.items()}

    def _by_kernel(self, x: Array, place: int) -> list[Array]:
        f = self.function
        if place and self.seeded:
            return self._from_place(x, place)
        if not self.order:
            return [f(x, threads=self.threads)]
        return [*f.value_and_derivative(x, self.wrt, threads=self.threads)]

    def _from_place(self, x: Array, place: int) -> list[Array]:
        def moved(kernel: Kernel) -> Kernel:
            return lambda block, *, start, **values: kernel(
                block, start=start + place, **values
            )

        f = self.function
        kernels = [f.kernel, *([f.slope(self.wrt)] if self.order else [])]
        return engine.apply_each(
            [*map(moved, kernels)],
            x,
            f.resolve({}),
            native=f.native,
            placed=True,
            threads=self.threads,
        )

    def _exactly(self, x: Array, advance: Callable[[int], Any]) -> list[Array]:
        from actcli import exact

        formula, values = self.function.formula, self.function.values_for_formula()
        assert formula is not None
        if not self.function.over_axis:
            return exact.array(
                formula,
                {**values, "x": x},
                order=self.order,
                wrt=self.wrt or "x",
                dtype=x.dtype.name,
                undecided=options.undecided,
                advance=advance,
                known=self._found,
            )
        axis, shape = self.axis(x.shape), self.result_shape(x.shape)
        assert shape is not None
        moved = np.moveaxis(x, axis, -1)
        found = exact.rows(
            formula,
            moved.reshape(-1, moved.shape[-1]),
            values,
            jacobian=bool(self.order),
            undecided=options.undecided,
            advance=advance,
        )
        f, *jacobian = (a.reshape(moved.shape[:-1] + a.shape[1:]) for a in found)
        f = np.moveaxis(f, -1, axis) if len(shape) == x.ndim else f.reshape(shape)
        return [f, *jacobian]

    def _decimals(
        self, x: Array, digits: int, advance: Callable[[int], Any]
    ) -> list[Array]:
        from actcli import exact
        from actcli.errors import UndecidedError

        formula, values = self.function.formula, self.function.values_for_formula()
        assert formula is not None
        rows = []
        for at in x.ravel().tolist():
            there, wrt = {**values, "x": at}, self.wrt or "x"
            try:
                row = exact.decimals(formula, there, digits, order=self.order, wrt=wrt)
            except UndecidedError as error:
                options.undecided.append(error)
                row = ["nan"] * (self.order + 1)
            rows.append(row)
            advance(1)
        dtype = self.result_dtype(x.dtype)
        return [np.array(column, dtype) for column in zip(*rows, strict=True)]

    def _backward(
        self, x: Array, gradient: Array, shape: tuple[int, ...]
    ) -> dict[str, Array]:
        if gradient.size not in (1, prod(shape)):
            raise RequestError(
                f"--upstream: {counted(gradient.size, 'number')}; {self.function.name} gives {prod(shape)}"
            )
        with np.errstate(over="ignore"):
            gradient = rounded(gradient, x.dtype)
        # a single number takes no room
        full = (
            np.broadcast_to(gradient.flat[0], shape)
            if gradient.size == 1
            else gradient.reshape(shape)
        )
        back = self.function.vjp(x, full, threads=self.threads)
        if self.exact:
            back = self._backward_exactly(x, full, back)
        return {"upstream": full, "backward": back}

    def _backward_exactly(self, x: Array, gradient: Array, back: Array) -> Array:
        """Return what goes back exactly; of 0 the sign is that of what the kernels make."""
        from actcli.verify.backward import backward

        value, _, _ = backward(
            self.function, x, gradient, x.dtype.name, undecided=options.undecided
        )
        value = np.where(value == 0.0, np.copysign(0.0, back), value)
        return rounded(value, x.dtype)
