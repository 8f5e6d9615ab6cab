# SPDX-License-Identifier: EUPL-1.2
"""What Brama takes from the system's packages, and how it gets it (standard library only)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sdi.errors import SetupError
from sdi.setup import accounts

POSTGRES_VERSION = 15
CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.conf")


@dataclass(frozen=True)
class Package:
    """A package of the distribution and a file that proves it is there (cheaper to ask than the package manager)."""

    name: str
    proof: Path


SERVING = (
    Package("postgresql-15", Path("/usr/lib/postgresql/15/bin/postgres")),
    Package("postgresql-15-postgis-3", Path("/usr/share/postgresql/15/extension/postgis.control")),
    Package("libpangoft2-1.0-0", Path("/usr/lib/x86_64-linux-gnu/libpangoft2-1.0.so.0")),  # documents as PDF
)
TESTING = (
    Package("chromium", Path("/usr/bin/chromium")),
    Package("gdal-bin", Path("/usr/bin/ogrinfo")),
    Package("libatomic1", Path("/usr/lib/x86_64-linux-gnu/libatomic.so.1")),  # the browser driver's own Node
    Package("fonts-dejavu-core", Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")),
    Package("python3-qgis", Path("/usr/lib/python3/dist-packages/qgis/__init__.py")),  # a client of every service
    Package("poppler-utils", Path("/usr/bin/pdftoppm")),
)
BENCHMARKS = (Package("wrk", Path("/usr/bin/wrk")),)
PEERS = (
    Package("cgi-mapserver", Path("/usr/lib/cgi-bin/mapserv")),
    Package("qgis-server", Path("/usr/lib/cgi-bin/qgis_mapserv.fcgi")),
    Package("python3-qgis", Path("/usr/lib/python3/dist-packages/qgis/__init__.py")),  # writes its project
    Package("nginx-light", Path("/usr/sbin/nginx")),
)
"""Other servers that the benchmarks compare with."""


def missing(wanted: Iterable[Package]) -> list[str]:
    """Names of those packages that are not installed."""
    return [package.name for package in wanted if not package.proof.exists()]


def install(names: list[str]) -> None:
    """Install packages when root or sudo without a password allows it.

    Raises SetupError with the exact command when it does not, or with the end of what the package manager said.
    """
    if not names:
        return
    command = " ".join(["apt-get", "install", "--no-install-recommends", *names])
    if shutil.which("apt-get") is None:
        raise SetupError(f"These are missing and this system has no apt-get: {', '.join(names)}. Install them first.")
    prefix = _privilege()
    if prefix is None:
        raise SetupError(f"These packages are missing. Run, then start again:\n    sudo {command}")
    if f"postgresql-{POSTGRES_VERSION}" in names:
        _forbid_automatic_cluster(prefix)
    _apt(prefix, ["update"])
    _apt(prefix, ["install", "--yes", "--no-install-recommends", *names])


def _privilege() -> list[str] | None:
    if accounts.is_root():
        return []
    sudo = shutil.which("sudo")
    if sudo is None or subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode != 0:
        return None
    return [sudo, "-n"]


def _forbid_automatic_cluster(prefix: list[str]) -> None:
    """Keep the package from making a cluster of its own, unless the administrator already said what he wants."""
    if CLUSTER_SETTINGS.exists():
        return
    text = "# Brama makes a private cluster; nothing needs the automatic one.\ncreate_main_cluster = false\n"
    subprocess.run([*prefix, "mkdir", "-p", str(CLUSTER_SETTINGS.parent)], check=True)
    subprocess.run(
        [*prefix, "tee", str(CLUSTER_SETTINGS)], input=text, text=True, check=True, stdout=subprocess.DEVNULL
    )


def _apt(prefix: list[str], arguments: list[str]) -> None:
    """Run apt-get without questions, waiting for another one that holds its lock."""
    options = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confold"]
    done = subprocess.run(
        [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get", *options, *arguments],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise SetupError(f"apt-get {arguments[0]} failed (its words are above); mend that and start again.")
