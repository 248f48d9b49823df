"""The fieldlabs: all of them by province, and each with its courses."""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict

from aiohttp import web

from gateway import names
from gateway.clients import CATALOG
from gateway.edge import who_asks
from gateway.pages import catalogue
from gateway.pages.page import show
from gateway.problems import language_of
from shared.errors import not_found

SLUG = re.compile(r"[a-z0-9-]{1,64}")


async def get_fieldlabs(request: web.Request) -> web.Response:
    language = language_of(request)
    known = await names.names(request)
    fieldlabs, courses = await asyncio.gather(
        names.whole_list(request.app[CATALOG], "/fieldlabs"), names.whole_list(request.app[CATALOG], "/courses")
    )
    by_province = defaultdict(list)
    for shape in fieldlabs:
        by_province[shape["province"]].append(catalogue.fieldlab(shape, language))
    provinces = [(shape["code"], names.named(shape, language), by_province[shape["code"]]) for shape in known.provinces()]
    return await show(
        request,
        "fieldlabs/list.html",
        provinces=provinces,
        total=len(fieldlabs),
        courses_at=Counter(course["fieldlabId"] for course in courses),
    )


async def get_fieldlab(request: web.Request) -> web.Response:
    language = language_of(request)
    fieldlab_id = request.match_info["fieldlab"]
    if not SLUG.fullmatch(fieldlab_id):
        raise not_found()
    known = await names.names(request)
    fieldlab = catalogue.fieldlab(await request.app[CATALOG].get_json(f"/fieldlabs/{fieldlab_id}"), language)
    courses = await names.whole_list(request.app[CATALOG], "/courses", fieldlabId=fieldlab_id)
    return await show(
        request,
        "fieldlabs/fieldlab.html",
        fieldlab=fieldlab,
        province=known.region(fieldlab.province, language),
        courses=[catalogue.course(shape, language) for shape in courses],
        organises=_organises(request, fieldlab_id),
    )


def _organises(request: web.Request, fieldlab_id: str) -> bool:
    asks = who_asks(request)
    return asks is not None and asks.has("organiser", fieldlab_id)
