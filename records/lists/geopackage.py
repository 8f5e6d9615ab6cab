# SPDX-License-Identifier: EUPL-1.2
"""Writes a GeoPackage of a GeoJSON file, as a process of its own: `python -m records.lists.geopackage FROM TO NAME`."""

import sys

import fiona


def main(source: str, target: str, name: str) -> None:
    """Copy every feature; the layer is called `name`."""
    with fiona.open(source) as reader:
        schema = {"geometry": "Unknown", "properties": reader.schema["properties"]}
        with fiona.open(target, "w", driver="GPKG", layer=name, crs="EPSG:4326", schema=schema) as writer:
            writer.writerecords(reader)


if __name__ == "__main__":
    main(*sys.argv[1:4])
