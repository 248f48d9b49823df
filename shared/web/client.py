"""Calling another service."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import aiohttp
import orjson
import structlog
from yarl import URL

from shared.errors import Rejected, not_found
from shared.messaging.log import Page, ReadLog
from shared.messaging.message import Message
from shared.web.principal import HEADER, Principal, PrincipalKey, service
from shared.web.server import REQUEST_ID

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=2)
PLAIN = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
ADDRESS_SECONDS = 1  # for how long an address that was found for a name is used without looking again


def open_session() -> aiohttp.ClientSession:
    """For calling the other services by name. The system is asked where they are: the resolver that aiohttp prefers keeps an
    answer for as long as the name server allows, with Docker ten minutes, and a container made anew has another address.
    """
    connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver(), ttl_dns_cache=ADDRESS_SECONDS)
    return aiohttp.ClientSession(connector=connector)


class Client:
    """One other service, as seen by this one. What it refuses is raised as the same Rejected; when it is away, as 503.

    A call is for whoever it says, and for nobody in particular where it says nothing; `itself` is for what no person asked.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, key: PrincipalKey, name: str) -> None:
        """`name` is our own."""
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._key = key
        self.itself = service(name)

    async def get(self, path: str, principal: Principal | None = None, **query: Any) -> bytes:
        return (await self.call("GET", path, principal, query=query))[1]

    async def get_json(self, path: str, principal: Principal | None = None, **query: Any) -> Any:
        return orjson.loads(await self.get(path, principal, **query))

    async def call(
        self,
        method: str,
        path: str,
        principal: Principal | None = None,
        *,
        body: bytes | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body of a good answer. A `path` that could lead elsewhere than it reads is
        not found.
        """
        sent = dict(headers or {})
        if principal is not None:
            sent[HEADER] = self._key.sign(principal)
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            sent[REQUEST_ID] = request_id
        if body is not None:
            sent["Content-Type"] = "application/json"
        wanted = {name: str(value) for name, value in (query or {}).items() if value is not None}
        try:
            async with self._session.request(
                method, URL(self._base_url + plain(path), encoded=True), data=body, params=wanted, headers=sent, timeout=TIMEOUT
            ) as response:
                answer = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Rejected(
                "unavailable", 503, "A part of the platform does not answer for the moment. Please try again.", retry_after=2
            ) from error
        if response.status >= 400:
            raise _rejected(response, answer)
        return response.status, answer

    def log(self) -> ReadLog:
        """How a consumer reads this service's event log."""

        async def read(after: str) -> Page:
            page = await self.get_json("/internal/log", self.itself, after=after)
            return Page(
                UUID(page["epoch"]), [Message.from_json(orjson.dumps(message)) for message in page["messages"]], page["cursor"]
            )

        return read


def plain(path: str) -> str:
    """The path, if it can be read in one way alone. Raises Rejected (404) for any other: `..` leads where nobody asked."""
    if not PLAIN.fullmatch(path) or {".", ".."} & {*path.split("/")}:
        raise not_found()
    return path


def _rejected(response: aiohttp.ClientResponse, answer: bytes) -> Rejected:
    try:
        problem = orjson.loads(answer)
        retry_after = response.headers.get("Retry-After")
        return Rejected(
            problem["type"].rpartition("/")[2],
            response.status,
            problem["detail"],
            retry_after=int(retry_after) if retry_after else None,
            errors=problem.get("errors", []),
        )
    except (orjson.JSONDecodeError, KeyError, AttributeError, TypeError):
        return Rejected("unexpected", 502, "A part of the platform gave an answer that makes no sense. It has been noted.")
