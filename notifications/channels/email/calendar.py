"""The calendar file that goes with a mail about an enrollment (RFC 5545, and RFC 5546 for what a calendar does with it)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from icalendar import Alarm, Calendar, Event, vCalAddress, vUri

from notifications.channels.email.letter import AMSTERDAM, Letter
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

    A training of several days becomes an event of whole days that keeps no time busy, with its hours in words. When it meets
    is not known but for the first and the last hour; as one block it would claim the nights and the weekends between.
    """
    assert letter.about is not None
    starts, ends = session.starts_at.astimezone(AMSTERDAM), session.ends_at.astimezone(AMSTERDAM)
    whole_days = starts.date() != ends.date()
    method: Method = "CANCEL" if _is_over(delivery) else "REQUEST"
    hours = letter.about.when if whole_days else ""
    event = Event()
    event.add("uid", f"{delivery.enrollment_id}@skillslab")
    event.add("sequence", delivery.revision)
    event.add("dtstamp", delivery.logged_at)
    event.add("dtstart", starts.date() if whole_days else session.starts_at)
    event.add("dtend", _day_after(ends) if whole_days else session.ends_at)
    event.add("summary", letter.about.title)
    event.add("location", letter.about.where)
    event.add("description", "\n".join(filter(None, (letter.about.sample, letter.lines[0], hours, letter.link))))
    event.add("url", vUri(letter.link))
    event.add("organizer", _calendar_address(organiser, CN="Skillslab"))
    event.add("attendee", _calendar_address(attendee, **_participation(delivery)))
    event.add("status", _status(delivery))
    event.add("transp", "OPAQUE" if _has_seat(delivery) and not whole_days else "TRANSPARENT")
    if _has_seat(delivery):
        event.add_component(_a_day_before(letter.about.title, at_noon=whole_days))
    calendar = Calendar()
    calendar.add("prodid", "-//Skillslab//Notifications//NL")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return CalendarFile(method, calendar.to_ical())


def _is_over(delivery: Delivery) -> bool:
    return delivery.template in {"cancelled", "offer-lapsed", "list-ended", "session-cancelled"}


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


def _day_after(moment: datetime) -> date:
    """Where an event of whole days ends: its end is the first moment that is no longer part of it."""
    return moment.date() + timedelta(days=1)


def _a_day_before(title: str, *, at_noon: bool) -> Alarm:
    """At the same hour the day before; at noon before a day that has no hour."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", timedelta(hours=-12) if at_noon else timedelta(days=-1))
    alarm.add("description", title)
    return alarm
