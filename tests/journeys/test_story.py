"""The story everything else is built on, in a browser: from the form to the mail and the region's report, on either courier."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect

from shared.launch.postgres import Postgres
from tests.browser import DESK, PHONE, sign_in
from tests.platform import Running
from tests.servers import scratch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", params=["pgmq", pytest.param("rabbitmq", marks=pytest.mark.broker)])
def platform(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[Running]:
    """Everything, with nothing in it but the samples."""
    bus = request.getfixturevalue("rabbitmq").make_vhost("story") if request.param == "rabbitmq" else ""
    with scratch("story") as folder:
        running = Running(folder, postgres.url(f"story_{request.param}"), bus)
        try:
            running.start()
            yield running
        finally:
            running.stop()


def test_from_the_form_to_the_mail_and_the_regions_report(platform: Running, browser: Browser, tmp_path: Path) -> None:
    office = browser.new_context(base_url=platform.base_url, viewport=DESK)
    reviewer = office.new_page()
    sign_in(reviewer, "region")
    reviewer.goto("/deelname")
    taken = reviewer.locator(".tile__value").first
    expect(taken).to_have_text("0")

    pocket = browser.new_context(base_url=platform.base_url, viewport=PHONE)
    worker = pocket.new_page()
    sign_in(worker, "worker")
    course = find_a_course(worker)
    worker.get_by_role("link", name=re.compile("^Inschrijven")).first.click()
    worker.fill("#workMunicipality", "Dordrecht")
    worker.click("form.form button")

    expect(taken, "within two seconds, by itself").to_have_text("1", timeout=2000)
    expect(worker.locator("h1")).to_have_text("Je hebt een plek")

    calendar = read_the_mail(worker, course, tmp_path)
    (event,) = calendar.walk("VEVENT")
    assert course in str(event["SUMMARY"])

    worker.goto("/mijn-inschrijvingen")
    expect(worker.locator("main")).to_contain_text(course)
    office.close()
    pocket.close()


def find_a_course(page: Page) -> str:
    """Look for welding, with a seat free, and open what comes first; returns its title."""
    page.goto("/")
    page.fill("#q", "lassen")
    page.get_by_text("Meer keuzes").click()
    page.check("#available")
    page.wait_for_url(re.compile("q=lassen.*available="))
    page.locator("#results .card__link").first.click()
    page.wait_for_url("**/cursussen/*")
    return page.inner_text("h1")


def read_the_mail(page: Page, course: str, folder: Path) -> Calendar:
    """Open the confirmation in the mailbox; returns its calendar file."""
    row = page.locator(".mail-row", has_text=course)
    page.goto("/mailbox")
    for _ in range(40):
        if row.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    row.locator("a").first.click()
    expect(page.frame_locator(".mail__frame").locator("body")).to_contain_text(course)
    with page.expect_download() as download:
        page.locator(".attachments a").first.click()
    file = folder / "session.ics"
    download.value.save_as(file)
    return Calendar.from_ical(file.read_bytes())
