"""What pictures of ways down a surface show of a way that is lost: where it went, when, and the others still."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from actcli.render import lessons
from actcli.training.descent import descend
from actcli.training.surfaces import SURFACES

VIEW = ((-8.0, 8.0), (-4.0, 4.0))


def way(method: str, steps: int, surface: str = "ellipse") -> lessons.Way:
    made = descend(surface, method, steps=steps)
    at = "" if made.outcome_step is None else f" at {made.outcome_step}"
    return lessons.Way(method, made.position, made.loss, made.outcome + at)


def told(axes: Axes) -> list[str]:
    return [t.get_text() for t in axes.texts if isinstance(t, Annotation)]


def losses(*ways: lessons.Way) -> Axes:
    axes = Figure().add_subplot()
    lessons._losses(axes, ways)
    return axes


def test_layers_that_cannot_be_drawn_are_counted_by_what_they_lack() -> None:
    axes = Figure().add_subplot()
    y = np.array([np.nan, np.nan, 0.0, 1.0, 2.0])
    lessons._depth_line(axes, lessons.Line("f", y), 0)
    lessons._depth_line(axes, lessons.Line("w alone", y, reference=True), 1)
    drawn, reference = axes.lines
    assert drawn.get_label() == "f, no number in 2 layers, 1 layer beyond the axis"
    assert (reference.get_label(), reference.get_linestyle()) == ("w alone", "--")


@pytest.mark.parametrize("steepness", [0.93, -0.93, 0.07, -0.07, 0.042, -0.042])
def test_marked_levels_have_their_words_in_the_panel(steepness: float) -> None:
    figure = Figure((11.5, 4.8))
    marks = [(0.01, "vanishing below"), (100.0, "exploding above")]
    y = 10.0 ** (steepness * np.arange(50, -1, -1))
    lessons._depth_panel(
        axes := figure.add_subplot(), lessons.Depth("h", [lessons.Line("f", y)], marks)
    )
    figure.draw_without_rendering()
    assert told(axes)
    for word in axes.texts:
        assert axes.bbox.count_contains(word.get_window_extent().corners()) == 4


@pytest.mark.parametrize("count", [10, 30])
def test_no_two_lines_through_depth_look_alike(count: int) -> None:
    axes = Figure().add_subplot()
    for i in range(50):
        lessons._depth_line(axes, lessons.Line(f"f{i}", np.ones(count)), i)
    looks = {(v.get_color(), v.get_marker()) for v in axes.lines}
    assert len(looks) == 50


def test_the_legend_shows_the_marks_of_the_losses() -> None:
    surface = SURFACES["ellipse"]
    figure = Figure()
    ways = [way(f"sgd:lr={lr / 1000}", 3) for lr in range(1, 13)]
    lessons._way(figure.add_subplot(1, 2, 1), ways[11], "C1", surface.view)
    lessons._losses(figure.add_subplot(1, 2, 2), ways)
    lessons._legend(figure, ways, told=False)
    handles = figure.legends[0].legend_handles
    looks = {(h.get_color(), h.get_marker()) for h in handles if isinstance(h, Line2D)}
    assert len(looks) == 12


@pytest.mark.parametrize(("width", "told"), [(6.4, True), (6.4, False), (14.0, False)])
def test_the_legend_is_no_wider_than_the_picture(width: float, told: bool) -> None:
    figure = Figure((width, 9.0), layout="constrained")
    ways = [way(f"adam:lr={i / 1000},beta1=0.8", 3) for i in range(1, 13)]
    lessons._losses(figure.add_subplot(), ways)
    lessons._legend(figure, ways, told)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    assert figure.bbox.count_contains(legend.get_window_extent().corners()) == 4
    assert legend.get_window_extent().width > 0.5 * figure.bbox.width


def test_a_way_that_diverges_alone_is_shown_to_its_last_step() -> None:
    lost = way("sgd:lr=0.11", 60)
    axes = losses(lost)
    assert told(axes) == ["diverged at 50"]
    low, high = axes.get_ylim()
    assert (axes.get_yscale(), low < 89.0, high > lost.loss[-1]) == ("log", True, True)
    cross = axes.lines[-1]
    assert (cross.get_marker(), *cross.get_xydata()[0]) == ("X", 49, lost.loss[-1])


def test_a_way_that_diverges_leaves_the_others_readable() -> None:
    lost, kept = way("sgd:lr=1", 30), way("adam", 30)
    axes = losses(lost, kept)
    low, high = axes.get_ylim()
    assert low < kept.loss[-1] < kept.loss[0] < high <= 1e4 < lost.loss[-1]
    assert told(axes) == ["off the scale at step 1, diverged at 4"]


def test_losses_below_zero_are_shown_likewise() -> None:
    lost, kept = way("sgd:lr=2", 9, "saddle"), way("adam", 9, "saddle")
    assert (lost.outcome, kept.outcome) == ("diverged at 8", "unfinished")
    axes = losses(lost, kept)
    low, high = axes.get_ylim()
    assert -20.0 < low < kept.loss[-1] < kept.loss[0] < high < 20.0
    assert told(axes) == ["off the scale at step 1, diverged at 8"]


@pytest.mark.parametrize(
    ("method", "left"), [("sgd:lr=0.11", 4), ("sgd:lr=1", 1), ("adam", None)]
)
def test_a_lost_way_is_drawn_until_it_leaves_the_view_for_good(
    method: str, left: int | None
) -> None:
    axes, drawn = Figure().add_subplot(), way(method, 60)
    axes.set(xlim=VIEW[0], ylim=VIEW[1])
    lessons._way(axes, drawn, "C0", VIEW)
    line = axes.lines[0].get_xydata()
    if left is None:
        assert (len(line), told(axes)) == (61, [])
        return
    assert told(axes) == [f"left at step {left}"]
    np.testing.assert_array_equal(line, drawn.position[: left + 1])
    assert abs(line[-2][1]) <= 4.0 < abs(line[-1][1])


@pytest.mark.parametrize(
    ("a", "drawn"), [(1.0, True), (2.0, True), (-3.0, True), (100.0, False)]
)
def test_the_minimum_for_the_parameters_is_in_the_view_or_not_listed(
    a: float, drawn: bool
) -> None:
    surface = SURFACES["rosenbrock"]
    land = lessons.Land(surface.value, surface.minima(a=a), surface.view)
    made = way("adam", 3, "rosenbrock")
    (left, right), (bottom, top) = lessons._view(land, [made])
    assert (left < a < right and bottom < a * a < top) == drawn
    axes = Figure().add_subplot()
    lessons._landmarks(axes, land, made)
    assert ("minimum" in axes.get_legend_handles_labels()[1]) == drawn


def test_what_is_said_of_ways_that_leave_at_one_place_does_not_overlap() -> None:
    axes = Figure().add_subplot()
    axes.set(xlim=(-2.0, 2.0), ylim=(-2.0, 2.0))
    ways = [way(f"sgd:lr={lr}", 60, "saddle") for lr in (0.1, 0.11, 0.12)]
    for made in ways:
        lessons._way(axes, made, "C0", ((-2.0, 2.0), (-2.0, 2.0)))
    offsets = [t.xyann[1] for t in axes.texts if isinstance(t, Annotation)]
    assert len({*offsets}) == 3
    assert np.diff(sorted(offsets)).min() >= 11.0


@pytest.mark.parametrize(
    ("count", "ticks"),
    [(1, [1]), (2, [1, 2]), (50, [1, 10, 20, 30, 40, 50]), (12, [1, 2, 4, 6, 8, 10, 12])],
)  # fmt: skip
def test_the_first_and_the_last_layer_are_numbered(count: int, ticks: list[int]) -> None:  # fmt: skip
    assert lessons._layer_ticks(count) == ticks
