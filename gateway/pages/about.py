"""Pages that stand by themselves: what this is and what it keeps, and how the pages look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aiohttp import web

from gateway.api.me import KEPT
from gateway.edge import SETTINGS
from gateway.pages.catalogue import Course, Session
from gateway.pages.page import show
from gateway.pages.uptake import Line

TOKEN, KEY, SESSION = "TOKEN", "2027-rooster-1", "00000000-0000-4000-8000-000000000000"
"""What stands in the examples for what is one's own."""


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


async def get_about(request: web.Request) -> web.Response:
    return await show(request, "about.html")


async def get_api(request: web.Request) -> web.Response:
    """For who writes a program: tokens, the whole description, and three calls to begin with."""
    address = request.app[SETTINGS].address
    calls = [
        (_("Find a course: open to everybody"), f"curl '{address}/v1/courses?q=robot&region=PV28'"),
        (_("See your own enrollments"), f"curl -H 'Authorization: Bearer {TOKEN}' {address}/v1/enrollments"),
        (
            _("Enroll: with a key of your own, sending it again is harmless"),
            f"curl -X POST -H 'Authorization: Bearer {TOKEN}' -H 'Content-Type: application/json' \\\n"
            f"  -H 'Idempotency-Key: {KEY}' \\\n"
            f'  -d \'{{"sessionId": "{SESSION}"}}\' {address}/v1/enrollments',
        ),
    ]
    return await show(request, "api.html", calls=calls, header="Authorization: Bearer …")


async def get_privacy(request: web.Request) -> web.Response:
    return await show(request, "privacy.html", kept=KEPT)


async def get_style(request: web.Request) -> web.Response:
    """Every building block once, with made-up content."""
    soon = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=20)
    states = [("open", 12, 5, 0), ("open", 10, 0, 3), ("open", 40, 1, 0), ("announced", 8, 8, 0), ("closed", 8, 2, 0)]
    sessions = [
        Session(
            str(number), state, soon + timedelta(days=30 * number), soon + timedelta(days=30 * number, hours=8),
            soon, "Dordrecht", capacity, left, waiting, None,
        )
        for number, (state, capacity, left, waiting) in enumerate(states)
    ]  # fmt: skip
    course = Course(
        "0", "Werken met een cobot", "", "voorbeeld", "De Voorbeeldfabriek", "Dordrecht", "smart-working", "Slim werken",
        16, 3, "presential", None, True, True, sessions[0], 3,
    )  # fmt: skip
    lines = [
        Line("PV28", "Zuid-Holland", {"taken": 128, "waitlisted": 9}, True),
        Line("PV29", "Zeeland", dict.fromkeys(["taken", "waitlisted"])),
    ]
    return await show(request, "style.html", course=course, sessions=sessions, lines=lines)
