"""Who you are here."""

from __future__ import annotations

from aiohttp import web

from gateway.api.operation import Operations
from gateway.api.shapes import Me, RoleShape
from gateway.edge import signed_in
from gateway.people import people
from shared.errors import Rejected
from shared.web.principal import Principal
from shared.web.reading import reading
from shared.web.server import POOL, json_bytes

me = Operations("Me")


@me.declare("GET", "/v1/me", "Who you are", {200: Me}, who="signed in")
async def get_me(request: web.Request) -> web.Response:
    """Name, address, language, and the roles that this token or session gives you."""
    principal = signed_in(request)
    async with reading(request.app[POOL], principal) as conn:
        person = await people.person(conn, principal.person_id)
    if person is None:
        raise Rejected("not-signed-in", 401)
    shape = Me(
        person_id=person.person_id, name=person.name, email=person.email, language=person.language, roles=roles_of(principal)
    )
    return json_bytes(shape.model_dump_json(by_alias=True, exclude_none=True))


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
