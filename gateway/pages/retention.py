"""For how long a fieldlab remembers who took part: its organisers choose."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from aiohttp import web

from gateway import acts, names
from gateway.clients import ENROLLMENT
from gateway.forms import form
from gateway.pages.organiser import organiser
from gateway.pages.page import go, show
from shared.errors import not_found


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


NO_MONTHS = _("Write a number of months from 1 to 120.")


async def get_retention(request: web.Request) -> web.Response:
    return await _show(request, {}, {})


@acts.act("retention-chosen")
async def post_retention(request: web.Request) -> web.Response:
    fieldlab = own_fieldlab(request)
    given = await form(request)
    months = given.get("months", "")
    if not (months.isascii() and months.isdigit() and 1 <= int(months[:4]) <= 120):
        return await _show(request, given, {"months": NO_MONTHS}, status=400)
    body = orjson.dumps({"months": int(months)})
    await request.app[ENROLLMENT].call("PUT", f"/retention/{fieldlab}", organiser(request), body=body)
    acts.note(request, f"fieldlabs/{fieldlab}")
    return go(request, "retention", {"fieldlab": fieldlab}, done="saved")


def own_fieldlab(request: web.Request) -> str:
    """The fieldlab in the address. Raises Rejected: 403 for who organises none, 404 for another's."""
    fieldlab = request.match_info["fieldlab"]
    if not organiser(request).has("organiser", fieldlab):
        raise not_found()
    return fieldlab


async def _show(
    request: web.Request, given: Mapping[str, str], faults: Mapping[str, str], *, status: int = 200
) -> web.Response:
    fieldlab = own_fieldlab(request)
    told = await request.app[ENROLLMENT].get_json("/retention", organiser(request), fieldlabs=fieldlab)
    known = await names.names(request)
    term = told["items"][0]
    return await show(
        request,
        "organiser/retention.html",
        status=status,
        name=known.fieldlabs.get(fieldlab, fieldlab),
        fieldlab=fieldlab,
        term=term,
        default=told["default"],
        given=given or {"months": str(term["months"])},
        faults=faults,
    )
