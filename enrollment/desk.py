"""The admission desk. Every command that touches a session's seats passes here, whoever it comes from."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from asyncpg import UniqueViolationError
from prometheus_client import Counter, Histogram
from pydantic.alias_generators import to_camel

from enrollment import domain, store
from enrollment.commands import Anonymise, Command, LeaveLine, OfAnApprover, OfAnOrganiser, OfTheirOwn, RequestSeat
from enrollment.domain import Answer, Forgotten, Refused, Ticketed
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Connection, Pool, transaction
from shared.errors import Busy, Rejected
from shared.gather import Gather
from shared.logs import logger
from shared.messaging import forgetting, log

PUBLISHER = "enrollment"
ROUND = 500
NOT_THEIRS = Refused("not-found", 404)
"""What is somebody else's answers as what does not exist."""
SAID_BY_ANOTHER = frozenset(["first_answer_pkey", "one_session_of_a_course_at_a_time"])
"""What is refused only because another desk wrote it meanwhile: tried again, the round knows it."""
PATIENCE = 8.0  # seconds for which a round survives a database that restarts
MANY = 50
"""A round of so many is a rush."""
A_RUSH = 0.5
"""For so many seconds after it."""
LONGEST_QUEUE = 1000
"""Beyond so many, and what takes longer than a second to decide, who comes gets a ticket instead of an answer that is late."""

decisions_total = Counter("skillslab_decisions_total", "Commands that the desk answered", ["answer"])
round_size = Histogram("skillslab_desk_round", "Commands per commit", buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500))


async def settle(conn: Connection, commands: Sequence[Command], now: datetime) -> list[Answer]:
    """In the caller's transaction: lock, decide, save, announce. An answer to each command, in their order.

    A command that came before, by its Idempotency-Key, gets its first answer; that is asked under the lock.
    """
    ledger, theirs = await store.lock(conn, commands)
    before = await store.first_answers(conn, commands)
    asked, repeated = _split(commands, set(before))
    joined = OfTheirOwn | LeaveLine | OfAnOrganiser | OfAnApprover
    new = [command for command in asked if not isinstance(command, joined) or command.command_id in theirs]

    decision = domain.decide(ledger, new, now)

    await store.save(conn, decision.ledger)
    await log.append(conn, PUBLISHER, decision.facts)
    answered = list(zip(new, decision.answers, strict=True))
    await store.save_answers(conn, answered)
    for command, answer in answered:
        if command.keyed:
            before[command.command_id] = (command.keyed.request_hash, answer)
    answers = {id(command): answer for command, answer in answered}
    answers |= {id(command): _first_answer(command, before) for command in repeated if command.command_id in before}
    return [answers.get(id(command), NOT_THEIRS) for command in commands]


def _split(commands: Sequence[Command], known: set[UUID]) -> tuple[list[Command], list[Command]]:
    """Those to decide, and those that only want to hear again what was answered, be it in this very round."""
    new: list[Command] = []
    repeated: list[Command] = []
    for command in commands:
        if command.keyed and command.command_id in known:
            repeated.append(command)
        else:
            new.append(command)
            if command.keyed:
                known.add(command.command_id)
    return new, repeated


def _first_answer(command: Command, before: dict[UUID, tuple[bytes, Answer]]) -> Answer:
    request_hash, answer = before[command.command_id]
    if command.keyed and command.keyed.request_hash != request_hash:
        return Refused("idempotency-key-reused", 422)
    return answer


async def forget(conn: Connection, anonymous_ids: Mapping[UUID, UUID], now: datetime) -> Forgotten:
    """In the caller's transaction: everything that is under these people's ids goes under the ids given with them, and what is
    still to come for them goes to others.
    """
    by_session: defaultdict[UUID, dict[UUID, UUID]] = defaultdict(dict)
    for session_id, person_id in await store.sessions_of(conn, anonymous_ids):
        by_session[session_id][person_id] = anonymous_ids[person_id]
    answered = await settle(conn, [Anonymise(uuid4(), session_id, ids) for session_id, ids in by_session.items()], now)
    await store.forget_answers(conn, {*anonymous_ids, *anonymous_ids.values()})
    told = [answer for answer in answered if isinstance(answer, Forgotten)]
    return Forgotten(sum(one.enrollments for one in told), sum(one.given_up for one in told))


async def forget_session(
    conn: Connection, session_id: UUID, anonymous_id: Callable[[UUID], UUID], now: datetime
) -> Collection[UUID]:
    """In the caller's transaction: whoever was in a session goes under another id; returns these ids."""
    ids = {person_id: anonymous_id(person_id) for person_id in await store.people_in(conn, session_id)}
    await settle(conn, [Anonymise(uuid4(), session_id, ids, whole_session=True)], now)
    return ids.values()


