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
