# SPDX-License-Identifier: EUPL-1.2
"""The documents say what is so: settings, commands, links between pages."""

import os
import re
import shlex
from pathlib import Path
from urllib.parse import quote

import click
import pytest
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from sdi import settings_page
from sdi.cli import main
from sdi.features import ROOT
from tests.conftest import LayerMaker

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_COMMAND = re.compile(r"\./brama ([a-z][^`\n|,]*)")
_LINK = re.compile(r"\]\(([^)#:]+)\)")


def test_the_page_of_settings_is_made_from_the_models() -> None:
    path = ROOT / "docs" / "settings.md"
    if os.environ.get("BRAMA_BLESS"):
        path.write_text(settings_page.page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == settings_page.page()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_and_links_of_a_page_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for link in _LINK.findall(text):
        assert (path.parent / link).exists(), link
    for command in _COMMAND.findall(text):
        _check(command.split("#")[0].replace("[", "").replace("]", "").split())


def _check(words: list[str]) -> None:
    """Each word names a command while there are groups; each option is known to the last command."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found is not None, words
        command = found
    known = {name for parameter in command.params for name in parameter.opts}
    if command.ignore_unknown_options:
        return
    for word in words:
        if word.startswith("-"):
            assert word.split("=")[0] in known, (command.name, word)


def _examples() -> list[str]:
    """Addresses of the guide's examples, those of `--data-urlencode` put together as curl does."""
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    found = []
    for line in re.findall(r"^curl .*$", text, re.MULTILINE):
        words = shlex.split(line)
        address = next(word for word in words if word.startswith("http")).removeprefix("http://127.0.0.1:8080")
        if "--data-urlencode" in words:
            name, _, value = words[words.index("--data-urlencode") + 1].partition("=")
            address += f"?{name}={quote(value)}"
        found.append(address)
    return found


def test_every_example_of_the_api_guide_is_answered(client: FlaskClient, add_layer: LayerMaker) -> None:
    square = "POLYGON((600000 450000,650000 450000,650000 500000,600000 500000,600000 450000))"
    columns = {"teryt": ColumnType.TEXT, "nazwa": ColumnType.TEXT, "ludnosc": ColumnType.INTEGER}
    add_layer("communes", GeometryType.POLYGON, columns, [[square, "146501", "Warszawa", 1_777_972]])
    examples = _examples()
    assert len(examples) > 12
    for address in examples:
        answer = client.get(address)
        assert answer.status_code in {200, 204}, (address, answer.text)
        assert answer.data or "/tiles/" in address
