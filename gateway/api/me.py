"""Who you are here, everything that is known about you, and being forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web
from asyncpg import Record

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import id_in_path, sent
from gateway.api.shapes import Erasure, Me, MyChanges, MyData, RoleShape
from gateway.clients import CATALOG, ENROLLMENT, NOTIFICATIONS, RELAY
from gateway.edge import signed_in, signed_in_lately
from gateway.people import audit, credentials, erasing, identities, people, transfers
from gateway.people.credentials import WORKER
from gateway.people.people import Person
from gateway.problems import language_of, text
from shared.database.pool import Connection, connection, transaction
from shared.errors import Rejected, not_found
from shared.web.client import Client
from shared.web.principal import Principal
from shared.web.reading import reading
from shared.web.server import POOL, json, json_bytes

me = Operations("Me")
MOST_ACTS = 1000
NOT_FOR_A_ROLE = ["403 not-for-a-role"]


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


KEPT = (
    _("That somebody took part in a training, for the figures: without name, under a number that belongs to nobody."),
    _("What was done on the platform and when, for two years, because we must be able to account for it: without name."),
    _("That somebody was erased on this day, because we must be able to show that we did it."),
)
"""What stays after an erasure, and why (AVG, article 5, paragraph 2, and recital 26)."""


@me.declare("GET", "/v1/me", "Who you are", {200: Me}, who="signed in")
async def get_me(request: web.Request) -> web.Response:
    """Name, address, language, and the roles that this token or session gives you."""
    principal = signed_in(request)
    async with reading(request.app[POOL], principal) as conn:
        person = await known(conn, principal)
    return json_bytes(shape_of(person, principal).model_dump_json(by_alias=True, exclude_none=True))


@me.declare("PATCH", "/v1/me", "Correct your data", {200: Me}, who="signed in", body=MyChanges, problems=NOT_FOR_A_ROLE)
@acts.act("data-corrected")
async def patch_me(request: web.Request) -> web.Response:
    """Your name, the language of your mails, and which mails you do not want."""
    principal = themselves(request)
    wanted = await sent(request, MyChanges)
    async with transaction(request.app[POOL]) as conn:
        await people.correct(conn, principal.person_id, wanted.name, wanted.language, wanted.declines)
        person = await known(conn, principal)
    return json_bytes(shape_of(person, principal).model_dump_json(by_alias=True, exclude_none=True))


@me.declare("GET", "/v1/me/export", "Everything about you", {200: MyData}, who="signed in", problems=NOT_FOR_A_ROLE)
@acts.act("data-downloaded")
async def get_export(request: web.Request) -> web.Response:
    """As one document, to keep or to take elsewhere (AVG, articles 15 and 20)."""
    told = await everything(request)
    response = json_bytes(told.model_dump_json(by_alias=True))
    response.headers["Content-Disposition"] = 'attachment; filename="skillslab.json"'
    return response


@me.declare(
    "DELETE", "/v1/me", "Be forgotten", {202: Erasure}, who="signed in",
    problems=[*NOT_FOR_A_ROLE, "403 sign-in-again", "409 last-operator"],
)  # fmt: skip
async def delete_me(request: web.Request) -> web.Response:
    """Your name and address, roles, tokens and sessions go at once, and seats that are still to come are given up; what
    counted you goes on counting somebody. It cannot be undone. The answer says where to follow how far it is.
    """
    erasure_id = await erase(request)
    response = json((await erasure_of(request, erasure_id)).model_dump(by_alias=True), 202)
    response.headers["Location"] = f"/v1/erasures/{erasure_id}"
    return response


@me.declare("GET", "/v1/erasures/{erasureId}", "How far an erasure is", {200: Erasure})
async def get_erasure(request: web.Request) -> web.Response:
    """For whoever has its id, as nobody is known here any more who could sign in for it."""
    return json((await erasure_of(request, id_in_path(request, "erasureId"))).model_dump(by_alias=True))


async def erase(request: web.Request) -> UUID:
    """Have who asks forgotten, from this commit on.

    Raises Rejected: 403 for who did not sign in lately, 409 for the last operator.
    """
    principal = themselves(request)
    if not signed_in_lately(request):
        raise Rejected("sign-in-again", 403)
    async with transaction(request.app[POOL]) as conn:
        erasure_id = await erasing.erase(conn, principal.person_id, why="erased")
    request.app[RELAY].wake()
    return erasure_id


async def erasure_of(request: web.Request, erasure_id: UUID) -> Erasure:
    """How far each part of the platform is. One that does not answer is not done. Raises Rejected (404) if it never was."""
    async with connection(request.app[POOL]) as conn:
        counts = await erasing.told(conn, erasure_id)
    if counts is None:
        raise not_found()
    services = {"enrollment": ENROLLMENT, "notifications": NOTIFICATIONS, "catalog": CATALOG}

    async def part(key: web.AppKey[Client]) -> Mapping[str, object]:
        client = request.app[key]
        try:
            told = await client.get_json(f"/internal/erasures/{erasure_id}", client.itself)
        except Rejected:
            return {"done": False, "counts": {}}
        return {"done": told["done"], "counts": told["told"]}

    parts = dict(zip(services, await asyncio.gather(*map(part, services.values())), strict=True))
    say = language_of(request)
    return Erasure.model_validate(
        {
            "id": erasure_id,
            "done": all(one["done"] for one in parts.values()),
            "parts": {"gateway": {"done": True, "counts": counts}, **parts},
            "kept": [text(line, say) for line in KEPT],
        }
    )


async def everything(request: web.Request) -> MyData:
    """All that any part of the platform knows about who asks. Raises Rejected (503) while one of them is away: half of it
    would pass for all of it.
    """
    principal = themselves(request)
    as_themselves = Principal(principal.person_id, (WORKER,))
    enrolled, mailed = await asyncio.gather(
        request.app[ENROLLMENT].get_json("/own-data", as_themselves),
        request.app[NOTIFICATIONS].get_json("/own-data", as_themselves),
    )
    async with reading(request.app[POOL], as_themselves) as conn:
        person = await known(conn, principal)
        return MyData.model_validate(
            {
                "made_at": datetime.now(UTC),
                "person": shape_of(person, principal),
                "enrollments": enrolled["enrollments"],
                "tickets": enrolled["tickets"],
                "mails": mailed["mails"],
                "transfers": [
                    {
                        "session_id": one.session_id, "offered_at": one.offered_at, "expires_at": one.expires_at,
                        "given": one.given, "to_email": one.to_email, "offered_by": None if one.given else one.from_name,
                    }
                    for one in await transfers.transfers(conn, principal.person_id)
                ],
                "signed_in": [
                    {"browser": one.browser, "created_at": one.created_at, "seen_on": one.seen_on}
                    for one in await credentials.sessions(conn, principal.person_id, "")
                ],
                "accounts": [
                    {"issuer": one.issuer, "subject": one.subject, "connected_at": one.connected_at}
                    for one in await identities.of(conn, principal.person_id)
                ],
                "tokens": [
                    {
                        "name": one.name, "role": one.role.name, "scope": one.role.scope, "can_write": one.can_write,
                        "made_at": one.made_at, "expires_at": one.expires_at, "last_used_on": one.last_used_on,
                    }
                    for one in await credentials.tokens(conn, principal.person_id)
                ],
                "done_by_you": list(map(_act, await audit.own(conn, principal.person_id, MOST_ACTS))),
                "looked_at_by_others": list(map(_act, await audit.looks(conn, principal.person_id, MOST_ACTS))),
            }
        )  # fmt: skip


def themselves(request: web.Request) -> Principal:
    """Whoever asks, for themselves. Raises Rejected (403) for a token that is for a role at an employer, fieldlab or region."""
    principal = signed_in(request)
    if not principal.has("worker"):
        raise Rejected("not-for-a-role", 403)
    return principal


def _act(row: Record) -> Mapping[str, object]:
    return {name: row[name] for name in ("at", "role", "scope", "action", "record")}


async def known(conn: Connection, principal: Principal) -> Person:
    """The person who asks. Raises Rejected (401) for who is not there any more."""
    person = await people.person(conn, principal.person_id)
    if person is None:
        raise Rejected("not-signed-in", 401)
    return person


def shape_of(person: Person, principal: Principal) -> Me:
    return Me.model_validate(
        {
            "person_id": person.person_id, "name": person.name, "email": person.email, "language": person.language,
            "declines": person.declines, "roles": roles_of(principal),
        }
    )  # fmt: skip


def roles_of(principal: Principal) -> list[RoleShape]:
    return [
        RoleShape(
            role=role.name,
            fieldlab_id=role.scope if role.name == "organiser" else None,
            employer_id=role.scope if role.name.startswith("employer") else None,
            region=role.scope if role.name == "region" else None,
        )
        for role in principal.roles
    ]
