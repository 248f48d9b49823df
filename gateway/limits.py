"""How much one person, or one network address, may ask in a while. Counted in memory, by each process for itself."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from gateway.settings import GatewaySettings
from shared.errors import Rejected


@dataclass(frozen=True)
class Kind:
    """What is counted together, and how much of it is let through."""

    name: str
    limit: RateLimitItem


class Limits:
    """The counts. A window of fixed length is enough here: it costs little, and what matters is that there is an end to it."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._counts = FixedWindowRateLimiter(MemoryStorage())
        self.writes_of_a_person = Kind("person writes", RateLimitItemPerSecond(settings.writes_per_person, 10))
        self.reads_of_a_person = Kind("person reads", RateLimitItemPerSecond(settings.reads_per_person, 10))
        self.reads_from_an_address = Kind("address reads", RateLimitItemPerMinute(settings.reads_per_address))
        self.writes_from_an_address = Kind("address writes", RateLimitItemPerMinute(settings.writes_per_address))
        self.sign_ins_from_an_address = Kind("address sign-ins", RateLimitItemPerMinute(settings.sign_ins_per_address, 10))

    async def count(self, kind: Kind, whose: str) -> None:
        """Count one more. Raises Rejected (429) when that is too many, with when to try again."""
        if not await self._counts.hit(kind.limit, kind.name, whose):
            window = await self._counts.get_window_stats(kind.limit, kind.name, whose)
            wait = max(1, math.ceil(window.reset_time - time.time()))
            raise Rejected("too-many-requests", 429, retry_after=wait)
