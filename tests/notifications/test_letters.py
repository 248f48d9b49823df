"""What a mail says: in the reader's language, with the right times, honest about samples, with a calendar file that works."""

from __future__ import annotations

import re
import string
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from icalendar import Calendar

from notifications.channels.email import letter as letters
from notifications.channels.email.mail import LOCALE, Writer
from notifications.deliveries import Template
from notifications.store import Session
from shared.translations import LANGUAGES, Language
from tests.notifications.build import ENDS, STARTS, a_delivery, a_recipient, a_session

WRITER = Writer("Skillslab <no-reply@skillslab.example>", "https://skills.example/")
ABOUT_SESSIONS: list[Template] = [
    "confirmed", "confirmed-from-waiting-list", "waitlisted", "cancelled", "approval-asked", "approval-asked-first",
    "approval-asked-in-turn", "waitlisted-for-approval", "approved", "approved-and-waiting", "declined", "approval-lapsed",
    "moved-with-a-request", "to-other-session", "transferred",
]  # fmt: skip
SHAPES = {
    "confirmed": ("REQUEST", "CONFIRMED", "OPAQUE", 1),
    "confirmed-from-waiting-list": ("REQUEST", "CONFIRMED", "OPAQUE", 1),
    "waitlisted": ("REQUEST", "TENTATIVE", "TRANSPARENT", 0),
    "cancelled": ("CANCEL", "CANCELLED", "TRANSPARENT", 0),
    "to-other-session": ("CANCEL", "CANCELLED", "TRANSPARENT", 0),
    "transferred": ("CANCEL", "CANCELLED", "TRANSPARENT", 0),
    "approved": ("REQUEST", "CONFIRMED", "OPAQUE", 1),
    "declined": ("CANCEL", "CANCELLED", "TRANSPARENT", 0),
    "approval-lapsed": ("CANCEL", "CANCELLED", "TRANSPARENT", 0),
    **dict.fromkeys(
        ("approval-asked", "approval-asked-first", "approval-asked-in-turn", "waitlisted-for-approval",
         "approved-and-waiting", "moved-with-a-request"),
        ("REQUEST", "TENTATIVE", "TRANSPARENT", 0),
    ),
}  # fmt: skip


def write(template: Template, session: Session | None = None, language: Language = "nl", **recipient: Any) -> EmailMessage:
    session = session or a_session()
    mail = WRITER.write(a_delivery(template), a_recipient(language=language, **recipient), session)
    return message_from_bytes(mail.content, policy=policy.default)


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


def calendar_of(mail: EmailMessage) -> Calendar:
    (attachment,) = mail.iter_attachments()
    assert attachment.get_content_type() == "text/calendar"
    assert attachment.get_filename() == "skillslab.ics"
    calendar = Calendar.from_ical(attachment.get_content())
    assert isinstance(calendar, Calendar)
    assert calendar["METHOD"] == attachment["Content-Type"].params["method"]
    return calendar


@pytest.mark.parametrize(
    ("inviter", "words"), [("Henk\nHouder", "Henk Houder heeft een plek"), ("", "Een collega heeft een plek")]
)
def test_a_colleague_is_asked_with_all_about_the_training_and_nothing_for_the_calendar_yet(inviter: str, words: str) -> None:
    link = "https://skills.example/overdrachten/7"
    recipient = a_recipient(language="nl").model_copy(update={"inviter": inviter, "link": link})

    mail = message_from_bytes(WRITER.write(a_delivery("transfer"), recipient, a_session()).content, policy=policy.default)

    text = text_of(mail)
    assert words in text
    assert link in text
    assert "De Duurzaamheidsfabriek" in text
    assert list(mail.iter_attachments()) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ["ticket", "ticket-ended", "ticket-refused"])
def test_a_ticket_is_told_without_a_calendar_file(template: Template, language: Language) -> None:
    mail = write(template, language=language)

    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()] == ["text/plain", "text/html"]
    when = {"nl": "woensdag 31 maart 2027", "en": "Wednesday 31 March 2027"}[language]
    assert when in text_of(mail)


