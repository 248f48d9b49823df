"""People who enroll and withdraw, do not give up, and write down what they asked and heard."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp

from tests.chaos.checker import Told

GIVE_UP = 90.0
TIMEOUT = aiohttp.ClientTimeout(total=15)


class History:
    """Every operation from its invocation to its answer, in a file outside the platform."""

    def __init__(self, file: Path) -> None:
        self.told: list[Told] = []
        self._out = file.open("w", encoding="utf-8")

    def note(self, kind: str, **what: Any) -> None:
        self._out.write(json.dumps({"at": round(time.monotonic(), 4), "kind": kind, **what}) + "\n")

    def answer(self, told: Told) -> None:
        self.told.append(told)
        self.note(told.outcome, **asdict(told))

    def close(self) -> None:
        self._out.close()


@dataclass
class Person:
    token: str
    id: str


class Load:
    """So many operations by so many people at once, on a few sessions that are too small for all of them."""

    def __init__(self, base_url: str, people: Sequence[Person], sessions: Sequence[str], history: History, seed: int) -> None:
        self._base_url = base_url
        self._people = people
        self._sessions = sessions
        self._history = history
        self._random = random.Random(seed)
        self._inside: list[tuple[Person, str, str]] = []
        self.done = 0

    async def run(self, operations: int, at_once: int) -> None:
        """Every (person, session) once, in any order; one time in four somebody who is in withdraws instead."""
        pairs = [(person, session) for person in self._people for session in self._sessions]
        self._random.shuffle(pairs)
        turns = iter(range(operations))
        async with aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=at_once)) as http:

            async def one_after_the_other() -> None:
                for _ in turns:
                    if self._inside and self._random.random() < 1 / 4:
                        leaving = self._inside.pop(self._random.randrange(len(self._inside)))
                        await self._cancel(http, *leaving)
                    else:
                        person, session = pairs.pop()
                        if enrollment := await self._enroll(http, person, session):
                            self._inside.append((person, session, enrollment))
                    self.done += 1

            await asyncio.gather(*(one_after_the_other() for _ in range(at_once)))

    async def _enroll(self, http: aiohttp.ClientSession, person: Person, session: str) -> str | None:
        body = {"sessionId": session, "workMunicipality": self._random.choice(["GM0599", "GM0505", "GM0772", "GM0014"])}
        answer = await self._until_answered(http, "enroll", person, session, "/v1/enrollments", body)
        return answer.enrollment if answer.outcome == "ok" else None

    async def _cancel(self, http: aiohttp.ClientSession, person: Person, session: str, enrollment: str) -> None:
        path = f"/v1/enrollments/{enrollment}/cancellation"
        await self._until_answered(http, "cancel", person, session, path, None, enrollment)

    async def _until_answered(
        self,
        http: aiohttp.ClientSession,
        op: str,
        person: Person,
        session: str,
        path: str,
        body: dict[str, str] | None,
        enrollment: str | None = None,
    ) -> Told:
        """Ask, and ask again with the same key as long as no answer comes; whether an earlier attempt took effect is open."""
        key = uuid4().hex
        deadline = time.monotonic() + GIVE_UP
        self._history.note("invoke", op=op, person=person.id, session=session, key=key)
        while True:
            told = await self._attempt(http, op, person, session, path, body, key, enrollment)
            if told.outcome != "info" or time.monotonic() > deadline:
                self._history.answer(told)
                return told
            self._history.note("unknown", op=op, person=person.id, session=session, key=key)
            await asyncio.sleep(self._random.uniform(0.05, 0.4))

    async def _attempt(
        self,
        http: aiohttp.ClientSession,
        op: str,
        person: Person,
        session: str,
        path: str,
        body: dict[str, str] | None,
        key: str,
        enrollment: str | None,
    ) -> Told:
        headers = {"Authorization": f"Bearer {person.token}", "Idempotency-Key": key}
        try:
            async with http.post(self._base_url + path, json=body, headers=headers) as response:
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return Told(op, "info", person.id, session, enrollment)
        if response.status in (200, 201):
            return Told(op, "ok", person.id, session, answer["id"], answer["state"])
        if response.status >= 500:
            return Told(op, "info", person.id, session, enrollment)
        return Told(op, "fail", person.id, session, enrollment, f"{response.status} {answer.get('type')}")
