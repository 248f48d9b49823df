"""From the ledger to the mail server.

Everything a sender must not forget is in the ledger, so any number of them run side by side, here and in other processes. What
is due is claimed under a lease, addresses are asked for, mails are written, and then, a handful at a time, it is recorded that
they are being sent before the first byte goes out, and what became of them after.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from prometheus_client import Counter
from pydantic import ValidationError

from notifications import recipients, store
from notifications.channels.email.headers import CannotBeWritten
from notifications.channels.email.mail import Mail, Writer
from notifications.channels.email.smtp import Connection, MailServer, MailServerAway
from notifications.deliveries import Declined, Delivery, Interrupted, Nobody, NotDescribed, Outcome, Refused, Step, after
from notifications.recipients import Recipient
from notifications.store import Session
from shared.database.pool import LOST_CONNECTION, TRY_AGAIN, Pool, connection
from shared.errors import Busy, Rejected
from shared.idle import until
from shared.logs import logger
from shared.web.client import Client

BATCH = 100
HANDFUL = 5  # share two commits around sending; when a sender dies, so many mails may go out twice
LEASE = timedelta(seconds=20)
IDLE = 1.0
LONGEST_PAUSE = 5.0
PATIENCE = 60.0  # seconds for which what became of mails is kept in mind while the database is away
AWAY = (*LOST_CONNECTION, *TRY_AGAIN, Busy, TimeoutError)

mails_total = Counter("skillslab_mails_total", "What became of mails, each time one was in hand", ["outcome"])


class GatewayAway(Exception):
    """The gateway does not say who is to be told; the message names nobody."""


@dataclass
class Lease:
    """Deliveries in hand. It runs out when it is not renewed, be it because the database is away or because we stood still."""

    id: UUID
    duration: timedelta
    good_until: float
    """By the event loop's clock."""

    @property
    def holds(self) -> bool:
        return asyncio.get_running_loop().time() < self.good_until


@dataclass(frozen=True)
class Addressed:
    """A delivery with all that its mail needs."""

    delivery: Delivery
    recipient: Recipient
    session: Session | None
    """For every template but sign-in."""


