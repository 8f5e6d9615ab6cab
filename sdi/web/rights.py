# SPDX-License-Identifier: EUPL-1.2
"""What each route needs, said beside it and asked before its view runs.

The database decides about rows (decision 3); this decides who may call at all. A route that says nothing is an
administrator's.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request

from sdi.people.model import ADMIN
from sdi.web.context import require

View = TypeVar("View", bound=Callable[..., Any])

_RULE = "rights_rule"
_PUBLIC = None
ANYBODY = ""
"""The scope of a route for everybody who has signed in."""


def requires(scope: str = ANYBODY) -> Callable[[View], View]:
    """Say of a view which scope its caller must hold; without one, that the caller has signed in."""

    def mark(view: View) -> View:
        setattr(view, _RULE, scope)
        return view

    return mark


def public(view: View) -> View:
    """Say of a view that everybody may call it; what it shows is still the database's to decide."""
    setattr(view, _RULE, _PUBLIC)
    return view


def install(app: Flask) -> None:
    """Ask for each route's rule before its view runs: Unauthenticated or Forbidden otherwise."""
    app.before_request(_check)


def rules(app: Flask) -> dict[str, str | None]:
    """Each endpoint with the scope it needs: "" for anybody signed in, None for the public."""
    return {endpoint: _rule(view) for endpoint, view in app.view_functions.items()}


def unruled(app: Flask) -> list[str]:
    """Endpoints whose views say nothing of who may call them."""
    return [endpoint for endpoint, view in app.view_functions.items() if not hasattr(view, _RULE)]


def _rule(view: Callable[..., Any]) -> str | None:
    rule: str | None = getattr(view, _RULE, ADMIN)
    return rule


def _check() -> None:
    if request.endpoint is None:
        return
    scope = _rule(current_app.view_functions[request.endpoint])
    if scope is not _PUBLIC:
        require(scope)
