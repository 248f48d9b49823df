"""Every mail goes out, once and in order, whatever is away; only a cut in the one bad moment may make it two copies."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from aiosmtplib import SMTPDataError

from notifications import deliveries, sender, store, upkeep
from notifications.channels.email.mail import Mail, Writer
from notifications.channels.email.smtp import Connection, MailServer, MailServerAway
from notifications.deliveries import Delivery, Unknown
from notifications.recipients import Recipient
from notifications.sender import Addressed, GatewayAway, handfuls
from notifications.store import Session
from tests.notifications import build
from tests.notifications.build import Enrollment
from tests.notifications.conftest import World, address_of, until
from tests.sabotage import twin

CUTS = 100 if os.environ.get("SKILLSLAB_COUNTS") == "full" else 20


async def test_a_confirmation_is_mailed_to_the_person(world: World) -> None:
    await world.describe_session()
    (enrollment,) = await world.enroll(1)

    await world.send_all()

    (mail,) = world.sink.mails
    (line,) = await world.ledger()
    assert mail["To"].addresses[0].addr_spec == address_of(enrollment.person_id)
    assert mail["Subject"] == "Je hebt een plek: PLC-programmeren"
    assert mail["Message-ID"] == f"<{line['message_id']}@skillslab.example>"
    assert mail["Skillslab-Session"] == str(world.session_id)
    assert (line["state"], line["copies"]) == ("sent", 1)


async def test_a_sign_in_mail_carries_the_link_that_the_gateway_gave(world: World) -> None:
    asked = build.sign_in_requested()
    await world.hear(asked)

    await world.send_all()

    (content,) = world.sink.contents
    body = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert body
    assert f"https://skills.example/aanmelden/{asked.sign_in_id.hex}" in body.get_content()
    assert "10 minuten" in body.get_content()


async def test_a_sign_in_mail_goes_before_a_crowd_of_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "BATCH", 10)
    await world.describe_session()
    await world.enroll(30)
    await world.hear(build.sign_in_requested())

    await world.sender().send_batch()

    assert "Je link om in te loggen bij Skillslab" in [mail["Subject"] for mail in world.sink.mails]


async def test_addresses_are_asked_for_in_one_call_per_batch_and_over_one_connection(world: World) -> None:
    await world.describe_session()
    await world.enroll(60)

    await world.send_all()

    assert len(world.sink.mails) == 60
    assert len(world.gateway.asked) == 1
    assert world.sink.connections == 1


def no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = store.SQL.claim.replace("FOR UPDATE SKIP LOCKED", "").replace(
        "leased_until = now() + $2::interval", "leased_until = delivery.leased_until + 0 * $2::interval"
    )
    begin = store.SQL.begin_sending.replace(
        "AND lease = $1 AND finished_at IS NULL AND state IN ('due', 'unknown')", "AND $1::uuid IS NOT NULL"
    )
    assert claim != store.SQL.claim
    assert begin != store.SQL.begin_sending
    monkeypatch.setattr(store.SQL, "claim", claim)
    monkeypatch.setattr(store.SQL, "begin_sending", begin)


@twin(no_lease)
async def test_senders_side_by_side_send_nothing_twice(world: World, guard: None) -> None:
    await world.describe_session()
    await world.enroll(40)
    senders = [world.sender() for _ in range(6)]

    for _ in range(4):
        await asyncio.gather(*(one.send_batch() for one in senders), return_exceptions=True)

    assert Counter(Counter(world.sink.message_ids).values()) == {1: 40}
    assert set(await world.states()) == {"sent"}


def nobody_waits_for_the_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    text = store.SQL.claim.replace("AND earlier.finished_at IS NULL", "AND earlier.finished_at IS NULL AND false")
    assert text != store.SQL.claim
    monkeypatch.setattr(store.SQL, "claim", text)


@twin(nobody_waits_for_the_earlier)
async def test_mails_about_one_enrollment_keep_the_order_of_its_facts(world: World, guard: None) -> None:
    await world.describe_session()
    enrollment = Enrollment(world.session_id)
    await world.hear(enrollment.waitlisted(), enrollment.confirmed(from_waiting_list=True), enrollment.cancelled())
    busy = iter(["451 4.7.1 come back later"])
    world.sink.refuse = lambda address: next(busy, None)

    for _ in range(4):
        await asyncio.gather(*(world.sender().send_batch() for _ in range(3)))
        await world.let_time_pass()

    assert [subject.split(":")[0] for subject in world.mails_to(enrollment.person_id)] == [
        "Je staat op de wachtlijst",
        "Er is een plek vrij voor jou",
        "Je bent uitgeschreven",
    ]


async def test_while_the_gateway_is_away_mail_stays_due_and_nothing_is_held_against_it(world: World) -> None:
    await world.describe_session()
    await world.enroll(5)
    world.gateway.away = True

    for _ in range(5):
        with pytest.raises(GatewayAway, match="503 unavailable"):
            await world.sender().send_batch()
    before = await world.ledger()
    world.gateway.away = False
    await world.send_all()

    assert {(row["state"], row["attempts"], row["copies"]) for row in before} == {("due", 0, 0)}
    assert len(world.sink.mails) == 5


async def test_while_the_mail_server_is_away_mail_stays_due(world: World) -> None:
    await world.describe_session()
    await world.enroll(5)
    world.sink.stop()

    with pytest.raises(MailServerAway):
        await world.sender().send_batch()
    before = await world.ledger()
    await world.sink.start()
    await world.send_all()

    assert {(row["state"], row["attempts"], row["copies"]) for row in before} == {("due", 0, 0)}
    assert len(world.sink.mails) == 5


async def test_whoever_was_erased_gets_nothing(world: World) -> None:
    await world.describe_session()
    gone, there = await world.enroll(2)
    world.gateway.erased.add(gone.person_id)

    await world.send_all()

    assert await world.states() == ["no_recipient", "sent"]
    assert world.mails_to(gone.person_id) == []
    assert len(world.mails_to(there.person_id)) == 1


async def test_a_mail_waits_until_its_session_is_described(world: World) -> None:
    await world.enroll(1)
    await world.send_all()
    assert await world.states() == ["due"]

    await world.describe_session()
    await world.let_time_pass()
    await world.send_all()

    assert await world.states() == ["sent"]


async def test_an_address_that_the_server_refuses_for_good_is_given_up_and_holds_up_nobody(world: World) -> None:
    await world.describe_session()
    bad, good = await world.enroll(2)
    world.sink.refuse = lambda address: "550 5.1.1 unknown" if address == address_of(bad.person_id) else None

    for _ in range(deliveries.MOST_PERMANENT_REFUSALS):
        await world.send_all()
        await world.let_time_pass()
    await world.send_all()

    first, second = await world.ledger()
    assert (first["state"], first["attempts"], first["copies"], first["reason"]) == ("failed", 3, 0, "550 5.1.1")
    assert second["state"] == "sent"
    assert len(world.mails_to(good.person_id)) == 1


async def test_an_address_that_is_only_busy_is_tried_again_later(world: World) -> None:
    await world.describe_session()
    await world.enroll(1)
    answers = iter(["451 4.7.1 greylisted"] * 4)
    world.sink.refuse = lambda address: next(answers, None)

    for _ in range(5):
        await world.send_all()
        await world.let_time_pass()

    (line,) = await world.ledger()
    assert (line["state"], line["attempts"]) == ("sent", 4)


async def test_a_connection_cut_before_the_mail_costs_nothing_but_time(world: World) -> None:
    await world.describe_session()
    await world.enroll(3)
    hang_up = iter(["421 4.3.2 shutting down"])
    world.sink.refuse = lambda address: next(hang_up, None)

    with pytest.raises(MailServerAway, match=r"421 4\.3\.2"):
        await world.sender().send_batch()
    await world.let_time_pass()
    await world.send_all()

    assert {(row["state"], row["copies"], row["attempts"]) for row in await world.ledger()} == {("sent", 1, 0)}
    assert len(world.sink.mails) == 3


async def test_a_server_that_takes_only_so_many_mails_at_a_time_gets_the_rest_over_the_next_connection(world: World) -> None:
    await world.describe_session()
    await world.enroll(9)
    count = iter(range(1000))
    world.sink.refuse = lambda address: "421 4.7.0 enough for now" if next(count) % 4 == 3 else None

    for _ in range(3):
        await world.sender().send_batch()
        await world.let_time_pass()

    assert Counter(Counter(world.sink.message_ids).values()) == {1: 9}


async def test_cuts_after_the_final_dot_make_at_most_two_copies_with_one_message_id(world: World) -> None:
    await world.describe_session()
    await world.enroll(CUTS)
    world.sink.cuts = CUTS
    unknown = sender.mails_total.labels("unknown")
    before = unknown._value.get()

    for _ in range(CUTS):
        with pytest.raises(MailServerAway):
            await world.sender().send_batch()
        await world.pool.execute("UPDATE delivery SET due_at = now() WHERE state = 'due'")
    assert await world.states() == ["unknown"] * CUTS
    assert unknown._value.get() - before == CUTS, "they are counted"
    await world.send_all()
    assert len(world.sink.mails) == CUTS, "they wait before they go out again"
    await world.let_time_pass()
    await world.send_all()

    assert set(Counter(world.sink.message_ids).values()) == {2}
    assert len(set(world.sink.message_ids)) == CUTS
    assert {(row["state"], row["copies"]) for row in await world.ledger()} == {("sent", 2)}


async def test_there_is_no_third_copy(world: World) -> None:
    await world.describe_session()
    await world.enroll(1)
    world.sink.cuts = 2

    for _ in range(3):
        try:
            await world.sender().send_batch()
        except MailServerAway:
            await world.let_time_pass()

    (line,) = await world.ledger()
    assert (line["state"], line["copies"]) == ("unknown", 2)
    assert line["finished_at"] is not None
    assert len(world.sink.mails) == 2


async def test_what_a_killed_sender_was_at_goes_out_again_once_under_the_same_message_id(world: World) -> None:
    await world.describe_session()
    await world.enroll(5)
    killed = asyncio.create_task(world.sender().send_batch())
    world.sink.on_mail = killed.cancel
    await asyncio.wait([killed])
    world.sink.on_mail = lambda: None
    await world.send_all()
    assert await world.states() == ["sending"] * 5, "it is still leased, and nobody knows that it died"

    await world.let_time_pass()
    assert await upkeep.lose_sight(world.pool) == 5
    await world.let_time_pass()
    await world.send_all()

    copies = Counter(world.sink.message_ids)
    assert len(copies) == 5
    assert max(copies.values()) <= 2
    assert {(row["state"], row["copies"]) for row in await world.ledger()} == {("sent", 2)}


def sent_before_it_is_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    text = store.SQL.begin_sending.replace("SET state = 'sending', copies = copies + 1, leased_until", "SET leased_until")
    assert text != store.SQL.begin_sending
    monkeypatch.setattr(store.SQL, "begin_sending", text)


@twin(sent_before_it_is_written_down)
async def test_however_often_senders_are_killed_there_are_no_more_than_two_copies(world: World, guard: None) -> None:
    await world.describe_session()
    await world.enroll(1)

    for _ in range(4):
        killed = asyncio.create_task(world.sender().send_batch())
        world.sink.on_mail = killed.cancel
        await asyncio.wait([killed])
        await world.let_time_pass()
        await upkeep.lose_sight(world.pool)
        await world.let_time_pass()

    assert len(world.sink.mails) == 2


async def test_a_sender_that_stood_still_sends_nothing_that_is_not_its_own_any_more(world: World) -> None:
    """Its lease ran out while it asked for addresses, and another sender did the work."""
    await world.describe_session()
    await world.enroll(3)
    slow, quick = world.sender(), world.sender()
    asked, go_on = asyncio.Event(), asyncio.Event()
    ask = slow._ask

    async def ask_slowly(claimed: list[Delivery]) -> dict[int, Recipient]:
        found = await ask(claimed)
        asked.set()
        await go_on.wait()
        return found

    slow._ask = ask_slowly  # type: ignore[method-assign, assignment]
    standing_still = asyncio.create_task(slow.send_batch())
    await asked.wait()
    await world.let_time_pass()
    await quick.send_batch()
    go_on.set()
    await standing_still

    assert Counter(Counter(world.sink.message_ids).values()) == {1: 3}
    assert await world.states() == ["sent"] * 3


async def test_a_lease_is_renewed_while_a_slow_mail_server_takes_its_time(world: World) -> None:
    await world.describe_session()
    await world.enroll(1)
    slow = world.sender(lease=timedelta(seconds=0.2))
    may_go_on = asyncio.Event()
    send = Connection.send

    async def send_slowly(line: Connection, mail: Mail) -> object:
        await may_go_on.wait()
        return await send(line, mail)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Connection, "send", send_slowly)
        sending = asyncio.create_task(slow.send_batch())
        await asyncio.sleep(0.6)
        assert await upkeep.lose_sight(world.pool) == 0
        may_go_on.set()
        await sending

    assert await world.states() == ["sent"]


async def test_an_outcome_is_kept_in_mind_while_the_database_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.describe_session()
    await world.enroll(2)
    record, failures = store.record, iter([ConnectionResetError("gone")])

    async def record_with_trouble(*arguments: object) -> None:
        for failure in failures:
            raise failure
        await record(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "record", record_with_trouble)
    await world.send_all()

    assert await world.states() == ["sent", "sent"]
    assert len(world.sink.mails) == 2


async def test_a_mail_that_cannot_be_written_holds_up_nobody_elses(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.describe_session()
    bad, good = await world.enroll(2)
    write = Writer.write

    def write_unless_bad(self: Writer, delivery: Delivery, recipient: Recipient, session: Session | None) -> Mail:
        if delivery.recipient_id == bad.person_id:
            raise ZeroDivisionError(recipient.email)
        return write(self, delivery, recipient, session)

    monkeypatch.setattr(Writer, "write", write_unless_bad)
    await world.send_all()

    first, second = await world.ledger()
    assert (first["state"], first["attempts"], first["reason"]) == ("due", 1, "could not be written: ZeroDivisionError")
    assert second["state"] == "sent"
    assert len(world.mails_to(good.person_id)) == 1


async def test_a_woken_sender_sends_without_waiting(world: World) -> None:
    await world.describe_session()
    one = world.sender()
    running = asyncio.create_task(one.run())
    await asyncio.sleep(0.1)
    await world.enroll(1)

    one.wake()

    await until(lambda: len(world.sink.mails) == 1, seconds=0.8)
    running.cancel()
    await asyncio.wait([running])


async def test_a_sender_that_is_stopped_finishes_what_it_began_and_gives_the_rest_back(world: World) -> None:
    await world.describe_session()
    await world.enroll(sender.HANDFUL * 3)
    running = asyncio.create_task(world.sender().run())
    await until(lambda: len(world.sink.mails) >= 3)

    running.cancel()
    await asyncio.wait([running])

    states = Counter(await world.states())
    assert states["sent"] == len(world.sink.mails)
    assert states.keys() == {"sent", "due"}
    assert await world.pool.fetchval("SELECT count(*) FROM delivery WHERE leased_until > now()") == 0


def test_what_may_have_gone_out_before_goes_alone() -> None:
    first = [Addressed(build.a_delivery(), build.a_recipient(), None) for _ in range(sender.HANDFUL + 2)]
    again = [Addressed(build.a_delivery(copies=1), build.a_recipient(), None) for _ in range(2)]

    assert [len(handful) for handful in handfuls([*again, *first])] == [sender.HANDFUL, 2, 1, 1]


def test_refusals_are_patient_with_who_is_busy_and_short_with_who_is_not_there() -> None:
    now = build.a_delivery().queued_at
    busy = [deliveries.after(build.a_delivery(attempts=n), deliveries.Refused("451", permanent=False), now) for n in range(60)]

    assert [step.state for step in busy].index("failed") == 59
    assert timedelta(days=1) < sum((step.pause for step in busy), timedelta(0)) < timedelta(days=3)


async def test_a_mail_server_that_is_told_to_encrypt_and_cannot_is_away(world: World) -> None:
    with pytest.raises(MailServerAway):
        async with MailServer(world.sink.url + "?starttls=1", "a@b.example").open():
            pass


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25", "smtp://mail.example?starttls=maybe"])
def test_an_address_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SKILLSLAB_SMTP_URL"):
        MailServer(url, "a@b.example")


async def test_whether_the_mail_server_answers_is_known(world: World) -> None:
    assert await MailServer(world.sink.url, "a@b.example").answers()
    world.sink.stop()
    assert not await MailServer(world.sink.url, "a@b.example").answers()


class Odd:
    """A client whose server answers the final dot in its own way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def mail(self, sender: str) -> None: ...

    async def rcpt(self, recipient: str) -> None: ...

    async def data(self, content: bytes, **how: float) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SMTPDataError(252, "2.0.0 taken, in other words"), deliveries.Sent()),
        (SMTPDataError(554, "5.7.1 spam, says <jan@x.example>"), deliveries.Refused("554 5.7.1", permanent=True)),
        (SMTPDataError(452, "4.2.2 mailbox full"), deliveries.Refused("452 4.2.2", permanent=False)),
        (SMTPDataError(421, "4.3.2 closing"), deliveries.Interrupted()),
        (TimeoutError("no answer"), Unknown()),
    ],
)
async def test_what_the_server_says_to_a_mail_is_understood(error: Exception, outcome: deliveries.Outcome) -> None:
    line = Connection(Odd(error), "a@b.example")  # type: ignore[arg-type]

    assert await line.send(Mail("b@c.example", b"")) == outcome


def test_a_message_id_follows_from_the_fact_and_who_is_told() -> None:
    notice = deliveries.Notice(UUID(int=1), UUID(int=2), "confirmed", "enrollments/x", 1, build.STARTS, stale=False)

    assert str(notice.message_id) == "9a86cba7-4412-52e5-8d95-af6bde6a7d22"
