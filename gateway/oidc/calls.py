"""Calling an identity provider: within a time, up to a size, and with every way in which it can go wrong told as a refusal."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from authlib.deprecate import AuthlibDeprecationWarning
from authlib.integrations.base_client import OAuthError

from shared.errors import Rejected
from shared.logs import logger

with warnings.catch_warnings():
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)  # it would rather have httpx2, which has the same interface
    from authlib.integrations.httpx_client import AsyncOAuth2Client

__all__ = ["AsyncOAuth2Client", "Bounded", "NotUsable", "OAuthError", "asking", "get_json"]

SECONDS = 5.0
MOST_BYTES = 256 * 1024


class NotUsable(Exception):
    """What a provider said makes no sense, or is not for us."""


class Bounded(httpx.AsyncBaseTransport):
    """The line to providers. An answer that is packed or too large is not read on."""

    def __init__(self) -> None:
        self._line = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = await self._line.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Counted(response.stream)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            await response.aclose()
            raise NotUsable("the answer is packed")
        return response

    async def aclose(self) -> None:
        await self._line.aclose()


class _Counted(httpx.AsyncByteStream):
    """The bytes of an answer, as long as there are not too many."""

    def __init__(self, whole: httpx.AsyncByteStream) -> None:
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._whole:
            size += len(part)
            if size > MOST_BYTES:
                raise NotUsable("the answer is too large")
            yield part

    async def aclose(self) -> None:
        await self._whole.aclose()


@asynccontextmanager
async def asking(provider: str) -> AsyncIterator[None]:
    """A conversation with a provider, which gets five seconds.

    Raises Rejected: 503 when it does not answer, 403 when it says no, 502 for whatever else it says that is not right.
    """
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except (TimeoutError, httpx.TransportError) as away:
        raise _away(provider, away) from away
    except httpx.HTTPStatusError as error:
        raise (_away if error.response.status_code >= 500 else _not_believed)(provider, error) from error
    except OAuthError as no:
        logger.warning("provider refused", provider=provider, reason=str(no.error)[:100])
        raise Rejected("provider-refused", 403) from no
    except Exception as nonsense:  # a provider may send anything at all, and break any library with it
        raise _not_believed(provider, nonsense) from nonsense


async def get_json(line: httpx.AsyncClient, address: str, token: str | None = None) -> Any:
    """What is at an address of a provider. Raises httpx.HTTPError, or ValueError for what is no JSON."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    response = await line.get(address, headers=headers)
    return response.raise_for_status().json()


def _away(provider: str, reason: Exception) -> Rejected:
    logger.warning("provider away", provider=provider, reason=_told(reason))
    return Rejected("provider-away", 503, retry_after=60)


def _not_believed(provider: str, reason: Exception) -> Rejected:
    logger.warning("provider not believed", provider=provider, reason=_told(reason))
    return Rejected("provider-not-believed", 502)


def _told(reason: Exception) -> str:
    return f"{type(reason).__name__}: {reason}"[:300]
