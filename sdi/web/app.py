# SPDX-License-Identifier: EUPL-1.2
"""The app factory: settings and a database in, a WSGI application with every feature found by scanning out."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from sdi import features
from sdi.db.database import Database, Role, open_database
from sdi.events import Listener
from sdi.settings import Settings
from sdi.web import csrf, i18n, pages, problems, requests, rights, streaming
from sdi.web.context import Services
from sdi.web.origins import open_to_all

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Wsgi = Callable[["WSGIEnvironment", "StartResponse"], Iterable[bytes]]


def create_app(settings: Settings, database: Database | None = None, *, listen: bool = True) -> Flask:
    """Build the application; with `listen` false no thread hears events (one-shot use and some tests)."""
    database = database or open_database(settings)
    app = Flask("sdi.web", root_path=str(features.ROOT / "sdi" / "web"), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.limits.body_bytes
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.limits.body_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.compact = True  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    listener = Listener(database.conninfo(Role.APP))
    app.extensions["brama"] = Services(settings, database, listener)
    i18n.install(app)
    pages.install(app)
    requests.install(app)
    streaming.install(app, settings)
    csrf.install(app)
    rights.install(app)
    problems.install(app)
    for module in features.load("routes"):
        app.register_blueprint(module.blueprint)
    if trusted := settings.server.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=trusted)  # type: ignore[method-assign]
    app.wsgi_app = open_to_all(_organisation_prefix(app.wsgi_app))  # type: ignore[method-assign, assignment]
    if listen:
        listener.start()
    return app


def _organisation_prefix(inner: Wsgi) -> Wsgi:
    """Serve every URL under `/o/{organisation}/` too, with links that stay there."""

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if path.startswith("/o/"):
            slug, _, rest = path[3:].partition("/")
            environ["brama.organisation"] = slug
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/o/{slug}"
            environ["PATH_INFO"] = f"/{rest}"
        return inner(environ, start_response)

    return application


def warm(app: Flask) -> None:
    """Do before the first request what it would otherwise wait for (prepared capabilities, templates)."""
    hooks: list[Callable[[], Any]] = app.extensions.setdefault("brama.warm", [])
    with app.app_context():
        for hook in hooks:
            hook()
