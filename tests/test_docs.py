# SPDX-License-Identifier: EUPL-1.2
"""The documents say what is so: settings, commands, links between pages."""

import os
import re
from pathlib import Path

import click
import pytest

from sdi import settings_page
from sdi.cli import main
from sdi.features import ROOT

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
