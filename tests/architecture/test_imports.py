"""Each import contract bites: a seeded violation turns it red, by its own name."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import ROOT

PACKAGES = ("gateway", "catalog", "enrollment", "notifications", "shared")

SEEDS = [
    ("catalog/queries.py", "import enrollment.domain", "Services never import each other, and shared knows none of them"),
    (
        "notifications/store.py",
        "import gateway.people.people",
        "Services never import each other, and shared knows none of them",
    ),
    ("shared/gather.py", "import enrollment.desk", "Services never import each other, and shared knows none of them"),
    ("shared/database/pool.py", "import shared.messaging.log", "Inside shared, imports point downward"),
    ("shared/contracts/event.py", "import asyncpg", "A contract is nothing but its class"),
    ("enrollment/store.py", "import enrollment.http", "Inside enrollment, imports point downward"),
    ("enrollment/queries.py", "import enrollment.store", "Only the desk reaches the seats"),
    ("enrollment/domain/people.py", "import time", "The rules do no I/O and read no clock"),
    ("enrollment/uptake/queries.py", "import enrollment.domain", "The read side does not reach into the write side"),
    ("catalog/store.py", "import catalog.http", "Inside catalog, imports point downward"),
    ("notifications/store.py", "import notifications.reactions", "Inside notifications, imports point downward"),
    ("gateway/people/people.py", "import gateway.pages", "Inside gateway, imports point downward"),
]


@pytest.fixture(scope="module")
def a_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def broken_contracts(folder: Path) -> set[str]:
    command = [str(ROOT / ".venv/bin/lint-imports"), "--no-logo", "--config", "pyproject.toml"]
    report = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    return set(re.findall(r"^(.+?) (?:\([^)]*\) )?BROKEN", report.stdout, re.MULTILINE))


def test_the_code_keeps_all_of_them(a_copy: Path) -> None:
    assert broken_contracts(a_copy) == set()


@pytest.mark.parametrize(("file", "seed", "contract"), SEEDS, ids=[f"{file} {seed}" for file, seed, _ in SEEDS])
def test_a_seeded_violation_breaks_it(a_copy: Path, file: str, seed: str, contract: str) -> None:
    module = a_copy / file
    whole = module.read_text()
    module.write_text(f"{whole}\n{seed}\n")
    try:
        assert contract in broken_contracts(a_copy)
    finally:
        module.write_text(whole)


def test_every_contract_has_a_seed() -> None:
    contracts = re.findall(r'^name = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert set(contracts) - {"skillslab"} == {contract for _, _, contract in SEEDS}
