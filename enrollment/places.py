"""Where municipalities lie, as the catalogue last said."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shared.contracts.catalog import Place
from shared.database import sql
from shared.database.pool import Connection

SQL = sql.load(__file__, "enrollment.sql")


async def load(conn: Connection, codes: Collection[str]) -> dict[str, Place]:
    """The regions of these municipalities; codes that nobody knows are left out."""
    if not codes:
        return {}
    rows = await conn.fetch(SQL.load_places, list(codes))
    return {row["municipality"]: Place.model_validate_json(row["place"]) for row in rows}


async def save(conn: Connection, places: Sequence[Place]) -> None:
    texts = [place.model_dump_json(by_alias=True) for place in places]
    await conn.execute(SQL.save_places, [place.municipality for place in places], texts)
