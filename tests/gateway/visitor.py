"""Somebody with a browser that runs no scripts: keeps cookies, sends what browsers send, and reads what comes back."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import urlencode

from gateway import edge, forms


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    text: str
    url: str

    @property
    def location(self) -> str:
        return self.headers["Location"] or ""

    @property
    def words(self) -> str:
        """What a reader sees, on one line."""
        without = re.sub(r"<(script|style|option)\b.*?</\1>|<datalist.*?</datalist>|<[^>]+>", " ", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(without).split())


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Visitor:
    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.cookies = CookieJar()
        jar = urllib.request.HTTPCookieProcessor(self.cookies)
        self._follow = urllib.request.build_opener(jar)
        self._stay = urllib.request.build_opener(jar, _NoRedirect)

    def get(self, path: str, *, follow: bool = True, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        return self._ask(urllib.request.Request(self.base_url + path, method=method, headers=dict(headers or {})), follow)

    def post(
        self, path: str, fields: Mapping[str, str] | None = None, *, follow: bool = False, site: str = "same-origin"
    ) -> Answer:
        fields = {**self._form_token(), **(fields or {})}
        request = urllib.request.Request(self.base_url + path, data=urlencode(fields).encode(), method="POST")
        request.add_header("Sec-Fetch-Site", site)
        return self._ask(request, follow)

    def _form_token(self) -> Mapping[str, str]:
        """What our pages put into their forms for who is signed in."""
        session = next((cookie.value for cookie in self.cookies if cookie.name == edge.COOKIE), None)
        return {forms.TOKEN: forms.token_for(session)} if session else {}

    def sign_in_as(self, role: str) -> Answer:
        """As the sample person of a role."""
        return self.post("/aanmelden/voorbeeld", {"role": role}, follow=True)

    def _ask(self, request: urllib.request.Request, follow: bool) -> Answer:
        try:
            with (self._follow if follow else self._stay).open(request, timeout=20) as response:
                return _read(response)
        except urllib.error.HTTPError as error:
            with error:
                return _read(error)


def _read(response: Any) -> Answer:
    return Answer(response.status, response.headers, response.read().decode(), response.url)
