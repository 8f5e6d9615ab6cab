# SPDX-License-Identifier: EUPL-1.2
"""Routes that every kind has, below the address that it declares."""

import functools
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from uuid import UUID

from flask import Blueprint

from records.known import kinds
from records.model import Kind
from sdi.web.context import base_url
from sdi.web.i18n import language
from sdi.web.rights import public, requires

View = TypeVar("View", bound=Callable[..., Any])
Needs = Literal["read", "write"] | None


def of_each_kind(blueprint: Blueprint, suffix: str = "", *methods: str, needs: Needs = None) -> Callable[[View], View]:
    """Serve a view for every kind at `/<path of the kind><suffix>`; it is given `kind_id`.

    `needs` is the kind's own scope that a caller must hold, to read or to write; without one everybody may call.
    """

    def mark(view: View) -> View:
        for kind in kinds().values():
            endpoint = f"{view.__name__}_{kind.id}"
            bound = _bound(view, kind, needs)
            blueprint.add_url_rule(f"/{kind.path}{suffix}", endpoint, bound, methods=list(methods or ("GET",)))
        return view

    return mark


def _bound(view: Callable[..., Any], kind: Kind, needs: Needs) -> Callable[..., Any]:
    @functools.wraps(view)
    def call(**values: Any) -> Any:
        return view(kind.id, **values)

    if needs is None:
        return public(call)
    return requires(kind.read_scope if needs == "read" else kind.write_scope)(call)


def address(kind: Kind, record: UUID | str | None = None, suffix: str = "") -> str:
    """Address of a kind's list or of one of its records, in this answer's language."""
    one = f"/{record}" if record else ""
    return f"{base_url()}/{kind.path}{one}{suffix}?lang={language()}"
