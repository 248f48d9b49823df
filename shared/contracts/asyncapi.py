"""Every event as an AsyncAPI 3.0 document, made from the classes."""

from __future__ import annotations

from typing import Any

from shared.contracts.registry import PUBLISHERS

VERSION = "1.0.0"


def document() -> dict[str, Any]:
    """A channel per event type, and which service sends it. Every message is a CloudEvent in AMQP binary mode."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for publisher, events in PUBLISHERS.items():
        for event in events:
            name = event.__name__
            messages[name] = {
                "name": event.type,
                "title": name,
                "summary": " ".join((event.__doc__ or "").split()),
                "contentType": "application/json",
                "headers": {"$ref": "#/components/schemas/CloudEvent"},
                "payload": _schema(event.model_json_schema(by_alias=True, mode="serialization")),
            }
            channels[name] = {
                "address": event.type,
                "messages": {name: {"$ref": f"#/components/messages/{name}"}},
                "bindings": {"amqp": {"is": "routingKey", "exchange": {"name": "skillslab", "type": "topic", "durable": True}}},
            }
            operations[f"{publisher}Sends{name}"] = {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "summary": f"Sent by {publisher}.",
            }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Skillslab events",
            "version": VERSION,
            "description": "Facts that the services tell each other: CloudEvents 1.0 in the NL GOV profile. No personal data.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {"CloudEvent": CLOUD_EVENT}},
    }


def _schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that stands by itself: AsyncAPI resolves references from the document, not from the schema."""
    definitions = schema.pop("$defs", {})

    def inline(value: Any) -> Any:
        if isinstance(value, dict):
            reference = value.get("$ref", "")
            if reference.startswith("#/$defs/"):
                return inline(definitions[reference.removeprefix("#/$defs/")])
            return {key: inline(part) for key, part in value.items()}
        return [inline(part) for part in value] if isinstance(value, list) else value

    inlined: dict[str, Any] = inline(schema)
    return inlined


CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents attributes as AMQP 0-9-1 headers.",
    "required": ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-sequence", "ce-logepoch"],
    "properties": {
        "ce-specversion": {"const": "1.0"},
        "ce-id": {"type": "string", "format": "uuid", "description": "A hash of log epoch, subject and revision (UUID v8)."},
        "ce-source": {"type": "string", "pattern": r"^urn:nld:kvknr:\d{8}:systeem:skillslab-[a-z]+$"},
        "ce-type": {"type": "string"},
        "ce-subject": {"type": "string", "description": "What the fact is about, such as enrollments/<id>."},
        "ce-time": {"type": "string", "format": "date-time", "description": "When it was logged."},
        "ce-sequence": {"type": "string", "description": "The revision of the subject: from 1, without gaps."},
        "ce-sequencetype": {"const": "Integer"},
        "ce-logepoch": {"type": "string", "format": "uuid", "description": "The life of the publisher's log."},
    },
}
