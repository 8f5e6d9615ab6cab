# SPDX-License-Identifier: EUPL-1.2
"""Loads as background work."""

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from sqlalchemy.exc import OperationalError

from ingest import service, store, uploads
from ingest.model import LoadRequest, Update
from layers.model import Visibility
from sdi import features
from sdi.errors import InvalidParameter
from sdi.jobs.model import JobContext, Task
from sdi.objects import Objects

_OBJECTS_SECONDS = 86_400.0
_CHOICES = {"update": get_args(Update), "visibility": get_args(Visibility)}
_PLAIN = ("layer", "source_layer", "theme", "organisation", "crs", "encoding", "key", "label", "update", "visibility")


def _load(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Load an upload; it is removed once the load has ended, but kept for the next attempt after a lost connection."""
    path = uploads.find(context.settings.data, str(args["upload"]))
    try:
        report = service.load(context.database, context.settings, _request(args, str(path)), context.progress)
    except OperationalError:
        raise
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    return report.as_dict()


def _request(args: Mapping[str, Any], source: str) -> LoadRequest:
    for name, choices in _CHOICES.items():
        if name in args and args[name] not in choices:
            raise InvalidParameter(f"{name} is {args[name]!r}; expected one of: {', '.join(choices)}.", locator=name)
    titles = {language: args[name] for language, name in (("pl", "title"), ("en", "title_en")) if name in args}
    return LoadRequest(
        source=source,
        name=args["name"],
        account_id=UUID(args["account"]),
        title=titles or None,
        time=tuple(part.strip() for part in args["time"].split(",")) if "time" in args else (),
        **{name: args[name] for name in _PLAIN if name in args},
    )


def _sweep(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove uploads that no job took, and objects that no layer and no other package names."""
    with context.database.owner.connect() as connection:
        others = (module.keys(connection) for module in features.load("objects_named"))
        named = set(store.named_objects(connection)).union(*others)
    objects = Objects(context.settings).sweep(named, _OBJECTS_SECONDS)
    return {"uploads": uploads.sweep(context.settings.data), "objects": objects}


tasks = [Task(uploads.TASK, _load), Task("ingest.sweep", _sweep, every="17 3 * * *")]
