# SPDX-License-Identifier: EUPL-1.2
"""`brama catalogue`: upkeep of metadata records, and bringing documents in and out."""

from collections import Counter
from itertools import islice
from pathlib import Path

import click
from sqlalchemy import text

from catalogue import service
from catalogue.documents import service as documents
from catalogue.documents.model import Outcome, Owner
from catalogue.documents.service import Placed
from sdi.command import Instance, instance_options
from sdi.db.database import Database
from sdi.people.model import ADMIN, Principal
from sdi.people.service import organisation_id

_BATCH = 500


@click.group()
def command() -> None:
    """Metadata records."""


@command.command()
@instance_options
def refresh(instance: Instance) -> None:
    """Write the records of all layers anew."""
    with instance.database() as database, database.owner.begin() as connection:
        count = service.refresh(connection)
    instance.show({"records": count}, f"{count} records written.")


@command.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--organisation", help="Slug of the organisation whose records they become; the root's unless said.")
@click.option(
    "--visibility", type=click.Choice(["public", "organisation", "private"]), default="public", show_default=True
)
@instance_options
def bring(instance: Instance, path: Path, organisation: str | None, visibility: str) -> None:
    """Bring XML records of ISO 19139, ISO 19115-3 or Dublin Core: a file, or all .xml files under a folder.

    What cannot be kept is told with its reason, and stops none of the others.
    """
    slug = organisation or instance.settings.site.organisation
    with instance.database() as database:
        outcomes = bring_folder(database, path, slug, visibility)
    counted: Counter[str] = Counter(outcome.state for outcome in outcomes)
    told = [f"{counted[state]} {state}" for state in ("added", "changed", "unchanged", "refused")]
    refused = [f"  {one.place}: {' '.join(one.messages)}" for one in outcomes if one.state == "refused"]
    instance.show(
        {**counted, "records": [one.json() for one in outcomes]}, "\n".join([f"{', '.join(told)}.", *refused])
    )


def bring_folder(database: Database, path: Path, slug: str, visibility: str = "public") -> list[Outcome]:
    """Bring a file, or the files of a folder, as the organisation's records, some hundreds a transaction."""
    caller = _administrator(database, slug)
    owner = Owner(caller.organisation_id, None, visibility)  # type: ignore[arg-type]
    found = documents.records_of(path)
    outcomes: list[Outcome] = []
    while batch := list(islice(found, _BATCH)):
        outcomes += [one for one in batch if isinstance(one, Outcome)]
        records: list[Placed] = [one for one in batch if not isinstance(one, Outcome)]
        with database.write(caller) as connection:
            outcomes += documents.bring(connection, records, owner)
    with database.owner.begin() as connection:
        service.learn(connection)
    return outcomes


def _administrator(database: Database, slug: str) -> Principal:
    """An administrator of that organisation; as the owner, who has let this command run."""
    with database.owner.connect() as connection:
        own = organisation_id(connection, slug)
        account = connection.execute(
            text("SELECT id, login FROM sdi.account ORDER BY organisation_id = :own DESC, created_at LIMIT 1"),
            {"own": own},
        ).one_or_none()
    return Principal(account.id if account else own, account.login if account else slug, own, (own,),
                     frozenset({ADMIN}))  # fmt: skip
