"""The courier's port. It may lose, repeat and reorder what it carries: the log and the inbox put that right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from shared.messaging.message import Message

Batch = AbstractAsyncContextManager[Sequence[Message]]


class Transport(Protocol):
    """Two adapters, RabbitMQ and PGMQ, and one suite of tests that both pass (tests/messaging/test_transports.py)."""

    async def declare(self, queue: str, types: Collection[str]) -> None:
        """Make a durable queue that gets every message of these types from now on. Again is harmless."""

    async def publish(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return once the messages are stored in every queue that wants them; the result are those that no queue wants.

        Raises TimeoutError, or the adapter's own error, when it is unknown whether they were stored.
        """

    def receive(self, queue: str) -> AsyncIterator[Batch]:
        """What waits, in batches, for ever. Leaving a batch's block settles it; leaving with an exception gives it back."""

    async def waiting(self, queue: str) -> int:
        """How many messages wait in a queue."""

    async def close(self) -> None:
        """Let go of the courier. Unsettled batches come back to whoever receives next."""
