"""The pages in a browser: to be read and worked by everybody, on a phone and on a desk; and what moves by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.pages.addresses import path
from shared.translations import LANGUAGES, Language
from tests.browser import DESK, PHONE, sign_in
from tests.gateway.conftest import Dates, SessionWith, Visit
from tests.gateway.test_pages import FIELDLAB, a_course_of, enroll, eventually, open_to_anyone
from tests.platform import Running
from tests.provider import Account, Provider

pytestmark = pytest.mark.browser

OF_WIDTH = [
    "target-size", "scrollable-region-focusable", "region", "landmark-one-main", "landmark-unique", "page-has-heading-one",
    "heading-order", "link-in-text-block", "label", "button-name", "link-name", "bypass", "skip-link",
]  # fmt: skip
REPLACED = ("htmx:afterRequest", "htmx:sendAbort")
"""What is said of a search that a newer one took the place of."""
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")


@pytest.fixture
def page(browser: Browser, platform: Running) -> Iterator[Page]:
    """A new window, whose complaints are failures."""
    context = browser.new_context(base_url=platform.base_url, viewport=PHONE)
    context.add_init_script(path=AXE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if "status of 4" not in text and not text.startswith(REPLACED)] == []


def violations(page: Page, options: Mapping[str, object] | None = None) -> list[tuple[str, str]]:
    """What axe finds, with an example of each."""
    asked = {"resultTypes": ["violations"], **(options or {})}
    found = page.evaluate("(options) => axe.run(document, options).then((result) => result.violations)", asked)
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found]


def examine(page: Page, address: str, language: Language) -> None:
    """Nothing that stands in anybody's way: on a phone by all rules, on a desk by those that the width makes a difference to.

    Contrast takes longest by far, and is the same in both languages: each width is measured in one of them.
    """
    page.goto(address)
    page.set_viewport_size(PHONE)
    assert violations(page, {"rules": {"color-contrast": {"enabled": language == "nl"}}}) == [], address
    assert sideways(page) <= 0, address
    assert small_targets(page) == [], address
    page.set_viewport_size(DESK)
    rules = [*OF_WIDTH, "color-contrast"] if language == "en" else OF_WIDTH
    assert violations(page, {"runOnly": rules}) == [], address
    assert sideways(page) <= 0, address
    assert small_targets(page) == [], address


def sideways(page: Page) -> int:
    """How far the page sticks out of the window."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wide