@pytest.mark.parametrize("template", ["ticket", "ticket-refused"])
def test_a_mail_about_a_ticket_leads_to_its_page_where_the_reason_is(template: Template) -> None:
    assert "https://skills.example/in-de-rij/7" in text_of(write(template, language="nl"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", ABOUT_SESSIONS)
def test_every_letter_has_text_html_and_a_calendar_file(template: Template, language: Language) -> None:
    delivery = a_delivery(template)
    mail = message_from_bytes(
        WRITER.write(delivery, a_recipient(language=language), a_session()).content, policy=policy.default
    )

    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar",
    ]  # fmt: skip
    assert not [part.defects for part in mail.walk() if part.defects]
    assert mail["Content-Language"] == language
    mine = {"nl": "https://skills.example/mijn-inschrijvingen", "en": "https://skills.example/en/my-enrollments"}[language]
    address = f"{mine}/{delivery.enrollment_id}"
    assert address in text_of(mail), "the mail leads to the enrollment that it is about"
    assert f'href="{address}"' in text_of(mail, "html")
    assert f'<html lang="{language}"' in text_of(mail, "html")
    assert not re.search(r"[{}]{2}|{%|{\w+}", text_of(mail)), "everything is filled in"


def test_dutch_for_who_reads_dutch() -> None:
    text = text_of(write("waitlisted", name="Anna de Vriës"))

    assert "Hallo Anna de Vriës," in text
    assert "Je staat op nummer 3 van de wachtlijst." in text
    assert "Wanneer: woensdag 31 maart 2027, van 11:00 tot 19:00 uur" in text
    assert "Waar: De Duurzaamheidsfabriek, Dordrecht" in text


def test_english_for_who_reads_english() -> None:
    mail = write("confirmed", language="en", name=None)

    assert mail["Subject"] == "You have a place: PLC-programmeren (in English)"
    assert "Hello,\n" in text_of(mail)
    assert "When: Wednesday 31 March 2027, 11:00 to 19:00" in text_of(mail)


def test_a_session_of_several_days_says_so() -> None:
    session = Session(uuid4(), "Lab", "Lassen", "Welding", STARTS, ENDS.replace(day=2, month=4), "", sample=False)

    assert (
        "woensdag 31 maart 2027 tot en met vrijdag 2 april 2027, van 11:00 uur op de eerste dag tot 19:00 uur op de laatste"
    ) in text_of(write("confirmed", session))


@pytest.mark.parametrize(
    ("language", "label"),
    [("nl", "Dit is een voorbeeld, geen echt aanbod."), ("en", "This is an example, not a real offer.")],
)
def test_a_sample_is_called_one_wherever_it_is_shown(language: Language, label: str) -> None:
    sample, real = write("confirmed", a_session(sample=True), language), write("confirmed", a_session(), language)

    for kind in ("plain", "html"):
        assert label in text_of(sample, kind)
        assert label not in text_of(real, kind)
    assert label in str(calendar_of(sample).events[0]["DESCRIPTION"])


def test_names_and_titles_are_text_in_html_too() -> None:
    mail = write("confirmed", a_session(title="<img src=x> & \"co\" 'x'"), name="<script>alert(1)</script>")

    html = text_of(mail, "html")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>alert(1)</script>" in text_of(mail)


def test_a_name_cannot_write_lines_of_its_own() -> None:
    text = text_of(write("confirmed", name="Jan\r\n\r\nKlik hier: https://kwaad.example\u2028nu\x00"))

    assert "Hallo Jan Klik hier: https://kwaad.example nu ,"[:-2] in text
    assert text.count("\n\nKlik hier") == 0


# The calendar file


@pytest.mark.parametrize("template", ABOUT_SESSIONS)
def test_the_calendar_file_says_what_the_mail_says(template: Template) -> None:
    calendar = calendar_of(write(template, a_session(location="Leerpark 50; Dordrecht, zaal 2")))

    (event,) = calendar.events
    assert (calendar["METHOD"], event["STATUS"], event["TRANSP"], len(event.walk("VALARM"))) == SHAPES[template]
    assert (event.start, event.end) == (STARTS, ENDS)
    assert event["SUMMARY"] == "PLC-programmeren"
    assert event["LOCATION"] == "De Duurzaamheidsfabriek, Leerpark 50; Dordrecht, zaal 2"
    assert event["ORGANIZER"] == "mailto:no-reply@skillslab.example"
    assert event["ATTENDEE"] == "mailto:anna@fabriek.example"
    assert calendar["VERSION"] == "2.0"
    assert {"PRODID"} <= calendar.keys()
    assert {"UID", "DTSTAMP", "SEQUENCE", "DTSTART"} <= event.keys()


def test_a_training_of_several_days_claims_no_nights_and_weekends() -> None:
    friday, monday = STARTS.replace(day=26), ENDS.replace(day=29)
    session = Session(uuid4(), "Lab", "Lassen", "Welding", friday, monday, "", sample=False)

    (event,) = calendar_of(write("confirmed", session)).events

    assert (event.start, event.end) == (date(2027, 3, 26), date(2027, 3, 30)), "the end is the day after the last"
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")
    assert "van 10:00 uur op de eerste dag tot 19:00 uur op de laatste" in str(event["DESCRIPTION"])
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].to_ical() == b"-PT12H"


