"""Who may do what: every route of the gateway, with what each role gets for what is its own, somebody else's, and nobody's.

A route that is not in here fails the tests. What somebody may not see answers 404, as what does not exist; what they see and
may not change, 403. Roles that a rule does not name get what `others` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

ROLES = ("worker", "employer", "employer-contact", "organiser", "region", "operator")
Target = Literal[
    "",
    "fieldlab",
    "enrollment",
    "course",
    "draft",
    "session",
    "other session",
    "invitation",
    "colleague-invitation",
    "token",
    "mail",
    "identity",
    "doomed session",
    "begun session",
    "transfer",
    "given transfer",
    "browser",
    "request",
    "ticket",
    "drawn session",
]

IN_A_YEAR = {
    "startsAt": "2027-09-01T09:00:00Z", "endsAt": "2027-09-01T15:00:00Z", "capacity": 3,
    "enrollmentClosesAt": "2027-08-20T09:00:00Z",
}  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """What a route answers."""

    own: Mapping[str, int] = field(default_factory=dict)
    """By role: for what is theirs, or where the route is about nothing in particular."""
    others: int = 404
    """For every other role that is signed in."""
    anonymous: int = 401
    foreign: int | Mapping[str, int] = 404
    """For who has something of their own there, on what is somebody else's."""
    missing: int | Mapping[str, int] = 404
    target: Target = ""
    body: Any = None
    """Of the API, as JSON; of a page, its fields."""
    where: str = ""
    """The query that goes along."""
    throwaway: bool = False
    """Whether whoever asks is gone after it, so that somebody else in the same role has to ask."""


def everybody(status: int = 200, *, target: Target = "", where: str = "") -> Rule:
    """Open to all, signed in or not."""
    return Rule(dict.fromkeys(ROLES, status), status, status, foreign=status, target=target, where=where)


def signed_in(status: int = 200, *, anonymous: int = 401, body: Any = None, where: str = "") -> Rule:
    return Rule(dict.fromkeys(ROLES, status), status, anonymous, body=body, where=where)


def page(status: int = 200) -> Rule:
    """A page for who is signed in; others are led to where they sign in."""
    return signed_in(status, anonymous=303)


