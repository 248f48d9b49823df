"""Translate in, ask, translate out. The gateway forwards `/v1/…` to the same path here, and the answer as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import orjson
from aiohttp import web

from catalog import commands, queries
from catalog.commands import Answer, Once
from catalog.inputs import (
    SLUG,
    CourseChanges,
    CourseFilter,
    FieldlabFilter,
    MunicipalityFilter,
    NewCourse,
    NewSession,
    Paged,
    RegionFilter,
    SessionChanges,
    SessionsById,
)
from catalog.queries import Shape
from catalog.search import Vocabulary
from shared.errors import Rejected, not_found
from shared.messaging import answers
from shared.web.principal import Principal, anyone, signed_in
from shared.web.reading import reading
from shared.web.server import POOL, json

COURSE_WORDS = web.AppKey("words of courses", Vocabulary)
FIELDLAB_WORDS = web.AppKey("words of fieldlabs", Vocabulary)
ANNOUNCE: web.AppKey[Callable[[], None]] = web.AppKey("announce")
"""Called after each commit that may have logged facts."""
IDEMPOTENCY_KEY = "Idempotency-Key"


async def get_regions(request: web.Request) -> web.Response:
    wanted = RegionFilter.of(request.query)
    async with reading(request.app[POOL], None) as conn:
        return json(await queries.regions(conn, wanted))


async def get_municipalities(request: web.Request) -> web.Response:
    wanted = MunicipalityFilter.of(request.query)
    async with reading(request.app[POOL], None) as conn:
        return json(await queries.municipalities(conn, wanted))


async def get_themes(request: web.Request) -> web.Response:
    wanted = Paged.of(request.query)
    async with reading(request.app[POOL], None) as conn:
        return json(await queries.themes(conn, wanted))


async def get_fieldlabs(request: web.Request) -> web.Response:
    wanted = FieldlabFilter.of(request.query)
    async with reading(request.app[POOL], None) as conn:
        return json(await queries.fieldlabs(conn, wanted, request.app[FIELDLAB_WORDS]))


async def get_fieldlab(request: web.Request) -> web.Response:
    async with reading(request.app[POOL], None) as conn:
        return json(_found(await queries.fieldlab(conn, slug_in(request))))


async def get_courses(request: web.Request) -> web.Response:
    asks = anyone(request)
    wanted = CourseFilter.of(request.query)
    async with reading(request.app[POOL], asks) as conn:
        return json(await queries.courses(conn, wanted, request.app[COURSE_WORDS], organised_by(asks), now()))


async def get_course(request: web.Request) -> web.Response:
    asks = anyone(request)
    async with reading(request.app[POOL], asks) as conn:
        return json(_found(await queries.course(conn, id_in(request), organised_by(asks), now())))


async def get_sessions(request: web.Request) -> web.Response:
    asks = anyone(request)
    wanted = SessionsById.of(request.query)
    async with reading(request.app[POOL], asks) as conn:
        items = await queries.sessions(conn, wanted.ids, now())
    return json({"items": items, "page": 1, "pageSize": 100, "total": len(items)})


async def get_session(request: web.Request) -> web.Response:
    asks = anyone(request)
    async with reading(request.app[POOL], asks) as conn:
        return json(_found(await queries.session(conn, id_in(request), now())))


async def post_course(request: web.Request) -> web.Response:
    asks = signed_in(request)
    body = await request.read()
    own, named = organised_by(asks), _fieldlab_named_in(body)
    async with reading(request.app[POOL], asks) as conn:
        known = await queries.fieldlab_ids(conn, {*own, named})
        themes = await queries.theme_ids(conn)
    if not own or named in known - own:
        raise not_the_organiser()
    wanted = NewCourse.model_validate_json(body, context={"fieldlabs": own & known, "themes": themes})
    return _told(
        request, await commands.add_course(request.app[POOL], wanted, once(request, asks, wanted.model_dump_json()), now())
    )


async def patch_course(request: web.Request) -> web.Response:
    asks, course_id = signed_in(request), id_in(request)
    async with reading(request.app[POOL], asks) as conn:
        course = _found(await queries.course(conn, course_id, organised_by(asks), now()))
        themes = await queries.theme_ids(conn)
    must_organise(asks, course)
    wanted = CourseChanges.model_validate_json(await request.read(), context={"themes": themes})
    return _told(request, await commands.change_course(request.app[POOL], course_id, wanted, now()))


async def post_session(request: web.Request) -> web.Response:
    asks, course_id = signed_in(request), id_in(request)
    async with reading(request.app[POOL], asks) as conn:
        course = _found(await queries.course(conn, course_id, organised_by(asks), now()))
    must_organise(asks, course)
    wanted = NewSession.model_validate_json(await request.read(), context={"now": now()})
    keyed = once(request, asks, f"{course_id} {wanted.model_dump_json()}")
    return _told(request, await commands.add_session(request.app[POOL], course_id, wanted, keyed, now()))


async def patch_session(request: web.Request) -> web.Response:
    asks, session_id = signed_in(request), id_in(request)
    async with reading(request.app[POOL], asks) as conn:
        session = _found(await queries.session(conn, session_id, now()))
    must_organise(asks, session)
    wanted = SessionChanges.model_validate_json(await request.read(), context={"now": now()})
    course_id = UUID(str(session["courseId"]))
    return _told(request, await commands.change_session(request.app[POOL], course_id, session_id, wanted, now()))


def now() -> datetime:
    return datetime.now(UTC)


def organised_by(asks: Principal | None) -> set[str]:
    """The fieldlabs that the asker is organiser of."""
    return asks.scopes("organiser") if asks else set()


def must_organise(asks: Principal, what: Shape) -> None:
    """Raises Rejected (403) for a course or session of somebody else's fieldlab, which the asker may see and not change."""
    if what["fieldlabId"] not in organised_by(asks):
        raise not_the_organiser()


