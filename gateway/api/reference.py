"""Regions, municipalities, fieldlabs and themes: for anyone."""

from __future__ import annotations

from aiohttp import web

from gateway.api.operation import Operations
from gateway.api.passing import forward
from gateway.api.shapes import (
    Fieldlab,
    FieldlabFilter,
    Municipality,
    MunicipalityFilter,
    Page,
    Paging,
    Region,
    RegionFilter,
    Theme,
)
from gateway.clients import CATALOG

reference = Operations("Reference data")


@reference.declare("GET", "/v1/regions", "Regions", {200: Page[Region]}, query=RegionFilter)
async def get_regions(request: web.Request) -> web.Response:
    """Provinces, labour-market regions, Techniekpact landsdelen and Smart Industry hubs. Source: CBS, CC BY 4.0."""
    return await forward(request, request.app[CATALOG])


@reference.declare("GET", "/v1/municipalities", "Municipalities", {200: Page[Municipality]}, query=MunicipalityFilter)
async def get_municipalities(request: web.Request) -> web.Response:
    """With the regions they lie in on the reference date. Source: CBS, CC BY 4.0."""
    return await forward(request, request.app[CATALOG])


@reference.declare("GET", "/v1/themes", "Themes", {200: Page[Theme]}, query=Paging)
async def get_themes(request: web.Request) -> web.Response:
    """The transformations of Smart Industry under which courses are found."""
    return await forward(request, request.app[CATALOG])


@reference.declare("GET", "/v1/fieldlabs", "Fieldlabs", {200: Page[Fieldlab]}, query=FieldlabFilter)
async def get_fieldlabs(request: web.Request) -> web.Response:
    """From public sources, each with how sure we are. To be listed here is no recognition."""
    return await forward(request, request.app[CATALOG])


@reference.declare("GET", "/v1/fieldlabs/{fieldlabId}", "One fieldlab", {200: Fieldlab})
async def get_fieldlab(request: web.Request) -> web.Response:
    """Place, topic, and how sure we are."""
    return await forward(request, request.app[CATALOG])