API: Mapping[str, Rule] = {
    "GET /v1/regions": everybody(),
    "GET /v1/municipalities": everybody(),
    "GET /v1/themes": everybody(),
    "GET /v1/fieldlabs": everybody(),
    "GET /v1/fieldlabs/{fieldlabId}": everybody(),
    "GET /v1/courses": everybody(),
    "POST /v1/courses": Rule({"organiser": 201}, 403, body={"title": "Van de matrix"}),
    "GET /v1/courses/{courseId}": Rule({"organiser": 200}, 404, 404, target="draft"),
    "PATCH /v1/courses/{courseId}": Rule({"organiser": 200}, 403, foreign=403, target="course", body={"titleEn": "Matrix"}),
    "POST /v1/courses/{courseId}/sessions": Rule({"organiser": 201}, 403, foreign=403, target="course", body=IN_A_YEAR),
    "GET /v1/sessions": everybody(where="ids=00000000-0000-4000-8000-000000000000"),
    "GET /v1/sessions/{sessionId}": everybody(target="session"),
    "PATCH /v1/sessions/{sessionId}": Rule({"organiser": 200}, 403, foreign=403, target="session", body={"location": "Hal 2"}),
    "GET /v1/sessions/{sessionId}/seats": Rule({"organiser": 200}, 403, foreign=403, target="session"),
    "PATCH /v1/sessions/{sessionId}/seats": Rule(
        {"organiser": 200}, 403, foreign=403, target="session", body={"capacity": 501}
    ),
    "GET /v1/sessions/{sessionId}/withdrawal-reasons": Rule({"organiser": 200}, 403, foreign=403, target="session"),
    "POST /v1/sessions/{sessionId}/confirmation": Rule({"organiser": 200}, 403, foreign=403, target="session"),
    "POST /v1/sessions/{sessionId}/cancellation": Rule({"organiser": 200}, 403, foreign=403, target="doomed session"),
    "POST /v1/sessions/{sessionId}/attendance": Rule(
        {"organiser": 200}, 403, foreign=403, target="begun session", body={"present": []}
    ),
    "POST /v1/enrollments": Rule({"worker": 201}, 403, body={"sessionId": "{open session}"}),
    "GET /v1/enrollments": signed_in(),
    "GET /v1/enrollments/{enrollmentId}": Rule({"worker": 200, "organiser": 200}, target="enrollment"),
    "POST /v1/enrollments/{enrollmentId}/cancellation": Rule({"worker": 200, "organiser": 403}, target="enrollment"),
    "POST /v1/enrollments/{enrollmentId}/acceptance": Rule({"worker": 200, "organiser": 403}, target="enrollment"),
    "POST /v1/enrollments/{enrollmentId}/refusal": Rule({"worker": 409, "organiser": 403}, target="enrollment"),
    "POST /v1/enrollments/{enrollmentId}/approval": Rule({"organiser": 200, "worker": 403}, target="request"),
    "POST /v1/enrollments/{enrollmentId}/rejection": Rule(
        {"organiser": 200, "worker": 403}, target="request", body={"reason": "no-room"}
    ),
    "POST /v1/enrollments/{enrollmentId}/move": Rule(
        {"worker": 201, "organiser": 403}, target="enrollment", body={"toSessionId": "{sister session}"}
    ),
    "POST /v1/enrollments/{enrollmentId}/transfer": Rule(
        {"worker": 201, "organiser": 403}, target="enrollment", body={"toEmail": "colleague@matrix.example"}
    ),
    "GET /v1/transfers": signed_in(),
    "GET /v1/transfers/{transferId}": Rule({"worker": 200}, target="transfer"),
    "POST /v1/transfers/{transferId}/acceptance": Rule({"worker": 201}, target="transfer"),
    "POST /v1/transfers/{transferId}/refusal": Rule({"worker": 204}, target="transfer"),
    "POST /v1/transfers/{transferId}/withdrawal": Rule({"worker": 204}, target="given transfer"),
    "GET /v1/tickets": signed_in(),
    "GET /v1/tickets/{ticketId}": Rule({"worker": 200}, target="ticket"),
    "POST /v1/tickets/{ticketId}/withdrawal": Rule({"worker": 200}, target="ticket"),
    "GET /v1/sessions/{sessionId}/draw": everybody(target="drawn session"),
    "GET /v1/uptake": Rule({"region": 200}, 403, where="region=PV28"),
    "GET /v1/me": signed_in(),
    "PATCH /v1/me": Rule({"worker": 200}, 403, body={"name": "Matrix"}),
    "GET /v1/me/export": Rule({"worker": 200}, 403),
    "DELETE /v1/me": Rule({"worker": 202}, 403, throwaway=True),
    "GET /v1/erasures/{erasureId}": everybody(404),
    "GET /v1/fieldlabs/{fieldlabId}/retention": Rule({"organiser": 200}, target="fieldlab"),
    "PUT /v1/fieldlabs/{fieldlabId}/retention": Rule({"organiser": 200}, target="fieldlab", body={"months": 24}),
    "GET /v1": everybody(),
    "GET /v1/openapi.json": everybody(),
    "GET /v1/asyncapi.json": everybody(),
}
"""With a token for one role, or without."""

OPERATING: Mapping[str, Rule] = {
    "GET /health/live": everybody(),
    "GET /health/ready": everybody(),
    "GET /assets/{version}/{name}": everybody(404),
}

