"""Who asks, as one service tells another: signed, for a minute, and in one way alone."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from uuid import UUID

import pytest
from itsdangerous import Signer, TimestampSigner

from shared.errors import Rejected
from shared.web import principal
from shared.web.principal import Principal, PrincipalKey, Role
from tests.sabotage import twin

SECRET = "k" * 43
SOMEBODY = Principal(UUID(int=7), (Role("worker"), Role("region", "PV28")))
KEY = PrincipalKey(SECRET)


def is_believed(signed: str) -> bool:
    try:
        return KEY.check(signed) == SOMEBODY
    except Rejected as no:
        return no.status != 401


def payload() -> bytes:
    """The part that says who it is."""
    return KEY.sign(SOMEBODY).split(".")[0].encode()


def for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principal, "VALID_SECONDS", 3600)


@twin(for_an_hour)
def test_a_principal_counts_for_a_minute(guard: None, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    signed = KEY.sign(SOMEBODY)
    assert is_believed(signed)
    with monkeypatch.context() as later:
        later.setattr("time.time", lambda: now + 59)
        assert is_believed(signed)
        later.setattr("time.time", lambda: now + 62)
        assert not is_believed(signed)


def another_role(signed: str) -> str:
    return ".".join(
        [urlsafe_b64encode(b'["%s",[["operator",""]]]' % str(UUID(int=7)).encode()).decode(), *signed.split(".")[1:]]
    )


FALSE: dict[str, Callable[[], str]] = {
    "another role": lambda: another_role(KEY.sign(SOMEBODY)),
    "another key": lambda: PrincipalKey("x" * 43).sign(SOMEBODY),
    "another purpose": lambda: TimestampSigner(SECRET, salt="form", digest_method=hashlib.sha256).sign(payload()).decode(),
    "another hash": lambda: TimestampSigner(SECRET, salt="principal", digest_method=hashlib.sha1).sign(payload()).decode(),
    "without a time": lambda: Signer(SECRET, salt="principal", digest_method=hashlib.sha256).sign(payload()).decode(),
    "no signature": lambda: KEY.sign(SOMEBODY).rpartition(".")[0],
    "an empty signature": lambda: KEY.sign(SOMEBODY).rpartition(".")[0] + ".",
    "nothing": lambda: "",
}


@pytest.mark.parametrize("kind", FALSE)
def test_a_principal_that_was_signed_otherwise_is_nobodys(kind: str) -> None:
    assert not is_believed(FALSE[kind]())
