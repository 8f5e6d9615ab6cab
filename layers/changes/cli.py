# SPDX-License-Identifier: EUPL-1.2
"""`brama changes`: change sets of features, and taking them back."""

from uuid import UUID

import click
from sqlalchemy import text

from layers.changes import past
from layers.changes.service import SCOPE
from sdi.command import Instance, instance_options
from sdi.db.database import Database
from sdi.errors import NotFound
from sdi.people.model import Principal

_SETS = text(
    "SELECT s.id, s.layer_id, s.at, a.login, s.inserted, s.updated, s.deleted FROM layers.change_set s"
    " LEFT JOIN sdi.account a ON a.id = s.account_id WHERE s.layer_id = :layer ORDER BY s.at DESC LIMIT 50"
)


@click.group()
def command() -> None:
    """Changes of features."""


@command.command("list")
@click.argument("layer")
@instance_options
def list_changes(instance: Instance, layer: str) -> None:
    """List the newest 50 change sets of a layer."""
    with instance.database() as database, database.owner.connect() as connection:
        found = [dict(row) for row in connection.execute(_SETS, {"layer": layer}).mappings()]
    lines = [
        f"{row['id']}  {row['at']:%Y-%m-%d %H:%M}  {row['login'] or '-':<20}"
        f" +{row['inserted']} ~{row['updated']} -{row['deleted']}"
        for row in found
    ]
    instance.show({"changes": found}, "\n".join(lines) or f"{layer} was not changed.")


@command.command()
@click.argument("change_set", type=click.UUID)
@click.option("--as", "login", required=True, help="Login of the member in whose name it is done.")
@instance_options
def undo(instance: Instance, change_set: UUID, login: str) -> None:
    """Give the features of a change set the states they had before; all of it or nothing."""
    with instance.database() as database:
        done = past.undo(database, _principal(database, login), change_set)
    instance.show(
        {"features": len(done.changes), "revisions": dict(done.revisions)},
        f"{len(done.changes):,} features of {', '.join(done.revisions) or 'no layer'} are as they were before.",
    )


def _principal(database: Database, login: str) -> Principal:
    """A member with the right to change features of its organisation and no other; the operator vouches for it."""
    statement = text("SELECT id, organisation_id FROM sdi.account WHERE login = :login")
    with database.owner.connect() as connection:
        found = connection.execute(statement, {"login": login}).one_or_none()
    if found is None:
        raise NotFound(f"There is no account {login!r}.", locator="login")
    return Principal(found.id, login, found.organisation_id, (found.organisation_id,), frozenset({SCOPE}))
