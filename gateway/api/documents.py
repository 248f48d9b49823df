"""The documents about the API and the events: open to every origin."""

from __future__ import annotations

import orjson
from aiohttp import web

from shared.contracts import asyncapi
from shared.web.server import json_bytes

OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
START = orjson.dumps(
    {
        "openapi": "/v1/openapi.json", "asyncapi": "/v1/asyncapi.json", "help": "/en/api",
        "courses": "/v1/courses", "fieldlabs": "/v1/fieldlabs", "regions": "/v1/regions", "me": "/v1/me",
    }
)  # fmt: skip
ASYNCAPI = orjson.dumps(asyncapi.document())


def document_routes(openapi: dict[str, object]) -> list[web.RouteDef]:
    """`/v1/openapi.json` and `/v1/asyncapi.json`, and at `/v1` where to begin."""
    text = orjson.dumps(openapi)

    async def get_openapi(request: web.Request) -> web.Response:
        return _open(text)

    async def get_asyncapi(request: web.Request) -> web.Response:
        return _open(ASYNCAPI)

    async def get_start(request: web.Request) -> web.Response:
        return _open(START)

    return [web.get("/v1", get_start), web.get("/v1/openapi.json", get_openapi), web.get("/v1/asyncapi.json", get_asyncapi)]


def _open(text: bytes) -> web.Response:
    response = json_bytes(text)
    response.headers.update(OPEN)
    return response
