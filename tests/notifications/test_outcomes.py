"""Whoever completes a training hears so, and so does whoever no longer did; nobody hears what they know themselves."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from notifications import store
from notifications.deliveries import AFTERWARDS, Template
from shared.contracts.enrollment import Outcome, State
from shared.translations import Language
from tests.notifications.build import Enrollment, a_delivery, a_recipient, a_session
from tests.notifications.conftest import World
from tests.notifications.test_letters import WRITER, text_of, write


@pytest.mark.parametrize(
    ("stood", "stands", "told"),
    [
        ("confirmed", "completed", ["completed"]),
        ("no_show", "completed", ["completed"]),
        ("completed", "attended", ["outcome-corrected"]),
        ("completed", "no_show", ["outcome-corrected"]),
        ("confirmed", "attended", []),
        ("confirmed", "no_show", []),
        ("no_show", "attended", []),
    ],
)
async def test_what_is_news_is_told_once(world: World, stood: State, stands: Outcome, told: list[str]) -> None:
    enrollment = Enrollment(world.session_id)

    facts = await world.hear(enrollment.confirmed(), enrollment.marked(stands, stood))
    await world.consumer.take(facts)

    assert [row["template"] for row in await world.ledger()] == ["confirmed", *told]


async def test_a_mark_that_nobody_is_told_does_not_hold_up_the_next(world: World) -> None:
    enrollment = Enrollment(world.session_id)

    await world.hear(enrollment.confirmed(), enrollment.marked("attended"))
    await world.hear(enrollment.marked("completed", "attended"))

    assert [row["template"] for row in await world.ledger()] == ["confirmed", "completed"]


async def test_the_calendar_file_stays_that_of_the_place(world: World) -> None:
    enrollment = Enrollment(world.session_id)
    await world.hear(enrollment.confirmed(), enrollment.marked("completed"))

    async with world.pool.acquire() as conn:
        latest = await store.latest(conn, enrollment.person_id, enrollment.enrollment_id)

    assert latest is not None
    assert latest.template == "confirmed"


@pytest.mark.parametrize("template", sorted(AFTERWARDS))
@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_is_said_plainly_and_brings_no_calendar_file(template: Template, language: Language) -> None:
    delivery = a_delivery(template)
    mail = message_from_bytes(
        WRITER.write(delivery, a_recipient(language=language), a_session()).content, policy=policy.default
    )

    assert [*mail.iter_attachments()] == []
    assert str(delivery.enrollment_id) in text_of(mail)
    assert "PLC-programmeren" in mail["Subject"]


def test_completing_is_a_reason_to_congratulate() -> None:
    assert write("completed", language="nl")["Subject"] == "Je hebt afgerond: PLC-programmeren"
    assert "Gefeliciteerd: je hebt deze training afgerond." in text_of(write("completed"))
    assert "telt niet meer als afgerond" in text_of(write("outcome-corrected"))
