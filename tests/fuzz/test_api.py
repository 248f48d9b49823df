"""The API holds to its own document: what fits is accepted, what does not is refused, and every answer is as written there.

Schemathesis makes the requests, with all its checks. It runs beside this process, two runs at a time, each with operations or a
role of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.launch.postgres import Postgres
from tests.counts import FULL, count
from tests.organiser import new_sessions
from tests.platform import Running
from tests.servers import scratch

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(count(600, 7200))]

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / "tests" / "fuzz" / "hooks.py"
SEED = [] if FULL else ["--seed", "20270331"]
FOR = {
    "Reference data": "nobody", "Courses": "organiser", "Retention": "organiser", "Enrollments": "worker", "Me": "worker",
    "Tickets": "worker", "Approvals": "organiser", "Uptake": "region",
}  # fmt: skip
"""By tag, the role that gets furthest with its operations."""
PEERS = ["worker", "colleague"]
"""Who have the same role, and must not see what is the other's."""
LIMITS = dict.fromkeys(
    (f"SKILLSLAB_{what}_PER_{whose}" for what in ("READS", "WRITES") for whose in ("PERSON", "ADDRESS")), str(10**9)
)
"""Far off: that there is an end to how much one asks is tested in tests/web."""


@dataclass(frozen=True)
class Run:
    """Part of the work: how many examples, in which phases, of which operations, and as whom."""

    examples: int
    phases: str
    choice: Sequence[str]
    """As Schemathesis is told."""
    who: str = ""
    """Whoever it is for, if it is nobody in particular."""
    seconds: int = 0
    """For how long to go on, where what one request did decides what the next one gets: Hypothesis, which expects the same to
    give the same, ends such a phase early."""


def of(*tags: str) -> Sequence[str]:
    """Their operations, but for being forgotten: who asks for that asks for nothing more."""
    return [argument for tag in tags for argument in ("--include-tag", tag)] + ["--exclude-method", "DELETE"]


OF_PEOPLE = ("Enrollments", "Tickets", "Approvals", "Transfers", "Me", "Uptake")
EACH, IN_A_ROLE, SECONDS = count(180, 1000), count(10, 300), count(8, 300)
ONE_BY_ONE = "examples,coverage,fuzzing"
NO_CHANGES = [argument for method in ("POST", "PUT", "PATCH") for argument in ("--exclude-method", method)]
RUNS = {
    "changing courses": Run(EACH, ONE_BY_ONE, [*of("Courses"), "--exclude-method", "GET"]),
    "reading courses": Run(EACH, ONE_BY_ONE, [*of("Courses"), *NO_CHANGES]),
    "the others": Run(EACH, ONE_BY_ONE, of("Reference data", "Retention", *OF_PEOPLE)),
    "being forgotten": Run(EACH, ONE_BY_ONE, ["--include-method", "DELETE"], "leaver"),
    "one after another": Run(EACH, "stateful", of(), seconds=SECONDS),
    "as a worker": Run(IN_A_ROLE, "fuzzing,stateful", of("Courses", *OF_PEOPLE), "worker", SECONDS),
    "as an organiser": Run(IN_A_ROLE, "fuzzing", of("Enrollments", "Me", "Uptake"), "organiser"),
    "as a reviewer": Run(IN_A_ROLE, "fuzzing", of("Courses", "Retention", "Enrollments", "Me"), "region"),
    "as nobody": Run(IN_A_ROLE, "fuzzing", of("Courses", "Retention", *OF_PEOPLE), "nobody"),
}


@dataclass(frozen=True)
class World:
    """The platform, a token per role, and by parameter values with which a request gets as far as the rules."""

    platform: Running
    tokens: Mapping[str, str]
    values: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module")
def world(postgres: Postgres) -> Iterator[World]:
    with scratch("fuzz") as folder:
        platform = Running(folder, postgres.url("fuzz"), "", more=LIMITS)
        try:
            platform.start()
            colleague, leaver = platform.tokens("worker", 2)
            tokens = {**platform.demo["tokens"], "colleague": colleague, "leaver": leaver}
            yield World(platform, tokens, values_of(platform, tokens["worker"]))
        finally:
            platform.stop()


