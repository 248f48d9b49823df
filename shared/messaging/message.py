"""A fact under way: what the log keeps of it, and how it looks on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_binary, to_binary
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import TypeAdapter

from shared.contracts.event import Event
from shared.logs import logger

E_co = TypeVar("E_co", bound=Event, covariant=True)
SYSTEM = "systeem:skillslab-"


@dataclass(frozen=True)
class Message:
    """One logged fact. `data` is its JSON; the other fields travel as CloudEvents attributes and hold no personal data."""

    id: UUID
    source: str
    """Which service logged it."""
    epoch: UUID
    """The life of that service's log."""
    type: str
    subject: str
    revision: int
    logged_at: datetime
    data: bytes

    @property
    def order(self) -> tuple[str, str, int]:
        return self.source, self.subject, self.revision

    def to_json(self) -> str:
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Message:
        return _ADAPTER.validate_json(text)


_ADAPTER = TypeAdapter(Message)


@dataclass(frozen=True)
class Envelope(Generic[E_co]):
    """A message opened."""

    message: Message
    event: E_co


def to_wire(message: Message, organisation_number: str) -> RabbitMQMessage:
    """CloudEvents 1.0 in binary mode, in the NL GOV profile: `ce-` headers, the data as body.

    `organisation_number` is the KVK number (8 digits) for the `source` urn; `time` is the time of logging.
    """
    event = CloudEvent(
        attributes={
            "specversion": "1.0",
            "id": str(message.id),
            "source": f"urn:nld:kvknr:{organisation_number}:{SYSTEM}{message.source}",
            "type": message.type,
            "subject": message.subject,
            "time": message.logged_at,
            "datacontenttype": "application/json",
            "sequence": str(message.revision),
            "sequencetype": "Integer",
            "logepoch": str(message.epoch),
        },
        data=message.data,
    )
    return to_binary(event, JSONFormat())


def from_wire(headers: Mapping[str, str], body: bytes) -> Message | None:
    """The message behind headers and body; None, and a line in the log, for what is not an event of ours.

    Dropping it loses nothing: whatever was really logged is in its publisher's log.
    """
    wire = RabbitMQMessage(headers=dict(headers), content_type="application/octet-stream", body=body)
    try:
        attributes = from_binary(wire, JSONFormat()).get_attributes()
        return Message(
            id=UUID(attributes["id"]),
            source=attributes["source"].rpartition(SYSTEM)[2],
            epoch=UUID(attributes["logepoch"]),
            type=attributes["type"],
            subject=attributes["subject"],
            revision=int(attributes["sequence"]),
            logged_at=attributes["time"],
            data=body,
        )
    except (BaseCloudEventException, KeyError, ValueError) as error:
        logger.error("not an event of ours", reason=f"{type(error).__name__}: {error}")
        return None
