# SPDX-License-Identifier: EUPL-1.2
"""Which operating system account the server runs under and which folders are its own (standard library only)."""

import getpass
import hashlib
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sdi.errors import SetupError

SERVICE_USER = "brama"
FOLDERS = ("postgres", "objects", "logs", "run", "tmp")
SOCKET_PATH_LIMIT = 107


@dataclass(frozen=True)
class Account:
    """An operating system account."""

    name: str
    uid: int
    gid: int
    home: str


def is_root() -> bool:
    """Whether this process may do everything on the machine."""
    return os.geteuid() == 0


def service_account() -> Account:
    """The account under which server processes run: `brama` (made when missing) for root, else who runs this."""
    if not is_root():
        return _account(pwd.getpwuid(os.geteuid()))
    try:
        return _account(pwd.getpwnam(SERVICE_USER))
    except KeyError:
        _create_service_user()
        return _account(pwd.getpwnam(SERVICE_USER))


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def _create_service_user() -> None:
    command = ["/usr/sbin/useradd", "--system", "--user-group", "--home-dir", "/var/lib/brama"]
    command += ["--shell", "/usr/sbin/nologin", "--comment", "Brama server", SERVICE_USER]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    # 9: the name is taken, that is, another process made it a moment ago
    if done.returncode not in {0, 9}:
        raise SetupError(f"The system user {SERVICE_USER} could not be made: {done.stderr.strip()}")


def login_name() -> str:
    """The name of the account that runs this process."""
    return getpass.getuser() if not is_root() else "root"


def as_service(command: list[str]) -> list[str]:
    """The command, changed to run under the service account when this is root."""
    if not is_root():
        return command
    account = service_account()
    identity = ["--reuid", str(account.uid), "--regid", str(account.gid), "--init-groups"]
    return ["/usr/bin/setpriv", *identity, "--", *command]


def become_service() -> None:
    """Give up root for good: this process goes on as the service account."""
    if not is_root():
        return
    account = service_account()
    os.environ.update(service_environment())
    os.initgroups(account.name, account.gid)
    os.setgid(account.gid)
    os.setuid(account.uid)


def service_environment() -> dict[str, str]:
    """The environment for a process of the service account: this one's, with that account's home and name."""
    account = service_account()
    return {**os.environ, "HOME": account.home, "USER": account.name, "LOGNAME": account.name}


def reachable(path: Path, account: Account) -> bool:
    """Whether the account may enter every folder down to `path` and read it, by owner, group and mode."""
    if account.uid == 0:
        return True
    resolved = path.resolve()
    needed = [(folder, 0o1) for folder in resolved.parents if folder.exists()]
    if resolved.exists():
        needed.append((resolved, 0o5 if resolved.is_dir() else 0o4))
    return all(_allows(folder.stat(), account, bits) for folder, bits in needed)


def _allows(info: os.stat_result, account: Account, bits: int) -> bool:
    if info.st_uid == account.uid:
        shift = 6
    elif info.st_gid in os.getgrouplist(account.name, account.gid):
        shift = 3
    else:
        shift = 0
    return info.st_mode >> shift & bits == bits


def prepare_data(data: Path) -> None:
    """Make the data folder and the folders in it, closed to everybody but the service account.

    For root the data folder itself stays root's, open to the group of `brama` and sticky, so that the server can add
    to it but cannot replace what root put there and runs (the virtual environment).
    """
    account = service_account()
    data.mkdir(parents=True, exist_ok=True, mode=0o755)
    if not all(reachable(folder, account) for folder in data.resolve().parents):
        raise SetupError(
            f"The user {account.name}, under which the server runs, cannot enter {data}: "
            f"choose another folder with --data, for example /var/lib/brama."
        )
    if is_root():
        os.chown(data, 0, account.gid)
        data.chmod(0o1775)
    for name in FOLDERS:
        _own_folder(data / name, account)


def _own_folder(folder: Path, account: Account) -> None:
    if folder.is_symlink():
        raise SetupError(f"{folder} is a symbolic link; make it a folder, or choose another place with --data.")
    folder.mkdir(exist_ok=True, mode=0o700)
    info = folder.stat()
    if is_root() and info.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)
    elif info.st_uid != account.uid:
        owner = pwd.getpwuid(info.st_uid).pw_name
        raise SetupError(f"{folder} belongs to {owner}: run as {owner} or root, or choose another place with --data.")
    if stat.S_IMODE(info.st_mode) != 0o700:
        folder.chmod(0o700)


def runtime_folder(data: Path) -> Path:
    """The folder for the unix sockets of the server whose data folder is `data`; `make_runtime_folder` makes it.

    A socket's path has at most 107 bytes, which a checkout's path may exceed. XDG_RUNTIME_DIR is not used because it
    goes when the user signs off, and a detached server stays.
    """
    resolved = data.resolve()
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]
    postgres = resolved / "postgres"
    owner = postgres.stat().st_uid if postgres.exists() else service_account().uid
    if _is_service_user(owner):
        return Path("/run") / f"brama-{digest}"
    return Path("/tmp") / f"brama-{owner}-{digest}"  # noqa: S108 - checked for its owner and mode when made


def _is_service_user(uid: int) -> bool:
    try:
        return pwd.getpwnam(SERVICE_USER).pw_uid == uid
    except KeyError:
        return False


def make_runtime_folder(data: Path) -> Path:
    """Make the folder for sockets, or refuse one that somebody else made there before."""
    folder = runtime_folder(data)
    account = service_account()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except PermissionError as error:
        raise SetupError(f"{folder} cannot be made by {account.name}: run ./brama as root.") from error
    else:
        if is_root():
            os.chown(folder, account.uid, account.gid)
    info = folder.lstat()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid != account.uid or info.st_mode & 0o077:
        raise SetupError(f"{folder} belongs to somebody else or is open to others: remove it and start again.")
    return folder
