"""What must hold of the seats that are shown. See shared.checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from asyncpg import Record

from catalog import reactions
from shared.checks.findings import Findings
from shared.checks.logs import Log, Stretch
from shared.checks.looking import FIRST, PIECE, Database
from shared.checks.service import ServiceChecks, ids
from shared.database import sql
from shared.messaging.consumer import Subscriptions

SQL = sql.load(__file__, "checks.sql")


class Checks(ServiceChecks):
    consumers: ClassVar[Mapping[str, Subscriptions]] = {"catalog": reactions.SUBSCRIPTIONS}
    open_to_all: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(("region", "municipality", "theme", "fieldlab", "availability", "session_opening"), "true"),
        "course": "state = 'published'",
        "session": "course_id IN (SELECT course_id FROM course WHERE state = 'published')",
    }
    own_invariants = ("I6",)

    def __init__(self) -> None:
        self._told: dict[UUID, Record] = {}
        self._called_off: set[UUID] = set()
        self._shown: dict[UUID, Record] = {}

    async def follow(self, own: Database, stretch: Stretch, found: Findings) -> None:
        if stretch.source != "enrollment":
            return
        for told in await stretch.database.fetch(SQL.seats_told, *stretch.bounds):
            known = self._told.get(told["session_id"])
            if known is None or told["seats_revision"] > known["seats_revision"]:
                self._told[told["session_id"]] = told
        self._called_off |= {
            row["session_id"] for row in await stretch.database.fetch(SQL.sessions_called_off, *stretch.bounds)
        }

    async def alone(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        last = FIRST
        while page := await own.fetch(SQL.shown, last, PIECE):
            self._shown |= {row["session_id"]: row for row in page}
            last = page[-1]["session_id"]

    async def finish(self, own: Database, logs: Mapping[str, Log], found: Findings) -> None:
        if "enrollment" not in logs:
            return
        for session, shown in self._shown.items():
            told = self._told.get(session)
            if told is None or shown["revision"] > told["seats_revision"]:
                found.broken("I6", "sessions of which more is shown than the desk told", [session])
            elif shown["revision"] == told["seats_revision"] and _seats(shown) != _seats(told):
                found.broken("I6", "sessions whose seats are shown otherwise than the desk told", [session])
            if shown["cancelled"] and session not in self._called_off:
                found.broken("I6", "sessions that are shown as cancelled and are not", [session])
        behind = [told for session, told in self._told.items() if self._is_behind(session, told["seats_revision"])]
        late = await own.fetch(
            SQL.behind_though_applied,
            [told["session_id"] for told in behind], [told["seats_revision"] for told in behind],
            [told["subject"] for told in behind], [told["revision"] for told in behind],
        )  # fmt: skip
        found.broken("I6", "sessions that are shown as they were before a fact that was applied", ids(late))

    def _is_behind(self, session: UUID, revision: int) -> bool:
        return session not in self._shown or self._shown[session]["revision"] < revision


def _seats(row: Record) -> tuple[int, int, int]:
    return row["capacity"], row["seats_left"], row["waiting"]
