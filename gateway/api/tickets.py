"""Tickets of draws and waiting rooms: one's own, and what anybody needs to check a draw."""

from __future__ import annotations

from aiohttp import web

from gateway import acts
from gateway.api.operation import Operations
from gateway.api.passing import forward, id_in_path
from gateway.api.shapes import Draw, DrawFilter, Nothing, Page, Ticket, TicketFilter, TicketSummary
from gateway.clients import ENROLLMENT
from gateway.edge import signed_in

tickets = Operations("Tickets")


@tickets.declare("GET", "/v1/tickets", "Your tickets", {200: Page[TicketSummary]}, who="signed in", query=TicketFilter)
async def get_tickets(request: web.Request) -> web.Response:
    """Newest first: those with which you wait, and what became of the others."""
    signed_in(request)
    return await forward(request, request.app[ENROLLMENT])


@tickets.declare("GET", "/v1/tickets/{ticketId}", "One ticket", {200: Ticket}, who="signed in")
async def get_ticket(request: web.Request) -> web.Response:
    """Your own, with the enrollment once it is your turn."""
    signed_in(request)
    id_in_path(request, "ticketId")
    return await forward(request, request.app[ENROLLMENT])


@tickets.declare(
    "POST", "/v1/tickets/{ticketId}/withdrawal", "Leave the line or the draw", {200: Ticket}, who="signed in", body=Nothing,
    body_required=False, problems=["409 ticket-settled"],
)  # fmt: skip
@acts.act("left-line")
async def post_ticket_withdrawal(request: web.Request) -> web.Response:
    """As long as your turn has not come. Again changes nothing and answers the same. The number of your ticket stays in the
    list of a draw, and gives nobody anything. You may ask for a seat again: in a line you come at the end.
    """
    signed_in(request)
    id_in_path(request, "ticketId")
    return await forward(request, request.app[ENROLLMENT])


@tickets.declare("GET", "/v1/sessions/{sessionId}/draw", "The draw for a session", {200: Draw}, query=DrawFilter)
async def get_draw(request: web.Request) -> web.Response:
    """The hash of the seed and the tickets, from the draw on the seed too, and the tickets in its order: whoever wants can do
    the draw again. A ticket is a random number that says nothing of whose it is.
    """
    id_in_path(request, "sessionId")
    return await forward(request, request.app[ENROLLMENT])
