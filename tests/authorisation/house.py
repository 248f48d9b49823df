"""Every service in this one process, on a real database: so that guards can be taken away and queries counted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg
import orjson
import structlog
from aiohttp import web

import catalog.app
import enrollment.app
import gateway.app
import notifications.app
from catalog.settings import CatalogSettings
from enrollment.settings import EnrollmentSettings
from gateway.settings import GatewaySettings
from notifications.settings import NotificationsSettings
from shared.database.migrate import migrate, migrate_bus
from shared.database.pool import Pool
from shared.launch import environment
from shared.launch.postgres import Postgres, free_port
from shared.web.server import POOL, Background

SERVICES = ("catalog", "enrollment", "notifications", "gateway")
SETTINGS: dict[str, Any] = {
    "catalog": CatalogSettings, "enrollment": EnrollmentSettings, "notifications": NotificationsSettings,
    "gateway": GatewaySettings,
}  # fmt: skip
APPS: dict[str, Any] = {
    "catalog": catalog.app, "enrollment": enrollment.app, "notifications": notifications.app, "gateway": gateway.app
}  # fmt: skip


@dataclass
class House:
    base_url: str
    outside: web.Application
    queries: Counter[str]
    """Statements by the id of the request that they were for, whichever service ran them."""
    urls: dict[str, str]
    key: str
    database_url: str
    """Without the name of the service, in which the names of the databases end."""

    @property
    def people(self) -> Pool:
        return self.outside[POOL]


@asynccontextmanager
async def open_house(server: Postgres, folder: Path) -> AsyncIterator[House]:
    """All services with their sample data, serving until the block ends."""
    url, port = server.url("house"), free_port()
    told = {
        **environment.keys(folder, SERVICES),
        **{f"SKILLSLAB_{name.upper()}_URL": f"http://127.0.0.1:{free_port()}" for name in SERVICES},
        "SKILLSLAB_DATA": str(folder),
        "SKILLSLAB_DATABASE_URL": url,
        "SKILLSLAB_BUS_URL": f"{url}_bus",
        "SKILLSLAB_PORT": str(port),
        "SKILLSLAB_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SKILLSLAB_DEMO": "1",
        **dict.fromkeys(
            ("SKILLSLAB_WRITES_PER_PERSON", "SKILLSLAB_READS_PER_PERSON", "SKILLSLAB_READS_PER_ADDRESS",
             "SKILLSLAB_WRITES_PER_ADDRESS"), "100000",
        ),  # the matrix asks more at once than any person does
        "SKILLSLAB_OIDC_PROVIDERS": orjson.dumps([{
            "id": "school", "name": "Voorbeeld College", "issuer": f"http://127.0.0.1:{free_port()}", "client_id": "skillslab",
            "client_secret": "of a provider that is away",
        }]).decode(),
    }  # fmt: skip
    queries: Counter[str] = Counter()
    for service in SERVICES:
        await migrate(service, url)
    await migrate_bus(f"{url}_bus")
    async with AsyncExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, told))
        stack.enter_context(patch("shared.database.pool.asyncpg.create_pool", _counting(queries)))
        outside = None
        for service in SERVICES:
            listeners = await stack.enter_async_context(APPS[service].open_service(SETTINGS[service](), Background()))
            for listener in listeners:
                runner = web.AppRunner(listener.app, access_log=None, shutdown_timeout=1)
                await runner.setup()
                stack.push_async_callback(runner.cleanup)
                await web.TCPSite(runner, listener.host, listener.port).start()
                outside = listener.app
        assert outside is not None
        urls = {name: told[f"SKILLSLAB_{name.upper()}_URL"] for name in SERVICES}
        yield House(told["SKILLSLAB_PUBLIC_URL"], outside, queries, urls, told["SKILLSLAB_INTERNAL_KEY"], url)


def _counting(queries: Counter[str]) -> Any:
    make = asyncpg.create_pool

    async def listen(conn: Any) -> None:
        def count(_query: object) -> None:
            if request_id := structlog.contextvars.get_contextvars().get("request_id"):
                queries[request_id] += 1

        conn.add_query_logger(count)

    def create_pool(*args: Any, **options: Any) -> Any:
        return make(*args, init=listen, **options)

    return create_pool
