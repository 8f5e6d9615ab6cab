# SPDX-License-Identifier: EUPL-1.2
"""Settings: read once into frozen models; what is unknown or wrong is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sdi.errors import SettingsError
from sdi.settings import Settings, load


def _load(folder: Path, text: str, **environ: str) -> Settings:
    path = folder / "config.yml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ)


def test_everything_may_be_left_out(tmp_path: Path) -> None:
    assert _load(tmp_path, "").server.port == 8080


def test_the_shipped_file_is_valid() -> None:
    assert load(environ={}).server.workers == 2


def test_the_environment_overrides_the_file(tmp_path: Path) -> None:
    text = "server:\n  port: 81\n"
    assert _load(tmp_path, text).server.port == 81
    assert _load(tmp_path, text, BRAMA_SERVER__PORT="82").server.port == 82


def test_settings_cannot_be_changed_later(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        _load(tmp_path, "").server.port = 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("server:\n  prot: 80\n", ["line 2", "server.prot", "port, proxies, public_url"]),
        ("server:\n  port: eighty\n", ["line 2", "server.port", "'eighty'", "integer"]),
        ("server:\n  port: '80'\n", ["line 2", "server.port", "integer"]),
        ("server:\n  port: 99999\n", ["line 2", "65535"]),
        ("\n\nsever: {}\n", ["line 3", "unknown key `sever`"]),
        ("server: 5\n", ["line 1", "server"]),
        ("database:\n  url: mysql://x\n", ["line 2", "database.url"]),
        ("site:\n  title:\n    de: x\n", ["line 3", "site.title.de"]),
        ("- a\n- b\n", ["sections"]),
        ("server: {port: 1\n", ["config.yml"]),
        ("server: !!python/object/apply:os.system [id]\n", ["config.yml"]),
    ],
)
def test_wrong_settings_are_refused_with_line_key_and_expectation(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(SettingsError) as refusal:
        _load(tmp_path, text)
    for part in said:
        assert part in refusal.value.message


@given(st.text(max_size=200))
def test_any_text_is_settings_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("settings") / "config.yml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(path, {})
    except SettingsError as refusal:
        assert refusal.message
