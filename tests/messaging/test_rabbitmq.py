"""What only RabbitMQ can do to us: lose a queue, a binding, a consumer, itself."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
import pytest

from shared.messaging.message import Message
from shared.messaging.rabbitmq import EXCHANGE, RabbitMQ
from tests.sabotage import twin
from tests.servers import RabbitMQServer

TYPE = "nl.skillslabs.test.happened"
QUEUE = "skillslab.reader.v1"

pytestmark = pytest.mark.broker


@pytest.fixture
def url(rabbitmq: RabbitMQServer) -> str:
    return rabbitmq.make_vhost(secrets.token_hex(4))


@pytest.fixture
async def courier(url: str) -> AsyncIterator[RabbitMQ]:
    courier = RabbitMQ(url, "12345678", watch_every=0.3)
    await courier.declare("reader", [TYPE])
    yield courier
    await courier.close()


def a_message() -> Message:
    return Message(uuid4(), "test", uuid4(), TYPE, f"things/{uuid4()}", 1, datetime.now(UTC), b"{}")


async def receive_for_ever(courier: RabbitMQ, got: list[Message]) -> None:
    """As a consumer does: whatever breaks, declare and receive again."""
    while True:
        with suppress(Exception):
            await courier.declare("reader", [TYPE])
            async with aclosing(courier.receive("reader")) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    async with batch as messages:
                        got.extend(messages)
        await asyncio.sleep(0.1)


async def end(reading: asyncio.Task[None]) -> None:
    """Cancel it, again where the library made an error of its own of being cancelled."""
    while not reading.done():
        reading.cancel()
        await asyncio.wait([reading], timeout=1)


async def until(got: list[Message], count: int) -> None:
    async with asyncio.timeout(30):
        while len(got) < count:
            await asyncio.sleep(0.05)


async def channel_of(url: str) -> tuple[aio_pika.abc.AbstractConnection, aio_pika.abc.AbstractChannel]:
    connection = await aio_pika.connect(url)
    return connection, await connection.channel()


def no_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleeps(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(RabbitMQ, "_watch", sleeps)


@twin(no_watchdog)
async def test_a_reader_whose_queue_is_deleted_comes_back(courier: RabbitMQ, url: str, guard: None) -> None:
    """The broker cancels the consumer and closes nothing: the connection looks as healthy as ever."""
    got: list[Message] = []
    reading = asyncio.create_task(receive_for_ever(courier, got))
    await courier.publish([a_message()])
    await until(got, 1)

    connection, channel = await channel_of(url)
    await channel.queue_delete(QUEUE)
    await connection.close()
    deadline = asyncio.get_running_loop().time() + 5
    while asyncio.get_running_loop().time() < deadline and len(got) < 2:
        await courier.publish([a_message()])
        await asyncio.sleep(0.2)

    await end(reading)
    assert len(got) >= 2


async def test_a_lost_binding_is_noticed_by_the_publisher_also_after_a_reconnect(courier: RabbitMQ, url: str) -> None:
    await courier._drop_publisher()
    connection, channel = await channel_of(url)
    queue = await channel.get_queue(QUEUE)
    await queue.unbind(EXCHANGE, TYPE)
    message = a_message()

    assert await courier.publish([message]) == [message]

    await courier.declare("reader", [TYPE])
    assert await courier.publish([message]) == []
    await connection.close()


def hopeful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without on_return_raises a returned message comes back as a value, and counts as stored."""
    original = aio_pika.Connection.channel

    def channel(self: aio_pika.Connection, *args: object, **kwargs: object) -> object:
        return original(self, *args, **{**kwargs, "on_return_raises": False})  # type: ignore[arg-type]

    monkeypatch.setattr(aio_pika.Connection, "channel", channel)


@twin(hopeful)
async def test_what_no_queue_wants_does_not_count_as_stored(courier: RabbitMQ, guard: None) -> None:
    unheard = Message(**{**a_message().__dict__, "type": "nl.skillslabs.test.unheard"})

    assert await courier.publish([unheard]) == [unheard]


async def test_a_message_is_kept_on_disk_in_a_quorum_queue(courier: RabbitMQ, url: str) -> None:
    connection, channel = await channel_of(url)
    await courier.publish([a_message()])

    stored = await (await channel.get_queue(QUEUE)).get(timeout=5)

    assert stored is not None
    assert stored.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert stored.headers["ce-type"] == TYPE
    with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed, match="quorum"):
        await channel.declare_queue(QUEUE, durable=True)
    await connection.close()


async def test_a_publisher_whose_connection_breaks_says_so_and_goes_on_with_a_new_one(courier: RabbitMQ) -> None:
    await courier.publish([a_message()])
    assert courier._publisher is not None
    transport = courier._publisher.transport
    assert transport is not None
    await transport.connection.close()

    with suppress(Exception):
        await courier.publish([a_message()])

    assert await courier.publish([a_message()]) == []
