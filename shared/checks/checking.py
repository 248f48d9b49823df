"""One check of a running platform, from the first look to what was found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from importlib import import_module

import asyncpg

from shared.checks.findings import Findings
from shared.checks.logs import WAIT, Log, Reader, Stretch, readers, until_applied
from shared.checks.looking import SQL, Database
from shared.checks.readers import check_readers
from shared.checks.service import ServiceChecks, ids, in_words
from shared.contracts.registry import PUBLISHERS
from shared.database.address import database_of
from shared.database.pool import LOST_CONNECTION, open_pool
from shared.errors import Busy

AWAY = (*LOST_CONNECTION, asyncpg.InvalidCatalogNameError, asyncpg.InvalidAuthorizationSpecificationError, Busy, TimeoutError)
TOO_LONG = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)
OF_EVERY_SERVICE = ("I5", "I10", "I11")
AT_REST = (
    "facts_that_wait_for_the_courier", "facts_that_could_not_be_applied_and_were_parked", "facts_that_fail_again_and_again",
)  # fmt: skip


class Service:
    """A service under check: what it says of itself, and its database."""

    def __init__(self, name: str, database: Database, checks: ServiceChecks) -> None:
        self.name = name
        self.database = database
        self.checks = checks

    @property
    def invariants(self) -> Collection[str]:
        return (*OF_EVERY_SERVICE, *self.checks.own_invariants)


async def check(server_url: str, names: Sequence[str], wait: float = WAIT) -> Findings:
    """Check these services, whose databases are on one server; `wait` is for how many seconds facts may be under way.

    What cannot be looked at is among the findings, with the reason.
    """
    found = Findings()
    async with _opened(server_url, names, found) as services:
        await _look(services, found, wait)
    return found


async def _look(services: Sequence[Service], found: Findings, wait: float) -> None:
    logs = {one.name: Log(one.name, one.database) for one in services if one.name in PUBLISHERS}
    published = {source: {event.type for event in events} for source, events in PUBLISHERS.items()}
    listening = [
        reader for one in services for reader in readers(one.database, one.checks.consumers, logs, published)
    ]  # fmt: skip
    for one in services:
        async with _trying(found, ["I11"], one.name):
            await check_readers(one.name, one.database, one.checks.open_to_all, found)
        async with _trying(found, ["I10"], one.name):
            for name in AT_REST:
                found.broken("I10", f"{in_words(name)} ({one.name})", ids(await one.database.fetch(getattr(SQL, name))))
    walked = {
        source: log
        for source, log in logs.items()
        if await _walk(log.stretches(found), source, services, listening, found)
    }  # fmt: skip
    for one in services:
        async with _trying(found, one.invariants, one.name):
            await one.checks.alone(one.database, walked, found)
    for reader in listening:
        async with _trying(found, ["I5"], reader.name):
            await reader.look_into_inbox()
    whole = {
        source: log
        for source, log in walked.items()
        if await _walk(log.rest(found), source, services, listening, found)
    }  # fmt: skip
    for source, log in whole.items():
        async with _trying(found, ["I5"], source):
            await log.must_have_no_gaps(found)
    for one in services:
        async with _trying(found, one.invariants, one.name):
            await one.checks.finish(one.database, whole, found)
    heard = [reader for reader in listening if reader.log.source in whole]
    for reader in heard:
        reader.compare(found)
    async with _trying(found, ["I5"], "a consumer"):
        await until_applied(heard, found, wait)


async def _walk(
    stretches: AsyncIterator[Stretch], source: str, services: Sequence[Service], listening: Sequence[Reader], found: Findings
) -> bool:
    """Hold a log against everybody who follows it; returns whether it could be read."""
    async with _trying(found, ["I5", *_of_followers(services)], source):
        async for stretch in stretches:
            for reader in listening:
                if reader.log.source == source:
                    await reader.follow(stretch.facts)
            for one in services:
                await one.checks.follow(one.database, stretch, found)
        return True
    return False


def _of_followers(services: Sequence[Service]) -> Collection[str]:
    return sorted({invariant for one in services for invariant in one.checks.own_invariants})


@asynccontextmanager
async def _trying(found: Findings, invariants: Collection[str], where: str) -> AsyncIterator[None]:
    """What cannot be looked at now is no fault, and not well either."""
    try:
        yield
    except AWAY as error:
        found.cannot(invariants, f"the database of {where} is away ({type(error).__name__})")
    except TOO_LONG:
        found.cannot(invariants, f"{where} is too busy: a piece took too long")


@asynccontextmanager
async def _opened(server_url: str, names: Sequence[str], found: Findings) -> AsyncIterator[Sequence[Service]]:
    services: list[Service] = []
    pools = []
    try:
        for name in names:
            checks: ServiceChecks = import_module(f"{name}.checks").Checks()
            async with _trying(found, (*OF_EVERY_SERVICE, *checks.own_invariants), name):
                pools.append(await open_pool(database_of(server_url, name), service="check", size=1))
                services.append(Service(name, Database(pools[-1]), checks))
        yield services
    finally:
        for pool in pools:
            pool.terminate()