class Sender:
    """Sends what is due, a batch at a time over one connection. While gateway or mail server are away, mail stays due."""

    def __init__(self, pool: Pool, gateway: Client, writer: Writer, server: MailServer, *, lease: timedelta = LEASE) -> None:
        self._pool = pool
        self._gateway = gateway
        self._writer = writer
        self._server = server
        self._duration = lease
        self._news = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Say that there is something new; without it that is found within a second."""
        self._news.set()

    async def run(self) -> None:
        """Serve for ever. Cancelling it stops between two handfuls, never within one."""
        pause = IDLE
        while True:
            self._news.clear()
            try:
                taken = await self._to_its_end(asyncio.create_task(self.send_batch()))
                pause = IDLE
            except (*AWAY, GatewayAway, MailServerAway) as error:
                logger.warning("mail waits", reason=f"{type(error).__name__}: {error}", seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            if not taken:
                await until(self._news, IDLE)

    async def send_batch(self) -> int:
        """Deliver what is due, up to a batch of it; returns how many were taken in hand.

        Raises GatewayAway, MailServerAway, or what says that the database is away. What could not be sent is due again.
        """
        lease = Lease(uuid4(), self._duration, self._from_now())
        async with connection(self._pool) as conn:
            claimed = await store.claim(conn, lease.id, self._duration, BATCH)
            if not claimed:
                return 0
            sessions = await store.sessions(conn, {d.session_id for d in claimed if d.session_id})
        async with self._in_hand(lease):
            await self._deliver(lease, claimed, sessions)
        return len(claimed)

    async def _deliver(self, lease: Lease, claimed: Sequence[Delivery], sessions: Mapping[UUID, Session]) -> None:
        found = await self._ask(claimed)
        ready: list[Addressed] = []
        settled: list[tuple[Delivery, Outcome]] = []
        for delivery in claimed:
            recipient = found.get(delivery.delivery_id)
            session = sessions.get(delivery.session_id) if delivery.session_id else None
            if recipient is None:
                settled.append((delivery, Nobody()))
            elif delivery.template in recipient.declines and not delivery.copies:
                settled.append((delivery, Declined()))
            elif delivery.session_id and (session is None or session.revision < delivery.described):
                settled.append((delivery, NotDescribed()))
            else:
                ready.append(Addressed(delivery, recipient, session))
        await self._record(lease, settled)
        if not ready:
            return
        async with self._server.open() as line:
            for handful in handfuls(ready):
                if self._stopping or not lease.holds:
                    return
                await self._send(lease, line, handful)
                if not line.usable and not line.taken:
                    raise MailServerAway(line.trouble)
                if not line.usable:
                    logger.warning("connection broke", reason=line.trouble, taken=line.taken)
                    return  # servers take only so many mails over one: the rest goes over the next

    async def _ask(self, claimed: Sequence[Delivery]) -> dict[int, Recipient]:
        try:
            return await recipients.ask(self._gateway, claimed)
        except Rejected as error:
            raise GatewayAway(f"{error.status} {error.slug}") from error
        except ValidationError as error:
            raise GatewayAway(f"its answer is not one: {error}") from error

    async def _send(self, lease: Lease, line: Connection, handful: Sequence[Addressed]) -> None:
        """Write a handful of mails, record that they are being sent, send them, and record what became of them."""
        mails: list[tuple[Delivery, Mail]] = []
        outcomes: list[tuple[Delivery, Outcome]] = []
        for addressed in handful:
            mail = self._write(addressed)
            if isinstance(mail, Mail):
                mails.append((addressed.delivery, mail))
            else:
                outcomes.append((addressed.delivery, mail))
            await asyncio.sleep(0)  # writing takes milliseconds: others want their turn
        async with connection(self._pool) as conn:
            ours = await store.begin_sending(conn, lease.id, [delivery for delivery, _ in mails], self._duration)
        for delivery, mail in mails:
            if delivery.delivery_id in ours:
                outcomes.append((delivery, await line.send(mail) if lease.holds else Interrupted()))
        await self._record(lease, outcomes)

    def _write(self, addressed: Addressed) -> Mail | Refused:
        """The mail. One that cannot be written holds up nobody else's: it counts as refused."""
        try:
            return self._writer.write(addressed.delivery, addressed.recipient, addressed.session)
        except CannotBeWritten as why:
            return Refused(str(why), permanent=True)
        except Exception as error:
            # Its text may hold a name or an address, so only its kind and its place are noted.
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{where.filename}:{where.lineno}"
            logger.error("mail not written", delivery=addressed.delivery.delivery_id, kind=type(error).__name__, place=place)
            return Refused(f"could not be written: {type(error).__name__}", permanent=True)

    async def _record(self, lease: Lease, outcomes: Sequence[tuple[Delivery, Outcome]]) -> None:
        """Write down what became of deliveries. It is tried for a while: what is forgotten here goes out twice."""
        if not outcomes:
            return
        now = datetime.now(UTC)
        steps: list[Step] = [after(delivery, outcome, now) for delivery, outcome in outcomes]
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                async with connection(self._pool) as conn:
                    await store.record(conn, lease.id, steps)
                break
            except AWAY as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                logger.warning("outcomes wait", count=len(steps), reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.5)
        for _, outcome in outcomes:
            mails_total.labels(type(outcome).__name__.lower()).inc()

    @asynccontextmanager
    async def _in_hand(self, lease: Lease) -> AsyncIterator[None]:
        """Keep the lease alive, and in the end give back what was not begun."""
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.wait([renewing])
            async with connection(self._pool) as conn:
                await store.release(conn, lease.id)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(lease.duration.total_seconds() / 4)
            good_until = self._from_now()
            try:
                async with connection(self._pool) as conn:
                    await store.renew(conn, lease.id, lease.duration)
            except AWAY as error:
                logger.warning("lease not renewed", reason=f"{type(error).__name__}: {error}")
            else:
                lease.good_until = good_until

    def _from_now(self) -> float:
        return asyncio.get_running_loop().time() + self._duration.total_seconds()

    async def _to_its_end(self, batch: asyncio.Task[int]) -> int:
        try:
            return await asyncio.shield(batch)
        except asyncio.CancelledError:
            self._stopping = True
            await asyncio.wait([batch])
            raise


def handfuls(ready: Sequence[Addressed]) -> Iterator[Sequence[Addressed]]:
    """A few at a time share the commits around sending. What may have gone out before goes alone: it gets no third chance, so
    nothing but its own sending should come between the two commits.
    """
    first = [addressed for addressed in ready if not addressed.delivery.copies]
    for start in range(0, len(first), HANDFUL):
        yield first[start : start + HANDFUL]
    for addressed in ready:
        if addressed.delivery.copies:
            yield [addressed]
