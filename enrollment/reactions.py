"""What enrollment does with the catalogue's facts. Each also goes into our own log, so that it alone can rebuild uptake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from enrollment import desk, places
from enrollment.commands import DescribeSession, OpenSession
from shared.contracts.catalog import MunicipalityPlaced, SessionAnnounced, SessionDescribed
from shared.database.pool import Connection
from shared.messaging import log
from shared.messaging.consumer import Subscriptions
from shared.messaging.message import Envelope


async def on_municipalities(conn: Connection, facts: Sequence[Envelope[MunicipalityPlaced]]) -> None:
    await places.save(conn, list({fact.event.place.municipality: fact.event.place for fact in facts}.values()))
    await log.keep(conn, [fact.message for fact in facts])


async def on_sessions(conn: Connection, facts: Sequence[Envelope[SessionAnnounced | SessionDescribed]]) -> None:
    """Over the desk, in the transaction of the inbox: a session is opened once, and its facts follow its row."""
    commands = [
        OpenSession(fact.message.id, fact.event)
        if isinstance(fact.event, SessionAnnounced)
        else DescribeSession(fact.message.id, fact.event)
        for fact in facts
    ]
    await desk.settle(conn, commands, datetime.now(UTC))
    await log.keep(conn, [fact.message for fact in facts])


SUBSCRIPTIONS: Subscriptions = {
    MunicipalityPlaced: on_municipalities,
    SessionAnnounced: on_sessions,
    SessionDescribed: on_sessions,
}
