"""The libraries for calling providers: loaded only where there is one, and within our own limits."""

from __future__ import annotations

import os
import subprocess
import sys

import httpx

from gateway.oidc import calls
from tests import ROOT

LOOK = """
import sys

import gateway.app

print([name for name in ("httpx", "authlib", "joserfc") if name in sys.modules])
import gateway.oidc.provider
"""


def test_where_no_provider_is_configured_its_libraries_are_not_loaded_and_where_one_is_quietly() -> None:
    """Authlib would rather have httpx2, and says so to whoever imports it."""
    told = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
    assert told.stderr == ""


def test_the_client_that_fetches_tokens_talks_over_our_line() -> None:
    """Authlib takes httpx2 where that is installed; our limits on what a provider sends hold for httpx."""
    assert issubclass(calls.AsyncOAuth2Client, httpx.AsyncClient)


def test_a_provider_gets_five_seconds() -> None:
    assert calls.SECONDS == 5
