# SPDX-License-Identifier: EUPL-1.2
"""The protocol's side of a client: discovery, the address to send people to, the code's exchange, the ID token."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from sdi.errors import Unreachable
from sdi.outbound import Outbound
from sdi.settings import Provider
from sdi.signin.model import Refused
from sdi.signin.oidc.model import Begun, Claims, Metadata

# Signatures by keys that the provider publishes; never `none`, nor a secret that the client knows too.
ALGORITHMS = ("RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "PS512", "ES512", "EdDSA")
_KEPT_SECONDS = 3_600.0
_LEEWAY_SECONDS = 60
_ANSWER_BYTES = 500_000
_SECONDS = 10.0


class Client:
    """One provider, as its settings say; what it publishes is kept for an hour."""

    def __init__(self, provider: Provider, outbound: Outbound) -> None:
        self._provider = provider
        self._outbound = outbound
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def address(self, begun: Begun, back: str) -> str:
        """Where the person proves who they are (Core 1.0, 3.1.2.1; PKCE by RFC 7636, S256)."""
        digest = hashlib.sha256(begun.verifier.encode()).digest()
        asked = {
            "response_type": "code", "client_id": self._provider.client_id, "redirect_uri": back,
            "scope": " ".join(self._provider.scopes), "state": begun.state, "nonce": begun.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
        }  # fmt: skip
        start = self.metadata().authorization
        return f"{start}{'&' if '?' in start else '?'}{urlencode(asked)}"

    def metadata(self) -> Metadata:
        """The provider's addresses; Unreachable when it does not tell them, or tells those of another."""
        issuer = self._provider.issuer
        found = self._published(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            if found["issuer"] != issuer:
                raise Unreachable(f"The provider calls itself {str(found['issuer'])[:200]!r}, not {issuer!r}.")
            methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            return Metadata(
                str(found["authorization_endpoint"]), str(found["token_endpoint"]), str(found["jwks_uri"]),
                "client_secret_basic" not in methods,
            )  # fmt: skip
        except KeyError as error:
            raise Unreachable(f"The provider does not tell its {error.args[0]}.") from error

    def claims(self, begun: Begun, code: str, back: str) -> Claims:
        """Who brought the code, by the ID token that it is exchanged for; Refused or Unreachable otherwise."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": begun.verifier}
        metadata, headers = self.metadata(), {}
        secret = self._secret()
        if secret is None:
            form["client_id"] = self._provider.client_id
        elif metadata.posts_secret:
            form |= {"client_id": self._provider.client_id, "client_secret": secret}
        else:
            pair = f"{quote(self._provider.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        answer = self._ask(metadata.token, form, headers)
        return self._person(self._checked(str(answer.get("id_token", "")), metadata.keys, begun.nonce))

    def _checked(self, token: str, keys: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that is right in every point of Core 1.0, 3.1.3.7."""
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": self._provider.issuer},
            aud={"essential": True, "value": self._provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(token, keys)
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise Refused("The provider's answer does not hold.") from error
        if claims.get("azp", self._provider.client_id) != self._provider.client_id:
            raise Refused("The provider's answer is for another client.")
        return claims

    def _decoded(self, token: str, keys: str) -> dict[str, Any]:
        """A token's claims once its signature holds; keys are asked for anew where none of the kept ones fits."""
        for fresh in (False, True):
            published = KeySet.import_key_set(self._published(keys, fresh=fresh))  # type: ignore[arg-type]
            try:
                return dict(jwt.decode(token, published, algorithms=ALGORITHMS).claims)
            except (JoseError, ValueError):
                if fresh:
                    raise
        raise AssertionError

    def _person(self, claims: Mapping[str, Any]) -> Claims:
        groups = claims.get(self._provider.groups_claim, [])
        login = str(claims.get(self._provider.login_claim, "")).lower()
        listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
        return Claims(
            str(claims["sub"]), login, str(claims.get("name") or login)[:200], frozenset(str(one) for one in listed)
        )

    def _secret(self) -> str | None:
        file = self._provider.client_secret_file
        return None if file is None else file.read_text(encoding="utf-8").strip()

    def _published(self, address: str, *, fresh: bool = False) -> dict[str, Any]:
        with self._lock:
            until, found = self._kept.get(address, (0.0, {}))
            if fresh or time.monotonic() > until:
                found = self._ask(address)
                self._kept[address] = (time.monotonic() + _KEPT_SECONDS, found)
        return found

    def _ask(
        self, address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        answer = self._outbound.ask(address, form=form, headers=headers, limit=_ANSWER_BYTES, seconds=_SECONDS)
        try:
            found = json.loads(answer)
        except ValueError as error:
            raise Unreachable("The provider's answer is no JSON.") from error
        if not isinstance(found, dict):
            raise Unreachable("The provider's answer is no JSON object.")
        return found
