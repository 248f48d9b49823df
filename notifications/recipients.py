"""The claim check: names and addresses, asked of the gateway just before they are needed and kept nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from notifications.deliveries import Delivery, Template
from shared.translations import Language
from shared.web.client import Client

KINDS: Mapping[Template, str] = {"sign-in": "signIns", "invitation": "invitations", "transfer": "transfers"}
"""Under what to ask for recipients; all other mails are to people."""


class Recipient(BaseModel):
    """Somebody to tell something. None of it may be stored or logged."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: str
    name: str | None
    language: Language
    declines: Sequence[Template] = ()
    """Which mails the person chose not to get."""
    link: str = ""
    """Where a mail about signing in or an invitation leads."""
    minutes: int = 0
    """For how long a sign-in link works, and its code where the mail is read elsewhere."""
    code: str = ""
    role: str = ""
    """What somebody is invited to be, for which fieldlab, region or employer, and by whom."""
    scope: str = ""
    inviter: str = ""


class Recipients(BaseModel):
    """The gateway's answer: who is still there to be told, by person, by sign-in and by invitation."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, alias_generator=to_camel)

    people: dict[UUID, Recipient]
    sign_ins: dict[UUID, Recipient]
    invitations: dict[UUID, Recipient] = Field(default_factory=dict)
    transfers: dict[UUID, Recipient] = Field(default_factory=dict)


async def ask(gateway: Client, deliveries: Sequence[Delivery]) -> dict[int, Recipient]:
    """The recipient of each delivery, by its id; who is not there any more is left out. One call for all.

    Raises Rejected when the gateway is away, and pydantic's ValidationError for an answer that is no answer.
    """
    wanted: dict[str, list[str]] = {"people": [], "signIns": [], "invitations": [], "transfers": []}
    for delivery in deliveries:
        wanted[KINDS.get(delivery.template, "people")].append(str(delivery.recipient_id))
    _, answer = await gateway.call("POST", "/internal/recipients", gateway.itself, body=orjson.dumps(wanted))
    found = Recipients.model_validate_json(answer)
    by_id = {**found.people, **found.sign_ins, **found.invitations, **found.transfers}
    return {d.delivery_id: by_id[d.recipient_id] for d in deliveries if d.recipient_id in by_id}
