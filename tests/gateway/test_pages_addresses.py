"""Every page has an address in each language, and the way from one to the other is always found."""

from __future__ import annotations

from collections import Counter

import pytest

from gateway.forms import clean
from gateway.pages import routes, sign_in
from gateway.pages.addresses import ADDRESSES, elsewhere, path
from tests.sabotage import twin

PARTS = {
    "fieldlab": "techport", "course": "c0", "session": "s0", "enrollment": "e0", "ticket": "t0", "slug": "busy",
    "mail": "1.M2P3Q4.skillslab",
    "number": 0, "token": f"{'0' * 32}.a-b_c", "invitation": "i0", "erasure": "w0",
    "provider": "school", "identity": "i1", "browser": "b1", "kind": "xlsx", "transfer": "t0",
}  # fmt: skip


def test_every_page_has_an_address_of_its_own_in_both_languages() -> None:
    addresses = [address for pair in ADDRESSES.values() for address in pair]
    assert max(Counter(addresses).values()) == 1
    assert all(dutch != "/en" and not dutch.startswith("/en/") for dutch, _ in ADDRESSES.values())
    assert all(english == "/en" or english.startswith("/en/") for _, english in ADDRESSES.values())


def test_every_page_has_a_handler_and_every_handler_a_page() -> None:
    assert routes.READ.keys() | routes.CHANGE.keys() == ADDRESSES.keys()


@pytest.mark.parametrize("name", ADDRESSES)
def test_the_other_language_of_the_other_language_is_the_same_page(name: str) -> None:
    dutch, english = path(name, "nl", PARTS, q="lassen"), path(name, "en", PARTS, q="lassen")
    assert elsewhere(dutch, "en") == english
    assert elsewhere(english, "nl") == dutch
    assert elsewhere(dutch, "nl") == dutch


def test_an_unknown_address_leads_home() -> None:
    assert elsewhere("/nergens/naartoe?q=1", "en") == "/en"
    assert elsewhere("//elsewhere.example", "nl") == "/"


def test_a_part_cannot_break_out_of_its_place() -> None:
    assert path("fieldlab", "nl", {"fieldlab": "../x?y#z"}) == "/fieldlabs/..%2Fx%3Fy%23z"


def test_nothing_empty_goes_into_an_address() -> None:
    assert path("home", "nl", None, q="", region=None, available=False, page=2) == "/?page=2"


ELSEWHERE = [
    "https://evil.example", "http:evil.example", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "/\t/evil.example", "/\n/evil.example", "/%0a/evil.example//x", " //evil.example", "/ /evil.example", "javascript:alert(1)",
    "data:text/html,x", "evil.example", "/..//evil.example", "/./\\/evil.example", "/x//evil.example", "\x00//evil.example",
    "/\x7f/evil.example", "/\u2028/evil.example", "/\uff0fevil.example", "https:/evil.example", "?next=//evil.example", "#x",
    "/" + "x" * 1000, "",
]  # fmt: skip


def no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "safe_next", lambda page: page)


@twin(no_check)
def test_nobody_is_led_from_here_to_another_site(guard: None) -> None:
    assert [page for page in ELSEWHERE if page and sign_in.safe_next(page)] == []


@pytest.mark.parametrize("page", ["/", "/en/courses/c0", "/inschrijven/s0?x=1&y=%2F", "/?q=las%20robot&region=Den+Haag"])
def test_ones_own_pages_are_gone_on_to(page: str) -> None:
    assert sign_in.safe_next(page) == page


def test_what_people_type_is_cleaned() -> None:
    assert clean("  las\x00sen\u202e\r\n ") == "lassen"
