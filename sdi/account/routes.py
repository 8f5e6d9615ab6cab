# SPDX-License-Identifier: EUPL-1.2
"""`/account`: a person's own data, means of signing in, sessions and tokens; for browsers' sessions only."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.blueprints import BlueprintSetupState
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as AnyResponse

from sdi.account import store
from sdi.account.agents import program
from sdi.account.model import Person, Workplace
from sdi.errors import InvalidParameter, NotFound, Unauthenticated
from sdi.people.model import ADMIN
from sdi.people.service import new_token, scopes
from sdi.signin import codes, passkeys, passwords
from sdi.signin.model import Refused, Session, TooManyAttempts
from sdi.signin.routes import browser, keep_begun, local_address, party, take_begun
from sdi.signin.service import begin
from sdi.web.context import base_url, door, services, session, shown_session
from sdi.web.i18n import LANGUAGES, localised
from sdi.web.rights import requires

blueprint = Blueprint("account", __name__, template_folder="templates")

DAYS = (7, 30, 90, 365)
_NEW_PASSKEY = "new-passkey"
_FEW = 8
_TEXT = 200


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals["workplaces"] = _few_workplaces
    state.app.jinja_env.filters["program"] = program


@blueprint.after_request
def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/account")
@requires()
def show() -> str:
    """The page."""
    return _page()


@blueprint.post("/account/person")
@requires()
def describe() -> AnyResponse | tuple[str, int]:
    """Name, language, contact."""
    person = Person(_field("name"), _field("language"), _field("email"), _field("phone"))
    if not person.name or person.language not in ("", *LANGUAGES):
        return _page(error="name"), 422
    try:
        with services().database.write(_here().principal) as connection:
            store.describe(connection, person)
    except IntegrityError:
        return _page(error="contact", typed=person), 422
    return _done("person")


@blueprint.post("/account/organisation")
@requires()
def act_in() -> AnyResponse:
    """Work in another organisation."""
    here = _here()
    with services().database.write(here.principal) as connection:
        if not store.act_in(connection, here.id, _uuid(_field("organisation"))):
            raise NotFound("You have no role in that organisation.", locator="organisation")
    return redirect(base_url() + local_address(request.form.get("next", "/account?done=organisation")), 303)


@blueprint.post("/account/password")
@requires()
def change_password() -> AnyResponse | tuple[str, int]:
    """A new password; every other session ends."""
    here, password = _here(), request.form.get("password", "")
    try:
        is_right = door().knows_password(here.principal.login, request.form.get("current", ""), browser())
    except TooManyAttempts:
        return _page(fault="current", error="attempts"), 429
    if not is_right:
        return _page(fault="current"), 422
    breached = services().settings.identity.breached_passwords
    if fault := passwords.fault(password, request.form.get("again", ""), here.principal.login, breached):
        return _page(fault=fault), 422
    made = passwords.hashed(password)
    with services().database.write(here.principal) as connection:
        store.set_password(connection, made, here.id)
    return _done("password")


@blueprint.get("/account/code")
@requires()
def show_code() -> AnyResponse | str:
    """A new secret for an app, as a picture and in letters, until a code of it comes."""
    here = _here()
    secret = codes.new_secret()
    with services().database.write(here.principal) as connection:
        if not store.offer_totp(connection, secret):
            return redirect(f"{base_url()}/account#codes", 303)
    return _app(here, secret)


@blueprint.post("/account/code")
@requires()
def confirm_code() -> AnyResponse | str | tuple[str, int]:
    """The first code of the app; recovery codes are told once."""
    here = _here()
    with services().database.write(here.principal) as connection:
        offered = codes.offered(connection, here.principal.account_id)
        if offered is None:
            return redirect(f"{base_url()}/account#codes", 303)
        is_right = codes.is_right(connection, here.principal.account_id, _field("code"))
        made = codes.new_recovery_codes(connection) if is_right else []
    return render_template("account/recovery.html", codes=made) if is_right else (_app(here, offered, "code"), 422)


@blueprint.post("/account/code/remove")
@requires()
def remove_code() -> AnyResponse | tuple[str, int]:
    """Ask for no codes any more; a code proves that it is the person."""
    here = _here()
    try:
        is_right = door().knows_code(here.principal.account_id, _field("code"), browser())
    except TooManyAttempts:
        return _page(error="attempts"), 429
    if not is_right:
        return _page(error="code"), 422
    with services().database.write(here.principal) as connection:
        store.drop_totp(connection)
    return _done("code-removed")


@blueprint.post("/account/passkeys/options")
@requires()
def passkey_options() -> Response:
    """What the browser makes a passkey by."""
    here = _here()
    with services().database.write(here.principal) as connection:
        known = [row.credential_id for row in store.own(connection).passkeys]
        options = passkeys.registration(party(), here.principal.account_id, here.principal.login, known)
        secret = begin(connection, _NEW_PASSKEY, here.principal.account_id, {"challenge": options["challenge"]})
    return keep_begun(jsonify(options), secret)


@blueprint.post("/account/passkeys")
@requires()
def add_passkey() -> Response:
    """Keep the passkey that the browser made."""
    here, sent = _here(), request.get_json(silent=True)
    begun = take_begun(_NEW_PASSKEY)
    if begun is None or begun.account_id != here.principal.account_id or not isinstance(sent, dict):
        raise Refused("It took too long: try again.")
    name = str(sent.pop("name", "")).strip()[:100] or "passkey"
    with services().database.write(here.principal) as connection:
        passkeys.register(connection, party(), begun.contents["challenge"], sent, name)
    return jsonify(next=f"{base_url()}/account?done=passkey#passkeys")


@blueprint.post("/account/passkeys/<uuid:passkey>/remove")
@requires()
def remove_passkey(passkey: UUID) -> AnyResponse:
    """Forget a passkey."""
    with services().database.write(_here().principal) as connection:
        store.remove_passkey(connection, passkey)
    return _done("passkey-removed")


@blueprint.post("/account/sessions/<uuid:ended>/end")
@requires()
def end_session(ended: UUID) -> AnyResponse:
    """End one session."""
    with services().database.write(_here().principal) as connection:
        store.end_session(connection, ended)
    return _done("session")


@blueprint.post("/account/sessions/end-others")
@requires()
def end_others() -> AnyResponse:
    """End all sessions but this."""
    here = _here()
    with services().database.write(here.principal) as connection:
        store.end_others(connection, here.id)
    return _done("sessions")


@blueprint.post("/account/tokens")
@requires()
def add_token() -> str | tuple[str, int]:
    """A token for a program, told once."""
    here, label = _here(), _field("label")
    wanted = [scope for scope in request.form.getlist("scope") if scope in _offered(here)]
    days = _field("days")
    if not label or not wanted or days not in map(str, DAYS) or not here.principal.organisations:
        return _page(error="token"), 422
    token, token_hash = new_token()
    with services().database.write(here.principal) as connection:
        store.add_token(connection, token_hash, label, wanted, int(days))
    return render_template("account/token.html", token=token, label=label, login=here.principal.login)


@blueprint.post("/account/tokens/<uuid:token>/revoke")
@requires()
def revoke_token(token: UUID) -> AnyResponse:
    """End a token."""
    with services().database.write(_here().principal) as connection:
        store.revoke_token(connection, token)
    return _done("token")


def _here() -> Session:
    here = session()
    if here is None:
        raise Unauthenticated("An account is changed by its person in a browser, not by a token.")
    return here


def _page(**shown: Any) -> str:
    here = _here()
    with services().database.read(here.principal) as connection:
        own, places = store.own(connection), store.workplaces(connection)
    return render_template(
        "account/account.html", own=own, places=places, here=here, offered=_offered(here), days=DAYS,
        shortest=passwords.SHORTEST, **shown,
    )  # fmt: skip


def _app(here: Session, secret: str, error: str = "") -> str:
    told = codes.address(secret, here.principal.login, localised(services().settings.site.title))
    return render_template("account/code.html", picture=codes.picture(told), secret=secret, error=error)


def _offered(here: Session) -> dict[str, str]:
    """Scopes that a token of this session can hold."""
    held = here.principal.scopes
    return {name: localised(scope.title) for name, scope in scopes().items() if name in held or ADMIN in held}


def _few_workplaces() -> list[Workplace]:
    """For the header: where else the person may work; none when they are so many that the account's page lists them."""
    here = shown_session()
    if here is None:
        return []
    with services().database.read(here.principal) as connection:
        places = store.workplaces(connection)
    return places if 1 < len(places) <= _FEW else []


def _done(what: str) -> AnyResponse:
    return redirect(f"{base_url()}/account?done={what}", 303)


def _field(name: str) -> str:
    return request.form.get(name, "").strip().replace("\x00", "")[:_TEXT]


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise InvalidParameter("That is no organisation.", locator="organisation") from error
