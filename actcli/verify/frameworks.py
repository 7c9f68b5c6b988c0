"""torch and JAX beside ours: their own function where they have the same one, else the formula in their operations."""

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.one_liners import Library, library, numpy_library, one_liner
from actcli.registry import fold

Run = Callable[[], object]
Own = Callable[[Any], Any]

# what a framework's own function takes besides x, where it is not called by our name alone
_SPELLED: dict[str, dict[str, list[tuple[str, dict[str, Any]]]]] = {
    "torch": {"gelu_tanh": [("gelu", {"approximate": "tanh"})]},
    "jax": {
        "gelu": [("gelu", {"approximate": False})],
        "gelu_tanh": [("gelu", {"approximate": True})],
    },
}


class Naive:
    """The textbook one-liner in NumPy, on one thread."""

    def __init__(self, _: int) -> None:
        self.within = numpy_library()

    def own(self, function: Activation) -> None:
        """Return None: NumPy has no such functions, every one is a formula."""

    def results(
        self, function: Activation, x: Array, order: int, upstream: Array | None = None
    ) -> Array | None:
        """Return f of x, f′ for the order 1, times upstream if that is given, or None if it cannot."""
        run = self._run(function, x, order)
        if run is None or (function.over_axis and order):
            return None  # of a formula over an axis no Jacobian is known
        y = np.asarray(run(), x.dtype)
        if function.over_axis:
            return y.reshape(np.shape(function(x)))
        y = np.broadcast_to(y, x.shape)
        with np.errstate(all="ignore"):
            return y if upstream is None else y * upstream

    def value(self, function: Activation, x: Array) -> Run | None:
        """Return a call that computes f of x anew, or None if it cannot."""
        return self._run(function, x, 0)

    def slope(self, function: Activation, x: Array) -> Run | None:
        """Return a call that computes f′ at x anew, or None if it cannot."""
        return self._run(function, x, 1)

    def _run(self, function: Activation, x: Array, order: int) -> Run | None:
        line = one_liner(function, self.within, order)

        def run() -> object:
            # what it overflows or divides by zero is its own affair
            with np.errstate(all="ignore"):
                return line(x) if line else None

        return run if line else None


class Framework(ABC):
    """What computes on arrays of its own: with its own function where it has it, else with the formula in its operations."""

    within: Library
    _given: Callable[[Array], Any]  # makes an array of the framework

    def own(self, function: Activation) -> bool:
        """Whether the framework has the function."""
        return self._theirs(function) is not None

    def value(self, function: Activation, x: Array) -> Run | None:
        """Return a call that computes f of x anew, or None if it cannot."""
        f = self._theirs(function) or one_liner(function, self.within)
        return None if f is None else self._forward(f, self._given(x))

    def slope(self, function: Activation, x: Array) -> Run | None:
        """Return a call that takes ones back through f, or None if it cannot."""
        return self._slope(function, x, None)

    def results(
        self, function: Activation, x: Array, order: int, upstream: Array | None = None
    ) -> Array | None:
        """Return f of x, what upstream, or ones, become on the way back for the order 1, or None if it cannot."""
        x = x.copy()  # what cannot be written to is no tensor
        # as in training an argument, not a constant that JAX compiles in
        ones = np.ones(np.shape(function(x)), x.dtype) if upstream is None else upstream
        back = self._given(ones.copy())
        run = self._slope(function, x, back) if order else self.value(function, x)
        # what is a comparison in the end has a dtype of its own
        return None if run is None else np.asarray(run()).astype(x.dtype)

    def _slope(self, function: Activation, x: Array, upstream: Any) -> Run | None:
        f = self._theirs(function) or one_liner(function, self.within)
        return None if f is None else self._back(f, self._given(x), upstream)

    def _theirs(self, function: Activation) -> Own | None:
        def compute(f: Own, x: Array) -> Array:
            return np.asarray(f(self._given(x)))

        return _same(function, self._named(function), compute)

    @abstractmethod
    def _named(self, function: Activation) -> Iterable[Own]:
        """Return what the framework calls by a name of the function."""

    @abstractmethod
    def _forward(self, f: Own, x: Any) -> Run: ...

    @abstractmethod
    def _back(self, f: Own, x: Any, upstream: Any) -> Run | None: ...


