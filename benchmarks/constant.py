# SPDX-License-Identifier: EUPL-1.2
"""The server with one more address, which answers 3 kB that never change: what the stack itself costs."""

from flask import Response

from sdi.web.rights import public
from sdi.web.wsgi import app

_BODY = b"[" + b"0," * 1_535 + b"0]"


@app.get("/constant")
@public
def constant() -> Response:
    """3 kB."""
    return Response(_BODY, content_type="application/json")
