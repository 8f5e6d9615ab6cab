# SPDX-License-Identifier: EUPL-1.2
"""`brama tiles`: seed, empty and measure the cache of tiles, and write archives."""

import re
from pathlib import Path

import click

from layers.tiles import archive
from layers.tiles.cache import Cache
from layers.tiles.matrix import SETS
from layers.tiles.model import PICTURES
from layers.tiles.seeding import Maker, order
from sdi.command import Instance, instance_options

_FORMS = click.Choice(["mvt", *PICTURES])


@click.group()
def command() -> None:
    """Tiles that are kept."""


def _levels(_context: click.Context, _option: click.Parameter, value: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", value)
    if found is None:
        raise click.BadParameter("expected a level, or the first and the last as 0-12")
    return int(found[1]), int(found[2] or found[1])


@command.command()
@click.argument("layer")
@click.option("--levels", default="0-12", callback=_levels, help="First and last level, as 0-12.")
@click.option("--set", "grid", type=click.Choice(list(SETS)), default="WebMercatorQuad", help="Tile matrix set.")
@click.option("--format", "form", type=_FORMS, default="png", help="mvt are vector tiles.")
@click.option("--style", default="", help="Style of map tiles; the default one unless said.")
@instance_options
def seed(instance: Instance, layer: str, levels: tuple[int, int], grid: str, form: str, style: str) -> None:
    """Make the tiles of a layer that are not there yet; may be stopped and begun again. Map tiles need the server."""
    wanted = order(layer, grid, levels, form, style)
    with instance.database() as database:
        done = Maker(instance.settings, database).seed(wanted, instance.progress)
    full = " The cache is full (tiles.disk_mb)." if done["full"] else ""
    instance.show(done, f"{done['made']:,} of {done['of']:,} made, {done['found']:,} were there.{full}")


@command.command("archive")
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, resolve_path=True))
@click.option("--levels", default="0-12", callback=_levels, help="First and last level, as 0-12.")
@click.option("--format", "form", type=_FORMS, default="mvt", help="mvt are vector tiles.")
@click.option("--style", default="", help="Style of map tiles; the default one unless said.")
@instance_options
def write_archive(instance: Instance, layer: str, file: Path, levels: tuple[int, int], form: str, style: str) -> None:
    """Write the tiles of a public layer as a PMTiles file."""
    wanted = order(layer, "WebMercatorQuad", levels, form, style)
    with instance.database() as database:
        done = archive.write(Maker(instance.settings, database), wanted, file, instance.progress)
    instance.show(done, f"{done['tiles']:,} tiles, {done['bytes']:,} bytes in {file.name}.")


@command.command()
@click.argument("layer", required=False)
@instance_options
def truncate(instance: Instance, layer: str | None) -> None:
    """Delete the kept tiles of a layer, or all."""
    cache = _cache(instance)
    gone = (cache.drop(layer) if layer else cache.truncate()) if cache else 0
    instance.show({"deleted": gone}, f"{gone:,} tiles deleted.")


@command.command()
@instance_options
def stats(instance: Instance) -> None:
    """Count the kept tiles and their bytes."""
    cache = _cache(instance)
    rows = cache.statistics() if cache else []
    size, limit = cache.size() if cache else 0, instance.settings.tiles.disk_mb * 1_000_000
    listed = [
        {"layer": layer or None, "content": content, "tiles": count, "bytes": total}
        for layer, content, count, total in rows
    ]
    lines = [f"{row[0] or '(several layers)':<32} {row[1]:<52} {row[2]:>10,} {row[3]:>14,}" for row in rows]
    lines.append(f"{size:,} of {limit:,} bytes on disk.")
    instance.show({"contents": listed, "bytes": size, "limit": limit}, "\n".join(lines))


def _cache(instance: Instance) -> Cache | None:
    """The cache, unless nothing was ever kept: measuring makes no files."""
    path = instance.settings.data / "tiles"
    return Cache(path, instance.settings.tiles.disk_mb * 1_000_000) if (path / "tiles.sqlite").is_file() else None
