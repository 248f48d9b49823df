"""Getting in where one belongs: links bound to their browser, codes, roles by invitation, tokens; and losing them at once."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from gateway import edge
from tests.gateway.conftest import Visit, mails_to
from tests.gateway.visitor import Answer, Visitor
from tests.platform import Running


def links_mailed(platform: Running, address: str) -> Sequence[str]:
    return [mail["text"] for mail in mails_to(platform, address, wait=0) if "/aanmelden/" in mail["text"]]


def ask_for_link(visitor: Visitor, platform: Running, address: str) -> tuple[str, str]:
    """The link and the code of the mail that this visitor has sent to an address."""
    known = len(links_mailed(platform, address))
    assert visitor.post("/aanmelden", {"email": address}).status == 303
    deadline = time.monotonic() + 15
    while len(mailed := links_mailed(platform, address)) <= known:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    text = mailed[0]
    link, code = re.search(r"/aanmelden/\S+", text), re.search(r"\b(\d{4} \d{4})\b", text)
    assert link
    assert code
    return link[0], code[1]


def signed_in(visit: Visit, platform: Running, address: str) -> Visitor:
    visitor = visit()
    link, _code = ask_for_link(visitor, platform, address)
    assert visitor.post(link).status == 303
    return visitor


def me(visitor: Visitor) -> dict[str, object]:
    shape: dict[str, object] = json.loads(visitor.get("/v1/me").text)
    return shape


def roles(visitor: Visitor) -> Sequence[str]:
    return [role["role"] for role in me(visitor)["roles"]]  # type: ignore[attr-defined]


def form_on(answer: Answer, action: str) -> str:
    """The address of the first form on a page that leads to such an address."""
    found = re.search(rf'<form method="post" action="({action})"', answer.text)
    assert found, answer.words
    return found[1]


def invite(inviter: Visitor, address: str, **fields: str) -> Answer:
    page = "/beheer" if "place" in fields else "/collegas/uitnodigen"
    return inviter.post(page, {"email": address, **fields}, follow=True)


def accept(visitor: Visitor) -> None:
    assert visitor.post(form_on(visitor.get("/rollen"), r"/rollen/uitnodigingen/[^/]+/aannemen")).status == 303


def ask_by_token(platform: Running, token: str, path: str, method: str = "GET", body: bytes | None = None) -> int:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = Request(platform.base_url + path, method=method, data=body, headers=headers)
    try:
        with urlopen(request, timeout=20) as response:
            return int(response.status)
    except OSError as error:
        return int(getattr(error, "code", 0))


# Links and codes


def test_a_link_does_nothing_in_another_browser_and_still_works_in_its_own(visit: Visit, platform: Running) -> None:
    asker, other = visit(), visit()
    link, _code = ask_for_link(asker, platform, "gebonden@voorbeeld.nl")

    assert "Log in waar je erom vroeg" in other.get(link).words
    stolen = other.post(link)
    assert "Log in waar je erom vroeg" in stolen.words
    assert edge.COOKIE not in [cookie.name for cookie in other.cookies]

    assert asker.post(link).location == "/mijn-inschrijvingen"


def test_the_code_of_the_mail_signs_in_the_browser_that_asked(visit: Visit, platform: Running) -> None:
    asker, other = visit(), visit()
    link, code = ask_for_link(asker, platform, "code@voorbeeld.nl")

    assert other.post("/aanmelden/verstuurd", {"code": code}).status == 400
    assert asker.post("/aanmelden/verstuurd", {"code": code}).location == "/mijn-inschrijvingen"
    assert me(asker)["email"] == "code@voorbeeld.nl"
    assert visit().post(link).status == 410


def test_five_wrong_codes_end_the_code_and_leave_the_link(visit: Visit, platform: Running) -> None:
    asker = visit()
    link, code = ask_for_link(asker, platform, "geraden@voorbeeld.nl")
    wrong = "0000 0000" if code != "0000 0000" else "1111 1111"

    answers = [asker.post("/aanmelden/verstuurd", {"code": guess}).status for guess in [wrong] * 5 + [code]]

    assert answers == [400] * 6
    assert asker.post(link).status == 303


def test_cookies_that_are_no_text_are_nobodys(visit: Visit) -> None:
    anybody = visit()
    for name, page, status in (
        (edge.COOKIE, "/v1/me", 401), ("skillslab-asked", f"/aanmelden/{'0' * 32}.x", 410),
        ("skillslab-left", "/aanmelden/organisatie/school/terug?state=x", 400),
    ):  # fmt: skip
        assert anybody.get(page, headers={"Cookie": f"{name}=\xff\xfe"}).status == status


def test_an_unknown_address_gets_the_same_answer_as_a_known_one(visit: Visit, platform: Running) -> None:
    signed_in(visit, platform, "bekend@voorbeeld.nl")
    answers = [visit().post("/aanmelden", {"email": f"{who}@voorbeeld.nl"}) for who in ("bekend", "onbekend")]
    assert answers[0].status == answers[1].status
    assert answers[0].location == answers[1].location
    assert answers[0].text == answers[1].text


def test_signing_out_everywhere_else_ends_the_other_sessions_at_once(visit: Visit, platform: Running) -> None:
    here = signed_in(visit, platform, "elders@voorbeeld.nl")
    elsewhere = signed_in(visit, platform, "elders@voorbeeld.nl")
    assert elsewhere.get("/v1/me").status == 200

    assert here.post("/mijn-gegevens/overal-uitloggen").status == 303

    assert elsewhere.get("/v1/me").status == 401
    assert here.get("/v1/me").status == 200


# Forms


def test_a_form_without_our_token_changes_nothing(visit: Visit) -> None:
    visitor = visit("worker")
    answer = visitor.post("/mijn-gegevens", {"name": "Iemand Anders", "form_token": "0" * 64})
    assert answer.status == 403
    assert "verouderd" in answer.words
    assert me(visitor)["name"] == "Wim de Werker"


def test_a_name_is_corrected_and_a_citizen_number_in_it_refused(visit: Visit, platform: Running) -> None:
    visitor = signed_in(visit, platform, "naam@voorbeeld.nl")
    assert visitor.post("/mijn-gegevens", {"name": "Noor", "language": "en"}).location == "/en/my-data?done=saved"
    assert (me(visitor)["name"], me(visitor)["language"]) == ("Noor", "en")

    refused = visitor.post("/mijn-gegevens", {"name": "Noor 111.222.333"})
    assert refused.status == 400
    assert "burgerservicenummer" in refused.words
    assert me(visitor)["name"] == "Noor"


# Roles


def test_the_operator_invites_an_organiser_who_invites_a_colleague_and_each_can_do_their_work(
    visit: Visit, platform: Running
) -> None:
    operator = visit("operator")
    first_try = invite(operator, "eerste@lab.example", role="organiser", place="De Duurzaamheidsfabriek")
    assert "De uitnodiging is onderweg." in first_try.words
    [mail] = [one for one in mails_to(platform, "eerste@lab.example") if "uitnodiging" in one["subject"].lower()][:1]
    assert "organisator bij een fieldlab (De Duurzaamheidsfabriek)" in mail["text"]
    assert "Otto Operator" in mail["text"]

    first = signed_in(visit, platform, "eerste@lab.example")
    assert roles(first) == ["worker"]
    assert first.get("/organisator").status == 403
    accept(first)
    assert roles(first) == ["worker", "organiser"]
    assert first.get("/organisator").status == 200

    assert "onderweg" in invite(first, "tweede@lab.example", role="organiser").words
    second = signed_in(visit, platform, "tweede@lab.example")
    accept(second)
    assert second.get("/organisator").status == 200
    assert "eerste@lab.example" in second.get("/collegas").text


def test_a_role_that_is_withdrawn_is_gone_at_the_next_request_for_sessions_and_tokens(visit: Visit, platform: Running) -> None:
    operator = visit("operator")
    invite(operator, "kort@regio.example", role="region", place="Zeeland (provincie)")
    reviewer = signed_in(visit, platform, "kort@regio.example")
    accept(reviewer)
    made = reviewer.post("/mijn-tokens", {"name": "rapport", "role": "region PV29", "days": "30"}, follow=True)
    token = re.search(r'<code class="token">([^<]+)</code>', made.text)
    assert token, made.words
    assert reviewer.get("/v1/uptake?region=PV29").status == 200
    assert ask_by_token(platform, token[1], "/v1/uptake?region=PV29") == 200

    person = str(me(reviewer)["personId"])
    assert operator.post("/collegas/rol-intrekken", {"person": person, "role": "region", "scope": "PV29"}).status == 303

    assert reviewer.get("/v1/uptake?region=PV29").status == 403
    assert ask_by_token(platform, token[1], "/v1/uptake?region=PV29") == 401
    assert roles(reviewer) == ["worker"]


def test_nobody_takes_an_invitation_of_somebody_else(visit: Visit, platform: Running) -> None:
    operator = visit("operator")
    invite(operator, "bedoeld@lab.example", role="organiser", place="duurzaamheidsfabriek")
    invited = signed_in(visit, platform, "bedoeld@lab.example")
    address = form_on(invited.get("/rollen"), r"/rollen/uitnodigingen/[^/]+/aannemen")

    thief = signed_in(visit, platform, "dief@lab.example")
    assert thief.post(address).status == 404
    assert thief.post(address.replace("aannemen", "afslaan")).status == 404
    assert thief.post(address.replace("/rollen/uitnodigingen", "/uitnodigingen").replace("aannemen", "intrekken")).status == 404

    assert invited.post(address).status == 303
    assert invited.post(address).status == 404


@pytest.mark.parametrize(("role", "scope"), [("organiser", "ramlab"), ("operator", ""), ("region", "PV28"), ("nonsense", "x")])
def test_nobody_invites_to_or_withdraws_what_they_do_not_look_after(visit: Visit, role: str, scope: str) -> None:
    organiser = visit("organiser")
    operator = str(me(visit("operator"))["personId"])
    assert organiser.post("/collegas/uitnodigen", {"email": "a@lab.example", "role": role}).status == (
        303 if role == "organiser" else 404
    )
    assert organiser.post("/collegas/rol-intrekken", {"person": operator, "role": role, "scope": scope}).status == 404
    assert organiser.get("/beheer").status == 403
    assert organiser.post("/beheer", {"email": "a@lab.example", "role": role, "place": scope}).status == 403


def test_the_last_operator_stays(visit: Visit) -> None:
    operator = visit("operator")
    answer = operator.post("/rollen/opgeven", {"role": "operator", "scope": ""})
    assert answer.status == 409
    assert "Dit is de laatste beheerder" in answer.words
    assert operator.get("/beheer").status == 200


def test_a_person_with_two_roles_switches_between_them(visit: Visit, platform: Running) -> None:
    operator = visit("operator")
    invite(operator, "twee@rollen.example", role="organiser", place="duurzaamheidsfabriek")
    invite(operator, "twee@rollen.example", role="region", place="Zeeland (provincie)")
    both = signed_in(visit, platform, "twee@rollen.example")
    accept(both)
    accept(both)
    first = roles(both)[-1]
    other, scope = ("region", "PV29") if first == "organiser" else ("organiser", "duurzaamheidsfabriek")

    assert both.post("/rollen/kies", {"role": other, "scope": scope}).status == 303
    assert roles(both) == ["worker", other]
    assert both.post("/rollen/kies", {"role": "worker", "scope": ""}).status == 303
    assert roles(both) == ["worker"]
    assert both.post("/rollen/kies", {"role": "operator", "scope": ""}).status == 404


# Tokens


def test_a_token_for_reading_changes_nothing_and_ends_when_it_is_ended(visit: Visit, platform: Running) -> None:
    worker = signed_in(visit, platform, "lezer@voorbeeld.nl")
    made = worker.post("/mijn-tokens", {"name": "planning", "role": "worker", "days": "30"}, follow=True)
    found = re.search(r'<code class="token">([^<]+)</code>', made.text)
    assert found
    token = found[1]

    assert ask_by_token(platform, token, "/v1/enrollments") == 200
    assert ask_by_token(platform, token, "/v1/enrollments", "POST", b"{}") == 403
    assert token not in worker.get("/mijn-tokens").text
    assert "laatst gebruikt op" in worker.get("/mijn-tokens").words

    other = signed_in(visit, platform, "ander@voorbeeld.nl")
    revoke = form_on(worker.get("/mijn-tokens"), r"/mijn-tokens/[^/]+/intrekken")
    assert other.post(revoke).status == 404
    assert worker.post(revoke).status == 303
    assert ask_by_token(platform, token, "/v1/enrollments") == 401


def test_a_new_token_is_shown_once_and_loading_the_page_again_makes_no_second_one(visit: Visit, platform: Running) -> None:
    worker = signed_in(visit, platform, "herladen@voorbeeld.nl")
    fields = {"name": "rooster", "role": "worker", "days": "30"}
    made = worker.post("/mijn-tokens", fields)
    assert (made.status, made.location) == (303, "/mijn-tokens"), "no address holds it"

    shown, again = worker.get("/mijn-tokens"), worker.get("/mijn-tokens")
    assert 'class="token"' in shown.text
    assert 'class="token"' not in again.text
    assert "nooit gebruikt" in again.words, "showing it is no use of it"
    assert again.text.count("/intrekken") == 1
    worker.post("/mijn-tokens", fields)
    numbers = re.findall(r"nummer <code>([0-9a-f]{8})</code>", worker.get("/mijn-tokens").text)
    assert len(set(numbers)) == 2, "two of one name can be told apart"


def test_a_new_token_is_not_shown_to_who_signs_in_on_the_same_browser(visit: Visit, platform: Running) -> None:
    worker = signed_in(visit, platform, "eigenaar@voorbeeld.nl")
    worker.post("/mijn-tokens", {"name": "rooster", "role": "worker", "days": "30"})
    worker.sign_in_as("region")
    assert 'class="token"' not in worker.get("/mijn-tokens").text


def test_what_was_done_is_said_on_the_page_that_follows(visit: Visit, platform: Running) -> None:
    worker = signed_in(visit, platform, "gezegd@voorbeeld.nl")
    worker.post("/mijn-tokens", {"name": "rooster", "role": "worker", "days": "30"})
    revoke = form_on(worker.get("/mijn-tokens"), r"/mijn-tokens/[^/]+/intrekken")
    assert "Het token is gestopt." in worker.post(revoke, follow=True).words
    assert "elders uitgelogd." in worker.post("/mijn-gegevens/overal-uitloggen", follow=True).words
    assert "elders uitgelogd" not in worker.get("/mijn-gegevens?done=nonsense").words


def test_withdrawing_a_role_is_asked_about_first(visit: Visit, platform: Running) -> None:
    operator = visit("operator")
    invite(operator, "terug@regio.example", role="region", place="Zeeland (provincie)")
    reviewer = signed_in(visit, platform, "terug@regio.example")
    accept(reviewer)
    person = str(me(reviewer)["personId"])
    role = {"person": person, "role": "region", "scope": "PV29"}

    asked = operator.get(f"/collegas/rol-intrekken?{urlencode(role)}")
    assert "deze rol intrekken?" in asked.words
    assert "terug@regio.example" in asked.words
    assert roles(reviewer) == ["worker", "region"], "asking changes nothing"
    assert visit("organiser").get(f"/collegas/rol-intrekken?{urlencode(role)}").status == 404
    assert "De rol is ingetrokken" in operator.post("/collegas/rol-intrekken", role, follow=True).words
    assert operator.get(f"/collegas/rol-intrekken?{urlencode(role)}").status == 404


def test_where_a_form_with_a_fault_leaves_somebody_there_is_a_page(visit: Visit) -> None:
    organiser = visit("organiser")
    wrong = organiser.post("/collegas/uitnodigen", {"email": "wim@", "role": "organiser"})
    assert wrong.text.count("<title>Fout: ") == 1
    assert 'href="#email"' in wrong.text
    assert organiser.get("/collegas/uitnodigen", follow=False).location == "/collegas"


def test_an_operator_says_where_an_organiser_works(visit: Visit) -> None:
    wrong = visit("operator").post("/beheer", {"email": "a@lab.example", "role": "organiser"})
    assert wrong.status == 400
    assert 'href="#place"' in wrong.text
    assert "(niet verplicht)" not in wrong.words


def test_an_employer_begins_at_the_courses(visit: Visit) -> None:
    employer = visit()
    assert employer.post("/aanmelden/voorbeeld", {"role": "employer"}).location == "/"
    assert "/collegas" in employer.get("/").text


def test_nobody_makes_a_token_for_a_role_that_is_not_theirs(visit: Visit, platform: Running) -> None:
    worker = signed_in(visit, platform, "eerzuchtig@voorbeeld.nl")
    for role in ("operator", "organiser duurzaamheidsfabriek", "region PV28"):
        assert worker.post("/mijn-tokens", {"name": "x", "role": role, "days": "30"}).status == 400


# What is taken away stays away


def test_a_role_that_is_withdrawn_does_not_come_back_by_an_invitation_or_an_old_token(visit: Visit, platform: Running) -> None:
    """Somebody who sees it coming invites themselves, and a friend; and keeps a token."""
    operator = visit("operator")
    invite(operator, "sluw@lab.example", role="organiser", place="RAMLAB")
    sly = signed_in(visit, platform, "sluw@lab.example")
    accept(sly)
    made = sly.post(
        "/mijn-tokens", {"name": "later", "role": "organiser ramlab", "days": "30", "canWrite": "true"}, follow=True
    )
    token = re.search(r'<code class="token">([^<]+)</code>', made.text)
    assert token
    assert "heeft de rol al" in invite(sly, "sluw@lab.example", role="organiser").words
    invite(sly, "vriend@lab.example", role="organiser")
    friend = signed_in(visit, platform, "vriend@lab.example")
    offered = form_on(friend.get("/rollen"), r"/rollen/uitnodigingen/[^/]+/aannemen")

    person = str(me(sly)["personId"])
    assert operator.post("/collegas/rol-intrekken", {"person": person, "role": "organiser", "scope": "ramlab"}).status == 303

    assert friend.post(offered).status == 404
    invite(operator, "sluw@lab.example", role="organiser", place="RAMLAB")
    accept(sly)
    assert ask_by_token(platform, token[1], "/v1/enrollments") == 401


def test_one_address_is_not_pestered_with_invitations(visit: Visit) -> None:
    """Neither asking again nor withdrawing starts the count anew."""
    operator = visit("operator")
    for _ in range(5):
        assert "onderweg" in invite(operator, "bestookt@lab.example", role="organiser", place="RAMLAB").words
        operator.post(form_on(operator.get("/beheer"), r"/uitnodigingen/[^/]+/intrekken"))

    assert "veel uitnodigingen" in invite(operator, "bestookt@lab.example", role="organiser", place="RAMLAB").words


def test_a_name_that_stands_in_mails_to_others_holds_no_link(visit: Visit, platform: Running) -> None:
    visitor = signed_in(visit, platform, "reclame@voorbeeld.nl")
    for name in ("Win! https://voorbeeld.nl", "Kijk op www.voorbeeld.nl"):
        assert "Laat links weg" in visitor.post("/mijn-gegevens", {"name": name}).words


def test_many_at_once_get_no_more_links_to_one_address_than_one_after_the_other(visit: Visit, platform: Running) -> None:
    with ThreadPoolExecutor(12) as crowd:
        asked = [crowd.submit(visit().post, "/aanmelden", {"email": "storm@voorbeeld.nl"}) for _ in range(24)]
        statuses = Counter(one.result().status for one in asked)

    assert statuses == {303: 5, 429: 19}


def test_a_token_opens_no_page_and_fills_in_no_form(platform: Running) -> None:
    """It is for programs: what a person chooses about themselves is chosen in a browser."""
    token = platform.tokens("organiser", 1)[0]
    assert ask_by_token(platform, token, "/v1/me") == 200
    body = b"role=organiser&scope=duurzaamheidsfabriek&name=Een+ander"
    for path in ("/rollen/opgeven", "/mijn-gegevens", "/mijn-tokens"):
        ask_by_token(platform, token, path, "POST", body)
    assert ask_by_token(platform, token, "/v1/me") == 200


def test_a_scope_that_goes_with_no_role_is_not_kept(visit: Visit) -> None:
    assert visit("worker").post("/rollen/kies", {"role": "worker", "scope": "x" * 10_000}).status == 404
