"""Handing a seat over to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import Field

from gateway import acts, handing_over
from gateway.api.enrollments import must_be_worker
from gateway.api.operation import Input, Operations
from gateway.api.passing import id_in_path, idempotency_key, made, sent
from gateway.api.shapes import Enrollment, Nothing, Page, Paging, Told, TransferRequest, TransferShape
from gateway.clients import CATALOG, ENROLLMENT, RELAY
from gateway.edge import signed_in
from gateway.people import inputs, transfers
from gateway.people.transfers import Transfer
from gateway.problems import language_of
from shared.database.pool import transaction
from shared.errors import Rejected
from shared.messaging import answers
from shared.text import Whole, filled_in
from shared.web.principal import Principal
from shared.web.reading import reading
from shared.web.server import POOL, json_bytes

handing = Operations("Transfers")


class Spelled(Input):
    """Which page, as an address spells it."""

    page: Whole = Field(default=1, ge=1, le=1_000_000)
    page_size: Whole = Field(default=20, ge=1, le=100)


@handing.declare(
    "POST", "/v1/enrollments/{enrollmentId}/transfer", "Offer your seat to a colleague", {201: TransferShape},
    who="signed in", body=TransferRequest,
    problems=["403 not-yours", "409 no-seat", "409 session-started", "409 transfer-pending", "409 transfer-to-yourself",
              "409 approval-needed", "429 too-many-invitations"],
    leads_to={"get_transfer": "transferId", "post_withdrawal": "transferId"},
)  # fmt: skip
@acts.act("transfer-offered")
async def post_transfer(request: web.Request) -> web.Response:
    """They get a mail, and the seat stays yours until they say yes: then it is theirs, and your enrollment ends. They have a
    week, and never longer than until the session starts. Naming an id answers the same whether there is such a person or not.
    """
    enrollment_id = id_in_path(request, "enrollmentId")
    asks = signed_in(request)
    shape = await own(request, asks, enrollment_id)
    wanted = await sent(request, TransferRequest)
    email = None
    if wanted.to_email is not None:
        email, fault = inputs.address(wanted.to_email)
        if fault:
            raise Rejected("invalid-input", 400, errors=[{"pointer": "#/toEmail", "code": fault, "detail": ""}])
    given = await offer(request, asks, shape, to_person=wanted.to_person_id, to_email=email, key=idempotency_key(request))
    acts.note(request, f"enrollments/{enrollment_id}")
    return made(json_bytes(shape_of(given).model_dump_json(by_alias=True, exclude_none=True), 201), "/v1/transfers")


async def own(request: web.Request, asks: Principal, enrollment_id: UUID) -> Mapping[str, str]:
    """The enrollment, as the desk has it. Raises Rejected: 404 for one that they may not see, 403 for somebody else's."""
    shape: Mapping[str, str] = await request.app[ENROLLMENT].get_json(f"/enrollments/{enrollment_id}", asks)
    if shape["personId"] != str(asks.person_id):
        raise Rejected("not-yours", 403)
    return shape


async def offer(
    request: web.Request,
    asks: Principal,
    enrollment: Mapping[str, str],
    *,
    to_person: UUID | None = None,
    to_email: str | None = None,
    key: str | None = None,
) -> Transfer:
    """Ask the colleague. With an Idempotency-Key that was used before: what became of it then, as far as it is still open."""
    enrollment_id, asked = UUID(enrollment["id"]), answers.keyed(f"transfer {enrollment['id']} {to_person} {to_email}")
    command_id = answers.command_id(asks.person_id, key) if key else None
    session = await request.app[CATALOG].get_json(f"/sessions/{enrollment['sessionId']}", asks)
    starts_at = datetime.fromisoformat(session["startsAt"])
    async with transaction(request.app[POOL]) as conn:
        first = (await answers.load(conn, [command_id])).get(command_id) if command_id else None
        if first is not None:
            if first.request_hash != asked.request_hash:
                raise answers.reused()
            return await transfers.transfer(conn, asks.person_id, UUID(orjson.loads(first.answer)))
        if enrollment["state"] != "confirmed":
            raise Rejected("no-seat", 409)
        if session["needsApproval"]:
            raise Rejected(handing_over.APPROVAL_NEEDED, 409)
        if starts_at <= datetime.now(UTC):
            raise Rejected("session-started", 409)
        transfer_id = await transfers.offer(
            conn, asks.person_id, enrollment_id, UUID(enrollment["sessionId"]), starts_at, language_of(request),
            to_person=to_person, to_email=to_email,
        )  # fmt: skip
        if command_id:
            await answers.keep(conn, [(command_id, asked, orjson.dumps(str(transfer_id)).decode())])
        given = await transfers.transfer(conn, asks.person_id, transfer_id)
    request.app[RELAY].wake()
    return given


@handing.declare(
    "GET", "/v1/transfers", "Seats that are handed over", {200: Page[TransferShape]}, who="signed in", query=Paging
)
async def get_transfers(request: web.Request) -> web.Response:
    """Those that you offer, and those that are offered to you, as long as nobody answered."""
    asks = signed_in(request)
    wanted = Spelled.model_validate(filled_in(request.query))
    async with reading(request.app[POOL], asks) as conn:
        found = await transfers.transfers(conn, asks.person_id)
    first = (wanted.page - 1) * wanted.page_size
    shown = [shape_of(one) for one in found[first : first + wanted.page_size]]
    told = Page[TransferShape](items=shown, page=wanted.page, page_size=wanted.page_size, total=len(found))
    return json_bytes(told.model_dump_json(by_alias=True, exclude_none=True))


