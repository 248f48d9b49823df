"""The region's report as a file: the same figures, in words where one is hidden, and safe to open."""

from __future__ import annotations

import csv
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urlencode

import pytest
from python_calamine import CalamineWorkbook

from gateway import words
from gateway.api.uptake_files import explanation, figures_of, file_name
from gateway.names import Names
from shared.spreadsheets import CSV, XLSX
from tests.gateway.conftest import SessionWith, Visit
from tests.platform import Running

HIDDEN = {"withheld": True}
REPORT: dict[str, Any] = {
    "region": "NL", "basis": "work", "from": "2027-01-01", "to": "2027-03-31", "asOf": None, "status": "provisional",
    "groupBy": ["province", "level"],
    "items": [
        {"key": {"province": "PV28", "level": 3},
         "enrollments": {"taken": 12, "completed": 7, "no_show": 0, "waitlisted": 0, "cancelled": 1},
         "participants": 11},
        {"key": {"province": None, "level": 8},
         "enrollments": {**dict.fromkeys(("taken", "completed", "no_show"), HIDDEN), "waitlisted": 6, "cancelled": 0},
         "participants": HIDDEN},
    ],
    "totals": {"enrollments": {**dict.fromkeys(("taken", "completed", "no_show"), HIDDEN), "waitlisted": 6, "cancelled": 1},
               "participants": HIDDEN},
}  # fmt: skip
KNOWN = Names({}, {"PV28": {"nameNl": "Zuid-Holland", "nameEn": "South Holland", "kind": "province"}}, {}, {})
NOW = datetime(2027, 4, 1, 12, 30, tzinfo=UTC)


def test_a_hidden_figure_is_a_word_and_the_others_are_numbers() -> None:
    assert figures_of(REPORT, KNOWN, "nl") == [
        ["Provincie", "Provincie (code)", "Niveau", "Niveau (code)", "Bezette plekken", "Afgerond", "Afwezig", "Deelnemers",
         "Op de wachtlijst", "Uitgeschreven"],
        ["Zuid-Holland", "PV28", "mbo 3", 3, 12, 7, 0, 11, 0, 1],
        ["Niet ingevuld", None, "doctoraat", 8, *["verborgen"] * 4, 6, 0],
        ["Totaal", None, None, None, *["verborgen"] * 4, 6, 1],
    ]  # fmt: skip


def test_without_lines_there_are_the_totals() -> None:
    assert figures_of({**REPORT, "groupBy": [], "items": []}, KNOWN, "en")[1:] == [[*["hidden"] * 4, 6, 1]]


def test_the_second_sheet_says_what_was_asked() -> None:
    about = dict(explanation(REPORT, {"theme": "robots", "level": "3"}, KNOWN, "en", NOW))

    assert about["Region"] == "the Netherlands (NL)"
    assert about["Period"] == "2027-01-01 up to and including 2027-03-31"
    assert about["Which place counts"] == "Where people work"
    assert (about["Theme"], about["Level"]) == ("robots", "mbo 3")
    assert about["Reference date"] == "2027-04-01 14:30"
    assert about["Status"] == "Provisional"
    assert about["Places taken"] == "Enrollments that hold a place. Somebody with two courses counts twice."


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("nl", "deelname-zuid-holland-2027-01-01-tot-en-met-2027-03-31.csv"),
        ("en", "uptake-south-holland-2027-01-01-to-2027-03-31.csv"),
    ],
)
def test_a_file_is_called_by_region_and_period(language: Any, name: str) -> None:
    assert file_name({**REPORT, "region": "PV28"}, KNOWN, language, CSV) == name


# As programs ask for it


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes


def ask(platform: Running, query: str, accept: str | None, language: str = "nl", *, role: str = "region") -> Answer:
    headers = {"Authorization": f"Bearer {platform.demo['tokens'][role]}", "Accept-Language": language}
    request = urllib.request.Request(
        f"{platform.base_url}/v1/uptake?{query}", headers={**headers, **({"Accept": accept} if accept else {})}
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())


