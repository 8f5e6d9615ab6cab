# SPDX-License-Identifier: EUPL-1.2
"""Load from outside: wrk against HTTP, pgbench against the database, each with as many clients."""

import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from layers.items.statements import Statement
from sdi.setup.cluster import Cluster, program

CLIENTS = 4
SECONDS = 6
_MARK = re.compile(r"%\((\w+)\)s")
_PATHS = """
local paths = {%s}
local i = 0
request = function()
  i = i %% #paths + 1
  return wrk.format("GET", paths[i])
end
done = function(summary, latency, requests)
  io.write(string.format("RATE %%f ERRORS %%d\\n", summary.requests / summary.duration * 1000000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


def http_rate(base: str, paths: Sequence[str], seconds: int = SECONDS) -> float:
    """Answers a second over `paths` in turn; raises when one of them fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_PATHS % ",".join(f'"{path}"' for path in paths))
        script.flush()
        command = [
            "wrk",
            "-t",
            "1",
            "-c",
            str(CLIENTS),
            "-d",
            f"{seconds}s",
            "--timeout",
            "60s",
            "-s",
            script.name,
            base,
        ]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate, errors = re.search(r"RATE ([\d.]+) ERRORS (\d+)", printed).groups()  # type: ignore[union-attr]
    if int(errors):
        raise RuntimeError(f"{errors} requests failed: {printed}")
    return float(rate)


def database_rate(
    cluster: Cluster, name: str, runs: Sequence[tuple[Statement, Mapping[str, object]]], seconds: int = SECONDS
) -> float:
    """Statements a second by `pgbench -M prepared`, byte-identical to the server's, as the public role."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as script:
        for number, (statement, values) in enumerate(runs):
            script.write(_script(statement, values, number))
    Path(script.name).chmod(0o644)
    command = [str(program("pgbench")), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "1", "-T", str(seconds)]
    command += ["-f", script.name, "-d", cluster.dsn("brama_public", name)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    Path(script.name).unlink()
    return float(re.search(r"tps = ([\d.]+)", printed)[1]) * len(runs)  # type: ignore[index]


def _script(statement: Statement, values: Mapping[str, object], number: int) -> str:
    """One statement for pgbench: psycopg's `%(name)s` as `:name`, which it binds as it does."""
    bound = {**statement.fixed, **values}
    settings = "".join(f"\\set {name}_{number} {_value(value)}\n" for name, value in bound.items())
    text = _MARK.sub(lambda found: f":{found[1]}_{number}", statement.text).replace("%%", "%")
    return f"{settings}{' '.join(text.split())};\n"


def _value(value: object) -> str:
    if isinstance(value, int | float):
        return str(value)
    raise TypeError(f"pgbench binds numbers only, not {value!r}")
