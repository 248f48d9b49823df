"""Small figures of other regions stay hidden, and do not follow from what is shown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.uptake.disclosure import THRESHOLD, WITHHELD, exact, protected
from enrollment.uptake.queries import Figures, Report
from enrollment.uptake.questions import Question

COLUMNS = ("confirmed", "waitlisted", "cancelled", "participants")


def a_report(*confirmed: int, own: int | None = None) -> Report:
    lines = [
        Figures({"province": f"PV{20 + nr}"}, {"confirmed": n, "waitlisted": 0, "cancelled": 0, "participants": n})
        for nr, n in enumerate(confirmed)
    ]
    totals = Figures({}, {name: sum(line.counts[name] for line in lines) for name in COLUMNS})
    return Report(Question(), lines, totals)


def is_own(line: Figures) -> bool:
    return line.key["province"] == "PV20"


def confirmed(lines: list[dict[str, object]]) -> list[object]:
    return [line["enrollments"]["confirmed"] for line in lines]  # type: ignore[index]


def test_the_own_region_is_exact() -> None:
    lines, totals = exact(a_report(1, 2, 3))

    assert confirmed(lines) == [1, 2, 3]
    assert totals["participants"] == 6


def test_a_small_figure_takes_others_with_it_so_that_the_total_gives_nothing_away() -> None:
    lines, totals = protected(a_report(50, 3, 20, 30, 40), is_own)

    assert confirmed(lines) == [50, WITHHELD, WITHHELD, WITHHELD, 40]
    assert totals["enrollments"]["confirmed"] == 143  # type: ignore[index]


def test_the_own_line_stays_exact_however_small() -> None:
    lines, _ = protected(a_report(1, 20, 30), is_own)

    assert confirmed(lines) == [1, 20, 30]


def test_with_too_few_lines_to_hide_among_the_total_is_hidden_too() -> None:
    lines, totals = protected(a_report(50, 3, 20), is_own)

    assert confirmed(lines) == [50, WITHHELD, WITHHELD]
    assert totals["enrollments"]["confirmed"] == WITHHELD  # type: ignore[index]


def test_a_zero_is_a_zero() -> None:
    lines, _ = protected(a_report(9, 0, 20), is_own)

    assert confirmed(lines) == [9, 0, 20]


def test_a_total_is_hidden_where_all_that_is_hidden_under_it_is_small() -> None:
    lines, totals = protected(a_report(50, 1, 1, 2), is_own)

    assert confirmed(lines) == [50, WITHHELD, WITHHELD, WITHHELD]
    assert totals["enrollments"]["confirmed"] == WITHHELD  # type: ignore[index]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_no_hidden_figure_of_another_region_follows_from_the_total(counts: list[int]) -> None:
    report = a_report(*counts)

    lines, totals = protected(report, is_own)

    shown = confirmed(lines)
    hidden = [counts[nr] for nr, value in enumerate(shown) if value == WITHHELD]
    assert all(not 0 < n < THRESHOLD for nr, n in enumerate(counts) if shown[nr] != WITHHELD and nr)
    if hidden and totals["enrollments"]["confirmed"] != WITHHELD:  # type: ignore[index]
        assert len(hidden) >= 3
        assert sum(hidden) >= THRESHOLD
