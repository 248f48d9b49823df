"""From rows to the ledger and back. Only the desk comes here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from asyncpg import Record
from pydantic import TypeAdapter

from enrollment import places, rooms
from enrollment.commands import (
    Anonymise,
    Approver,
    CancelSession,
    ChangeSeats,
    ChangeSession,
    Command,
    DescribeSession,
    HandOver,
    KeepTime,
    LapseOffer,
    LapseRequest,
    LeaveLine,
    MarkAttendance,
    OfAnApprover,
    OfAnOrganiser,
    OfTheirOwn,
    RequestSeat,
    named_sessions,
)
from enrollment.domain import MOST_IN_A_GROUP, Answer, Enrollment, Ledger, Session, Step, is_too_early, moves
from enrollment.domain.claims import Claim, Claims
from enrollment.domain.ledger import OUT
from enrollment.domain.rules import Declared, Rules
from shared.contracts.enrollment import Participation, TicketEnded
from shared.database import sql
from shared.database.pool import Connection
from shared.messaging import answers, forgetting

SQL = sql.load(__file__, "enrollment.sql")
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
RULES: TypeAdapter[Rules] = TypeAdapter(Rules)
DECLARED: TypeAdapter[Declared] = TypeAdapter(Declared)
STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


async def lock(conn: Connection, commands: Sequence[Command]) -> tuple[Ledger, set[UUID]]:
    """Lock the sessions that the commands are about, and load what else the decision needs.

    Returns with it the ids of the commands about an enrollment or a ticket that is the asker's own, a request that is theirs to
    decide, or a session that they organise.
    """
    rows = await conn.fetch(SQL.lock_sessions, list({key for command in commands for key in named_sessions(command)}))
    sessions = {row["session_id"]: _session(row) for row in rows}
    in_turn = await rooms.load(conn, sessions, commands)
    requests = [command for command in commands if isinstance(command, RequestSeat)]
    requests += [command.wanted for command in commands if isinstance(command, HandOver)]
    requests += in_turn
    whose = [(c.session_id, person_id) for c in commands if isinstance(c, Anonymise) for person_id in c.anonymous_ids]
    named = await _enrollments(conn, commands, requests) if sessions else []
    found = [*named, *await _all_of(conn, whose)]
    organised = await _for_organisers(conn, commands, sessions)
    called_off = {command.session_id for command in commands if isinstance(command, CancelSession)}
    claims = await _claims(conn, requests, [*found, *(row for row in organised if row["session_id"] in called_off)])
    for session in sessions.values():
        session.claims = claims
    found += organised
    found += await _queues(conn, _may_fall_free(commands, whose, sessions), _keeping(commands, sessions))
    found += await _groups(conn, requests, found)
    for enrollment in {row["enrollment_id"]: _enrollment(row) for row in found}.values():
        sessions[enrollment.session_id].know(enrollment)
    theirs = {row["command_id"] for row in named if row["command_id"]}
    theirs |= {one.command_id for one in commands if isinstance(one, LeaveLine) and rooms.holds(sessions, one)}
    theirs |= {
        command.command_id
        for command in commands
        if isinstance(command, OfAnOrganiser) and _fieldlab(sessions.get(command.session_id)) in command.fieldlabs
    }
    theirs |= {
        command.command_id
        for command in commands
        if isinstance(command, OfAnApprover) and decides(command.approver, sessions.get(command.session_id))
    }
    codes = {code for c in requests for code in (c.work_municipality, c.home_municipality) if code is not None}
    coming = {command.person_id for command in (*requests, *commands) if isinstance(command, RequestSeat | ChangeSession)}
    gone = await forgetting.gone(conn, coming)
    return Ledger(sessions, await places.load(conn, codes), gone, claims, await _completed(conn, requests, sessions)), theirs


async def _enrollments(conn: Connection, commands: Sequence[Command], requests: Sequence[RequestSeat]) -> Sequence[Record]:
    own = [command for command in commands if isinstance(command, OfTheirOwn)]
    named = [
        (command.session_id, command.enrollment_id)
        for command in commands
        if isinstance(command, LapseOffer | LapseRequest | OfAnApprover)
    ]
    named += [
        (command.session_id, marked) for command in commands if isinstance(command, MarkAttendance) for marked in command.marks
    ]
    coming = [(command.session_id, command.person_id) for command in requests]
    coming += [(command.to_session_id, command.person_id) for command in commands if isinstance(command, ChangeSession)]
    return await conn.fetch(
        SQL.load_enrollments,
        [session_id for session_id, _ in coming],
        [person_id for _, person_id in coming],
        [command.session_id for command in own],
        [command.enrollment_id for command in own],
        [command.person_id for command in own],
        [command.command_id for command in own],
        [session_id for session_id, _ in named],
        [enrollment_id for _, enrollment_id in named],
    )


async def _all_of(conn: Connection, whose: Sequence[tuple[UUID, UUID]]) -> Sequence[Record]:
    if not whose:
        return []
    session_ids, person_ids = zip(*whose, strict=True)
    return await conn.fetch(SQL.load_all_of, session_ids, person_ids)


async def _claims(conn: Connection, requests: Sequence[RequestSeat], found: Sequence[Record]) -> Claims:
    """What these people are in, locked after the sessions: those who ask, and those who may leave."""
    people = {command.person_id for command in requests} | {row["person_id"] for row in found}
    claims = Claims()
    for row in await conn.fetch(SQL.lock_claims, list(people)) if people else ():
        claim = Claim(row["session_id"], row["enrollment_id"], row["starts_at"], row["ends_at"])
        claims.put(row["person_id"], row["course_id"], claim)
    claims.written = frozenset((person_id, course_id) for person_id, of in claims.people.items() for course_id in of)
    return claims


async def _save_claims(conn: Connection, ledger: Ledger) -> None:
    """A claim that somebody else wrote meanwhile is refused by the database: then the round is tried again, and finds it."""
    claims = ledger.claims
    keys = sorted({(person, one.about.course_id) for one in ledger.sessions.values() for person in one.came | one.left})
    now = [(*key, claim.session_id, claim.enrollment_id) for key in keys if (claim := claims.of(*key))]
    for statement, rows in (
        (SQL.add_claims, [row for row in now if row[:2] not in claims.written]),
        (SQL.change_claims, [row for row in now if row[:2] in claims.written]),
        (SQL.drop_claims, [key for key in keys if key in claims.written and not claims.of(*key)]),
    ):
        if rows:
            await conn.execute(statement, *zip(*rows, strict=True))


def decides(approver: Approver, session: Session | None) -> bool:
    """Whether requests in a session are this approver's to decide."""
    return _fieldlab(session) in approver.fieldlabs


