"""Pictures of training: quantities through depth, ways down a surface, histograms of weights. Computes none of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator, NullFormatter

from actcli.engine import Array
from actcli.errors import counted
from actcli.render.figures import GRID, Look, distinct, sheet, wrapped

_BEHIND_WORDS = {
    "boxstyle": "round,pad=0.15",
    "fc": "white",
    "ec": "none",
    "alpha": 0.8,
}
_LINE_OF_WORDS = 11.0  # points
_SHARE_OF_WORDS = 0.07  # of the height of a panel


# through depth


@dataclass(frozen=True)
class Line:
    """A quantity of every layer from 1 on, with what it is called, and its lowest and highest if it varies.

    One that is there for reference is drawn grey and dashed.
    """

    label: str
    y: Array
    low: Array | None = None
    high: Array | None = None
    reference: bool = False


@dataclass(frozen=True)
class Depth:
    """A panel of a picture through depth: its heading, its lines, and levels to mark with words."""

    heading: str
    lines: Sequence[Line]
    marks: Sequence[tuple[float, str]] = ()


def draw_depth(panels: Sequence[Depth], path: Path, title: str) -> None:
    """Draw quantities over the layers on logarithmic axes, panels side by side."""
    width = 7.2 if len(panels) == 1 else 11.5
    with sheet(path, Look(title, size=(width, 4.8))) as figure:
        for place, panel in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            _depth_panel(axes, panel)


def _depth_panel(axes: Axes, panel: Depth) -> None:
    count = max(len(line.y) for line in panel.lines)
    for i, line in enumerate(panel.lines):
        _depth_line(axes, line, i)
    shown = np.concatenate([_positive(line.y) for line in panel.lines])
    if np.isfinite(shown).any():
        _logarithmic(axes, float(np.nanmin(shown)), float(np.nanmax(shown)))
        _marks(axes, panel.marks)
    axes.set_title(panel.heading, fontsize="medium")
    axes.set_xlabel("layer k")
    axes.set_xlim(1 - 0.02 * count, count + 0.02 * count)
    axes.set_xticks(_layer_ticks(count))
    axes.grid(**GRID)
    axes.legend(loc="best", framealpha=0.8, fontsize="small")


def _layer_ticks(count: int) -> list[int]:
    """Return which layers to number: the first, the last, and round ones between that do not run into these.

    >>> _layer_ticks(50), _layer_ticks(3), _layer_ticks(1)
    ([1, 10, 20, 30, 40, 50], [1, 2, 3], [1])
    """
    round_ = MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True)
    between = round_.tick_values(1, count)
    apart = 0.5 * (between[1] - between[0])
    inner = [int(k) for k in between if 1 + apart <= k <= count - apart]
    return sorted({1, *inner, count})


def _depth_line(axes: Axes, line: Line, i: int) -> None:
    x, y = np.arange(1, len(line.y) + 1), _positive(line.y)
    if line.low is not None and line.high is not None:
        low, high = _positive(line.low), _positive(line.high)
        colour = distinct(i)["color"]
        axes.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
    none = int(np.isnan(line.y).sum())
    beyond = int(np.isnan(y).sum()) - none
    told = f", no number in {counted(none, 'layer')}" if none else ""
    told += f", {counted(beyond, 'layer')} beyond the axis" if beyond else ""
    if line.reference:
        axes.plot(x, y, "--", color="0.15", linewidth=1.0, label=line.label, zorder=5)
        return
    look = distinct(i, len(x))
    if len(x) <= 20:
        # shifted by one after each ten, as the colours are the same again
        look |= {"marker": "osD^vPX<>h"[(i + i // 10) % 10], "markevery": 1}
    axes.plot(x, y, **look, label=wrapped(line.label + told, 60))


def _logarithmic(axes: Axes, low: float, high: float) -> None:
    """Make the ordinate logarithmic, and so high that what hardly changes looks as if it hardly changed."""
    axes.set_yscale("log")
    if high < 30.0 * low:
        centre = math.sqrt(low) * math.sqrt(high)
        axes.set_ylim(centre / 15.0, centre * 15.0)
    if high < 1e4 * low:
        # over few decades plain numbers are read more easily than powers of ten
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())


def _marks(axes: Axes, marks: Sequence[tuple[float, str]]) -> None:
    """Draw the marked levels that are in sight, those above 1 with their words above them."""
    low, high = axes.get_ylim()
    seen = [(level, word) for level, word in marks if low < level < high]
    # as far as the words reach, which are not to stand on a heading or a number
    ends = [v * (v / (low if v > 1.0 else high)) ** _SHARE_OF_WORDS for v, _ in seen]
    axes.set_ylim(min([low, *ends]), max([high, *ends]))
    for level, word in seen:
        axes.axhline(level, color="0.4", linewidth=0.9, linestyle=":", zorder=0)
        axes.annotate(
            word,
            (0, level),
            xycoords=("axes fraction", "data"),
            xytext=(4, 3 if level > 1.0 else -3),
            textcoords="offset points",
            va="bottom" if level > 1.0 else "top",
            fontsize="x-small",
            color="0.35",
            bbox=_BEHIND_WORDS,
            zorder=6,
        )


def _positive(y: Array) -> Array:
    """Return what a logarithmic axis can show, its ticks beyond the ends within the range of floats; the rest is NaN."""
    size = np.abs(y)
    return np.where((size > 1e-200) & (size < 1e200), size, np.nan)


# down a surface


@dataclass(frozen=True)
class Way:
    """The way of one method: what it is called, its positions and losses, and what became of it."""

    label: str
    position: Array
    loss: Array
    outcome: str

    @property
    def lost(self) -> bool:
        """Whether it has gone off for good."""
        return self.outcome.startswith(("diverged", "escaped"))


@dataclass(frozen=True)
class Land:
    """A surface to draw ways on: its height at positions (…, 2), its minima, and the part to show."""

    height: Callable[[Array], Array]
    minima: Array
    view: tuple[tuple[float, float], tuple[float, float]]


OVERLAID = 5  # more ways than this get a panel each


def draw_ways(
    land: Land, ways: Sequence[Way], path: Path, title: str, what: str = "both"
) -> None:
    """Draw ways over the contours of a surface, and their losses by the step.

    Args:
        land: the surface.
        ways: overlaid if they are few, else in a panel each.
        path: the picture.
        title: above it.
        what: ``both``, ``contour`` or ``loss``.
    """
    view = _view(land, ways)
    together = len(ways) <= OVERLAID
    groups = [[*range(len(ways))]] if together else [[i] for i in range(len(ways))]
    if what == "loss":
        groups = []
    count = len(groups) + (what != "contour")
    columns = count if together else math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    with sheet(path, Look(title, size=_size(view, rows, columns))) as figure:
        for place, group in enumerate(groups, 1):
            axes = figure.add_subplot(rows, columns, place)
            _contours(axes, land, view)
            for i in group:
                _way(axes, ways[i], distinct(i)["color"], view)
            _landmarks(axes, land, ways[0])
            if not together:
                way = ways[group[0]]
                axes.set_title(f"{way.label}: {way.outcome}", fontsize="small")
        if what != "contour":
            _losses(figure.add_subplot(rows, columns, count), ways)
        _legend(figure, ways, told=together)


View = tuple[tuple[float, float], tuple[float, float]]


def _size(view: View, rows: int, columns: int) -> tuple[float, float]:
    (left, right), (bottom, top) = view
    shape = min(max((top - bottom) / (right - left), 0.6), 1.0)
    width = 3.6 if rows > 1 else 6.4 - 1.2 * shape
    return max(width * columns, 6.4), (width * shape + 0.3) * rows + 1.2


def _view(land: Land, ways: Sequence[Way]) -> View:
    """Return the part of the plane to show: the surface's own, widened for minima and for ways that leave it to return.

    For ways it is widened by up to a half on each side, for a minimum by up to twice itself.
    """
    kept = [way.position[:1] if way.lost else way.position for way in ways]
    points = np.concatenate(kept)
    view = []
    for axis, (low, high) in enumerate(land.view):
        room, margin = (high - low) / 2.0, 0.05 * (high - low)
        near = points[:, axis].clip(low - room, high + room)
        minima = _near_minima(land)[:, axis]
        # no star on the frame
        shown = [*near, ways[0].position[0, axis], *(minima - margin), *(minima + margin)]  # fmt: skip
        least, most = min(shown), max(shown)
        view.append(
            (
                float(low if least >= low else least - margin),
                float(high if most <= high else most + margin),
            )
        )
    return view[0], view[1]


def _near_minima(land: Land) -> Array:
    """Return the minima for which there is room in the picture."""
    low, high = np.array(land.view).T
    far = np.abs(land.minima - (low + high) / 2.0) > 2.5 * (high - low)
    return land.minima[~far.any(axis=-1)].reshape(-1, 2)


def _contours(axes: Axes, land: Land, view: View) -> None:
    x, y = (np.linspace(low, high, 301) for low, high in view)
    z = land.height(np.stack(np.meshgrid(x, y), axis=-1))
    low, high = float(z.min()), float(z.max())
    norm: Normalize = Normalize(low, high)
    levels = np.linspace(low, high, 25)
    if len(land.minima):
        # the levels crowd at the minimum, where the end of the way is to be seen
        z = z - float(land.height(land.minima).min())
        high = float(z.max())
        levels = np.geomspace(max(float(np.quantile(z, 0.002)), 1e-8 * high), high, 25)
        norm = LogNorm(levels[0], levels[-1])
        z = np.maximum(z, levels[0])
    axes.contourf(x, y, z, levels, norm=norm, cmap="Greys", alpha=0.3)
    axes.contour(x, y, z, levels, colors="0.55", linewidths=0.4)
    axes.set_xlim(*view[0])
    axes.set_ylim(*view[1])
    axes.set_aspect("equal")
    axes.set_xlabel("x")
    axes.set_ylabel("y")


def _way(axes: Axes, way: Way, colour: str, view: View) -> None:
    seen = _seen(way, view)
    x, y = way.position[: seen + 2].T
    marker = "o" if len(way.position) <= 61 else ""
    axes.plot(
        x, y, "-", color=colour, linewidth=1.4, marker=marker, ms=2.6, label=way.label
    )
    _end(axes, way, (x[seen], y[seen]), f"left at step {seen + 1}", colour)


def _seen(way: Way, view: View) -> int:
    """Return the index of the last position to draw: the last that is in view, if the way went off for good."""
    if not way.lost:
        return len(way.position) - 1
    low, high = np.array(view).T
    inside = ((way.position >= low) & (way.position <= high)).all(axis=1)
    return int(np.flatnonzero(inside)[-1])


def _end(axes: Axes, way: Way, at: tuple[float, float], told: str, colour: str) -> None:
    """Mark where a way ends: with a dot, or, where it was last seen, with a cross and what became of it."""
    axes.plot(
        *([v] for v in at), "X" if way.lost else "o", color=colour, ms=8, mec="white", mew=0.8, zorder=5,
    )  # fmt: skip
    if not way.lost:
        return
    # into the panel, wherever in it the cross is
    place = axes.transData.transform(at)
    share = axes.transAxes.inverted().transform(place)
    left, down = share[0] > 0.7, share[1] > 0.9
    # above those that end at the same place, or below them
    others = [axes.transData.transform(t.xy) for t in axes.texts if isinstance(t, Annotation)]  # fmt: skip
    near = [o for o in others if (np.abs(o - place) < (110.0, 25.0)).all()]
    away = 8.0 + _LINE_OF_WORDS * len(near)
    axes.annotate(
        told,
        at,
        xytext=(-8 if left else 8, -away if down else away),
        textcoords="offset points",
        ha="right" if left else "left",
        va="top" if down else "bottom",
        fontsize="x-small",
        color=colour,
        bbox=_BEHIND_WORDS,
        zorder=7,
    )


def _landmarks(axes: Axes, land: Land, way: Way) -> None:
    for k, (x, y) in enumerate(_near_minima(land)):
        axes.plot(
            [x],
            [y],
            "*",
            color="gold",
            mec="black",
            mew=0.8,
            ms=15,
            zorder=6,
            label="" if k else "minimum",
        )
    x, y = way.position[0]
    axes.plot(
        [x],
        [y],
        "s",
        color="white",
        mec="black",
        mew=1.2,
        ms=7,
        zorder=6,
        label="start",
    )


def _losses(axes: Axes, ways: Sequence[Way]) -> None:
    losses = np.concatenate([way.loss for way in ways])
    logarithmic = bool((losses >= 0.0).all() and (losses > 0.0).any())
    curves = [_positive(way.loss) if logarithmic else way.loss for way in ways]
    for i, (way, y) in enumerate(zip(ways, curves, strict=True)):
        axes.plot(y, **distinct(i, len(y)), linewidth=1.6, label=way.label)
    if logarithmic:
        axes.set_yscale("log")
    low, high = _sight(ways, axes.get_ylim(), logarithmic)
    axes.set_ylim(low, high)
    for i, (way, y) in enumerate(zip(ways, curves, strict=True)):
        if way.lost:
            step = int(np.flatnonzero((y >= low) & (y <= high))[-1])
            off = "" if step + 2 >= len(y) else f"off the scale at step {step + 1}, "
            _end(axes, way, (step, y[step]), off + way.outcome, distinct(i)["color"])
    axes.set_title("loss", fontsize="medium")
    axes.set_xlabel("step")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(**GRID)


def _sight(
    ways: Sequence[Way], drawn: tuple[float, float], logarithmic: bool
) -> tuple[float, float]:
    """Return the losses to show: of ways that are lost no more than leaves the others readable."""
    low, high = drawn
    start = float(ways[0].loss[0])
    kept = [way.loss for way in ways if not way.lost]
    if not logarithmic:
        if not kept:
            return low, high
        values = np.concatenate(kept)
        room = 2.0 * float(np.ptp(values)) or 1.0
        return max(low, values.min() - room), min(high, values.max() + room)
    top = max([start, *(float(loss.max()) for loss in kept)])
    least = min([start, *(float(_positive(loss)[-1]) for loss in kept)])
    if kept:
        # as far above the start as the others get below it
        high = min(high, top * min(max(100.0, top / least), 1e16))
    # rounding errors are not what the picture is about
    return max(low, top * 1e-16), high


def _legend(figure: Figure, ways: Sequence[Way], told: bool) -> None:
    """Put one legend under all panels: start and minimum, then every method, with its outcome if it has no panel."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found[label] = handle  # that of the losses, which are in one panel
    marks = {n: found.pop(n) for n in ("start", "minimum") if n in found}
    outcomes = {way.label: f"{way.label}: {way.outcome}" for way in ways if told}
    for columns in range(4 if told else 6, 0, -1):
        legend = figure.legend(
            [*marks.values(), *found.values()],
            [*marks, *(outcomes.get(label, label) for label in found)],
            loc="outside lower center",
            ncols=columns,
            fontsize="small",
        )
        if columns == 1 or legend.get_window_extent().width < figure.bbox.width:
            return
        legend.remove()


# weights


def draw_histogram(
    weights: Array,
    density: Callable[[Array], Any],
    path: Path,
    title: str,
    told: str,
    expected: str,
) -> None:
    """Draw a histogram of weights under the density they were drawn from.

    Args:
        weights: of any shape.
        density: at an array of abscissae.
        path: the picture.
        title: above it.
        told: what the legend says of what was drawn.
        expected: what it says of the density.
    """
    with sheet(path, Look(title, size=(6.4, 4.2))) as figure:
        axes = figure.add_subplot()
        drawn = weights.ravel()
        # as good as equal: bins would be narrower than what floats can tell apart
        if np.ptp(drawn) < 1000.0 * np.spacing(np.abs(drawn).max()):
            value = float(drawn[0])
            axes.axvline(value, color="C0", linewidth=3, label=told)
            axes.set_xlim(value - max(1.0, abs(value)), value + max(1.0, abs(value)))
            axes.set_ylim(0, 1)
            axes.set_yticks([])
        else:
            bins = min(101, max(11, math.isqrt(drawn.size)))
            axes.hist(drawn, bins, density=True, color="C0", alpha=0.55, label=told)
            low, high = axes.get_xlim()
            x = np.linspace(low, high, 801)
            axes.plot(x, density(x), color="C1", linewidth=1.8, label=expected)
            axes.axvline(0.0, color="0.5", linewidth=0.6, zorder=0)
        axes.set_xlabel("weight")
        axes.grid(**GRID)
        axes.legend(loc="best", framealpha=0.8, fontsize="small")
