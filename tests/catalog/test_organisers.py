"""What organisers may do and what they may not, what is told about it, and that asking twice does it once."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from catalog import store
from shared.contracts.catalog import SessionAnnounced, SessionDescribed
from shared.web.principal import Principal
from tests.catalog.build import DORDRECHT, FIELDLAB, Api, a_session, add_course, add_session, in_days, organiser, worker
from tests.catalog.test_courses import moved
from tests.sabotage import layers, no_row_level_security, twin

SOMEBODY_ELSE = "ramlab"
WAYS_IN = [
    ("patch", "/courses/{course}", {"titleNl": "x"}),
    ("post", "/courses/{course}/sessions", a_session()),
    ("patch", "/sessions/{session}", {"location": "x"}),
]


async def ask(api: Api, method: str, path: str, asks: Principal | None, body: object) -> tuple[int, object]:
    reply = await (api.patch(path, asks, body) if method == "patch" else api.post(path, asks, body))
    return reply.status, reply.body


# Rights


@pytest.mark.parametrize(("method", "path", "body"), WAYS_IN)
async def test_who_may_change_what(api: Api, method: str, path: str, body: dict[str, object]) -> None:
    own = organiser()
    course = await add_course(api, own)
    session = await add_session(api, own, course["id"])
    there = path.format(course=course["id"], session=session["id"])
    missing = path.format(course=uuid4(), session=uuid4())

    assert [(await ask(api, method, there, asks, body))[0] for asks in (None, worker(), organiser(SOMEBODY_ELSE))] == [
        401,
        403,
        403,
    ]
    assert (await ask(api, method, missing, None, body))[0] == 401
    assert [(await ask(api, method, missing, asks, body))[0] for asks in (worker(), own)] == [404, 404]
    assert (await ask(api, method, there, own, body))[0] in (200, 201)


async def test_only_an_organiser_makes_courses_and_only_at_the_own_fieldlab(api: Api) -> None:
    body = {"fieldlabId": FIELDLAB, "title": "x"}

    replies = [await api.post("/courses", asks, body) for asks in (None, worker(), organiser(SOMEBODY_ELSE), organiser())]

    assert [reply.status for reply in replies] == [401, 403, 403, 201]
    assert (await api.post("/courses", organiser(SOMEBODY_ELSE), {"fieldlabId": FIELDLAB, "hours": "many"})).status == 403
    assert (await api.post("/courses", organiser(), {"fieldlabId": "nowhere", "title": "x"})).pointers == ["#/fieldlabId"]


async def test_a_fieldlab_need_not_be_named_by_who_organises_just_one(api: Api) -> None:
    assert (await api.post("/courses", organiser(), {"title": "x"})).body["fieldlabId"] == FIELDLAB
    assert (await api.post("/courses", organiser(FIELDLAB, SOMEBODY_ELSE), {"title": "x"})).pointers == ["#/fieldlabId"]
    assert (await api.post("/courses", organiser("no-such-fieldlab"), {"title": "x"})).pointers == ["#/fieldlabId"]


def drafts_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("course", "list_courses", "search_courses"):
        statement = getattr(store.SQL, name)
        open_to_all, count = re.subn(r"(shown\.)?state = 'published' OR", "true OR", statement)
        assert count
        monkeypatch.setattr("catalog.queries.SQL." + name, open_to_all)


@layers(drafts_for_all, no_row_level_security)
async def test_a_draft_is_there_only_for_organisers_of_its_fieldlab(alone: Api, guard: None) -> None:
    own, other = organiser(), organiser(SOMEBODY_ELSE)
    draft = await add_course(alone, own, state="draft")
    there, missing = f"/courses/{draft['id']}", f"/courses/{uuid4()}"

    for asks in (None, worker(), other):
        assert await alone.get(there, asks) == await alone.get(missing, asks)
        assert (await alone.get("/courses", asks, q="hydrauliek")).titles == []
        assert draft["id"] not in (await alone.get("/courses", asks, fieldlabId=FIELDLAB)).ids
    for asks in (None, worker(), other):
        for method, suffix, body in (("patch", "", {"titleNl": "x"}), ("post", "/sessions", a_session())):
            assert await ask(alone, method, there + suffix, asks, body) == await ask(
                alone, method, missing + suffix, asks, body
            )

    assert (await alone.get(there, own)).body["state"] == "draft"
    assert (await alone.get("/courses", own, q="hydrauliek")).ids == [draft["id"]]
    assert (await alone.get("/courses", own, state="draft")).ids == [draft["id"]]
    assert (await alone.get("/courses", own, state="draft", fieldlabId="ramlab")).ids == []


async def test_rights_come_before_faults_in_the_body(api: Api) -> None:
    course = await add_course(api, organiser())

    for body in ({"level": 99}, b"no json"):
        replies = [
            await api.patch(path, asks, body)
            for path, asks in [
                (f"/courses/{course['id']}", None), (f"/courses/{uuid4()}", worker()), (f"/courses/{course['id']}", worker()),
                (f"/courses/{course['id']}", organiser()),
            ]
        ]  # fmt: skip
        assert [reply.status for reply in replies] == [401, 404, 403, 400]


# Courses


async def test_a_title_is_enough_for_a_course(api: Api) -> None:
    course = (await api.post("/courses", organiser(), {"fieldlabId": FIELDLAB, "title": "Verspanen"})).body

    assert (course["title"], course["titleNl"], course["titleEn"]) == ("Verspanen",) * 3
    assert (course["theme"], course["hours"], course["level"]) == ("smart-working", 8, 3)
    assert (course["modeOfDelivery"], course["state"], course["sample"]) == ("presential", "published", False)
    assert course["sessions"] == []
    assert (await api.get(f"/courses/{course['id']}")).body == course


async def test_a_course_can_say_everything_in_two_languages(api: Api) -> None:
    given: dict[str, object] = {
        "titleNl": "Verspanen", "titleEn": "Machining", "descriptionNl": "Draaien\nen frezen", "descriptionEn": "Turning",
        "hours": 24, "theme": "advanced-manufacturing", "level": 4, "modeOfDelivery": "blended", "state": "draft",
        "fieldlabId": FIELDLAB,
    }  # fmt: skip

    course = (await api.post("/courses", organiser(), given)).body

    assert {name: course[name] for name in given} == given


async def test_a_title_in_one_language_stands_for_the_other(api: Api) -> None:
    for given, nl, en in [
        ({"titleNl": "a"}, "a", "a"),
        ({"titleEn": "b"}, "b", "b"),
        ({"title": "c", "titleEn": "b"}, "c", "b"),
        ({"titleNl": "a", "titleEn": "b"}, "a", "b"),
    ]:
        course = (await api.post("/courses", organiser(), {"fieldlabId": FIELDLAB, **given})).body
        assert (course["titleNl"], course["titleEn"]) == (nl, en)


async def test_every_fault_in_a_course_is_told_at_once(api: Api) -> None:
    given = {
        "title": " ", "titleEn": "x" * 201, "theme": "astrology", "hours": 0, "level": 9, "modeOfDelivery": "dream",
        "state": "gone", "descriptionNl": "a\x00b", "descriptionEn": "BSN 111222333", "teacher": "x",
    }  # fmt: skip

    reply = await api.post("/courses", organiser(), given)

    assert reply.status == 400
    assert set(reply.pointers) == {f"#/{name}" for name in given}
    assert (await api.post("/courses", organiser(), {})).pointers == ["#/title"]


@pytest.mark.parametrize("letter", ["\u202e", "\u2066"])
async def test_a_title_that_turns_the_order_of_reading_is_refused(api: Api, letter: str) -> None:
    reply = await api.post("/courses", organiser(), {"fieldlabId": FIELDLAB, "title": f"Lassen{letter}nessaL"})

    assert (reply.status, reply.pointers) == (400, ["#/title"])


async def test_a_body_that_is_no_course_is_refused(api: Api) -> None:
    for body in (b"", b"[]", b"null", b"{", b'"x"', b"\xff", b'{"title": "\\ud800"}', b'{"fieldlabId": {}, "title": 3}'):
        assert (await api.post("/courses", organiser(), body)).status == 400, body


async def test_what_is_left_out_of_a_change_stays(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks, titleEn="Aquaplaning", description="Olie.", hours=16)

    changed = (await api.patch(f"/courses/{course['id']}", asks, {"titleNl": "Hydrauliek", "descriptionEn": ""})).body

    assert changed == {
        **course, "title": "Hydrauliek", "titleNl": "Hydrauliek", "descriptionEn": "",
    }  # fmt: skip
    assert (await api.get("/courses", q="aquaplaning")).titles == ["Hydrauliek"]
    assert (await api.patch(f"/courses/{course['id']}", asks, {"titleNl": None, "fieldlabId": "ramlab"})).pointers == [
        "#/titleNl", "#/fieldlabId",
    ]  # fmt: skip


async def test_a_course_is_found_by_its_new_title_and_no_longer_by_the_old_one(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks, title="Kalligrafie")

    await api.patch(f"/courses/{course['id']}", asks, {"title": "Emailleren"})

    assert (await api.get("/courses", q="emailleren")).ids == [course["id"]]
    assert (await api.get("/courses", q="kalligrafie")).ids == []


# Sessions


async def test_a_session_needs_no_more_than_times_and_seats(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    body = {"startsAt": "2035-03-01T08:30:00+01:00", "endsAt": "2035-03-01T16:30:00+01:00", "capacity": 12}

    reply = await api.post(f"/courses/{course['id']}/sessions", asks, body)

    assert reply.status == 201
    session = reply.body
    assert (session["startsAt"], session["endsAt"]) == ("2035-03-01T07:30:00Z", "2035-03-01T15:30:00Z")
    assert session["enrollmentClosesAt"] == session["startsAt"]
    assert session["location"] == "Dordrecht"
    assert (session["state"], session["seatsLeft"], session["waiting"]) == ("announced", 12, 0)
    assert (session["minimum"], session["needsApproval"], session["offerHours"]) == (None, False, None)


async def test_a_new_session_is_announced_with_all_that_the_desk_and_the_report_need(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks, titleEn="Hydraulics", hours=16, level=4, theme="smart-products")
    before = len(api.announced)

    session = await add_session(
        api, asks, course["id"], capacity=7, minimum=3, needsApproval=True, offerHours=24, location="Hal 3"
    )

    (fact,) = await api.facts(SessionAnnounced, session["id"])
    assert fact.revision == 1
    assert (fact.fieldlab_id, fact.fieldlab_name, fact.fieldlab_place) == (FIELDLAB, "De Duurzaamheidsfabriek", DORDRECHT)
    assert (fact.title_nl, fact.title_en) == ("Hydrauliek voor beginners", "Hydraulics")
    assert (fact.theme, fact.hours, fact.level, fact.location, fact.sample) == ("smart-products", 16, 4, "Hal 3", False)
    assert fact.seats.capacity == 7
    assert (fact.seats.minimum, fact.seats.needs_approval, fact.seats.offer_hours) == (3, True, 24)
    assert str(fact.course_id) == course["id"]
    assert session["enrollmentClosesAt"] == fact.seats.closes_at.isoformat().replace("+00:00", "Z")
    assert len(api.announced) == before + 1, "the relay is told"


async def test_sessions_are_added_to_published_courses_only(api: Api) -> None:
    asks = organiser()
    draft = await add_course(api, asks, state="draft")

    refused = await api.post(f"/courses/{draft['id']}/sessions", asks, a_session())
    faulty = await api.post(f"/courses/{draft['id']}/sessions", asks, {})
    await api.patch(f"/courses/{draft['id']}", asks, {"state": "published"})

    assert (refused.status, refused.body["type"]) == (409, "/problems/course-not-published")
    assert faulty.status == 400, "faults come before conflicts"
    assert (await api.post(f"/courses/{draft['id']}/sessions", asks, a_session())).status == 201


async def test_a_course_with_sessions_stays_published(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    back = await api.patch(f"/courses/{course['id']}", asks, {"state": "draft"})
    await api.patch(f"/courses/{course['id']}", asks, {"state": "published"})
    await add_session(api, asks, course["id"])

    refused = await api.patch(f"/courses/{course['id']}", asks, {"state": "draft", "titleNl": "x"})

    assert back.body["state"] == "draft"
    assert (refused.status, refused.body["type"]) == (409, "/problems/course-has-sessions")
    assert (await api.get(f"/courses/{course['id']}")).body["titleNl"] == "Hydrauliek voor beginners"


async def test_every_fault_in_a_session_is_told_at_once(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    given = {
        "startsAt": "2035-03-01T08:30:00", "endsAt": 1_900_000_000, "capacity": 0, "enrollmentClosesAt": "tomorrow",
        "minimum": 0, "location": "", "needsApproval": "no", "offerHours": 0, "seats": 3,
    }  # fmt: skip

    reply = await api.post(f"/courses/{course['id']}/sessions", asks, given)

    assert reply.status == 400
    assert set(reply.pointers) == {f"#/{name}" for name in given}


async def test_a_session_that_cannot_be_is_refused_with_the_field_to_blame(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    faults: list[tuple[dict[str, object], str]] = [
        ({"startsAt": in_days(-1).isoformat()}, "#/startsAt"),
        ({"endsAt": in_days(30).isoformat()}, "#/endsAt"),
        ({"endsAt": in_days(29).isoformat()}, "#/endsAt"),
        ({"endsAt": in_days(700).isoformat()}, "#/endsAt"),
        ({"enrollmentClosesAt": in_days(31).isoformat()}, "#/enrollmentClosesAt"),
        ({"minimum": 11}, "#/minimum"),
        ({"capacity": 10_001}, "#/capacity"),
        ({"capacity": "10"}, "#/capacity"),
        ({"capacity": True}, "#/capacity"),
        ({"startsAt": "9999-12-31T23:59:59-12:00"}, "#/startsAt"),
        ({"startsAt": "0001-01-01T00:00:00+12:00"}, "#/startsAt"),
        ({"location": "a\nb"}, "#/location"),
    ]

    for given, pointer in faults:
        reply = await api.post(f"/courses/{course['id']}/sessions", asks, a_session() | given)
        assert (reply.status, reply.pointers) == (400, [pointer]), given


async def test_a_session_can_get_another_place_time_and_text_and_that_is_told(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])
    given = {
        "location": "Hal 4", "startsAt": in_days(40).isoformat(), "endsAt": in_days(40, 4).isoformat(),
        "description": "Neem schoenen mee.",
    }  # fmt: skip

    changed = (await api.patch(f"/sessions/{session['id']}", asks, given)).body

    (fact,) = await api.facts(SessionDescribed, session["id"])
    assert (changed["location"], changed["descriptionNl"], changed["descriptionEn"]) == (
        "Hal 4", "Neem schoenen mee.", "Neem schoenen mee.",
    )  # fmt: skip
    assert (fact.revision, fact.location, fact.starts_at, fact.ends_at) == (2, "Hal 4", in_days(40), in_days(40, 4))
    assert changed["revision"] == 2


async def test_a_change_that_tells_the_others_nothing_new_is_no_fact(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])

    await api.patch(f"/sessions/{session['id']}", asks, {"location": session["location"], "description": "Schoenen mee."})
    await api.patch(f"/sessions/{session['id']}", asks, {})
    await api.patch(f"/courses/{course['id']}", asks, {"titleNl": course["titleNl"], "description": "Olie."})

    assert await api.facts(SessionDescribed, session["id"]) == []


async def test_a_new_title_is_told_for_each_session_that_is_not_over(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    one, two, over = [await add_session(api, asks, course["id"], starts_in=n) for n in (10, 20, 5)]
    await moved(api.pool, over["id"], starts_in=timedelta(days=-1))

    await api.patch(f"/courses/{course['id']}", asks, {"titleNl": "Hydrauliek"})
    await api.patch(f"/sessions/{one['id']}", asks, {"location": "Hal 4"})

    facts = await api.facts(SessionDescribed, one["id"], two["id"], over["id"])
    told = {(str(fact.session_id), fact.revision, fact.title_nl, fact.location) for fact in facts}
    assert told == {
        (one["id"], 2, "Hydrauliek", "Dordrecht"), (two["id"], 2, "Hydrauliek", "Dordrecht"),
        (one["id"], 3, "Hydrauliek", "Hal 4"),
    }  # fmt: skip


async def test_changes_at_once_are_told_one_after_the_other(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])

    await asyncio.gather(
        *(api.patch(f"/sessions/{session['id']}", asks, {"location": f"Hal {n}"}) for n in range(10)),
        *(api.patch(f"/courses/{course['id']}", asks, {"titleNl": f"Deel {n}"}) for n in range(10)),
    )

    facts = await api.facts(SessionDescribed, session["id"])
    shown = (await api.get(f"/sessions/{session['id']}")).body
    assert [fact.revision for fact in facts] == list(range(2, 22))
    assert (facts[-1].title_nl, facts[-1].location) == (shown["titleNl"], shown["location"])


async def test_seats_are_not_the_catalogues_to_change(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])

    reply = await api.patch(f"/sessions/{session['id']}", asks, {"capacity": 20, "minimum": 1, "enrollmentClosesAt": None})

    assert (reply.status, set(reply.pointers)) == (400, {"#/capacity", "#/minimum", "#/enrollmentClosesAt"})


async def test_new_times_must_go_with_those_that_stay(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])

    late_start = await api.patch(f"/sessions/{session['id']}", asks, {"startsAt": in_days(31).isoformat()})
    early_end = await api.patch(f"/sessions/{session['id']}", asks, {"endsAt": in_days(29).isoformat()})
    past = await api.patch(f"/sessions/{session['id']}", asks, {"startsAt": in_days(-1).isoformat()})

    assert [(reply.status, reply.pointers) for reply in (late_start, early_end, past)] == [
        (400, ["#/startsAt"]), (400, ["#/endsAt"]), (400, ["#/startsAt"]),
    ]  # fmt: skip


async def test_a_session_that_has_started_stays_as_it_is(api: Api) -> None:
    asks = organiser()
    course = await add_course(api, asks)
    session = await add_session(api, asks, course["id"])
    await moved(api.pool, session["id"], starts_in=timedelta(hours=-1))

    reply = await api.patch(f"/sessions/{session['id']}", asks, {"location": "Hal 4"})

    assert (reply.status, reply.body["type"]) == (409, "/problems/session-started")


# Asking again


async def test_the_same_request_with_the_same_key_is_answered_alike_and_done_once(api: Api) -> None:
    asks = organiser()
    course = [await api.post("/courses", asks, {"title": "Smeedkunst"}, key="k1") for _ in range(3)]
    path, body = f"/courses/{course[0].body['id']}/sessions", a_session()
    session = [await api.post(path, asks, body, key="k2") for _ in range(3)]

    for first, *again in (course, session):
        assert first.status == 201
        assert again == [first, first]
    assert (await api.get("/courses", q="smeedkunst")).body["total"] == 1
    assert len((await api.get(f"/courses/{course[0].body['id']}")).body["sessions"]) == 1


async def test_a_key_with_another_request_is_refused_and_another_persons_key_is_another_key(api: Api) -> None:
    asks = organiser()
    one, other = [(await add_course(api, asks))["id"] for _ in range(2)]
    body = a_session()
    await api.post(f"/courses/{one}/sessions", asks, body, key="k")

    another_body = await api.post(f"/courses/{one}/sessions", asks, {**body, "capacity": 11}, key="k")
    another_path = await api.post(f"/courses/{other}/sessions", asks, body, key="k")
    another_kind = await api.post("/courses", asks, {"title": "x"}, key="k")
    another_person = await api.post(f"/courses/{one}/sessions", organiser(), body, key="k")

    for reply in (another_body, another_path, another_kind):
        assert (reply.status, reply.body["type"]) == (422, "/problems/idempotency-key-reused")
    assert another_person.status == 201


async def test_a_request_that_was_refused_does_not_use_up_its_key(api: Api) -> None:
    asks = organiser()
    draft = await add_course(api, asks, state="draft")
    path, body = f"/courses/{draft['id']}/sessions", a_session()
    refused = await api.post(path, asks, body, key="k")
    await api.patch(f"/courses/{draft['id']}", asks, {"state": "published"})

    assert (refused.status, (await api.post(path, asks, body, key="k")).status) == (409, 201)


def no_lock_on_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.SQL, "lock_key", "SELECT $1::text, pg_sleep(1)")  # so that all three look first


@twin(no_lock_on_keys)
async def test_the_same_request_many_times_at_once_is_done_once(api: Api, guard: None) -> None:
    asks = organiser()

    replies = await asyncio.gather(*(api.post("/courses", asks, {"title": "Smeedkunst"}, key="k") for _ in range(3)))

    assert {reply.status for reply in replies} == {201}
    assert len({reply.body["id"] for reply in replies}) == 1
