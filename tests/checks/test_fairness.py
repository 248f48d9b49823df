"""Whether somebody was passed is told from what happened to a session's queue, where seats are kept for groups too."""

from __future__ import annotations

from uuid import UUID, uuid4

from enrollment.checks import Turn, passed

FIRST, SECOND = uuid4(), uuid4()
BOTH_WAIT = [Turn(2, FIRST, "waitlisted", 0, 1), Turn(3, SECOND, "waitlisted", 0, 1)]


def who_passed(*after: Turn) -> list[UUID]:
    return list(passed([*BOTH_WAIT, *after], {}))


def test_who_gets_a_seat_that_is_kept_for_them_passes_nobody() -> None:
    assert who_passed(Turn(4, SECOND, "confirmed", 0, 0)) == []


def test_who_gets_a_seat_for_all_before_somebody_who_came_earlier_passes_them_though_others_are_kept() -> None:
    freed = Turn(4, None, "seats-changed", 1, 1)

    assert who_passed(freed, Turn(5, SECOND, "offered", 0, 1)) == [SECOND]
    assert who_passed(freed, Turn(5, FIRST, "offered", 0, 1)) == []


def test_where_a_fact_no_longer_says_what_is_kept_nobody_is_accused_without_a_seat_to_point_at() -> None:
    assert who_passed(Turn(5, SECOND, "confirmed", 0)) == []
    assert who_passed(Turn(5, SECOND, "confirmed", 1)) == [SECOND]


def test_somebody_who_waits_and_is_told_that_it_moves_is_not_taken_for_served() -> None:
    assert who_passed(Turn(4, SECOND, "moved", 1, 1)) == []