class Torch(Framework):
    """Torch in eager mode; the derivative is its backward pass alone."""

    def __init__(self, threads: int) -> None:
        self.torch: Any = import_module("torch")
        self.torch.set_num_threads(threads)
        self._given = self.torch.from_numpy
        where = self.torch.where
        named = library(
            self.torch, atan=self.torch.atan, max=self._greater, min=self._less
        )
        self.within = Library(named.functions, where)

    def _named(self, function: Activation) -> Iterable[Own]:
        modules = (self.torch.nn.functional, self.torch)
        axis = {"dim": function.resolve({})["axis"]} if function.over_axis else {}
        names = [(n, {**more, **axis}) for n, more in _candidates("torch", function)]
        yield from _found(modules, names)
        if function.name == "prelu":
            yield self._prelu

    def _forward(self, f: Own, x: Any) -> Run:
        def run() -> object:
            with self.torch.no_grad():
                return f(x)

        return run

    def _back(self, f: Own, x: Any, upstream: Any) -> Run | None:
        y = f(x.requires_grad_())
        if not y.requires_grad:
            return None
        back = self.torch.ones_like(y) if upstream is None else upstream
        return lambda: self.torch.autograd.grad(y, x, back, retain_graph=True)[0]

    def _prelu(self, x: Any) -> Any:
        return self.torch.nn.functional.prelu(x, x.new_full((1,), 0.25))

    def _greater(self, a: Any, b: Any) -> Any:
        a, b = (a, b) if isinstance(b, float) else (b, a)
        return a.clamp(min=b) if isinstance(b, float) else self.torch.maximum(a, b)

    def _less(self, a: Any, b: Any) -> Any:
        a, b = (a, b) if isinstance(b, float) else (b, a)
        return a.clamp(max=b) if isinstance(b, float) else self.torch.minimum(a, b)


class Jax(Framework):
    """JAX, compiled; how many threads it takes is its own decision."""

    def __init__(self, _: int) -> None:
        self.jax: Any = import_module("jax")
        self.jax.config.update("jax_enable_x64", True)
        self._given = self.jax.numpy.asarray
        special = import_module("jax.scipy.special")
        self.within = library(self.jax.numpy, erf=special.erf, erfc=special.erfc)

    def _named(self, function: Activation) -> Iterable[Own]:
        modules = (self.jax.nn, self.jax.numpy)
        # jax.nn.logsumexp would add up all rows
        axis = {"axis": function.resolve({})["axis"]} if function.over_axis else {}
        names = [(n, {**more, **axis}) for n, more in _candidates("jax", function)]
        return _found(modules, names)

    def _forward(self, f: Own, x: Any) -> Run:
        compiled = self.jax.jit(f)
        return lambda: compiled(x).block_until_ready()

    def _back(self, f: Own, x: Any, upstream: Any) -> Run | None:
        def back(at: Any, *given: Any) -> Any:
            y, pull = self.jax.vjp(f, at)
            return pull(given[0].astype(y.dtype) if given else ones_like(y))[0]

        ones_like = self.jax.numpy.ones_like
        compiled = self.jax.jit(back)
        given = () if upstream is None else (upstream,)
        return lambda: compiled(x, *given).block_until_ready()


def _candidates(
    framework: str, function: Activation
) -> list[tuple[str, dict[str, Any]]]:
    spelled = _SPELLED[framework].get(function.name, [])
    return [*spelled, *((n, {}) for n in (function.name, *function.aliases))]


def _found(
    modules: Iterable[ModuleType], names: Iterable[tuple[str, dict[str, Any]]]
) -> Iterator[Own]:
    for module in modules:
        # torch's relu_ writes into x
        spellings = {fold(n): n for n in dir(module) if n == n.strip("_")}
        for name, more in names:
            if fold(name) in spellings:
                yield partial(getattr(module, spellings[fold(name)]), **more)


def _same(
    function: Activation,
    candidates: Iterable[Own],
    compute: Callable[[Own, Array], Array],
) -> Own | None:
    """Return the first that computes what the function does: equal names may mean other slopes or approximations."""
    x = np.linspace(-5.0, 5.0, 128)
    if function.over_axis:
        x = x.reshape(8, 16)
    else:
        # beyond its kinks, too: relu6 with another cap is the same up to 6
        beside = np.add.outer(function.kink_points(), [-1.0, 1.0]).ravel()
        x = np.array([*x, *beside, -1e3, -1e2, 1e2, 1e3])
    expected = function(x)
    for candidate in candidates:
        try:
            with warnings.catch_warnings(action="ignore"):
                got = compute(candidate, x)
        except (TypeError, ValueError, RuntimeError):
            continue  # something else of that name, or it needs more than x
        if got.shape == expected.shape and np.allclose(got, expected, rtol=1e-6):
            return candidate
    return None


OPPONENTS: dict[str, type[Naive] | type[Torch] | type[Jax]] = {
    "naive": Naive,
    "torch": Torch,
    "jax": Jax,
}


def opponents(names: Iterable[str], threads: int) -> dict[str, Naive | Framework]:
    """Return what to compare with, by name.

    Raises:
        RequestError: a framework is not installed.
    """
    chosen = dict.fromkeys(names)
    for name in chosen:
        if name != "naive" and name not in sys.modules and not find_spec(name):
            raise RequestError(
                f"--against: {name} is not installed; install it, or leave it out"
            )
    return {name: OPPONENTS[name](threads) for name in chosen}
