"""Somebody in every role, with something of their own and something that is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest_asyncio
from yarl import URL

from gateway import forms
from gateway.people import credentials, identities, people, roles
from gateway.people.identities import Account
from shared.database.pool import transaction
from shared.launch.postgres import Postgres
from shared.web.principal import Principal, Role
from tests.authorisation.house import House, open_house
from tests.authorisation.matrix import ROLES
from tests.servers import scratch

OWN_LAB, OTHER_LAB = "duurzaamheidsfabriek", "ramlab"
SCOPES = {"organiser": OWN_LAB, "region": "PV28", "operator": ""}


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    queries: int
    """Statements that all services together ran for it."""


@dataclass
class World:
    """The house, the people in it by role, and what is whose."""

    house: House
    http: aiohttp.ClientSession
    persons: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    things: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Of each target: what is the worker's or at the organiser's own fieldlab, and what is somebody else's."""
    open_session: str = ""
    sister_session: str = ""
    """Of the same course as the session that the worker is enrolled for."""
    handed_session: str = ""
    """In which the stranger has a seat, and the worker none."""
    scopes: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, *, token: str | None = None, cookie: str | None = None, body: Any = None
    ) -> Answer:
        """Over HTTP, as a program with a token or as a browser with a cookie; redirects are not followed."""
        request_id = uuid4().hex
        headers = {"X-Request-Id": request_id, "Sec-Fetch-Site": "same-origin"}
        data: Any = None
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if path.startswith("/v1"):
            sent = {"json": body} if body is not None else {}
            if cookie:
                headers["Cookie"] = f"skillslab={cookie}"
        else:
            data = dict(body or {})
            if cookie:
                headers["Cookie"] = f"skillslab={cookie}"
                data[forms.TOKEN] = forms.token_for(cookie)
            sent = {"data": data} if method == "POST" else {}
        url = URL(self.house.base_url + path, encoded=True)
        async with self.http.request(method, url, headers=headers, allow_redirects=False, **sent) as response:
            text = await response.text()
        return Answer(response.status, text, self.house.queries.pop(request_id, 0))

    async def browser(self, role: str) -> str:
        """The cookie of a browser on which the person of this role is signed in, just now."""
        async with transaction(self.house.people) as conn:
            return await credentials.open_session(conn, self.persons[role], "")

    async def throwaway(self, role: str) -> str:
        """Somebody in this role who may be gone afterwards; gives their name here."""
        name = f"throwaway-{uuid4().hex[:8]}"
        await self.meet(name, role, self.scopes[role])
        return name

    async def meet(self, name: str, role: str = "worker", scope: str = "") -> str:
        """Somebody new in this role; gives their token."""
        async with transaction(self.house.people) as conn:
            person_id = await people.meet(conn, f"{name}@matrix.example", name, "nl")
            if role != "worker":
                await roles.grant(conn, [person_id], role, scope)  # type: ignore[arg-type]
            _id, token, _ends = await credentials.make_token(
                conn, person_id, Role(role, scope), name="matrix", can_write=True, days=1  # type: ignore[arg-type]
            )  # fmt: skip
        self.persons[name], self.tokens[name] = person_id, token
        return token

    def filled(self, value: object) -> object:
        """What a body of the matrix says, with the session that it means."""
        if value == "{sister session}":
            return self.sister_session
        return self.open_session if value == "{open session}" else value

    async def fresh(self, target: str) -> None:
        """Something new of this kind, both own and somebody else's: what was there may have been used up."""
        match target:
            case "enrollment":
                async with transaction(self.house.people) as conn:
                    await conn.execute("DELETE FROM transfer")
                    await conn.execute("DELETE FROM invitation_sent")
                await self.leave("worker", self.sister_session)
                own = await self.enroll("worker", self.things["session"][0])
                self.things[target] = (own, await self.enroll("stranger", self.things["session"][1]))
            case "request":
                here, elsewhere = self.things["session with approval"]
                self.things[target] = (await self.ask_anew("worker", here), await self.ask_anew("stranger", elsewhere))
            case "ticket":
                drawn, _ = self.things["drawn session"]
                self.things[target] = (await self.take_ticket("worker", drawn), await self.take_ticket("stranger", drawn))
            case "transfer":
                await self.leave("worker", self.handed_session)
                own = await self.hand_over("stranger", self.handed_session, "worker")
                self.things[target] = (own, await self.hand_over("organiser.elsewhere", self.things["session"][1], "stranger"))
            case "given transfer":
                await self.leave("worker", self.sister_session)
                own = await self.hand_over("worker", self.things["session"][0], "stranger")
                self.things[target] = (own, await self.hand_over("stranger", self.things["session"][1], "organiser.elsewhere"))
            case "token":
                async with transaction(self.house.people) as conn:
                    other = await credentials.make_token(
                        conn, self.persons["stranger"], Role("worker"), name="", can_write=False, days=1
                    )
                self.things[target] = ("", str(other[0]))
            case "identity":
                self.things[target] = ("", await self.account_of("stranger"))
            case "browser":
                self.things[target] = ("", await self.browser_of("stranger"))
            case "invitation":
                async with transaction(self.house.people) as conn:
                    await conn.execute("DELETE FROM role WHERE person_id = $1", self.persons["worker"])
                self.things[target] = (await self.invite("worker"), await self.invite("stranger"))
            case "colleague-invitation":
                self.things[target] = (await self.invite("new", OWN_LAB), await self.invite("new", OTHER_LAB))

    async def begun(self, organiser: str, lab: str) -> str:
        """A session that begins while somebody has a place in it."""
        _course, _draft, session = await self.publish(self.tokens[organiser], lab)
        await self.enroll("stranger", session)
        conn = await asyncpg.connect(f"{self.house.database_url}_enrollment")
        await conn.execute("UPDATE session SET starts_at = now() WHERE session_id = $1", UUID(session))
        await conn.close()
        return session

    async def own_token(self, role: str) -> str:
        async with transaction(self.house.people) as conn:
            made = await credentials.make_token(conn, self.persons[role], Role("worker"), name="", can_write=False, days=1)
        return str(made[0])

    async def account_of(self, name: str) -> str:
        """A new account of an organisation, connected to this person; gives its id here."""
        account = Account("https://gone.example", uuid4().hex)
        async with transaction(self.house.people) as conn:
            await identities.add(conn, account, self.persons[name])
            connected = await identities.of(conn, self.persons[name])
        return str(connected[-1].identity_id)

    async def browser_of(self, name: str) -> str:
        """The id of a browser on which this person is signed in."""
        cookie = await self.browser(name)
        async with transaction(self.house.people) as conn:
            held = await credentials.sessions(conn, self.persons[name], cookie)
        return str(next(one.session_id for one in held if one.this_one))

    async def invite(self, name: str, lab: str = "") -> str:
        operator = Principal(self.persons["operator"], (Role("operator"),))
        role = Role("organiser", lab) if lab else Role("region", "PV25")
        async with transaction(self.house.people) as conn:
            await conn.execute("DELETE FROM invitation_sent")  # the matrix asks more often than anybody may
            return str(await roles.invite(conn, operator, f"{name}@matrix.example", role, role.scope, "nl"))

    async def enroll(self, name: str, session: str) -> str:
        token = self.tokens[name]
        answer = await self.json("POST", "/v1/enrollments", token, {"sessionId": session})
        if answer["state"] == "cancelled":
            raise AssertionError(answer)
        return str(answer["id"])

    async def ask_anew(self, name: str, session: str) -> str:
        """A request for approval that waits, whatever became of the one before."""
        first = await self.enroll(name, session)
        await self.json("POST", f"/v1/enrollments/{first}/cancellation", self.tokens[name])
        return await self.enroll(name, session)

    async def leave(self, name: str, session: str) -> None:
        token = self.tokens[name]
        listed = await self.json("GET", f"/v1/enrollments?sessionId={session}", token)
        for one in listed["items"]:
            await self.json("POST", f"/v1/enrollments/{one['id']}/cancellation", token)

    async def hand_over(self, name: str, session: str, to: str) -> str:
        """Somebody's seat, offered to somebody else."""
        async with transaction(self.house.people) as conn:
            person_id = await people.meet(conn, f"{name}@matrix.example", name, "nl")
            _id, token, _ends = await credentials.make_token(
                conn, person_id, Role("worker"), name="", can_write=True, days=1
            )  # fmt: skip
            await conn.execute("DELETE FROM transfer WHERE from_person = $1", person_id)
            await conn.execute("DELETE FROM invitation_sent")  # the matrix asks more often than anybody may
        enrollment = await self.json("POST", "/v1/enrollments", token, {"sessionId": session})
        told = {"toEmail": f"{to}@matrix.example"}
        given = await self.json("POST", f"/v1/enrollments/{enrollment['id']}/transfer", token, told)
        return str(given["id"])

    async def take_ticket(self, name: str, session: str) -> str:
        answer = await self.json("POST", "/v1/enrollments", self.tokens[name], {"sessionId": session})
        return str(answer["ticketId"])

    async def json(self, method: str, path: str, token: str | None, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(method, self.house.base_url + path, headers=headers, json=body) as response:
            assert response.status < 300, (path, response.status, await response.text())
            return await response.json()

    async def publish(self, token: str, lab: str, **how: object) -> tuple[str, str, str]:
        """A course with an open session, which opens as it says, and a draft, at a fieldlab."""
        course = await self.json("POST", "/v1/courses", token, {"fieldlabId": lab, "title": "Matrix"})
        draft = await self.json("POST", "/v1/courses", token, {"fieldlabId": lab, "title": "Klad", "state": "draft"})
        return course["id"], draft["id"], await self.announce(token, course["id"], **how)

    async def announce(self, token: str, course: str, **how: object) -> str:
        """An open session of a course."""
        starts = datetime.now(UTC) + timedelta(days=90)
        told = {
            "startsAt": starts.isoformat(), "endsAt": (starts + timedelta(hours=8)).isoformat(), "capacity": 500,
            "enrollmentClosesAt": (starts - timedelta(days=1)).isoformat(), **how,
        }  # fmt: skip
        session = await self.json("POST", f"/v1/courses/{course}/sessions", token, told)
        async with asyncio.timeout(20):
            while (await self.json("GET", f"/v1/sessions/{session['id']}", None))["state"] != "open":
                await asyncio.sleep(0.05)
        return str(session["id"])


@pytest_asyncio.fixture(loop_scope="package", scope="package")
async def world(postgres: Postgres) -> AsyncIterator[World]:
    with scratch("house") as folder:
        async with (
            open_house(postgres, folder) as house,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            world = World(house, http)
            async with transaction(house.people) as conn:
                employer = await roles.employer_called(conn, "Matrix BV")
            world.scopes = {role: SCOPES.get(role, employer if role.startswith("employer") else "") for role in ROLES}
            for role in ROLES:
                await world.meet(role, role, world.scopes[role])
            await world.meet("stranger")
            await world.meet("organiser elsewhere".replace(" ", "."), "organiser", OTHER_LAB)
            own = await world.publish(world.tokens["organiser"], OWN_LAB)
            other = await world.publish(world.tokens["organiser.elsewhere"], OTHER_LAB)
            world.things = dict(zip(("course", "draft", "session"), zip(own, other, strict=True), strict=True))
            world.open_session = (await world.publish(world.tokens["organiser"], OWN_LAB))[2]
            world.handed_session = (await world.publish(world.tokens["organiser"], OWN_LAB))[2]
            world.sister_session = await world.announce(world.tokens["organiser"], own[0])
            world.things["fieldlab"] = (OWN_LAB, OTHER_LAB)
            doomed = [(await world.publish(world.tokens[who], lab))[2] for who, lab in
                      (("organiser", OWN_LAB), ("organiser.elsewhere", OTHER_LAB))]  # fmt: skip
            world.things["doomed session"] = (doomed[0], doomed[1])
            world.things["begun session"] = (
                await world.begun("organiser", OWN_LAB),
                await world.begun("organiser.elsewhere", OTHER_LAB),
            )
            asking = [(await world.publish(world.tokens[who], lab, needsApproval=True))[2] for who, lab in
                      (("organiser", OWN_LAB), ("organiser.elsewhere", OTHER_LAB))]  # fmt: skip
            world.things["session with approval"] = (asking[0], asking[1])
            draw = {"drawAt": (datetime.now(UTC) + timedelta(days=9)).isoformat()}
            drawn = (await world.publish(world.tokens["organiser"], OWN_LAB, **draw))[2]
            world.things["drawn session"] = (drawn, drawn)
            world.things["other session"] = (world.open_session, world.open_session)
            for target in (
                "transfer", "given transfer", "enrollment", "request", "ticket", "token", "identity", "browser", "invitation",
                "colleague-invitation",
            ):  # fmt: skip
                await world.fresh(target)
            yield world
