"""Whoever is nobody in particular, or nobody we know, sees nothing but what is public."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from asyncpg import PostgresError

from shared.checks.findings import Findings
from shared.checks.looking import SQL, Database
from shared.web.principal import Principal, Role
from shared.web.reading import SEE_AS, told


async def check_readers(service: str, database: Database, open_to_all: Mapping[str, str], found: Findings) -> None:
    """`open_to_all` are the tables of which anybody may see all rows (`true`), or those of which its SQL is true."""
    role = await database.fetch(SQL.reader)
    if not role or role[0]["too_mighty"]:
        found.broken("I11", "a role for readers that may do more than read", ["skillslab_reader"])
    tables = await database.fetch(SQL.tables)
    for table in tables:
        name = f"{service}.{table['name']}"
        if table["writable"]:
            found.broken("I11", "tables that readers may change", [name])
        if not table["readable"]:
            continue
        if table["is_view"]:
            if not table["shows_what_its_reader_may_see"]:
                found.broken("I11", "views that show more than their reader may see", [name])
        elif not table["secured"] and open_to_all.get(table["name"]) != "true":
            found.broken("I11", "tables that are read without row-level security", [name])
    secured = [table["name"] for table in tables if table["readable"] and table["secured"] and not table["is_view"]]
    for stranger in _strangers():
        for name in secured:
            if await _sees(database, stranger, name, open_to_all.get(name, "false")):
                found.broken("I11", "tables of which a stranger sees rows", [f"{service}.{name}"])
    found.looked_at["tables as a stranger"] += len(secured)


def _strangers() -> list[Principal | None]:
    """Nobody in particular; a person without anything; one whose roles are of places that do not exist."""
    nowhere = str(uuid4())
    return [None, Principal(uuid4(), ()), Principal(uuid4(), (Role("organiser", nowhere), Role("employer", nowhere)))]


async def _sees(database: Database, stranger: Principal | None, table: str, but: str) -> bool:
    quoted = '"' + table.replace('"', '""') + '"'
    async with database.piece() as conn:
        await conn.execute(SEE_AS, told(stranger))
        try:
            return bool(await conn.fetch(f"SELECT FROM {quoted} WHERE ({but}) IS NOT TRUE LIMIT 1"))
        except PostgresError as refused:
            if refused.sqlstate == "42501":  # it may not even ask
                return False
            raise
