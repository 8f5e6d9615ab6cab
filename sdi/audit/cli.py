# SPDX-License-Identifier: EUPL-1.2
"""`brama audit`: verify the chains, and print their heads to be kept elsewhere."""

import json
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import click

from sdi.audit import service
from sdi.audit.model import Head
from sdi.command import Instance, instance_options
from sdi.errors import InvalidParameter


@click.group()
def command() -> None:
    """Who changed what: chained entries that show any tampering."""


@command.command()
@click.option("--heads", "kept", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Heads kept elsewhere (what `brama audit heads --json` printed).")  # fmt: skip
@instance_options
@click.pass_context
def verify(context: click.Context, instance: Instance, kept: Path | None) -> None:
    """Recompute every digest; exit code 1 when anything was tampered with."""
    outside = _read(kept) if kept else []
    with instance.database() as database:
        found = service.verify(database, outside)
    lines = [f"{finding.told}." for finding in found.findings]
    lines.append(
        f"{found.entries:,} entries in {found.batches:,} batches, {found.unsealed:,} not sealed yet,"
        f" contents of {found.erased:,} erased by law, {len(outside)} heads from outside:"
        f" {f'{found.problems:,} problems' if found.problems else 'nothing was tampered with'}."
    )
    instance.show(asdict(found), "\n".join(lines))
    context.exit(1 if found.problems else 0)


@command.command()
@instance_options
def heads(instance: Instance) -> None:
    """Seal what waits and print the head of each chain."""
    with instance.database() as database:
        found = service.heads(database)
    told = {"heads": [{**asdict(head), "organisation": str(head.organisation)} for head in found]}
    instance.show(told, "\n".join(f"{head.organisation} {head.number:>8} {head.digest}" for head in found))


def _read(path: Path) -> list[Head]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["heads"]
        return [Head(UUID(one["organisation"]), int(one["number"]), str(one["digest"])) for one in listed]
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidParameter(f"{path} is not what `brama audit heads --json` prints: {error!r}.") from error
