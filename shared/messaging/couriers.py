"""Which courier an address means."""

from __future__ import annotations

from shared.messaging.pgmq import PGMQ
from shared.messaging.rabbitmq import RabbitMQ
from shared.messaging.transport import Transport


def connect(url: str, organisation_number: str) -> Transport:
    """The adapter for an address; it connects when first used. Raises ValueError for a scheme it does not know."""
    if url.startswith(("amqp://", "amqps://")):
        return RabbitMQ(url, organisation_number)
    if url.startswith("postgresql://"):
        return PGMQ(url, organisation_number)
    raise ValueError("SKILLSLAB_BUS_URL must start with amqp://, amqps:// or postgresql://")
