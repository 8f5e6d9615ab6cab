# SPDX-License-Identifier: EUPL-1.2
"""`brama parameters`: values that law sets, on a day; a new one with its dates and legal basis."""

import json
from datetime import date, datetime
from uuid import UUID

import click
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from sdi.command import Instance, instance_options
from sdi.errors import NotFound
from sdi.parameters import service, store
from sdi.people.service import organisation_id

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """Values that law sets (terms, rates, fees), with their dates."""


@command.command("list")
@click.option("--on", type=_DAY, help="Day; today when none is given.")
@click.option("--organisation", help="Slug: its own values before the region's.")
@instance_options
def list_parameters(instance: Instance, on: datetime | None, organisation: str | None) -> None:
    """List every parameter with its value on a day."""
    day = on.date() if on else date.today()  # noqa: DTZ011 - a person at the keyboard means their own day
    with instance.database() as database, database.owner.connect() as connection:
        owner = organisation_id(connection, organisation) if organisation else None
        rows = [{"code": code, "value": _value(connection, code, day, owner)} for code in service.definitions()]
    lines = [f"{row['code']:<40} {json.dumps(row['value'], ensure_ascii=False)}" for row in rows]
    instance.show({"on": day.isoformat(), "parameters": rows}, "\n".join(lines))


@command.command("set")
@click.argument("code")
@click.argument("value")
@click.option("--from", "start", type=_DAY, required=True, help="First day.")
@click.option("--to", "end", type=_DAY, help="Last day, only where no other value follows.")
@click.option("--basis", required=True, help="Legal basis: the act and the article.")
@click.option("--organisation", help="Slug of the organisation whose own value it is; else it is the region's.")
@instance_options
def set_parameter(
    instance: Instance, code: str, value: str, start: datetime, organisation: str | None, **more: datetime | str | None
) -> None:
    """Add a value from a day on, or change the one that begins on it. VALUE is JSON, or plain text for texts."""
    of, end = service.definition(code), more["end"]
    with instance.database() as database, database.owner.begin() as connection:
        owner = organisation_id(connection, organisation) if organisation else None
        row = store.Value(
            code=code,
            organisation_id=owner,
            value=service.checked(of, service.read(of, value)),
            valid_from=start.date(),
            valid_to=end.date() if isinstance(end, datetime) else None,
            legal_basis=str(more["basis"]),
        )
        try:
            store.put(connection, row)
        except DBAPIError as error:
            raise store.refusal(error) from error
    instance.show({"code": code, "from": start.date().isoformat()}, f"{code} is set from {start.date().isoformat()}.")


def _value(connection: Connection, code: str, day: date, owner: UUID | None) -> object:
    try:
        return service.value(connection, code, day, owner)
    except NotFound:
        return None
