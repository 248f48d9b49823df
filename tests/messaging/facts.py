"""A small fact to send around."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

from shared.contracts.gateway import SignInRequested


def a_fact(sign_in_id: UUID | None = None, revision: int = 1) -> SignInRequested:
    return SignInRequested(sign_in_id=sign_in_id or uuid4(), revision=revision, occurred_at=datetime.now(UTC))
