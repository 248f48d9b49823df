"""How far a service is with forgetting somebody: `GET /internal/erasures/<id>`, for the page that tells them."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from shared.database.pool import Pool, connection
from shared.errors import not_found
from shared.messaging import forgetting
from shared.web.principal import for_services
from shared.web.server import json


def erasure_route(pool: Pool) -> web.RouteDef:
    async def get_erasure(request: web.Request) -> web.Response:
        try:
            erasure_id = UUID(request.match_info["erasure_id"])
        except ValueError as error:
            raise not_found() from error
        async with connection(pool) as conn:
            done, told = await forgetting.told(conn, erasure_id)
        return json({"done": done, "told": told})

    return web.get("/internal/erasures/{erasure_id}", for_services(get_erasure))
