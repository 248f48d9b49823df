"""The region's report."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from aiohttp import web

from gateway import names
from gateway.api.operation import Operations
from gateway.api.passing import forward
from gateway.api.shapes import Uptake, UptakeQuestion
from gateway.api.uptake_files import as_file
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in
from gateway.problems import language_of
from shared.errors import Rejected
from shared.spreadsheets import CSV, XLSX
from shared.web.negotiation import best

uptake = Operations("Uptake")
JSON = "application/json"


@uptake.declare(
    "GET", "/v1/uptake", "Uptake of a region", {200: Uptake}, who="reviewer", query=UptakeQuestion,
    problems=["403 not-a-reviewer"], files=[CSV, XLSX],
)  # fmt: skip
async def get_uptake(request: web.Request) -> web.Response:
    """Live figures for a reviewer: exact for the own region, small figures of other regions hidden. A hidden figure is
    `{"withheld": true}`; only figures are numbers. As CSV or XLSX, by `Accept`, it is the same table with the totals as last
    line, in the language of `Accept-Language`; a hidden figure is a word there.
    """
    signed_in(request)
    answer = await forward(request, request.app[ENROLLMENT])
    kind = best(",".join(request.headers.getall("Accept", [])), (JSON, CSV, XLSX))
    if kind is None:
        raise Rejected("not-acceptable", 406)
    if kind != JSON:
        assert isinstance(answer.body, bytes)
        known, language = await names.names(request), language_of(request)
        answer = await as_file(orjson.loads(answer.body), request.query, known, language, kind, datetime.now(UTC))
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer
