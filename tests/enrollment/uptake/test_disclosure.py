"""Small figures of other regions stay hidden, and do not follow from what is shown."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.uptake.disclosure import THRESHOLD, WITHHELD, Line, exact, protected
from enrollment.uptake.queries import Figures, Report
from enrollment.uptake.questions import Question

OUTCOMES = ("confirmed", "attended", "completed", "no_show")
COLUMNS = ("taken", *OUTCOMES, "waitlisted", "cancelled", "participants")


def a_report(*confirmed: int) -> Report:
    lines = [
        Figures({"province": f"PV{20 + nr}"}, {**dict.fromkeys(COLUMNS, 0), "taken": n, "confirmed": n, "participants": n})
        for nr, n in enumerate(confirmed)
    ]
    totals = Figures({}, {name: sum(line.counts[name] for line in lines) for name in COLUMNS})
    return Report(Question(), lines, totals)


def own(report: Report) -> Report:
    """What of it lies in the reviewer's own region, which is the first line."""
    return replace(report, items=report.items[:1], totals=Figures({}, report.items[0].counts))


def shown(*counts: int) -> tuple[list[Line], Line]:
    report = a_report(*counts)
    return protected(report, own(report))


def confirmed(lines: list[dict[str, object]]) -> list[object]:
    return [line["enrollments"]["confirmed"] for line in lines]  # type: ignore[index]


def test_the_own_region_is_exact() -> None:
    lines, totals = exact(a_report(1, 2, 3))

    assert confirmed(lines) == [1, 2, 3]
    assert totals["participants"] == 6


def test_a_small_figure_takes_others_with_it_so_that_the_total_gives_nothing_away() -> None:
    lines, totals = shown(50, 3, 20, 30, 40)

    assert confirmed(lines) == [50, WITHHELD, WITHHELD, WITHHELD, 40]
    assert totals["enrollments"]["confirmed"] == 143  # type: ignore[index]


def test_the_own_line_stays_exact_however_small() -> None:
    lines, _ = shown(1, 20, 30)

    assert confirmed(lines) == [1, 20, 30]


def test_with_too_few_lines_to_hide_among_the_total_is_hidden_too() -> None:
    lines, totals = shown(50, 3, 20)

    assert confirmed(lines) == [50, WITHHELD, WITHHELD]
    assert totals["enrollments"]["confirmed"] == WITHHELD  # type: ignore[index]


def test_a_zero_is_a_zero() -> None:
    lines, _ = shown(9, 0, 20)

    assert confirmed(lines) == [9, 0, 20]


def test_a_total_is_hidden_where_all_that_is_hidden_under_it_is_small() -> None:
    lines, totals = shown(50, 1, 1, 2)

    assert confirmed(lines) == [50, WITHHELD, WITHHELD, WITHHELD]
    assert totals["enrollments"]["confirmed"] == WITHHELD  # type: ignore[index]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=1, max_size=8))
def test_no_hidden_figure_of_another_region_follows_from_the_total(counts: list[int]) -> None:
    report = a_report(*counts)

    lines, totals = protected(report, own(report))

    visible = confirmed(lines)
    hidden = [counts[nr] for nr, value in enumerate(visible) if value == WITHHELD]
    assert all(not 0 < n < THRESHOLD for nr, n in enumerate(counts) if visible[nr] != WITHHELD and nr)
    if hidden and totals["enrollments"]["confirmed"] != WITHHELD:  # type: ignore[index]
        assert len(hidden) >= 3
        assert sum(hidden) >= THRESHOLD


def without_lines(report: Report) -> Report:
    return replace(report, items=[])


def test_a_total_of_more_than_the_own_region_does_not_give_the_rest_away() -> None:
    """Fourteen in the own region and sixteen in the landsdeel: somebody who knows the one would know the two of the other."""
    report = a_report(14, 2)

    _, totals = protected(without_lines(report), without_lines(own(report)))

    assert totals["enrollments"]["confirmed"] == WITHHELD  # type: ignore[index]
    assert totals["participants"] == WITHHELD


def by_theme(*counts: int) -> Report:
    report = a_report(*counts)
    return replace(report, items=[Figures({"theme": f"t{nr}"}, line.counts) for nr, line in enumerate(report.items)])


def test_a_line_that_is_partly_the_own_region_does_not_give_the_rest_away() -> None:
    lines, _ = protected(by_theme(14, 30, 40, 50), by_theme(12, 0, 40, 20))

    assert confirmed(lines) == [WITHHELD, WITHHELD, 40, WITHHELD], "the third is the reviewer's own altogether"


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=8))
def test_no_part_of_others_follows_from_a_line_or_a_total_and_the_own_part(parts: list[tuple[int, int]]) -> None:
    everybody, theirs = by_theme(*(mine + others for mine, others in parts)), by_theme(*(mine for mine, _ in parts))

    lines, totals = protected(everybody, theirs)

    for value, (mine, _) in zip(confirmed(lines), parts, strict=True):
        assert value == WITHHELD or not 0 < value - mine < THRESHOLD  # type: ignore[operator]
    total = totals["enrollments"]["confirmed"]  # type: ignore[index]
    hidden = [others for value, (_, others) in zip(confirmed(lines), parts, strict=True) if value == WITHHELD]
    if total != WITHHELD:
        assert not 0 < total - sum(mine for mine, _ in parts) < THRESHOLD
        assert not hidden or (len(hidden) >= 3 and sum(hidden) >= THRESHOLD)


def marked(*outcomes: tuple[int, int, int, int]) -> Report:
    """Lines of which so many places are confirmed, attended, completed, and of absent people."""
    report = a_report(*map(sum, outcomes))
    lines = [
        Figures(line.key, {**line.counts, **dict(zip(OUTCOMES, outcome, strict=True))})
        for line, outcome in zip(report.items, outcomes, strict=True)
    ]
    return replace(
        report, items=lines, totals=Figures({}, {name: sum(line.counts[name] for line in lines) for name in COLUMNS})
    )


def test_one_who_was_absent_does_not_follow_from_the_places_that_were_taken() -> None:
    report = marked((0, 0, 60, 0), (10, 0, 30, 1), (0, 20, 20, 0), (5, 5, 30, 10), (0, 0, 90, 0))

    lines, _ = protected(report, own(report))

    figures: dict[str, object] = lines[1]["enrollments"]  # type: ignore[assignment]
    assert figures["taken"] == 41
    assert [figures[name] for name in OUTCOMES] == [WITHHELD] * 4


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=1, max_size=8))
def test_no_outcome_of_others_follows_from_the_rest_of_its_line_or_its_column(outcomes: list[tuple[int, ...]]) -> None:
    report = marked((7, 7, 7, 7), *outcomes)  # type: ignore[arg-type]

    lines, totals = protected(report, own(report))

    for line, outcome in zip(lines[1:], outcomes, strict=True):
        figures: dict[str, object] = line["enrollments"]  # type: ignore[assignment]
        seen = [figures[name] != WITHHELD for name in OUTCOMES]
        assert all(seen) or not any(seen), "the last one would follow from the places taken"
        assert not any(seen) or all(not 0 < n < THRESHOLD for n in outcome)
        assert figures["taken"] != WITHHELD or not any(seen)
    total: dict[str, object] = totals["enrollments"]  # type: ignore[assignment]
    known = [total[name] != WITHHELD for name in OUTCOMES]
    assert all(known) or not any(known)
    assert total["taken"] != WITHHELD or not any(known)
