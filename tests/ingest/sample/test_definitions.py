# SPDX-License-Identifier: EUPL-1.2
"""What geodata says is whole: 27 themes, and each layer told in both languages with source and licence."""

from pathlib import Path

import pyogrio
import pytest

from ingest.sample import service
from ingest.sample.definitions import load_definitions, load_themes
from ingest.sample.service import SampleRegion
from sdi.errors import SettingsError


def test_there_are_27_themes_in_both_languages() -> None:
    themes = service.themes()
    assert len(themes) == len({theme.id for theme in themes}) == 27
    assert [theme.order for theme in themes] == list(range(1, 28))
    assert len({theme.title.pl for theme in themes}) == len({theme.title.en for theme in themes}) == 27


def test_each_layer_has_a_theme_of_the_portal_and_an_order_of_its_own() -> None:
    layers = load_definitions().layers
    assert {layer.theme for layer in layers} <= {theme.id for theme in service.themes()}
    assert len({layer.id for layer in layers}) == len({layer.order for layer in layers}) == len(layers)
    assert all(layer.licence and layer.attribution and layer.source.pl and layer.source.en for layer in layers)


def test_titles_of_columns_are_those_of_the_files(sample: SampleRegion) -> None:
    for layer in sample.layers:
        if layer.definition.kind == "vector":
            fields = pyogrio.read_info(layer.path, layer=layer.definition.source_layer)["fields"]
            assert list(fields) == list(layer.definition.columns)
            assert layer.definition.key in fields


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("themes: [{id: Roads, order: 1, title: {pl: Drogi, en: Roads}}]", "id"),
        ("themes: [{id: roads, order: 1, title: {pl: Drogi}}]", "en"),
        ("themes: [{id: roads, order: 1, colour: red, title: {pl: Drogi, en: Roads}}]", "colour"),
        ("themes: [", "themes.yml"),
    ],
)
def test_a_wrong_definition_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "themes.yml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=named):
        load_themes(tmp_path)
