"""What becomes of a seat that a colleague said yes to: the desk decides, and is asked until it has.

Neither of the two can take it back meanwhile, so that what they were told is what happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import orjson

from gateway.people import transfers
from gateway.people.transfers import Transfer
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, connection, transaction
from shared.errors import Busy, Rejected
from shared.logs import logger
from shared.web.client import Client

LOOK_EVERY = 30.0
AT_ONCE = 100
FOR_NOW = frozenset(
    (
        "already-enrolled", "other-session-of-course", "prerequisite-missing", "seat-is-kept", "unknown-municipality",
        "not-signed-in",
    )
)  # fmt: skip
APPROVAL_NEEDED = "approval-needed"
"""Refusals that are about the colleague: the seat is still there to be handed over."""
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError)


async def ask(pool: Pool, enrollment: Client, given: Transfer, told: Mapping[str, object]) -> tuple[int, bytes]:
    """The desk's answer to a transfer that was accepted: status and the colleague's enrollment. Asking again is safe.

    `told` is what the colleague says for the region's report. Raises Rejected: 409 for what cannot be, 503 while the desk is
    away; then it is asked again later.
    """
    ids = {
        "transferId": given.transfer_id, "sessionId": given.session_id, "enrollmentId": given.enrollment_id,
        "fromPersonId": given.from_person, "toPersonId": given.accepted_by,
    }  # fmt: skip
    body = {**told, **{name: str(value) for name, value in ids.items()}}
    try:
        status, answer = await enrollment.call("POST", "/internal/hand-overs", enrollment.itself, body=orjson.dumps(body))
    except Rejected as no:
        if no.slug in FOR_NOW:
            async with transaction(pool) as conn:
                await transfers.put_back(conn, given.transfer_id)
        elif no.status in (404, 409):
            async with transaction(pool) as conn:
                await transfers.done(conn, given.transfer_id)
            raise Rejected(APPROVAL_NEEDED if no.slug == APPROVAL_NEEDED else "seat-gone", 409) from no
        raise
    async with transaction(pool) as conn:
        await transfers.done(conn, given.transfer_id)
    return status, answer


async def look_after(pool: Pool, enrollment: Client) -> None:
    """See to the end what was said yes to while the desk was away. Serves for ever."""
    while True:
        try:
            await finish(pool, enrollment)
        except AWAY as error:
            logger.warning("hand-overs wait", reason=f"{type(error).__name__}: {error}")
        await asyncio.sleep(LOOK_EVERY)


async def finish(pool: Pool, enrollment: Client) -> None:
    """Ask the desk about each once more."""
    async with connection(pool) as conn:
        waiting = await transfers.unfinished(conn, AT_ONCE)
    for one in waiting:
        try:
            await ask(pool, enrollment, one, {})
        except Rejected as no:
            logger.info("not handed over", transfer=str(one.transfer_id), reason=no.slug)
