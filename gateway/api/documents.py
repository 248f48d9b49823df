"""The documents about the API and the events: open to every origin."""

from __future__ import annotations

import orjson
from aiohttp import web

from shared.contracts import asyncapi
from shared.web.server import json_bytes

OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
ASYNCAPI = orjson.dumps(asyncapi.document())


def document_routes(openapi: dict[str, object]) -> list[web.RouteDef]:
    """`/v1/openapi.json` and `/v1/asyncapi.json`."""
    text = orjson.dumps(openapi)

    async def get_openapi(request: web.Request) -> web.Response:
        return _open(text)

    async def get_asyncapi(request: web.Request) -> web.Response:
        return _open(ASYNCAPI)

    return [web.get("/v1/openapi.json", get_openapi), web.get("/v1/asyncapi.json", get_asyncapi)]


def _open(text: bytes) -> web.Response:
    response = json_bytes(text)
    response.headers.update(OPEN)
    return response