READ: Mapping[str, Rule] = {
    "home": everybody(),
    "fieldlabs": everybody(),
    "fieldlab": everybody(),
    "course": Rule({"organiser": 200}, 404, 404, target="draft"),
    "enroll": Rule({**dict.fromkeys(ROLES, 200), "worker": 303}, 200, 303, foreign=200, target="session"),  # who is in sees it
    "enrollments": page(),
    "enrollment": Rule({"worker": 200}, 404, 303, target="enrollment"),
    "calendar": Rule({"worker": 200}, 404, 303, target="enrollment"),
    "ticket": Rule({"worker": 200}, 404, 303, target="ticket"),
    "leave-line": Rule({"worker": 200}, 404, 303, target="ticket"),
    "draw": everybody(target="drawn session"),
    "withdraw": Rule({"worker": 200}, 404, 303, target="enrollment"),
    "accept": Rule({"worker": 303}, 404, 303, target="enrollment"),
    "refuse": Rule({"worker": 303}, 404, 303, target="enrollment"),
    "change-date": Rule({"worker": 200}, 404, 303, target="enrollment"),
    "hand-over": Rule({"worker": 200}, 404, 303, target="enrollment"),
    "take-over": Rule({"worker": 200}, 404, 303, target="transfer"),
    "sign-in": everybody(),
    "sign-in-sent": everybody(),
    "sign-in-link": everybody(410),
    "provider-sign-in": everybody(303),
    "provider-back": everybody(303),
    "connect": everybody(303),
    "roles": page(),
    "give-up": everybody(303),
    "colleagues": Rule({"organiser": 200, "region": 200, "employer": 200}, 403, 303),
    "invite": everybody(303),
    "withdraw-role": Rule({}, 404, 303),
    "operator": Rule({"operator": 200}, 403, 303),
    "tokens": page(),
    "my-data": page(),
    "my-data-whole": page(),
    "who-looked": page(),
    "erase": page(),
    "erasure": everybody(404),
    "audit": Rule({"operator": 200}, 403, 303),
    "retention": Rule({"organiser": 200}, 403, 303, missing={"organiser": 404}, target="fieldlab"),
    "privacy": everybody(),
    "uptake": Rule({"region": 200}, 403, 403),
    "uptake-figures": Rule({"region": 200}, 403, 303),
    "uptake-file": Rule({"region": 200}, 403, 303),
    "organiser": Rule({"organiser": 200}, 403, 303),
    "new-course": Rule({"organiser": 200}, 403, 303),
    "new-session": Rule({"organiser": 200}, 403, 303, foreign=403, missing={"organiser": 404}, target="course"),
    "own-session": Rule({"organiser": 200}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "move-session": Rule({"organiser": 303}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "call-off": Rule({"organiser": 200}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "requests": Rule({"organiser": 200}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "approve": Rule({"organiser": 303}, 403, 303, foreign=404, missing={"organiser": 404}, target="request"),
    "decline": Rule({"organiser": 200}, 403, 303, foreign=404, missing={"organiser": 404}, target="request"),
    "go-on": Rule({"organiser": 303}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "roster": Rule({"organiser": 200}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "api": everybody(),
    "about": everybody(),
    "style": everybody(),
    "problem": everybody(),
    "mailbox": everybody(),
    "mail": everybody(404),
    "mail-html": everybody(404),
    "mail-attachment": everybody(404),
}
"""Pages, by their name, as who is signed in on a browser in one role."""

CHANGE: Mapping[str, Rule] = {
    "enroll": Rule(dict.fromkeys(ROLES, 303), 303, 303, foreign=303, target="other session"),
    "withdraw": Rule({"worker": 303}, 404, 303, target="enrollment"),
    "accept": Rule({"worker": 303}, 404, 303, target="enrollment"),
    "refuse": Rule({"worker": 409}, 404, 303, target="enrollment"),
    "leave-line": Rule({"worker": 303}, 404, 303, target="ticket"),
    "change-date": Rule({"worker": 303}, 404, 303, target="enrollment", body={"session": "{sister session}"}),
    "hand-over": Rule({"worker": 303}, 404, 303, target="enrollment", body={"email": "colleague@matrix.example"}),
    "take-over": Rule({"worker": 303}, 404, 303, target="transfer"),
    "decline-transfer": Rule({"worker": 303}, 404, 303, target="transfer"),
    "withdraw-transfer": Rule({"worker": 303}, 404, 303, target="given transfer"),
    "sign-in": everybody(400),
    "sign-in-sent": everybody(400),
    "sign-in-link": everybody(410),
    "sign-in-sample": everybody(404),
    "provider-sign-in": everybody(303),
    "connect": signed_in(303, anonymous=303),
    "disconnect": Rule(dict.fromkeys(ROLES, 303), 303, 303, target="identity"),
    "sign-out": everybody(303),
    "act-as": Rule({}, 404, 303, body={"role": "operator", "scope": "elsewhere"}),
    "give-up": Rule({}, 404, 303, body={"role": "region", "scope": "PV20"}),
    "accept-invitation": Rule({"worker": 303}, 404, 303, target="invitation"),
    "decline-invitation": Rule({"worker": 303}, 404, 303, target="invitation"),
    "invite": Rule({"organiser": 303}, 404, 303, body={"role": "organiser", "email": "matrix@lab.example"}),
    "withdraw-invitation": Rule(
        {"organiser": 303, "operator": 303}, 404, 303, foreign={"operator": 303}, target="colleague-invitation"
    ),
    "withdraw-role": Rule({}, 404, 303, body={"role": "organiser", "scope": "nowhere", "person": "nobody"}),
    "operator": Rule({"operator": 400}, 403, 303, body={"role": "organiser", "email": "x"}),
    "tokens": signed_in(400, anonymous=303),
    "revoke-token": Rule(dict.fromkeys(ROLES, 303), 303, 303, target="token"),
    "my-data": signed_in(303, anonymous=303, body={"name": "Matrix", "language": "nl"}),
    "sign-out-elsewhere": signed_in(303, anonymous=303),
    "sign-out-there": Rule(dict.fromkeys(ROLES, 303), 303, 303, target="browser"),
    "erase": replace(signed_in(303, anonymous=303), throwaway=True),
    "audit": Rule({"operator": 400}, 403, 303, body={"email": "x"}),
    "retention": Rule({"organiser": 303}, 403, 303, missing={"organiser": 404}, target="fieldlab", body={"months": "24"}),
    "new-course": Rule({"organiser": 400}, 403, 303),
    "new-session": Rule({"organiser": 400}, 403, 303, foreign=403, missing={"organiser": 404}, target="course"),
    "own-session": Rule({"organiser": 400}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "move-session": Rule({"organiser": 400}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "go-on": Rule({"organiser": 303}, 403, 303, foreign=403, missing={"organiser": 404}, target="session"),
    "call-off": Rule({"organiser": 303}, 403, 303, foreign=403, missing={"organiser": 404}, target="doomed session"),
    "approve": Rule({"organiser": 303}, 403, 303, foreign=404, missing={"organiser": 404}, target="request"),
    "decline": Rule(
        {"organiser": 303}, 403, 303, foreign=404, missing={"organiser": 404}, target="request", body={"reason": "no-room"}
    ),
    "roster": Rule(
        {"organiser": 303}, 403, 303, foreign=403, missing={"organiser": 404}, target="begun session", body={"rest": "present"}
    ),
}
"""What the forms on pages do."""

INTERNAL: Mapping[str, Mapping[str, str]] = {
    "catalog": {
        "GET /regions": "public", "GET /municipalities": "public", "GET /themes": "public", "GET /fieldlabs": "public",
        "GET /fieldlabs/{id}": "public", "GET /courses": "anyone", "POST /courses": "signed in", "GET /courses/{id}": "anyone",
        "PATCH /courses/{id}": "signed in", "POST /courses/{id}/sessions": "signed in", "GET /sessions": "anyone",
        "GET /sessions/{id}": "anyone", "PATCH /sessions/{id}": "signed in", "GET /internal/log": "services",
        "GET /internal/erasures/{erasure_id}": "services",
    },
    "enrollment": {
        "POST /enrollments": "signed in", "POST /enrollment-batches": "services", "GET /enrollments": "signed in",
        "GET /enrollments/{enrollment_id}": "signed in", "POST /enrollments/{enrollment_id}/cancellation": "signed in",
        "POST /enrollments/{enrollment_id}/acceptance": "signed in", "POST /enrollments/{enrollment_id}/refusal": "signed in",
        "POST /enrollments/{enrollment_id}/approval": "signed in", "POST /enrollments/{enrollment_id}/rejection": "signed in",
        "POST /enrollments/{enrollment_id}/move": "signed in",
        "GET /tickets": "signed in", "GET /tickets/{ticket_id}": "signed in",
        "POST /tickets/{ticket_id}/withdrawal": "signed in", "GET /sessions/{session_id}/draw": "public",
        "GET /sessions/{session_id}/seats": "signed in", "PATCH /sessions/{session_id}/seats": "signed in",
        "POST /sessions/{session_id}/cancellation": "signed in", "POST /sessions/{session_id}/confirmation": "signed in",
        "POST /sessions/{session_id}/attendance": "signed in", "GET /attendance": "signed in",
        "GET /sessions/{session_id}/withdrawal-reasons": "signed in",
        "GET /uptake": "signed in", "GET /own-data": "signed in", "GET /retention": "signed in",
        "PUT /retention/{fieldlab_id}": "signed in", "POST /internal/hand-overs": "services",
        "POST /internal/known-people": "services",
        "GET /internal/log": "services", "GET /internal/erasures/{erasure_id}": "services",
    },
    "gateway": {"POST /internal/recipients": "services", "GET /internal/log": "services"},
    "notifications": {
        "GET /own-data": "signed in", "GET /enrollments/{enrollment_id}/calendar": "signed in",
        "GET /internal/erasures/{erasure_id}": "services",
    },
}  # fmt: skip
"""What the services answer each other: facts that are public, to anyone who says truly who they are or says nothing, to who is
signed in by a principal, or to a service alone.
"""