def test_a_night_that_is_two_days_in_utc_may_be_one_day_here() -> None:
    one_o_clock, three = STARTS.replace(day=30, hour=23), STARTS.replace(hour=1)
    session = Session(uuid4(), "Lab", "Lassen", "Welding", one_o_clock, three, "", sample=False)

    assert calendar_of(write("confirmed", session)).events[0]["TRANSP"] == "OPAQUE"


def test_the_calendar_file_by_itself_is_the_one_in_the_mail() -> None:
    delivery, session = a_delivery("confirmed"), a_session()
    mail = message_from_bytes(WRITER.write(delivery, a_recipient(), session).content, policy=policy.default)

    (attachment,) = mail.iter_attachments()
    assert WRITER.calendar(delivery, a_recipient(), session) == attachment.get_payload(decode=True)


def test_the_reminder_comes_a_day_before() -> None:
    (event,) = calendar_of(write("confirmed")).events

    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].to_ical() == b"-P1D"


def test_later_files_replace_earlier_ones_in_the_calendar() -> None:
    enrollment_id, session = uuid4(), a_session()
    events = []
    for revision, template in enumerate(("waitlisted", "confirmed-from-waiting-list", "cancelled"), 1):
        delivery = a_delivery(template, enrollment_id=enrollment_id, revision=revision)  # type: ignore[arg-type]
        mail = WRITER.write(delivery, a_recipient(), session)
        events += calendar_of(message_from_bytes(mail.content, policy=policy.default)).events

    assert {event["UID"] for event in events} == {f"{enrollment_id}@skillslab"}
    assert [event["SEQUENCE"] for event in events] == [1, 2, 3]


# The translations


def used() -> set[str]:
    texts: set[str] = set()
    for file in Path(letters.__file__).parent.glob("*.py"):
        with file.open("rb") as code:
            texts |= {text for _, text, _, _ in extract("python", code, keywords={"_": None}) if isinstance(text, str)}
    return texts


def test_every_text_is_translated_and_nothing_else() -> None:
    with (LOCALE / "nl.po").open("rb") as file:
        catalogue = read_po(file, locale="nl", abort_invalid=True)
    translated = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}

    assert used() == translated
    assert len(used()) > 20


def test_translations_fill_in_the_same_things() -> None:
    def places(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    with (LOCALE / "nl.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="nl") if message.id]

    assert [m.id for m in messages if places(str(m.id)) != places(str(m.string))] == []
