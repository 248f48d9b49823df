"""Debian's Chromium, driven by Playwright, without a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """While it is open this thread has an event loop running: no asyncio.run() here."""
    if not CHROMIUM.exists():
        raise RuntimeError("Chromium is not installed; `make test` installs Debian's chromium where it may")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def sign_in(page: Page, role: str) -> None:
    """As the sample person of a role, with one click."""
    page.goto("/aanmelden")
    page.locator(f"form:has(input[value={role}]) button").click()
