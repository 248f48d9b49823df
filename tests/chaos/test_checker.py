"""A checker that finds nothing proves nothing: every kind of fault, planted in a good picture, is found under its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.checker import Delivery, Fact, Mail, Picture, Row, Seats, Told, check


def a_good_picture() -> Picture:
    """Two seats; ann and bob hold them, bob after cas withdrew and left him his seat; dee waits."""
    rows = [
        Row("e-ann", "s", "ann", "confirmed", 1, "PV28"),
        Row("e-cas", "s", "cas", "cancelled", 2, "PV28"),
        Row("e-bob", "s", "bob", "confirmed", 2),
        Row("e-dee", "s", "dee", "waitlisted", 1),
    ]
    facts = [
        Fact("f1", "confirmed", "e-ann", "s", "ann", 1),
        Fact("f2", "confirmed", "e-cas", "s", "cas", 1),
        Fact("f3", "waitlisted", "e-bob", "s", "bob", 1),
        Fact("f4", "waitlisted", "e-dee", "s", "dee", 1),
        Fact("f5", "cancelled", "e-cas", "s", "cas", 2),
        Fact("f6", "confirmed", "e-bob", "s", "bob", 2),
    ]
    return Picture(
        history=[
            Told("enroll", "ok", "ann", "s", "e-ann", "confirmed"),
            Told("enroll", "ok", "cas", "s", "e-cas", "confirmed"),
            Told("enroll", "info", "bob", "s"),
            Told("enroll", "ok", "dee", "s", "e-dee", "waitlisted"),
            Told("cancel", "ok", "cas", "s", "e-cas", "cancelled"),
        ],
        rows=rows,
        sessions=[Seats("s", 2, 0, 1)],
        shown=[Seats("s", 2, 0, 1)],
        facts=facts,
        report=list(rows),
        mails=[Mail(f"m-{fact.id}") for fact in facts],
        ledger=[Delivery(fact.id, f"m-{fact.id}", "sent", doubted=False) for fact in facts],
        unsettled={"outbox of enrollment": 0},
    )


def test_a_good_picture_has_no_faults() -> None:
    verdict = check(a_good_picture())

    assert not verdict.faults
    assert verdict.figures["enrollments acknowledged"] == 3


def an_acknowledged_enrollment_vanished(picture: Picture) -> None:
    picture.rows = picture.rows[1:]


def a_seat_was_taken_back(picture: Picture) -> None:
    picture.history = [*picture.history, Told("enroll", "ok", "dee", "s", "e-dee", "confirmed")]


def a_withdrawal_was_forgotten(picture: Picture) -> None:
    picture.history = [*picture.history, Told("cancel", "ok", "ann", "s", "e-ann", "cancelled")]


def somebody_was_thrown_out(picture: Picture) -> None:
    picture.history = [told for told in picture.history if told.op != "cancel"]


def an_enrollment_changed_hands(picture: Picture) -> None:
    picture.rows = [replace(picture.rows[0], person="eve"), *picture.rows[1:]]


def a_seat_was_sold_twice(picture: Picture) -> None:
    picture.rows = [*picture.rows[:3], replace(picture.rows[3], state="confirmed")]


def a_seat_leaked(picture: Picture) -> None:
    picture.sessions = [Seats("s", 3, 0, 1)]


def the_queue_was_miscounted(picture: Picture) -> None:
    picture.sessions = [Seats("s", 2, 0, 2)]


def somebody_waits_beside_a_free_seat(picture: Picture) -> None:
    picture.sessions = [Seats("s", 3, 1, 1)]


def somebody_is_in_twice(picture: Picture) -> None:
    picture.rows = [*picture.rows, Row("e-dee2", "s", "dee", "waitlisted", 1)]


def nobody_asked_for_an_enrollment(picture: Picture) -> None:
    picture.history = picture.history[1:]


def a_row_has_no_fact(picture: Picture) -> None:
    picture.facts = picture.facts[1:]


def a_fact_has_no_row(picture: Picture) -> None:
    picture.facts = [*picture.facts, Fact("f7", "waitlisted", "e-eve", "s", "eve", 1)]


def a_fact_was_skipped(picture: Picture) -> None:
    picture.facts = [fact for fact in picture.facts if fact.id != "f3"]


def somebody_jumped_the_queue(picture: Picture) -> None:
    f3, f4 = picture.facts[2:4]
    picture.facts = [*picture.facts[:2], f4, f3, *picture.facts[4:]]


def the_report_missed_one(picture: Picture) -> None:
    picture.report = picture.report[1:]


def the_report_is_stale(picture: Picture) -> None:
    picture.report = [*picture.report[:2], replace(picture.report[2], state="waitlisted"), picture.report[3]]


def the_report_has_the_wrong_region(picture: Picture) -> None:
    picture.report = [replace(picture.report[0], region="PV30"), *picture.report[1:]]


def the_catalogue_shows_a_seat_too_many(picture: Picture) -> None:
    picture.shown = [Seats("s", 2, 1, 1)]


def somebody_was_not_told(picture: Picture) -> None:
    picture.mails = picture.mails[1:]


def a_fact_never_reached_the_ledger(picture: Picture) -> None:
    picture.ledger = picture.ledger[1:]


def somebody_was_told_twice(picture: Picture) -> None:
    picture.mails = [*picture.mails, picture.mails[0]]


def a_fact_was_mailed_under_two_names(picture: Picture) -> None:
    picture.ledger = [*picture.ledger, Delivery("f1", "m-other", "sent", doubted=False)]


def a_mail_is_about_nothing(picture: Picture) -> None:
    picture.mails = [*picture.mails, Mail("m-f99")]


def a_fact_never_left(picture: Picture) -> None:
    picture.unsettled = {"outbox of enrollment": 1}


PLANTED: dict[Callable[[Picture], None], str] = {
    an_acknowledged_enrollment_vanished: "lost",
    a_seat_was_taken_back: "lost",
    a_withdrawal_was_forgotten: "lost",
    somebody_was_thrown_out: "lost",
    an_enrollment_changed_hands: "lost",
    a_seat_was_sold_twice: "oversold",
    a_seat_leaked: "oversold",
    the_queue_was_miscounted: "oversold",
    somebody_waits_beside_a_free_seat: "oversold",
    somebody_is_in_twice: "duplicate",
    nobody_asked_for_an_enrollment: "unasked",
    a_row_has_no_fact: "half done",
    a_fact_has_no_row: "half done",
    a_fact_was_skipped: "half done",
    somebody_jumped_the_queue: "unfair",
    the_report_missed_one: "report differs",
    the_report_is_stale: "report differs",
    the_report_has_the_wrong_region: "report differs",
    the_catalogue_shows_a_seat_too_many: "catalogue differs",
    somebody_was_not_told: "mail missing",
    a_fact_never_reached_the_ledger: "mail missing",
    somebody_was_told_twice: "mail twice",
    a_fact_was_mailed_under_two_names: "mail twice",
    a_mail_is_about_nothing: "mail twice",
    a_fact_never_left: "unsettled",
}


@pytest.mark.parametrize(("plant", "kind"), PLANTED.items(), ids=[plant.__name__ for plant in PLANTED])
def test_a_planted_fault_is_found(plant: Callable[[Picture], None], kind: str) -> None:
    picture = a_good_picture()
    plant(picture)

    assert kind in check(picture).faults


def test_a_mail_sent_again_in_doubt_may_arrive_twice() -> None:
    picture = a_good_picture()
    picture.mails = [*picture.mails, picture.mails[0]]
    picture.ledger = [replace(picture.ledger[0], doubted=True), *picture.ledger[1:]]

    assert not check(picture).faults
