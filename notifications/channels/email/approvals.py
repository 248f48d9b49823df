"""What mails say about a request for approval, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping

from notifications.channels.email.wording import Translate, Wording
from notifications.deliveries import Delivery, Template


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


REASONS: Mapping[str, str] = {
    "prior-knowledge": _("It asks for knowledge or experience that you do not have yet, as far as they can see."),
    "other-group": _("It is meant for other people than you, such as those of another trade or employer."),
    "no-room": _("There were more requests than places."),
    "other-date": _("Another date suits you better, as far as they can see."),
    "contact-us": _("They would like to speak with you first. Please call or mail the fieldlab."),
}
"""What a no gives as its reason; none where the approver gave none."""


def about_request(_: Translate, delivery: Delivery, title: str, until: str) -> Wording:
    match delivery.template:
        case "waitlisted-for-approval":
            return waitlisted(_, title, delivery.position)
        case "approved":
            return approved(_, title)
        case "approved-and-waiting":
            return approved_and_waiting(_, title, delivery.position)
        case "declined":
            return declined(_, title, delivery.because or "")
        case "approval-lapsed":
            return lapsed(_, title)
        case "moved-with-a-request":
            return moved(_, title)
        case _asked:
            return asked(_, title, delivery.template, until)


def asked(_: Translate, title: str, template: Template, until: str) -> Wording:
    first = {
        "approval-asked-in-turn": _(
            "You were on the waiting list, and it is your turn: a place came free, and we hold it for you. The fieldlab "
            "approves each enrollment for this training."
        ),
        "approval-asked": _("The fieldlab approves each enrollment for this training. We hold a place for you meanwhile."),
    }.get(template, _("The fieldlab approves each enrollment for this training, and gives the places after that."))
    return Wording(
        subject=_("Approval is asked: {title}").format(title=title),
        lines=(
            first,
            _("You hear by {until} at the latest. Without an answer by then, your request has lapsed.").format(until=until),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you no longer want to come? Please withdraw, so that somebody else can have the place."),),
    )


def waitlisted(_: Translate, title: str, position: int | None) -> Wording:
    return Wording(
        subject=_("You are on the waiting list: {title}").format(title=title),
        lines=(
            _("There is no free place for you now. You are number {position} on the waiting list.").format(position=position),
            _("When it is your turn, a place is held for you and the fieldlab is asked to approve. We send you a mail then."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you not want to wait any longer? Then please cancel your enrollment."),),
    )


def approved_and_waiting(_: Translate, title: str, position: int | None) -> Wording:
    return Wording(
        subject=_("Approved, and on the waiting list: {title}").format(title=title),
        lines=(
            _("The fieldlab approved your enrollment. All places are taken at the moment."),
            _("You are number {position} on the waiting list.").format(position=position),
            _("We send you a mail when it is your turn."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you not want to wait any longer? Then please cancel your enrollment."),),
    )


def approved(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("Approved, you have a place: {title}").format(title=title),
        lines=(
            _("Good news: the fieldlab approved your enrollment, and you have a place on this training."),
            _("There is a calendar file with this mail. Open it to put the training in your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Can you not come after all? Please cancel in time, so that somebody else gets your place."),),
    )


def declined(_: Translate, title: str, because: str) -> Wording:
    reason = REASONS.get(because)
    return Wording(
        subject=_("Not approved: {title}").format(title=title),
        lines=(
            _("The fieldlab did not approve your enrollment for this training. We are sorry."),
            *([_(reason)] if reason else []),
            _("There is a calendar file with this mail. Open it to take the training out of your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you have questions about it? Please ask the fieldlab."),),
    )


def lapsed(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("No answer in time: {title}").format(title=title),
        lines=(
            _("The fieldlab did not answer your request in time, so it has lapsed. We are sorry: it is not because of you."),
            _("There is a calendar file with this mail. Open it to take the training out of your calendar."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Do you still want to come? You can enroll again, or ask the fieldlab."),),
    )


def moved(_: Translate, title: str) -> Wording:
    return Wording(
        subject=_("Changed: {title}").format(title=title),
        lines=(
            _("This training is at another time or place. Below is how it is now."),
            _("Your request still waits for an answer. Open the calendar file with this mail to set your calendar right."),
        ),
        button=_("See my enrollment"),
        afterwards=(_("Does it not suit you any more? You can cancel freely, and somebody else gets your place."),),
    )
