"""What is no request is refused as a problem, in words of ours, and without an echo of what came."""

from __future__ import annotations

import http.client
import json
import socket
from io import BytesIO

import pytest

from tests.platform import Running

LONG = b"x" * 9000


class _Bytes:
    """A socket that was read already, for the standard library's reader of answers."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._received)


def answer_to(platform: Running, sent: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    with socket.create_connection(("127.0.0.1", platform.port), timeout=10) as line:
        line.sendall(sent)
        received = b"".join(iter(lambda: line.recv(65536), b""))
    response = http.client.HTTPResponse(_Bytes(received))  # type: ignore[arg-type]
    response.begin()
    return response, response.read()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /v1/sessions?ids=" + LONG + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + LONG + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Long: " + LONG + b"\r\n\r\n",
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nNo colon <b>x</b>\r\n\r\n",
        b"GET /v1/me HTTP/9.9\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 <b>x</b>\r\n\r\n",
        b"POST /v1/courses HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_as_a_problem(platform: Running, sent: bytes) -> None:
    response, body = answer_to(platform, sent)

    assert response.status == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["type"] == "/problems/unreadable-request"
    assert response.headers["API-Version"] == "1.0.0"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert b"xxxx" not in body
    assert b"<b>" not in body
