# SPDX-License-Identifier: EUPL-1.2
"""Finds the log files of a server."""

from collections import deque
from pathlib import Path

from sdi.errors import SetupError


def find(data: Path, name: str | None) -> list[Path]:
    """The current log of each process, or of the named one; of PostgreSQL's daily files the newest.

    Raises SetupError naming the logs there are when there is none of that name.
    """
    try:
        files = sorted((data / "logs").glob("*.log"))
    except PermissionError as error:
        raise SetupError(f"{data} belongs to another account: run as that account or as root.") from error
    daily = [path for path in files if path.stem.startswith("postgres")]
    newest = sorted(daily, key=lambda path: path.stat().st_mtime)[-1:]
    current = {path.stem: path for path in files if path not in daily}
    if newest:
        current["postgres"] = newest[0]
    if not current:
        raise SetupError(f"There are no logs in {data / 'logs'} yet.")
    if name is None:
        return [current[key] for key in sorted(current)]
    if name not in current:
        raise SetupError(f"There is no log {name}; there are: {', '.join(sorted(current))}.")
    return [current[name]]


def last_lines(path: Path, count: int) -> list[str]:
    """The last `count` lines of a file."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return [line.rstrip("\n") for line in deque(lines, maxlen=count)]