def rows_of(text: bytes) -> Sequence[Sequence[str]]:
    return list(csv.reader(StringIO(text.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.fixture
def enrolled(platform: Running, visit: Visit, session_with: SessionWith) -> None:
    """Somebody enrolls in a region that the reviewer does not review, and the report knows it."""
    visit("worker").post(f"/inschrijven/{session_with(5)}", {"workMunicipality": "Terneuzen"})
    deadline = time.monotonic() + 15
    while b"withheld" not in ask(platform, "region=NL&groupBy=province", None).body:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.usefixtures("enrolled")
def test_the_same_figures_in_every_form(platform: Running) -> None:
    query = "region=NL&groupBy=province,theme"
    before, now = b"", ask(platform, query, None).body
    while before != now:  # others enroll meanwhile
        table = rows_of(ask(platform, query, CSV).body)
        book = CalamineWorkbook.from_filelike(BytesIO(ask(platform, query, XLSX).body))
        before, now = now, ask(platform, query, None).body
    told = json.loads(now)
    sheet = book.get_sheet_by_name("Cijfers").to_python()

    def figures(item: dict[str, Any]) -> list[Any]:
        counted = {**item["enrollments"], "participants": item["participants"]}
        shown = [counted[name] for name in words.MEASURES]
        return ["verborgen" if isinstance(figure, dict) else figure for figure in shown]

    wanted = [figures(item) for item in [*told["items"], told["totals"]]]
    assert [row[4:] for row in sheet[1:]] == wanted
    assert [row[4:] for row in table[1:]] == [[str(figure) for figure in line] for line in wanted]
    assert [row[1] for row in table[1:-1]] == [item["key"]["province"] or "" for item in told["items"]]
    assert any("verborgen" in line for line in wanted)
    assert book.sheet_names == ["Cijfers", "Hoe je deze cijfers leest"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "application/json"), ("*/*", "application/json"), (CSV, CSV), ("text/*, application/json;q=0.9", CSV),
        (f"{XLSX}, */*;q=0.1", XLSX), ("text/html, application/xml;q=0.9, */*;q=0.8", "application/json"),
    ],
)  # fmt: skip
def test_the_form_is_the_one_that_is_liked_best(platform: Running, accept: str | None, kind: str) -> None:
    answer = ask(platform, "region=PV28", accept)

    assert answer.status == 200
    assert answer.headers.get_content_type() == kind
    assert answer.headers["Vary"] == "Accept, Accept-Language"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if kind != "application/json":
        disposition = str(answer.headers["Content-Disposition"])
        assert re.fullmatch(r'attachment; filename="deelname-zuid-holland-[0-9-]+-tot-en-met-[0-9-]+\.(csv|xlsx)"', disposition)


def test_a_form_that_cannot_be_made_is_refused(platform: Running) -> None:
    answer = ask(platform, "region=PV28", "application/pdf, text/csv;q=0", "en")

    assert (answer.status, answer.headers.get_content_type()) == (406, "application/problem+json")
    assert json.loads(answer.body)["type"] == "/problems/not-acceptable"


@pytest.mark.parametrize("accept", [CSV, XLSX, "application/pdf"])
def test_a_file_is_for_who_may_see_the_figures(platform: Running, accept: str) -> None:
    assert ask(platform, "region=PV28", accept, role="organiser").status == 403
    assert ask(platform, "region=XX", accept).status == 400


# As people do


@pytest.mark.parametrize(("page", "first"), [("/deelname", "Thema"), ("/en/uptake", "Theme")])
def test_the_page_leads_to_its_figures_as_a_file(visit: Visit, page: str, first: str) -> None:
    reviewer = visit("region")
    shown = reviewer.get(f"{page}?{urlencode({'from': '2026-01-01', 'to': '2026-12-31', 'groupBy': 'theme'})}")
    [xlsx, table] = re.findall(r'href="([^"]+\.(?:xlsx|csv)\?[^"]+)"', shown.text)

    answer = reviewer.get(table.replace("&amp;", "&"))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "2026-01-01" in str(answer.headers["Content-Disposition"])
    assert answer.text.startswith(f'\ufeff"{first}"')
    assert xlsx.partition("?")[0].endswith("/cijfers.xlsx" if page == "/deelname" else "/figures.xlsx")
