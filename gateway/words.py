"""What codes mean, in plain words. English here; Dutch in the catalogue of translations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def _(text: str) -> str:
    """Marks a text for translation."""
    return text


LEVELS: Mapping[int, str] = {
    1: _("mbo 1 (entry level)"),
    2: _("mbo 2"),
    3: _("mbo 3"),
    4: _("mbo 4"),
    5: _("associate degree"),
    6: _("hbo bachelor"),
    7: _("master"),
    8: _("doctorate"),
}
"""The EQF level by its Dutch counterpart."""

FOR_WHOM: Mapping[int, str] = {
    1: _("For everybody. You need no diploma."),
    2: _("For people who do practical work. You need no diploma in technology."),
    3: _("For people with some years of experience, or a diploma at mbo 2 or 3."),
    4: _("For experienced technicians, or people with a diploma at mbo 3 or 4."),
    5: _("For technicians and team leaders who want to go on after mbo 4."),
    6: _("For engineers and managers who work or think at hbo level."),
    7: _("For specialists who work or think at master level."),
    8: _("For researchers."),
}

MODES: Mapping[str, str] = {
    "presential": _("On location"),
    "blended": _("Partly on location, partly online"),
    "online": _("Online"),
    "work_based": _("At your own workplace"),
}

REASONS: Mapping[str, str] = {
    "by-person": _("You withdrew"),
    "by-person-late": _("You withdrew late"),
    "offer-refused": _("You let the place go"),
    "offer-lapsed": _("The time to take the place is over"),
    "by-organiser": _("The fieldlab did not approve it"),
    "approval-lapsed": _("The fieldlab did not answer in time"),
    "prior-knowledge": _("It asks for knowledge or experience that is not there yet"),
    "other-group": _("It is meant for other people"),
    "no-room": _("There were more requests than places"),
    "other-date": _("Another date suits better"),
    "contact-us": _("The fieldlab would like to speak with the person first"),
    "session-cancelled": _("The fieldlab called the training off"),
    "list-ended": _("The training began, and no place fell free"),
    "to-other-session": _("You moved to another date"),
    "transferred": _("You handed your place over"),
}
"""Why an enrollment ended."""

WHY: Mapping[str, str] = {
    "illness": _("Illness"),
    "work": _("Work"),
    "other-session": _("I go on another date"),
    "other": _("Something else"),
}
"""Why somebody withdraws."""

NO_REASONS: Sequence[str] = ("prior-knowledge", "other-group", "no-room", "other-date", "contact-us")
"""Of these, those that an organiser may give for not approving."""

CORRECTIONS: Mapping[str, str] = {
    "mistake": _("It was marked by mistake"),
    "came-late": _("Came later"),
    "left-early": _("Left early"),
    "passed-later": _("Passed later"),
    "result-revised": _("The result was looked at again"),
}
"""Why it was corrected what became of a place."""

MARKS: Mapping[str, str] = {
    "present": _("Present"),
    "absent": _("Absent"),
    "completed": _("Completed"),
}
"""What an organiser marks, by the list of the API."""

ENROLLMENT_STATES: Mapping[str, str] = {
    "requested": _("Approval is asked"),
    "declined": _("Not approved"),
    "confirmed": _("You have a place"),
    "waitlisted": _("You are on the waiting list"),
    "offered": _("A place is held for you"),
    "cancelled": _("Withdrawn"),
    "attended": _("You were there"),
    "completed": _("You completed this training"),
    "no_show": _("You were marked absent"),
}

WAYS: Mapping[str, str] = {
    "first-come": _("In the order in which people enroll"),
    "draw": _("By a draw among everybody who enrolls before a moment"),
}
"""In which order people are served when a session opens."""

TICKET_STATES: Mapping[str, str] = {
    "waiting": _("it is not your turn yet"),
    "enrolled": _("it became an enrollment"),
    "refused": _("it came to nothing"),
    "withdrawn": _("it counts no longer"),
}

SIZE_CLASSES: Mapping[str, str] = {
    "micro": _("Fewer than 10 people"),
    "small": _("10 to 49 people"),
    "medium": _("50 to 249 people"),
    "large": _("250 people or more"),
}

SEAT_GROUPS: Mapping[str, str] = {
    "sme": _("people of small and medium-sized employers"),
    "own-region": _("people who work in this region"),
    "jobseekers": _("people who are looking for work"),
}
"""For whom places are kept: after "for" comes this."""

SECTORS: Mapping[str, str] = {
    "C": _("Industry (making products)"),
    "F": _("Construction"),
    "A": _("Agriculture, forestry and fishing"),
    "B": _("Mining and quarrying"),
    "D": _("Energy"),
    "E": _("Water and waste"),
    "G": _("Trade"),
    "H": _("Transport and storage"),
    "I": _("Hotels, restaurants and catering"),
    "J": _("Information and communication"),
    "K": _("Finance"),
    "L": _("Real estate"),
    "M": _("Advice, research and engineering"),
    "N": _("Rental and other services to firms"),
    "O": _("Government"),
    "P": _("Education"),
    "Q": _("Health and care"),
    "R": _("Culture, sports and recreation"),
    "S": _("Other services"),
    "T": _("Households as employers"),
    "U": _("International organisations"),
}

WORKER_GROUPS: Mapping[str, str] = {
    "employed": _("I have a job with an employer"),
    "self-employed": _("I work for myself"),
    "jobseeker": _("I am looking for work"),
    "student": _("I am a student"),
}

FUNDING: Mapping[str, str] = {
    "own": _("I pay myself"),
    "employer": _("My employer pays"),
    "slim": _("The SLIM scheme"),
    "a-plus-o": _("A+O Metalektro"),
    "oom": _("OOM (metalworking)"),
    "region": _("The region pays"),
}

GROUPS_REPORTED: Mapping[str, str] = {
    "employed": _("Employed"),
    "self-employed": _("Self-employed"),
    "jobseeker": _("Looking for work"),
    "student": _("Student"),
}

FUNDING_REPORTED: Mapping[str, str] = {
    "own": _("The worker"),
    "employer": _("The employer"),
    "slim": _("The SLIM scheme"),
    "a-plus-o": _("A+O Metalektro"),
    "oom": _("OOM (metalworking)"),
    "region": _("The region"),
}

FIELDLAB_KINDS: Mapping[str, str] = {
    "fieldlab": _("Fieldlab"),
    "skillslab": _("Skillslab"),
    "related": _("Related place"),
}

SOURCES: Mapping[str, str] = {
    "general knowledge": _("general knowledge"),
    "general knowledge (one of the first ten)": _("general knowledge (one of the first ten)"),
    "general knowledge (WCM)": _("general knowledge (World Class Maintenance)"),
}
"""Where a fact comes from, if that is nothing that can be looked up."""

CERTAINTY: Mapping[str, str] = {
    "high": _("We are quite sure of these facts."),
    "medium": _("We are fairly sure of these facts; something may have changed."),
    "low": _("We are not sure of these facts."),
    "assumed": _("The municipality is our best guess."),
}

EVIDENCE: Mapping[str, str] = {
    "yes": _("Public sources say that there is training here."),
    "partial": _("Public sources say that training was planned here."),
    "none": _("We found nothing public about training here."),
}

ROLES: Mapping[str, str] = {
    "worker": _("Worker"),
    "employer": _("Employer"),
    "employer-contact": _("Contact person of an employer"),
    "organiser": _("Organiser at a fieldlab"),
    "region": _("Reviewer of a region"),
    "operator": _("Operator"),
}

STEPS: Mapping[str, str] = {
    "worker": _("Look for a course and enroll."),
    "employer": _("See the platform as an employer does."),
    "organiser": _("Publish a course and see how full it gets."),
    "region": _("Follow how many people take part."),
    "operator": _("Keep the platform running."),
}

ANSWERS: Mapping[str, str] = {
    "work": _("Where you work"),
    "home": _("Where you live"),
    "employerSizeClass": _("Size of the employer"),
    "sector": _("Sector"),
    "workerGroup": _("Situation of the worker"),
    "fundingScheme": _("Who pays"),
}
"""What somebody told with an enrollment."""

ANSWERED: Mapping[str, Mapping[str, str]] = {
    "employerSizeClass": SIZE_CLASSES,
    "sector": SECTORS,
    "workerGroup": GROUPS_REPORTED,
    "fundingScheme": FUNDING_REPORTED,
}

ACTIONS: Mapping[str, str] = {
    "signed-in": _("signed in"),
    "signed-out": _("signed out"),
    "signed-out-elsewhere": _("signed out on all other devices"),
    "signed-out-there": _("signed out on another device"),
    "signed-out-by-operator": _("was signed out everywhere by an operator"),
    "enrolled": _("enrolled"),
    "withdrew": _("withdrew"),
    "offer-accepted": _("took a place that was offered"),
    "offer-refused": _("let a place that was offered go"),
    "left-line": _("left a line or a draw"),
    "request-approved": _("approved an enrollment"),
    "request-declined": _("did not approve an enrollment"),
    "requests-seen": _("looked at who asks for approval"),
    "moved": _("moved to another date of a course"),
    "transfer-offered": _("offered their place to a colleague"),
    "transfer-accepted": _("took a place over from a colleague"),
    "transfer-declined": _("did not take a place over"),
    "transfer-withdrawn": _("kept their place after all"),
    "enrollments-seen": _("looked at enrollments"),
    "roster-seen": _("looked at who takes part in a session"),
    "attendance-marked": _("marked who was there"),
    "attendance-corrected": _("corrected who was there"),
    "people-seen": _("looked at who has which role"),
    "data-corrected": _("corrected their own data"),
    "data-downloaded": _("downloaded their own data"),
    "erased": _("was erased, as they asked"),
    "erased-on-request": _("was erased by an operator, as they asked"),
    "let-go": _("was erased after two years away"),
    "course-made": _("made a course"),
    "course-changed": _("changed a course"),
    "session-announced": _("announced a session"),
    "session-changed": _("changed a session"),
    "seats-changed": _("changed the seats of a session"),
    "session-cancelled": _("cancelled a session"),
    "session-confirmed": _("decided that a session takes place"),
    "retention-chosen": _("chose for how long to remember who took part"),
    "invited": _("invited somebody to a role"),
    "invitation-withdrawn": _("withdrew an invitation"),
    "invitation-declined": _("declined an invitation"),
    "role-accepted": _("accepted a role"),
    "role-chosen": _("chose another of their roles"),
    "role-given-up": _("gave up a role"),
    "role-withdrawn": _("withdrew somebody's role"),
    "token-made": _("made a token"),
    "token-ended": _("ended a token"),
    "account-connected": _("connected an account of an organisation"),
    "account-disconnected": _("disconnected an account of an organisation"),
    "audit-read": _("read the audit log"),
}
"""What somebody did, as the audit log has it: after "who" comes this."""

DONE: Mapping[str, str] = {
    "saved": _("Saved."),
    "left-line": _("You no longer take part."),
    "invited": _("The invitation is on its way."),
    "invitation-withdrawn": _("The invitation is withdrawn."),
    "invitation-declined": _("You declined the invitation."),
    "role-withdrawn": _("The role is withdrawn. It counts nowhere any more."),
    "role-given-up": _("You no longer have this role."),
    "token-ended": _("The token has ended. It opens nothing any more."),
    "signed-out-elsewhere": _("You are signed out everywhere else."),
    "signed-out-there": _("That browser is signed out."),
    "course-made": _("The course is published. Add a date, so that people can enroll."),
    "session-announced": _("The date is published."),
    "seats-changed": _("The places are changed."),
    "session-changed": _("Everybody who is enrolled is told."),
    "request-approved": _("Approved. The person is told at once."),
    "request-declined": _("Not approved. The person is told at once."),
    "session-confirmed": _("The training takes place for sure."),
    "session-cancelled": _("The training is called off. Everybody who was enrolled is told."),
    "attendance-marked": _("It is marked. Whoever completed the training gets a mail."),
    "moved": _("You moved to this date. Your earlier place went to the next in line."),
    "transfer-offered": _("We asked your colleague by mail. The place stays yours until they say yes."),
    "transfer-withdrawn": _("You keep your place. Your colleague cannot take it over any more."),
    "transfer-declined": _("Your colleague keeps the place."),
    "transfer-accepted": _("The place is yours now."),
}
"""What was done just now: the page that follows says it."""

MAILS: Mapping[str, str] = {
    "confirmed": _("You have a place"),
    "confirmed-from-waiting-list": _("You have a place after all"),
    "waitlisted": _("You are on the waiting list"),
    "offered": _("A place is held for you"),
    "offer-lapsed": _("The place went to somebody else"),
    "approval-asked": _("Approval is asked"),
    "approval-asked-first": _("Approval is asked"),
    "approval-asked-in-turn": _("Approval is asked"),
    "waitlisted-for-approval": _("You are on the waiting list"),
    "approved": _("Approved, and you have a place"),
    "approved-and-waiting": _("Approved, and on the waiting list"),
    "declined": _("Not approved"),
    "approval-lapsed": _("The fieldlab did not answer in time"),
    "moved-with-a-request": _("The training is at another time or place"),
    "list-ended": _("No place fell free"),
    "moved-with-a-seat": _("The training is at another time or place"),
    "moved": _("The training is at another time or place"),
    "session-cancelled": _("The training does not take place"),
    "cancelled": _("You withdrew"),
    "completed": _("You completed this training"),
    "outcome-corrected": _("It was corrected that you completed this training"),
    "to-other-session": _("You moved"),
    "transferred": _("You handed your place over"),
    "transfer": _("A colleague offers you their place"),
    "ticket": _("You take part in a draw"),
    "ticket-ended": _("The training does not take place"),
    "ticket-refused": _("There is no place for you"),
    "sign-in": _("A link to sign in"),
    "invitation": _("An invitation to a role"),
}

MAILS_TO_CHOOSE: Mapping[str, str] = {
    "waitlisted": _("That I am on a waiting list"),
    "cancelled": _("That I withdrew"),
}

MAIL_STATES: Mapping[str, str] = {
    "due": _("to be sent"),
    "sending": _("being sent"),
    "sent": _("sent"),
    "unknown": _("probably sent"),
    "no_recipient": _("not sent: there was nobody to send it to"),
    "declined": _("not sent: you chose not to get it"),
    "stale": _("not sent: it was no news any more"),
    "failed": _("not sent: your mail server refused it"),
}

ERASED: Mapping[str, str] = {
    "roles": _("roles"),
    "tokens": _("tokens"),
    "sessions": _("devices on which you were signed in"),
    "accounts": _("accounts of organisations"),
    "links": _("links to sign in"),
    "invitations": _("invitations to you"),
    "transfers": _("places that were offered to you, or by you"),
    "acts": _("lines of the audit log, of which the name went"),
    "enrollments": _("enrollments, which are nobody's now"),
    "givenUp": _("of which a place was given up"),
}

PARTS: Mapping[str, str] = {
    "gateway": _("Your name and address, and how you signed in"),
    "enrollment": _("Your enrollments"),
    "notifications": _("Which mails you got"),
    "catalog": _("Places that are left"),
}
"""The parts of the platform, by what they know of somebody."""

DIMENSIONS: Mapping[str, str] = {
    "month": _("Month"),
    "theme": _("Theme"),
    "fieldlab": _("Fieldlab"),
    "municipality": _("Municipality"),
    "labourMarketRegion": _("Labour market region"),
    "level": _("Level"),
    "employerSizeClass": _("Size of the employer"),
    "sector": _("Sector"),
    "workerGroup": _("Situation of the worker"),
    "fundingScheme": _("Who pays"),
}

BASES: Mapping[str, str] = {
    "work": _("Where people work"),
    "home": _("Where people live"),
    "fieldlab": _("Where the training is"),
}

MEASURES: Mapping[str, tuple[str, str]] = {
    "taken": (_("Places taken"), _("Enrollments that hold a place. Somebody with two courses counts twice.")),
    "completed": (_("Completed"), _("Places of people who were there and passed.")),
    "no_show": (_("Absent"), _("Places of people who did not come.")),
    "participants": (_("Participants"), _("Different people with at least one place. These do not add up over regions.")),
    "waitlisted": (_("On the waiting list"), _("Enrollments that wait for a place.")),
    "cancelled": (_("Withdrawn"), _("Enrollments that were withdrawn.")),
}
"""The name of a measure, and its definition."""

VALUES: Mapping[str, Mapping[Any, str]] = {
    "level": LEVELS,
    "employerSizeClass": SIZE_CLASSES,
    "sector": SECTORS,
    "workerGroup": GROUPS_REPORTED,
    "fundingScheme": FUNDING_REPORTED,
}
"""What the values of a dimension are called in the region's report."""

HOW_TO_READ: Sequence[str] = (
    _("A day is the day, in Amsterdam, on which an enrollment got the state it has now."),
    _("A place counts in the regions it lay in when the person enrolled. Later changes of borders do not move old figures."),
    _(
        "Figures of your own region are exact. Of other regions, figures of 1 to 4 are hidden, and with them figures from "
        "which those would follow."
    ),
    _("Provisional means: somebody may still withdraw, and a place may still be filled."),
)
