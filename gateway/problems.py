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
    "sign-in-again": (
        _("Sign in once more"),
        _("You signed in more than half an hour ago, and nobody else may do this on a browser that you left open."),
    ),
    "token-only-reads": (
        _("This token only reads"),
        _("It was made for reading alone. Make a token that may also change things, at My tokens."),
    ),
    "not-for-a-role": (
        _("This is about you, and not about a role"),
        _("Use a token that you made as a worker, or sign in: a token for another role is not for your own data."),
    ),
    "last-operator": (
        _("This is the last operator"),
        _("Without an operator nobody can invite others. Invite a second operator first."),
    ),
    "too-many-invitations": (
        _("These are many invitations for one day"),
        _("At most a hundred go out by one person, and five to one address. Try again tomorrow."),
    ),
    "has-this-role": (
        _("This person has the role already"),
        _("There is nothing to accept. Look at who has the role, below."),
    ),
    "wrong-host": (
        _("This demo is not at this address"),
        _("It can only be opened at the address that it printed when it was started."),
    ),
    "invalid-input": (
        _("Some fields are not right"),
        _("Mend the fields that are named, and send it again."),
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
        _("Check your connection, and send it again."),
    ),
    "too-many-requests": (
        _("This is too much at once"),
        _("Wait a moment, and try again; Retry-After says how many seconds."),
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
    "opens-later": (
        _("Enrolling opens later"),
        _("The session says from when, and so does Retry-After, in seconds. Come back then."),
    ),
    "other-session-of-course": (
        _("You are in another session of this course"),
        _("One at a time, a place in the queue counts too. Withdraw there first, or move from there to this one."),
    ),
    "seats-are-held": (
        _("More seats are held than that"),
        _("Nobody loses a seat by this. Choose a number that is at least the seats that are taken or offered."),
    ),
    "seats-are-kept": (
        _("So many seats are not free"),
        _(
            "Seats that are taken, offered or kept for a group stay so. Keep fewer for a group, or give what is kept to all "
            "first."
        ),
    ),
    "prerequisite-missing": (
        _("This course asks for something first"),
        _("The course's page says what. Complete the course that it builds on, or make the statement where it asks for one."),
    ),
    "closes-after-the-start": (
        _("Enrolling cannot close after the start"),
        _("Choose a moment before the session starts."),
    ),
    "session-cancelled": (
        _("This session does not take place"),
        _("The organiser cancelled it. Look for another session of the course."),
    ),
    "no-offer": (
        _("No place is held for you"),
        _("There is nothing to take or to let go. Look at your enrollment for where it stands."),
    ),
    "offer-lapsed": (
        _("The time for this place is over"),
        _("It went to the next in line. You can enroll again; if the training is full, you come at the end."),
    ),
    "ticket-settled": (
        _("It was your turn already"),
        _("Your ticket counts no longer. Look at what it became; if that is an enrollment, withdraw from it there."),
    ),
    "no-request": (
        _("There is no request to decide about"),
        _("It was decided already, or withdrawn, or its turn has not come yet. Look at the enrollment for where it stands."),
    ),
    "own-request": (
        _("This request is your own"),
        _("Nobody decides about their own request. Ask another organiser of the fieldlab."),
    ),
    "approval-lapsed": (
        _("The time to decide about this request is over"),
        _("It has lapsed, and the person was told. They can enroll again."),
    ),
    "other-session-full": (
        _("There is no free place on that date"),
        _("You keep the place that you have. To wait there instead, withdraw here and enroll there."),
    ),
    "other-session-asks-approval": (
        _("That date asks for an approval first"),
        _("You keep the place that you have. To ask for that date instead, withdraw here and enroll there."),
    ),
    "other-session-in-line": (
        _("For that date people wait for their turn"),
        _("You keep the place that you have. To wait for your turn there instead, withdraw here and enroll there."),
    ),
    "seat-is-kept": (
        _("This place is kept for a group"),
        _("By what you told you are not in it, so your colleague keeps the place. If you are, say so where it is asked."),
    ),
    "approval-needed": (
        _("The fieldlab approves who takes part here"),
        _("So a place is not handed over. Your colleague can enroll, and you can withdraw."),
    ),
    "other-course": (
        _("That is another course"),
        _("You can move to another date of the same course. For another course, enroll there, and withdraw here if you want."),
    ),
    "already-there": (
        _("You are enrolled for that date already"),
        _("Nothing changed. Withdraw from the date that you do not want."),
    ),
    "no-seat": (
        _("You hold no place here"),
        _("Only who has a place can move with it or hand it over. To wait for another date, withdraw here and enroll there."),
    ),
    "transfer-pending": (
        _("You asked a colleague already"),
        _("Nobody answered yet. Withdraw that first if you would rather ask somebody else."),
    ),
    "transfer-to-yourself": (
        _("This is you"),
        _("Name the colleague who takes your place."),
    ),
    "seat-gone": (
        _("This place is not there any more"),
        _("Your colleague let it go otherwise, or the training started. You can enroll yourself, if there is a place."),
    ),
    "already-enrolled": (
        _("You are in this training already"),
        _("Your colleague keeps the place. Withdraw your own enrollment first if you would rather have theirs."),
    ),
    "group-full": (
        _("This group is full"),
        _("At most ten people wait together. Start another group, or enroll by yourself."),
    ),
    "session-started": (
        _("This session has started"),
        _("It is too late to withdraw from it. Contact the fieldlab if you cannot come."),
    ),
    "session-not-started": (
        _("This session has not started yet"),
        _("Who was there can be marked from the moment it starts."),
    ),
    "holds-no-seat": (
        _("Not everybody who was named has a place"),
        _("Only who has a place can have been there. Leave the others out. Nobody was marked."),
    ),
    "correction-needs-a-reason": (
        _("A correction needs a reason"),
        _("Something else was marked before. Say why it changes. Nobody was marked."),
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
    "visit-over": (
        _("This sign-in is no longer valid"),
        _("It took longer than ten minutes, was used already, or began in another browser. Begin again."),
    ),
    "provider-refused": (
        _("Your organisation did not sign you in"),
        _("You stopped on the way, or may not use Skillslab with that account. Try again, or have a link mailed to you."),
    ),
    "provider-not-believed": (
        _("The answer of your organisation is not right"),
        _("For your safety nothing was done with it. Try again. If it goes wrong again, have a link mailed to you."),
    ),
    "provider-away": (
        _("Your organisation does not answer"),
        _("Nothing was changed. Try again in a minute, or have a link mailed to you."),
    ),
    "address-known": (
        _("There is an account with your mail address already"),
        _("Only you can connect it. Sign in with a link in a mail first; then connect your organisation's account at My data."),
    ),
    "address-not-verified": (
        _("Your organisation does not vouch for a mail address of yours"),
        _("Sign in with a link in a mail first; then connect your organisation's account at My data."),
    ),
    "account-taken": (
        _("This account is connected to somebody else here"),
        _("Sign in with it to see to whom. Once it is disconnected there, at My data, you can connect it here."),
    ),
    "busy": (
        _("It is very busy"),
        _("Please try again in a moment."),
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

NOTHING_CHANGED = _("Nothing was changed.")
CHANGES_NOTHING = frozenset(("invalid-input", "too-slow", "too-many-requests", "busy"))
"""Refusals after which everything is as it was: worth saying to who wanted something changed, and odd to who only asked."""

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
    "too_many_faults": _("Nearly everything here is wrong. Start again from an example in /v1/openapi.json."),
    "link": _("Leave out links."),
    "citizen_number": _("This looks like a citizen service number (BSN). Leave it out: the law forbids us to keep it."),
    "literal_error": _("Choose one of these: %(limit)s."),
    "greater_than_equal": _("This must be %(limit)s or more."),
    "less_than_equal": _("This must be %(limit)s or less."),
    "minimum": _("The minimum cannot be more than the number of seats."),
    "too_long": _("These are too many: at most %(limit)s."),
    "too_short": _("Name at least one."),
    "one_of_two": _("Name one of the two: toPersonId or toEmail."),
    "header": _("This header takes 1 to %(limit)s letters, digits and signs, without spaces (printable ASCII)."),
    "email": _("This is not a mail address. Write it like name@example.nl."),
    "not_theirs": _("Choose one of your own roles."),
    "null": _("Leave this out to keep it as it is. An empty text clears a description."),
    "unknown_region": _("There is no such region. /v1/regions and /v1/municipalities have them all."),
    "unknown_theme": _("There is no such theme. /v1/themes has them all."),
    "unknown_fieldlab": _("Name one of the fieldlabs that you are organiser of."),
    "in_the_past": _("Choose a moment that is still to come."),
    "too_far_ahead": _("Choose a moment within ten years."),
    "ends_too_early": _("A session ends after it starts. Choose a later end, or an earlier start."),
    "lasts_too_long": _("A session lasts a year at most. Choose an earlier end."),
    "closes_too_late": _("Enrolling closes before the session starts, or just then. Choose an earlier day."),
    "not_found": _("This session has no such enrollment."),
    "holds_no_seat": _("This enrollment has no place."),
    "correction_needs_a_reason": _("Something else was marked for this one before."),
    "marked_twice": _("An enrollment can be in one of the lists only."),
    "opens_at": _("Enrolling opens at %(limit)s."),
    "starts_too_early": _("It opens, or is drawn for, later than that. Choose a later start."),
    "opens_too_late": _("Choose a moment before enrolling closes."),
    "draws_too_early": _("The draw comes after enrolling opens, and is still to come. Choose a later moment."),
    "course_not_completed": _("You have not completed course %(limit)s here."),
    "statement_missing": _("Say that this is true of you: %(limit)s"),
    "decides_too_late": _("It is decided before the session starts. Choose an earlier day."),
    "kept_too_long": _("Seats are kept until the session starts, or before. Choose an earlier day that is still to come."),
    "kept_too_many": _("No more seats can be kept than there are."),
    "group_twice": _("Name each group once."),
    "unknown_course": _("Name another course that is published."),
    "other_session": _("You are in session %(limit)s of this course."),
    "became_enrollment": _("It became enrollment %(limit)s."),
    "came_to_nothing": _("It came to nothing: %(limit)s."),
    "days_reversed": _("The last day is before the first. Turn them around, or leave one out."),
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


def text(english: str, language: Language) -> str:
    """A text that was marked for translation, in that language."""
    return TEXTS[language].gettext(english)


def told(rejected: Rejected, language: Language, *, wanted_a_change: bool = False) -> dict[str, object]:
    """The problem's JSON with title, detail and faults in plain words of that language."""
    body = body_of(rejected)
    say = TEXTS[language].gettext
    if rejected.slug in PROBLEMS:
        title, detail = PROBLEMS[rejected.slug]
        unchanged = [say(NOTHING_CHANGED)] if wanted_a_change and rejected.slug in CHANGES_NOTHING else []
        body["title"], body["detail"] = say(title), " ".join([*unchanged, say(detail)])
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
    body = told(rejected, language_of(request), wanted_a_change=request.method not in ("GET", "HEAD"))
    if as_json or RENDER_PAGE not in request.app:
        return response_of(rejected, body)
    return await request.app[RENDER_PAGE](request, rejected, body)
