"""RabbitMQ as courier, over aio-pika.

Topology: one durable topic exchange, one durable quorum queue per consumer, bound by event type. Publishing and consuming have
a connection each, because a broker short of memory blocks whoever publishes. Whatever goes wrong, the connection is thrown
away and made anew: a client that reconnects by itself may come back without its consumer (aio-pika #231, #588, #626).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, ExchangeType
from aio_pika.exceptions import AMQPError, PublishError
from yarl import URL

from shared.logs import logger
from shared.messaging.message import Message, from_wire, to_wire
from shared.messaging.transport import Batch

EXCHANGE = "skillslab"
TOPOLOGY = "v1"  # part of the queue names: other arguments need another name (406 otherwise)
DELIVERY_LIMIT = 50  # attempts are counted in PostgreSQL; this bounds what crashes alone can do
PREFETCH = 256
TIMEOUT = 10.0
WATCH_EVERY = 15.0


class RabbitMQ:
    def __init__(self, url: str, organisation_number: str, *, watch_every: float = WATCH_EVERY) -> None:
        """`url` is `amqp://user:password@host:port/vhost`; a heartbeat of 10 seconds is added unless it names one."""
        self._url = URL(url) if "heartbeat" in URL(url).query else URL(url).update_query(heartbeat=10)
        self._organisation_number = organisation_number
        self._watch_every = watch_every
        self._publisher: AbstractConnection | None = None
        self._exchange: aio_pika.abc.AbstractExchange | None = None
        self._opening = asyncio.Lock()

    async def declare(self, queue: str, types: Collection[str]) -> None:
        async with asyncio.timeout(TIMEOUT), await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
            declared = await channel.declare_queue(
                _name(queue),
                durable=True,
                arguments={"x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT},
            )
            for type_ in types:
                await declared.bind(exchange, routing_key=type_)

    async def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        try:
            async with asyncio.timeout(TIMEOUT):
                exchange = await self._open_exchange()
                stored = await asyncio.gather(*(self._publish(exchange, message) for message in messages))
        except BaseException:
            await self._drop_publisher()
            raise
        return [message for message, is_stored in zip(messages, stored, strict=True) if not is_stored]

    async def _publish(self, exchange: aio_pika.abc.AbstractExchange, message: Message) -> bool:
        wire = to_wire(message, self._organisation_number)
        try:
            await exchange.publish(
                aio_pika.Message(
                    wire.body,
                    headers=dict(wire.headers),
                    content_type=wire.content_type,
                    message_id=str(message.id),
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                ),
                routing_key=message.type,
                mandatory=True,
                timeout=TIMEOUT,
            )
        except PublishError:  # returned: no queue is bound to this type
            return False
        return True

    async def receive(self, queue: str) -> AsyncIterator[Batch]:
        connection = await aio_pika.connect(self._url, timeout=TIMEOUT)
        async with connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=PREFETCH)
            source = await channel.get_queue(_name(queue))
            arrived: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
            watch = asyncio.create_task(self._watch(connection, channel, _name(queue), arrived))
            try:
                await source.consume(arrived.put)
                while (first := await arrived.get()) is not None:
                    batch = [first]
                    while not arrived.empty() and (message := arrived.get_nowait()) is not None:
                        batch.append(message)
                    yield self._batch(batch)
            finally:
                watch.cancel()
        raise ConnectionError("the broker, or this queue's consumer on it, is gone")

    @asynccontextmanager
    async def _batch(self, deliveries: Sequence[AbstractIncomingMessage]) -> AsyncIterator[Sequence[Message]]:
        try:
            yield [message for delivery in deliveries if (message := _message(delivery))]
        except BaseException:
            await asyncio.gather(*(delivery.nack(requeue=True) for delivery in deliveries), return_exceptions=True)
            raise
        await deliveries[-1].ack(multiple=True)

    async def _watch(
        self,
        connection: AbstractConnection,
        channel: AbstractChannel,
        queue: str,
        arrived: asyncio.Queue[AbstractIncomingMessage | None],
    ) -> None:
        """End the reception when the broker no longer knows of it: a cancelled consumer leaves no other trace (aiormq #116)."""
        gone = asyncio.create_task(_until_closed(connection, channel))
        try:
            while True:
                done, _ = await asyncio.wait([gone], timeout=self._watch_every)
                if done:
                    break
                try:
                    async with asyncio.timeout(TIMEOUT):
                        probe = await connection.channel()
                        found = await probe.declare_queue(queue, passive=True)
                        await probe.close()
                except (AMQPError, TimeoutError, OSError):
                    break
                if not found.declaration_result.consumer_count:
                    break
            logger.warning("reception ends", queue=queue)
        finally:
            gone.cancel()
            await arrived.put(None)

    async def waiting(self, queue: str) -> int:
        async with asyncio.timeout(TIMEOUT), await aio_pika.connect(self._url) as connection:
            channel = await connection.channel()
            found = await channel.declare_queue(_name(queue), passive=True)
            return found.declaration_result.message_count or 0

    async def close(self) -> None:
        await self._drop_publisher()

    async def _open_exchange(self) -> aio_pika.abc.AbstractExchange:
        async with self._opening:
            if self._exchange is None or self._publisher is None or self._publisher.is_closed:
                self._publisher = await aio_pika.connect(self._url, timeout=TIMEOUT)
                # Without on_return_raises an unroutable message comes back as a value, and would count as stored.
                channel = await self._publisher.channel(publisher_confirms=True, on_return_raises=True)
                self._exchange = await channel.declare_exchange(EXCHANGE, ExchangeType.TOPIC, durable=True)
            return self._exchange

    async def _drop_publisher(self) -> None:
        publisher, self._publisher, self._exchange = self._publisher, None, None
        if publisher is not None:
            try:
                async with asyncio.timeout(2):
                    await publisher.close()
            except (AMQPError, TimeoutError, OSError) as error:
                logger.info("broker left without goodbye", reason=type(error).__name__)


async def _until_closed(connection: AbstractConnection, channel: AbstractChannel) -> None:
    closed = asyncio.Event()
    connection.close_callbacks.add(lambda *_: closed.set())
    channel.close_callbacks.add(lambda *_: closed.set())
    await closed.wait()


def _name(queue: str) -> str:
    return f"skillslab.{queue}.{TOPOLOGY}"


def _message(delivery: AbstractIncomingMessage) -> Message | None:
    headers = {key: value.decode() if isinstance(value, bytes) else str(value) for key, value in delivery.headers.items()}
    return from_wire(headers, delivery.body)
