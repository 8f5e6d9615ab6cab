# SPDX-License-Identifier: EUPL-1.2
"""Background work on tiles: seeding the cache, archives, and sweeping those nobody fetched."""

from collections.abc import Mapping
from typing import Any

from layers.tiles import archive
from layers.tiles.model import ARCHIVE, SEED
from layers.tiles.seeding import Maker, Order, order
from sdi.jobs.model import JobContext, Task
from sdi.people.model import Principal


def _seed(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    return Maker(context.settings, context.database).seed(_order(args), context.progress)


def _archive(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    wanted, maker = _order(args), Maker(context.settings, context.database, _caller(context))
    name = archive.name_of(wanted, maker.snapshot().layer(wanted.layer))
    written = archive.write(maker, wanted, archive.folder(context.settings) / name, context.progress)
    return {**written, "archive": name, "href": f"/api/layers/{wanted.layer}/tiles/archives/{name}"}


def _sweep(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"swept": archive.sweep(context.settings)}


def _order(args: Mapping[str, Any]) -> Order:
    first, last = args["levels"]
    return order(args["layer"], args["grid"], (first, last), args["form"], args["style"])


def _caller(context: JobContext) -> Principal | None:
    """The one who ordered, with the rights of a member: what the organisation sees."""
    if context.account_id is None or context.organisation_id is None:
        return None
    own = context.organisation_id
    return Principal(context.account_id, "", own, (own,), frozenset())


tasks = [Task(SEED, _seed), Task(ARCHIVE, _archive), Task("layers.tiles.sweep", _sweep, every="17 * * * *")]
