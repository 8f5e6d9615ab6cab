# SPDX-License-Identifier: EUPL-1.2
"""What every template has at hand: the site, the base of links, this page in another language, assets."""

from urllib.parse import urlencode

from flask import Flask, request
from markupsafe import Markup

from sdi.web.context import base_url, services, shown_session


def install(app: Flask) -> None:
    """Give templates `site`, `base`, `this_page`, `shown_session`; empty `assets` and `workplaces` unless others do."""
    app.context_processor(lambda: {"site": services().settings.site, "base": base_url()})
    app.jinja_env.globals.update(this_page=this_page, shown_session=shown_session)
    app.jinja_env.globals.setdefault("workplaces", list)
    app.jinja_env.globals.setdefault("assets", lambda _entry: Markup(""))


def this_page(**changes: str | int | None) -> str:
    """Address of this page with some query parameters changed or, where None, left out."""
    values = {**request.args.to_dict(), **changes}
    query = urlencode({name: value for name, value in values.items() if value is not None})
    return f"{base_url()}{request.path}" + (f"?{query}" if query else "")
