# SPDX-License-Identifier: EUPL-1.2
"""`brama test` and `brama lint`: every check is run, then all are summed up; one failure fails the whole."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from sdi.errors import SetupError
from sdi.features import ROOT
from sdi.setup import assets, environment

PARALLEL = "2"


@dataclass(frozen=True)
class Step:
    """One check: a command, its folder, and what makes its environment when it is not this one."""

    name: str
    argv: list[str]
    folder: Path = ROOT
    environment: Callable[[], dict[str, str]] | None = None


def static() -> list[Step]:
    """Form, imports and types."""
    steps = [
        Step("ruff check", [_program("ruff"), "check", "."]),
        Step("ruff format", [_program("ruff"), "format", "--check", "."]),
        Step("import contracts", [_program("lint-imports")]),
        Step("mypy", [_program("mypy")]),
    ]
    portal = ROOT / "portal_web"
    if (portal / "package.json").exists():
        steps.append(Step("portal types", ["npm", "run", "--silent", "check"], portal, _node_environment))
    return steps


def pytest_only(arguments: Iterable[str] = ()) -> list[Step]:
    """The tests alone, with pytest's arguments."""
    return [Step("tests", [sys.executable, "-m", "pytest", *arguments])]


def everything() -> list[Step]:
    """All checks, the tests last."""
    return [*static(), *pytest_only(["-n", PARALLEL])]


def run(steps: list[Step]) -> int:
    """Run all steps, show their output as it comes, sum up; the exit code."""
    results = [_run_step(step) for step in steps]
    if len(steps) > 1:
        click.echo("")
        for step, (code, seconds, last_line) in zip(steps, results, strict=True):
            click.secho(f"{'ok' if code == 0 else 'FAILED':8}", fg="green" if code == 0 else "red", nl=False)
            click.echo(f"{step.name:18}{seconds:6.1f} s  {last_line}")
    return 1 if any(code != 0 for code, _, _ in results) else 0


def _run_step(step: Step) -> tuple[int, float, str]:
    """Exit code, seconds and the last line that the step said."""
    click.secho(f"== {step.name}", bold=True)
    began = time.monotonic()
    last_line = ""
    try:
        variables = step.environment() if step.environment else dict(os.environ)
        process = subprocess.Popen(
            step.argv,
            cwd=step.folder,
            env=variables,
            text=True,
            errors="replace",
            bufsize=1,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except (SetupError, OSError) as error:
        click.echo(str(error))
        return 1, time.monotonic() - began, str(error).splitlines()[0]
    with process:
        for line in process.stdout or ():
            click.echo(line, nl=False)
            last_line = line.strip() or last_line
    return process.returncode, time.monotonic() - began, last_line


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _node_environment() -> dict[str, str]:
    return assets.install(environment.layout(ROOT), Path(sys.executable))
