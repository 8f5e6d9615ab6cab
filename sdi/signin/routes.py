# SPDX-License-Identifier: EUPL-1.2
"""`/sign-in`, its second step, passkeys, `/sign-out` and invitations."""

from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sdi.errors import Forbidden
from sdi.signin import passkeys, passwords, store
from sdi.signin.model import Browser, Ceremony, CodeNeeded, Opened, Refused, TooManyAttempts
from sdi.signin.passkeys import Party
from sdi.signin.service import begin
from sdi.web.context import base_url, cookie_name, door, is_secure, services, session, session_secret
from sdi.web.csrf import is_of_own_page, origin
from sdi.web.i18n import localised
from sdi.web.rights import public

Answer = TypeVar("Answer", bound=AnyResponse)

blueprint = Blueprint("signin", __name__, template_folder="templates")

_BEGUN = "brama-begun"
_BEGUN_SECONDS = 600
_PASSKEY = "passkey"
_FIELD_LIMIT = 500


@blueprint.after_request
def _unkept(response: Response) -> Response:
    """No page of signing in is kept anywhere, nor tells another site its address."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@blueprint.before_request
def _own_forms_only() -> None:
    """Nobody is signed in by another site, as somebody else, unawares."""
    if request.method == "POST" and request.headers.get("Origin", "null") != "null" and not is_of_own_page():
        raise Forbidden("The form was sent by another site.")


@blueprint.get("/sign-in")
@public
def show() -> AnyResponse | str:
    """The form; whoever has signed in goes on."""
    if session() is not None:
        return redirect(_onward(), 303)
    return form()


@blueprint.post("/sign-in")
@public
def sign_in() -> AnyResponse | tuple[str, int]:
    """Login and password: on to the page that was wanted, or to the second step."""
    login, password = _field("login"), request.form.get("password", "")
    try:
        return _let_in(door().by_password(login, password, browser()))
    except (Refused, TooManyAttempts) as error:
        return form(error=error.code, login=login), error.status


@blueprint.get("/sign-in/code")
@public
def show_code() -> AnyResponse | str:
    """The second step."""
    return _code() if request.cookies.get(cookie_name(_BEGUN)) else redirect(_sign_in(), 303)


@blueprint.post("/sign-in/code")
@public
def send_code() -> AnyResponse | tuple[str, int]:
    """A code of the app, or one for recovery."""
    try:
        return _let_in(door().by_code(request.cookies.get(cookie_name(_BEGUN), ""), _field("code"), browser()))
    except (Refused, TooManyAttempts) as error:
        if error.locator == "ceremony":
            return form(error="late"), error.status
        return _code(error.code), error.status


@blueprint.post("/sign-in/passkey/options")
@public
def passkey_options() -> Response:
    """A challenge for the browser's passkeys."""
    options = passkeys.challenge(party())
    with services().database.app.begin() as connection:
        secret = begin(connection, _PASSKEY, None, {"challenge": options["challenge"]})
    return keep_begun(jsonify(options), secret)


@blueprint.post("/sign-in/passkey")
@public
def by_passkey() -> AnyResponse:
    """The answer of a passkey: 200 with `next`, where to go on."""
    begun, sent = take_begun(_PASSKEY), request.get_json(silent=True)
    if begun is None or not isinstance(sent, dict):
        raise Refused("It took too long: try again.")
    with services().database.app.begin() as connection:
        account = passkeys.account_of(connection, party(), begun.contents["challenge"], sent)
        opened = door().open(connection, account, browser(), "passkey")
    return keep_session(jsonify(next=_onward()), opened)


@blueprint.post("/sign-out")
@public
def sign_out() -> AnyResponse:
    """End the session; its cookie goes."""
    if secret := session_secret():
        door().leave(secret)
    answer = redirect(f"{base_url()}/", 303)
    answer.delete_cookie(cookie_name(), path="/", secure=is_secure(), httponly=True, samesite="Lax")
    return answer


