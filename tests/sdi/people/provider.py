# SPDX-License-Identifier: EUPL-1.2
"""A real OpenID Connect provider, of Authlib's provider side: PKCE and a nonce are demanded, codes count once."""
# ruff: noqa: ARG002 - Authlib says which arguments there are

import threading
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, request
from joserfc.jwk import RSAKey
from werkzeug.serving import BaseWSGIServer, make_server


class Client(ClientMixin):
    """The site, as it is registered at the provider."""

    client_id = "brama"
    secret = "s/e+c ret"

    def __init__(self, back: str) -> None:
        self.back = back

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.back

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.back

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code and what it was given for."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    auth_time: int = 0

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


@dataclass
class Provider:
    """The provider at work; tests change who signs in there and what its tokens say."""

    back: str
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "subject-1", "preferred_username": "clerk"})
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}))
    signing_key: Any = None
    algorithm: str = "RS256"
    told_issuer: str = ""
    answers: list[int] = field(default_factory=list)
    codes: dict[str, Code] = field(default_factory=dict)
    issuer: str = ""
    server: BaseWSGIServer | None = None

    def start(self) -> None:
        """Serve on a free port."""
        app = Flask("provider")
        app.config["OAUTH2_TOKEN_EXPIRES_IN"] = {"authorization_code": 60}
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.port}"
        _routes(app, self)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End; its port refuses then."""
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()


def _routes(app: Flask, provider: Provider) -> None:
    client = Client(provider.back)
    server = AuthorizationServer(
        app, query_client=lambda name: client if name == client.client_id else None, save_token=lambda *_: None
    )
    server.register_grant(_grant(provider), [_id_token(provider), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def told() -> Any:
        root = provider.issuer
        return jsonify(
            issuer=provider.told_issuer or root, authorization_endpoint=f"{root}/authorize",
            token_endpoint=f"{root}/token", jwks_uri=f"{root}/keys",
        )  # fmt: skip

    @app.get("/keys")
    def keys() -> Any:
        return jsonify(keys=[provider.key.as_dict(private=False)])

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=provider.claims["sub"])
        return server.create_authorization_response(request, grant_user=provider.claims["sub"], grant=grant)

    @app.post("/token")
    def token() -> Any:
        answer = server.create_token_response()
        provider.answers.append(answer.status_code)
        return answer


def _grant(provider: Provider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]  # noqa: RUF012 - Authlib's way

        def save_authorization_code(self, code: str, request: Any) -> None:
            sent = request.payload.data
            provider.codes[code] = Code(
                code, request.payload.redirect_uri, request.payload.scope, sent.get("nonce", ""),
                sent["code_challenge"], sent["code_challenge_method"],
            )  # fmt: skip

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: Code) -> str:
            return str(provider.claims["sub"])

    return Grant


def _id_token(provider: Provider) -> OpenIDCode:
    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code.nonce == nonce for code in provider.codes.values())

        def resolve_client_private_key(self, client: Client) -> Any:
            return provider.signing_key or provider.key

        def get_client_algorithm(self, client: Client) -> str:
            return provider.algorithm

        def get_encode_header(self, client: Client) -> dict[str, Any]:
            return {"alg": provider.algorithm, "kid": provider.key.kid}

        def get_client_claims(self, client: Client) -> dict[str, Any]:
            return {"iss": provider.issuer, "aud": [client.client_id]}

        def generate_user_info(self, user: str, scope: str) -> UserInfo:
            return UserInfo(**provider.claims)

    return IdToken(require_nonce=True)
