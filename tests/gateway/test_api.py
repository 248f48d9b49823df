"""The public API as programs meet it: the contract, and a clear answer to everything that is wrong."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import islice
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from tests.gateway.conftest import SessionWith
from tests.platform import Running

Raw = bytes | BytesIO | None


@dataclass
class Reply:
    status: int
    headers: Any
    body: Any


NOBODYS = "00000000-0000-4000-8000-000000000000"


class Api:
    """The API with one bearer token, or without."""

    def __init__(self, http: aiohttp.ClientSession, token: str | None = None) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: Raw = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        sent = {**self._headers, **(headers or {})}
        async with self._http.request(method, path, json=body, data=raw, headers=sent) as answer:
            return Reply(answer.status, answer.headers, await answer.json(content_type=None))

    async def get(self, path: str) -> Reply:
        return await self.ask("GET", path)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Reply:
        return await self.ask("POST", path, body, headers={"Idempotency-Key": key} if key else None)


@pytest.fixture
async def http(platform: Running) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(platform.base_url, connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


@pytest.fixture
def anyone(http: aiohttp.ClientSession) -> Api:
    return Api(http)


@pytest.fixture(scope="module")
def newcomers(platform: Running) -> Iterator[str]:
    """Tokens of workers whom nobody saw before."""
    return iter(platform.tokens("worker", 1000))


@pytest.fixture
def worker(http: aiohttp.ClientSession, newcomers: Iterator[str]) -> Api:
    return Api(http, next(newcomers))


@pytest.fixture
def organiser(http: aiohttp.ClientSession, platform: Running) -> Api:
    return Api(http, platform.demo["tokens"]["organiser"])


@pytest.fixture
def reviewer(http: aiohttp.ClientSession, platform: Running) -> Api:
    return Api(http, platform.demo["tokens"]["region"])


def a_problem(reply: Reply, status: int, slug: str) -> Any:
    """Holds every refusal to the contract; returns its body."""
    assert (reply.status, reply.body.get("type")) == (status, f"/problems/{slug}"), reply.body
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.body["status"] == status
    assert reply.body["title"]
    assert reply.body["detail"]
    assert reply.headers["API-Version"] == "1.0.0"
    return reply.body


# The story


@pytest.mark.alone
async def test_a_worker_enrolls_is_told_and_counts_in_the_region_within_two_seconds(
    worker: Api, reviewer: Api, session_with: SessionWith
) -> None:
    session = session_with(1)
    question = "/v1/uptake?region=PV28&basis=fieldlab"
    before = (await reviewer.get(question)).body["totals"]["enrollments"]["confirmed"]

    made = await worker.post("/v1/enrollments", {"sessionId": session, "workMunicipality": "GM0505"})

    assert made.status == 201
    assert made.body == {
        "id": made.body["id"], "sessionId": session, "personId": made.body["personId"], "state": "confirmed", "revision": 1,
    }  # fmt: skip
    async with asyncio.timeout(2):
        while (await reviewer.get(question)).body["totals"]["enrollments"]["confirmed"] != before + 1:
            await asyncio.sleep(0.05)
    assert (await worker.get(f"/v1/sessions/{session}")).body["seatsLeft"] == 0


async def test_a_second_request_answers_200_with_the_first(worker: Api, session_with: SessionWith) -> None:
    session = session_with(1)
    first = await worker.post("/v1/enrollments", {"sessionId": session})
    again = await worker.post("/v1/enrollments", {"sessionId": session})

    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body


async def test_the_same_key_gets_the_same_answer_and_another_body_is_refused(worker: Api, session_with: SessionWith) -> None:
    one, other = session_with(1), session_with(1)
    key = uuid4().hex
    first = await worker.post("/v1/enrollments", {"sessionId": one}, key=key)
    await worker.post(f"/v1/enrollments/{first.body['id']}/cancellation")

    again = await worker.post("/v1/enrollments", {"sessionId": one}, key=key)
    changed = await worker.post("/v1/enrollments", {"sessionId": other}, key=key)

    assert (again.status, again.body) == (201, first.body)
    a_problem(changed, 422, "idempotency-key-reused")


async def test_a_withdrawn_seat_goes_to_the_next_in_line_at_once(
    http: aiohttp.ClientSession, newcomers: Iterator[str], session_with: SessionWith
) -> None:
    session = session_with(1)
    holder, waiting = (Api(http, token) for token in islice(newcomers, 2))
    held = await holder.post("/v1/enrollments", {"sessionId": session})
    queued = await waiting.post("/v1/enrollments", {"sessionId": session})
    assert (queued.body["state"], queued.body["position"]) == ("waitlisted", 1)

    gone = await holder.post(f"/v1/enrollments/{held.body['id']}/cancellation")

    assert (gone.status, gone.body["state"], gone.body["reason"]) == (200, "cancelled", "by-person")
    promoted = await waiting.get(f"/v1/enrollments/{queued.body['id']}")
    assert (promoted.body["state"], promoted.body["revision"], "position" in promoted.body) == ("confirmed", 2, False)


async def test_five_hundred_at_once_for_the_last_seat(
    http: aiohttp.ClientSession, newcomers: Iterator[str], session_with: SessionWith
) -> None:
    session = session_with(1)
    workers = [Api(http, token) for token in islice(newcomers, 500)]

    replies = await asyncio.gather(*(one.post("/v1/enrollments", {"sessionId": session}) for one in workers))

    assert Counter(reply.status for reply in replies) == {201: 500}
    assert Counter(reply.body["state"] for reply in replies) == {"confirmed": 1, "waitlisted": 499}
    assert sorted(reply.body.get("position", 0) for reply in replies) == list(range(500))


# Who may see what


async def test_somebody_elses_enrollment_answers_exactly_as_one_that_does_not_exist(
    http: aiohttp.ClientSession, newcomers: Iterator[str], session_with: SessionWith
) -> None:
    mine, other = (Api(http, token) for token in islice(newcomers, 2))
    enrollment = (await mine.post("/v1/enrollments", {"sessionId": session_with(1)})).body["id"]
    for path in ("", "/cancellation"):
        method = "POST" if path else "GET"
        theirs = await other.ask(method, f"/v1/enrollments/{enrollment}{path}")
        missing = await other.ask(method, f"/v1/enrollments/{uuid4()}{path}")
        assert theirs.body == missing.body
        a_problem(theirs, 404, "not-found")
    assert (await other.get("/v1/enrollments")).body["items"] == []


async def test_an_organiser_sees_the_enrollments_at_the_own_fieldlab_and_cannot_withdraw_them(
    http: aiohttp.ClientSession, platform: Running, organiser: Api, worker: Api, session_with: SessionWith
) -> None:
    session = session_with(1)
    enrollment = (await worker.post("/v1/enrollments", {"sessionId": session})).body["id"]
    listed = await organiser.get(f"/v1/enrollments?sessionId={session}")
    (elsewhere,) = platform.tokens("organiser", 1, scope="robohouse")

    assert [item["id"] for item in listed.body["items"]] == [enrollment]
    a_problem(await organiser.post(f"/v1/enrollments/{enrollment}/cancellation"), 403, "not-yours")
    assert (await Api(http, elsewhere).get(f"/v1/enrollments?sessionId={session}")).body["items"] == []


@pytest.mark.parametrize("role", ["employer", "organiser", "region", "operator"])
async def test_only_a_worker_enrolls(http: aiohttp.ClientSession, platform: Running, role: str) -> None:
    api = Api(http, platform.demo["tokens"][role])

    a_problem(await api.post("/v1/enrollments", {"sessionId": str(uuid4())}), 403, "not-a-worker")


@pytest.mark.parametrize("role", ["worker", "employer", "organiser", "operator"])
async def test_only_a_reviewer_sees_live_figures(http: aiohttp.ClientSession, platform: Running, role: str) -> None:
    api = Api(http, platform.demo["tokens"][role])

    a_problem(await api.get("/v1/uptake?region=PV28"), 403, "not-a-reviewer")


@pytest.mark.parametrize(("method", "path"), [
    ("POST", "/v1/enrollments"), ("GET", "/v1/enrollments"), ("GET", "/v1/me"), ("GET", "/v1/uptake"), ("POST", "/v1/courses"),
    ("PATCH", f"/v1/courses/{NOBODYS}"), ("POST", f"/v1/enrollments/{NOBODYS}/cancellation"),
])  # fmt: skip
async def test_an_anonymous_request_is_told_to_sign_in(anyone: Api, method: str, path: str) -> None:
    a_problem(await anyone.ask(method, path), 401, "not-signed-in")


@pytest.mark.parametrize("token", ["", "x", "Bearer", "é", "a" * 5000, "'; DROP TABLE token; --", "\t"])
async def test_a_malformed_token_is_refused(http: aiohttp.ClientSession, token: str) -> None:
    for header in (f"Bearer {token}", token, f"Basic {token}"):
        reply = await Api(http).ask("GET", "/v1/me", headers={"Authorization": header.encode().decode("latin-1")})
        a_problem(reply, 401, "token-not-valid")


async def test_who_you_are(http: aiohttp.ClientSession, platform: Running) -> None:
    roles = {}
    for role, token in platform.demo["tokens"].items():
        me = await Api(http, token).get("/v1/me")
        assert me.status == 200
        assert me.body["email"] == f"{role}@demo.skillslab.example"
        (roles[role],) = me.body["roles"]

    assert roles["worker"] == {"role": "worker"}
    assert roles["organiser"] == {"role": "organiser", "fieldlabId": "duurzaamheidsfabriek"}
    assert roles["region"] == {"role": "region", "region": "PV28"}
    assert roles["operator"] == {"role": "operator"}


# What is wrong gets a clear answer, and never a 500

SOMEWHERE = "0f5374e3-0b9b-4b16-af7a-49654ce0bb15"
BODIES: list[tuple[Any, set[str]]] = [
    ({}, {"#/sessionId"}),
    ([], {"#"}),
    ("text", {"#"}),
    (None, {"#"}),
    (7, {"#"}),
    ({"sessionId": None}, {"#/sessionId"}),
    ({"sessionId": 7}, {"#/sessionId"}),
    ({"sessionId": "no id"}, {"#/sessionId"}),
    ({"sessionId": ["x"]}, {"#/sessionId"}),
    ({"sessionId": SOMEWHERE, "personId": SOMEWHERE}, {"#/personId"}),
    ({"sessionId": SOMEWHERE, "sessionid": SOMEWHERE}, {"#/sessionid"}),
    ({"sessionId": SOMEWHERE, "workMunicipality": "Dordrecht"}, {"#/workMunicipality"}),
    ({"sessionId": SOMEWHERE, "workMunicipality": 505}, {"#/workMunicipality"}),
    ({"sessionId": SOMEWHERE, "sector": "metal"}, {"#/sector"}),
    (
        {"sessionId": 1, "sector": "metal", "workerGroup": [], "extra": 1},
        {"#/sessionId", "#/sector", "#/workerGroup", "#/extra"},
    ),
]


@pytest.mark.parametrize(("body", "pointers"), BODIES, ids=[str(body)[:60] for body, _ in BODIES])
async def test_all_faults_of_a_body_are_named_together(worker: Api, body: Any, pointers: set[str]) -> None:
    problem = a_problem(await worker.ask("POST", "/v1/enrollments", body), 400, "invalid-input")

    assert {fault["pointer"] for fault in problem["errors"]} == pointers
    assert all(fault["detail"] for fault in problem["errors"])


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b'{"sessionId": "\x00"}', b"[" * 100_000, b'{"a":1}{"b":2}', b"NaN"])
async def test_a_body_that_is_no_json_is_refused(worker: Api, raw: bytes) -> None:
    a_problem(await worker.ask("POST", "/v1/enrollments", raw=raw), 400, "invalid-input")


@pytest.mark.parametrize("path", ["/v1/enrollments", "/v1/courses", f"/v1/enrollments/{SOMEWHERE}/cancellation"])
async def test_two_megabytes_are_too_much(worker: Api, path: str) -> None:
    a_problem(await worker.ask("POST", path, raw=BytesIO(b'{"a":"' + b"x" * 2 * 1024**2 + b'"}')), 413, "body-too-large")


async def test_faults_are_told_in_the_language_that_was_asked_for(worker: Api) -> None:
    dutch = await worker.ask("POST", "/v1/enrollments", {}, headers={"Accept-Language": "nl-NL,en;q=0.5"})
    english = await worker.ask("POST", "/v1/enrollments", {}, headers={"Accept-Language": "en"})

    assert dutch.body["errors"][0]["detail"] == "Dit is verplicht."
    assert english.body["errors"][0]["detail"] == "This is required."


async def test_a_fault_that_another_service_finds_is_told_in_that_language_too_with_the_bound(organiser: Api) -> None:
    body = {"title": "Lassen", "hours": 0, "state": "open", "description": "x" * 5001}
    dutch = await organiser.ask("POST", "/v1/courses", body, headers={"Accept-Language": "nl"})

    assert {fault["pointer"]: fault["detail"] for fault in dutch.body["errors"]} == {
        "#/hours": "Dit moet 1 of meer zijn.",
        "#/state": "Kies een van deze: 'draft', 'published'.",
        "#/description": "Dit is te lang: hooguit 5000 tekens.",
    }


@pytest.mark.parametrize("path", [
    f"/v1/courses/{SOMEWHERE}", f"/v1/sessions/{SOMEWHERE}", f"/v1/enrollments/{SOMEWHERE}", "/v1/fieldlabs/nowhere",
    "/v1/courses/x", "/v1/sessions/%00", "/v1/enrollments/..%2f..%2fuptake", "/v1/fieldlabs/%F0%9F%92%A9",
    f"/v1/enrollments/{SOMEWHERE.upper()}", "/v1/nothing", "/v1/courses/", "/v1/enrollments/",
])  # fmt: skip
async def test_what_does_not_exist_is_not_found(worker: Api, path: str) -> None:
    a_problem(await worker.get(path), 404, "not-found")


async def test_a_session_that_does_not_exist_cannot_be_enrolled_in(worker: Api) -> None:
    a_problem(await worker.post("/v1/enrollments", {"sessionId": SOMEWHERE}), 404, "not-found")


async def test_a_municipality_that_does_not_exist_is_named(worker: Api, session_with: SessionWith) -> None:
    body = {"sessionId": session_with(1), "workMunicipality": "GM9999"}

    a_problem(await worker.post("/v1/enrollments", body), 400, "unknown-municipality")


@pytest.mark.parametrize(("column", "slug"), [("closes_at", "enrollment-closed"), ("starts_at", "enrollment-closed")])
async def test_a_session_that_is_closed_or_past_takes_nobody(
    platform: Running, worker: Api, session_with: SessionWith, column: str, slug: str
) -> None:
    session = session_with(1)
    conn = await asyncpg.connect(platform.told["SKILLSLAB_DATABASE_URL"] + "_enrollment")
    await conn.execute(f"UPDATE session SET {column} = now() - interval '1 minute' WHERE session_id = $1", session)
    await conn.close()

    a_problem(await worker.post("/v1/enrollments", {"sessionId": session}), 409, slug)


@pytest.mark.parametrize("query", [
    "page=0", "page=x", "page=1e9", "pageSize=101", "pageSize=-1", "state=nothing", "sessionId=x", "unknown=1",
])  # fmt: skip
async def test_a_query_that_does_not_fit_is_refused(worker: Api, query: str) -> None:
    problem = a_problem(await worker.get(f"/v1/enrollments?{query}"), 400, "invalid-input")

    assert problem["errors"][0]["pointer"] == f"#/{query.partition('=')[0]}"


@pytest.mark.parametrize("query", [
    "region=XX", "from=yesterday", "from=2027-02-30", "groupBy=name", "basis=sea", "from=2027-01-02&to=2027-01-01",
    "groupBy=month,theme,level,sector", "level=9", "region=PV28%27--",
])  # fmt: skip
async def test_a_question_that_does_not_fit_is_refused(reviewer: Api, query: str) -> None:
    a_problem(await reviewer.get(f"/v1/uptake?{query}"), 400, "invalid-input")


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "é", "tab\there", "two words"])
async def test_an_idempotency_key_that_cannot_be_kept_is_refused(worker: Api, key: str) -> None:
    sent = {"Idempotency-Key": key.encode().decode("latin-1")}
    reply = await worker.ask("POST", "/v1/enrollments", {"sessionId": SOMEWHERE}, headers=sent)

    assert reply.status in (400, 404)
    assert reply.status == 400 or key == " ", "what is only a space is no key at all"


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/v1/courses"), ("PUT", "/v1/enrollments"), ("POST", "/v1/me")])
async def test_a_method_that_is_not_there_says_which_are(worker: Api, method: str, path: str) -> None:
    reply = await worker.ask(method, path)

    a_problem(reply, 405, "method-not-allowed")
    assert "GET" in reply.headers["Allow"].split(", ")
    assert method not in reply.headers["Allow"].split(", ")


@pytest.mark.parametrize("path", [
    "/v1/courses?from=0", "/v1/courses?to=86400", "/v1/courses?page=1_0", "/v1/courses?page=1.0", "/v1/courses?pageSize=%2B5",
    "/v1/courses?available=on", "/v1/enrollments?page=1_0", "/v1/uptake?from=0", "/v1/uptake?level=3.0", "/v1/uptake?theme=%00",
    "/v1/uptake?fieldlabId=%27", "/v1/uptake?region=PV%D9%A2%D9%A8", "/v1/uptake?from=2027-02-30",
])  # fmt: skip
async def test_a_value_in_a_query_is_spelled_in_one_way(anyone: Api, worker: Api, reviewer: Api, path: str) -> None:
    api = worker if "enrollments" in path else reviewer if "uptake" in path else anyone

    a_problem(await api.get(path), 400, "invalid-input")


async def test_what_is_left_empty_in_a_query_is_not_asked(anyone: Api, worker: Api, reviewer: Api) -> None:
    assert (await anyone.get("/v1/courses?from=&q=&page=")).status == 200
    assert (await worker.get("/v1/enrollments?state=&page=")).status == 200
    assert (await reviewer.get("/v1/uptake?level=&groupBy=")).status == 200


async def test_a_dimension_that_is_named_twice_counts_once(reviewer: Api) -> None:
    assert (await reviewer.get("/v1/uptake?groupBy=theme,month,theme")).body["groupBy"] == ["theme", "month"]


async def test_a_whole_number_may_be_written_with_a_point(organiser: Api) -> None:
    made = await organiser.ask("POST", "/v1/courses", raw=b'{"title": "Getallen", "hours": 8.0}')
    refused = await organiser.ask("POST", "/v1/courses", raw=b'{"title": "Getallen", "hours": 8.5}')

    assert (made.status, made.body["hours"]) == (201, 8)
    a_problem(refused, 400, "invalid-input")


async def test_a_fieldlab_that_is_null_is_left_out(organiser: Api) -> None:
    made = await organiser.post("/v1/courses", {"title": "Zonder fieldlab", "fieldlabId": None})

    assert (made.status, made.body["fieldlabId"]) == (201, "duurzaamheidsfabriek")


async def test_who_is_refused_for_want_of_a_token_is_told_which_kind(anyone: Api) -> None:
    assert (await anyone.get("/v1/me")).headers["WWW-Authenticate"] == "Bearer"


async def test_what_is_made_says_where_it_is(worker: Api, organiser: Api, session_with: SessionWith) -> None:
    course = await organiser.post("/v1/courses", {"title": "Vindbaar"})
    enrollment = await worker.post("/v1/enrollments", {"sessionId": session_with(1)})

    assert course.headers["Location"] == f"/v1/courses/{course.body['id']}"
    assert enrollment.headers["Location"] == f"/v1/enrollments/{enrollment.body['id']}"
    assert (await worker.get(enrollment.headers["Location"])).body["id"] == enrollment.body["id"]


@pytest.mark.parametrize("path", ["/v1/courses?from=2027-03-02&to=2027-03-01", "/v1/uptake?from=2027-03-02&to=2027-03-01"])
async def test_days_in_the_wrong_order_are_told_in_plain_words(reviewer: Api, path: str) -> None:
    problem = a_problem(await reviewer.get(path), 400, "invalid-input")

    assert problem["errors"] == [
        {
            "pointer": "#/to",
            "code": "days_reversed",
            "detail": "The last day is before the first. Turn them around, or leave one out.",
        }
    ]
    assert "Nothing was changed" not in problem["detail"], "nothing was to be"


async def test_who_wanted_a_change_is_told_that_there_was_none(worker: Api) -> None:
    assert "Nothing was changed." in (await worker.post("/v1/enrollments", {})).body["detail"]


async def test_a_region_that_does_not_exist_has_no_figures(reviewer: Api) -> None:
    problem = a_problem(await reviewer.get("/v1/uptake?region=PV99"), 400, "invalid-input")

    assert problem["errors"][0]["pointer"] == "#/region"
    assert "There is no such region." in problem["errors"][0]["detail"]


async def test_the_beginning_of_the_api_says_where_to_go_on(anyone: Api) -> None:
    links = (await anyone.get("/v1")).body

    for name in ("openapi", "courses", "regions"):
        assert (await anyone.get(links[name])).status == 200


async def test_where_nothing_has_all_the_words_some_will_do_and_it_is_said(anyone: Api) -> None:
    both = (await anyone.get("/v1/courses?q=plc+composieten")).body
    one = (await anyone.get("/v1/courses?q=plc")).body

    assert both["total"] > one["total"] > 0
    assert both["someWords"]
    assert "someWords" not in one


# The rules of the house


async def test_every_answer_carries_version_and_security_headers(anyone: Api) -> None:
    for path in ("/v1/courses", "/v1/nothing", "/v1/me", "/v1/openapi.json"):
        headers = (await anyone.get(path)).headers
        assert headers["API-Version"] == "1.0.0"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (await anyone.get("/v1/courses")).headers["Cache-Control"] == "no-store"


async def test_the_documents_are_open_to_every_origin(anyone: Api) -> None:
    for name in ("openapi", "asyncapi"):
        reply = await anyone.get(f"/v1/{name}.json")
        assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (200, "*")


async def test_the_openapi_document_is_valid_and_keeps_the_design_rules(anyone: Api) -> None:
    document = (await anyone.get("/v1/openapi.json")).body

    validate(document)
    assert document["openapi"].startswith("3.1")
    assert all(re.fullmatch(r"(/[a-z0-9-]+|/\{[a-zA-Z]+\})+", path) for path in document["paths"])
    assert {"name", "url", "email"} <= set(document["info"]["contact"])
    for path in document["paths"].values():
        for operation in path.values():
            assert operation["description"]
            assert {"400", "401"} & set(operation["responses"]) or "200" in operation["responses"]
            names = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"]
            assert all(re.fullmatch(r"[a-z][a-zA-Z]*", name) for name in names)
    operations = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    made = document["paths"]["/courses"]["post"]["responses"]["201"]
    assert made["links"].keys() == {"get_course", "patch_course", "post_session"} <= operations
    assert made["headers"].keys() == {"API-Version", "Location"}


async def test_answers_fit_the_published_schemas(
    anyone: Api, worker: Api, organiser: Api, reviewer: Api, session_with: SessionWith
) -> None:
    document = (await anyone.get("/v1/openapi.json")).body
    session = session_with(1)
    course = (await anyone.get(f"/v1/sessions/{session}")).body["courseId"]
    enrollment = (await worker.post("/v1/enrollments", {"sessionId": session})).body["id"]
    asked = [
        (anyone, "/regions", "/regions"), (anyone, "/municipalities", "/municipalities?q=dord"), (anyone, "/themes", "/themes"),
        (anyone, "/fieldlabs", "/fieldlabs"), (anyone, "/fieldlabs/{fieldlabId}", "/fieldlabs/robohouse"),
        (anyone, "/courses", "/courses?q=robot&available=true"), (anyone, "/courses/{courseId}", f"/courses/{course}"),
        (anyone, "/sessions", f"/sessions?ids={session}"), (anyone, "/sessions/{sessionId}", f"/sessions/{session}"),
        (worker, "/enrollments", "/enrollments"), (worker, "/enrollments/{enrollmentId}", f"/enrollments/{enrollment}"),
        (reviewer, "/uptake", "/uptake?region=NL&groupBy=province,theme&basis=fieldlab"), (organiser, "/me", "/me"),
    ]  # fmt: skip
    for api, template, path in asked:
        reply = await api.get(f"/v1{path}")
        assert reply.status == 200, path
        schema = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema_rs.validator_for({**schema, "components": document["components"]}).validate(reply.body)


async def test_lists_come_in_pages(anyone: Api) -> None:
    first = (await anyone.get("/v1/municipalities")).body
    rest = [(await anyone.get(f"/v1/municipalities?pageSize=100&page={page}")).body for page in range(1, 5)]

    assert (len(first["items"]), first["page"], first["pageSize"], first["total"]) == (20, 1, 20, 342)
    assert len({item["code"] for page in rest for item in page["items"]}) == 342


async def test_times_are_accepted_with_any_offset_and_answered_in_utc(organiser: Api) -> None:
    course = (await organiser.post("/v1/courses", {"title": "Tijdreizen"})).body["id"]
    starts = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
    body = {"startsAt": starts.astimezone().isoformat(), "endsAt": (starts + timedelta(hours=2)).isoformat(), "capacity": 3}

    made = await organiser.post(f"/v1/courses/{course}/sessions", body)

    assert made.status == 201
    assert made.body["startsAt"] == starts.isoformat().replace("+00:00", "Z")


async def test_metrics_are_not_on_the_public_port(platform: Running, anyone: Api, http: aiohttp.ClientSession) -> None:
    async with http.get("/metrics") as public:
        assert public.status == 404
    for service in ("gateway", "catalog", "enrollment", "notifications"):
        async with http.get(f"{platform.internal_url(service)}/metrics") as inside:
            assert "skillslab_" in await inside.text()


@pytest.mark.parametrize("service", ["gateway", "catalog", "enrollment"])
async def test_the_inside_answers_nobody_without_a_signature(
    platform: Running, http: aiohttp.ClientSession, service: str
) -> None:
    for header in ({}, {"Skillslab-Principal": "forged"}, {"Skillslab-Principal": "W10.abc.def"}):
        async with http.get(f"{platform.internal_url(service)}/internal/log", headers=header) as answer:
            assert answer.status == 401
