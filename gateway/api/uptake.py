"""The region's report."""

from __future__ import annotations

from aiohttp import web

from gateway.api.operation import Operations
from gateway.api.passing import forward
from gateway.api.shapes import Uptake, UptakeQuestion
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in

uptake = Operations("Uptake")


@uptake.declare(
    "GET", "/v1/uptake", "Uptake of a region", {200: Uptake}, who="reviewer", query=UptakeQuestion,
    problems=["403 not-a-reviewer"],
)  # fmt: skip
async def get_uptake(request: web.Request) -> web.Response:
    """Live figures for a reviewer: exact for the own region, small figures of other regions hidden. A hidden figure is
    `{"withheld": true}`; only figures are numbers.
    """
    signed_in(request)
    return await forward(request, request.app[ENROLLMENT])
