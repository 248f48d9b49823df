"""What people may know of what they were told."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from notifications import store
from shared.web.principal import signed_in
from shared.web.reading import reading
from shared.web.server import POOL, json


async def get_own_data(request: web.Request) -> web.Response:
    """Every mail that who asks got, or is about to get: about what, and when. Its text is kept nowhere."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        return json({"mails": await store.told(conn, asks.person_id)})


ROUTES: Sequence[web.RouteDef] = [web.get("/own-data", get_own_data)]
