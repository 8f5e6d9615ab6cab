# SPDX-License-Identifier: EUPL-1.2
"""`brama privacy`: where personal data lie; one person's data handed over or erased."""

import json
from pathlib import Path

import click

from sdi.command import Instance, instance_options
from sdi.privacy import service


@click.group()
def command() -> None:
    """Personal data: where they lie, handing over, erasing."""


@command.command()
@instance_options
def tables(instance: Instance) -> None:
    """List tables with personal data, their purpose, legal basis and retention."""
    rows = [
        {"table": one.table, "purpose": dict(one.purpose), "legal_basis": one.legal_basis,
         "erasure": type(one.erasure).__name__.lower(), "retention": one.retention and one.retention.years}
        for one in service.tables()
    ]  # fmt: skip
    lines = [
        f"{one.table:<24} {type(one.erasure).__name__.lower():<7} {one.legal_basis:<28} {one.purpose['pl']}"
        for one in service.tables()
    ]
    instance.show({"tables": rows}, "\n".join(lines))


@command.command()
@click.argument("login")
@click.option(
    "--to", "path", type=click.Path(path_type=Path, dir_okay=False), help="File to write; else it is printed."
)
@instance_options
def export(instance: Instance, login: str, path: Path | None) -> None:
    """Hand over all data about one person as JSON."""
    with instance.database() as database, database.owner.begin() as connection:
        found = service.export(connection, login)
    written = json.dumps(found, ensure_ascii=False, indent=2, default=str)
    if path is None:
        click.echo(written)
        return
    path.touch(mode=0o600)
    path.write_text(written, encoding="utf-8")
    instance.show({"written": str(path)}, f"Written to {path}.")


@command.command()
@click.argument("login")
@click.option("--basis", required=True, help="Why: the request and the article, as the audit will say it.")
@click.confirmation_option(prompt="Erased data do not come back. Go on?")
@instance_options
def erase(instance: Instance, login: str, basis: str) -> None:
    """Erase one person; what law demands kept is kept and told."""
    with instance.database() as database, database.owner.begin() as connection:
        done = service.erase(connection, login, basis)
    lines = [f"{table}: {rows} erased" for table, rows in done.erased.items() if rows]
    lines += [f"{table}: {rows} kept: {reason}" for table, (rows, reason) in done.kept.items()]
    lines.append(f"Contents of {done.contents} entries of the audit and addresses of {done.origins} are gone.")
    told = {"account": done.account, "erased": done.erased, "kept": done.kept, "contents": done.contents,
            "origins": done.origins}  # fmt: skip
    instance.show(told, "\n".join(lines))