def _fieldlab(session: Session | None) -> str | None:
    return session.about.fieldlab_id if session else None


async def _for_organisers(conn: Connection, commands: Sequence[Command], sessions: Mapping[UUID, Session]) -> Sequence[Record]:
    """Everybody who is in a session that is cancelled or moved, and whose seats are beyond a smaller capacity."""
    whole = [command.session_id for command in commands if isinstance(command, CancelSession)]
    whole += [
        command.session_id
        for command in commands
        if isinstance(command, DescribeSession) and command.session_id in sessions
        and moves(sessions[command.session_id], command.described)
    ]  # fmt: skip
    smaller: dict[UUID, int] = {}
    for command in commands:
        if isinstance(command, ChangeSeats) and command.capacity is not None and command.session_id in sessions:
            smaller[command.session_id] = min(command.capacity, smaller.get(command.session_id, command.capacity))
    smaller |= {command.session_id: 0 for command in commands if isinstance(command, KeepTime)}  # who holds any seat
    rows = await conn.fetch(SQL.load_whole_sessions, whole) if whole else []
    rows += await conn.fetch(SQL.load_seats_beyond, list(smaller), list(smaller.values())) if smaller else []
    return rows


async def _completed(
    conn: Connection, requests: Sequence[RequestSeat], sessions: Mapping[UUID, Session]
) -> frozenset[tuple[UUID, UUID]]:
    """Who of those who ask completed a course that is asked for."""
    asked = {
        (command.person_id, requires.course_id)
        for command in requests
        if command.session_id in sessions and (requires := sessions[command.session_id].rules.requires) and requires.course_id
    }
    if not asked:
        return frozenset()
    rows = await conn.fetch(SQL.completed, *zip(*asked, strict=True))
    return frozenset((row["person_id"], row["course_id"]) for row in rows)


