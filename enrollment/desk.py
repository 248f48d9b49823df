"""The admission desk. Every command that touches a session's seats passes here, whoever it comes from."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from prometheus_client import Counter, Histogram

from enrollment import domain, store
from enrollment.commands import CancelEnrollment, Command
from enrollment.domain import Answer, Refused
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Connection, Pool, transaction
from shared.errors import Busy, Rejected
from shared.gather import Gather
from shared.logs import logger
from shared.messaging import log

PUBLISHER = "enrollment"
ROUND = 500
NOT_THEIRS = Refused("not-found", 404)
"""What is somebody else's answers as what does not exist."""
PATIENCE = 8.0  # seconds for which a round survives a database that restarts

decisions_total = Counter("skillslab_decisions_total", "Commands that the desk answered", ["answer"])
round_size = Histogram("skillslab_desk_round", "Commands per commit", buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500))


async def settle(conn: Connection, commands: Sequence[Command], now: datetime) -> list[Answer]:
    """In the caller's transaction: lock, decide, save, announce. An answer to each command, in their order.

    A command that came before, by its Idempotency-Key, gets its first answer; that is asked under the lock.
    """
    ledger, theirs = await store.lock(conn, commands)
    before = await store.first_answers(conn, commands)
    asked, repeated = _split(commands, set(before))
    new = [command for command in asked if not isinstance(command, CancelEnrollment) or command.command_id in theirs]

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


class Desk:
    """Serves whoever waits in one transaction per round. Several desks may run, here and elsewhere: row locks take turns."""

    def __init__(self, pool: Pool, announce: Callable[[], None], clock: Callable[[], datetime] | None = None) -> None:
        """`announce` is called after each commit, for there may be facts to send; `clock` gives the time in UTC."""
        self._pool = pool
        self._announce = announce
        self._clock = clock or (lambda: datetime.now(UTC))
        self._round: Gather[Command, Answer] = Gather(self.serve, limit=ROUND, fatal=(*LOST_CONNECTION, TimeoutError, Busy))

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
        decisions_total.labels(answer.slug if isinstance(answer, Refused) else "settled").inc()
        return answer

    async def run(self) -> None:
        await self._round.run()

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
            except (*LOST_CONNECTION, *TRY_AGAIN, TimeoutError) as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                logger.warning("round tried again", size=len(commands), reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(pause * 2, 1.0)
                continue
            round_size.observe(len(commands))
            self._announce()
            return answers
