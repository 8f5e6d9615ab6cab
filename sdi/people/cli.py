# SPDX-License-Identifier: EUPL-1.2
"""`brama people`: accounts, their roles, how they sign in, and tokens."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from sdi.command import Instance, instance_options
from sdi.people import service
from sdi.people.assignments import assign, end_assignment
from sdi.people.model import Assignment
from sdi.signin.service import drop_factors, invite, set_first_password

_ORGANISATION = click.option("--organisation", required=True, help="Slug of the organisation.")
_ROLE = click.option("--role", required=True, help="Code of a role, built in or the organisation's own.")
_STATES = click.Choice(["active", "suspended", "archived"])


@click.group()
def command() -> None:
    """Accounts, their roles, and tokens."""


@command.command()
@click.argument("login")
@_ORGANISATION
@click.option("--role", help="A role in the organisation, from today.")
@click.option("--name", help="Name shown to others.")
@instance_options
def add(instance: Instance, login: str, organisation: str, role: str | None, name: str | None) -> None:
    """Add an account."""
    with instance.database() as database, database.owner.begin() as connection:
        account = service.add_account(connection, organisation, login, name or login, role=role)
    instance.show({"account": account, "login": login}, f"Account {login} is there.")


@command.command()
@click.argument("login")
@click.argument("state", type=_STATES)
@instance_options
def state(instance: Instance, login: str, state: Any) -> None:
    """Make an account active, suspended or, for good, archived."""
    with instance.database() as database, database.owner.begin() as connection:
        service.set_state(connection, login, state)
    instance.show({"login": login, "state": state}, f"Account {login} is {state}.")


@command.command("assign")
@click.argument("login")
@_ORGANISATION
@_ROLE
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day; today unless said.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; without it until it is ended.")
@click.option("--area", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="File of a GeoJSON polygon, in which alone the person may write.")  # fmt: skip
@click.option("--deputy-for", help="Login of the person who is stood in for.")
@click.option("--mandate", help="What it rests on, as a letter's number and date.")
@instance_options
def assign_command(
    instance: Instance, first: datetime | None, last: datetime | None, area: Path | None, **given: Any
) -> None:
    """Give an account a role in an organisation."""
    given |= {"valid_from": first and first.date(), "valid_to": last and last.date()}
    given["area"] = area.read_text(encoding="utf-8") if area else None
    with instance.database() as database, database.owner.begin() as connection:
        assign(connection, Assignment(**given))
    instance.show(given, f"{given['login']} is {given['role']} in {given['organisation']}.")


@command.command()
@click.argument("login")
@_ORGANISATION
@_ROLE
@instance_options
def end(instance: Instance, login: str, organisation: str, role: str) -> None:
    """End a role of an account, at once."""
    with instance.database() as database, database.owner.begin() as connection:
        count = end_assignment(connection, login, role, organisation)
    instance.show({"ended": count}, f"{count} ended.")


@command.command()
@click.argument("login")
@instance_options
def password(instance: Instance, login: str) -> None:
    """Set an account's password; it is asked for."""
    typed = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with instance.database() as database, database.owner.begin() as connection:
        set_first_password(connection, login, typed, instance.settings.identity)
    instance.show({"login": login}, f"{login} signs in with that password at {instance.settings.public_url}/sign-in.")


@command.command("invite")
@click.argument("login")
@click.option("--without-factors", is_flag=True, help="Remove second factors and passkeys, for who lost them.")
@instance_options
def invite_command(instance: Instance, login: str, without_factors: bool) -> None:
    """Print a one-time address at which the person sets a password."""
    settings = instance.settings
    with instance.database() as database, database.owner.begin() as connection:
        if without_factors:
            drop_factors(connection, login)
        secret = invite(connection, login, settings.identity.invitation_days)
    address = f"{settings.public_url}/invitation/{secret}"
    instance.show({"login": login, "address": address, "days": settings.identity.invitation_days}, address)


@command.command()
@click.argument("login")
@click.argument("provider")
@click.argument("subject")
@instance_options
def link(instance: Instance, login: str, provider: str, subject: str) -> None:
    """Link an account to a provider's subject (its `sub`)."""
    if provider not in (known := [one.id for one in instance.settings.identity.providers]):
        raise click.BadParameter(f"there are: {', '.join(known) or 'none'}", param_hint="PROVIDER")
    with instance.database() as database, database.owner.begin() as connection:
        service.link(connection, login, provider, subject)
    instance.show({"login": login, "provider": provider}, f"{login} signs in with {provider}.")


@command.command()
@click.argument("login")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it opens, as far as the roles do.")
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
