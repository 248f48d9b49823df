"""No name and no title breaks out of its header, whatever it is, and none keeps its mail from going out."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.parser import BytesHeaderParser

import pytest

from notifications.channels.email import headers, letter, mail
from notifications.channels.email.headers import CannotBeWritten, address_of, for_header, from_header, head
from notifications.channels.email.mail import Writer
from tests import hostile
from tests.counts import count
from tests.notifications.build import a_delivery, a_recipient, a_session
from tests.sabotage import twin

COUNT = count(1000, 10_000)
NAMES = [
    "From", "Date", "Message-ID", "Content-Language", "Auto-Submitted", "Skillslab-Session", "To", "Subject", "MIME-Version",
    "Content-Type",
]  # fmt: skip
WRITER = Writer("Skillslab <no-reply@skillslab.example>", "https://skills.example")


def titles_go_in_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def as_it_comes(text: str) -> str:
        return text.encode("utf-8", "replace").decode()

    monkeypatch.setattr(mail, "for_header", lambda text: as_it_comes(text) if text.startswith("Je hebt") else for_header(text))
    monkeypatch.setattr(letter, "one_line", as_it_comes)

    def head_unchecked(name: str, address: str, subject: str, ours: dict[str, str]) -> bytes:
        fields = {**ours, "To": address, "Subject": subject}
        return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()

    monkeypatch.setattr(mail, "head", head_unchecked)


@pytest.mark.fuzz
@pytest.mark.timeout(300)
@twin(titles_go_in_as_they_come)
def test_no_name_and_no_title_adds_or_changes_a_header(guard: None) -> None:
    texts = list(hostile.texts(COUNT))
    for name, title in zip(texts, reversed(texts), strict=True):
        content = WRITER.write(a_delivery("confirmed"), a_recipient(name), a_session(title=title)).content

        sent = BytesHeaderParser(policy=policy.default).parsebytes(content)
        assert sent.keys() == NAMES, (name, title)
        assert [address.addr_spec for address in sent["To"].addresses] == ["anna@fabriek.example"], (name, title)
        assert sent["Subject"].startswith("Je hebt een plek:"), (name, title)
        assert b"\0" not in content


def test_ordinary_names_and_titles_arrive_as_they_are() -> None:
    for name in (
        "Anna de Vriës",
        "Jan-Willem van 't Hof",
        'Piet "de Lasser" Bakker',
        "Łukasz Żak",
        "山田 太郎",
        "Müller, Inge",
        "",
    ):
        content = WRITER.write(a_delivery(), a_recipient(name), a_session(title=f"Lassen én meer met {name}")).content

        sent = message_from_bytes(content, policy=policy.default)
        assert sent["To"].addresses[0].display_name == name
        assert sent["Subject"] == f"Je hebt een plek: Lassen én meer met {name}".strip()


def test_a_name_is_cut_to_a_length_that_headers_bear() -> None:
    assert len(for_header("x" * 1000)) == headers.LONGEST


def test_what_does_not_read_back_is_not_written() -> None:
    with pytest.raises(CannotBeWritten):
        head("x", "a@b.example", "Hallo =?utf-8?q?=0D=0ABcc:_evil@kwaad.example?= daar", {})


@pytest.mark.parametrize(
    ("email", "address"),
    [
        ("anna@fabriek.example", "anna@fabriek.example"),
        ("a.n+na_o'x@fabriek.example", "a.n+na_o'x@fabriek.example"),
        ("anna@münchen.example", "anna@xn--mnchen-3ya.example"),
    ],
)
def test_an_address_is_made_fit_for_the_mail_server(email: str, address: str) -> None:
    assert address_of(email) == address


@pytest.mark.parametrize(
    "email",
    [
        "", "anna", "@fabriek.example", "anna@", "an na@fabriek.example", "anna@fabriek.example\r\nBcc: x@y.example",
        "a@b@c.example", "<anna@fabriek.example>", "anna@fabriek.example>", "änna@fabriek.example", "anna@fab\0riek.example",
        "anna@-..example", "=?utf-8?q?=0A?=@fabriek.example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(CannotBeWritten):
        address_of(email)


def test_the_senders_name_may_have_accents() -> None:
    assert from_header("Skillslab <no-reply@skillslab.example>") == (
        "no-reply@skillslab.example",
        "Skillslab <no-reply@skillslab.example>",
    )
    address, header = from_header("Één Skillslab <post@skillslab.example>")
    assert address == "post@skillslab.example"
    assert header.isascii()
