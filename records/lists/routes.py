# SPDX-License-Identifier: EUPL-1.2
"""`/<path of a kind>`: the list, its files, board, calendar and map, saved views and changes of many records."""

from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from records import service as records
from records import store
from records.addresses import address, of_each_kind
from records.known import children
from records.known import kind as known_kind
from records.lists import files, query, service
from records.model import Kind, Save
from sdi.db.database import Database
from sdi.errors import InvalidParameter, TooLarge
from sdi.people.model import Principal
from sdi.web.context import base_url, principal, require, services
from sdi.web.i18n import language
from sdi.web.negotiation import HTML, negotiate
from sdi.web.pages import this_page

blueprint = Blueprint("records_lists", __name__)

_FILES = {
    "csv": ("text/csv; charset=utf-8", files.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", files.as_xlsx),
    "geojson": ("application/geo+json", files.as_geojson),
    "gpkg": ("application/geopackage+sqlite3", files.as_geopackage),
}
_OFFERS = {"html": HTML, **{name: media_type for name, (media_type, _) in _FILES.items()}}
_MOST_AT_ONCE = 200


@of_each_kind(blueprint)
def records_list(kind_id: str) -> Response | str:
    """The list of a kind: what the caller's organisation has, for others the open part."""
    kind, caller, database = known_kind(kind_id), principal(), services().database
    public = service.is_public(kind, caller)
    asked = query.parse(kind, request.args.to_dict(), public=public)
    wanted = negotiate(_OFFERS)
    if wanted in _FILES:
        return _file(database, caller, asked, wanted)
    page = service.page(database, caller, asked)
    return render_template(
        [f"{kind.id}/list.html", "records/list.html"],
        **_common(kind, caller),
        asked=asked,
        page=page,
        sent=request.args.to_dict(),
        listed=[kind.by_name[name] for name in store.listed(kind, public=public)],
        filters=[kind.by_name[name] for name in store.filterable(kind, public=public) if kind.by_name[name].listed],
        following=this_page(after=page.following) if page.following else None,
        first=this_page(after=None) if asked.after else None,
        views=_views(database, caller, kind),
        ways=_bulk_ways(kind, asked, caller),
    )


@of_each_kind(blueprint, "/board")
def records_board(kind_id: str) -> str:
    """Records by their states."""
    kind, caller = known_kind(kind_id), principal()
    columns = service.board(services().database, caller, kind)
    return render_template("records/board.html", **_common(kind, caller), columns=columns)


@of_each_kind(blueprint, "/calendar", needs="read")
def records_calendar(kind_id: str) -> str:
    """Terms that end in a month."""
    kind = known_kind(kind_id)
    caller = require(kind.read_scope)
    first = _month(request.args.get("month", ""))
    days = service.calendar(services().database, caller, kind, first)
    around = {"previous": _moved(first, -1), "following": _moved(first, 1)}
    return render_template("records/calendar.html", **_common(kind, caller), first=first, days=days, **around)


@of_each_kind(blueprint, "/map")
def records_map(kind_id: str) -> str:
    """Records on the map, with the list's conditions."""
    kind, caller = known_kind(kind_id), principal()
    asked = query.parse(kind, request.args.to_dict(), public=service.is_public(kind, caller))
    kept = {name: value for name, value in request.args.items() if name not in ("lang", "f")}
    items = f"{address(kind).partition('?')[0]}?{urlencode({**kept, 'f': 'geojson'})}"
    # Everything there is comes as tiles, which cost the same however much it is; a narrowed list comes whole.
    tiles = None if asked.values else f"{base_url()}/api/records/{kind.id}/tiles/{{z}}/{{x}}/{{y}}"
    return render_template("records/map.html", **_common(kind, caller), items=items, tiles=tiles)


@of_each_kind(blueprint, "/views", "POST", needs="read")
def records_save_view(kind_id: str) -> Answer:
    """Keep this list under a title."""
    kind = known_kind(kind_id)
    caller = require(kind.read_scope)
    title, asked = request.form.get("title", "").strip(), request.form.get("query", "").lstrip("?")
    if not 1 <= len(title) <= 100 or len(asked) > 2000:
        raise InvalidParameter("A view needs a title of at most 100 letters.", locator="title")
    query.parse(kind, dict(parse_qsl(asked)), public=False)
    with services().database.write(caller) as connection:
        service.save_view(connection, kind, title, asked)
    return redirect(f"{address(kind)}&{asked}", 303)


@of_each_kind(blueprint, "/bulk", "POST", needs="write")
def records_bulk(kind_id: str) -> Answer:
    """Take many records along one way of their lifecycle, all or none."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    chosen = [_chosen(text) for text in request.form.getlist("record")]
    if not chosen:
        raise InvalidParameter("Choose at least one record.", locator="record")
    if len(chosen) > _MOST_AT_ONCE:
        raise TooLarge(f"At most {_MOST_AT_ONCE} records are changed at once.", locator="record")
    way, reason = request.form.get("transition", ""), request.form.get("reason") or None
    if way not in kind.transition:
        raise InvalidParameter("Choose what to do.", locator="transition")
    saves = [Save(kind.id, way, id=record, expected=version, reason=reason) for record, version in chosen]
    records.apply(services().database, caller, saves)
    return redirect(f"{address(kind)}&state={kind.transition[way].target}", 303)


def _common(kind: Kind, caller: Principal | None) -> dict[str, Any]:
    return {
        "kind": kind,
        "caller": caller,
        "public": service.is_public(kind, caller),
        "may_write": caller is not None and caller.may(kind.write_scope),
        "parent": known_kind(kind.parent) if kind.parent else None,
        "children": children(kind),
        "address": address,
        "today": _today(),
        "this_language": language(),
    }


def _file(database: Database, caller: Principal | None, asked: query.Query, wanted: str) -> Response:
    media_type, make = _FILES[wanted]
    response = Response(make(database, caller, asked), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{asked.kind.id}.{wanted}"'
    response.headers["Vary"] = "Accept, Accept-Language, Authorization"
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _views(database: Database, caller: Principal | None, kind: Kind) -> list[Any]:
    if caller is None or service.is_public(kind, caller):
        return []
    with database.read(caller) as connection:
        return service.saved_views(connection, kind)


def _bulk_ways(kind: Kind, asked: query.Query, caller: Principal | None) -> list[Any]:
    """Ways that all shown records may take: those of the state that the list is filtered by."""
    state = asked.values.get("state")
    if state is None or caller is None:
        return []
    return [way for way in kind.ways(state) if caller.may(way.scope or kind.write_scope)]


def _chosen(text: str) -> tuple[UUID, int]:
    record, _, version = text.partition(".")
    try:
        return UUID(record), int(version)
    except ValueError as error:
        raise InvalidParameter("A chosen record is none of this list.", locator="record") from error


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01") if text else _today().replace(day=1)
    except ValueError as error:
        raise InvalidParameter("Parameter 'month' is no month such as 2026-11.", locator="month") from error


def _moved(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the office's own day
