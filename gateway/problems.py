"""What is wrong and what to do about it, in plain Dutch and English: for every slug that any part of the platform may give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from shared import translations
from shared.errors import Rejected
from shared.translations import Language
from shared.web.problems import body_of, response_of

TEXTS = translations.load(Path(__file__).parent / "locale")
RENDER_PAGE: web.AppKey[Callable[[web.Request, Rejected, Mapping[str, object]], Awaitable[web.Response]]] = web.AppKey(
    "problem page"
)


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


PROBLEMS: dict[str, tuple[str, str]] = {
    "not-signed-in": (
        _("You are not signed in"),
        _("Sign in, or send a token in the header `Authorization: Bearer …`."),
    ),
    "token-not-valid": (
        _("This token is not valid"),
        _("The token is unknown, withdrawn or expired. Check that it was copied whole, or ask for a new one."),
    ),
    "not-found": (
        _("This does not exist"),
        _("There is nothing here that you may see. Check the address or the id."),
    ),
    "not-yours": (
        _("This is not yours to change"),
        _("You can see this, and only the person concerned can change it."),
    ),
    "not-a-worker": (
        _("Only workers enroll"),
        _("Enrolling is something a worker does for themselves. Sign in as a worker."),
    ),
    "not-the-organiser": (
        _("Only organisers can do this"),
        _("This is for organisers of this fieldlab. Ask a colleague there to invite you."),
    ),
    "not-the-operator": (
        _("Only operators can do this"),
        _("This is for whoever keeps the platform running. Sign in as an operator, or choose that role at My roles."),
    ),
    "no-colleagues": (
        _("There is nobody to invite here"),
        _("An organiser, a reviewer of a region and the manager of an employer invite colleagues. Choose that role first."),
    ),
    "not-a-reviewer": (
        _("Only for reviewers of a region"),
        _("Live figures are for people who review a region. Sign in as a reviewer."),
    ),
    "cross-site": (
        _("This request came from another site"),
        _("For your safety it was not carried out. Open the page on this site and try again there."),
    ),
    "form-too-old": (
        _("This page is no longer current"),
        _("You signed in or out since it was opened, so nothing was done. Go back, reload the page, and try again."),
    ),
    "token-only-reads": (
        _("This token only reads"),
        _("It was made for reading alone. Make a token that may also change things, at My tokens."),
    ),
    "last-operator": (
        _("This is the last operator"),
        _("Without an operator nobody can invite others. Invite a second operator first."),
    ),
    "too-many-invitations": (
        _("You invited many people today"),
        _("At most a hundred invitations go out per person and day. Try again tomorrow."),
    ),
    "invalid-input": (
        _("Some fields are not right"),
        _("Nothing was changed. Mend the fields that are named, and send it again."),
    ),
    "body-too-large": (
        _("This is too large"),
        _("A request may be at most 1 MiB. Send less at a time."),
    ),
    "encoded-body": (
        _("This is packed"),
        _("Send the body as it is, without Content-Encoding."),
    ),
    "unreadable-request": (
        _("This request cannot be read"),
        _("It is not HTTP, or its address or a header is too long: at most 8,000 characters each."),
    ),
    "not-acceptable": (
        _("This cannot be made in that form"),
        _("Name a form in Accept that this address has: JSON, and for figures also CSV or XLSX."),
    ),
    "too-slow": (
        _("This took too long to arrive"),
        _("Nothing was changed. Check your connection, and send it again."),
    ),
    "too-many-requests": (
        _("This is too much at once"),
        _("Nothing was changed. Wait a moment, and try again; Retry-After says how many seconds."),
    ),
    "method-not-allowed": (
        _("That cannot be done here"),
        _("This address exists, and does not answer to this method."),
    ),
    "session-not-open": (
        _("Enrolling has not opened yet"),
        _("This session was only just announced. Try again in a moment."),
    ),
    "enrollment-closed": (
        _("Enrolling has closed"),
        _("This session no longer takes enrollments. Look for another session of the course."),
    ),
    "session-started": (
        _("This session has started"),
        _("It is too late to withdraw from it. Contact the fieldlab if you cannot come."),
    ),
    "unknown-municipality": (
        _("This municipality does not exist"),
        _("Choose a municipality from /v1/municipalities, by its code, such as GM0599."),
    ),
    "course-has-sessions": (
        _("This course has sessions"),
        _("A course with sessions stays published, so that whoever enrolled can still find it."),
    ),
    "course-not-published": (
        _("This course is not published"),
        _("Publish the course first, then add sessions to it."),
    ),
    "idempotency-key-reused": (
        _("This Idempotency-Key was used before"),
        _("It came with another request then. Choose a new key for a new request."),
    ),
    "too-many-sign-ins": (
        _("We mailed you several links already"),
        _("Look in your mailbox, also among the unwanted mail, or try again in ten minutes."),
    ),
    "sign-in-link-used": (
        _("This link no longer works"),
        _("A link works once, and for ten minutes. Ask for a new one."),
    ),
    "busy": (
        _("It is very busy"),
        _("Nothing was changed. Please try again in a moment."),
    ),
    "unavailable": (
        _("A part of the platform does not answer"),
        _("Please try again in a moment. Asking again is always safe: nothing happens twice."),
    ),
    "unexpected": (
        _("Something went wrong on our side"),
        _("It has been noted. Please try again; asking again is always safe."),
    ),
}

FIELD_FAULTS: dict[str, str] = {
    "missing": _("This is required."),
    "extra_forbidden": _("This field is not known. Leave it out."),
    "json_invalid": _("This is not valid JSON."),
    "model_attributes_type": _("This must be a JSON object."),
    "model_type": _("This must be a JSON object."),
    "uuid_parsing": _("This must be an id (a UUID), as another answer gave it."),
    "uuid_type": _("This must be an id (a UUID), as another answer gave it."),
    "string_type": _("This must be text."),
    "string_too_long": _("This is too long: at most %(limit)s characters."),
    "string_too_short": _("This may not be empty."),
    "string_pattern_mismatch": _("This is not spelled as it should be."),
    "string_unicode": _("This holds characters that cannot be kept. Type it again."),
    "control_characters": _("This holds characters that nobody sees. Type it again."),
    "line_breaks": _("Write this on one line."),
    "citizen_number": _("This looks like a citizen service number (BSN). Leave it out: the law forbids us to keep it."),
    "literal_error": _("Choose one of these: %(limit)s."),
    "greater_than_equal": _("This must be %(limit)s or more."),
    "less_than_equal": _("This must be %(limit)s or less."),
    "minimum": _("The minimum cannot be more than the number of seats."),
    "too_long": _("These are too many: at most %(limit)s."),
    "too_short": _("Name at least one."),
    "header": _("This header takes 1 to %(limit)s letters, digits and signs (printable ASCII)."),
    "email": _("This is not a mail address. Write it like name@example.nl."),
    "not_theirs": _("Choose one of your own roles."),
    "null": _("Leave this out to keep it as it is. An empty text clears a description."),
    "unknown_theme": _("There is no such theme. /v1/themes has them all."),
    "unknown_fieldlab": _("Name one of the fieldlabs that you are organiser of."),
    "in_the_past": _("Choose a moment that is still to come."),
    "too_far_ahead": _("Choose a moment within ten years."),
    "days": _("The last day is before the first."),
    "times": _("Check the days and times: a session ends after it starts and within a year, and enrolling closes before it."),
    "int_parsing": _("This must be a whole number."),
    "int_type": _("This must be a whole number."),
    "int_from_float": _("This must be a whole number."),
    "bool_parsing": _("This must be true or false."),
    "bool_type": _("This must be true or false."),
    "date_from_datetime_parsing": _("This must be a date, such as 2027-03-01."),
    "date_parsing": _("This must be a date, such as 2027-03-01."),
    "datetime_from_date_parsing": _("This must be a time with its offset, such as 2027-03-01T09:00:00Z."),
    "datetime_parsing": _("This must be a time with its offset, such as 2027-03-01T09:00:00Z."),
    "datetime_type": _("This must be a time with its offset, such as 2027-03-01T09:00:00Z."),
    "timezone_aware": _("The time needs its offset, such as 2027-03-01T09:00:00Z."),
}
"""What to do about a faulty field, by the code of the fault; a test holds that every code of our own is here."""


def language_of(request: web.Request) -> Language:
    """Pages say it by their address (`/en/…`), programs by Accept-Language."""
    if request.path == "/en" or request.path.startswith("/en/"):
        return "en"
    if request.path.startswith("/v1"):
        return translations.best(request.headers.get("Accept-Language", ""), default="en")
    return "nl"


def told(rejected: Rejected, language: Language) -> dict[str, object]:
    """The problem's JSON with title, detail and faults in plain words of that language."""
    body = body_of(rejected)
    say = TEXTS[language].gettext
    if rejected.slug in PROBLEMS:
        title, detail = PROBLEMS[rejected.slug]
        body["title"], body["detail"] = say(title), say(detail)
    if rejected.errors:
        body["errors"] = [
            {"pointer": fault["pointer"], "code": fault["code"], "detail": advice(fault, language)} for fault in rejected.errors
        ]
    return body


def advice(fault: Mapping[str, str], language: Language) -> str:
    """What to do about one faulty field; in the words of whoever found it, if we have none for it."""
    text = FIELD_FAULTS.get(fault["code"])
    return TEXTS[language].gettext(text) % {"limit": fault.get("limit", "")} if text else fault["detail"]


async def page_or_json(request: web.Request, rejected: Rejected, *, as_json: bool) -> web.StreamResponse:
    """A problem for a program, a page for a person."""
    body = told(rejected, language_of(request))
    if as_json or RENDER_PAGE not in request.app:
        return response_of(rejected, body)
    return await request.app[RENDER_PAGE](request, rejected, body)
