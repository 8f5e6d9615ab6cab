# SPDX-License-Identifier: EUPL-1.2
"""Folders belong to the service account, are closed to others, and nobody can slip one of his in between."""

import os
import pwd
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdi.errors import SetupError
from sdi.setup import accounts
from sdi.setup.accounts import Account

ONLY_ROOT = pytest.mark.skipif(not accounts.is_root(), reason="only root can act as another account")


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


@ONLY_ROOT
@given(mode=st.integers(0, 0o777))
def test_reach_agrees_with_the_kernel(mode: int) -> None:
    base = Path("/tmp") / f"brama-reach-{os.getpid()}"
    base.mkdir(exist_ok=True)
    try:
        base.chmod(mode)
        allowed = bool(mode & 0o1 and mode & 0o4)
        assert accounts.reachable(base, nobody()) is allowed
    finally:
        base.rmdir()


@ONLY_ROOT
def test_a_closed_folder_above_is_seen(folder: Path) -> None:
    inner = folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert accounts.reachable(inner, nobody())
    inner.parent.chmod(0o700)
    assert not accounts.reachable(inner, nobody())


def test_everything_in_the_data_folder_is_closed_to_others(folder: Path) -> None:
    accounts.prepare_data(folder / "data")
    owner = accounts.service_account().uid
    for name in accounts.FOLDERS:
        info = (folder / "data" / name).stat()
        assert (stat.S_IMODE(info.st_mode), info.st_uid) == (0o700, owner)


@ONLY_ROOT
def test_the_server_cannot_replace_what_root_runs(folder: Path) -> None:
    accounts.prepare_data(folder / "data")
    info = (folder / "data").stat()
    assert info.st_uid == 0
    assert info.st_mode & stat.S_ISVTX


def test_a_symbolic_link_in_the_data_folder_is_refused(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "logs").symlink_to(folder / "elsewhere")
    with pytest.raises(SetupError, match="symbolic link"):
        accounts.prepare_data(folder / "data")


def test_a_folder_for_sockets_made_by_somebody_else_is_refused(folder: Path) -> None:
    accounts.prepare_data(folder)
    planted = accounts.runtime_folder(folder)
    planted.mkdir()
    planted.chmod(0o777)
    try:
        with pytest.raises(SetupError, match="somebody else"):
            accounts.make_runtime_folder(folder)
    finally:
        planted.rmdir()


@given(name=st.text("abcdefgh/", min_size=1, max_size=400).filter(lambda text: "//" not in text))
def test_socket_paths_are_short_whatever_the_data_folder(name: str) -> None:
    folder = accounts.runtime_folder(Path("/") / name.strip("/"))
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) < accounts.SOCKET_PATH_LIMIT
