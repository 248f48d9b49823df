"""Demo mode: one sample person per role, whose tokens are in `demo.json` and who can be signed in with one click."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID, uuid5

from gateway.people import credentials, people, roles
from gateway.settings import GatewaySettings
from shared.database.pool import Connection
from shared.platform import private_file
from shared.web.principal import RoleName

EMPLOYER = str(uuid5(UUID(int=0), "employer of the demo"))
FIELDLAB = "duurzaamheidsfabriek"
REGION = "PV28"
TOKEN_DAYS = 365
DOMAIN = "demo.skillslab.example"


@dataclass(frozen=True)
class Sample:
    """A made-up person. The domain `.example` can be nobody's (RFC 2606)."""

    role: RoleName
    scope: str
    email: str
    name: str


SAMPLES = (
    Sample("worker", "", "worker@demo.skillslab.example", "Wim de Werker"),
    Sample("employer", EMPLOYER, "employer@demo.skillslab.example", "Willemijn Werkgever"),
    Sample("organiser", FIELDLAB, "organiser@demo.skillslab.example", "Olivia Organisator"),
    Sample("region", REGION, "region@demo.skillslab.example", "Rachid Regio"),
    Sample("operator", "", "operator@demo.skillslab.example", "Otto Operator"),
)


def token_of(sample: Sample, settings: GatewaySettings) -> str:
    """Derived, so that every process and every start tells the same."""
    key = settings.gateway_key.get_secret_value().encode()
    return urlsafe_b64encode(hmac.digest(key, f"demo {sample.role}".encode(), hashlib.sha256)).decode().rstrip("=")


async def furnish(conn: Connection, settings: GatewaySettings) -> None:
    """Have the sample people, their roles and tokens, `demo.json` and the greeting. Again is harmless."""
    await roles.name_employer(conn, UUID(EMPLOYER), "Voorbeeld Metaal BV")
    for sample in SAMPLES:
        person_id = await meet(conn, sample)
        token = token_of(sample, settings)
        await credentials.give_tokens(conn, [person_id], sample.role, sample.scope, [token], days=TOKEN_DAYS, name="demo.json")
    mailbox = f"{settings.address}/mailbox" if settings.has_mailbox else None
    told = {
        "base_url": settings.address,
        "tokens": {sample.role: token_of(sample, settings) for sample in SAMPLES},
        "mailbox_url": mailbox,
    }
    settings.data.mkdir(parents=True, exist_ok=True)
    private_file(settings.data / "demo.json", json.dumps(told, indent=1))
    private_file(settings.data / "greeting.txt", greeting(settings, mailbox))


async def clear_away(conn: Connection) -> None:
    """Where the demo is off, nobody is let in by what a demo on this database once gave out."""
    await conn.execute(people.SQL.disarm, f"%@{DOMAIN}")


async def meet(conn: Connection, sample: Sample) -> UUID:
    person_id = await people.meet(conn, sample.email, sample.name, "nl")
    if sample.role != "worker":
        await roles.grant(conn, [person_id], sample.role, sample.scope)
    return person_id


def greeting(settings: GatewaySettings, mailbox: str | None) -> str:
    lines = [f"Sign in with one click at {settings.address}/aanmelden (or {settings.address}/en/sign-in) as"]
    lines += [f"  {sample.role:10} {sample.name}, {sample.email}" for sample in SAMPLES]
    if mailbox:
        lines.append(f"Mail ends in {mailbox}")
    lines.append(f"Tokens for programs are in {settings.data / 'demo.json'}")
    return "\n".join(lines)
