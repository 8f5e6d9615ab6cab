# SPDX-License-Identifier: EUPL-1.2
"""Finds features by scanning the packages beside the kernel: adding a feature is adding a folder."""

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
_NOT_SERVED = {"tests", "benchmarks", "docs", "var"}


def packages() -> Iterator[Path]:
    """Folders of all server packages and their sub-packages, the kernel first, in a stable order."""
    top = sorted(path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name not in _NOT_SERVED)
    for package in sorted(top, key=lambda path: (path.name != "sdi", path.name)):
        yield from sorted(path.parent for path in package.rglob("__init__.py"))


@cache
def modules(name: str) -> tuple[str, ...]:
    """Dotted names of every module called `name`, without importing any."""
    return tuple(
        ".".join((*package.relative_to(ROOT).parts, name))
        for package in packages()
        if (package / f"{name}.py").is_file()
    )


def load(name: str) -> Iterator[ModuleType]:
    """Import every module called `name`."""
    for module in modules(name):
        yield importlib.import_module(module)


def folders(name: str) -> list[Path]:
    """Every folder called `name` directly in a package (`migrations`, `translations`)."""
    return [package / name for package in packages() if (package / name).is_dir()]
