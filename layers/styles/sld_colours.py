# SPDX-License-Identifier: EUPL-1.2
"""Colours, numbers and colour maps of style documents."""

import re
from typing import Any

from lxml import etree

from layers.styles.sld import Notes, Version, child, children, local, text_at
from sdi.errors import InvalidParameter, Unsupported

_HEX = re.compile(r"#([0-9a-fA-F]{6})")
_SHORT = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")


def colour(text: str) -> str:
    """`#rrggbb`; raises InvalidParameter for anything else."""
    if _HEX.fullmatch(text.strip()):
        return text.strip()
    if short := _SHORT.fullmatch(text.strip()):
        return "#" + "".join(2 * digit for digit in short.groups())
    raise InvalidParameter(f"{text.strip()[:40]!r} is not a colour; write #rrggbb.", locator="sld")


def number(value: etree._Element | str | None, default: float, notes: Notes) -> float:
    """The number in an element or a text; `default` where there is none or where it is computed (which is noted)."""
    if value is None:
        return default
    text = value if isinstance(value, str) else _plain(value, notes)
    if not text.strip():
        return default
    if not _NUMBER.fullmatch(text.strip()):
        raise InvalidParameter(f"{text.strip()[:40]!r} is not a number of pixels or a share.", locator="sld")
    return float(text)


def _plain(element: etree._Element, notes: Notes) -> str:
    inner = children(element)
    if not inner:
        return element.text or ""
    if len(inner) == 1 and local(inner[0]) == "Literal":
        return inner[0].text or ""
    notes.lost(f"a computed {local(element)[:40]}")
    return ""


def colour_map(element: etree._Element, version: Version, notes: Notes) -> dict[str, Any]:
    """A ColorMap: entries as SLD 1.0 has them (servers write them in 1.1 too), Interpolate or Categorize of SE 1.1."""
    entries = children(element, "ColorMapEntry")
    if entries:
        kind = element.get("type", "ramp")
        found = [_entry(entry, notes) for entry in entries]
        return {"type": kind, "colorMapEntries": _kept_below(kind, found)}
    interpolate, categorize = child(element, "Interpolate"), child(element, "Categorize")
    if interpolate is not None:
        points = children(interpolate, "InterpolationPoint")
        read = [(number(child(point, "Data"), 0, notes), text_at(point, "Value")) for point in points]
        return {"type": "ramp", "colorMapEntries": [{"quantity": q, "color": colour(c)} for q, c in read]}
    if categorize is not None:
        return _categories(categorize, notes)
    raise Unsupported(f"The ColorMap of SLD {version} holds nothing that is known here.", locator="sld")


def _entry(entry: etree._Element, notes: Notes) -> dict[str, Any]:
    return {
        "quantity": number(entry.get("quantity"), 0, notes),
        "color": colour(entry.get("color", "")),
        "opacity": number(entry.get("opacity"), 1, notes),
        "label": entry.get("label", ""),
    }


def _kept_below(kind: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The intervals of SLD say where a colour ends, those here where it begins."""
    if kind != "intervals":
        return entries
    starts = [-1e300, *(entry["quantity"] for entry in entries[:-1])]
    ends = {"quantity": entries[-1]["quantity"], "color": entries[-1]["color"], "opacity": 0}
    moved = [entry | {"quantity": start} for entry, start in zip(entries, starts, strict=True)]
    shown = [entry for entry in moved if entry["opacity"] or entry["quantity"] > -1e300 or entry["label"]]
    return [*shown, ends] if entries[-1]["quantity"] < 1e300 else shown


def _categories(element: etree._Element, notes: Notes) -> dict[str, Any]:
    values = [part for part in children(element) if local(part) in ("Value", "Threshold")]
    found: list[dict[str, Any]] = []
    start = -1e300
    for part in values:
        if local(part) == "Threshold":
            start = number(part, 0, notes)
        elif (text := (part.text or "").strip()).lower() not in ("transparent", "none"):
            found.append({"quantity": start, "color": colour(text)})
        elif start > -1e300:
            found.append({"quantity": start, "color": "#000000", "opacity": 0})
    return {"type": "intervals", "colorMapEntries": found}