async def forget_log(conn: Connection, anonymous_ids: Collection[UUID]) -> int:
    """The same in what was logged of the enrollments that are under these ids by now; returns how many facts changed."""
    subjects = await store.theirs(conn, anonymous_ids)
    if not subjects:
        return 0
    blanked = [f"{{about,{to_camel(name)}}}" for name in domain.VOLUNTARY] + ["{seats,reserved}"]
    return await forgetting.rekey_log(conn, subjects, blanked)


async def forget_claims(conn: Connection) -> None:
    """Drop what people are in of sessions that are over."""
    await store.forget_claims(conn)


def _kind(answer: Answer) -> str:
    match answer:
        case Refused():
            return answer.slug
        case Ticketed():
            return "ticket"
        case _:
            return "settled"


class Desk:
    """Serves whoever waits in one transaction per round. Several desks may run, here and elsewhere: row locks take turns."""

    def __init__(self, pool: Pool, announce: Callable[[], None], clock: Callable[[], datetime] | None = None) -> None:
        """`announce` is called after each commit, for there may be facts to send; `clock` gives the time in UTC."""
        self._pool = pool
        self._announce = announce
        self._clock = clock or (lambda: datetime.now(UTC))
        self._round: Gather[Command, Answer] = Gather(self._gathered, limit=ROUND, fatal=(*LOST_CONNECTION, TimeoutError, Busy))
        self._pace = 0.0
        self._rush_until = 0.0
        self.tickets = asyncio.Event()
        """Set when somebody got a ticket, for whoever lets them in."""

    async def ask(self, command: Command) -> Answer:
        """The answer to one command. Raises Rejected (503) when the database stays away; then it is unknown whether the
        command took effect, and asking again with the same ids tells.
        """
        try:
            answer = await self._round.ask(command)
        except (*LOST_CONNECTION, TimeoutError) as error:
            logger.error("round failed", reason=f"{type(error).__name__}: {error}")
            raise Rejected(
                "unavailable",
                503,
                "It is not certain whether this came through. Ask again: that is always safe.",
                retry_after=2,
            ) from error
        decisions_total.labels(_kind(answer)).inc()
        return answer

    async def run(self) -> None:
        await self._round.run()

    def is_rushed(self, waiting: int) -> bool:
        """Whether so many who wait, here or on their way, are more than are served within about a second."""
        return waiting > max(LONGEST_QUEUE, self._pace)

    def in_a_rush(self) -> bool:
        """Whether many came at once just now: whatever can wait a moment had better do so."""
        return asyncio.get_running_loop().time() < self._rush_until

    async def _gathered(self, commands: Sequence[Command]) -> Sequence[Answer]:
        """A round of who waits. Where they are more than it can serve it gives tickets alone, in the order in which they came:
        that takes less.
        """
        if len(commands) >= MANY:
            self._rush_until = asyncio.get_running_loop().time() + A_RUSH
        if self.is_rushed(self._round.waiting):
            commands = [replace(one, queues=True) if isinstance(one, RequestSeat) else one for one in commands]
            return await self.serve(commands)
        began = asyncio.get_running_loop().time()
        answers = await self.serve(commands)
        lately = len(commands) / max(asyncio.get_running_loop().time() - began, 0.001)
        if len(commands) >= ROUND // 5:  # a small round says nothing of what a large one would take
            self._pace = 0.7 * self._pace + 0.3 * lately
        return answers

    def now(self) -> datetime:
        """The time by which this desk decides, in UTC."""
        return self._clock()

    async def set_aside(self, session_id: UUID) -> UUID | None:
        """End the ticket that is next in line, about which nothing can be decided, so that those behind it go on. Its person is
        told. Returns its id.
        """
        async with transaction(self._pool) as conn:
            ended = await store.set_aside(conn, session_id, self._clock())
            await log.append(conn, PUBLISHER, [ended] if ended else [])
        self._announce()
        return ended.ticket_id if ended else None

    async def serve(self, commands: Sequence[Command]) -> list[Answer]:
        """One round in one transaction, tried again while the database is away or asks for it.

        That is safe even when it is unknown whether a commit took place: every command carries the ids of what it makes, so
        that meeting its own effect it gives the same answer.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE
        pause = 0.05
        while True:
            try:
                async with transaction(self._pool) as conn:
                    answers = await settle(conn, commands, self._clock())
            except (*LOST_CONNECTION, *TRY_AGAIN, TimeoutError, UniqueViolationError) as error:
                if isinstance(error, UniqueViolationError) and error.constraint_name not in SAID_BY_ANOTHER:
                    raise
                if asyncio.get_running_loop().time() > deadline:
                    raise
                logger.warning("round tried again", size=len(commands), reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(pause * 2, 1.0)
                continue
            round_size.observe(len(commands))
            self._announce()
            if any(isinstance(answer, Ticketed) for answer in answers):
                self.tickets.set()
            return answers
