"""Tests run in three processes, each with servers of its own, so that both processors have work while some tests only wait.

What belongs together stays together: one process takes a whole folder, for what its tests share is started once, and what takes
longest is taken first. A test marked `alone` compares times; it waits until the other processes have finished their tests, and
keeps them from starting others.
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
LONGEST_FIRST = ("fuzz", "gateway in a browser", "enrollment", "gateway", "broker", "authorisation", "launch")
"""What takes longest must not be what is left for the end."""
IN_A_BROWSER = ("test_openings.py", "test_pages_in_browser.py", "test_roster.py", "test_seat_rules.py")


def scope_of(nodeid: str) -> str:
    """The part of the tests that one process takes as a whole. Those of the gateway's pages would be too long for one."""
    folder, *names = nodeid.split("::", maxsplit=1)[0].split("/")[1:]
    if folder == "gateway" and names[0] in IN_A_BROWSER:
        return "gateway in a browser"
    return TOGETHER.get(folder, folder)


class ByFolder(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out whole folders, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        rank = {scope: number for number, scope in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: rank.get(scope_of(item.nodeid), len(rank)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    config.option.loadscopereorder = False
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
