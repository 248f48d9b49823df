"""Each step of a request for approval is told to the person, once, and to nobody else."""

from __future__ import annotations

from typing import get_args

import asyncpg
import pytest

from notifications.channels.email import approvals
from shared.contracts.enrollment import DeclineReason
from shared.translations import Language
from tests.notifications.build import Enrollment
from tests.notifications.conftest import World
from tests.notifications.test_letters import text_of, write


async def test_each_step_is_told_to_the_person_in_turn_and_once(world: World) -> None:
    await world.describe_session()
    at_once, in_turn, first, late = (Enrollment(world.session_id) for _ in range(4))
    facts = [
        at_once.requested(), at_once.moved("requested"), at_once.confirmed(approved=True),
        in_turn.waitlisted(approval="needed"), in_turn.requested(from_waiting_list=True), in_turn.declined(),
        first.requested(holds_seat=False), first.waitlisted(approval="given"), first.confirmed(from_waiting_list=True),
        late.requested(), late.declined("approval-lapsed"),
    ]  # fmt: skip

    heard = await world.hear(*facts)
    await world.pool.execute("DELETE FROM inbox")
    await world.consumer.take(heard)
    await world.send_all()

    told = {who.person_id: [] for who in (at_once, in_turn, first, late)}  # type: ignore[var-annotated]
    for line in sorted(await world.ledger(), key=lambda line: line["delivery_id"]):
        told[line["recipient_id"]].append(line["template"])
    assert list(told.values()) == [
        ["approval-asked", "moved-with-a-request", "approved"],
        ["waitlisted-for-approval", "approval-asked-in-turn", "declined"],
        ["approval-asked-first", "approved-and-waiting", "confirmed-from-waiting-list"],
        ["approval-asked", "approval-lapsed"],
    ]
    assert len(world.sink.mails) == len(facts)


def test_every_reason_there_is_has_its_words() -> None:
    assert approvals.REASONS.keys() == set(get_args(DeclineReason))


@pytest.mark.parametrize(
    ("language", "why"),
    [
        ("nl", "Je hebt er kennis of ervaring voor nodig die je nog niet hebt"),
        ("en", "It asks for knowledge or experience that you do not have yet"),
    ],
)
def test_a_no_says_why_in_the_language_of_who_reads_it(language: Language, why: str) -> None:
    assert why in text_of(write("declined", language=language))


def test_who_asks_reads_until_when_it_is_decided() -> None:
    assert "Je hoort het uiterlijk woensdag 31 maart 2027 om 11:00 uur." in text_of(write("approval-asked"))


async def test_a_no_without_a_reason_cannot_be_written_down(world: World) -> None:
    await world.hear(Enrollment(world.session_id).declined())

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await world.pool.execute("UPDATE delivery SET because = NULL")

    assert refused.value.constraint_name == "because_is_for_a_no"
