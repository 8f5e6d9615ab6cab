# SPDX-License-Identifier: EUPL-1.2
"""The CQL of CSW 2.0.2 (OGC 07-006r1, clause 6.2.2) as catalogue clients write it, into CQL2 text."""

import re

from catalogue.queryables import canonical
from sdi.crs import CRS84, parse, parse_bbox

_NUMBER = r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?"
_SPATIAL = ("INTERSECTS", "WITHIN", "CONTAINS", "DISJOINT", "TOUCHES", "CROSSES", "OVERLAPS", "EQUALS")
_TOKEN = re.compile(
    r"(?P<string>'[^']*+(?:'|\Z))"
    r"|\bBBOX\s*\(\s*(?P<box>[A-Za-z_\"][\w:.\"/]*+)\s*,"
    rf"\s*(?P<numbers>{_NUMBER}(?:\s*,\s*{_NUMBER}){{3}})\s*(?:,\s*'(?P<crs>[^']{{1,100}})'\s*)?\)"
    rf"|\b(?P<spatial>{'|'.join(_SPATIAL)})(?=\s*\()"
    r"|\b(?P<ilike>ILIKE)\b"
    r'|(?P<name>"[^"]*"|[A-Za-z_][\w.]*(?::[\w.]+)?)',
    re.IGNORECASE,
)


def to_cql2(text: str) -> str:
    """The same condition as CQL2 text: names without prefixes, `BBOX` and the spatial predicates as CQL2 has them.

    What it does not know it leaves, for the parser of CQL2 to judge. Raises InvalidParameter for a box or a reference
    system that cannot be used. Without a named system a box has longitude first.
    """
    return _TOKEN.sub(_replace, text)


def _replace(token: re.Match[str]) -> str:
    if token["box"]:
        return _box(token["box"], token["numbers"], token["crs"])
    if token["spatial"]:
        return f"S_{token['spatial'].upper()}"
    if token["ilike"]:
        return "LIKE"
    name = token["name"]
    if name is None or (":" not in name and not name.startswith('"')):
        return token[0]
    found = canonical(name.strip('"'))
    return f'"{found}"' if found else token[0]


def _box(name: str, numbers: str, crs: str | None) -> str:
    found = canonical(name.strip('"')) or name
    box = parse_bbox(numbers, parse(crs, locator="constraint") if crs else CRS84, locator="constraint").to(CRS84)
    return f'S_INTERSECTS("{found}", BBOX({", ".join(f"{number:.9f}" for number in box.bounds)}))'
