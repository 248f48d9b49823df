"""Facts the gateway publishes."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event


class SignInRequested(Event):
    """Someone asked for a sign-in link. Whoever mails it asks the gateway for address and link by this id."""

    type: ClassVar[str] = "nl.skillslabs.gateway.sign-in-requested"

    sign_in_id: UUID

    @property
    def subject(self) -> str:
        return f"sign-ins/{self.sign_in_id}"


class PersonInvited(Event):
    """Someone was asked to take a role. Whoever mails it asks the gateway for address and words by this id."""

    type: ClassVar[str] = "nl.skillslabs.gateway.person-invited"

    invitation_id: UUID

    @property
    def subject(self) -> str:
        return f"invitations/{self.invitation_id}"


class TransferOffered(Event):
    """Somebody would hand their seat over to a colleague. Whoever mails it asks the gateway for the address by this id."""

    type: ClassVar[str] = "nl.skillslabs.gateway.transfer-offered"

    transfer_id: UUID
    session_id: UUID

    @property
    def subject(self) -> str:
        return f"transfers/{self.transfer_id}"


class PersonForgotten(Event):
    """Somebody is to be forgotten: whoever holds their id puts another in its place, and blanks what they told of themselves.

    The id that it names belongs to nobody any more. It stays in this log alone, so that whoever restores a backup of another
    service can have it forget once more.
    """

    type: ClassVar[str] = "nl.skillslabs.gateway.person-forgotten"

    erasure_id: UUID
    person_id: UUID

    @property
    def subject(self) -> str:
        return f"erasures/{self.erasure_id}"
