"""Example courses with sessions to come, for a demo. Made up, and labelled as such wherever they are shown.

Each course has a session every six weeks on a weekday of its own; the day gives the session its id. So a later start adds what
has come into view since, and never the same session twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import ceil
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from catalog import reference, store
from catalog.store import Course, Session
from shared.database.pool import Connection

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SAMPLES = UUID("5c0a9b1e-6d0f-4a57-9a0c-2f6e1f9d7b34")
"""Where the ids of samples come from: the same ones on every machine."""

MONDAY = date(2025, 1, 6)
EVERY = timedelta(weeks=6)
FROM, TO = timedelta(days=3), timedelta(days=120)
HOURS_A_DAY = 8


async def load(conn: Connection, now: datetime) -> None:
    """Have every sample course, and its sessions from three days to four months ahead, in the caller's transaction."""
    rows = reference.read("sample_courses.csv")
    places = {row["fieldlab_id"]: row["place"] for row in reference.read("fieldlabs.csv")}
    courses = [_course(row) for row in rows]
    await store.add_courses(conn, courses)
    today = now.astimezone(AMSTERDAM).date()
    sessions = [
        _session(course, places[course.fieldlab_id], number, day)
        for number, course in enumerate(courses, start=1)
        for day in days(number, today)
    ]
    await store.add_sessions(conn, sessions, now)


def days(number: int, today: date) -> Sequence[date]:
    """When the sessions of a course start: two or three weekdays, six weeks apart. `number` counts the courses."""
    anchor = MONDAY + timedelta(weeks=number % 6, days=number % 5)
    first = today + FROM + (anchor - today - FROM) % EVERY
    return [first + EVERY * n for n in range(3) if first + EVERY * n <= today + TO]


def _course(row: reference.Row) -> Course:
    return Course(
        course_id=uuid5(SAMPLES, row["code"]),
        fieldlab_id=row["fieldlab_id"],
        theme=row["theme"],
        title_nl=row["title_nl"],
        title_en=row["title_en"],
        description_nl=row["description_nl"],
        description_en=row["description_en"],
        hours=int(row["hours"]),
        level=int(row["level"]),
        mode_of_delivery=row["mode_of_delivery"],
        skill_label=row["skill_label"],
        skill_uri=row["skill_uri"],
        state="published",
        sample=True,
    )


def _session(course: Course, place: str, number: int, day: date) -> Session:
    first, last = _first_and_last(day, ceil(course.hours / HOURS_A_DAY))
    starts_at = _at(first, time(8, 30))
    ends_at = starts_at + timedelta(hours=course.hours) if course.hours < HOURS_A_DAY else _at(last, time(16, 30))
    return Session(
        session_id=uuid5(SAMPLES, f"{course.course_id}/{day}"),
        course_id=course.course_id,
        starts_at=starts_at,
        ends_at=ends_at,
        location="Online" if course.mode_of_delivery == "online" else place,
        description_nl="",
        description_en="",
        capacity=8 + (5 * number + day.month) % 13,
        closes_at=_at(first - timedelta(days=1), time(17, 0)),
        minimum=None,
        needs_approval=False,
        offer_hours=None,
        approval_hours=72,
        holds_seat=True,
    )


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, AMSTERDAM)


def _first_and_last(day: date, count: int) -> tuple[date, date]:
    """So many working days in a row from this day on, or from as many weeks later as keeps them clear of Christmas."""
    while True:
        last, left = day, count - 1
        while left:
            last += timedelta(days=1)
            left -= last.weekday() < 5
        if not (_at_christmas(day) or _at_christmas(last)):
            return day, last
        day += timedelta(weeks=1)


def _at_christmas(day: date) -> bool:
    return (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 3)
