"""Two spirals told apart by small networks that differ in their activation function; draws losses and boundaries.

Usage: python spirals.py [PICTURE]
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from actcli.layers import Activation, Dense, Network, fit

FUNCTIONS = ("sigmoid", "tanh", "relu", "prelu", "swish", "maxout")
WIDTH, STEPS = 24, 400


def spirals(count=150):
    """Return points of two spirals with a little noise, and which of the two each is on."""
    rng = np.random.default_rng(1)
    turn = np.sqrt(rng.uniform(0.02, 1.0, count)) * 3.5 * np.pi
    one = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / 6.0
    points = np.concatenate([one, -one]) + rng.normal(scale=0.04, size=(2 * count, 2))
    return points, np.repeat([0, 1], count)


def network(function):
    """Return two hidden layers of a function; maxout takes two neurons for each output."""
    rng = np.random.default_rng(0)
    inner = WIDTH // 2 if function == "maxout" else WIDTH
    return Network(
        Dense(2, WIDTH, "he", rng),
        Activation(function),
        Dense(inner, WIDTH, "he", rng),
        Activation(function),
        Dense(inner, 2, "he", rng),
    )


def boundary(axes, trained, points, classes):
    side = np.linspace(-2.2, 2.2, 150)
    plane = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    scores = trained.forward(plane)
    lead = (scores[:, 1] - scores[:, 0]).reshape(len(side), -1)
    axes.contourf(side, side, lead, [-1e9, 0.0, 1e9], colors=["C0", "C1"], alpha=0.25)
    axes.scatter(*points.T, s=5, c=np.where(classes, "C1", "C0"))
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])


def main(path):
    points, classes = spirals()
    figure = Figure(figsize=(12, 6), layout="constrained")
    grid = figure.add_gridspec(2, 5)
    losses_axes = figure.add_subplot(grid[:, :2])
    for i, function in enumerate(FUNCTIONS):
        trained = network(function)
        losses = fit(trained, points, classes, method="adam:lr=0.02", steps=STEPS)
        right = (trained.forward(points).argmax(axis=1) == classes).mean()
        losses_axes.plot(losses, label=function)
        axes = figure.add_subplot(grid[i // 3, 2 + i % 3])
        boundary(axes, trained, points, classes)
        axes.set_title(f"{function}: {right:.0%} right")
        print(f"{function:8} loss {losses[-1]:.4f}, {right:.0%} right")
    losses_axes.set_yscale("log")
    losses_axes.set_xlabel("step")
    losses_axes.set_title("cross-entropy on two spirals")
    losses_axes.grid(alpha=0.3)
    losses_axes.legend()
    figure.savefig(path, dpi=100, metadata={"Software": None})
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "spirals.png"))
