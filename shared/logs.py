"""Structured logs: one JSON object per line on standard error. No personal data: ids only."""

from __future__ import annotations

import logging
import sys

import structlog
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import Counter

not_http_total = Counter("skillslab_not_http_total", "Requests that could not be read as HTTP")
logger: structlog.stdlib.BoundLogger = structlog.get_logger()


def configure(service: str, level: str = "INFO") -> None:
    """Send our own lines and those of libraries the same way, each with the service and whatever is bound (request id)."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.EventRenamer("message"), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.EventRenamer("message"),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level="WARNING", handlers=[handler], force=True)
    logging.getLogger("aiohttp.server").addFilter(_without_what_was_sent)


def _without_what_was_sent(record: logging.LogRecord) -> bool:
    """Leave out what is no HTTP: anybody may send it, as much as they like, and it may hold a secret. It is counted."""
    if record.exc_info and isinstance(record.exc_info[1], HttpProcessingError):
        not_http_total.inc()
        return False
    record.args = ("somebody",)
    return True
