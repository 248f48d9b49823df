"""The choice of an organiser whether an approval is asked, as forms have it."""

from __future__ import annotations

from collections.abc import Mapping


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


CHOICES: Mapping[str, tuple[str, bool, bool]] = {
    "": (_("No: whoever enrolls gets a place that is free"), False, True),
    "with-seat": (_("Yes, and a place is held for who asks"), True, True),
    "first": (_("Yes, and a place is given only after that"), True, False),
}
"""By what a form sends: the words, whether an approval is needed, and whether a request holds a place."""
WORDS: Mapping[str, str] = {name: text for name, (text, _needs, _holds) in CHOICES.items()}
NO_CHOICE = _("Choose one of the answers.")
NO_HOURS = _("Write a number of hours from 1 to 720.")


def take(given: Mapping[str, str], told: dict[str, object]) -> dict[str, str]:
    """Put what was chosen with what is told; returns what is wrong with it. A form without the question changes nothing."""
    if "approval" not in given:
        return {}
    if given["approval"] not in CHOICES:
        return {"approval": NO_CHOICE}
    _text, told["needsApproval"], told["holdsSeat"] = CHOICES[given["approval"]]
    hours = given.get("approvalHours", "")
    if not hours:
        return {"approvalHours": NO_HOURS} if told["needsApproval"] else {}
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours[:4]) <= 720):
        return {"approvalHours": NO_HOURS}
    told["approvalHours"] = int(hours)
    return {}


def chosen(needs_approval: bool, holds_seat: bool) -> str:
    """What a form shows as chosen."""
    if not needs_approval:
        return ""
    return "with-seat" if holds_seat else "first"
