"""Questions about the catalogue, and the shapes of the answers: exactly the public JSON, so that a page joins nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

import orjson
from asyncpg import Record

from catalog import search
from catalog.inputs import CourseFilter, FieldlabFilter, MunicipalityFilter, Paged, RegionFilter
from catalog.search import Vocabulary
from shared.database import sql
from shared.database.pool import Connection

SQL = sql.load(__file__, "catalog.sql")

Shape = dict[str, object]


async def regions(conn: Connection, wanted: RegionFilter) -> Shape:
    return await _page(conn, wanted, region_shape, SQL.regions, wanted.kind)


async def municipalities(conn: Connection, wanted: MunicipalityFilter) -> Shape:
    return await _page(conn, wanted, municipality_shape, SQL.municipalities, wanted.q)


async def themes(conn: Connection, wanted: Paged) -> Shape:
    return await _page(conn, wanted, theme_shape, SQL.themes)


async def theme_ids(conn: Connection) -> set[str]:
    return {row["theme_id"] for row in await conn.fetch(SQL.theme_ids)}


async def fieldlab_ids(conn: Connection, among: Collection[str]) -> set[str]:
    """Those of these codes that are fieldlabs."""
    return {row["fieldlab_id"] for row in await conn.fetch(SQL.fieldlab_ids, list(among))}


async def fieldlab(conn: Connection, fieldlab_id: str) -> Shape | None:
    row = await conn.fetchrow(SQL.fieldlab, fieldlab_id)
    return fieldlab_shape(row) if row else None


async def fieldlabs(conn: Connection, wanted: FieldlabFilter, vocabulary: Vocabulary) -> Shape:
    if wanted.q is None:
        return await _page(conn, wanted, fieldlab_shape, SQL.list_fieldlabs, wanted.region)
    words = await search.understand(conn, vocabulary, wanted.q)
    if words is None:
        return _listed(wanted, [], 0)
    return await _page(conn, wanted, fieldlab_shape, SQL.search_fieldlabs, wanted.region, words.words, words.exact)


async def courses(
    conn: Connection, wanted: CourseFilter, vocabulary: Vocabulary, organises: Collection[str], now: datetime
) -> Shape:
    """A page of courses, each with the next of its sessions that fit. Drafts are there for who organises their fieldlab.

    Where nothing has all the words, what has some of them is shown, and said to be so.
    """
    asked = (
        now, list(organises), wanted.fieldlab_id, wanted.region, wanted.theme, wanted.state, wanted.from_, wanted.to,
        wanted.available,
    )  # fmt: skip
    rows: Sequence[Record]
    some = False
    if wanted.q is None:
        rows, total = await _rows(conn, wanted, SQL.list_courses, *asked)
    elif words := await search.understand(conn, vocabulary, wanted.q):
        rows, total = await _rows(conn, wanted, SQL.search_courses, *asked, words.words, words.exact)
        if not total and words.some:
            some = True
            rows, total = await _rows(conn, wanted, SQL.search_courses, *asked, words.some, words.exact)
    else:
        rows, total = [], 0
    next_ones = await conn.fetch(SQL.sessions, [row["next_session"] for row in rows if row["next_session"]], now)
    by_id = {row["session_id"]: session_summary(row) for row in next_ones}
    items = [
        {**course_shape(row), "comingSessions": row["coming"], "nextSession": by_id.get(row["next_session"])} for row in rows
    ]
    return _listed(wanted, items, total) | ({"someWords": True} if some and total else {})


async def course(conn: Connection, course_id: UUID, organises: Collection[str], now: datetime) -> Shape | None:
    """A course with its sessions that are not over. None too for a draft of somebody else's fieldlab."""
    row = await conn.fetchrow(SQL.course, course_id, list(organises))
    if row is None:
        return None
    coming = await conn.fetch(SQL.sessions_of_course, course_id, now)
    return {**course_shape(row), "sessions": [session_shape(session) for session in coming]}


async def sessions(conn: Connection, ids: Sequence[UUID], now: datetime) -> Sequence[Shape]:
    """In the order of the ids, in whatever state; what does not exist is left out."""
    return [session_shape(row) for row in await conn.fetch(SQL.sessions, ids, now)]


async def session(conn: Connection, session_id: UUID, now: datetime) -> Shape | None:
    found = await sessions(conn, [session_id], now)
    return found[0] if found else None


async def _page(conn: Connection, wanted: Paged, shape: Callable[[Record], Shape], statement: str, *values: object) -> Shape:
    rows, total = await _rows(conn, wanted, statement, *values)
    return _listed(wanted, list(map(shape, rows)), total)


async def _rows(conn: Connection, wanted: Paged, statement: str, *values: object) -> tuple[Sequence[Record], int]:
    """The rows of a page, and how many there are in all: each row tells, and beyond the last page the first one does."""
    rows = await conn.fetch(statement, *values, wanted.page_size, (wanted.page - 1) * wanted.page_size)
    first = rows or (wanted.page > 1 and await conn.fetch(statement, *values, 1, 0))
    return rows, first[0]["total"] if first else 0


def _listed(wanted: Paged, items: Sequence[Shape], total: int) -> Shape:
    return {"items": items, "page": wanted.page, "pageSize": wanted.page_size, "total": total}


def region_shape(row: Record) -> Shape:
    """A region, with the regions of the other kinds that its municipalities lie in, the one with most of them first."""
    return {
        "code": row["code"],
        "kind": row["kind"],
        "name": row["name_nl"],
        "nameNl": row["name_nl"],
        "nameEn": row["name_en"],
        "provinces": row["provinces"],
        "landsdelen": row["landsdelen"],
        "hubs": row["hubs"],
        "municipalities": row["municipalities"],
        "svgMapsId": row["svg_maps_id"],
        "certainty": row["certainty"],
        "noteNl": row["note_nl"],
        "noteEn": row["note_en"],
        "referenceDate": row["reference_date"],
    }