def small_targets(page: Page) -> list[str]:
    """Buttons and fields that a thumb in a glove would miss."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, select, textarea, summary,"
            + " input:not([type=hidden]):not([type=checkbox]):not([type=radio]),"
            + " .utrecht-button-link, .menu__link, .jump__link, .tool, .account__link")]
          .filter((element) => element.offsetParent !== null && element.getBoundingClientRect().height < 44)
          .map((element) => element.outerHTML.slice(0, 120))"""
    )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_read_and_work_the_pages(page: Page, visit: Visit, language: Language) -> None:
    for name, parts in open_to_anyone(visit()):
        examine(page, path(name, language, parts), language)
    examine(page, path("fieldlab", language, {"fieldlab": "no-such-lab"}), language)
    examine(page, path("home", language, None, q="zeppelin", region="Nergenshuizen", available="true"), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_look_after_themselves_and_their_colleagues(page: Page, visit: Visit, language: Language) -> None:
    for role, names in (("organiser", ("roles", "colleagues", "tokens", "my-data")), ("operator", ("operator",))):
        sign_in(page, role)
        for name in names:
            examine(page, path(name, language), language)
    page.locator("a[href*=rol-intrekken], a[href*=withdraw-role]").first.click()
    page.wait_for_url(re.compile("rol-intrekken|withdraw-role"))
    examine(page, page.url, language)


@pytest.mark.parametrize("role", ["worker", "employer", "organiser", "region", "operator"])
def test_the_header_is_one_row_at_every_width_whoever_is_here(page: Page, role: str) -> None:
    sign_in(page, role)
    for address in ("/mijn-inschrijvingen", "/en/my-data", "/mailbox"):
        page.goto(address)
        for width in (320, 390, 768, 1024, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.locator("header").bounding_box()["height"] < 72, (address, width)  # type: ignore[index]
            assert sideways(page) <= 0, (address, width)


def test_a_long_name_pushes_nothing_aside(page: Page, visit: Visit) -> None:
    sign_in(page, "employer")
    page.goto("/mijn-gegevens")
    page.fill("#name", "Willemijn-Alexandrina van der Wielen-Oosterscheldekering tot Zuidwolderveen")
    page.click("form.card--form button")
    page.wait_for_url("**done=saved")
    for width in (320, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert sideways(page) <= 0
        assert page.locator("header").bounding_box()["height"] < 72  # type: ignore[index]


def test_what_is_ones_own_is_under_ones_name_and_reads_well(page: Page) -> None:
    sign_in(page, "organiser")
    page.goto("/organisator")
    page.click(".account__summary")
    assert violations(page) == []
    assert small_targets(page) == []
    page.click(".account__link >> text=Uitloggen")
    page.wait_for_url("**/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_enroll(page: Page, visit: Visit, session_with: SessionWith, language: Language) -> None:
    sign_in(page, "worker")
    session = session_with(1)
    examine(page, path("enroll", language, {"session": session}), language)
    page.fill("#workMunicipality", "Drecht")
    page.click("form.form button")
    assert violations(page) == []
    page.fill("#workMunicipality", "Dordrecht")
    page.click("form.form button")
    page.wait_for_url(re.compile("inschrijvingen/|enrollments/"))
    examine(page, page.url, language)
    enrollment = {"enrollment": page.url.rsplit("/", 1)[1]}
    examine(page, path("withdraw", language, enrollment), language)
    examine(page, path("enrollments", language), language)
    examine(page, path("mailbox", language), language)
    eventually(lambda: (page.reload(), page.locator(".mail-row").count())[1] > 0)
    page.click(".card__link >> nth=0")
    page.wait_for_url(re.compile("/mailbox/"))
    examine(page, page.url, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_change_dates_and_hand_a_place_over(page: Page, visit: Visit, dates: Dates, language: Language) -> None:
    here, _free, full = dates(3, 1)
    enroll(visit("organiser"), full)
    enrollment = {"enrollment": enroll(visit("worker"), here).url.rsplit("/", 1)[1]}
    sign_in(page, "worker")
    examine(page, path("change-date", language, enrollment), language)
    examine(page, path("hand-over", language, enrollment), language)
    page.fill("#email", "nergens")
    page.click("form.card--form button")
    expect(page.locator("#email-fault")).to_be_visible()
    page.wait_for_load_state()
    assert violations(page) == []
    page.fill("#email", "employer@demo.skillslab.example")
    page.click("form.card--form button")
    page.wait_for_url("**done=transfer-offered")
    examine(page, page.url, language)
    sign_in(page, "employer")
    examine(page, path("enrollments", language), language)
    page.click("a[href*=overdrachten], a[href*=hand-overs]")
    page.wait_for_url(re.compile("overdrachten/|hand-overs/"))
    examine(page, page.url, language)
    page.click("form.card--form button")
    page.wait_for_url("**done=transfer-accepted")
    examine(page, page.url, language)
    sign_in(page, "worker")
    examine(page, path("enrollment", language, enrollment), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_answer_an_offer(page: Page, visit: Visit, session_with: SessionWith, language: Language) -> None:
    session, holder = session_with(1, offerHours=24), visit("operator")
    held = enroll(holder, session).url.rsplit("/", 1)[1]
    sign_in(page, "worker")
    page.goto(path("enroll", language, {"session": session}))
    page.check("#together")
    page.click("form.form button")
    page.wait_for_url(re.compile("inschrijvingen/|enrollments/"))
    examine(page, page.url, language)
    enrollment = {"enrollment": page.url.rsplit("/", 1)[1]}
    holder.post(path("withdraw", "nl", {"enrollment": held}))
    examine(page, path("enrollment", language, enrollment), language)
    examine(page, path("refuse", language, enrollment), language)
    page.goto(path("enrollment", language, enrollment))
    page.locator("form.form button").click()
    expect(page.locator(".outcome--ok")).to_be_visible()
    sign_in(page, "organiser")
    for name in ("own-session", "call-off"):
        examine(page, path(name, language, {"session": session}), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_follow_a_region_and_make_an_offer(
    page: Page, visit: Visit, session_with: SessionWith, language: Language
) -> None:
    enroll(visit("employer"), session_with(3), workMunicipality="Gouda")
    sign_in(page, "region")
    for dimension in ("month", "theme"):
        examine(page, path("uptake", language, None, groupBy=dimension), language)
    sign_in(page, "organiser")
    examine(page, path("organiser", language), language)
    examine(page, path("new-course", language), language)
    examine(page, path("new-session", language, {"course": a_course_of(visit(), FIELDLAB)}), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_can_ask_for_an_approval_and_decide_about_it(
    page: Page, visit: Visit, session_with: SessionWith, language: Language
) -> None:
    session = session_with(2, needsApproval=True, approvalHours=48)
    sign_in(page, "worker")
    examine(page, path("enroll", language, {"session": session}), language)
    page.click("form.form button")
    page.wait_for_url(re.compile("inschrijvingen/|enrollments/"))
    asked = page.url
    examine(page, asked, language)
    examine(page, path("enrollments", language), language)
    enroll(visit("region"), session)

    sign_in(page, "organiser")
    examine(page, path("own-session", language, {"session": session}), language)
    page.set_viewport_size(PHONE)
    page.click("a[href*=aanvragen], a[href*=requests]")
    page.wait_for_url(re.compile("aanvragen|requests"))
    examine(page, page.url, language)
    page.set_viewport_size(PHONE)
    page.click("form[action*=goedkeuren] button, form[action*=approve] button >> nth=0")
    page.wait_for_url("**done=request-approved")
    assert violations(page) == []
    page.click("a[href*=afwijzen], a[href*=decline]")
    page.wait_for_url(re.compile("afwijzen|decline"))
    examine(page, page.url, language)
    page.select_option("#reason", "prior-knowledge")
    page.click("form.form button")
    page.wait_for_url("**done=request-declined")
    examine(page, page.url, language)


def test_the_search_answers_while_one_types(page: Page) -> None:
    page.goto("/en")
    page.locator("#q").press_sequentially("weld")
    page.wait_for_url("**/en?q=weld")
    page.locator("#results-title", has_text="found").wait_for()
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.input_value("#q") == "weld"


def test_a_search_goes_to_its_results_and_marks_what_it_left_out(page: Page) -> None:
    page.goto("/en")
    page.fill("#q", "robot")
    page.fill("#region", "Roterdam")
    page.press("#region", "Enter")
    page.wait_for_url("**region=Roterdam*")
    expect(page.locator("#region")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#results")).to_be_focused()
    assert abs(page.evaluate("document.querySelector('#results').getBoundingClientRect().top")) < 60
    assert violations(page) == []
    page.click("#results a >> text=Rotterdam")
    page.wait_for_url("**region=Rotterdam*#results")
    assert page.locator("[aria-invalid]").count() == 0


def test_what_is_wrong_with_a_form_has_the_focus_and_leads_to_the_field(page: Page) -> None:
    sign_in(page, "operator")
    page.goto("/en/operator")
    page.click("form.card--form button")
    page.wait_for_url("**/en/operator")
    expect(page.locator(".utrecht-alert--error")).to_be_focused()
    assert page.title().startswith("Error: ")
    assert violations(page) == []
    page.click(".alert__list a >> nth=0")
    expect(page.locator("#email")).to_be_focused()


def test_a_mail_is_shown_at_its_own_height(page: Page, visit: Visit, session_with: SessionWith) -> None:
    enroll(visit("worker"), session_with(2))
    page.goto("/mailbox")
    eventually(lambda: (page.reload(), page.locator(".mail-row", has_text="plek").count())[1] > 0)
    page.locator(".mail-row", has_text="plek").locator("a").first.click()
    for width in (320, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        inside = page.frame_locator(".mail__frame").locator("body").bounding_box()
        frame = page.locator(".mail__frame").bounding_box()
        assert inside
        assert frame
        assert inside["height"] <= frame["height"], width


def test_a_report_rises_by_itself_and_leaves_the_focus_where_it_is(page: Page, visit: Visit, session_with: SessionWith) -> None:
    sign_in(page, "region")
    page.goto("/deelname")
    page.focus("#provinces")
    confirmed = page.locator(".tile__value").first
    before = int(confirmed.inner_text())
    enroll(visit("operator"), session_with(3), workMunicipality="Delft")
    expect(confirmed).to_have_text(str(before + 1), timeout=2000)
    assert page.evaluate("document.activeElement.id") == "provinces"


def test_a_report_that_nobody_looks_at_does_not_ask(page: Page) -> None:
    sign_in(page, "region")
    page.goto("/deelname")
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true})")
    page.wait_for_timeout(300)  # what was under way
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(1500)
    assert asked == []


def test_every_page_works_without_scripts(browser: Browser, platform: Running, visit: Visit, session_with: SessionWith) -> None:
    context = browser.new_context(base_url=platform.base_url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto("/en")
    page.fill("#q", "robot")
    page.click("form.search button")
    assert "q=robot" in page.url
    sign_in(page, "worker")
    page.goto(f"/en/enroll/{session_with(2)}")
    page.click("form.form button")
    assert page.inner_text("h1") == "You have a place"
    context.close()


def test_a_link_in_a_mail_signs_in(page: Page) -> None:
    page.goto("/en/sign-in")
    page.fill("input[name=email]", "mail@example.nl")
    page.click("form.card--form button")
    page.goto("/en/mailbox")
    eventually(lambda: (page.reload(), page.locator(".mail-row", has_text="mail@example.nl").count())[1] > 0)
    page.locator(".mail-row", has_text="mail@example.nl").locator("a").click()
    page.frame_locator(".mail__frame").get_by_role("link").first.click()
    page.wait_for_url("**/en/sign-in/*")
    page.click("form.form button")
    page.wait_for_url("**/en/my-enrollments")
    assert "mail@example.nl" in page.text_content("header")  # type: ignore[operator]


def test_one_press_of_a_button_signs_in_by_an_organisation(browser: Browser, platform: Running, provider: Provider) -> None:
    """Past what the policy of our pages lets a form do, with cookies as browsers send them, and without a script."""
    provider.behave()
    provider.account = Account("in a browser", "browser@school.example")
    context = browser.new_context(base_url=platform.base_url, viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto("/en/sign-in?next=/en/my-data")
    page.get_by_role("button", name="Sign in with Voorbeeld College").click()
    page.wait_for_url("**/en/my-data")
    assert page.inner_text("main p") == provider.account.email
    page.get_by_role("button", name="Disconnect Voorbeeld College").click()
    page.get_by_role("button", name="Connect Voorbeeld College").click()
    page.wait_for_url("**/en/my-data?done=saved")
    page.get_by_role("button", name="Disconnect Voorbeeld College").wait_for()
    context.close()


def test_everybody_can_read_why_an_organisation_did_not_let_them_in(page: Page) -> None:
    examine(page, path("sign-in", "nl", None, refused="address-known"), "nl")
    sign_in(page, "worker")
    examine(page, path("my-data", "en", None, refused="account-taken"), "en")


def test_who_stays_on_the_page_that_leads_to_an_organisation_can_go_on(page: Page, provider: Provider) -> None:
    provider.behave()
    provider.account = Account("stays", "stays@school.example")
    page.route("**/authorize*", lambda route: route.fulfill(status=204))  # on which a browser stays where it is
    page.goto("/aanmelden")
    page.get_by_role("button", name="Aanmelden met Voorbeeld College").click()
    onward = page.get_by_role("link", name="Ga door naar Voorbeeld College")
    onward.wait_for()
    assert violations(page) == []
    page.unroute("**/authorize*")
    onward.click()
    page.wait_for_url("**/mijn-inschrijvingen")