@blueprint.get("/invitation/<secret>")
@public
def show_invitation(secret: str) -> str | tuple[str, int]:
    """Whom the invitation is for, and the form for a password."""
    return _invitation(secret)


@blueprint.post("/invitation/<secret>")
@public
def accept_invitation(secret: str) -> AnyResponse | str | tuple[str, int]:
    """Set the password and sign in."""
    password = request.form.get("password", "")
    with services().database.app.connect() as connection:
        person = store.invited(connection, store.digest(secret))
    if person is None:
        return _invitation(secret)
    breached = services().settings.identity.breached_passwords
    if fault := passwords.fault(password, request.form.get("again", ""), person.login, breached):
        return _invitation(secret, fault)
    try:
        return _let_in(door().by_invitation(secret, password, browser()))
    except Refused:
        return _invitation(secret)


def browser() -> Browser:
    """Where this request comes from."""
    agent = request.headers.get("User-Agent", "").replace("\x00", "")
    return Browser(request.remote_addr or "", agent, session_secret())


def party() -> Party:
    """This site as passkeys know it."""
    address = origin(services().settings.public_url)
    return Party(urlsplit(address).hostname or "", address, localised(services().settings.site.title))


def keep_session(answer: Answer, opened: Opened) -> Answer:
    """Give the browser its session's cookie; what it had begun is done."""
    lasting = services().settings.identity.session_hours * 3600
    answer.set_cookie(
        cookie_name(), opened.secret, lasting, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )
    answer.delete_cookie(cookie_name(_BEGUN), path="/", secure=is_secure(), httponly=True, samesite="Lax")
    return answer


def keep_begun(answer: Answer, secret: str) -> Answer:
    """Give the browser the secret under which it goes on."""
    answer.set_cookie(
        cookie_name(_BEGUN), secret, _BEGUN_SECONDS, path="/", secure=is_secure(), httponly=True, samesite="Lax"
    )
    return answer


def take_begun(kind: str) -> Ceremony | None:
    """What the browser began of this kind, which is used up."""
    secret = request.cookies.get(cookie_name(_BEGUN), "")
    with services().database.app.begin() as connection:
        return store.ceremony(connection, store.digest(secret), kind, take=True)


def local_address(sent: str) -> str:
    """An address of this site to go on to, path and query only; the portal's for anything that could lead elsewhere."""
    begins_well = sent.startswith("/") and not sent.startswith(("//", "/\\"))
    plain = all(" " < letter < "\x7f" and letter != "\\" for letter in sent)
    if not begins_well or not plain or len(sent) > 2_000:
        return "/"
    return sent


def _let_in(how: Opened | CodeNeeded) -> AnyResponse:
    if isinstance(how, Opened):
        return keep_session(redirect(_onward(), 303), how)
    return keep_begun(redirect(f"{base_url()}/sign-in/code?{_kept()}", 303), how.secret)


def form(**shown: Any) -> str:
    """The page to sign in at, with what went wrong."""
    return render_template("signin/sign_in.html", kept=_kept(), **shown)


def _code(error: str = "") -> str:
    return render_template("signin/code.html", kept=_kept(), error=error)


def _invitation(secret: str, fault: str = "") -> str | tuple[str, int]:
    with services().database.app.connect() as connection:
        person = store.invited(connection, store.digest(secret))
    page = render_template("signin/invitation.html", person=person, fault=fault, shortest=passwords.SHORTEST)
    if person is None:
        return page, 404
    return (page, 422) if fault else page


def _field(name: str) -> str:
    return request.form.get(name, "").strip().replace("\x00", "")[:_FIELD_LIMIT]


def _onward() -> str:
    return base_url() + local_address(request.args.get("next", "/"))


def _sign_in() -> str:
    return f"{base_url()}/sign-in?{_kept()}"


def _kept() -> str:
    """Where to go on and the language, through all steps."""
    return urlencode({name: request.args[name] for name in ("next", "lang") if name in request.args})
