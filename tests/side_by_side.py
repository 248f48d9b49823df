"""Tests run in three processes, each with servers of its own, so that both processors have work while some tests only wait.

What belongs together stays together: one process takes a whole folder, for what its tests share is started once. A test marked
`alone` compares times; it waits until the other processes have finished their tests, and keeps them from starting others.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

TOGETHER = {"messaging": "broker", "journeys": "broker"}
"""Folders that need the same server, which takes long to start."""


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole folders, the one with most tests first. What is made up comes last so, and has both processors then."""

    def _split_scope(self, nodeid: str) -> str:
        folder = nodeid.split("/")[1]
        return TOGETHER.get(folder, folder)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    return ByFolder(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    run = getattr(item.config, "workerinput", {}).get("testrunuid")
    if run is None:
        return (yield)
    with _room(run, alone=item.get_closest_marker("alone") is not None):
        return (yield)


@contextmanager
def _room(run: str, *, alone: bool) -> Iterator[None]:
    """Everybody passes the door; who wants to be alone holds it shut until the others have left."""
    at = Path(tempfile.gettempdir())
    with (at / f"skillslab-{run}-door").open("w") as door, (at / f"skillslab-{run}-room").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
