"""One suite for the courier's port: both adapters must pass all of it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from shared.messaging.couriers import connect
from shared.messaging.message import Message
from shared.messaging.pgmq import PGMQ
from shared.messaging.transport import Transport
from tests.conftest import MakeDatabase
from tests.servers import RabbitMQServer

OpenTransport = Callable[[], Transport]


@pytest.fixture(params=[pytest.param("rabbitmq", marks=pytest.mark.broker), "pgmq"])
def broker(request: pytest.FixtureRequest) -> RabbitMQServer | None:
    """The broker where the courier is one. It must not be started from an async fixture: it lives as long as its thread."""
    return request.getfixturevalue("rabbitmq") if request.param == "rabbitmq" else None


@pytest.fixture
async def open_transport(broker: RabbitMQServer | None, make_database: MakeDatabase) -> AsyncIterator[OpenTransport]:
    """Clients of one fresh courier."""
    url = broker.make_vhost(secrets.token_hex(4)) if broker else await make_database("bus")
    opened: list[Transport] = []

    def open_one() -> Transport:
        opened.append(connect(url, "12345678"))
        return opened[-1]

    yield open_one
    for transport in opened:
        await transport.close()


def a_message(type_: str = "nl.skillslabs.test.happened", revision: int = 1) -> Message:
    return Message(
        id=uuid4(), source="test", epoch=uuid4(), type=type_, subject=f"things/{uuid4()}", revision=revision,
        logged_at=datetime.now(UTC), data='{"n": 1, "word": "één"}'.encode(),  # spelled as PostgreSQL does
    )  # fmt: skip


async def take(transport: Transport, queue: str, count: int) -> list[Message]:
    """Receive and settle until `count` messages are in."""
    got: list[Message] = []
    async with asyncio.timeout(20), aclosing(transport.receive(queue)) as batches:  # type: ignore[type-var]
        async for batch in batches:
            async with batch as messages:
                got.extend(messages)
            if len(got) >= count:
                break
    return got


async def test_what_is_published_arrives_whole(open_transport: OpenTransport) -> None:
    transport, sent = open_transport(), a_message()
    await transport.declare("reader", [sent.type])

    assert await transport.publish([sent]) == []

    assert await take(transport, "reader", 1) == [sent]


async def test_each_queue_gets_its_own_copy(open_transport: OpenTransport) -> None:
    transport, sent = open_transport(), a_message()
    await transport.declare("one", [sent.type])
    await transport.declare("two", [sent.type])

    await transport.publish([sent])

    assert await take(transport, "one", 1) == [sent]
    assert await take(transport, "two", 1) == [sent]


async def test_a_queue_gets_only_the_types_it_asked_for(open_transport: OpenTransport) -> None:
    transport = open_transport()
    wanted, other = a_message("nl.skillslabs.test.wanted"), a_message("nl.skillslabs.test.wanted-not")
    await transport.declare("reader", [wanted.type])
    await transport.declare("other", [other.type])

    await transport.publish([other, wanted])

    assert await take(transport, "reader", 1) == [wanted]
    assert await transport.waiting("reader") == 0


async def test_what_no_queue_wants_is_handed_back_and_the_rest_is_stored(open_transport: OpenTransport) -> None:
    transport = open_transport()
    wanted, unwanted = a_message(), a_message("nl.skillslabs.test.unheard")
    await transport.declare("reader", [wanted.type])

    assert await transport.publish([unwanted, wanted]) == [unwanted]

    assert await take(transport, "reader", 1) == [wanted]


async def test_a_failed_batch_comes_back(open_transport: OpenTransport) -> None:
    transport, sent = open_transport(), a_message()
    await transport.declare("reader", [sent.type])
    await transport.publish([sent])

    with pytest.raises(ZeroDivisionError):
        async for batch in transport.receive("reader"):
            async with batch:
                raise ZeroDivisionError

    assert await take(transport, "reader", 1) == [sent]


async def test_what_a_dead_reader_held_goes_to_the_next(open_transport: OpenTransport) -> None:
    dying, living, sent = open_transport(), open_transport(), a_message()
    if isinstance(dying, PGMQ):
        dying._visibility = 1
    await dying.declare("reader", [sent.type])
    await dying.publish([sent])

    held = dying.receive("reader")
    await (await anext(held)).__aenter__()
    await held.aclose()  # type: ignore[attr-defined]

    assert await take(living, "reader", 1) == [sent]


async def test_a_thousand_messages_all_arrive(open_transport: OpenTransport) -> None:
    transport, sent = open_transport(), [a_message(revision=n + 1) for n in range(1000)]
    await transport.declare("reader", [sent[0].type])
    for start in range(0, 1000, 250):
        await transport.publish(sent[start : start + 250])

    got = await take(transport, "reader", 1000)

    assert sorted(m.revision for m in got) == list(range(1, 1001))


async def test_a_reader_that_waits_is_served_at_once(open_transport: OpenTransport) -> None:
    transport, sent = open_transport(), a_message()
    await transport.declare("reader", [sent.type])
    waiting = asyncio.create_task(take(transport, "reader", 1))
    await asyncio.sleep(0.3)

    await transport.publish([sent])

    assert await waiting == [sent]


async def test_declaring_again_is_harmless(open_transport: OpenTransport) -> None:
    transport, sent = open_transport(), a_message()
    await transport.declare("reader", [sent.type])
    await transport.publish([sent])

    await transport.declare("reader", [sent.type])

    assert await transport.waiting("reader") == 1


def test_an_unknown_scheme_is_refused_with_what_would_do() -> None:
    with pytest.raises(ValueError, match="amqp://, amqps:// or postgresql://"):
        connect("redis://localhost", "12345678")
