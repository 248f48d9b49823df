"""What enrollment does with the facts of others. Those of the catalogue also go into our own log, so that it alone can rebuild
uptake.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from enrollment import desk, places
from enrollment.commands import DescribeSession, OpenSession
from shared.contracts.catalog import MunicipalityPlaced, SessionAnnounced, SessionDescribed
from shared.contracts.gateway import PersonForgotten
from shared.database.pool import Connection
from shared.messaging import forgetting, log
from shared.messaging.consumer import Subscriptions
from shared.messaging.message import Envelope


async def on_municipalities(conn: Connection, facts: Sequence[Envelope[MunicipalityPlaced]]) -> None:
    await places.save(conn, list({fact.event.place.municipality: fact.event.place for fact in facts}.values()))
    await log.keep(conn, [fact.message for fact in facts])


async def on_sessions(conn: Connection, facts: Sequence[Envelope[SessionAnnounced | SessionDescribed]]) -> None:
    """Over the desk, in the transaction of the inbox: a session is opened once, and its facts follow its row."""
    commands = [
        OpenSession(fact.message.id, fact.event, seed_for(fact.event))
        if isinstance(fact.event, SessionAnnounced)
        else DescribeSession(fact.message.id, fact.event)
        for fact in facts
    ]
    await desk.settle(conn, commands, datetime.now(UTC))
    await log.keep(conn, [fact.message for fact in facts])


def seed_for(announced: SessionAnnounced) -> str | None:
    """Where there is to be a draw, its seed: made before anybody can come, and shown to nobody until the draw."""
    return secrets.token_hex(32) if announced.seats.draw_at else None


async def on_forgotten(conn: Connection, facts: Sequence[Envelope[PersonForgotten]]) -> None:
    """Give up what is coming for them, and let their enrollments be nobody's. The log follows: that may take long."""
    for fact in facts:
        if erasure := await forgetting.begin(conn, fact.event):
            forgotten = await desk.forget(conn, {erasure.person_id: erasure.anonymous_id}, datetime.now(UTC))
            await forgetting.tell(conn, erasure, {"enrollments": forgotten.enrollments, "givenUp": forgotten.given_up})
            await forgetting.rekey_trouble(conn, erasure)


SUBSCRIPTIONS: Subscriptions = {
    MunicipalityPlaced: on_municipalities,
    SessionAnnounced: on_sessions,
    SessionDescribed: on_sessions,
    PersonForgotten: on_forgotten,
}
