# SPDX-License-Identifier: EUPL-1.2
"""`/sign-in/with/{provider}`, where a person leaves for a provider; `/sign-in/from/{provider}`, where they return."""

import hmac
from dataclasses import asdict

from flask import Blueprint, Response, current_app, redirect, request
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response as AnyResponse

from sdi.errors import NotFound, Unreachable
from sdi.outbound import Outbound
from sdi.settings import Provider
from sdi.signin.model import Refused
from sdi.signin.oidc.client import Client
from sdi.signin.oidc.model import Begun
from sdi.signin.oidc.service import account_of
from sdi.signin.routes import browser, form, keep_begun, keep_session, local_address, take_begun
from sdi.signin.service import begin, new_secret
from sdi.web.context import Services, base_url, door, services
from sdi.web.rights import public

blueprint = Blueprint("oidc", __name__)
_KIND = "oidc"


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    brama: Services = state.app.extensions["brama"]
    outbound = Outbound(brama.settings)
    providers = brama.settings.identity.providers
    state.app.extensions["brama.providers"] = {one.id: (one, Client(one, outbound)) for one in providers}
    state.app.jinja_env.globals["providers"] = providers


@blueprint.after_request
def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/sign-in/with/<provider_id>")
@public
def leave(provider_id: str) -> AnyResponse | tuple[str, int]:
    """Off to the provider, with a state, a nonce and a proof of the code that only this browser has."""
    provider, client = _provider(provider_id)
    begun = Begun(provider.id, new_secret(), new_secret(), new_secret())
    try:
        address = client.address(begun, _back(provider))
    except Unreachable:
        return form(error="provider"), 502
    kept = {**asdict(begun), "next": local_address(request.args.get("next", "/"))}
    with services().database.app.begin() as connection:
        secret = begin(connection, _KIND, None, kept)
    return keep_begun(redirect(address, 303), secret)


@blueprint.get("/sign-in/from/<provider_id>")
@public
def come_back(provider_id: str) -> AnyResponse | tuple[str, int]:
    """Back with a code: a session, when everything fits to what this browser began."""
    provider, client = _provider(provider_id)
    kept = take_begun(_KIND)
    if kept is None:
        return form(error="late"), 422
    told = dict(kept.contents)
    after, begun = told.pop("next"), Begun(**told)
    try:
        _check(provider, begun)
        claims = client.claims(begun, request.args.get("code", "")[:4_000], _back(provider))
        with services().database.app.begin() as connection:
            account = account_of(connection, provider, claims)
            opened = door().open(connection, account, browser(), provider.id)
    except (Refused, Unreachable) as error:
        return form(error="provider"), error.status
    return keep_session(redirect(base_url() + after, 303), opened)


def _check(provider: Provider, begun: Begun) -> None:
    """The answer is to this browser's question, from the provider that was asked (RFC 9207), and no refusal."""
    state, issuer = request.args.get("state", ""), request.args.get("iss", provider.issuer)
    is_own = hmac.compare_digest(state.encode(), begun.state.encode()) and begun.provider == provider.id
    if not is_own or issuer != provider.issuer or "error" in request.args or "code" not in request.args:
        raise Refused("The provider's answer does not fit to what was asked.")


def _provider(provider_id: str) -> tuple[Provider, Client]:
    known: dict[str, tuple[Provider, Client]] = current_app.extensions["brama.providers"]
    if provider_id not in known:
        raise NotFound(f"There is no provider {provider_id[:80]!r}.")
    return known[provider_id]


def _back(provider: Provider) -> str:
    return f"{services().settings.public_url}/sign-in/from/{provider.id}"
