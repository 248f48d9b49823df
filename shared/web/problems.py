"""Every no is a problem (RFC 9457): what is wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import orjson
from aiohttp import web
from pydantic import ValidationError

from shared.database.pool import LOST_CONNECTION
from shared.errors import Busy, Rejected
from shared.logs import logger

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def body_of(rejected: Rejected) -> dict[str, object]:
    """The JSON of a problem. Its `type` leads to a page that says more, and ends in the slug."""
    body: dict[str, object] = {
        "type": f"/problems/{rejected.slug}",
        "title": rejected.slug.replace("-", " ").capitalize(),
        "status": rejected.status,
        "detail": rejected.detail or rejected.slug.replace("-", " ").capitalize() + ".",
    }
    if rejected.errors:
        body["errors"] = rejected.errors
    return body


def response_of(rejected: Rejected, body: dict[str, object] | None = None) -> web.Response:
    return web.Response(
        body=orjson.dumps(body or body_of(rejected)),
        status=rejected.status,
        headers=headers_of(rejected),
        content_type="application/problem+json",
    )


def headers_of(rejected: Rejected) -> dict[str, str]:
    """What goes along with a refusal, as HTTP has it (RFC 9110): when to ask again, how to sign in, what can be done here."""
    headers = {"Retry-After": str(rejected.retry_after)} if rejected.retry_after is not None else {}
    if rejected.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if rejected.allowed:
        headers["Allow"] = rejected.allowed
    return headers


MOST_COUNTED = 1000
MOST_FAULTS = 50
"""Beyond these a body is not mended fault by fault, and telling them all would cost more than the request did."""
LIMITS = ("ge", "gt", "le", "lt", "max_length", "min_length", "expected")
"""Where pydantic tells which bound a value went past, or what it may be."""


def invalid(error: ValidationError) -> Rejected:
    """All faulty fields together.

    `pointer` is where it stands in the body, or in the query; `limit` the bound that it went past, where there is one.
    """
    if error.error_count() > MOST_COUNTED:
        faults = [{"pointer": "#", "code": "too_many_faults", "detail": "Nearly everything is wrong; start from an example"}]
        return Rejected("invalid-input", 400, "Some fields are not right; `errors` says which, and why.", errors=faults)
    errors = []
    for fault in error.errors(include_url=False, include_input=False)[:MOST_FAULTS]:
        pointer = pointer_to(fault["loc"])
        told = {"pointer": pointer, "code": fault["type"], "detail": fault["msg"]}
        limits = [str(value).replace(" or ", ", ") for name, value in fault.get("ctx", {}).items() if name in LIMITS]
        errors.append({**told, "limit": limits[0]} if limits else told)
    return Rejected("invalid-input", 400, "Some fields are not right; `errors` says which, and why.", errors=errors)


def pointer_to(parts: Sequence[int | str]) -> str:
    """A JSON Pointer as a fragment (RFC 6901): `#` is the whole of it."""
    return "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def rejection(error: Exception) -> Rejected:
    """What to answer to an exception, expected or not."""
    match error:
        case Rejected():
            return error
        case ValidationError():
            return invalid(error)
        case web.HTTPRequestEntityTooLarge():
            return Rejected("body-too-large", 413, "The body is larger than is accepted here. Send less at a time.")
        case web.HTTPNotFound():
            return Rejected("not-found", 404, "There is nothing at this address.")
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return Rejected("method-not-allowed", 405, f"This address answers only to {allowed}.", allowed=allowed)
        case web.HTTPException():
            return Rejected((error.reason or "error").lower().replace(" ", "-"), error.status, error.text or "")
        case Busy():
            return error
        case _ if isinstance(error, LOST_CONNECTION):
            logger.warning("database away", reason=f"{type(error).__name__}: {error}")
            return Rejected("unavailable", 503, "This cannot be reached for the moment. Please try again.", retry_after=2)
        case _:
            logger.error("unexpected", exc_info=error)
            return Rejected("unexpected", 500, "Something went wrong on our side. It has been noted.")


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into a problem."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return response_of(rejection(error))
    except Exception as error:
        return response_of(rejection(error))
