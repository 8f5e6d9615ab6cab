# SPDX-License-Identifier: EUPL-1.2
"""The server's own pictures for whoever draws a style of ours: `/marks/church.svg?fill=%23c00000`."""

import re

from flask import Blueprint, Response, request

from layers.styles.icons import SIDE, paths
from sdi.errors import InvalidParameter, NotFound
from sdi.web.rights import public

blueprint = Blueprint("marks", __name__)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@blueprint.get("/marks/<name>.svg")
@public
def show_mark(name: str) -> Response:
    """A picture in the colour `fill`, black unless said."""
    data = paths().get(name)
    if data is None:
        raise NotFound(f"There is no picture {name[:40]!r}.")
    fill = request.args.get("fill", "#000000")
    if not _COLOUR.fullmatch(fill):
        raise InvalidParameter("A colour is #rrggbb, as %23rrggbb in an address.", locator="fill")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}" viewBox="0 0 {SIDE} {SIDE}">'
    answer = Response(f'{head}<path fill="{fill}" d="{data}"/></svg>', content_type="image/svg+xml")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer
