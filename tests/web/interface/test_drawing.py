"""Where points and columns lie; the expected places are worked out by hand."""

import pytest

from careline.web import drawing


def test_a_spark_line_runs_from_edge_to_edge_and_high_is_up() -> None:
    line = drawing.spark([0, 10])

    assert line.points == "3,21 93,3"
    assert (line.last_x, line.last_y) == ("93", "3")


def test_a_flat_line_lies_in_the_middle() -> None:
    assert drawing.spark([7, 7, 7]).points == "3,12 48,12 93,12"


def test_no_values_draw_a_point_rather_than_fail() -> None:
    assert drawing.spark([]).points == "3,12"


def test_columns_start_at_zero_and_are_as_high_as_their_share() -> None:
    # 4 columns over 448 units; the scale ends at 10, so 5 is half of the 168 units.
    slots = [
        drawing.Slot(label=str(at), value=value, usual=5, low=4, high=6)
        for at, value in enumerate((0, 5, 10, 2))
    ]

    chart = drawing.day_chart(slots)

    assert [column.height for column in chart.columns] == ["0", "84", "168", "33.6"]
    assert [column.middle for column in chart.columns] == ["88", "200", "312", "424"]
    assert [line.label for line in chart.lines] == ["0", "5", "10"]


@pytest.mark.parametrize(
    ("value", "top"), [(1, 2), (2, 2), (3, 4), (7, 10), (11, 20), (58, 60), (61, 100), (101, 200)]
)
def test_the_scale_ends_at_a_round_number_whose_half_is_whole(value: float, top: float) -> None:
    assert drawing.round_up(value) == top
