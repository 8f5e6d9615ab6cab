# SPDX-License-Identifier: EUPL-1.2
"""`/api/changes`: change sets taken back."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from layers.changes import past
from layers.changes.service import SCOPE, limits_here, shown_here
from sdi.errors import NotFound
from sdi.web.context import require, services
from sdi.web.openapi import Operation, operation
from sdi.web.rights import requires

blueprint = Blueprint("changes", __name__)
_REFUSED = {404: "No such change set of the caller's", 409: "Features were changed again, or the layer loaded anew"}


@blueprint.post("/api/changes/<change_set>/undo")
@requires(SCOPE)
@operation(
    Operation(
        "Give the features of a change set the states they had before",
        "Editing",
        (),
        {"application/json": {"type": "object"}},
        _REFUSED,
        scope=SCOPE,
        path={"change_set": "Id of a change set, as versions of features name it"},
    )
)
def undo(change_set: str) -> Response:
    """All of it or nothing, by the one write path."""
    try:
        wanted = UUID(change_set)
    except ValueError as error:
        raise NotFound(f"There is no change set {change_set[:80]!r}.", locator="changeSet") from error
    done = past.undo(services().database, require(SCOPE), wanted, limits_here())
    shown_here(done.revisions)
    return jsonify(features=len(done.changes), revisions=dict(done.revisions))
