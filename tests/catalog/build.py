"""Short ways to say what a test is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid4

from aiohttp.test_utils import TestClient

from shared.contracts.catalog import Place
from shared.contracts.enrollment import (
    EnrollmentCancelled,
    EnrollmentWaitlisted,
    Participation,
    SeatConfirmed,
    SeatCount,
    SessionOpened,
)
from shared.contracts.event import Event
from shared.database.pool import Pool
from shared.messaging.message import Message
from shared.web.principal import HEADER, Principal, PrincipalKey, Role

F = TypeVar("F", bound=Event)

KEY = "k" * 32
LOG_OF_THE_DESK = uuid4()
FIELDLAB = "duurzaamheidsfabriek"

DORDRECHT = Place(
    municipality="GM0505",
    province="PV28",
    labour_market_region="AM23",
    landsdeel="LD-zuidwest",
    hub="HUB-west",
    reference_date=date(2025, 1, 1),
)


class Reply(NamedTuple):
    status: int
    body: Any

    @property
    def pointers(self) -> list[str]:
        """The fields that were refused."""
        return [fault["pointer"] for fault in self.body["errors"]]

    @property
    def titles(self) -> list[str]:
        return [item["title"] for item in self.body["items"]]

    @property
    def ids(self) -> list[str]:
        return [item["id"] for item in self.body["items"]]


class Api:
    """The service's HTTP, as the gateway uses it: each request with the principal of whoever asks."""

    def __init__(self, client: TestClient[Any, Any], pool: Pool, announced: Sequence[int]) -> None:
        self._client = client
        self.pool = pool
        self.announced = announced
        """Grows each time the service says that there may be facts to send."""

    async def get(self, path: str, asks: Principal | None = None, **query: object) -> Reply:
        return await self._ask("GET", path, asks, query=query)

    async def post(self, path: str, asks: Principal | None, body: object, key: str | None = None) -> Reply:
        return await self._ask("POST", path, asks, body=body, headers={"Idempotency-Key": key} if key else None)

    async def patch(self, path: str, asks: Principal | None, body: object) -> Reply:
        return await self._ask("PATCH", path, asks, body=body)

    async def _ask(
        self,
        method: str,
        path: str,
        asks: Principal | None,
        *,
        body: object = None,
        query: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        signed = {HEADER: PrincipalKey(KEY).sign(asks)} if asks else {}
        asked = {name.rstrip("_"): str(value) for name, value in (query or {}).items()}
        given: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        async with self._client.request(method, path, params=asked, headers={**signed, **(headers or {})}, **given) as response:
            return Reply(response.status, await response.json(content_type=None))

    async def facts(self, type_: type[F], *sessions: str) -> list[F]:
        """What the service logged of this type about these sessions (or about anything), by subject and revision."""
        rows = await self.pool.fetch(
            """SELECT data::text AS data FROM event_log
                WHERE type = $1 AND (subject = ANY($2::text[]) OR $2 = '{}') ORDER BY subject, revision""",
            type_.type, [f"sessions/{session_id}" for session_id in sessions],
        )  # fmt: skip
        return [type_.model_validate_json(row["data"]) for row in rows]


def organiser(fieldlab_id: str = FIELDLAB, *more: str) -> Principal:
    return Principal(uuid4(), tuple(Role("organiser", one) for one in (fieldlab_id, *more)))


def worker() -> Principal:
    return Principal(uuid4(), (Role("worker"),))


def in_days(days: float, hours: float = 0) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days, hours=hours)


def a_session(starts_in: float = 30, **more: object) -> dict[str, object]:
    """The body of a session of a day, in so many days."""
    return {
        "startsAt": in_days(starts_in).isoformat(),
        "endsAt": in_days(starts_in, 8).isoformat(),
        "capacity": 10,
        "enrollmentClosesAt": in_days(starts_in - 1).isoformat(),
        **more,
    }


async def add_course(api: Api, asks: Principal, **more: object) -> Any:
    reply = await api.post("/courses", asks, {"fieldlabId": FIELDLAB, "title": "Hydrauliek voor beginners", **more})
    assert reply.status == 201, reply.body
    return reply.body


async def add_session(api: Api, asks: Principal, course_id: str, **more: object) -> Any:
    reply = await api.post(f"/courses/{course_id}/sessions", asks, a_session(**more))  # type: ignore[arg-type]
    assert reply.status == 201, reply.body
    return reply.body


def seats(revision: int, left: int, *, capacity: int = 10, waiting: int = 0) -> SeatCount:
    return SeatCount(revision=revision, capacity=capacity, seats_left=left, waiting=waiting)


def opened(session_id: UUID, *, capacity: int = 10, closes_at: datetime | None = None) -> SessionOpened:
    return SessionOpened(
        session_id=session_id,
        revision=1,
        occurred_at=datetime.now(UTC),
        seats=seats(1, capacity, capacity=capacity),
        closes_at=closes_at or in_days(29),
        starts_at=in_days(30),
    )


def _enrolled(session_id: UUID, count: SeatCount) -> dict[str, object]:
    about = Participation(
        course_id=uuid4(), fieldlab_id=FIELDLAB, theme="digital-factory", hours=8, level=4, fieldlab=DORDRECHT
    )
    return {
        "enrollment_id": uuid4(),
        "session_id": session_id,
        "person_id": uuid4(),
        "registered_at": datetime.now(UTC),
        "occurred_at": datetime.now(UTC),
        "about": about,
        "revision": 1,
        "seats": count,
        "command_id": uuid4(),
    }


def confirmed(session_id: UUID, count: SeatCount) -> SeatConfirmed:
    return SeatConfirmed(**_enrolled(session_id, count))


def waitlisted(session_id: UUID, count: SeatCount) -> EnrollmentWaitlisted:
    return EnrollmentWaitlisted(**_enrolled(session_id, count), position=count.waiting)


def cancelled(session_id: UUID, count: SeatCount) -> EnrollmentCancelled:
    return EnrollmentCancelled(**_enrolled(session_id, count), reason="by-person", held_seat=True)


def message(fact: Event) -> Message:
    """A fact as the desk's log or a courier brings it."""
    return Message(
        uuid4(), "enrollment", LOG_OF_THE_DESK, fact.type, fact.subject, fact.revision, datetime.now(UTC), fact.to_json()
    )  # fmt: skip
