"""Forgetting that takes its time: the log of who asked to be erased, and sessions that were long ago. Serves for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

from enrollment import desk, retention
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, transaction
from shared.errors import Busy
from shared.idle import until
from shared.logs import logger
from shared.messaging import forgetting

LOOK_EVERY = 60.0
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError)
NO_LIMIT = "SET LOCAL statement_timeout = 0"
"""A log of years is looked through as a whole."""


async def look_after(pool: Pool, news: asyncio.Event, announce: Callable[[], None], months: int) -> None:
    """Finish what the reaction to an erasure began, at once when there is `news`, and once a day what has had its time.

    `announce` is called when there are facts to send; `months` is the term of fieldlabs that chose none.
    """
    ran_on: date | None = None
    while True:
        news.clear()
        try:
            await finish(pool)
            today = datetime.now(UTC).date()
            if ran_on != today:
                await retention.run(pool, datetime.now(UTC), months)
                ran_on = today
            announce()
        except AWAY as error:
            logger.warning("forgetting waits", reason=f"{type(error).__name__}: {error}")
        await until(news, LOOK_EVERY)


async def finish(pool: Pool) -> None:
    """Let the log forget too, and sweep after what was under way when a person was erased."""
    async with transaction(pool) as conn:
        await conn.execute(NO_LIMIT)
        erasures: Sequence[forgetting.Erasure] = await forgetting.unfinished(conn)
        for erasure in erasures:
            late = await desk.forget(conn, {erasure.person_id: erasure.anonymous_id}, datetime.now(UTC))
            await forgetting.rekey_trouble(conn, erasure)
            facts = await desk.forget_log(conn, [erasure.anonymous_id])
            await forgetting.done(conn, erasure)
            if facts or late.enrollments:
                logger.info("forgotten", erasure=str(erasure.erasure_id), facts=facts, late=late.enrollments)
        await forgetting.let_go(conn)
