"""What becomes of a seat that a colleague said yes to: the desk decides, and is asked until it has.

Neither of the two can take it back meanwhile, so that what they were told is what happens.
"""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid5

import orjson

from gateway.people import transfers
from gateway.people.transfers import Transfer
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, connection, transaction
from shared.errors import Busy, Rejected
from shared.logs import logger
from shared.web.client import Client
from shared.web.principal import Principal

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
ONLY_ALONE = frozenset(("steps", "stated", "withdrawUntil"))
"""What of an enrollment is told where it is asked for by itself."""
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError)


async def ask(pool: Pool, enrollment: Client, accepted: Transfer) -> bytes:
    """The desk's answer to a transfer that was accepted: the colleague's enrollment. Asking again is safe.

    One asks at a time, and holds the transfer meanwhile. Raises Rejected: 409 for what cannot be, 503 while the desk is away;
    then it is asked again later.
    """
    async with transaction(pool) as conn:
        given = await transfers.hold(conn, accepted)
        if given is None:
            assert accepted.accepted_by is not None, "somebody said yes"
            return await taken_over(enrollment, accepted.transfer_id, Principal(accepted.accepted_by, ()))
        ids = {
            "transferId": given.transfer_id, "sessionId": given.session_id, "enrollmentId": given.enrollment_id,
            "fromPersonId": given.from_person, "toPersonId": given.accepted_by,
        }  # fmt: skip
        told = {**orjson.loads(given.told), **{name: str(value) for name, value in ids.items()}}
        try:
            _, answer = await enrollment.call(
                "POST", "/internal/hand-overs", enrollment.itself, body=orjson.dumps(told)
            )  # fmt: skip
        except Rejected as no:
            if no.status not in (400, 401, 404, 409):
                raise
            refused = no
        else:
            await transfers.done(conn, given.transfer_id)
            return answer
        if refused.slug in FOR_NOW:
            await transfers.put_back(conn, given.transfer_id)
        else:
            await transfers.done(conn, given.transfer_id)
            refused = Rejected(APPROVAL_NEEDED if refused.slug == APPROVAL_NEEDED else "seat-gone", 409)
    raise refused


async def taken_over(enrollment: Client, transfer_id: UUID, who: Principal) -> bytes:
    """The enrollment that a transfer became for somebody, under the id that the desk gave it. Raises Rejected: 409 if none."""
    try:
        shape = await enrollment.get_json(f"/enrollments/{uuid5(transfer_id, str(who.person_id))}", who)
    except Rejected as no:
        raise (Rejected("seat-gone", 409) if no.status == 404 else no) from no
    return orjson.dumps({name: value for name, value in shape.items() if name not in ONLY_ALONE})


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
            await ask(pool, enrollment, one)
        except Rejected as no:
            logger.info("not handed over", transfer=str(one.transfer_id), reason=no.slug)