def _may_fall_free(
    commands: Sequence[Command], whose: Sequence[tuple[UUID, UUID]], sessions: Mapping[UUID, Session]
) -> Mapping[UUID, int]:
    """How many seats of each session there may be to give to who waits: those that may fall free, and those left."""
    freeing = OfTheirOwn | LapseOffer | LapseRequest | OfAnApprover
    freed = Counter(command.session_id for command in commands if isinstance(command, freeing))
    freed += Counter(session_id for session_id, _ in whose)
    for command in commands:
        if isinstance(command, ChangeSeats) and command.session_id in sessions:
            more = (command.capacity or 0) - sessions[command.session_id].capacity
            freed[command.session_id] += max(more, 0)
        elif isinstance(command, KeepTime):
            freed[command.session_id] += 0
    return {key: count + sessions[key].seats_left for key, count in freed.items() if key in sessions}


def _keeping(commands: Sequence[Command], sessions: Mapping[UUID, Session]) -> set[UUID]:
    """The sessions that keep seats for a group, or are about to."""
    about_to = {command.session_id for command in commands if isinstance(command, ChangeSeats) and command.reserved}
    return about_to | {key for key, session in sessions.items() if session.rules.reserved}


async def _queues(conn: Connection, seats: Mapping[UUID, int], keeping: Collection[UUID]) -> Sequence[Record]:
    """The heads of the queues: the whole one, and of sessions that keep seats also that of each group."""
    if not seats:
        return []
    rows = await conn.fetch(SQL.load_queues, list(seats), list(seats.values()), MOST_IN_A_GROUP, max(seats.values()))
    kept = {key: count for key, count in seats.items() if key in keeping}
    if kept:
        rows += await conn.fetch(SQL.load_queues_of_groups, list(kept), list(kept.values()), MOST_IN_A_GROUP)
    return rows


async def _groups(conn: Connection, requests: Sequence[RequestSeat], found: Sequence[Record]) -> Sequence[Record]:
    """All who wait in a group that somebody joins, also by an approval, leaves, or is next in line with."""
    groups = {(command.session_id, command.group_id) for command in requests if command.group_id}
    groups |= {
        (row["session_id"], row["group_id"])
        for row in found
        if row["group_id"] and (row["place"] is not None or row["state"] == "requested")
    }
    if not groups:
        return []
    session_ids, group_ids = zip(*groups, strict=True)
    return await conn.fetch(SQL.load_groups, session_ids, group_ids)


async def set_aside(conn: Connection, session_id: UUID, now: datetime) -> TicketEnded | None:
    """End the ticket that is next in line for a session; returns what is to be told of it."""
    await conn.fetch(SQL.lock_sessions, [session_id])
    return await rooms.set_aside(conn, session_id, now)


async def sessions_of(conn: Connection, person_ids: Collection[UUID]) -> Sequence[tuple[UUID, UUID]]:
    """In which sessions these people are or were: session and person."""
    enrolled = [(row["session_id"], row["person_id"]) for row in await conn.fetch(SQL.sessions_of, list(person_ids))]
    return list({*enrolled, *await rooms.sessions_of(conn, person_ids)})


