"""What a mail says, in the language of who gets it. English stands here, Dutch in `notifications/locale/nl.po`."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from notifications.channels.email import approvals
from notifications.channels.email.wording import Translate, Wording
from notifications.deliveries import Delivery
from notifications.recipients import Recipient
from notifications.store import Session
from shared.translations import Language

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LOCALES: Mapping[Language, str] = {"nl": "nl_NL", "en": "en_GB"}
MY_ENROLLMENTS: Mapping[Language, str] = {"nl": "/mijn-inschrijvingen", "en": "/en/my-enrollments"}
TICKETS: Mapping[Language, str] = {"nl": "/in-de-rij", "en": "/en/in-line"}
COURSES: Mapping[Language, str] = {"nl": "/cursussen", "en": "/en/courses"}
BREAKS = {"Cc", "Zl", "Zp"}
HIDDEN = {"Cf", "Cs", "Co", "Cn"}  # formatting, halves of characters, and what means nothing to anybody


@dataclass(frozen=True)
class About:
    """A session, as a person reads it."""

    title: str
    when: str
    where: str
    sample: str
    """Says that it is made-up data, where it is."""


@dataclass(frozen=True)
class Letter:
    """A mail before it is text or HTML: every text in it is plain, and on one line."""

    language: Language
    subject: str
    greeting: str
    lines: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    """What it is about, as pairs of a name and a value."""
    button: str
    link: str
    afterwards: tuple[str, ...]
    closing: str
    about: About | None
    """For every template about an enrollment."""


def write(_: Translate, public_url: str, delivery: Delivery, recipient: Recipient, session: Session | None) -> Letter:
    """The letter for a delivery; `_` puts it in the recipient's language."""
    about = about_session(_, recipient.language, session) if session else None
    wording = _wording(_, delivery, recipient, about)
    return Letter(
        language=recipient.language,
        subject=wording.subject,
        greeting=greeting(_, recipient),
        lines=wording.lines,
        details=((_("Training"), about.title), (_("When"), about.when), (_("Where"), about.where)) if about else (),
        button=wording.button,
        link=recipient.link or (public_url + _page(recipient.language, delivery, session) if session else ""),
        afterwards=wording.afterwards,
        closing=_("Kind regards,"),
        about=about,
    )


def _wording(_: Translate, delivery: Delivery, recipient: Recipient, about: About | None) -> Wording:
    if about is None:
        return about_access(_, delivery, recipient)
    if delivery.template == "transfer":
        return transfer(_, about.title, one_line(recipient.inviter))
    return about_enrollment(_, recipient.language, delivery, about.title)


def _page(language: Language, delivery: Delivery, session: Session) -> str:
    if delivery.template in ("session-cancelled", "ticket-ended") and session.course_id:
        return f"{COURSES[language]}/{session.course_id}"
    if delivery.template in ("ticket", "ticket-refused"):
        return f"{TICKETS[language]}/{delivery.subject.removeprefix('tickets/')}"
    if delivery.enrollment_id is None:
        return MY_ENROLLMENTS[language]
    return f"{MY_ENROLLMENTS[language]}/{delivery.enrollment_id}"


def about_enrollment(_: Translate, language: Language, delivery: Delivery, title: str) -> Wording:  # noqa: PLR0912  (one for each)
    match delivery.template:
        case "confirmed":
            return confirmed(_, title)
        case "confirmed-from-waiting-list":
            return confirmed_from_waiting_list(_, title)
        case "waitlisted":
            return waitlisted(_, title, delivery.position)
        case "offered":
            return offered(_, title, moment(_, language, delivery.until))
        case "list-ended":
            return list_ended(_, title)
        case "offer-lapsed":
            return offer_lapsed(_, title)
        case (
            "approval-asked" | "approval-asked-first" | "approval-asked-in-turn" | "waitlisted-for-approval" | "approved"
            | "approved-and-waiting" | "declined" | "approval-lapsed" | "moved-with-a-request"
        ):  # fmt: skip
            return approvals.about_request(_, delivery, title, moment(_, language, delivery.until) if delivery.until else "")
        case "moved-with-a-seat" | "moved":
            return moved(_, title, has_seat=delivery.template == "moved-with-a-seat")
        case "session-cancelled":
            return session_cancelled(_, title)
        case "cancelled":
            return cancelled(_, title)
        case "completed":
            return completed(_, title)
        case "outcome-corrected":
            return outcome_corrected(_, title)
        case "to-other-session":
            return to_other_session(_, title)
        case "transferred":
            return transferred(_, title)
        case "ticket":
            return ticket(_, title, moment(_, language, delivery.until))
        case "ticket-ended":
            return ticket_ended(_, title)
        case "ticket-refused":
            return ticket_refused(_, title)
        case "sign-in" | "invitation" | "transfer":
            raise AssertionError("this is not about what the reader asked for")


def confirmed(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("You have a place: {title}").format(title=title),
        lines=(
            _("Good news: you have a place on this training."),
            _("There is a calendar file with this mail. Open it to put the training in your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Can you not come after all? Please cancel in time, so that somebody else gets your place."),),
    )


