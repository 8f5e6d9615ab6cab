# SPDX-License-Identifier: EUPL-1.2
"""Lists of leaked passwords are searched by halves, whole hashes or beginnings, with counts or without."""

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sdi.signin.passwords import fault, is_listed


def _sha1(word: str) -> str:
    return hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest().upper()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    words=st.sets(st.text(max_size=5), max_size=40),
    digits=st.sampled_from([8, 20, 40]),
    ending=st.sampled_from(["", ":7", ":123456\r"]),
)
def test_what_is_listed_is_found_and_nothing_else(tmp_path: Path, words: set[str], digits: int, ending: str) -> None:
    path = tmp_path / "leaked.txt"
    path.write_text("".join(f"{line}{ending}\n" for line in sorted(_sha1(word)[:digits] for word in words)))
    for word in words:
        assert is_listed(path, word)
    for word in ("another one", "yet another"):
        assert not is_listed(path, word)


def test_small_letters_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "leaked.txt"
    path.write_text(_sha1("correct horse battery staple").lower())
    assert fault("correct horse battery staple", "correct horse battery staple", "clerk", path) == "leaked"
    assert fault("another password", "another password", "clerk", path) is None


@pytest.mark.parametrize(
    ("password", "again", "found"),
    [("a" * 11, None, "short"), ("a" * 201, None, "long"), ("clerk-clerk1", None, "login"), ("a" * 12, "b", "differs"),
     ("a" * 12, None, None), ("a" * 200, None, None), ("the clerk of all clerks", None, None)],
)  # fmt: skip
def test_rules_of_new_passwords(password: str, again: str | None, found: str | None) -> None:
    assert fault(password, password if again is None else again, "clerk", None) == found
