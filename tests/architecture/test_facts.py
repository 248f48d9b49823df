"""Who says what to whom is complete, and nobody says more than an id about a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import asyncpg
import pytest
from pydantic import BaseModel

from docs.generate import SUBSCRIBERS, documents
from shared.contracts.event import Event
from shared.contracts.registry import EVENTS, PUBLISHERS, decode
from tests import ROOT
from tests.conftest import MakeDatabase
from tests.contracts.test_golden import golden

PERSONAL = re.compile(
    r"(e_?mail|phone|surname|(first|last|given|family|full|person)_?name|birth|bsn|street|postcode|postal|^ip$|^name$)",
    re.IGNORECASE,
)
NOT_OF_PEOPLE = {
    ("MunicipalityPlaced", "name"),
    ("catalog", "name"),
}
"""Names of municipalities, regions and fieldlabs."""


def subscriptions() -> Mapping[str, Mapping[type[Event], object]]:
    return {consumer: import_module(module).SUBSCRIPTIONS for consumer, module in SUBSCRIBERS.items()}


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_every_event_has_somebody_who_listens(event: type[Event]) -> None:
    assert any(event in subscribed for subscribed in subscriptions().values())


def test_every_reaction_is_to_an_event_that_exists() -> None:
    for subscribed in subscriptions().values():
        assert set(subscribed) <= set(EVENTS.values())


@pytest.mark.parametrize("consumer", SUBSCRIBERS)
def test_a_consumer_hears_all_facts_of_a_subject_or_none(consumer: str) -> None:
    """It applies them by their revisions, which count all of them: what it does not hear would look lost."""
    subscribed = set(subscriptions()[consumer])
    families: dict[tuple[str, str], set[type[Event]]] = {}
    for publisher, events in PUBLISHERS.items():
        for event in events:
            kind = decode(event.type, golden(event)).subject.split("/")[0]
            families.setdefault((publisher, kind), set()).add(event)

    for family in families.values():
        assert family <= subscribed or not family & subscribed


def fields(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Every field of a contract and of what it is made of."""
    for name, field in model.model_fields.items():
        yield model.__name__, name
        parts: tuple[Any, ...] = get_args(field.annotation) if isinstance(field.annotation, UnionType) else (field.annotation,)
        for part in parts:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from fields(part)


@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_no_fact_holds_personal_data(event: type[Event]) -> None:
    assert [
        (model, name) for model, name in fields(event) if PERSONAL.search(name) and (model, name) not in NOT_OF_PEOPLE
    ] == []


@pytest.mark.parametrize("service", ["catalog", "enrollment", "notifications"])
async def test_no_table_outside_the_gateway_holds_personal_data(service: str, make_database: MakeDatabase) -> None:
    conn = await asyncpg.connect(await make_database(service))
    columns = await conn.fetch("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    await conn.close()

    suspect = [tuple(row) for row in columns if PERSONAL.search(row["column_name"])]
    assert [(table, column) for table, column in suspect if (service, column) not in NOT_OF_PEOPLE] == []


def test_the_generated_documents_are_up_to_date() -> None:
    assert [file.name for file, text in documents().items() if not file.exists() or file.read_bytes() != text] == []


def test_only_one_file_of_each_service_constructs_anything() -> None:
    """`app`, and the commands that `__main__` runs beside it, open pools and couriers; nothing else does."""
    opens = re.compile(r"\b(open_pool|connect|ClientSession)\(")
    for service in PUBLISHERS.keys() | {"notifications"}:
        main = (ROOT / service / "__main__.py").read_text()
        imported = re.search(rf"^from {service} import (.+)$", main, re.MULTILINE)
        commands = imported[1].split(", ") if imported else []
        places = {file.relative_to(ROOT / service) for file in (ROOT / service).rglob("*.py") if opens.search(file.read_text())}
        assert places <= {Path(f"{name}.py") for name in (*commands, "app")}
