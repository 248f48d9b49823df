"""That somebody was not let in, or not let do something, is a line in the log: who it was, and never what they sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.gateway.visitor import Visitor
from tests.platform import Running

SECRET = "SECRET-THAT-NO-LOG-HOLDS"


def refusals(platform: Running) -> Sequence[Mapping[str, Any]]:
    lines = (platform.folder / "gateway-0.log").read_text().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["message"] == "refused"]


def by_token(platform: Running, token: str, path: str) -> int:
    return Visitor(platform.base_url).get(path, headers={"Authorization": f"Bearer {token}"}).status


def person_of(platform: Running, role: str) -> str:
    token = platform.demo["tokens"][role]
    answer = Visitor(platform.base_url).get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    return str(json.loads(answer.text)["personId"])


@pytest.mark.parametrize(
    ("fields", "path", "reason", "route"),
    [
        ({"code": SECRET}, "/aanmelden/verstuurd", "code-not-right", "/aanmelden/verstuurd"),
        ({}, f"/aanmelden/{'0' * 32}.{SECRET}", "link-gone", "/aanmelden/{token}"),
        ({"email": f"{SECRET}@voorbeeld.nl"}, f"/mijn-gegevens?{urlencode({'x': SECRET})}", "cross-site", "/mijn-gegevens"),
    ],
)
def test_who_is_not_let_in_leaves_a_line_without_what_they_sent(
    platform: Running, fields: Mapping[str, str], path: str, reason: str, route: str
) -> None:
    before = len(refusals(platform))
    site = "cross-site" if reason == "cross-site" else "same-origin"
    Visitor(platform.base_url).post(path, fields, site=site)

    [line] = refusals(platform)[before:]
    assert (line["reason"], line["method"], line["route"], line["person"]) == (reason, "POST", route, None)
    assert SECRET not in (platform.folder / "gateway-0.log").read_text()


def test_a_token_that_is_none_leaves_a_line_without_it(platform: Running) -> None:
    before = len(refusals(platform))
    assert by_token(platform, SECRET, "/v1/me") == 401
    [line] = refusals(platform)[before:]
    assert (line["reason"], line["status"], line["route"], line["person"]) == ("token-not-valid", 401, "/v1/me", None)
    assert line.keys() == {
        "message", "level", "timestamp", "service", "request_id", "reason", "status", "method", "route", "person",
    }  # fmt: skip
    assert SECRET not in (platform.folder / "gateway-0.log").read_text()


@pytest.mark.parametrize(
    ("path", "status", "reason", "route"),
    [
        ("/v1/uptake?region=PV28", 403, "not-a-reviewer", "/v1/uptake"),
        ("/v1/enrollments/00000000-0000-4000-8000-000000000000", 404, "not-found", "/v1/enrollments/{enrollmentId}"),
    ],
)
def test_who_is_not_let_do_something_is_named_by_id(platform: Running, path: str, status: int, reason: str, route: str) -> None:
    person = person_of(platform, "worker")
    before = len(refusals(platform))
    assert by_token(platform, platform.demo["tokens"]["worker"], path) == status
    [line] = refusals(platform)[before:]
    assert (line["reason"], line["status"], line["route"], line["person"]) == (reason, status, route, person)


def test_who_has_nothing_to_show_yet_leaves_no_line(platform: Running) -> None:
    before = len(refusals(platform))
    anybody = Visitor(platform.base_url)
    assert anybody.get("/v1/me").status == 401
    assert anybody.get("/mijn-gegevens", follow=False).status == 303
    assert anybody.get("/v1/nothing").status == 404
    assert refusals(platform)[before:] == []
