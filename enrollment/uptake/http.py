"""The report on the wire."""

from __future__ import annotations

from aiohttp import web

from enrollment.uptake import disclosure, queries
from enrollment.uptake.questions import Question
from shared.errors import Rejected
from shared.text import filled_in
from shared.web.principal import signed_in
from shared.web.reading import reading
from shared.web.server import POOL, json


def unknown_region() -> Rejected:
    """For a code that is spelled well and that no region has. Figures of nobody would pass for a region where nobody learns."""
    fault = {"pointer": "#/region", "code": "unknown_region", "detail": "There is no such region; GET /v1/regions lists them"}
    return Rejected("invalid-input", 400, errors=[fault])


async def get_uptake(request: web.Request) -> web.Response:
    """Live figures for a reviewer: the own region exact, small figures of other regions hidden."""
    asks = signed_in(request)
    reviews = asks.scopes("region")
    if not reviews:
        raise Rejected("not-a-reviewer", 403, "Live figures are for reviewers of a region.")
    question = Question.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], asks) as conn:
        report = await queries.report(conn, question)
        own = {code for region in reviews for code in await queries.municipalities_of(conn, region)}
        asked = await queries.municipalities_of(conn, question.region)
        if not asked and await queries.municipalities_of(conn, "NL"):
            raise unknown_region()
        if asked <= own:
            items, totals = disclosure.exact(report)
        else:
            items, totals = disclosure.protected(report, await queries.report(conn, question, within=own))
    return json(
        {
            "region": question.region,
            "basis": question.basis,
            "from": question.from_,
            "to": question.to,
            "asOf": None,
            "status": "provisional",
            "groupBy": question.group_by,
            "items": items,
            "totals": totals,
        }
    )
