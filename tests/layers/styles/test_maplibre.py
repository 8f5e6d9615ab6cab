# SPDX-License-Identifier: EUPL-1.2
"""MapLibre styles: valid by the specification's own validator, with the zooms, filters and order of the style."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from layers.styles.model import Style
from layers.styles.service import TileSource, maplibre_style, style_of
from layers.styles.to_maplibre import DENOMINATOR_0
from tests.layers.styles import symbols

PORTAL = Path(__file__).resolve().parents[3] / "portal_web"
SPEC = PORTAL / "node_modules" / "@maplibre" / "maplibre-gl-style-spec"
SOURCE = TileSource("roads", "https://geo.example/tiles/{z}/{y}/{x}", (19.0, 51.0, 23.0, 53.5), attribution="GUGiK")
CHECK = """
import { validateStyleMin } from "@maplibre/maplibre-gl-style-spec";
let text = ""; for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map((style) => validateStyleMin(style).map((error) => error.message))));
"""


def problems(documents: list[dict[str, Any]]) -> list[list[str]]:
    """What the specification's validator says of each document."""
    node = shutil.which("node")
    if node is None or not SPEC.is_dir():
        pytest.skip("the validator comes with `npm ci` in portal_web")
    command = [node, "--input-type=module", "-e", CHECK]
    found = subprocess.run(command, input=json.dumps(documents), capture_output=True, text=True, cwd=PORTAL, check=True)
    answer: list[list[str]] = json.loads(found.stdout)
    return answer


def made(*rules: dict[str, Any]) -> dict[str, Any]:
    """The document of a style of these rules."""
    return maplibre_style(style_of({"rules": list(rules)}), SOURCE, "Drogi")


def test_any_style_becomes_a_valid_document() -> None:
    kinds = symbols.fills | symbols.line_symbols | symbols.marks | symbols.icons | symbols.words
    drawn: list[Style] = []

    @given(symbols.styles(kinds))
    @settings(max_examples=150, deadline=None, database=None, phases=[Phase.generate])
    def collect(style: Style) -> None:
        drawn.append(style)

    collect()
    documents = [maplibre_style(style, SOURCE, "x") for style in drawn]
    told = [words for found in problems(documents) for words in found]
    assert told == []


def test_scales_become_zooms_of_the_web_grid() -> None:
    scales = {"min": DENOMINATOR_0 / 2**14, "max": DENOMINATOR_0 / 2**9}
    (layer,) = made({"symbolizers": [{"kind": "Line"}], "scaleDenominator": scales})["layers"]
    assert (layer["minzoom"], layer["maxzoom"]) == (9, 14)


def test_areas_lie_under_lines_under_signs_under_labels() -> None:
    document = made(
        {"symbolizers": [{"kind": "Text", "label": "{{a}} x"}, {"kind": "Mark"}]},
        {"symbolizers": [{"kind": "Line", "width": 8}, {"kind": "Line", "width": 5}]},
        {"symbolizers": [{"kind": "Fill", "color": "#ffffff", "outlineColor": "#000000"}]},
    )
    assert [layer["type"] for layer in document["layers"]] == ["fill", "line", "line", "line", "circle", "symbol"]
    assert [layer["paint"].get("line-width") for layer in document["layers"]][1:4] == [8, 5, 1]
    assert document["layers"][-1]["layout"]["text-field"] == ["concat", ["to-string", ["get", "a"]], " x"]


def test_dashes_are_counted_in_widths() -> None:
    (layer,) = made({"symbolizers": [{"kind": "Line", "width": 2, "dasharray": [8, 4, 2]}]})["layers"]
    assert layer["paint"]["line-dasharray"] == [4, 2, 1, 4, 2, 1]


def test_what_needs_a_sprite_is_told() -> None:
    hatch = {"kind": "Mark", "wellKnownName": "shape://slash", "strokeColor": "#c00000"}
    document = made(
        {"symbolizers": [{"kind": "Fill", "graphicFill": hatch}, {"kind": "Icon", "image": "marks/bus.svg"}]}
    )
    assert document["layers"][0]["paint"]["fill-color"] == "#c00000"
    assert len(document["metadata"]["brama:notKept"]) == 2


@pytest.mark.parametrize(
    ("tree", "expression"),
    [
        (["==", "a", None], ["==", ["get", "a"], None]),
        (["!=", "a", 5], ["all", ["!=", ["get", "a"], None], ["!=", ["get", "a"], 5]]),
        (["<", "a", 5], ["all", ["==", ["typeof", ["get", "a"]], "number"], ["<", ["get", "a"], 5]]),
        (["*=", "a", "x"],
         ["all", ["==", ["typeof", ["get", "a"]], "string"], ["in", "x", ["to-string", ["get", "a"]]]]),
        (["==", "$type", "Point"], ["in", ["geometry-type"], ["literal", ["Point", "MultiPoint"]]]),
        (["!", ["||", ["==", "a", 1], ["==", "a", 2]]],
         ["!", ["any", ["==", ["get", "a"], 1], ["==", ["get", "a"], 2]]]),
    ],
)  # fmt: skip
def test_filters_become_expressions(tree: list[Any], expression: list[Any]) -> None:
    (layer,) = made({"filter": tree, "symbolizers": [{"kind": "Line"}]})["layers"]
    assert layer["filter"] == expression
