"""What this service reads from its environment."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    """The addresses are those of the service itself and of those it calls."""

    model_config = SettingsConfigDict(hide_input_in_errors=True)  # there are keys and passwords among it

    notifications_url: str
    gateway_url: str
    catalog_url: str
    enrollment_url: str
    smtp_url: str = ""
    """`smtp://user:password@host` or `smtps://…`, see channels/email/smtp.py; when empty, the local mailbox of demo mode."""
    mail_from: str = "Skillslab <no-reply@skillslab.example>"
    public_url: str = "http://127.0.0.1:8080"
    """Where people find the platform; links in mails start with it."""

    @model_validator(mode="after")
    def _mail_goes_somewhere(self) -> Self:
        if not self.smtp_url and not self.demo:
            raise ValueError(
                "no mail can be sent: set SKILLSLAB_SMTP_URL (smtp://user:password@host:587), "
                "or SKILLSLAB_DEMO=1 to keep all mail in a local mailbox"
            )
        return self