async def people_in(conn: Connection, session_id: UUID) -> Sequence[UUID]:
    """Who is or was in a session, as far as that is known."""
    enrolled = [row["person_id"] for row in await conn.fetch(SQL.people_in, session_id)]
    return list({*enrolled, *await rooms.people_in(conn, session_id)})


async def theirs(conn: Connection, person_ids: Collection[UUID]) -> Mapping[str, UUID]:
    """The subjects of facts that are about the people under these ids, each with its person."""
    enrolled = {row["enrollment_id"]: row["person_id"] for row in await conn.fetch(SQL.theirs, list(person_ids))}
    tickets = await rooms.told_of(conn, person_ids)
    return {f"enrollments/{key}": whose for key, whose in enrolled.items()} | {
        f"tickets/{key}": whose for key, whose in tickets.items()
    }


async def forget_answers(conn: Connection, person_ids: Collection[UUID]) -> None:
    """Drop what these people were answered to requests with an Idempotency-Key."""
    await conn.execute(SQL.forget_answers, list(person_ids))


async def forget_claims(conn: Connection) -> None:
    """Drop what people are in of sessions that are over: it keeps nobody out any more."""
    await conn.execute(SQL.forget_claims)


async def save(conn: Connection, ledger: Ledger) -> None:
    """Write down what the decisions changed. The database refuses what can never be, by the name of a constraint."""
    sessions = list(ledger.sessions.values())
    await _vacate(conn, sessions)
    reseated = [(session.session_id, *seat) for session in sessions for seat in session.reseated.items()]
    if reseated:  # before there are fewer seats
        await conn.execute(SQL.reseat, *zip(*reseated, strict=True))
    await conn.execute(
        SQL.save_sessions,
        [session.session_id for session in sessions],
        [session.about.model_dump_json(by_alias=True, exclude_none=True) for session in sessions],
        [session.starts_at for session in sessions],
        [session.ends_at for session in sessions],
        [session.closes_at for session in sessions],
        [session.capacity for session in sessions],
        [session.offer_hours for session in sessions],
        [session.location for session in sessions],
        [session.cancelled_at for session in sessions],
        [session.anonymised_at for session in sessions],
        [session.seats_left for session in sessions],
        [session.next_seat for session in sessions],
        ["{" + ",".join(map(str, session.freed)) + "}" for session in sessions],
        [session.waiting for session in sessions],
        [session.waiting_alone for session in sessions],
        [session.next_place for session in sessions],
        [session.revision for session in sessions],
        [session.told for session in sessions],
        [session.needs_approval for session in sessions],
        [session.approval_hours for session in sessions],
        [session.holds_seat for session in sessions],
        [session.requests for session in sessions],
        [RULES.dump_json(session.rules, exclude_defaults=True).decode() for session in sessions],
        [session.rules_due for session in sessions],
    )
    await _save_withdrawals(conn, sessions)
    await rooms.save(conn, sessions)
    changed = list(chain.from_iterable(session.changed.values() for session in sessions))
    changed.sort(key=lambda enrollment: enrollment.seat_no is not None)  # seats are let go before they are taken again
    if changed:
        await conn.execute(
            SQL.save_enrollments,
            [e.session_id for e in changed],
            [e.enrollment_id for e in changed],
            [e.person_id for e in changed],
            [e.state for e in changed],
            [e.revision for e in changed],
            [e.seat_no for e in changed],
            [ledger.sessions[e.session_id].capacity if e.seat_no is not None else None for e in changed],
            [e.place for e in changed],
            [e.company for e in changed],
            [e.group_id for e in changed],
            [e.at_once for e in changed],
            [e.offered_until for e in changed],
            [e.reason for e in changed],
            [e.registered_at for e in changed],
            [e.decided_at for e in changed],
            [e.anonymous for e in changed],
            [e.about.model_dump_json(by_alias=True, exclude_none=True) for e in changed],
            [STEPS.dump_json(e.steps, exclude_none=True).decode() for e in changed],
            [e.approval for e in changed],
            [e.approval_until for e in changed],
            [DECLARED.dump_json(e.declared, exclude_defaults=True).decode() for e in changed],
        )
        await _save_claims(conn, ledger)


