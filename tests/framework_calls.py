"""Calls torch and JAX by the spellings of the table: values and gradients as arrays. For the scripts and tests that compare."""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from actcli.activation import Activation
from actcli.engine import Array

FRAMEWORKS = ("torch", "jax")


def installed(framework: str) -> bool:
    """Tell whether a framework can be imported."""
    try:
        importlib.import_module(framework)
    except ImportError:
        return False
    return True


def version(framework: str) -> str:
    return str(importlib.import_module(framework).__version__)


def look_up(spelling: str) -> Any:
    """Return what a spelling such as ``torch.nn.functional.silu`` names; AttributeError if nothing."""
    module, _, name = spelling.rpartition(".")
    return getattr(importlib.import_module(module), name)


def arguments(
    spelling: str, function: Activation, parameters: str
) -> dict[str, Any] | None:
    """Return what must be given to a spelling besides x, or None for one that always draws at random.

    An axis is the last one; other parameters without a default there are given ours, in their order.
    """
    if "gumbel" in spelling:
        return None
    ours = iter(p.default for p in function.parameters.values())
    given: dict[str, Any] = {}
    for part in filter(None, (p.strip() for p in parameters.split(","))):
        name, has_default, _ = part.partition("=")
        if name in ("dim", "axis"):
            given[name] = -1
        elif not has_default:
            given[name] = next(ours)
    return given


def torch_call(
    spelling: str, x: Array, upstream: Array, given: dict[str, Any]
) -> tuple[Array, Array]:
    """Return value, and gradient for an upstream that broadcasts against it."""
    torch = importlib.import_module("torch")
    target = look_up(spelling)
    t = torch.tensor(x, requires_grad=True)
    tensors = {"weight", "values"}
    given = {
        n: torch.tensor([v], dtype=t.dtype) if n in tensors else v
        for n, v in given.items()
    }
    if isinstance(target, type):
        y = target(**given).eval().to(t.dtype)(t)
    else:
        y = target(t, *given.values()) if given else target(t)
    if not y.requires_grad:
        return y.numpy(), np.zeros_like(x)
    gradient = torch.broadcast_to(torch.tensor(upstream, dtype=y.dtype), y.shape)
    try:
        y.backward(gradient)
    except RuntimeError as error:  # as of a step, whose derivative is 0
        if "derivative for" not in str(error):
            raise
        return y.detach().numpy(), np.zeros_like(x)
    return y.detach().numpy(), t.grad.numpy()


def jax_call(
    spelling: str, x: Array, upstream: Array, given: dict[str, Any]
) -> tuple[Array, Array]:
    """Return value, and gradient for an upstream that broadcasts against it."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    target = look_up(spelling)
    y, back = jax.vjp(lambda t: target(t, **given), x)
    gradient = np.broadcast_to(upstream, y.shape).astype(x.dtype)
    return np.asarray(y), np.asarray(back(gradient)[0])


CALLS: dict[str, Callable[[str, Array, Array, dict[str, Any]], tuple[Array, Array]]] = {
    "torch": torch_call,
    "jax": jax_call,
}


def defaults(spelling: str) -> dict[str, Any]:
    """Return the defaults in the signature of a spelling; none where Python does not know it."""
    target = look_up(spelling)
    try:
        signature = inspect.signature(
            target.__init__ if isinstance(target, type) else target
        )
    except ValueError:
        return {}
    return {
        n: p.default
        for n, p in signature.parameters.items()
        if p.default is not inspect.Parameter.empty
    }
