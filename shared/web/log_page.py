"""Each publisher serves its log to the other services, a page at a time: `GET /internal/log?after=<cursor>`."""

from __future__ import annotations

import orjson
from aiohttp import web

from shared.database.pool import Pool, connection
from shared.errors import Rejected
from shared.messaging import log
from shared.web.principal import for_services
from shared.web.server import json_bytes


def log_route(pool: Pool, source: str) -> web.RouteDef:
    async def get_log(request: web.Request) -> web.Response:
        after = request.query.get("after", "")
        async with connection(pool) as conn:
            try:
                page = await log.read(conn, source, after)
            except ValueError as error:
                raise Rejected("invalid-input", 400, "`after` must be a cursor that this log gave.") from error
        messages = b",".join(message.to_json().encode() for message in page.messages)
        cursor = orjson.dumps(page.cursor)
        return json_bytes(b'{"epoch":"%s","cursor":%s,"messages":[%s]}' % (str(page.epoch).encode(), cursor, messages))

    return web.get("/internal/log", for_services(get_log))