async def _vacate(conn: Connection, sessions: Sequence[Session]) -> None:
    """Where there are fewer seats now, whoever is out lets theirs go first: most rounds have no such session."""
    changed = chain.from_iterable(session.changed.values() for session in sessions if session.has_fewer_seats)
    gone = [(one.session_id, one.enrollment_id, one.state, one.reason, one.approval) for one in changed if one.state in OUT]
    if gone:
        await conn.execute(SQL.vacate, *zip(*gone, strict=True))


async def _save_withdrawals(conn: Connection, sessions: Sequence[Session]) -> None:
    """Until when withdrawing is free, and the reasons that were given: most rounds change neither."""
    if hours := [(session.session_id, session.withdraw_hours) for session in sessions if session.deadline_changed]:
        await conn.execute(SQL.save_withdraw_hours, *zip(*hours, strict=True))
    if reasons := [(session.session_id, *given) for session in sessions for given in session.reasons.items()]:
        await conn.execute(SQL.save_reasons, *zip(*reasons, strict=True))


async def first_answers(conn: Connection, commands: Sequence[Command]) -> dict[UUID, tuple[bytes, Answer]]:
    """What commands with an Idempotency-Key were answered before, with the hash of the request they came with."""
    known = await answers.load(conn, [command.command_id for command in commands if command.keyed])
    return {key: (first.request_hash, ANSWER.validate_json(first.answer)) for key, first in known.items()}


async def save_answers(conn: Connection, answered: Sequence[tuple[Command, Answer]]) -> None:
    """Keep the first answer of each command that came with an Idempotency-Key, but for the one that says to ask again."""
    kept = [
        (command.command_id, command.keyed, answer)
        for command, answer in answered
        if command.keyed and not is_too_early(answer)
    ]
    await answers.keep(conn, [(key, keyed, ANSWER.dump_json(answer).decode()) for key, keyed, answer in kept])


def _session(row: Record) -> Session:
    return Session(
        session_id=row["session_id"],
        about=Participation.model_validate_json(row["about"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        closes_at=row["closes_at"],
        capacity=row["capacity"],
        offer_hours=row["offer_hours"],
        withdraw_hours=row["withdraw_hours"],
        location=row["location"],
        cancelled_at=row["cancelled_at"],
        anonymised_at=row["anonymised_at"],
        next_seat=row["next_seat"],
        freed=row["freed"],
        waiting=row["waiting"],
        waiting_alone=row["waiting_alone"],
        next_place=row["next_place"],
        revision=row["revision"],
        told=row["told"],
        needs_approval=row["needs_approval"],
        approval_hours=row["approval_hours"],
        holds_seat=row["holds_seat"],
        requests=row["requests"],
        rules=RULES.validate_json(row["rules"]),
    )


def _enrollment(row: Record) -> Enrollment:
    return Enrollment(
        enrollment_id=row["enrollment_id"],
        session_id=row["session_id"],
        person_id=row["person_id"],
        state=row["state"],
        revision=row["revision"],
        registered_at=row["registered_at"],
        decided_at=row["decided_at"],
        about=Participation.model_validate_json(row["about"]),
        seat_no=row["seat_no"],
        place=row["place"],
        group_id=row["group_id"],
        company=row["company"],
        at_once=row["at_once"],
        offered_until=row["offered_until"],
        reason=row["reason"],
        anonymous=row["anonymous"],
        steps=STEPS.validate_json(row["steps"]),
        approval=row["approval"],
        approval_until=row["approval_until"],
        declared=DECLARED.validate_json(row["declared"]),
    )
