# SPDX-License-Identifier: EUPL-1.2
"""The blueprint of the kernel's own sections, and what templates of all sections have at hand."""

from datetime import datetime
from typing import Any

from babel.dates import format_datetime
from flask import Blueprint, request

from sdi.admin import service
from sdi.admin.model import OFFICES
from sdi.web.i18n import language, localised
from sdi.web.pages import this_page

blueprint = Blueprint("admin", __name__, template_folder="templates")


@blueprint.app_template_global("administers")
def administers() -> bool:
    """Whether the header leads to the administration."""
    return service.administers()


@blueprint.app_template_filter("moment")
def moment(value: datetime | None) -> str:
    """A time as the offices' clocks show it."""
    if value is None:
        return ""
    return format_datetime(value.astimezone(OFFICES), "d MMM y, HH:mm:ss", locale=language())


@blueprint.app_template_filter("action_name")
def action_name(action: str) -> str:
    """What an action is called; its code where no package names it."""
    return localised(service.actions().get(action)) or action


@blueprint.app_template_global("sorting")
def sorting(name: str, default: str) -> dict[str, Any]:
    """Where a column's header leads, and how it is sorted now (`ascending`, `descending` or none)."""
    now = request.args.get("sort") or default
    following = f"-{name}" if now == name else name
    state = {name: "ascending", f"-{name}": "descending"}.get(now)
    return {"href": this_page(sort=following, page=None, done=None), "state": state}
