"""What other services may ask: the addresses of people, just before something is sent to them."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from gateway.people import people, roles, transfers
from gateway.people.sign_in import MINUTES, SignIns
from shared.database.pool import connection
from shared.web.principal import for_services
from shared.web.server import POOL, json

SIGN_INS = web.AppKey("sign-ins", SignIns)
ADDRESS: web.AppKey[str] = web.AppKey("public address")


class Wanted(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    people: list[UUID] = Field(default_factory=list, max_length=1000)
    sign_ins: list[UUID] = Field(default_factory=list, max_length=1000)
    invitations: list[UUID] = Field(default_factory=list, max_length=1000)
    transfers: list[UUID] = Field(default_factory=list, max_length=1000)


async def post_recipients(request: web.Request) -> web.Response:
    """The claim check: names and addresses by id, for whoever is still there to be told."""
    wanted = Wanted.model_validate_json(await request.read())
    async with connection(request.app[POOL]) as conn:
        found = await people.people(conn, wanted.people)
        mails = await request.app[SIGN_INS].mails(conn, wanted.sign_ins)
        invitations = await roles.invitation_mails(conn, wanted.invitations)
        offered = await transfers.mails(conn, wanted.transfers)
    return json(
        {
            "people": {
                str(p.person_id): {"email": p.email, "name": p.name, "language": p.language, "declines": p.declines}
                for p in found
            },
            "signIns": {
                str(mail.sign_in_id): {
                    "email": mail.email,
                    "name": mail.name,
                    "language": mail.language,
                    "link": request.app[ADDRESS] + mail.link,
                    "code": mail.code,
                    "minutes": MINUTES,
                }
                for mail in mails
            },
            "invitations": {
                str(mail.invitation_id): {
                    "email": mail.email,
                    "name": mail.name,
                    "language": mail.language,
                    "link": request.app[ADDRESS] + ("/rollen" if mail.language == "nl" else "/en/roles"),
                    "role": mail.role,
                    "scope": mail.scope_name,
                    "inviter": mail.inviter,
                }
                for mail in invitations
            },
            "transfers": {
                str(mail.transfer_id): {
                    "email": mail.email,
                    "name": mail.name,
                    "language": mail.language,
                    "link": f"{request.app[ADDRESS]}{'/overdrachten' if mail.language == 'nl' else '/en/hand-overs'}/"
                    f"{mail.transfer_id}",
                    "inviter": mail.inviter,
                }
                for mail in offered
            },
        }
    )


ROUTES = [web.post("/internal/recipients", for_services(post_recipients))]
