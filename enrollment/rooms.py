"""Rows of openings and tickets, for the store: from them to the ledger and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record
from pydantic import TypeAdapter

from enrollment.commands import AdmitTickets, Anonymise, Command, DrawTickets, LeaveLine, RequestSeat
from enrollment.domain import Room, Session, Ticket
from shared.contracts.enrollment import TicketEnded
from shared.database import sql
from shared.database.pool import Connection

SQL = sql.load(__file__, "openings.sql")
WISH: TypeAdapter[RequestSeat] = TypeAdapter(RequestSeat)
NOT_WISHED = {"command_id", "session_id", "enrollment_id", "person_id", "ticket_id", "queues", "asked_at", "keyed"}
"""What of a request is in a ticket's own columns, or is not kept with it."""
ROOM = tuple(field.name for field in fields(Room))


async def load(conn: Connection, sessions: Mapping[UUID, Session], commands: Sequence[Command]) -> Sequence[RequestSeat]:
    """Put with the locked sessions how they open, and the tickets that the commands are about.

    Returns what those ask whose turn the commands say it is.
    """
    if not sessions:
        return []
    drawing = [command.session_id for command in commands if isinstance(command, DrawTickets)]
    for row in await conn.fetch(SQL.load_rooms, list(sessions), drawing):
        sessions[row["session_id"]].room = room_of(row)
    in_turn = await _next_in_turn(conn, sessions, commands)
    own = [*await _held(conn, sessions, commands), *await _left(conn, commands)]
    for row in [*own, *await _forgotten(conn, commands), *in_turn]:
        sessions[row["session_id"]].know_ticket(_ticket(row))
    return [_ticket(row).request for row in in_turn]


async def _held(conn: Connection, sessions: Mapping[UUID, Session], commands: Sequence[Command]) -> Sequence[Record]:
    """Asked only where somebody waits: most sessions have no line."""
    asked = [
        (command.session_id, command.person_id)
        for command in commands
        if isinstance(command, RequestSeat) and command.session_id in sessions and sessions[command.session_id].room.waiting
    ]
    return await conn.fetch(SQL.load_held, *zip(*asked, strict=True)) if asked else []


async def _left(conn: Connection, commands: Sequence[Command]) -> Sequence[Record]:
    own = [(one.session_id, one.ticket_id, one.person_id) for one in commands if isinstance(one, LeaveLine)]
    return await conn.fetch(SQL.load_own_tickets, *zip(*own, strict=True)) if own else []


async def _next_in_turn(conn: Connection, sessions: Mapping[UUID, Session], commands: Sequence[Command]) -> Sequence[Record]:
    admitted: dict[UUID, int] = {}
    for command in commands:
        if isinstance(command, AdmitTickets) and command.session_id in sessions:
            admitted[command.session_id] = admitted.get(command.session_id, 0) + command.at_most
    for command in commands:  # where some leave in the same round, it is the turn of others behind them
        if command.session_id in admitted:
            admitted[command.session_id] += _leaving(command)
    return await conn.fetch(SQL.load_next_in_turn, list(admitted), list(admitted.values())) if admitted else []


def _leaving(command: Command) -> int:
    """How many tickets a command may end ahead of who is let in."""
    if isinstance(command, Anonymise):
        return len(command.anonymous_ids)
    return int(isinstance(command, LeaveLine))


async def _forgotten(conn: Connection, commands: Sequence[Command]) -> Sequence[Record]:
    whose = [(c.session_id, person_id) for c in commands if isinstance(c, Anonymise) for person_id in c.anonymous_ids]
    return await conn.fetch(SQL.load_tickets_of, *zip(*whose, strict=True)) if whose else []


def holds(sessions: Mapping[UUID, Session], command: LeaveLine) -> bool:
    """Whether the ticket that a command is about is that of who asks."""
    session = sessions.get(command.session_id)
    ticket = session.tickets.get(command.ticket_id) if session else None
    return ticket is not None and ticket.person_id == command.person_id


