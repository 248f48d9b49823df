"""What an organiser does before others can begin."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import aiohttp

from tests.platform import Running


async def new_sessions(
    platform: Running, count: int, seats: int, *, of_one_course: bool = False, **more: object
) -> Sequence[str]:
    """Announce so many sessions over the API; gives their ids once the desk opened them.

    Each is of a course of its own, so that one person may be in all of them, unless they are to be `of_one_course`.

    `more` is told of each session too.
    """
    headers = {"Authorization": f"Bearer {platform.demo['tokens']['organiser']}"}
    async with aiohttp.ClientSession(platform.base_url, headers=headers, raise_for_status=True) as http:
        course = {"fieldlabId": "duurzaamheidsfabriek", "titleNl": "Druk bezocht", "titleEn": "Much visited"}
        starts_at = datetime.now(UTC) + timedelta(days=60)
        session = {
            "startsAt": starts_at.isoformat(),
            "endsAt": (starts_at + timedelta(hours=8)).isoformat(),
            "enrollmentClosesAt": (starts_at - timedelta(days=1)).isoformat(),
            "capacity": seats,
            **more,
        }
        ids: list[str] = []
        course_id = ""
        for _ in range(count):
            if not (course_id and of_one_course):
                async with http.post("/v1/courses", json=course) as response:
                    course_id = (await response.json())["id"]
            async with http.post(f"/v1/courses/{course_id}/sessions", json=session) as response:
                ids.append((await response.json())["id"])
        for session_id in ids:
            while True:
                async with http.get(f"/v1/sessions/{session_id}") as response:
                    if (await response.json())["state"] == "open":
                        break
                await asyncio.sleep(0.1)
    return ids
