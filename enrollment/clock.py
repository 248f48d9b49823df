"""What ends by itself: offers and requests for approval without an answer in time, the waiting for what has begun, and what a
session keeps or leaves open until a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import uuid4

from enrollment.commands import Command, KeepTime, LapseOffer, LapseRequest
from enrollment.domain import Answer
from shared.database import sql
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, connection
from shared.errors import Busy, Rejected
from shared.logs import logger

SQL = sql.load(__file__, "enrollment.sql")
LOOK_EVERY = 1.0
AT_ONCE = 500
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, Rejected, TimeoutError)

Ask = Callable[[Command], Awaitable[Answer]]


async def end_what_is_over(pool: Pool, ask: Ask) -> None:
    """Look once a second, and have the desk end what is over, like anything else that is asked of it. Serves for ever.

    Where several processes look, the desk ends a thing once, and tells the others that it is so.
    """
    while True:
        try:
            if max(await end_those(pool, ask), await end_requests(pool, ask)) >= AT_ONCE:
                continue
        except AWAY as error:
            logger.warning("what is over waits for its end", reason=f"{type(error).__name__}: {error}")
        await asyncio.sleep(LOOK_EVERY)


async def keep_time(pool: Pool, ask: Ask) -> None:
    """The same for the rules of sessions: whether they take place, and until when seats are kept. Serves for ever."""
    while True:
        try:
            if await keep_what_is_due(pool, ask) == AT_ONCE:
                continue
        except AWAY as error:
            logger.warning("rules wait for their time", reason=f"{type(error).__name__}: {error}")
        await asyncio.sleep(LOOK_EVERY)


async def keep_what_is_due(pool: Pool, ask: Ask) -> int:
    """Returns in how many sessions a moment had come."""
    async with connection(pool) as conn:
        due = await conn.fetch(SQL.sessions_due, AT_ONCE)
    await _ask_each(ask, [KeepTime(uuid4(), row["session_id"]) for row in due])
    return len(due)


async def end_those(pool: Pool, ask: Ask) -> int:
    """Returns how many there were to end."""
    async with connection(pool) as conn:
        over = await conn.fetch(SQL.that_are_over, AT_ONCE)
    await _ask_each(ask, [LapseOffer(uuid4(), row["session_id"], row["enrollment_id"]) for row in over])
    return len(over)


async def end_requests(pool: Pool, ask: Ask) -> int:
    """Returns how many requests for approval there were to end."""
    async with connection(pool) as conn:
        over = await conn.fetch(SQL.requests_that_are_over, AT_ONCE)
    await _ask_each(ask, [LapseRequest(uuid4(), row["session_id"], row["enrollment_id"]) for row in over])
    return len(over)


async def _ask_each(ask: Ask, commands: Sequence[Command]) -> None:
    """Where one cannot be decided about, which is a fault of ours, the others go on. Raises what says that the desk is away."""
    for command, answer in zip(commands, await asyncio.gather(*map(ask, commands), return_exceptions=True), strict=True):
        if isinstance(answer, AWAY):
            raise answer
        if isinstance(answer, BaseException):
            logger.error("not decided", command=type(command).__name__, session=str(command.session_id), exc_info=answer)
