"""Of what somebody may see or change they see and change the fields that are for them, and no others."""

from __future__ import annotations

from uuid import uuid4

import orjson
import pytest

from tests.authorisation.conftest import World
from tests.authorisation.matrix import API

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="package")]

ABOUT = {
    "workMunicipality": "GM0505", "homeMunicipality": "GM0772", "sector": "C", "employerSizeClass": "small",
    "workerGroup": "employed",
}  # fmt: skip
SHOWN = {"id", "sessionId", "personId", "state", "position", "revision", "steps", "withdrawUntil"}
NOBODYS = ("personId", "email", "roles", "seatNo", "seatsLeft", "createdAt", "isOperator")
"""Fields that no body has: who it is, what they may, and what the desk decides."""


async def test_an_organiser_sees_that_somebody_comes_and_nothing_that_they_told(world: World) -> None:
    token = await world.meet(f"tells-{uuid4().hex[:8]}".translate(str.maketrans("0123456789", "ghijklmnop")))
    made = await world.json("POST", "/v1/enrollments", token, {"sessionId": world.things["session"][0], **ABOUT})
    listed = await world.json("GET", f"/v1/enrollments?sessionId={world.things['session'][0]}", world.tokens["organiser"])
    one = await world.json("GET", f"/v1/enrollments/{made['id']}", world.tokens["organiser"])

    for shown in (one, *listed["items"]):
        assert shown.keys() <= SHOWN
    text = orjson.dumps(listed).decode()
    assert not [value for value in ("GM0505", "GM0772", "employed", "@") if value in text]
    told = await world.json("GET", "/v1/me/export", token)
    assert "GM0772" in orjson.dumps(told).decode()


@pytest.mark.parametrize("name", [name for name, rule in API.items() if rule.body])
async def test_no_body_sets_what_is_not_its_to_set(world: World, name: str) -> None:
    rule = API[name]
    method, _, address = name.partition(" ")
    parts = {"{courseId}": world.things["course"][0], "{sessionId}": world.things["session"][0],
             "{fieldlabId}": world.things["fieldlab"][0],
             "{enrollmentId}": world.things["request" if rule.target == "request" else "enrollment"][0]}  # fmt: skip
    for part, value in parts.items():
        address = address.replace(part, value)
    body = {key: world.filled(value) for key, value in rule.body.items()}
    [role, *_] = rule.own
    for field in NOBODYS:
        answer = await world.ask(method, address, token=world.tokens[role], body={**body, field: "x"})
        assert answer.status == 400, (field, answer.text)
        assert f'"#/{field}"' in answer.text
