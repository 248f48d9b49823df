"""Who waits with a ticket is let in as fast as the desk can go, in turn; and draws are held when their time has come."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from enrollment.commands import AdmitTickets, DrawTickets
from enrollment.desk import Desk
from enrollment.domain import Admitted
from shared.database import sql
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, connection
from shared.errors import Busy
from shared.idle import until
from shared.logs import logger

SQL = sql.load(__file__, "openings.sql")
LOOK_EVERY = 1.0
AT_ONCE = 250  # tickets in one transaction, which keeps those who come waiting for some tens of milliseconds
ROOMS = 25
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError)


async def let_in(pool: Pool, desk: Desk) -> None:
    """Look when somebody got a ticket, and once a second. Serves for ever.

    Where several processes do, the lock on a session makes them take turns, and each lets in those who are next by then.
    """
    while True:
        desk.tickets.clear()
        try:
            await hold_draws(pool, desk)
            settled = await let_next_in(pool, desk)
        except AWAY as error:
            logger.warning("tickets wait", reason=f"{type(error).__name__}: {error}")
            settled = 0
        if not settled:
            await until(desk.tickets, LOOK_EVERY)


async def hold_draws(pool: Pool, desk: Desk) -> None:
    """Hold the draws whose moment has come."""
    async with connection(pool) as conn:
        due = [row["session_id"] for row in await conn.fetch(SQL.draws_that_are_due, desk.now())]
    for session_id in due:
        await desk.serve([DrawTickets(uuid4(), session_id)])
        logger.info("drawn", session=str(session_id))


async def let_next_in(pool: Pool, desk: Desk) -> int:
    """One round of admission, over all lines that move; returns how many tickets it settled."""
    async with connection(pool) as conn:
        lines = [row["session_id"] for row in await conn.fetch(SQL.rooms_to_admit, desk.now(), ROOMS)]
    if not lines:
        return 0
    try:
        return await _admit(desk, lines, AT_ONCE // len(lines))
    except AWAY:
        raise
    except Exception as error:
        logger.error("a round of tickets failed, so they go one by one", exc_info=error)
    return sum([await _one_by_one(desk, session_id) for session_id in lines])


async def _admit(desk: Desk, lines: Sequence[UUID], at_most: int) -> int:
    answers = await desk.serve([AdmitTickets(uuid4(), session_id, at_most) for session_id in lines])
    return sum(answer.tickets for answer in answers if isinstance(answer, Admitted))


async def _one_by_one(desk: Desk, session_id: UUID) -> int:
    """So that one about which nothing can be decided ends by itself, and holds up nobody behind it."""
    settled = 0
    while settled < AT_ONCE:
        try:
            if not await _admit(desk, [session_id], 1):
                break
        except AWAY:
            raise
        except Exception as error:
            ticket_id = await desk.set_aside(session_id)
            logger.error("ticket set aside", ticket=str(ticket_id), exc_info=error)
            return settled + 1
        settled += 1
    return settled
