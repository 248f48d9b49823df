"""The claim check: names and addresses, asked of the gateway just before they are needed and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from notifications.deliveries import Delivery
from shared.translations import Language
from shared.web.client import Client


class Recipient(BaseModel):
    """Somebody to tell something. None of it may be stored or logged."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    email: str
    name: str | None
    language: Language
    link: str = ""
    """Where a sign-in mail leads, and for how many minutes."""
    minutes: int = 0


class Recipients(BaseModel):
    """The gateway's answer: who is still there to be told, by person and by sign-in."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, alias_generator=to_camel)

    people: dict[UUID, Recipient]
    sign_ins: dict[UUID, Recipient]


async def ask(gateway: Client, deliveries: Sequence[Delivery]) -> dict[int, Recipient]:
    """The recipient of each delivery, by its id; who is not there any more is left out. One call for all.

    Raises Rejected when the gateway is away, and pydantic's ValidationError for an answer that is no answer.
    """
    people = {str(delivery.recipient_id) for delivery in deliveries if delivery.template != "sign-in"}
    sign_ins = {str(delivery.recipient_id) for delivery in deliveries if delivery.template == "sign-in"}
    wanted = orjson.dumps({"people": list(people), "signIns": list(sign_ins)})
    _, answer = await gateway.call("POST", "/internal/recipients", body=wanted)
    found = Recipients.model_validate_json(answer)
    by_id = {**found.people, **found.sign_ins}
    return {d.delivery_id: by_id[d.recipient_id] for d in deliveries if d.recipient_id in by_id}
