"""Fair openings: who takes part in a draw, or comes when the desk is busy, holds a ticket until it is their turn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from enrollment.commands import AdmitTickets, DrawTickets, LeaveLine, OfTickets, RequestSeat
from enrollment.domain import steps
from enrollment.domain.ledger import Admitted, Answer, Done, Fault, Ledger, Left, Refused, Session, Settled, Ticketed
from enrollment.domain.room import Room, Ticket, TicketState
from shared.contracts.catalog import SeatPlan
from shared.contracts.enrollment import DrawAnnounced, SessionDrawn, TicketAnonymised, TicketEnded, TicketTaken
from shared.contracts.event import Event

RequestsSeat = Callable[[Ledger, RequestSeat, datetime, list[Event]], Answer]

AN_INTERRUPTION = timedelta(seconds=10)
"""Between two rounds; who waited through one was not waiting for a desk that is slow."""


def opened(plan: SeatPlan, seed: str | None) -> Room:
    """How a session opens, by what its organiser asked."""
    by_draw = plan.draw_at is not None
    return Room(
        opens_at=plan.opens_at,
        draw_at=plan.draw_at,
        always=bool(plan.waiting_room),
        seed=seed if by_draw else None,
        seed_hash=hash_of(seed) if by_draw and seed else None,
    )


def hash_of(seed: str) -> str:
    """SHA-256 of a seed; both in hexadecimal."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def announced(room: Room) -> DrawAnnounced | None:
    """What is told of a draw beforehand."""
    return DrawAnnounced(at=room.draw_at, seed_hash=room.seed_hash) if room.draw_at and room.seed_hash else None


def not_open_yet(session: Session, now: datetime) -> Refused | None:
    opens_at = session.room.opens_at
    return Refused("opens-later", retry_at=opens_at) if opens_at is not None and now < opens_at else None


def ticket_held(session: Session, command: RequestSeat, now: datetime) -> Ticketed | None:
    """The ticket that they wait with already."""
    held = session.ticket_of(command.person_id) if command.asked_at is None else None
    return ticketed(session, held, now) if held else None


def ticket_instead(session: Session, command: RequestSeat, now: datetime, facts: list[Event]) -> Ticketed | None:
    """A ticket, where there is a draw to come or a line to join. None for whose turn it is."""
    room = session.room
    if command.asked_at is not None or not (command.queues or room.always or room.waiting or room.is_to_be_drawn):
        return None
    by_draw = room.is_to_be_drawn
    ticket = Ticket(
        request=replace(command, asked_at=now, queues=False, keyed=None),
        asked_at=now,
        arrival=room.next_arrival,
        turn=None if by_draw else room.next_turn,
        in_draw=room.takes_part(now),
    )
    session.room = replace(
        room,
        next_arrival=room.next_arrival + 1,
        next_turn=room.next_turn + (0 if by_draw else 1),
        waiting=room.waiting + 1,
    )
    if ticket.in_draw and room.draw_at is not None:
        ticket = replace(ticket, revision=1)
        facts.append(TicketTaken(**_told(session, ticket, now), draw_at=room.draw_at))
    session.hold(ticket)
    return ticketed(session, ticket, now)


def ticketed(session: Session, ticket: Ticket, now: datetime) -> Ticketed:
    room = session.room
    return Ticketed(
        ticket.ticket_id,
        session.session_id,
        room.position(ticket.turn),
        room.seconds_until(ticket.turn, now),
        room.draw_at if ticket.in_draw and ticket.turn is None else None,
    )


def leave(ledger: Ledger, command: LeaveLine, now: datetime, facts: list[Event]) -> Answer:
    """Give up a ticket whose turn has not come. Again changes nothing and answers the same; once its turn has come the no says
    what it became.
    """
    session = ledger.sessions.get(command.session_id)
    ticket = session.tickets.get(command.ticket_id) if session else None
    if session is None or ticket is None or ticket.person_id != command.person_id:
        return Refused("not-found", 404)
    if ticket.state in ("enrolled", "refused"):
        return Refused("ticket-settled", faults=(_became(ticket),))
    if ticket.state == "waiting":
        settle(session, ticket, "withdrawn", now, facts)
    return Left(ticket.ticket_id, session.session_id, session.tickets[ticket.ticket_id].settled_at or now)


def answer(ledger: Ledger, command: OfTickets, now: datetime, facts: list[Event], request_seat: RequestsSeat) -> Answer:
    """What the clock asks for those who wait. Who is let in is decided about like anybody who comes, by `request_seat`."""
    if isinstance(command, DrawTickets):
        return draw(ledger, command, now, facts)
    return admit(ledger, command, now, facts, request_seat)


