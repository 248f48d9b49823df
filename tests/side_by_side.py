"""Tests run in two processes, each with servers of its own, so that both processors have work.

What belongs together stays together: one process takes a whole folder, for what its tests share is started once. A test marked
`alone` compares times; it waits until the other process has finished its test, and keeps it from starting another.
"""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TOGETHER = {"messaging": "broker", "journeys": "broker"}
"""Folders that need the same server, which takes long to start."""
FOLDER = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(FOLDER).parts[0]
        item.add_marker(pytest.mark.xdist_group(TOGETHER.get(folder, folder)))


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
