"""Bring databases up to date: `python -m shared.database.migrate catalog enrollment …`.

Each name is a service's folder and its own database on the server of `SKILLSLAB_DATABASE_URL`, which is made where it does
not exist. A database gets what reading needs, the tables of messaging and then those of its service, from plain .sql files that
Alembic runs in one transaction each and remembers. Run by one process at a time per database (an advisory lock sees to that),
as often as one likes.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from alembic import command, op
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.address import database_of
from shared.settings import Settings

ROOT = Path(__file__).parents[2]
READERS = ROOT / "shared" / "database" / "migrations"
MESSAGING = ROOT / "shared" / "messaging" / "migrations"
BUS = ROOT / "shared" / "messaging" / "bus"


def run_sql(migration: str, sql: str | None = None) -> None:
    """Run the .sql file beside a migration (or the given text) whole, on the driver's own connection."""
    text = sql if sql is not None else Path(migration).with_suffix(".sql").read_text(encoding="utf-8")

    async def execute(connection: Any) -> None:
        await connection.execute(text)

    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(execute)


async def make_database(url: str) -> None:
    """Create the database of this address where it is missing."""
    parts = urlsplit(url)
    name = parts.path.strip("/")
    conn = await asyncpg.connect(urlunsplit(parts._replace(path="/postgres")))
    try:
        if not await conn.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            quoted = name.replace('"', '""')
            await conn.execute(f"CREATE DATABASE \"{quoted}\" TEMPLATE template0 ENCODING UTF8 LOCALE 'C.UTF-8'")
    except asyncpg.DuplicateDatabaseError:
        pass  # somebody else just made it
    finally:
        await conn.close()


async def upgrade(url: str, *folders: Path) -> None:
    """Run what each folder of migrations holds and this database lacks, in the order of the folders."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.connect() as connection:
            for folder in folders:
                await connection.run_sync(_upgrade, folder)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "environment"))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = f"migration_{folder.parent.name}"
    command.upgrade(config, "head")


async def migrate(service: str, server_url: str) -> None:
    """Make and bring up to date one service's own database."""
    url = database_of(server_url, service)
    await make_database(url)
    await upgrade(url, READERS, MESSAGING, ROOT / service / "migrations")


async def migrate_bus(url: str) -> None:
    """Make and bring up to date the courier's database, where the courier is PGMQ."""
    await make_database(url)
    await upgrade(url, BUS)


async def main(services: list[str]) -> None:
    settings = Settings()
    for service in services:
        await migrate(service, settings.database_url)
    if settings.bus_url.startswith("postgresql://"):
        await migrate_bus(settings.bus_url)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
