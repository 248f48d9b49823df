"""The calendar file that goes with a mail about an enrollment (RFC 5545, and RFC 5546 for what a calendar does with it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from icalendar import Alarm, Calendar, Event, vCalAddress, vUri

from notifications.channels.email.letter import Letter
from notifications.deliveries import Delivery
from notifications.store import Session

Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True)
class CalendarFile:
    method: Method
    content: bytes


def calendar_file(delivery: Delivery, session: Session, letter: Letter, organiser: str, attendee: str) -> CalendarFile:
    """One event per enrollment, whose later versions replace the earlier: the same UID, and a SEQUENCE that rises.

    A place in the queue is tentative and keeps no time busy. Times are in UTC: calendars show them where their owner is.
    """
    assert letter.about is not None
    method: Method = "CANCEL" if _is_over(delivery) else "REQUEST"
    event = Event()
    event.add("uid", f"{delivery.enrollment_id}@skillslab")
    event.add("sequence", delivery.revision)
    event.add("dtstamp", delivery.logged_at)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event.add("summary", letter.about.title)
    event.add("location", letter.about.where)
    event.add("description", "\n".join(filter(None, (letter.about.sample, letter.lines[0], letter.link))))
    event.add("url", vUri(letter.link))
    event.add("organizer", _calendar_address(organiser, CN="Skillslab"))
    event.add("attendee", _calendar_address(attendee, **_participation(delivery)))
    event.add("status", _status(delivery))
    event.add("transp", "OPAQUE" if _has_seat(delivery) else "TRANSPARENT")
    if _has_seat(delivery):
        event.add_component(_a_day_before(letter.about.title))
    calendar = Calendar()
    calendar.add("prodid", "-//Skillslab//Notifications//NL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return CalendarFile(method, calendar.to_ical())


def _is_over(delivery: Delivery) -> bool:
    return delivery.template in {"cancelled", "offer-lapsed", "session-cancelled"}


def _has_seat(delivery: Delivery) -> bool:
    return delivery.template in {"confirmed", "confirmed-from-waiting-list", "moved-with-a-seat"}


def _status(delivery: Delivery) -> str:
    if _is_over(delivery):
        return "CANCELLED"
    return "CONFIRMED" if _has_seat(delivery) else "TENTATIVE"


def _participation(delivery: Delivery) -> dict[str, str]:
    """Nobody has to answer: the desk knows."""
    return {"PARTSTAT": "ACCEPTED" if _has_seat(delivery) else "TENTATIVE", "RSVP": "FALSE"}


def _calendar_address(address: str, **parameters: str) -> vCalAddress:
    calendar_address = vCalAddress(f"mailto:{address}")
    calendar_address.params.update(parameters)
    return calendar_address


def _a_day_before(title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(days=-1))
    alarm.add("description", title)
    return alarm