def not_the_organiser() -> Rejected:
    return Rejected("not-the-organiser", 403, "Only an organiser of this fieldlab can do that.")


def once(request: web.Request, asks: Principal, asked: str) -> Once | None:
    """What makes this request one of a kind, if it came with an Idempotency-Key."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    return Once(answers.command_id(asks.person_id, key), answers.keyed(asked)) if key else None


def id_in(request: web.Request) -> UUID:
    """The id in the path. One that cannot be anything's is simply not found."""
    try:
        return UUID(request.match_info["id"])
    except ValueError as error:
        raise not_found() from error


def slug_in(request: web.Request) -> str:
    """The fieldlab in the path, likewise."""
    if not re.fullmatch(SLUG, request.match_info["id"]):
        raise not_found()
    return request.match_info["id"]


def _found(shape: Shape | None) -> Shape:
    if shape is None:
        raise not_found()
    return shape


def _told(request: web.Request, answer: Answer) -> web.Response:
    request.app[ANNOUNCE]()
    return json(answer.body, answer.status)


def _fieldlab_named_in(body: bytes) -> str:
    """The fieldlab that a body is about, as far as it can be read: whether it is one's own comes before what else is wrong."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    named = content.get("fieldlabId") if isinstance(content, Mapping) else None
    return named if isinstance(named, str) and re.fullmatch(SLUG, named) else ""


ROUTES: Sequence[web.RouteDef] = [
    web.get("/regions", get_regions),
    web.get("/municipalities", get_municipalities),
    web.get("/themes", get_themes),
    web.get("/fieldlabs", get_fieldlabs),
    web.get("/fieldlabs/{id}", get_fieldlab),
    web.get("/courses", get_courses),
    web.post("/courses", post_course),
    web.get("/courses/{id}", get_course),
    web.patch("/courses/{id}", patch_course),
    web.post("/courses/{id}/sessions", post_session),
    web.get("/sessions", get_sessions),
    web.get("/sessions/{id}", get_session),
    web.patch("/sessions/{id}", patch_session),
]
