"""Pictures: functions and derivatives over a range. Only this file and lessons.py beside it import matplotlib."""

import math
import re
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.textpath import TextPath
from matplotlib.ticker import LogLocator, NullFormatter

from actcli import files
from actcli.engine import Array
from actcli.errors import RequestError
from actcli.render.curve import PlottedCurve, heights, name_of
from actcli.render.output import PICTURES, check_suffix, note

_MARKERS = ("", *"s^DvPX<>hp")  # not o, which is the value at a jump
_MOST_LINES = 5
GRID: dict[str, Any] = {"visible": True, "alpha": 0.35, "linewidth": 0.5}

# the same command gives the same bytes: no date, no random ids, no version of the library
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_DARK = {
    "figure.facecolor": "#1e1e1e",
    "axes.facecolor": "#1e1e1e",
    "savefig.facecolor": "#1e1e1e",
    "axes.edgecolor": "#bbbbbb",
    "axes.labelcolor": "#dddddd",
    "text.color": "#eeeeee",
    "xtick.color": "#bbbbbb",
    "ytick.color": "#bbbbbb",
    "grid.color": "#555555",
    "legend.facecolor": "#2a2a2a",
    "legend.edgecolor": "#555555",
}


@dataclass(frozen=True)
class Look:
    """How a picture looks: title, limits of the ordinate, size in inches, dots per inch, colours."""

    title: str = ""
    ylim: tuple[float, float] | None = None
    size: tuple[float, float] = (6.4, 4.2)
    dpi: int = 150
    dark: bool = False


def draw(
    panels: Sequence[tuple[str, Sequence[PlottedCurve]]], path: Path | None, look: Look
) -> None:
    """Draw panels side by side, a heading and curves each, and write the picture whole, or as PNG to standard output.

    Raises:
        RequestError: the suffix is none of .png, .svg, .pdf.
        FileError: it cannot be written.
    """
    with sheet(path, look) as figure:
        for place, (heading, curves) in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            _panel(axes, heading, curves, look.ylim)


_NEAR, _FAR = 1e-2, 1e6  # where a logarithmic axis begins and ends
_STRAIGHT = 30.0  # up to here it is not logarithmic


def gallery(
    panels: Sequence[tuple[str, Sequence[PlottedCurve]]], path: Path | None, look: Look
) -> None:
    """Draw many small panels in rows, a heading and curves each, and write the picture whole, as ``draw`` does.

    The size of ``look`` is that of a panel.
    """
    columns = min(len(panels), _PANELS)
    rows = -(-len(panels) // columns)
    width, height = look.size
    look = replace(look, size=(columns * width, rows * height + 0.3 * bool(look.title)))
    with sheet(path, look) as figure:
        for place, (heading, curves) in enumerate(panels, 1):
            axes = figure.add_subplot(rows, columns, place)
            for curve in curves:
                colour = f"C{int(curve.is_derivative)}"
                axes.plot(curve.x, curve.y, colour, solid_capstyle="butt")
                for x, y in curve.points:
                    axes.plot([x], [y], "o", color=colour, markersize=3)
            _frame(axes, curves, look.ylim)
            axes.set_title(wrapped(heading, 24), fontsize=9)
            axes.tick_params(labelsize=7)
            axes.locator_params(nbins=4)


_PANELS = 6  # of a gallery in a row


@contextmanager
def sheet(path: Path | None, look: Look) -> Iterator[Figure]:
    """Give an empty figure to draw on, and write it whole when the block ends."""
    check_suffix(path, PICTURES)
    style: Any = {
        **(_DARK if look.dark else {}),
        "svg.hashsalt": "actcli",
        "font.size": 10,
    }
    with rc_context(style):
        figure = Figure(figsize=look.size, dpi=look.dpi, layout="constrained")
        if look.title:
            figure.suptitle(_drawable(look.title, look.size[0]))
        yield figure
        save(figure, path)


def _free_lines(figure: Figure) -> None:
    """Put each legend that covers a line, or does not fit into its panel, beside it: the figure grows, the panel stays."""
    legends = [v for axes in figure.axes if (v := axes.get_legend())]
    if not legends:
        return  # drawing a picture of many panels takes seconds
    for legend in legends:
        legend.set_in_layout(False)  # one that is too tall would shrink its panel
    figure.draw_without_rendering()
    for legend in legends:
        _give_air(legend)
        if _in_the_way(legend):
            _put_beside(legend, figure)


def _give_air(legend: Legend) -> None:
    """Move a legend that a line comes close to into a corner that is empty, if there is one."""
    air = 0.04 * legend.axes.bbox.height
    for place in ("best", "upper left", "upper right", "lower left", "lower right"):
        legend.set_loc(place)
        if not _in_the_way(legend, air):
            return
    legend.set_loc("best")


def _in_the_way(legend: Legend, air: float = 0.0) -> bool:
    """Whether a legend covers a line, or one comes nearer than ``air``, or it does not fit into its panel."""
    box = legend.get_window_extent()
    if legend.axes.bbox.count_contains(box.corners()) < 4:
        return True
    lines = [v for v in legend.axes.lines if not str(v.get_label()).startswith("_")]
    paths = [v.get_path().transformed(v.get_transform()) for v in lines]
    around = box.padded(air)
    return any(path.intersects_bbox(around, filled=False) for path in paths)


def _put_beside(legend: Legend, figure: Figure) -> None:
    axes, (width, height) = legend.axes, figure.get_size_inches()
    beside = axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        ncols=math.ceil(legend.get_window_extent().height / axes.bbox.height),
        prop=legend.prop,
    )
    more = beside.get_window_extent().width / figure.dpi
    figure.set_size_inches(width + more, height)


