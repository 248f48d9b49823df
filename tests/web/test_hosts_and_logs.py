"""A demo answers under its own name alone, and what anybody sends does not end up in a log."""

from __future__ import annotations

import asyncio
import stat
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import GatewaySettings
from shared.launch import children
from tests.platform import Running
from tests.web.test_limits import settings


def status(platform: Running, path: str, host: str, data: bytes | None = None) -> int:
    headers = {"Host": host, "Origin": f"http://{host}"}
    request = urllib.request.Request(platform.base_url + path, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("path", ["/", "/mailbox", "/v1/themes"])
def test_a_demo_answers_under_its_own_name_alone(platform: Running, path: str) -> None:
    """A name elsewhere can be made to lead to this machine: its page must not speak to the demo as one of ours."""
    assert status(platform, path, f"evil.example:{platform.port}") == 421
    assert status(platform, path, f"localhost:{platform.port}") == 200


def test_a_page_of_another_name_cannot_sign_in(platform: Running) -> None:
    assert status(platform, "/aanmelden/voorbeeld", f"evil.example:{platform.port}", b"role=operator") == 421


def test_whoever_looks_after_it_may_ask_under_any_name(platform: Running) -> None:
    assert status(platform, "/health/live", "gateway:8000") == 200


@pytest.mark.parametrize("address", ["https://skillslab.example.nl", "http://skillslab.example.nl", "http://8.8.8.8"])
def test_a_demo_does_not_start_at_a_public_address(address: str) -> None:
    with pytest.raises(ValidationError, match="a demo lets anybody in"):
        settings(demo=True, public_url=address)
    assert isinstance(settings(demo=False, public_url=address), GatewaySettings)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://localhost:8080", "http://192.168.1.5", "http://gateway"])
def test_a_demo_starts_where_only_people_nearby_come(address: str) -> None:
    assert settings(demo=True, public_url=address).address == address


# Logs


SECRETS = {
    "a token": b"GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer SECRET-IN-HEADER\0\r\n\r\n",
    "a cookie": b"GET / HTTP/1.1\r\nHost: x\r\nCookie: skillslab=SECRET-IN-HEADER\x7f\r\n\r\n",
    "a link": b"GET /aanmelden/SECRET-IN-HEADER\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "nonsense": b"GET / HTTP/1.1\r\n:SECRET-IN-HEADER\r\n\r\n",
}


@pytest.mark.parametrize("kind", SECRETS)
async def test_what_is_no_http_is_refused_and_leaves_no_line(platform: Running, kind: str) -> None:
    log = platform.folder / "gateway-0.log"
    before = log.stat().st_size
    for _ in range(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", platform.port)
        writer.write(SECRETS[kind])
        async with asyncio.timeout(10):
            await reader.read()
        writer.close()

    assert "SECRET-IN-HEADER" not in log.read_text()
    assert log.stat().st_size - before < 500


def test_logs_are_for_their_owner_alone(platform: Running) -> None:
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in platform.folder.glob("*.log")}
    assert set(modes.values()) == {0o600}, modes


async def test_a_log_is_turned_over_while_its_process_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written after it is in the same file, which starts anew."""
    monkeypatch.setattr(children, "LOG_BYTES", 1000)
    log = tmp_path / "it.log"
    code = "import time\nfor nr in range(10**6):\n print(f'line {nr}', flush=True); time.sleep(0.005)"
    child = children.Child("it", [sys.executable, "-c", code], {}, log)
    child.start()
    try:
        async with asyncio.timeout(20):
            while not (old := log.with_suffix(".old.log")).exists() or log.stat().st_size == 0:
                child.watch()
                await asyncio.sleep(0.01)
        assert old.stat().st_size > 1000
        assert log.stat().st_size <= 1200
        assert "\0" not in log.read_text()
    finally:
        child.ask_to_stop()
        child.wait_until_stopped(time.monotonic() + 5)