def draw(ledger: Ledger, command: DrawTickets, now: datetime, facts: list[Event]) -> Answer:
    """Show the seed: with it the order of the tickets follows. Once, and never before its time."""
    session = ledger.sessions.get(command.session_id)
    if session is None or session.cancelled_at is not None:
        return Done()
    room = session.room
    if not room.is_to_be_drawn or room.draw_at is None or now < room.draw_at:
        return Done()
    assert room.seed is not None, "the desk loads the seed of a draw"
    assert room.seed_hash is not None
    session.room = replace(room, drawn_at=now, next_turn=room.next_arrival)
    session.is_drawn_now = True
    session.told += 1
    facts.append(
        SessionDrawn(
            session_id=session.session_id, revision=session.told, occurred_at=now, seats=steps.seats(session),
            seed=room.seed, seed_hash=room.seed_hash,
        )
    )  # fmt: skip
    return Done()


def admit(ledger: Ledger, command: AdmitTickets, now: datetime, facts: list[Event], request_seat: RequestsSeat) -> Answer:
    """Those whose turn it is get what they would have got as they came: a seat, a place in the queue, or the reason why not."""
    session = ledger.sessions.get(command.session_id)
    if session is None or (session.room.is_to_be_drawn and session.cancelled_at is None and now < session.starts_at):
        return Admitted(0, 0)
    in_turn = sorted(
        (one for one in session.tickets.values() if one.state == "waiting"),
        key=lambda one: (one.turn is None, one.turn or 0, one.arrival),
    )[: command.at_most]
    for ticket in in_turn:
        asked = replace(ticket.request, command_id=uuid5(ticket.ticket_id, "admission"))
        decided = request_seat(ledger, asked, now, facts)
        match decided:
            case Settled():
                enrolled = replace(ticket, request=replace(ticket.request, enrollment_id=decided.enrollment.enrollment_id))
                settle(session, enrolled, "enrolled", now, facts)
            case Refused(slug="not-signed-in"):
                settle(session, ticket, "withdrawn", now, facts)
            case Refused():
                settle(session, ticket, "refused", now, facts, decided.slug)
            case _:
                raise AssertionError(f"nobody whose turn it is gets {decided}")
    session.room = _paced(session.room, in_turn, now)
    return Admitted(len(in_turn), session.room.waiting)


def settle(
    session: Session, ticket: Ticket, state: TicketState, now: datetime, facts: list[Event], reason: str | None = None
) -> None:
    """A ticket ends. What was asked with it is kept no longer: the enrollment has it. Whoever was refused is told, always."""
    told = state == "refused" or (ticket.revision > 0 and state != "enrolled")
    after = replace(ticket, state=state, reason=reason, settled_at=now, revision=ticket.revision + told)
    session.room = replace(session.room, waiting=session.room.waiting - 1)
    session.hold(after)
    if told:
        facts.append(TicketEnded(**_told(session, after, now), reason=reason or state))


def disown(session: Session, anonymous_ids: Mapping[UUID, UUID], now: datetime, facts: list[Event]) -> None:
    """The tickets of these people are nobody's; those that still wait are given up. A draw keeps its numbers."""
    for ticket in list(session.tickets.values()):
        anonymous_id = anonymous_ids.get(ticket.person_id)
        if anonymous_id is None:
            continue
        if ticket.state == "waiting":
            settle(session, ticket, "withdrawn", now, facts)
        ended = session.tickets[ticket.ticket_id]
        told = ended.revision > 0
        after = replace(
            ended, request=replace(ended.request, person_id=anonymous_id), anonymous=True, revision=ended.revision + told
        )
        session.hold(after)
        if told:
            facts.append(TicketAnonymised(**_told(session, after, now)))


def _became(ticket: Ticket) -> Fault:
    if ticket.state == "enrolled":
        return Fault("#", "became_enrollment", str(ticket.request.enrollment_id))
    return Fault("#", "came_to_nothing", ticket.reason or "")


def _paced(room: Room, let_in: list[Ticket], now: datetime) -> Room:
    """How fast it goes, smoothed over some rounds."""
    if not let_in:
        return room
    pace = room.pace
    since = now - room.paced_at if room.paced_at else None
    if since and timedelta(0) < since < AN_INTERRUPTION:
        lately = len(let_in) / since.total_seconds()
        pace = lately if pace is None else 0.7 * pace + 0.3 * lately
    turns = [ticket.turn for ticket in let_in if ticket.turn is not None]
    return replace(room, served=max([room.served, *turns]), pace=pace, paced_at=now)


def _told(session: Session, ticket: Ticket, now: datetime) -> dict[str, object]:
    """What every fact about a ticket says."""
    return {
        "ticket_id": ticket.ticket_id,
        "session_id": session.session_id,
        "person_id": ticket.person_id,
        "revision": ticket.revision,
        "occurred_at": now,
    }
