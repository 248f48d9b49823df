"""How the gateway reaches the other services."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from aiohttp import web

from shared.errors import Rejected
from shared.gather import Gather
from shared.messaging.relay import Relay
from shared.web.client import Client
from shared.web.principal import Principal, PrincipalKey

ROUND = 500
PATIENCE = 5.0  # seconds for which people do not notice that the desk starts again


@dataclass(frozen=True)
class Request:
    """One person's request for a seat, checked and ready to hand over."""

    principal: Principal
    body: dict[str, object]
    key: str | None


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class EnrollmentRequests:
    """Hands requests for seats to the desk: while one call is under way the next ones gather, so that at a rush many share
    one. Each keeps its own principal and gets its own answer.
    """

    def __init__(self, enrollment: Client, key: PrincipalKey) -> None:
        self._enrollment = enrollment
        self._key = key
        self.rounds: Gather[Request, Answer] = Gather(self._hand_over, limit=ROUND, fatal=(Rejected,))

    async def ask(self, request: Request) -> Answer:
        """The desk's answer. Raises Rejected for a no."""
        return await self.rounds.ask(request)

    async def _hand_over(self, requests: Sequence[Request]) -> Sequence[Answer | Rejected]:
        waiting = self.rounds.waiting
        signed: dict[Principal, str] = {}
        for request in requests:
            if request.principal not in signed:
                signed[request.principal] = self._key.sign(request.principal)
        batch = [{"principal": signed[request.principal], "key": request.key, "request": request.body} for request in requests]
        answer = await self._call(orjson.dumps(batch), waiting)
        return [_answer(item) for item in orjson.loads(answer)]

    async def _call(self, batch: bytes, waiting: int) -> bytes:
        """Asked again while the desk is away for a moment: a request that came through already gets what it made. The desk is
        told how many wait here behind it, so that at a rush it gives tickets.
        """
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                _, answer = await self._enrollment.call(
                    "POST", "/enrollment-batches", self._enrollment.itself, body=batch, query={"waiting": waiting}
                )
            except Rejected as away:
                if away.status != 503 or asyncio.get_running_loop().time() > deadline:
                    raise
            else:
                return answer
            await asyncio.sleep(0.2)


def _answer(item: dict[str, object]) -> Answer | Rejected:
    status, body = item["status"], item["body"]
    if not isinstance(status, int) or not isinstance(body, dict):
        return Rejected("unexpected", 502)
    if status < 400:
        return Answer(status, orjson.dumps(body))
    retry_after = item.get("retryAfter")
    return Rejected(
        str(body["type"]).rpartition("/")[2],
        status,
        str(body["detail"]),
        retry_after=retry_after if isinstance(retry_after, int) else None,
        errors=body.get("errors", []),
    )


CATALOG = web.AppKey("catalog", Client)
ENROLLMENT = web.AppKey("enrollment", Client)
NOTIFICATIONS = web.AppKey("notifications", Client)
RELAY = web.AppKey("relay", Relay)
"""What is told to the others goes out at once when it is woken."""
REQUESTS = web.AppKey("enrollment requests", EnrollmentRequests)