def values_of(platform: Running, worker: str) -> Mapping[str, Sequence[str]]:
    sessions = asyncio.run(new_sessions(platform, 3, 50))
    with httpx.Client(base_url=platform.base_url, headers={"Authorization": f"Bearer {worker}"}) as http:
        course = http.get(f"/v1/sessions/{sessions[0]}").json()["courseId"]
        enrollments = [http.post("/v1/enrollments", json={"sessionId": session}).json()["id"] for session in sessions]
    closes, starts, ends = ([_in(days), _in(days + 1)] for days in (30, 60, 70))
    return {
        "path.courseId": [course], "path.sessionId": sessions, "body.sessionId": sessions, "path.enrollmentId": enrollments,
        "path.fieldlabId": ["techport", "duurzaamheidsfabriek"], "body.fieldlabId": ["duurzaamheidsfabriek"],
        "body.theme": ["smart-working"], "body.workMunicipality": ["GM0505", "GM0363"], "body.homeMunicipality": ["GM0599"],
        "body.enrollmentClosesAt": closes, "body.startsAt": starts, "body.endsAt": ends,
    }  # fmt: skip


def _in(days: int) -> str:
    return (datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def outcomes(world: World) -> Iterator[Mapping[str, Future[str]]]:
    """What each run found: nothing, or all that it said."""
    with ThreadPoolExecutor(2) as aside:
        yield {name: aside.submit(outcome_of, world, name, run) for name, run in RUNS.items()}


@pytest.mark.parametrize("name", RUNS)
def test_every_answer_is_as_the_document_says(outcomes: Mapping[str, Future[str]], name: str) -> None:
    found = outcomes[name].result()

    assert not found, found


def test_a_document_that_is_wrong_is_found_out(world: World) -> None:
    document = httpx.get(f"{world.platform.base_url}/v1/openapi.json").json()
    document["components"]["schemas"]["Me"]["properties"]["name"]["type"] = "integer"
    document["paths"]["/me"]["get"]["responses"]["200"]["headers"]["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    (world.platform.folder / "wrong.json").write_text(json.dumps(document))

    found = outcome_of(world, "wrong", Run(10, "fuzzing", of("Me")), "../wrong.json", "--url", f"{world.platform.base_url}/v1")

    assert "Response violates schema" in found
    assert "Missing required response headers" in found


def outcome_of(world: World, name: str, run: Run, *document: str) -> str:
    folder = world.platform.folder / name.replace(" ", "-")
    folder.mkdir()
    (folder / "schemathesis.toml").write_text(configuration(world, run))
    (folder / "people.json").write_text(json.dumps({"auth": [_person(world, who) for who in PEERS]}))
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", *(document or [f"{world.platform.base_url}/v1/openapi.json"]),
        "--checks", "all", "--phases", run.phases, "--max-examples", str(run.examples), "--continue-on-failure", "--no-color",
        *run.choice, *SEED, *(["--max-time", str(run.seconds)] if run.seconds else []),
    ]  # fmt: skip
    told = {**os.environ, "PYTHONPATH": str(ROOT)}  # for the hooks
    done = subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{done.stdout}\n{done.stderr}\n{world.platform.last_words()}"


def configuration(world: World, run: Run) -> str:
    """For Schemathesis: as whom it asks, and values that it cannot know. Texts and lists are the same in TOML as in JSON."""
    lines = [f"hooks = {json.dumps(str(HOOKS))}", "request-timeout = 30", 'generation.database = "none"']
    for name, values in world.values.items():
        key = json.dumps(name)
        lines += [
            f"dictionaries.{key}.values = {json.dumps(values)}",
            f"parameters.{key} = {{ dictionary = {key}, probability = 0.8 }}",
        ]
    if run.who in PEERS:
        lines.append(f'auth.wfc = {{ path = "people.json", user = "{run.who}", peers = {json.dumps(PEERS)} }}')
    elif run.who:
        lines += [f"headers.{name} = {json.dumps(value)}" for name, value in _headers(world, run.who).items()]
    else:
        lines += [
            f'[[operations]]\ninclude-tag = "{tag}"\nheaders.Authorization = {json.dumps(value)}'
            for tag, who in FOR.items()
            for value in _headers(world, who).values()
        ]
    return "\n".join(lines)


def _person(world: World, who: str) -> Mapping[str, Any]:
    return {"name": who, "fixedHeaders": [{"name": name, "value": value} for name, value in _headers(world, who).items()]}


def _headers(world: World, who: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {world.tokens[who]}"} if who in world.tokens else {}
