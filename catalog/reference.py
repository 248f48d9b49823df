"""The reference data beside this file, brought into the tables at every start: regions, municipalities, themes, fieldlabs.

See reference/README.md for where it comes from, and how sure it is. Loading again changes nothing, and several processes may
load at once. A municipality that is new, or lies elsewhere than it did, is a fact that the other services learn.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path

from catalog import store
from shared.contracts.catalog import MunicipalityPlaced
from shared.database import sql
from shared.database.pool import Connection
from shared.logs import logger
from shared.messaging import log

SQL = sql.load(__file__, "reference.sql")
FOLDER = Path(__file__).parent / "reference"

KINDS = {
    "provinces.csv": "province",
    "landsdelen.csv": "landsdeel",
    "hubs.csv": "hub",
    "labour_market_regions.csv": "labourMarketRegion",
}

Row = dict[str, str]


def read(name: str) -> Sequence[Row]:
    """The rows of one file, each by column."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def load(conn: Connection, now: datetime) -> None:
    """Bring the tables up to date within the caller's transaction. Raises ValueError for a fieldlab in no municipality."""
    await conn.execute(SQL.take_turn)
    municipalities, fieldlabs = read("municipalities.csv"), read("fieldlabs.csv")
    given, newest = date.fromisoformat(municipalities[0]["reference_date"]), await conn.fetchval(SQL.newest_date)
    if newest and newest > given:
        logger.warning("reference data is newer than this version of the service", here=str(given), there=str(newest))
        return
    await _save_regions(conn)
    moved = await _save_municipalities(conn, municipalities, now)
    renamed = await _save_themes(conn)
    changed = await _save_fieldlabs(conn, fieldlabs, {row["code"] for row in municipalities})
    if moved or renamed or changed:
        await conn.execute(SQL.index_fieldlabs)
        courses = [row["course_id"] for row in await conn.fetch(SQL.course_ids)]
        await store.index_courses(conn, courses)
        if moved or changed:
            await store.describe_sessions_of(conn, courses, now)


async def is_loaded(conn: Connection) -> bool:
    loaded: bool = await conn.fetchval(SQL.is_loaded)
    return loaded


async def _save_regions(conn: Connection) -> None:
    rows = [(kind, row) for name, kind in KINDS.items() for row in read(name)]
    await conn.execute(
        SQL.save_regions,
        [row["code"] for _, row in rows],
        [date.fromisoformat(row["reference_date"]) for _, row in rows],
        [kind for kind, _ in rows],
        [row.get("name_nl") or row["name"] for _, row in rows],
        [row.get("name_en") or row["name"] for _, row in rows],
        [row.get("svg_maps_id") for _, row in rows],
        [row.get("certainty") for _, row in rows],
        [row.get("note_nl") or None for _, row in rows],
        [row.get("note_en") or None for _, row in rows],
    )


async def _save_municipalities(conn: Connection, rows: Sequence[Row], now: datetime) -> bool:
    """Whether any is new or changed; those are also told."""
    columns = ("code", "reference_date", "name", "also_known_as", "province", "labour_market_region", "landsdeel", "hub")
    values = {column: [row[column] for row in rows] for column in columns}
    dates = list(map(date.fromisoformat, values["reference_date"]))
    saved = await conn.fetch(SQL.save_municipalities, *({**values, "reference_date": dates}.values()))
    revisions = {row["code"]: row["revision"] for row in saved}
    facts = [
        MunicipalityPlaced(revision=revisions[row["code"]], occurred_at=now, name=row["name"], place=store.place(row, "code"))
        for row in await conn.fetch(SQL.places)
        if row["code"] in revisions
    ]
    await log.append(conn, store.PUBLISHER, facts)
    return bool(facts)


async def _save_themes(conn: Connection) -> bool:
    rows = read("themes.csv")
    columns = ("theme_id", "name_nl", "name_en", "certainty")
    return bool(await conn.fetch(SQL.save_themes, *([row[column] for row in rows] for column in columns)))


async def _save_fieldlabs(conn: Connection, rows: Sequence[Row], municipalities: Collection[str]) -> bool:
    for row in rows:
        if row["municipality"] not in municipalities:
            raise ValueError(f"{row['fieldlab_id']} lies in {row['municipality']}, which is not among the municipalities")
    columns = (
        "fieldlab_id", "name", "kind", "scope", "topic_nl", "topic_en", "place", "municipality", "municipality_certainty",
        "skillslab_evidence", "skillslab_note_nl", "skillslab_note_en", "certainty", "note_nl", "note_en", "source",
    )  # fmt: skip
    return bool(await conn.fetch(SQL.save_fieldlabs, *([row[column] or None for row in rows] for column in columns)))
