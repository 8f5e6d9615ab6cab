# SPDX-License-Identifier: EUPL-1.2
"""The rules of the house that no linter knows: names, sizes, places of imports, complete translations."""

import ast
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from sdi import features

ROOT = features.ROOT
PACKAGES = sorted({package.relative_to(ROOT).parts[0] for package in features.packages()})
SOURCES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "node_modules" not in str(path)
)
LONGEST_FILE = 400
LONGEST_FUNCTION = 80
FACES = {"service", "model"}


def _names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def test_no_installed_distribution_brings_a_module_of_our_names() -> None:
    assert set(PACKAGES) & set(importlib.metadata.packages_distributions()) == set()


@pytest.mark.parametrize("path", SOURCES, ids=_names(SOURCES))
def test_each_file_keeps_the_budgets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert text.startswith("# SPDX-License-Identifier: EUPL-1.2\n")
    assert ast.get_docstring(tree), "a module says in its first lines what it is for"
    assert text.count("\n") <= LONGEST_FILE
    for function in _functions(tree):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= LONGEST_FUNCTION, function.name
        inner = [node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert inner == [], f"{function.name} imports inside"


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("path", SOURCES, ids=_names(SOURCES))
def test_of_other_packages_only_their_faces_are_imported(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0]
    others = set(PACKAGES) - {own, "sdi"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            if module.split(".")[0] in others:
                names = {module.split(".")[-1]}
                if isinstance(node, ast.ImportFrom) and not names & FACES:
                    names = {alias.name for alias in node.names}
                assert names <= FACES, f"{module} is not a face of its package"


def _texts(folder: Path) -> set[str]:
    """Every message of a package's own templates and code."""
    found = extract_from_dir(
        folder,
        method_map=[("**/templates/**.html", "jinja2.ext.babel_extract"), ("**.py", "python")],
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "_n": (1, 2)},
        options_map={"**/templates/**.html": {"encoding": "utf-8"}},
        directory_filter=lambda name: Path(name).name not in {"node_modules", "static", "src"},
    )
    texts: set[str] = set()
    for _, _, message, _, _ in found:
        texts.update([message] if isinstance(message, str) else [m for m in message[:1] if isinstance(m, str)])
    return texts - {""}


def test_every_text_of_the_pages_is_in_polish() -> None:
    known: set[str] = set()
    for folder in features.folders("translations"):
        with (folder / "pl.po").open("rb") as source:
            for message in read_po(source, locale="pl", abort_invalid=True):
                identifier = message.id if isinstance(message.id, str) else message.id[0]
                translated = message.string if isinstance(message.string, str) else all(message.string)
                if identifier and translated and not message.fuzzy:
                    known.add(identifier)
    used = set().union(*(_texts(ROOT / package) for package in PACKAGES))
    assert used - known == set()


def test_only_tests_and_benchmarks_know_of_data_beside_the_checkout() -> None:
    looked_at = [*SOURCES, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "brama"]
    assert [path for path in looked_at if re.search(r"\.\./shared", path.read_text(encoding="utf-8"))] == []


def test_no_lock_file_names_a_registry() -> None:
    locks = [*ROOT.glob("*.lock"), *ROOT.glob("*/*.lock"), *ROOT.glob("*/package-lock.json")]
    assert len(locks) >= 2
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "resolved" not in text, lock
        assert "index-url" not in text, lock
