"""The authorisation matrix: every route, for every role, on what is own, somebody else's and missing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import uuid4

import aiohttp
import orjson
import pytest
from aiohttp import web
from yarl import URL

import catalog.http
import catalog.queries
import enrollment.http
import gateway.internal
import notifications.http
import notifications.store
from enrollment import queries, tickets
from gateway.edge import who_asks
from gateway.pages import routes
from gateway.pages.addresses import ADDRESSES, path
from gateway.people import audit, credentials, identities, transfers
from shared.database.pool import transaction
from shared.web.principal import HEADER, Principal, PrincipalKey, Role, service
from tests.authorisation.conftest import Answer, World
from tests.authorisation.matrix import API, CHANGE, INTERNAL, OPERATING, READ, ROLES, Rule
from tests.sabotage import layers, no_row_level_security, twin

pytestmark = pytest.mark.timeout(180)
in_the_house = pytest.mark.asyncio(loop_scope="package")

PARTS = {"fieldlab": "techport", "fieldlabId": "techport", "slug": "busy", "mail": "1.M2P3Q4.x", "number": "0",
         "token": f"{'0' * 32}.x", "erasure": str(uuid4()), "erasureId": str(uuid4()), "provider": "school",
         "kind": "csv"}  # fmt: skip
OF_TARGET = {
    "enrollment": ("enrollment", "enrollmentId"), "course": ("course", "courseId"), "draft": ("course", "courseId"),
    "session": ("session", "sessionId"), "invitation": ("invitation",), "colleague-invitation": ("invitation",),
    "token": ("token",), "other session": ("session",), "doomed session": ("session", "sessionId"),
    "begun session": ("session", "sessionId"),
    "request": ("enrollment", "enrollmentId"),
    "ticket": ("ticket", "ticketId"), "drawn session": ("session", "sessionId"),
    "fieldlab": ("fieldlab", "fieldlabId"), "identity": ("identity",), "browser": ("browser",),
    "transfer": ("transfer", "transferId"), "given transfer": ("transfer", "transferId"),
}  # fmt: skip
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Case:
    """One cell of the matrix."""

    name: str
    rule: Rule
    role: str
    whose: str

    def __str__(self) -> str:
        return f"{self.name} as {self.role or 'nobody'} on {self.whose or 'nothing in particular'}"

    @property
    def is_theirs(self) -> bool:
        """Whether the role has something of its own there."""
        return self.role in self.rule.own and self.rule.target not in ("",) and self.rule.own[self.role] != self.rule.others

    @property
    def expected(self) -> int:
        rule = self.rule
        if self.whose == "missing":
            if not self.role and rule.anonymous in (303, 401):
                return rule.anonymous
            return rule.missing if isinstance(rule.missing, int) else rule.missing.get(self.role, 403)
        if not self.role:
            return rule.anonymous
        if self.whose == "foreign" and (self.is_theirs or rule.own.get(self.role) == rule.others):
            return rule.foreign if isinstance(rule.foreign, int) else rule.foreign.get(self.role, 404)
        return rule.own.get(self.role, rule.others)


def cases(rules: Mapping[str, Rule]) -> Iterator[Case]:
    """What is missing or somebody else's first: what is one's own may be used up by it."""
    for name, rule in rules.items():
        for whose in ("missing", "foreign", "own") if rule.target else ("",):
            for role in ("", *ROLES):
                yield Case(name, rule, role, whose)


# That nothing is left out


@in_the_house
async def test_every_route_of_the_gateway_is_in_the_matrix(world: World) -> None:
    pages = {(method, address) for table, method in ((routes.READ, "GET"), (routes.CHANGE, "POST"))
             for name in table for address in ADDRESSES[name]}  # fmt: skip
    served = {
        (route.method, route.resource.canonical) for route in world.house.outside.router.routes() if route.resource
    }  # fmt: skip
    by_name = {(method, _canonical(address)) for method, address in pages}
    listed = {tuple(name.split(" ", 1)) for name in (*API, *OPERATING)}

    unlisted = {(method, address) for method, address in served - by_name if method != "HEAD"} - listed
    assert unlisted == set()
    assert listed - served == set()
    assert READ.keys() == routes.READ.keys()
    assert CHANGE.keys() == routes.CHANGE.keys()


def test_every_route_of_the_services_is_in_the_matrix() -> None:
    served = {"catalog": catalog.http.ROUTES, "enrollment": enrollment.http.ROUTES, "gateway": gateway.internal.ROUTES,
              "notifications": notifications.http.ROUTES}  # fmt: skip
    everywhere = {"GET /internal/log", "GET /internal/erasures/{erasure_id}"}
    for name, table in served.items():
        listed = INTERNAL[name].keys() - everywhere
        assert {f"{route.method} {route.path}" for route in table if isinstance(route, web.RouteDef)} == listed


def _canonical(address: str) -> str:
    return re.sub(r"{(\w+):(?:[^{}]|{\d+})+}", r"{\1}", address)


# The cells


async def answer_to(world: World, case: Case) -> Answer:
    rule, whose = case.rule, case.whose
    method, _, address = case.name.partition(" ")
    is_page = not address.startswith("/")
    parts = dict(PARTS)
    if rule.target:
        thing = str(uuid4()) if whose == "missing" else world.things[rule.target][0 if whose == "own" else 1]
        if rule.target == "token" and whose == "own":
            thing = await world.own_token(case.role or "worker")
        elif rule.target == "identity" and whose == "own":
            thing = await world.account_of(case.role or "worker")
        elif rule.target == "browser" and whose == "own":
            thing = await world.browser_of(case.role or "worker")
        parts |= dict.fromkeys(OF_TARGET[rule.target], thing)
    name = await world.throwaway(case.role) if rule.throwaway and case.role else case.role
    if is_page:
        body = {name: world.filled(value) for name, value in (rule.body or {}).items()}
        cookie = await world.browser(name) if name else None
        return await world.ask(method, path(address, "nl", parts), cookie=cookie, body=body)
    where = f"?{rule.where}" if rule.where else ""
    url = re.sub(r"{(\w+)}", lambda found: parts.get(found[1], "x"), address) + where
    told = {name: world.filled(value) for name, value in rule.body.items()} if rule.body else None
    return await world.ask(method, url, token=world.tokens.get(name), body=told)


def named(table: Mapping[str, Rule], method: str) -> Mapping[str, Rule]:
    return {f"{method} {name}": rule for name, rule in table.items()}


async def wrong_cells(world: World, rules: Mapping[str, Rule]) -> list[str]:
    """Every cell whose answer is not what the matrix says, or tells somebody else's from what does not exist."""
    wrong: list[str] = []
    missing: dict[tuple[str, str], Answer] = {}
    for case in cases(rules):
        if case.rule.target and case.whose == "own":
            await world.fresh(case.rule.target)
            if case.role and case.role not in case.rule.own:
                continue  # this role has nothing of its own here: that is the column of somebody else's
        answer = await answer_to(world, case)
        if answer.status != case.expected:
            wrong.append(f"{case}: {answer.status}, not {case.expected}")
        if case.whose == "missing":
            missing[case.name, case.role] = answer
        elif case.whose == "foreign" and case.expected == 404 and case.rule.missing == 404:
            other = missing[case.name, case.role]
            if _alike(answer) != _alike(other):
                wrong.append(f"{case}: another body than what does not exist")
            if answer.queries != other.queries:
                wrong.append(f"{case}: {answer.queries} queries, {other.queries} for what does not exist")
    return wrong


