"""When many people come at once, their mails wait until they have come: for a moment, and never for long."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

MANY = 150
"""So many facts in a second are a rush: no more mails than that are written in a second beside the desk."""
WINDOW = 1.0
AFTERWARDS = 1.0
"""Seconds that a rush is held to last after the last second that was one."""
AT_MOST = timedelta(seconds=30)
"""A mail waits for a rush no longer than this."""


class Rush:
    """Whether facts come in faster than their mails can go out without being in the way of the decisions they tell of."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: deque[tuple[float, int]] = deque()
        self._lately = 0
        self._until = float("-inf")

    def hear(self, facts: int) -> None:
        """So many facts were just taken in."""
        now = self._clock()
        self._heard.append((now, facts))
        self._lately += facts
        while self._heard[0][0] <= now - WINDOW:
            self._lately -= self._heard.popleft()[1]
        if self._lately >= MANY:
            self._until = now + AFTERWARDS

    @property
    def holds_back(self) -> timedelta:
        """For how long a mail that nobody sits waiting for is to have been due before it goes out."""
        return AT_MOST if self._clock() < self._until else timedelta(0)
