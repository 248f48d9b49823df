"""Waiting for news."""

from __future__ import annotations

import asyncio
import random


async def until(news: asyncio.Event, seconds: float) -> None:
    """Return when there is news, and after so many seconds at the latest.

    The longest wait is drawn anew each time, from half of it up: what idles side by side then does not look all at once, each
    over a database connection of its own.
    """
    try:
        async with asyncio.timeout(seconds * random.uniform(0.5, 1.0)):
            await news.wait()
    except TimeoutError:
        return
