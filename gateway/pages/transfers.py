"""Handing a place over to a colleague: asking them, and their answer."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import orjson
from aiohttp import web

from gateway import acts, names
from gateway.api import transfers as api
from gateway.api.passing import id_in_path
from gateway.api.shapes import Told
from gateway.clients import CATALOG, ENROLLMENT
from gateway.edge import signed_in
from gateway.forms import form
from gateway.pages import catalogue, enroll
from gateway.pages.page import as_worker, go, in_words, show
from gateway.people import inputs, transfers
from gateway.people.transfers import Transfer
from gateway.problems import FIELD_FAULTS, language_of
from shared.database.pool import transaction
from shared.errors import Rejected
from shared.web.reading import reading
from shared.web.server import POOL


async def get_hand_over(request: web.Request) -> web.Response:
    return await _show_hand_over(request, {}, {})


@acts.act("transfer-offered")
async def post_hand_over(request: web.Request) -> web.Response:
    """Ask a colleague by mail."""
    asks, enrollment_id = as_worker(signed_in(request)), id_in_path(request, "enrollment")
    acts.note(request, f"enrollments/{enrollment_id}")
    shape = await request.app[ENROLLMENT].get_json(f"/enrollments/{enrollment_id}", asks)
    given = await form(request)
    email, fault = inputs.address(given.get("email", ""))
    if fault:
        return await _show_hand_over(request, given, {"email": FIELD_FAULTS[fault]}, status=400)
    try:
        await api.offer(request, asks, shape, to_email=email)
    except Rejected as no:
        if no.status not in (409, 429):
            raise
        return await _show_hand_over(request, given, {}, refusal=in_words(no), status=no.status)
    return go(request, "hand-over", {"enrollment": enrollment_id}, done="transfer-offered")


@acts.act("transfer-withdrawn")
async def post_withdraw(request: web.Request) -> web.Response:
    """Keep the place after all."""
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        given = await transfers.withdraw(conn, asks.person_id, id_in_path(request, "transfer"))
    return go(request, "enrollment", {"enrollment": given.enrollment_id}, done="transfer-withdrawn")


async def get_take_over(request: web.Request) -> web.Response:
    """What a colleague offers. Looking changes nothing: only the button does."""
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        given = await transfers.transfer(conn, asks.person_id, id_in_path(request, "transfer"))
    if given.given:
        return go(request, "hand-over", {"enrollment": given.enrollment_id})
    return await _show_take_over(request, given, {}, {})


@acts.act("transfer-accepted")
async def post_take_over(request: web.Request) -> web.Response:
    """Take the place. Where somebody works is asked for as with any enrollment, and as voluntary."""
    asks, transfer_id = signed_in(request), id_in_path(request, "transfer")
    async with reading(request.app[POOL], asks) as conn:
        given = await transfers.transfer(conn, asks.person_id, transfer_id)
    fields = await form(request)
    known = {name: fields.get(name, "") for name in ("workMunicipality", "employerSizeClass")}
    told, faults = enroll.read(known, await names.names(request))
    told |= {name: fields.get(name) == "true" for name in ("jobseeker", "statesPrerequisite")}
    if faults:
        return await _show_take_over(request, given, fields, faults, status=400)
    try:
        taken, answer = await api.accept(request, as_worker(asks), transfer_id, Told.model_validate(told))
    except Rejected as no:
        if no.status != 409:
            raise
        return await _show_take_over(request, given, fields, {}, refusal=in_words(no), status=409)
    enrollment_id = orjson.loads(answer)["id"]
    acts.note(request, f"enrollments/{enrollment_id}", about=[taken.from_person])
    return go(request, "enrollment", {"enrollment": enrollment_id}, done="transfer-accepted")


@acts.act("transfer-declined")
async def post_decline(request: web.Request) -> web.Response:
    asks = signed_in(request)
    async with transaction(request.app[POOL]) as conn:
        await transfers.decline(conn, asks.person_id, id_in_path(request, "transfer"))
    return go(request, "enrollments", done="transfer-declined")


async def _show_hand_over(
    request: web.Request,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    enrollment = await enroll.own(request)
    asks = signed_in(request)
    async with reading(request.app[POOL], asks) as conn:
        pending = await transfers.of_enrollment(conn, asks.person_id, UUID(enrollment.id))
    if not enrollment.can_hand_over:
        return go(request, "enrollment", {"enrollment": enrollment.id})
    return await show(
        request,
        "enrollments/hand-over.html",
        status=status,
        enrollment=enrollment,
        pending=pending,
        given=given,
        faults=faults,
        refusal=refusal,
    )


async def _show_take_over(
    request: web.Request,
    transfer: Transfer,
    given: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    refusal: tuple[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    session = await request.app[CATALOG].get_json(f"/sessions/{transfer.session_id}")
    known = await names.names(request)
    return await show(
        request,
        "enrollments/take-over.html",
        status=status,
        transfer=transfer,
        session=catalogue.session(session, language_of(request)),
        given=given,
        faults=faults,
        refusal=refusal,
        municipalities=[municipality.name for municipality in known.municipalities.values()],
    )