def municipality_shape(row: Record) -> Shape:
    return {
        "code": row["code"],
        "name": row["name"],
        "alsoKnownAs": row["also_known_as"],
        "province": row["province"],
        "provinceName": row["province_name"],
        "labourMarketRegion": row["labour_market_region"],
        "labourMarketRegionName": row["labour_market_region_name"],
        "landsdeel": row["landsdeel"],
        "hub": row["hub"],
        "referenceDate": row["reference_date"],
    }


def theme_shape(row: Record) -> Shape:
    return {
        "id": row["theme_id"],
        "name": row["name_nl"],
        "nameNl": row["name_nl"],
        "nameEn": row["name_en"],
        "certainty": row["certainty"],
    }


def fieldlab_shape(row: Record) -> Shape:
    """`certainty`, `municipalityCertainty` and `skillslabEvidence` say how sure the row is; they are no recognition status."""
    return {
        "id": row["fieldlab_id"],
        "name": row["name"],
        "kind": row["kind"],
        "scope": row["scope"],
        "topicNl": row["topic_nl"],
        "topicEn": row["topic_en"],
        "place": row["place"],
        "municipality": row["municipality"],
        "municipalityName": row["municipality_name"],
        "province": row["province"],
        "labourMarketRegion": row["labour_market_region"],
        "landsdeel": row["landsdeel"],
        "hub": row["hub"],
        "certainty": row["certainty"],
        "municipalityCertainty": row["municipality_certainty"],
        "skillslabEvidence": row["skillslab_evidence"],
        "skillslabNoteNl": row["skillslab_note_nl"],
        "skillslabNoteEn": row["skillslab_note_en"],
        "noteNl": row["note_nl"],
        "noteEn": row["note_en"],
        "source": row["source"],
    }


def course_shape(row: Record) -> Shape:
    return {
        "id": str(row["course_id"]),
        "fieldlabId": row["fieldlab_id"],
        "fieldlabName": row["fieldlab_name"],
        "place": row["place"],
        "municipality": row["municipality"],
        "municipalityName": row["municipality_name"],
        "title": row["title_nl"],
        "titleNl": row["title_nl"],
        "titleEn": row["title_en"],
        "description": row["description_nl"],
        "descriptionNl": row["description_nl"],
        "descriptionEn": row["description_en"],
        "theme": row["theme"],
        "themeNl": row["theme_nl"],
        "themeEn": row["theme_en"],
        "hours": row["hours"],
        "level": row["level"],
        "modeOfDelivery": row["mode_of_delivery"],
        "skill": {"label": row["skill_label"], "uri": row["skill_uri"]} if row["skill_uri"] else None,
        "state": row["state"],
        "sample": row["sample"],
        "requires": requires_shape(row),
    }


def requires_shape(row: Record) -> Shape | None:
    """What somebody brings to a course, if it asks for anything."""
    if row["required_course"] is None and not row["statement_nl"]:
        return None
    return {
        "courseId": str(row["required_course"]) if row["required_course"] else None,
        "courseTitleNl": row["required_title_nl"],
        "courseTitleEn": row["required_title_en"],
        "statementNl": row["statement_nl"] or None,
        "statementEn": row["statement_en"] or row["statement_nl"] or None,
    }


def kept_shape(row: Record) -> list[Shape]:
    """What is kept for whom, and how many are left of it. Until the desk said so, that is all of it."""
    left = orjson.loads(row["reserved_left"]) if row["reserved_left"] else None
    return [
        {
            "group": one["group"], "seats": one["seats"], "until": one["until"],
            "left": one["seats"] if left is None else left.get(one["group"], 0),
        }
        for one in orjson.loads(row["reserved"])
    ]  # fmt: skip


def session_shape(row: Record) -> Shape:
    return {
        **session_summary(row),
        "courseId": str(row["course_id"]),
        "fieldlabId": row["fieldlab_id"],
        "fieldlabName": row["fieldlab_name"],
        "municipality": row["municipality"],
        "municipalityName": row["municipality_name"],
        "title": row["title_nl"],
        "titleNl": row["title_nl"],
        "titleEn": row["title_en"],
        "description": row["description_nl"],
        "descriptionNl": row["description_nl"],
        "descriptionEn": row["description_en"],
        "theme": row["theme"],
        "hours": row["hours"],
        "level": row["level"],
        "minimum": row["minimum"],
        "needsApproval": row["needs_approval"],
        "offerHours": row["offer_hours"],
        "approvalHours": row["approval_hours"],
        "holdsSeat": row["holds_seat"],
        "drawAt": row["draw_at"],
        "waitingRoom": row["waiting_room"],
        "decideAt": row["decide_at"] if row["minimum"] else None,
        "goesOn": row["goes_on"] or row["minimum"] is None,
        "reserved": kept_shape(row),
        "regionName": row["labour_market_region_name"],
        "requires": requires_shape(row),
        "sample": row["sample"],
        "revision": row["revision"],
    }


def session_summary(row: Record) -> Shape:
    """When, where, and the seats as the desk last told. Until it did, nobody holds one: all that were asked for are left."""
    return {
        "id": str(row["session_id"]),
        "state": row["state"],
        "startsAt": row["starts_at"],
        "endsAt": row["ends_at"],
        "enrollmentClosesAt": row["closes_at"],
        "location": row["location"],
        "capacity": row["capacity"],
        "seatsLeft": row["seats_left"],
        "waiting": row["waiting"],
        "opensAt": row["opens_at"],
    }