async def save(conn: Connection, sessions: Sequence[Session]) -> None:
    """Write down what changed of openings and tickets; the order of a draw follows from the seed that the decision showed."""
    changed = [session for session in sessions if session.room != Room()]
    if not changed:
        return
    await _save_rooms(conn, changed)
    tickets = [ticket for session in changed for ticket in session.changed_tickets.values()]
    if tickets:
        tickets.sort(key=lambda ticket: ticket.state == "waiting")  # a person lets one go before they hold another
        await _save_tickets(conn, tickets)
    for session in changed:
        if session.is_drawn_now:
            await conn.execute(SQL.draw, session.session_id, session.room.seed)


async def _save_rooms(conn: Connection, sessions: Sequence[Session]) -> None:
    rooms = [session.room for session in sessions]
    await conn.execute(
        SQL.save_rooms,
        [session.session_id for session in sessions],
        [room.opens_at for room in rooms],
        [room.draw_at for room in rooms],
        [room.always for room in rooms],
        [room.seed_hash for room in rooms],
        [room.seed if room.drawn_at else None for room in rooms],
        [room.drawn_at for room in rooms],
        [room.next_arrival for room in rooms],
        [room.next_turn for room in rooms],
        [room.served for room in rooms],
        [room.waiting for room in rooms],
        [room.pace for room in rooms],
        [room.paced_at for room in rooms],
    )
    made = {session.session_id: session.room.seed for session in sessions if session.room.seed and not session.room.drawn_at}
    if made:
        await conn.execute(SQL.keep_seeds, list(made), list(made.values()))


async def _save_tickets(conn: Connection, tickets: Sequence[Ticket]) -> None:
    await conn.execute(
        SQL.save_tickets,
        [ticket.request.session_id for ticket in tickets],
        [ticket.ticket_id for ticket in tickets],
        [ticket.person_id for ticket in tickets],
        [ticket.request.enrollment_id for ticket in tickets],
        [ticket.arrival for ticket in tickets],
        [ticket.turn for ticket in tickets],
        [ticket.in_draw for ticket in tickets],
        [ticket.state for ticket in tickets],
        [ticket.reason for ticket in tickets],
        [ticket.revision for ticket in tickets],
        [ticket.asked_at for ticket in tickets],
        [ticket.settled_at for ticket in tickets],
        [ticket.anonymous for ticket in tickets],
        [_wish(ticket) for ticket in tickets],
    )


async def set_aside(conn: Connection, session_id: UUID, now: datetime) -> TicketEnded | None:
    """End the ticket that is next in line for a session that is locked; returns what is to be told of it."""
    row = await conn.fetchrow(SQL.set_aside, session_id, now)
    return TicketEnded(**row, occurred_at=now) if row else None


async def sessions_of(conn: Connection, person_ids: Collection[UUID]) -> Sequence[tuple[UUID, UUID]]:
    """For which sessions these people hold or held a ticket: session and person."""
    return [(row["session_id"], row["person_id"]) for row in await conn.fetch(SQL.ticket_sessions_of, list(person_ids))]


async def people_in(conn: Connection, session_id: UUID) -> Sequence[UUID]:
    """Who holds or held a ticket for a session, as far as that is known."""
    return [row["person_id"] for row in await conn.fetch(SQL.people_with_tickets, session_id)]


async def told_of(conn: Connection, person_ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The tickets under these ids of which there are facts, each with its person."""
    return {row["ticket_id"]: row["person_id"] for row in await conn.fetch(SQL.tickets_told_of, list(person_ids))}


def room_of(row: Record) -> Room:
    return Room(**{name: row[name] for name in ROOM})


def _wish(ticket: Ticket) -> str:
    if ticket.state != "waiting":
        return "{}"
    return WISH.dump_json(ticket.request, exclude=NOT_WISHED, exclude_defaults=True).decode()


def _ticket(row: Record) -> Ticket:
    ids = {name: row[name] for name in ("session_id", "enrollment_id", "person_id", "ticket_id", "asked_at")}
    request = WISH.validate_python({**orjson.loads(row["wish"]), **ids, "command_id": row["ticket_id"]})
    return Ticket(
        request=request, asked_at=row["asked_at"], arrival=row["arrival"], turn=row["turn"], in_draw=row["in_draw"],
        state=row["state"], reason=row["reason"], revision=row["revision"], settled_at=row["settled_at"],
        anonymous=row["anonymous"],
    )  # fmt: skip
