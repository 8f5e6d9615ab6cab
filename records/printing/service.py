# SPDX-License-Identifier: EUPL-1.2
"""The face of printing: a template becomes a PDF, made by a process of its own with limits."""

import base64
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import shapely
from flask import Response, render_template
from sqlalchemy import RowMapping

from sdi.errors import BramaError, TooBusy
from sdi.features import ROOT
from sdi.objects import Objects
from sdi.settings import Settings

_SECONDS = 90
_SIDE = 300.0


def as_pdf(html: str) -> bytes:
    """The pages of an HTML document; TooBusy when it takes too long."""
    command = [sys.executable, "-m", "records.printing"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no argument
            command, cwd=ROOT, input=html.encode(), check=False, capture_output=True, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise TooBusy("The document takes too long to print; narrow it.") from error
    if done.returncode != 0:
        raise BramaError(f"The document could not be printed: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout


def answer(template: str, name: str, **values: Any) -> Response:
    """A template printed, shown by the browser under `name`."""
    body = as_pdf(render_template(template, **values))
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "private, no-cache"}
    return Response(body, content_type="application/pdf", headers=headers)


def pictures(settings: Settings, documents: Iterable[RowMapping], most: int = 4) -> list[dict[str, Any]]:
    """Previews of the first photos as parts of the document itself."""
    shown = [one for one in documents if one["preview_key"]][:most]
    store = Objects(settings)
    return [{"title": one["title"], "dated": one["dated"], "source": _data(b"".join(store.stream(one["preview_key"])))}
            for one in shown]  # fmt: skip


def outline(wkb: bytes | None) -> dict[str, Any] | None:
    """A shape in EPSG:2180 as a path of SVG, in a box of 300 units with north up, and how many metres the box shows."""
    if wkb is None:
        return None
    geometry: Any = shapely.from_wkb(wkb)
    west, south, east, north = geometry.bounds
    span = max(east - west, north - south, 50.0) * 1.2
    centre_x, centre_y = (west + east) / 2, (south + north) / 2

    def move(xy: Any) -> Any:
        return (xy - [centre_x - span / 2, centre_y + span / 2]) * [_SIDE / span, -_SIDE / span]

    moved: Any = shapely.transform(geometry if geometry.area or geometry.length else geometry.buffer(span / 60), move)
    return {"path": "".join(_paths(moved)), "metres": round(span), "x": round(centre_x, 2), "y": round(centre_y, 2)}


def _paths(geometry: Any) -> Iterable[str]:
    for part in shapely.get_parts(geometry):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in ring.coords)
            yield f"M{points}{'Z' if part.geom_type == 'Polygon' else ''}"


def _data(content: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