def _alike(answer: Answer) -> str:
    """A body without what differs from one request to the next: ids, and the tokens of forms."""
    return re.sub(r'name="form_token" value="[0-9a-f]+"', "", ID.sub("id", answer.text))


@in_the_house
async def test_the_api_gives_everybody_theirs_and_nobody_anothers(world: World) -> None:
    wrong = await wrong_cells(world, API)
    assert wrong == [], "\n".join(wrong)


@in_the_house
async def test_whatever_keeps_the_platform_running_is_open(world: World) -> None:
    wrong = await wrong_cells(world, OPERATING)
    assert wrong == [], "\n".join(wrong)


@in_the_house
async def test_pages_show_everybody_theirs_and_nobody_anothers(world: World) -> None:
    wrong = await wrong_cells(world, named(READ, "GET"))
    assert wrong == [], "\n".join(wrong)


@in_the_house
async def test_forms_do_for_everybody_what_is_theirs(world: World) -> None:
    wrong = await wrong_cells(world, named(CHANGE, "POST"))
    assert wrong == [], "\n".join(wrong)


# Lists, and the second layer


def without_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements as somebody would write them who forgot to ask whose the rows are."""
    for module, name, pattern, instead in (
        (queries, "enrollment", r"AND \(e\.person_id = \$2 OR[^)]*\)\)", "AND ($2::uuid, $3::text[]) IS NOT NULL"),
        (queries, "enrollments", r"WHERE person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (queries, "enrollments", r"WHERE session\.fieldlab_id = ANY", "WHERE false AND session.fieldlab_id = ANY"),
        (catalog.queries, "course", r"\(state = 'published' OR", "(true OR"),
        (catalog.queries, "list_courses", r"\(shown\.state = 'published' OR", "(true OR"),
        (tickets, "ticket", r"AND t\.person_id = \$2", "AND $2::uuid IS NOT NULL"),
        (tickets, "tickets", r"WHERE t\.person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (tickets, "own_tickets", r"WHERE person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (queries, "own_data", r"WHERE e\.person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (notifications.store, "told", r"WHERE recipient_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (audit, "own", r"WHERE actor_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (credentials, "tokens", r"WHERE person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (credentials, "sessions", r"WHERE person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
        (transfers, "transfer", r"AND \(t\.from_person = \$2 OR[^\n]*\)\)", ""),
        (transfers, "transfers", r"AND \(t\.from_person = \$1 OR[^\n]*\)\)", ""),
        (identities, "identities", r"WHERE person_id = \$1", "WHERE $1::uuid IS NOT NULL"),
    ):
        statement, count = re.subn(pattern, instead, getattr(module.SQL, name))
        assert count == 1, name
        monkeypatch.setattr(module.SQL, name, statement)


async def exported_of_others(world: World, name: str, theirs: set[str]) -> list[str]:
    """What of somebody else's stands in the document with everything about somebody."""
    cookie = await world.browser(name)
    answer = await world.ask("GET", "/v1/me/export", cookie=cookie)
    told = orjson.loads(answer.text)
    enrollments = {item["id"] for item in told["enrollments"]}
    enrolled = {act["record"].rpartition("/")[2] for act in told["doneByYou"] if act["action"] == "enrolled"}
    others = {
        "enrollments": (enrollments & {*world.things["enrollment"]}) - theirs,
        "tickets": {item["id"] for item in told["tickets"]} & {*world.things["ticket"]} - theirs,
        "mails": {mail["enrollmentId"] for mail in told["mails"]} - enrollments - {None},
        "acts": enrolled - enrollments - {item["id"] for item in told["tickets"]},
    }
    return [what for what, found in others.items() if found]


async def leaks(world: World) -> list[str]:
    """What anybody finds of somebody else's in the lists that they may read."""
    found: list[str] = []
    await world.fresh("transfer")
    given, given_elsewhere = world.things["transfer"]
    handing = {"worker": {given}, "stranger": {given, given_elsewhere}, "organiser.elsewhere": {given_elsewhere}}
    own, other = world.things["enrollment"]
    draft, other_draft = world.things["draft"]
    ticket, other_ticket = world.things["ticket"]
    holds = {"worker": {ticket}, "stranger": {other_ticket}}
    sees = {"worker": {own}, "organiser": {own}, "organiser.elsewhere": {other}, "stranger": {other}}
    drafts = {"organiser": {draft}, "organiser.elsewhere": {other_draft}}
    for name, token in world.tokens.items():
        if name.startswith("throwaway"):
            continue
        listed = await world.json("GET", "/v1/enrollments?pageSize=100", token)
        seen = {item["id"] for item in listed["items"]} & {own, other}
        if seen != sees.get(name, set()):
            found.append(f"{name} lists the enrollments {seen}")
        waits = {item["id"] for item in (await world.json("GET", "/v1/tickets?pageSize=100", token))["items"]}
        if waits & {*world.things["ticket"]} != holds.get(name, set()):
            found.append(f"{name} lists tickets of others")
        offered = {item["id"] for item in (await world.json("GET", "/v1/transfers", token))["items"]}
        if offered & {given, given_elsewhere} != handing.get(name, set()):
            found.append(f"{name} lists what others hand over")
        theirs = sees.get(name, set()) | holds.get(name, set())
        found += [f"{name} exports {what} of others" for what in await exported_of_others(world, name, theirs)]
        courses = await world.json("GET", "/v1/courses?pageSize=100&q=klad", token)
        if {item["id"] for item in courses["items"]} & {draft, other_draft} != drafts.get(name, set()):
            found.append(f"{name} lists the drafts of others")
    tokens = world.things["token"][1]
    for role in ROLES:
        cookie = await world.browser(role)
        if tokens in (await world.ask("GET", "/mijn-tokens", cookie=cookie)).text:
            found.append(f"{role} sees a stranger's token")
        text = (await world.ask("GET", "/mijn-gegevens", cookie=cookie)).text
        if "Onbekende browser van een ander" in text:
            found.append(f"{role} sees where a stranger is signed in")
        if world.things["identity"][1] in text:
            found.append(f"{role} sees which account a stranger signs in with")
    return found


async def a_stranger_signs_in_somewhere(world: World) -> None:
    async with transaction(world.house.people) as conn:
        await credentials.open_session(conn, world.persons["stranger"], "Onbekende browser van een ander")


@in_the_house
async def test_no_list_shows_what_is_somebody_elses(world: World) -> None:
    await a_stranger_signs_in_somewhere(world)

    found = await leaks(world)
    assert found == [], "\n".join(found)


@in_the_house
@layers(without_filters, no_row_level_security, both=False)
async def test_what_can_be_read_holds_by_either_layer_alone(world: World, guard: None) -> None:
    await a_stranger_signs_in_somewhere(world)
    reads = {**{name: rule for name, rule in API.items() if name.startswith("GET")}, **named(READ, "GET")}

    wrong = await wrong_cells(world, reads) + await leaks(world)
    assert wrong == [], "\n".join(wrong)


TRICKS = (
    "..%2Finternal%2Flog", "..%2F..%2Finternal%2Flog", "%2e%2e%2finternal%2flog", "%2e%2e", "..", ".", "%00", "a%2Fb", "%2f",
    "..%5cinternal%5clog", "..;", "x%3Fafter=", "%252e%252e%252finternal%252flog", "%E2%80%A5", "+", "%0d%0ax",
)  # fmt: skip


def the_path_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anonymous calls are our own service's, and whatever a path says is where they go."""
    monkeypatch.setattr("shared.web.client.plain", lambda path: str(URL(path).path))
    monkeypatch.setattr("gateway.api.passing.who_asks", lambda request: who_asks(request) or service("gateway"))


@in_the_house
@twin(the_path_is_believed)
async def test_no_address_leads_where_only_services_go(world: World, guard: None) -> None:
    """An id that is no id is not found, whatever it would lead to."""
    wrong = []
    for name in (name for name in API if "{" in name and name.startswith("GET")):
        for trick in TRICKS:
            for role in ("", "organiser"):
                url = re.sub(r"{\w+}", trick, name.removeprefix("GET "))
                answer = await world.ask("GET", url, token=world.tokens.get(role))
                if answer.status not in (401, 404) and not (trick in (".", "..") and answer.status == 200):
                    wrong.append(f"{url} as {role or 'nobody'}: {answer.status} {answer.text[:80]}")
    assert wrong == []


# From service to service


def principals(world: World) -> Mapping[str, Mapping[str, str]]:
    key, false = PrincipalKey(world.house.key), PrincipalKey("0" * 43)
    somebody = Principal(uuid4(), (Role("worker"),))
    return {
        "nobody": {},
        "a false signature": {HEADER: false.sign(service("gateway"))},
        "no signature": {HEADER: "WyJ4IiwgW11d"},
        "somebody": {HEADER: key.sign(somebody)},
        "a service": {HEADER: key.sign(service("gateway"))},
    }


FALSE = ("a false signature", "no signature")
EXPECTED: Mapping[str, Mapping[str, int]] = {
    "public": {},
    "anyone": dict.fromkeys(FALSE, 401),
    "signed in": dict.fromkeys([*FALSE, "nobody"], 401),
    "services": {**dict.fromkeys([*FALSE, "nobody"], 401), "somebody": 404},
}
"""What is refused, of each kind of route; whoever is not named gets through the door."""


@in_the_house
async def test_services_believe_nobody_on_the_network(world: World) -> None:
    """A principal that is not signed is refused; the addresses for services are not there for people."""
    wrong = []
    async with aiohttp.ClientSession() as http:
        for name, table in INTERNAL.items():
            for route, who in table.items():
                method, _, address = route.partition(" ")
                url = world.house.urls[name] + re.sub(r"{\w+}", str(uuid4()), address)
                for asks, headers in principals(world).items():
                    body: object = [] if address.endswith("batches") else {} if method != "GET" else None
                    async with http.request(method, url, headers=headers, json=body) as response:
                        refused = response.status == 401 or (who == "services" and response.status == 404)
                        if EXPECTED[who].get(asks) != (response.status if refused else None):
                            wrong.append(f"{name} {route} for {asks}: {response.status}")
    assert wrong == []
