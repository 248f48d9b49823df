"""ID tokens: signed by the provider, said to us, about this very visit, and not too old."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from gateway.oidc.calls import NotUsable
from gateway.people.identities import LONGEST_SUBJECT

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
"""Each with a key of the provider's own. Never `none`, and never HS256, by which whoever checks could have signed as well."""
LEEWAY = 60  # seconds by which clocks may differ

OLD_NAMES = {"EdDSA": "Ed25519"}
"""Of algorithms that providers still call so (RFC 9864)."""

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """What an ID token has to say."""

    issuer: str
    client_id: str
    nonce: str


class _Signatures(JWSRegistry):
    max_header_length = 8192  # some send their certificates along, which count for nothing here

    def get_alg(self, name: str) -> Any:
        return super().get_alg(OLD_NAMES.get(name, name))


def usable(key_set: Any) -> KeySet:
    """The keys of a provider that we understand; others are left out (RFC 7517, 5).

    Raises LookupError or TypeError for what is no set of keys.
    """
    keys = []
    for told in key_set["keys"]:
        with suppress(JoseError, ValueError, LookupError, TypeError):
            keys.append(jwk.import_key(told))
    return KeySet(keys)


def check(token: str, keys: KeySet, expected: Expected) -> Claims:
    """The claims of an ID token. Raises JoseError or NotUsable for one that is not what it has to be."""
    claims = jwt.decode(token, keys, registry=_Signatures(algorithms=ALGORITHMS, strict_check_header=False)).claims
    jwt.JWTClaimsRegistry(leeway=LEEWAY, exp={"essential": True}, iat={"essential": True}).validate(claims)
    for name, is_right in RULES:
        if not is_right(claims, expected):
            raise NotUsable(f"{name} of the ID token is not right")
    return claims


def _is_of_the_issuer(claims: Claims, expected: Expected) -> bool:
    return bool(claims.get("iss") == expected.issuer)


def _is_for_us(claims: Claims, expected: Expected) -> bool:
    told = claims.get("aud")
    return expected.client_id in ([told] if isinstance(told, str) else told if isinstance(told, list) else [])


def _was_given_to_us(claims: Claims, expected: Expected) -> bool:
    """A token for several must say which of them asked for it."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    return bool(claims.get("azp", None if several else expected.client_id) == expected.client_id)


def _is_of_this_visit(claims: Claims, expected: Expected) -> bool:
    return bool(claims.get("nonce") == expected.nonce)


def _has_a_subject(claims: Claims, expected: Expected) -> bool:
    subject = claims.get("sub")
    return isinstance(subject, str) and 0 < len(subject) <= LONGEST_SUBJECT and subject.isascii() and subject.isprintable()


RULES: Sequence[tuple[str, Callable[[Claims, Expected], bool]]] = (
    ("iss", _is_of_the_issuer),
    ("aud", _is_for_us),
    ("azp", _was_given_to_us),
    ("nonce", _is_of_this_visit),
    ("sub", _has_a_subject),
)
