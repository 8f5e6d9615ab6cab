# SPDX-License-Identifier: EUPL-1.2
"""Forms of other sites do nothing here: what changes something under a session's cookie brings the session's token.

A caller that sends `Authorization` itself needs none, because a browser sends that for no other site.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, request
from markupsafe import Markup

from sdi.errors import Forbidden
from sdi.web.context import services, session_secret

FIELD, HEADER = "csrf", "X-CSRF-Token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_CONTEXT = b"brama csrf"


def install(app: Flask) -> None:
    """Give templates `csrf_field()` and `csrf_token()`; refuse unsafe requests of a session that lack its token."""
    app.jinja_env.globals.update(csrf_field=csrf_field, csrf_token=csrf_token)
    app.before_request(_check)


def origin(address: str) -> str:
    """Scheme, host and port of an address, as browsers send them in `Origin`."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def csrf_token() -> str:
    """The token of the request's session, made of its secret, which is not told by it; empty without a session."""
    secret = session_secret()
    return hmac.new(secret.encode(), _CONTEXT, hashlib.sha256).hexdigest() if secret else ""


def csrf_field() -> Markup:
    """A hidden field for every form that changes something."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token())


def _check() -> None:
    expected = csrf_token()
    if request.method in _SAFE or not expected:
        return
    if not hmac.compare_digest(_sent(expected).encode(), expected.encode()):
        raise Forbidden("The form is out of date, or was sent by another site. Load the page again and repeat.")


def _sent(expected: str) -> str:
    if HEADER in request.headers or request.mimetype != "multipart/form-data":
        return request.headers.get(HEADER) or request.form.get(FIELD, "")
    # An upload is read by its view, in a stream and with a limit of its own; browsers say themselves where it is from.
    return expected if is_of_own_page() else ""


def is_of_own_page() -> bool:
    """Whether the browser says that a page of this site sent the request."""
    own = {request.host_url.rstrip("/"), origin(services().settings.public_url)}
    return request.headers.get("Origin") in own
