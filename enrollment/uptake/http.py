"""The report on the wire."""

from __future__ import annotations

from aiohttp import web

from enrollment.uptake import disclosure, queries
from enrollment.uptake.queries import Figures
from enrollment.uptake.questions import Question
from shared.errors import Rejected
from shared.text import filled_in
from shared.web.principal import signed_in
from shared.web.reading import reading
from shared.web.server import POOL, json


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

    def is_own(line: Figures) -> bool:
        return bool({*map(str, line.key.values())} & (reviews | own))

    items, totals = disclosure.exact(report) if asked <= own else disclosure.protected(report, is_own)
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
