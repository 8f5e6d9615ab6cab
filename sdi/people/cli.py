# SPDX-License-Identifier: EUPL-1.2
"""`brama people`: accounts and tokens, until there is signing in."""

import click

from sdi.command import Instance, instance_options
from sdi.people import service


@click.group()
def command() -> None:
    """Accounts and tokens."""


@command.command()
@click.argument("login")
@click.option("--organisation", required=True, help="Slug of the account's organisation.")
@click.option("--name", help="Name shown to others.")
@instance_options
def add(instance: Instance, login: str, organisation: str, name: str | None) -> None:
    """Add an account."""
    with instance.database() as database, database.owner.begin() as connection:
        account = service.add_account(connection, organisation, login, name or login)
    instance.show({"account": account, "login": login}, f"Account {login} is there.")


@command.command()
@click.argument("login")
@click.option("--scope", "scopes", multiple=True, required=True, help="What the token is for.")
@click.option("--days", default=90, type=click.IntRange(1, 3650), show_default=True, help="Days until it expires.")
@click.option("--label", default="command line", show_default=True)
@instance_options
def token(instance: Instance, login: str, scopes: tuple[str, ...], days: int, label: str) -> None:
    """Issue a bearer token; it is shown once."""
    with instance.database() as database, database.owner.begin() as connection:
        issued = service.issue_token(connection, login, scopes, label, days)
    instance.show({"token": issued, "login": login, "days": days}, issued)


@command.command()
@click.argument("login")
@click.option("--label", required=True)
@instance_options
def revoke(instance: Instance, login: str, label: str) -> None:
    """Revoke an account's tokens of a label, at once."""
    with instance.database() as database, database.owner.begin() as connection:
        count = service.revoke_tokens(connection, login, label)
    instance.show({"revoked": count}, f"{count} revoked.")
