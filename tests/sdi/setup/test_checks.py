# SPDX-License-Identifier: EUPL-1.2
"""A failure in any check fails the whole, and all of them run."""

import sys
from pathlib import Path

import pytest

from sdi.errors import SetupError
from sdi.setup import checks
from sdi.setup.checks import Step


def step(name: str, code: str) -> Step:
    return Step(name, [sys.executable, "-c", code])


def test_all_good_is_zero(capfd: pytest.CaptureFixture[str]) -> None:
    assert checks.run([step("a", "print('fine')"), step("b", "print('12 passed')")]) == 0
    assert "12 passed" in capfd.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_one_failure_fails_the_whole_and_the_rest_still_runs(failing: int, capfd: pytest.CaptureFixture[str]) -> None:
    steps = [step(f"s{number}", f"print('ran {number}'); exit({int(number == failing)})") for number in range(3)]
    assert checks.run(steps) == 1
    out = capfd.readouterr().out
    assert all(f"ran {number}" in out for number in range(3))
    assert out.count("FAILED") == 1


def test_a_program_that_is_not_there_is_a_failure(tmp_path: Path) -> None:
    assert checks.run([Step("gone", [str(tmp_path / "gone")])]) == 1


def test_set_up_that_fails_is_a_failure() -> None:
    def refuse() -> dict[str, str]:
        raise SetupError("no node")

    assert checks.run([Step("portal", ["true"], environment=refuse)]) == 1


def test_everything_holds_lint_contracts_types_and_tests() -> None:
    names = [item.name for item in checks.everything()]
    assert {"ruff check", "ruff format", "import contracts", "mypy", "tests"} <= set(names)
    assert names[-1] == "tests"
