"""Which handler answers at which page, in both languages alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from gateway import assets
from gateway.edge import SETTINGS
from gateway.pages import (
    about,
    audit,
    colleagues,
    courses,
    enroll,
    fieldlabs,
    home,
    mailbox,
    moving,
    my_data,
    operator,
    organiser,
    own_session,
    problem_pages,
    providers,
    requests,
    retention,
    roles,
    roster,
    sign_in,
    tickets,
    tokens,
    transfers,
    uptake,
)
from gateway.pages.addresses import ADDRESSES
from gateway.pages.page import PAGES, environments
from gateway.problems import RENDER_PAGE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

READ: Mapping[str, Handler] = {
    "home": home.get_home,
    "fieldlabs": fieldlabs.get_fieldlabs,
    "fieldlab": fieldlabs.get_fieldlab,
    "course": courses.get_course,
    "enroll": enroll.get_enroll,
    "enrollments": enroll.get_enrollments,
    "enrollment": enroll.get_enrollment,
    "calendar": enroll.get_calendar,
    "ticket": tickets.get_ticket,
    "leave-line": tickets.get_leave,
    "draw": tickets.get_draw,
    "withdraw": enroll.get_withdraw,
    "accept": enroll.get_accept,
    "refuse": enroll.get_refuse,
    "change-date": moving.get_move,
    "hand-over": transfers.get_hand_over,
    "take-over": transfers.get_take_over,
    "sign-in": sign_in.get_sign_in,
    "sign-in-sent": sign_in.get_sent,
    "sign-in-link": sign_in.get_link,
    "provider-sign-in": providers.get_sign_in,
    "provider-back": providers.get_back,
    "connect": providers.get_connect,
    "uptake": uptake.get_uptake,
    "uptake-figures": uptake.get_figures,
    "uptake-file": uptake.get_file,
    "roles": roles.get_roles,
    "give-up": roles.get_give_up,
    "colleagues": colleagues.get_colleagues,
    "invite": colleagues.get_invite,
    "withdraw-role": colleagues.get_withdraw_role,
    "operator": operator.get_operator,
    "tokens": tokens.get_tokens,
    "my-data": my_data.get_my_data,
    "my-data-whole": my_data.get_everything,
    "who-looked": my_data.get_who_looked,
    "erase": my_data.get_erase,
    "erasure": my_data.get_erasure,
    "audit": audit.get_audit,
    "retention": retention.get_retention,
    "privacy": about.get_privacy,
    "organiser": organiser.get_organiser,
    "new-course": organiser.get_new_course,
    "new-session": organiser.get_new_session,
    "own-session": own_session.get_session,
    "move-session": own_session.get_move,
    "call-off": own_session.get_call_off,
    "requests": requests.get_requests,
    "approve": requests.get_approve,
    "decline": requests.get_decline,
    "go-on": own_session.get_go_on,
    "roster": roster.get_roster,
    "api": about.get_api,
    "about": about.get_about,
    "style": about.get_style,
    "problem": problem_pages.get_problem,
    "mailbox": mailbox.get_mailbox,
    "mail": mailbox.get_mail,
    "mail-html": mailbox.get_html,
    "mail-attachment": mailbox.get_attachment,
}
CHANGE: Mapping[str, Handler] = {
    "enroll": enroll.post_enroll,
    "withdraw": enroll.post_withdraw,
    "accept": enroll.post_accept,
    "refuse": enroll.post_refuse,
    "leave-line": tickets.post_leave,
    "change-date": moving.post_move,
    "hand-over": transfers.post_hand_over,
    "take-over": transfers.post_take_over,
    "decline-transfer": transfers.post_decline,
    "withdraw-transfer": transfers.post_withdraw,
    "sign-in": sign_in.post_sign_in,
    "sign-in-link": sign_in.post_link,
    "sign-in-sample": sign_in.post_sample,
    "sign-out": sign_in.post_sign_out,
    "sign-in-sent": sign_in.post_code,
    "provider-sign-in": providers.post_sign_in,
    "connect": providers.post_connect,
    "disconnect": providers.post_disconnect,
    "act-as": roles.post_act_as,
    "give-up": roles.post_give_up,
    "accept-invitation": roles.post_accept,
    "decline-invitation": roles.post_decline,
    "invite": colleagues.post_invite,
    "withdraw-invitation": colleagues.post_withdraw_invitation,
    "withdraw-role": colleagues.post_withdraw_role,
    "operator": operator.post_invite,
    "tokens": tokens.post_token,
    "revoke-token": tokens.post_revoke,
    "my-data": my_data.post_my_data,
    "erase": my_data.post_erase,
    "audit": audit.post_audit,
    "retention": retention.post_retention,
    "sign-out-elsewhere": my_data.post_sign_out_elsewhere,
    "sign-out-there": my_data.post_sign_out_there,
    "new-course": organiser.post_new_course,
    "new-session": organiser.post_new_session,
    "own-session": own_session.post_seats,
    "move-session": own_session.post_move,
    "call-off": own_session.post_call_off,
    "approve": requests.post_approve,
    "decline": requests.post_decline,
    "go-on": own_session.post_go_on,
    "roster": roster.post_roster,
}


def add_to(app: web.Application) -> None:
    """Put the pages on an application. Raises assets.AssetsMissing where they are not set up."""
    loaded = assets.load()
    app[PAGES] = environments(loaded, app[SETTINGS])
    app[RENDER_PAGE] = problem_pages.render
    app.router.add_routes([loaded.route()])
    for name, pair in ADDRESSES.items():
        for address in pair:
            if name in READ:
                app.router.add_get(address, READ[name])
            if name in CHANGE:
                app.router.add_post(address, CHANGE[name])
