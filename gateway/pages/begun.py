"""Sessions that have begun, at an organiser's fieldlabs: of whom it is still to be marked whether they were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from gateway.clients import CATALOG, ENROLLMENT
from gateway.pages import catalogue
from gateway.pages.catalogue import SessionOfCourse
from gateway.problems import language_of
from shared.web.principal import Principal


@dataclass(frozen=True)
class Begun:
    session: SessionOfCourse
    people: int
    unmarked: int
    """Of how many of them nobody said yet whether they were there."""


async def sessions_begun(request: web.Request, asks: Principal) -> Sequence[Begun]:
    """Those with something to mark first, the latest before the earlier. A year back, fifty at most."""
    counted = (await request.app[ENROLLMENT].get_json("/attendance", asks))["items"]
    if not counted:
        return []
    shapes = await request.app[CATALOG].get_json("/sessions", asks, ids=",".join(one["sessionId"] for one in counted))
    language = language_of(request)
    sessions = {shape["id"]: catalogue.session(shape, language) for shape in shapes["items"]}
    return [
        Begun(sessions[one["sessionId"]], one["people"], one["unmarked"]) for one in counted if one["sessionId"] in sessions
    ]
