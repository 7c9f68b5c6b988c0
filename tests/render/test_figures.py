"""What pictures of functions show of many, of long names and titles, and of lines that lie on each other."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

import actcli
from actcli.render import figures
from actcli.render.figures import PlottedCurve
from actcli.render.sampling import curves_of

TWELVE = ["sigmoid", "tanh", "relu", "gelu", "swish", "mish", "elu", "softplus", "leaky_relu", "softsign", "hard_swish", "selu"]  # fmt: skip
LONG = "x*sigmoid(1.702*x)+0.1*tanh(exp(x))+sin(x)*exp(-x**2)+log(1+exp(x))/cosh(x)"


def curves(*names: str, derivative: bool = True) -> list[PlottedCurve]:
    chosen = [actcli.get(name) for name in names]
    return [c for f in chosen for c in curves_of(f, -6.0, 6.0, derivative)]


def kept(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Return where figures go, as they are written."""
    seen: list[Figure] = []

    def keep(figure: Figure, *_: object, **__: object) -> None:
        figure.draw_without_rendering()
        seen.append(figure)

    monkeypatch.setattr(Figure, "savefig", keep)
    return seen


def drawn(
    panels: Sequence[tuple[str, Sequence[PlottedCurve]]],
    monkeypatch: pytest.MonkeyPatch,
    look: figures.Look = figures.Look(),  # noqa: B008  # is frozen
) -> Figure:
    """Return the figure of some panels."""
    seen = kept(monkeypatch)
    figures.draw(panels, Path("/dev/null.png"), look)
    return seen[0]


@pytest.fixture(autouse=True)
def _nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    monkeypatch.setattr(figures.files, "written_whole", nullcontext)


@pytest.mark.parametrize("side", [False, True])
@pytest.mark.parametrize("count", [1, 3, 12, 95])
def test_a_legend_covers_no_line_and_takes_no_room_from_the_panel(
    count: int, side: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*actcli.functions][:count] if count > 12 else TWELVE[:count]
    made = curves(*names)
    panels = figures.side_by_side(made) if side else [("", made)]
    figure = drawn(panels, monkeypatch)
    width, height = figure.get_size_inches()
    assert height == figures.Look().size[1]
    assert (width > figures.Look().size[0]) == (count > 3)
    assert len(figure.axes) == 1 + side
    for axes in figure.axes:
        assert axes.bbox.height > 0.8 * height * figure.dpi
        assert axes.bbox.width > 0.75 * figures.Look().size[0] * figure.dpi / (1 + side)
        legend = axes.get_legend()
        assert legend
        box = legend.get_window_extent()
        assert figure.bbox.count_contains(box.corners()) == 4
        for line in axes.lines[: 2 * count]:
            path = line.get_path().transformed(line.get_transform())
            assert not path.clip_to_bbox(axes.bbox).intersects_bbox(box, filled=False)


def axes_of(
    text: str, low: float, high: float, monkeypatch: pytest.MonkeyPatch
) -> Axes:
    """Return the axes that some functions, each with its derivative, are drawn in over a range."""
    made = [
        c
        for name in text.split(", ")
        for c in curves_of(actcli.get(name), low, high, derivative=True)
    ]
    (axes,) = drawn([("", made)], monkeypatch).axes
    return axes


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("1/x", [2, 2]),
        ("tan(x)", [8, 8]),
        ("sqrt(x), log(x)", [0, 1, 1, 1]),
        ("abs(x)**0.5, exp(x)", [0, 2, 0, 0]),
    ],
)
def test_a_line_leaves_the_picture_beside_a_pole(
    text: str, ends: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = axes_of(text, -6.0, 6.0, monkeypatch)
    low, high = axes.get_ylim()
    lines = [v for v in axes.lines if not str(v.get_label()).startswith("_")]
    for line, count in zip(lines, ends, strict=True):
        y = np.asarray(line.get_ydata())
        gaps = np.flatnonzero(np.diff(np.isnan(y)))
        beside = np.array([y[i] if np.isnan(y[i + 1]) else y[i + 1] for i in gaps])
        assert ((beside < low) | (beside > high)).sum() == count


@pytest.mark.parametrize(
    ("text", "inverse"), [("1/x", lambda y: 1 / y), ("tan(x)", np.arctan)]
)
@pytest.mark.parametrize("most", [3.0, 20.0, 150.0])
def test_a_line_leaves_the_picture_where_the_function_does(
    text: str, inverse: Callable[[float], float], most: float
) -> None:
    curve, _ = curves_of(actcli.get(text), -1.0, 3.0, derivative=True)
    below = np.flatnonzero((curve.y[:-1] < most) & (curve.y[1:] > most))
    above = np.flatnonzero((curve.y[:-1] > most) & (curve.y[1:] < most))
    (i,) = [*below, *above]
    share = (most - curve.y[i]) / (curve.y[i + 1] - curve.y[i])
    x = curve.x[i] + share * (curve.x[i + 1] - curve.x[i])
    assert abs(x - inverse(most)) < 4.0 / 2000


@pytest.mark.parametrize(
    ("text", "low", "high", "least", "most"),
    [
        ("gelu", -0.8, -0.7, -0.16997, -0.16934),
        ("identity", 1e8, 1e8 + 1, 1e8, 1e8 + 1),
        ("gelu, gelu_tanh", 2.0, 2.2, 1.95, 2.17),
        ("exponential", 0.0, 1.0, 0.0, np.e),
        ("cube", 1.0, 2.0, 0.0, 8.0),
        ("7+0*x", -1.0, 1.0, 0.0, 7.0),
        ("0*x", -1.0, 1.0, -0.05, 0.05),
    ],
)
def test_the_axis_fits_what_is_drawn_with_0_in_it_unless_that_is_far_off(
    text: str,
    low: float,
    high: float,
    least: float,
    most: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = [
        curves_of(actcli.get(name), low, high, derivative=False)[0]
        for name in text.split(", ")
    ]
    (axes,) = drawn([("", made)], monkeypatch).axes
    got, room = axes.get_ylim(), 0.06 * (most - least)
    assert least - room < got[0] < least + room
    assert most - room < got[1] < most + room


@pytest.mark.parametrize("name", ["exponential", "log_sigmoid", "swish"])
def test_a_legend_keeps_its_distance_where_a_corner_is_empty(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    axes = axes_of(name, -6.0, 6.0, monkeypatch)
    legend = axes.get_legend()
    assert legend
    box = legend.get_window_extent().padded(10.0)
    for line in axes.lines[:2]:
        path = line.get_path().transformed(line.get_transform())
        assert not path.intersects_bbox(box, filled=False)


def test_no_two_lines_look_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    made = curves(*[*actcli.functions][:60])
    (axes,) = drawn([("", made)], monkeypatch).axes
    lines = [v for v in axes.lines if not str(v.get_label()).startswith("_")]
    looks = {(v.get_color(), v.get_marker(), v.get_linestyle()) for v in lines}
    assert len(looks) == len(lines) >= 120
    first = [v for v in lines if v.get_linestyle() == "-"][:10]
    assert [colors.to_hex(v.get_color()) for v in first] == [
        colors.to_hex(f"C{i}") for i in range(10)
    ]
    assert {v.get_marker() for v in first} == {""}


def test_no_mark_ends_a_line_at_a_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    made = curves(*TWELVE)
    (axes,) = drawn([("", made)], monkeypatch).axes
    (line,) = [v for v in axes.lines if v.get_label() == "hard_swish′"]
    start, step = line.get_markevery()
    x = np.asarray(line.get_xdata())[start::step]
    assert len(x) == 8
    assert np.abs(np.abs(x) - 3.0).min() > 0.2


@pytest.mark.parametrize("names", [["step"], ["glu", "maxout"], ["relu", "leaky_relu"]])
def test_a_line_shows_on_both_sides_of_one_that_lies_on_it(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (axes,) = drawn([("", curves(*names))], monkeypatch).axes
    lines = [v for v in axes.lines if not str(v.get_label()).startswith("_")]
    functions, derivatives = (
        [v for v in lines if str(v.get_label()).endswith("′") == primed]
        for primed in (False, True)
    )
    for drawn_in_turn in (functions, derivatives):
        widths = [v.get_linewidth() for v in drawn_in_turn]
        assert widths == sorted({*widths}, reverse=True)
    for below, above in zip(functions, derivatives, strict=True):
        assert below.get_zorder() < above.get_zorder()
        assert below.get_linewidth() > 1.5 * above.get_linewidth()


def test_a_long_formula_is_told_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    (axes,) = drawn([("", curves(LONG))], monkeypatch).axes
    legend = axes.get_legend()
    assert legend
    told = [t.get_text() for t in legend.get_texts()]
    assert [t.replace("\n", "") for t in told] == [LONG, f"({LONG})′"]
    assert max(len(line) for t in told for line in t.split("\n")) <= 40
    assert axes.bbox.count_contains(legend.get_window_extent().corners()) == 4


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("relu", ["relu"]),
        ("a**b", ["a**b"]),
        ("aaa**bbb", ["aaa**", "bbb"]),
        ("aaaaaaaaa", ["aaaaa", "aaaa"]),
        ("(aaaa)′", ["(aaaa", ")′"]),
        ("a b c d e f", ["a b", "c d", "e f"]),
        ("two\nlines", ["two", "lines"]),
        ("a" * 26, ["aaaaa"] * 4 + ["…"]),
    ],
)
def test_where_a_text_is_broken(text: str, lines: list[str]) -> None:
    assert figures.wrapped(text, 5).split("\n") == lines


@pytest.mark.parametrize(
    "title",
    ["words of many letters " * 9, "WWWW " * 40, LONG * 2, "$x_^ for $5 " * 20, " ", "two\nlines"],
)  # fmt: skip
def test_a_title_is_as_wide_as_the_picture_at_most(
    title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = figures.Look(title)
    figure = drawn([("", curves("relu"))], monkeypatch, look)
    suptitle = figure.texts[0]
    box = suptitle.get_window_extent()
    assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1 or not title.strip()
    if len(title) > 20:
        widest = max(
            TextPath((0.0, 0.0), line, size=12).get_extents().width
            for line in suptitle.get_text().split("\n")
        )
        assert widest > 0.5 * 72.0 * look.size[0]


@pytest.mark.parametrize("title", ["cost $5 and $6_x^", r"$\foo$", r"a \$ b"])
def test_a_title_is_drawn_as_it_stands(
    title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = drawn([("", curves("relu"))], monkeypatch, figures.Look(title))
    seen: list[tuple[str, bool]] = []
    canvas = RendererAgg(640, 420, 100)

    def draw_text(_: object, *given: Any, ismath: bool, **__: object) -> None:
        seen.append((given[3], ismath))

    monkeypatch.setattr(RendererAgg, "draw_text", draw_text)
    figure.texts[0].draw(canvas)
    assert seen == [(title, False)]


def test_a_series_is_a_dot_in_the_row_of_each_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = kept(monkeypatch)
    series = {"ours": [1.5, 3.0, 0.4], "theirs": [2.0, np.nan, 0.5]}
    path = Path("/dev/null.png")
    figures.dots(["relu", "elu", "mish"], series, path, "a title", "nanoseconds")
    (axes,) = seen[0].axes
    assert axes.get_xscale() == "log"
    assert not axes.patches  # no bars: their length would mean nothing
    found = {v.get_label(): np.asarray(v.get_xydata()) for v in axes.lines}
    assert found.keys() == series.keys()
    for name, values in series.items():
        np.testing.assert_array_equal(found[name], np.transpose([values, [0, 1, 2]]))
    assert {v.get_linestyle() for v in axes.lines} == {"None"}
    ticks = [t.get_text() for t in axes.get_xticklabels()]
    assert {"0.5", "1", "2"} <= {*ticks}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("most", [1.0, 100.0, 1e45, 1e300])
def test_the_numbers_at_the_axes_of_a_check_do_not_run_into_each_other(
    dtype: str, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = kept(monkeypatch)
    x = np.array([-np.inf, -1.0, 0.0, 1.0, np.inf], dtype)
    figures.cloud(
        x, np.linspace(0.0, most, 5), Path("a.png"), "a", ("x", "ulps"), mark=0.5
    )
    (axes,) = seen[0].axes
    for axis in (axes.xaxis, axes.yaxis):
        boxes = [t.get_window_extent() for t in axis.get_ticklabels() if t.get_text()]
        assert len(boxes) > 2
        overlaps = [a.overlaps(b) for a, b in itertools.combinations(boxes, 2)]
        assert not any(overlaps)
