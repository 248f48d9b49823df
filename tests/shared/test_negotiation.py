"""The form of an answer is what the asker likes best, of what there is."""

from __future__ import annotations

import pytest

from shared.web.negotiation import best

OFFERS = ("application/json", "text/csv", "application/vnd.x")


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/csv", "text/csv"),
        ("TEXT/CSV; charset=utf-8", "text/csv"),
        ("text/*", "text/csv"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/json"),
        ("application/json;q=0.5, text/csv", "text/csv"),
        ("application/json;q=0.5, text/csv;q=0.4", "application/json"),
        ("text/csv, application/json", "application/json"),
        ("*/*, application/json;q=0", "text/csv"),
        ("*/*;q=0.1, text/*;q=0.2, text/csv;q=0", "application/json"),
        ("application/*;q=0.2, application/vnd.x;q=0.9", "application/vnd.x"),
        ("text/csv;q=1.000", "text/csv"),
        ("text/csv ; q=0.001", "text/csv"),
        ("text/csv;charset=utf-8;q=0.2, application/json;q=0.1", "text/csv"),
        (", ,text/csv,", "text/csv"),
    ],
)
def test_what_is_liked_best_is_given(accept: str, form: str) -> None:
    assert best(accept, OFFERS) == form


@pytest.mark.parametrize(
    "accept", ["image/png", "text/html", "text/csv;q=0", "*/*;q=0", "application/jso", "text/csv;q=0.000, image/*"]
)
def test_what_there_is_not_is_not_given(accept: str) -> None:
    assert best(accept, OFFERS) is None


@pytest.mark.parametrize("accept", ["csv", "text/", "/", "*", "text/csv;q=2", "text/csv;q=x", "text/csv;q=-1", "é/ü", "*/json"])
def test_a_header_that_makes_no_sense_asks_for_nothing_in_particular(accept: str) -> None:
    assert best(accept, OFFERS) == "application/json"
    assert best(f"{accept}, application/vnd.x", OFFERS) == "application/vnd.x"
