# SPDX-License-Identifier: EUPL-1.2
"""`/api/search`: what the portal's search field asks while somebody types."""

from flask import Blueprint, Response, jsonify, request

from layers.service import visible
from portal_web.search.service import Question, search
from sdi.web.context import organisation, principal, services
from sdi.web.i18n import language
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.parameters import Parameters
from sdi.web.rights import public

blueprint = Blueprint("search", __name__)
TEXT_LIMIT = 100


@blueprint.get("/api/search")
@public
@operation(
    Operation(
        "Layers and places by words",
        "Portal",
        (
            Parameter("q", f"What somebody types, at most {TEXT_LIMIT} characters"),
            Parameter("limit", "Most results", {"type": "integer", "minimum": 1, "maximum": 30, "default": 10}),
            Parameter("lang", "Language of texts", {"type": "string", "enum": ["pl", "en"]}),
        ),
    )
)
def find() -> Response:
    """Layers and places for `q` (at most 100 characters); `limit` 1 to 30."""
    parameters = Parameters(request.args, known=("q", "limit", "lang"))
    asked = Question(parameters.text("q", TEXT_LIMIT) or "", language(), parameters.integer("limit", 10, 1, 30))
    results = search(visible(), organisation(), services().database, principal(), asked)
    response = jsonify(results=results)
    response.headers["Cache-Control"] = "no-cache" if principal() is None else "private, no-cache"
    return response
