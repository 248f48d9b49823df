"""Numbers, days and times, as a form says them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from gateway.pages import formats


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


NO_TIME = _("Write a day as 2027-03-01 and a time as 08:30.")
NO_DAY = _("Write a day as 2027-03-01.")
NO_NUMBER = _("Write a whole number.")


def take_numbers(given: Mapping[str, str], fields: Sequence[str], told: dict[str, object]) -> dict[str, str]:
    """Put whole numbers with what is told; returns what is no number."""
    faults = {}
    for name in fields:
        written = given.get(name, "")
        if written.isascii() and written.isdigit() and len(written) < 9:
            told[name] = int(written)
        else:
            faults[name] = NO_NUMBER
    return faults


def moment(day: str, clock: str) -> datetime | None:
    """A day and a time in Amsterdam."""
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), formats.AMSTERDAM)
    except ValueError:
        return None
