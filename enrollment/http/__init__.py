"""Translate in, ask, translate out."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from enrollment.http import lines, organisers, people
from enrollment.http.asking import DESK
from enrollment.http.organisers import RETENTION_MONTHS
from enrollment.uptake.http import get_uptake

__all__ = ["DESK", "RETENTION_MONTHS", "ROUTES"]

ROUTES: Sequence[web.RouteDef] = [
    *people.ROUTES,
    *lines.ROUTES,
    *organisers.ROUTES,
    web.get("/uptake", get_uptake),
]