@handing.declare("GET", "/v1/transfers/{transferId}", "One seat that is handed over", {200: TransferShape}, who="signed in")
async def get_transfer(request: web.Request) -> web.Response:
    """One that you offer, or that is offered to you."""
    asks, wanted = signed_in(request), id_in_path(request, "transferId")
    async with reading(request.app[POOL], asks) as conn:
        found = await transfers.transfer(conn, asks.person_id, wanted)
    return json_bytes(shape_of(found).model_dump_json(by_alias=True, exclude_none=True))


@handing.declare(
    "POST", "/v1/transfers/{transferId}/acceptance", "Take the seat over", {201: Enrollment}, who="worker", body=Told,
    body_required=False,
    problems=["403 not-a-worker", "409 already-enrolled", "409 seat-gone", "409 approval-needed",
              "409 other-session-of-course", "409 prerequisite-missing", "409 seat-is-kept", "400 unknown-municipality"],
    leads_to={"get_enrollment": "enrollmentId", "post_cancellation": "enrollmentId"},
)  # fmt: skip
@acts.act("transfer-accepted")
async def post_transfer_acceptance(request: web.Request) -> web.Response:
    """The seat is yours from now on, and no longer your colleague's. What you tell is voluntary, and serves the region's report
    alone; but what the course asks for, and the group that the seat is kept for, hold for you too.
    """
    asks, wanted = signed_in(request), id_in_path(request, "transferId")
    try:
        async with reading(request.app[POOL], asks) as conn:
            await transfers.transfer(conn, asks.person_id, wanted)
    except Rejected as gone:
        return made(json_bytes(await _taken_before(request, asks, wanted, gone), 201), "/v1/enrollments")
    must_be_worker(asks)
    told = Told.model_validate_json(await request.read() or b"{}")
    given, answer = await accept(request, asks, wanted, told)
    acts.note(request, f"enrollments/{orjson.loads(answer)['id']}", about=[given.from_person])
    return made(json_bytes(answer, 201), "/v1/enrollments")


async def _taken_before(request: web.Request, asks: Principal, transfer_id: UUID, gone: Rejected) -> bytes:
    """Whoever asks again gets what they got. Raises `gone` for what was never theirs."""
    try:
        answer = await handing_over.taken_over(request.app[ENROLLMENT], transfer_id, asks)
    except Rejected as no:
        raise (gone if no.status == 409 else no) from no
    acts.note(request, f"enrollments/{orjson.loads(answer)['id']}")
    return answer


async def accept(request: web.Request, asks: Principal, transfer_id: UUID, told: Told) -> tuple[Transfer, bytes]:
    """Say yes, and have the desk decide. Raises Rejected: 404 for what is not offered to them, 409 for what cannot be."""
    about = told.model_dump_json(by_alias=True, exclude_unset=True)
    async with transaction(request.app[POOL]) as conn:
        given = await transfers.accept(conn, asks.person_id, transfer_id, about)
    return given, await handing_over.ask(request.app[POOL], request.app[ENROLLMENT], given)


@handing.declare(
    "POST", "/v1/transfers/{transferId}/refusal", "Do not take the seat over", {204: None}, who="signed in", body=Nothing,
    body_required=False,
)  # fmt: skip
@acts.act("transfer-declined")
async def post_transfer_refusal(request: web.Request) -> web.Response:
    """Your colleague keeps the seat, and can offer it to somebody else."""
    asks, wanted = signed_in(request), id_in_path(request, "transferId")
    async with transaction(request.app[POOL]) as conn:
        await transfers.decline(conn, asks.person_id, wanted)
    return web.Response(status=204)


@handing.declare(
    "POST", "/v1/transfers/{transferId}/withdrawal", "Keep your seat after all", {204: None}, who="signed in", body=Nothing,
    body_required=False,
)  # fmt: skip
@acts.act("transfer-withdrawn")
async def post_withdrawal(request: web.Request) -> web.Response:
    """As long as your colleague did not say yes."""
    asks, wanted = signed_in(request), id_in_path(request, "transferId")
    async with transaction(request.app[POOL]) as conn:
        await transfers.withdraw(conn, asks.person_id, wanted)
    return web.Response(status=204)


async def drop(request: web.Request, enrollment_id: UUID) -> None:
    """Whoever let go of a seat otherwise hands it over to nobody."""
    async with transaction(request.app[POOL]) as conn:
        await transfers.drop(conn, signed_in(request).person_id, enrollment_id)


def shape_of(given: Transfer) -> TransferShape:
    """As who asks may see it: a colleague is told by whom it is, and not which enrollment that was."""
    return TransferShape(
        id=given.transfer_id,
        session_id=given.session_id,
        offered_at=given.offered_at,
        expires_at=given.expires_at,
        enrollment_id=given.enrollment_id if given.given else None,
        to_person_id=given.to_person if given.given else None,
        to_email=given.to_email if given.given else None,
        offered_by=None if given.given else given.from_name,
    )
