"""Days, times and numbers as people write them, in Amsterdam's time."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import dates, numbers

from shared.translations import Language

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LOCALES: dict[Language, str] = {"nl": "nl_NL", "en": "en_GB"}


def local(moment: datetime | date) -> datetime | date:
    return moment.astimezone(AMSTERDAM) if isinstance(moment, datetime) else moment


def day(moment: datetime | date, language: Language) -> str:
    """dinsdag 12 januari 2027"""
    return dates.format_date(local(moment), "EEEE d MMMM y", LOCALES[language])


def short_day(moment: datetime | date, language: Language) -> str:
    """di 12 jan 2027"""
    return dates.format_date(local(moment), "E d MMM y", LOCALES[language])


def part(moment: datetime | date, pattern: str, language: Language) -> str:
    """One part of a day, such as `MMM`."""
    return dates.format_date(local(moment), pattern, LOCALES[language]).rstrip(".")


def clock(moment: datetime, language: Language) -> str:
    """8.30 uur, 8:30"""
    return dates.format_time(moment, "H.mm 'uur'" if language == "nl" else "H:mm", AMSTERDAM, LOCALES[language])


def second(moment: datetime, language: Language) -> str:
    """di 12 jan 2027, 14:03:05"""
    return f"{short_day(moment, language)}, {dates.format_time(moment, 'HH:mm:ss', AMSTERDAM, LOCALES[language])}"


def hours(starts_at: datetime, ends_at: datetime, language: Language) -> str:
    """8.30 tot 16.30 uur, 8:30 to 16:30"""
    pattern, to = ("H.mm", "tot") if language == "nl" else ("H:mm", "to")
    start, end = (dates.format_time(moment, pattern, AMSTERDAM, LOCALES[language]) for moment in (starts_at, ends_at))
    return f"{start} {to} {end} uur" if language == "nl" else f"{start} {to} {end}"


def hours_over_days(starts_at: datetime, ends_at: datetime, language: Language) -> str:
    """Van 8.30 uur op de eerste dag tot 16.30 uur op de laatste"""
    start, end = clock(starts_at, language), clock(ends_at, language)
    if language == "nl":
        return f"Van {start} op de eerste dag tot {end} op de laatste"
    return f"From {start} on the first day to {end} on the last"


def period(starts_at: datetime, ends_at: datetime, language: Language) -> str:
    """The day and its hours, or the first and the last of several days."""
    if same_day(starts_at, ends_at):
        return f"{day(starts_at, language)}, {hours(starts_at, ends_at, language)}"
    to = "tot en met" if language == "nl" else "to"
    return f"{part(starts_at, 'EEEE d MMMM', language)} {to} {day(ends_at, language)}"


def same_day(starts_at: datetime, ends_at: datetime) -> bool:
    return starts_at.astimezone(AMSTERDAM).date() == ends_at.astimezone(AMSTERDAM).date()


def number(value: float, language: Language) -> str:
    return numbers.format_decimal(value, locale=LOCALES[language])
