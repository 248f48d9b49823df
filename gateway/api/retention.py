"""For how long a fieldlab remembers who took part."""

from __future__ import annotations

import orjson
from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import sent
from gateway.api.shapes import NewRetentionTerm, RetentionTerm
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in
from shared.web.server import json, json_bytes

retention = Operations("Retention")


@retention.declare(
    "GET", "/v1/fieldlabs/{fieldlabId}/retention", "A fieldlab's term", {200: RetentionTerm}, who="organiser"
)  # fmt: skip
async def get_retention(request: web.Request) -> web.Response:
    """And how many enrollments are past it: within a day these are made anonymous."""
    told = await request.app[ENROLLMENT].get_json("/retention", signed_in(request), fieldlabs=request.match_info["fieldlabId"])
    return json(told["items"][0])


@retention.declare(
    "PUT", "/v1/fieldlabs/{fieldlabId}/retention", "Choose the term", {200: RetentionTerm}, who="organiser",
    body=NewRetentionTerm,
)  # fmt: skip
@acts.act("retention-chosen")
async def put_retention(request: web.Request) -> web.Response:
    """A shorter one counts from the next run on, also for sessions of the past. What was made anonymous stays so."""
    asks, fieldlab = signed_in(request), request.match_info["fieldlabId"]
    wanted = await sent(request, NewRetentionTerm)
    body = orjson.dumps(wanted.model_dump())
    return json_bytes((await request.app[ENROLLMENT].call("PUT", f"/retention/{fieldlab}", asks, body=body))[1])