def _drawable(title: str, width: float) -> str:
    """Return a title in lines of so many inches."""
    # of blanks there is no path
    told = [line for line in title.splitlines() if line.strip()]
    paths = [TextPath((0.0, 0.0), _plain(line), size=12) for line in told]
    over = max((p.get_extents().width for p in paths), default=0.0) / (68.0 * width)
    return _plain(wrapped(title, int(len(title) / over)) if over > 1.0 else title)


def _plain(text: str) -> str:
    """Return a text as matplotlib draws it as it stands, and nothing between dollar signs as mathematics."""
    return text.replace("$", r"\$")


def side_by_side(
    curves: Sequence[PlottedCurve],
) -> list[tuple[str, Sequence[PlottedCurve]]]:
    """Return two panels: the functions, and their derivatives."""
    return [
        ("function", [c for c in curves if not c.is_derivative]),
        ("derivative", [c for c in curves if c.is_derivative]),
    ]


def dots(
    labels: Sequence[str],
    series: Mapping[str, Sequence[float]],
    path: Path,
    title: str,
    unit: str,
) -> None:
    """Draw a row of dots for each label, one of each series, on a logarithmic scale, and write the picture whole."""
    with sheet(path, Look(title, size=(7.0, 1.4 + 0.25 * len(labels)))) as figure:
        axes = figure.add_subplot()
        rows = np.arange(len(labels))
        # not bars: where a logarithmic axis begins, and so how long they are, means nothing
        for (name, values), marker in zip(series.items(), "osD^v", strict=False):
            axes.plot(values, rows, marker, label=name)
        axes.set_yticks(rows, labels)
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xscale("log")
        axes.grid(**GRID)
        axes.set_xlabel(unit)
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        figure.legend(loc="outside lower center", ncols=len(series))


def cloud(
    x: Array, y: Array, path: Path, title: str, labels: tuple[str, str], mark: float
) -> None:
    """Draw points that are 0 or above, a line at a mark, and write the picture whole; what is wide on logarithmic scales.

    What is infinite is a triangle at the upper edge; what is further out than the axis goes stands at its ends.
    """
    shown = ~np.isnan(x)
    # no float16 goes as far
    x, y = np.clip(x[shown].astype(np.float64), -_FAR, _FAR), y[shown]
    most = max(1.0, float(y.max(where=np.isfinite(y), initial=0.0)))
    with sheet(path, Look(title)) as figure:
        axes = figure.add_subplot()
        axes.plot(x, y, ".", ms=3, clip_on=False, rasterized=True)
        endless = x[np.isinf(y)]
        edge = axes.get_xaxis_transform()
        axes.plot(endless, np.ones(endless.size), "C3^", transform=edge, clip_on=False)
        axes.axhline(mark, color="0.5", linewidth=1.0)
        if most > _STRAIGHT:
            # room for 0 below 1, however many decades are above
            wide = max(1.0, math.log10(most) / 15.0)
            axes.set_yscale("symlog", linthresh=1.0, linscale=wide)
        axes.set_ylim(0.0, most * (2.0 if most > _STRAIGHT else 1.1))
        if np.abs(x).max(initial=0.0) > _STRAIGHT:
            axes.set_xscale("symlog", linthresh=_NEAR)
            decades = 10.0 ** np.arange(math.log10(_NEAR), math.log10(_FAR) + 1, 2)
            axes.set_xticks([*-decades[::-1], 0.0, *decades])
        if x.size and x.min() < x.max():
            axes.set_xlim(x.min(), x.max())
        axes.grid(**GRID)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])


def save(figure: Figure, path: Path | None) -> None:
    """Write a picture whole, or as PNG to standard output, the same bytes for the same picture."""
    suffix = path.suffix.lower() if path else ".png"
    file = files.written_whole(path) if path else nullcontext(sys.stdout.buffer)
    with file as stream, warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            _free_lines(figure)
            figure.savefig(stream, format=suffix[1:], metadata=_METADATA[suffix])
        except UserWarning as error:
            raise RequestError(
                f"{path or 'the picture'} cannot be drawn: {error}"
            ) from None


def distinct(i: int, count: int = 0) -> dict[str, Any]:
    """Return how the i-th line of a picture looks, of so many points; after ten colours, marks tell lines apart."""
    return {
        "color": f"C{i % 10}",
        "marker": _MARKERS[i // 10 % len(_MARKERS)],
        "ms": 4.5,
        # not a share of the length, which puts marks on both ends of a gap
        "markevery": (count // 16, count // 8 + 1),
    }


def wrapped(text: str, width: int) -> str:
    r"""Return a text in lines of so many characters at most, broken after signs and blanks; of a very long one its beginning.

    >>> wrapped("x*exp(-x**2)+tanh(x)", 14)
    'x*exp(-x**2)+\ntanh(x)'
    """
    after = r"[-+*/,) ](?![*)′])"  # not between a formula and its prime
    line = rf".{{1,{width}}}$|.{{0,{width - 1}}}{after}|.{{1,{width}}}"
    first, rest = [], [v.strip() for v in re.findall(line, text, re.MULTILINE)]
    if len(rest) > _MOST_LINES:
        first, rest = rest[: _MOST_LINES - 1], ["…"]
    return "\n".join(first + rest)


def _panel(
    axes: Axes,
    heading: str,
    curves: Sequence[PlottedCurve],
    ylim: tuple[float, float] | None,
) -> None:
    labels = list(dict.fromkeys(c.label for c in curves))
    alone = len(labels) == 1
    for curve in curves:
        among = curve.is_derivative and not heading  # the functions
        i = labels.index(curve.label)
        look = distinct(int(curve.is_derivative) if alone else i, curve.x.size)
        # a line lets show, on both sides, one that it lies on
        width = 2.0 + 0.8 * (len(labels) - 1 - 2 * i) / len(labels)
        axes.plot(
            curve.x,
            curve.y,
            **look,
            linestyle="--" if among and not alone else "-",
            label=wrapped(name_of(curve), 40),
            linewidth=0.6 * width if among else width,
            zorder=2.1 if among else 2.0,
            solid_capstyle="butt",  # any other cap would reach into the gap at a jump
        )
        for x, y in curve.points:
            axes.plot([x], [y], "o", color=look["color"], markersize=4)
    _frame(axes, curves, ylim)
    axes.set_xlabel("x")
    axes.set_title(heading)
    for curve in curves:
        if not _in_sight(curve, *axes.get_ylim()):
            note(f"{name_of(curve)}: no line of it is in the picture")
    axes.legend(loc="best", framealpha=0.8)


def _frame(
    axes: Axes, curves: Sequence[PlottedCurve], ylim: tuple[float, float] | None
) -> None:
    """Set the ends of the axes, and draw lines at 0 and a grid."""
    axes.axhline(0.0, color="0.5", linewidth=0.6, zorder=0)
    axes.axvline(0.0, color="0.5", linewidth=0.6, zorder=0)
    axes.grid(**GRID)
    axes.set_xlim(
        min(float(c.x[0]) for c in curves), max(float(c.x[-1]) for c in curves)
    )
    axes.set_ylim(*ylim or heights(curves))


def _in_sight(curve: PlottedCurve, low: float, high: float) -> bool:
    """Whether a part of a line lies between two heights."""
    ends = curve.y[:-1], curve.y[1:]
    return bool(((np.minimum(*ends) <= high) & (np.maximum(*ends) >= low)).any())
