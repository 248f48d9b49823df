"""What operators type."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from shared.launch.postgres import Postgres
from tests import ROOT
from tests.checks.world import a_world
from tests.conftest import Templates

COMMAND = str(ROOT / "deploy" / "skillslab")


def run(*arguments: str, **told: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SKILLSLAB_")}
    return subprocess.run([COMMAND, *arguments], env={**environment, **told}, capture_output=True, text=True, check=False)


async def test_it_finds_the_running_platform_by_its_data_folder_and_says_by_its_exit_how_it_is(
    postgres: Postgres, templates: Templates, tmp_path: Path
) -> None:
    async with a_world(postgres, templates) as world:
        await world.a_lived_session()
        await world.tell()
        (tmp_path / "platform.env").write_text(f"SKILLSLAB_DATABASE_URL={world.server_url}\n")

        good = run("check", SKILLSLAB_DATA=str(tmp_path))
        await world.pools["catalog"].execute("UPDATE availability SET waiting = 77")
        bad = run("check", "--json", SKILLSLAB_DATABASE_URL=world.server_url)

    assert good.returncode == 0, good.stdout + good.stderr
    assert [line.split()[:2] for line in good.stdout.splitlines()[:11]] == [[f"I{n}", "ok"] for n in range(1, 12)]
    assert bad.returncode == 1
    told = json.loads(bad.stdout)
    assert [one["id"] for one in told["invariants"] if one["status"] == "broken"] == ["I6"]


@pytest.mark.parametrize("arguments", [(), ("fly",)])
def test_it_says_what_may_be_typed(arguments: tuple[str, ...]) -> None:
    told = run(*arguments)

    assert told.returncode == 2
    assert "skillslab check" in told.stderr


def test_where_no_platform_runs_it_says_how_one_is_found(tmp_path: Path) -> None:
    told = run("check", SKILLSLAB_DATA=str(tmp_path))

    assert told.returncode == 2
    assert "SKILLSLAB_DATA" in told.stderr
