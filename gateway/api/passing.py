"""Handing a request on to the service that decides about it, and its answer back, both as they are."""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel

from gateway.edge import who_asks
from shared.errors import Rejected, not_found
from shared.web.client import Client
from shared.web.server import json_bytes

IDEMPOTENCY_KEY = "Idempotency-Key"
MAX_KEY = 200
KEY = rf"^[!-~]{{1,{MAX_KEY}}}$"
M = TypeVar("M", bound=BaseModel)


async def forward(request: web.Request, client: Client) -> web.Response:
    """The service's answer to this very request: the same method, the same path without `/v1`, the same query and body.

    Who may do what, and what fits, is for the service to say: a rule stands in one place.
    """
    key = idempotency_key(request)
    status, answer = await client.call(
        request.method if request.method != "HEAD" else "GET",
        request.path.removeprefix("/v1"),
        who_asks(request),
        body=await request.read() if request.body_exists else None,
        query={name: ",".join(request.query.getall(name)) for name in request.query},
        headers={IDEMPOTENCY_KEY: key} if key else None,
    )
    return json_bytes(answer, status)


def made(answer: web.Response, collection: str) -> web.Response:
    """The same answer, which says where it is what was made."""
    if answer.status == 201 and isinstance(answer.body, bytes):
        answer.headers["Location"] = f"{collection}/{orjson.loads(answer.body)['id']}"
    return answer


async def sent(request: web.Request, model: type[M]) -> M:
    """The JSON body, checked. Raises pydantic's ValidationError: a 400 with all faults together."""
    return model.model_validate_json(await request.read())


def idempotency_key(request: web.Request) -> str | None:
    """The Idempotency-Key, if there is one. Raises Rejected (400) for one that cannot be kept."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not re.fullmatch(KEY, key):
        fault = {"pointer": f"#/{IDEMPOTENCY_KEY}", "code": "header", "limit": str(MAX_KEY)}
        raise Rejected("invalid-input", 400, errors=[fault])
    return key


def id_in_path(request: web.Request, name: str) -> UUID:
    """An id of ours in the path, in the form in which we give ids out. Any other cannot be anybody's: it is not found."""
    text = request.match_info[name]
    try:
        found = UUID(text)
    except ValueError as error:
        raise not_found() from error
    if str(found) != text:
        raise not_found()
    return found