def confirmed_from_waiting_list(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("A place came free for you: {title}").format(title=title),
        lines=(
            _("You were on the waiting list. A place came free, and it is yours. You do not have to do anything."),
            _("There is a calendar file with this mail. Open it to put the training in your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Can you not come after all? Please cancel in time, so that somebody else gets your place."),),
    )


def waitlisted(_: Translate, title: str, position: int | None) -> Wording:
    return Wording(
        subject=_("You are on the waiting list: {title}").format(title=title),
        lines=(
            _("There is no free place for you now. You are number {position} on the waiting list.").format(position=position),
            _("Does a place come free when it is your turn? Then we send you a mail at once."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you not want to wait any longer? Then please cancel your enrollment."),),
    )


def offered(_: Translate, title: str, until: str) -> Wording:
    return Wording(
        subject=_("A place is held for you: {title}").format(title=title),
        lines=(
            _("You were on the waiting list, and it is your turn: a place came free. Do you want it?"),
            _("We hold it for you until {until}. After that it goes to the next in line.").format(until=until),
        ),
        button=_("Take the place, or let it go"),
        afterwards=(_("Do you no longer want to come? Let the place go, so that somebody else can have it at once."),),
    )


def offer_lapsed(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("The place went to somebody else: {title}").format(title=title),
        lines=(
            _("A place was held for you, and we did not hear from you in time. It went to the next in line."),
            _("You are not on the waiting list any more."),
        ),
        button=_("See my enrollments"),
        afterwards=(_("Do you still want to come? You can enroll again. If the training is full, you come at the end."),),
    )


def list_ended(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("No place fell free: {title}").format(title=title),
        lines=(_("This training has begun, and no place fell free for you. The waiting list has ended."),),
        button=_("See my enrollments"),
        afterwards=(_("On the page of this enrollment you find the next date of the course, if there is one."),),
    )


def moved(_: Translate, title: str, *, has_seat: bool) -> Wording:
    return Wording(
        subject=_("Changed: {title}").format(title=title),
        lines=(
            _("This training is at another time or place. Below is how it is now."),
            _("You keep your place. Open the calendar file with this mail, and your calendar is right again.")
            if has_seat
            else _("You keep your place in line. Open the calendar file with this mail, and your calendar is right again."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Does it not suit you any more? You can cancel freely, and somebody else gets your place."),),
    )


def session_cancelled(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("Does not take place: {title}").format(title=title),
        lines=(
            _("The organiser cancelled this training. We are sorry: your enrollment for it ends."),
            _("There is a calendar file with this mail. Open it to take the training out of your calendar."),
        ),
        button=_("See other dates of this course"),
        afterwards=(_("You can enroll for another date right away."),),
    )


def cancelled(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("Your enrollment is cancelled: {title}").format(title=title),
        lines=(
            _("Your enrollment for this training is cancelled. You do not have to do anything."),
            _("There is a calendar file with this mail. Open it to take the training out of your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Was this a mistake? You can enroll again. If the training is full, you go on the waiting list."),),
    )


def completed(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("You completed: {title}").format(title=title),
        lines=(
            _("Congratulations: you completed this training. The fieldlab noted that you were there, and that you passed."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Is this not right? Then please contact the fieldlab."),),
    )


def outcome_corrected(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("Corrected: {title}").format(title=title),
        lines=(
            _("The fieldlab corrected what it had noted for this training: it does not count as completed any more."),
            _("On the page of your enrollment you see how it stands now, and why."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Is this not right? Then please contact the fieldlab."),),
    )


def to_other_session(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("You moved to another date: {title}").format(title=title),
        lines=(
            _(
                "You moved to another date of this course, so your place on this one is free for somebody else. "
                "About the new date you get a mail of its own."
            ),
            _("There is a calendar file with this mail. Open it to take the training out of your calendar."),
        ),
        button=_("See my enrollments"),
        afterwards=(_("Was this a mistake? You can move back as long as there is a place."),),
    )


def transferred(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("You handed your place over: {title}").format(title=title),
        lines=(
            _("Your colleague said yes: your place on this training is theirs now. You do not have to do anything."),
            _("There is a calendar file with this mail. Open it to take the training out of your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you want to come after all? You can enroll again. If the training is full, you wait in line."),),
    )


def transfer(_: Translate, title: str, inviter: str) -> Wording:
    return Wording(
        subject=_("A place for you: {title}").format(title=title),
        lines=(
            _("{inviter} has a place on this training, cannot come, and would like you to have it.").format(inviter=inviter)
            if inviter
            else _("A colleague has a place on this training, cannot come, and would like you to have it."),
            _("Sign in with this mail address, and say there whether you take it. Until you do, it stays your colleague's."),
        ),
        button=_("See the place"),
        afterwards=(_("Do you not want this, or do you not know why you get it? Then you do not have to do anything."),),
    )


def ticket(_: Translate, title: str, draw_at: str) -> Wording:
    return Wording(
        subject=_("You take part in the draw: {title}").format(title=title),
        lines=(
            _("You have a ticket for this training. A draw decides who gets a place."),
            _("The draw is on {moment}. Right after it we send you a mail that says whether you have a place.").format(
                moment=draw_at
            ),
        ),
        button=_("See my ticket"),
        afterwards=(_("Everybody has the same chance, and everybody can check the draw afterwards."),),
    )


def ticket_ended(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("Does not take place: {title}").format(title=title),
        lines=(_("The organiser cancelled this training. We are sorry: your ticket for it ends."),),
        button=_("See other dates of this course"),
        afterwards=(_("You can enroll for another date right away."),),
    )


def ticket_refused(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("No place for you: {title}").format(title=title),
        lines=(
            _("It was your turn for this training, and we could not give you a place, nor one on the waiting list."),
            _("On the page of your ticket you see why, and what you can do."),
        ),
        button=_("See my ticket"),
        afterwards=(_("Is this not right? Then please contact the fieldlab."),),
    )


def about_access(_: Translate, delivery: Delivery, recipient: Recipient) -> Wording:
    return invitation(_, recipient) if delivery.template == "invitation" else sign_in(_, recipient.minutes, recipient.code)


def invitation(_: Translate, recipient: Recipient) -> Wording:
    role = {
        "organiser": _("organiser at a fieldlab"),
        "region": _("reviewer of a region"),
        "employer": _("manager of an employer"),
        "employer-contact": _("contact person of an employer"),
    }.get(recipient.role, _("operator"))
    scope, inviter = one_line(recipient.scope), one_line(recipient.inviter)
    what = f"{role} ({scope})" if scope else role
    return Wording(
        subject=_("An invitation from Skillslab"),
        lines=(
            _("{inviter} invites you to take part in Skillslab as {what}.").format(inviter=inviter, what=what)
            if inviter
            else _("You are invited to take part in Skillslab as {what}.").format(what=what),
            _("Sign in with this mail address, and accept the invitation there. It stays open for fourteen days."),
        ),
        button=_("See the invitation"),
        afterwards=(_("Do you not want this, or do you not know why you get it? Then you do not have to do anything."),),
    )


def sign_in(_: Translate, minutes: int, code: str) -> Wording:
    return Wording(
        subject=_("Your link to sign in to Skillslab"),
        lines=(
            _("Use the link below to sign in."),
            _("The link works for {minutes} minutes, and only once.").format(minutes=minutes),
        ),
        button=_("Sign in"),
        afterwards=(
            _("Did you ask for it on another device or in another browser? Type this code there: {code}").format(
                code=f"{code[:4]} {code[4:]}"
            ),
            _("Never give this code to anybody, and type it only where you asked for it."),
            _("Did you not ask for this mail? Then you do not have to do anything."),
        ),
    )


def greeting(_: Translate, recipient: Recipient) -> str:
    name = one_line(recipient.name or "")
    return _("Hello {name},").format(name=name) if name else _("Hello,")


def about_session(_: Translate, language: Language, session: Session) -> About:
    return About(
        title=title(language, session),
        when=when(_, language, session.starts_at, session.ends_at),
        where=where(session),
        sample=_("This is an example, not a real offer.") if session.sample else "",
    )


def title(language: Language, session: Session) -> str:
    return one_line(session.title_nl if language == "nl" else session.title_en or session.title_nl)


def where(session: Session) -> str:
    return ", ".join(filter(None, map(one_line, (session.fieldlab_name, session.location))))


def when(_: Translate, language: Language, starts_at: datetime, ends_at: datetime) -> str:
    """From when to when, in Amsterdam: `woensdag 31 maart 2027, van 11:00 tot 19:00 uur`."""
    starts, ends = starts_at.astimezone(AMSTERDAM), ends_at.astimezone(AMSTERDAM)
    parts = {"day": _day(language, starts), "start": _time(language, starts), "end": _time(language, ends)}
    if starts.date() == ends.date():
        return _("{day}, {start} to {end}").format(**parts)
    over_days = _("{day} to {last_day}, from {start} on the first day to {end} on the last")
    return over_days.format(**parts, last_day=_day(language, ends))


def moment(_: Translate, language: Language, at: datetime | None) -> str:
    """A moment in Amsterdam: `woensdag 31 maart 2027, 11:00 uur`."""
    assert at is not None
    return _("{day} at {time}").format(day=_day(language, at.astimezone(AMSTERDAM)), time=_time(language, at))


def _day(language: Language, moment: datetime) -> str:
    return format_date(moment, "EEEE d MMMM y", locale=LOCALES[language])


def _time(language: Language, moment: datetime) -> str:
    return format_time(moment, "HH:mm", tzinfo=AMSTERDAM, locale=LOCALES[language])


def one_line(text: str) -> str:
    """Somebody's text as one plain line: what could begin another line, or play with the direction of reading, is out."""
    kinds = ((character, unicodedata.category(character)) for character in text)
    kept = (" " if kind in BREAKS else character for character, kind in kinds if kind not in HIDDEN)
    return " ".join("".join(kept).split())
