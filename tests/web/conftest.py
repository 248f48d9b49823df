"""The whole platform, to be met by who means it no good."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.launch.postgres import Postgres
from tests.platform import Running
from tests.servers import scratch


@pytest.fixture(scope="package")
def platform(postgres: Postgres) -> Iterator[Running]:
    with scratch("web") as folder:
        running = Running(folder, postgres.url("web"), "")
        try:
            running.start()
            yield running
        finally:
            running.stop()
