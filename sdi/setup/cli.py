# SPDX-License-Identifier: EUPL-1.2
"""The commands of set-up: up, status, stop, logs, doctor, and for those who build Brama test, lint, bless and bench."""

import functools
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sdi.errors import SetupError
from sdi.features import ROOT
from sdi.settings import Settings, load
from sdi.setup import checks, doctor, logfiles, report, up

NOT_RUNNING = 3


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--data DIR` and `--json`; its function gets `settings` and `as_json` first."""

    @click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of the server's data.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @functools.wraps(function)
    def wrapper(*args: Any, data: Path | None, as_json: bool, **kwargs: Any) -> Any:
        return function(load_settings(data=data), as_json, *args, **kwargs)

    return wrapper


def load_settings(data: Path | None = None, **overrides: Any) -> Settings:
    """The settings with an absolute data folder, so that processes with another working folder find it."""
    settings = load(data=data, **overrides)
    return settings.model_copy(update={"data": settings.data.absolute()})


@click.command("up")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of the server's data.")
@click.option("--host", help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), help="TCP port to listen on.")
@click.option("--empty", is_flag=True, help="Do not load the sample region.")
@click.option(
    "--database", help="Another PostGIS, as postgresql://USER@HOST/NAME; BRAMA_DATABASE__URL hides a password."
)
@click.option("--detach", is_flag=True, help="Return when the server answers; ./brama stop ends it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object when the server answers.")
def up_command(  # noqa: PLR0913, PLR0917 - one parameter an option
    data: Path | None,
    host: str | None,
    port: int | None,
    empty: bool,
    database: str | None,
    detach: bool,
    as_json: bool,
) -> None:
    """Set up what is missing and serve until Ctrl-C."""
    settings = load_settings(data, server__host=host, server__port=port, database__url=database)
    start = functools.partial(up.run, settings, with_sample=not empty, as_json=as_json)
    if detach:
        sys.exit(up.detach(start))
    try:
        start()
    except up.Stopped:
        sys.exit(130)


@click.command("status")
@_options
def status_command(settings: Settings, as_json: bool) -> None:
    """Say what runs; exit code 0 when the server runs, 3 when it does not."""
    found = report.status(settings)
    click.echo(json.dumps(found, ensure_ascii=False) if as_json else report.status_text(found))
    sys.exit(0 if found["running"] else NOT_RUNNING)


@click.command("stop")
@_options
def stop_command(settings: Settings, as_json: bool) -> None:
    """Stop the server and whatever it left running."""
    found = report.stop(settings)
    click.echo(json.dumps(found) if as_json else ("Stopped." if found["stopped"] else "Nothing was running."))


@click.command("logs")
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is being written.")
@click.option(
    "-n", "--lines", type=click.IntRange(0, 100_000), default=100, show_default=True, help="Last lines shown."
)
@_options
def logs_command(settings: Settings, as_json: bool, name: str | None, follow: bool, lines: int) -> None:
    """Show the logs of all processes, or of the one named (web, jobs, render, postgres)."""
    files = logfiles.find(settings.data, name)
    if as_json:
        for path in files:
            for line in logfiles.last_lines(path, lines):
                click.echo(json.dumps({"log": path.stem, "line": line}, ensure_ascii=False))
        return
    tail = ["/usr/bin/tail", "-n", str(lines), *(["-F"] if follow else []), "--", *map(str, files)]
    os.execv(tail[0], tail)  # noqa: S606


@click.command("doctor")
@_options
def doctor_command(settings: Settings, as_json: bool) -> None:
    """Say what is missing or wrong and how to mend it; exit code 1 when anything is."""
    found = doctor.examine(settings)
    if as_json:
        click.echo(json.dumps([asdict(check) for check in found], ensure_ascii=False))
    for check in [] if as_json else found:
        click.secho(f"{check.state:8}", fg=doctor.COLOURS[check.state], nl=False)
        click.echo(f"{check.name}: {check.detail}")
        if check.mend:
            click.echo(f"{'':8}  -> {check.mend}")
    sys.exit(1 if any(check.state == "problem" for check in found) else 0)


_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@click.command("test", context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def test_command(arguments: tuple[str, ...]) -> None:
    """Check everything and run all tests; with arguments only pytest, with them."""
    steps = checks.pytest_only(arguments) if arguments else checks.everything()
    sys.exit(checks.run(steps))


@click.command("lint")
def lint_command() -> None:
    """Check form, imports and types, without the tests."""
    sys.exit(checks.run(checks.static()))


@click.command("bless", context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bless_command(arguments: tuple[str, ...]) -> None:
    """Accept what the tests get now as what they expect (read the difference before you commit)."""
    os.environ["BRAMA_BLESS"] = "1"
    sys.exit(checks.run(checks.pytest_only(arguments)))


@click.command("bench", context_settings=_PASS_ON)
@click.option("--peers", is_flag=True, help="Measure other servers on the same data: names may follow.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench_command(peers: bool, arguments: tuple[str, ...]) -> None:
    """Measure the server against the bare database and renderer."""
    if not (ROOT / "benchmarks" / "__main__.py").exists():
        raise SetupError("There are no benchmarks here.")
    os.chdir(ROOT)
    # Two programs, because the renderer's library hides the systems of coordinates from everything started after it.
    module = "benchmarks.peers" if peers else "benchmarks"
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])  # noqa: S606


commands: tuple[click.Command, ...] = (
    up_command,
    status_command,
    stop_command,
    logs_command,
    doctor_command,
    test_command,
    lint_command,
    bless_command,
    bench_command,
)
