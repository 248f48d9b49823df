"""Old messages keep their meaning: each event has a golden JSON that the class of today must read as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import NoneType
from typing import get_args
from uuid import UUID

import jsonschema_rs
import orjson
import pytest
from pydantic.alias_generators import to_snake

from shared.contracts import asyncapi, registry
from shared.contracts.event import Event
from shared.contracts.registry import EVENTS, UnknownType, decode
from shared.messaging.message import Message, from_wire, to_wire
from tests import ROOT

GOLDEN = Path(__file__).parent / "golden"


def golden(event: type[Event]) -> bytes:
    return (GOLDEN / f"{event.type}.json").read_bytes()


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_a_golden_message_reads_and_writes_as_it_was(event: type[Event]) -> None:
    fact = decode(event.type, golden(event))

    assert type(fact) is event
    assert orjson.loads(fact.to_json()) == orjson.loads(golden(event))


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_a_reader_ignores_what_a_newer_publisher_adds(event: type[Event]) -> None:
    newer = orjson.dumps({**orjson.loads(golden(event)), "addedLater": {"anything": 1}})

    assert decode(event.type, newer) == decode(event.type, golden(event))


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_a_golden_message_fits_the_published_schema(event: type[Event]) -> None:
    schema = asyncapi.document()["components"]["messages"][event.__name__]["payload"]

    jsonschema_rs.validator_for(schema).validate(orjson.loads(golden(event)))


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_what_may_be_nothing_may_be_left_out(event: type[Event]) -> None:
    """For nothing is left out on the wire."""
    optional = [name for name, field in event.model_fields.items() if NoneType in get_args(field.annotation)]

    bare = {name: value for name, value in orjson.loads(golden(event)).items() if to_snake(name) not in optional}

    assert type(decode(event.type, orjson.dumps(bare))) is event


def test_there_is_a_golden_message_for_every_event_and_for_nothing_else() -> None:
    assert {file.stem for file in GOLDEN.glob("*.json")} == set(EVENTS)


def test_types_follow_the_profile() -> None:
    """NL GOV profile for CloudEvents: reverse DNS, lower case, no organisation; here always publisher and fact."""
    for publisher, events in registry.PUBLISHERS.items():
        for event in events:
            assert event.type.startswith(f"nl.skillslabs.{publisher}.")
            assert event.type == event.type.lower()


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownType, match=r"nl\.skillslabs\.nobody"):
        decode("nl.skillslabs.nobody", b"{}")


def test_on_the_wire_it_is_a_cloudevent_of_the_profile() -> None:
    message = Message(
        id=UUID(int=1),
        source="enrollment",
        epoch=UUID(int=2),
        type="nl.skillslabs.enrollment.confirmed",
        subject="enrollments/7",
        revision=3,
        logged_at=datetime(2027, 3, 1, 9, 30, tzinfo=UTC),
        data=b"{}",
    )

    wire = to_wire(message, "12345678")

    assert wire.content_type == "application/json"
    assert wire.headers["ce-specversion"] == "1.0"
    assert wire.headers["ce-source"] == "urn:nld:kvknr:12345678:systeem:skillslab-enrollment"
    assert wire.headers["ce-time"].endswith("Z")
    assert (wire.headers["ce-sequence"], wire.headers["ce-sequencetype"]) == ("3", "Integer")
    assert from_wire(wire.headers, wire.body) == message
    jsonschema_rs.validator_for(asyncapi.CLOUD_EVENT).validate(dict(wire.headers))


@pytest.mark.parametrize(
    "headers", [{}, {"ce-id": "1"}, {"ce-specversion": "1.0", "ce-id": "no", "ce-type": "t", "ce-source": "s"}]
)
def test_what_is_not_an_event_of_ours_is_dropped(headers: dict[str, str]) -> None:
    assert from_wire(headers, b"{}") is None


def test_the_asyncapi_document_fits_its_own_specification() -> None:
    specification = ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"

    jsonschema_rs.validator_for(orjson.loads(specification.read_bytes())).validate(asyncapi.document())
