# SPDX-License-Identifier: EUPL-1.2
"""What set-up passes around: the processes to run, checks of a machine and what is running."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class ProcessSpec:
    """A process that `brama up` keeps running: its name (also of its log), command and additional environment.

    `fresh_folders` are emptied, or made, before each start.
    """

    name: str
    argv: list[str]
    env: dict[str, str] = field(default_factory=dict)
    fresh_folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Check:
    """One finding of `brama doctor`; `mend` says what to do when `state` is a problem."""

    name: str
    state: Literal["ok", "problem", "note"]
    detail: str
    mend: str = ""


@dataclass(frozen=True)
class ChildState:
    """A child process of the running server; `pid` is None while it waits to be started again."""

    name: str
    pid: int | None
    since: float
    restarts: int


@dataclass(frozen=True)
class ServerState:
    """What the supervisor writes to `run/state.json`; `ticks` tells its process from a later one of the same id."""

    pid: int
    ticks: int
    since: float
    address: str
    ready: bool
    children: list[ChildState]

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @staticmethod
    def from_json(value: dict[str, Any]) -> "ServerState":
        """From what `to_json` gave. Raises TypeError or KeyError when it is something else."""
        children = [ChildState(**child) for child in value["children"]]
        return ServerState(**{**value, "children": children})
