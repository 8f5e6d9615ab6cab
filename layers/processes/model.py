# SPDX-License-Identifier: EUPL-1.2
"""What a process declares and what it is given when it runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from layers.model import Layer
from layers.processes.inputs import Inputs
from sdi.db.database import Database
from sdi.errors import BramaError, Conflict, NotFound
from sdi.people.model import Principal
from sdi.settings import Settings

FEATURES = 50_000
"""Features that a process may be given."""
VERTICES = 2_000_000
"""Vertices of all of them."""
RESULT_BYTES = 100_000_000
RUN_SECONDS = 60
"""A statement of a process may take so long."""
WAIT_SECONDS = 20
"""A synchronous execution may take so long."""
KEPT_HOURS = 12
UNDER_WAY = 5
"""Executions of one account at a time."""
UNDER_WAY_ANONYMOUS = 20
"""Executions of all who did not sign in."""

GEOJSON = "application/geo+json"
JSON = "application/json"
TIFF = "image/tiff; application=geotiff"
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"


class ProcessRefusal(BramaError):
    """A refusal that OGC 18-062r2 names by a URI."""

    uri: ClassVar[str] = ""


class NoSuchProcess(NotFound, ProcessRefusal):
    """There is no process of that id."""

    code = "no-such-process"
    uri = f"{EXCEPTIONS}/no-such-process"


class NoSuchJob(NotFound, ProcessRefusal):
    """There is no execution of that id, or none that the caller may see."""

    code = "no-such-job"
    uri = f"{EXCEPTIONS}/no-such-job"


class ResultNotReady(NotFound, ProcessRefusal):
    """The execution has not ended."""

    code = "result-not-ready"
    uri = f"{EXCEPTIONS}/result-not-ready"


class JobDismissed(Conflict, ProcessRefusal):
    """The execution was given up, and its result with it."""

    status = 410
    code = "job-dismissed"


class Run(Protocol):
    """What a running process has at hand: layers and data as the caller may read them."""

    @property
    def settings(self) -> Settings:
        """The gate's settings."""

    @property
    def database(self) -> Database:
        """Connections by role."""

    @property
    def caller(self) -> Principal | None:
        """Whose rights it runs with; None are the public's."""

    @property
    def target(self) -> Path:
        """The file that the result goes to."""

    def layer(self, layer_id: str) -> Layer:
        """A layer that the caller may see; NotFound otherwise."""

    def layers(self) -> list[Layer]:
        """Every layer that the caller may see, in the portal's order."""

    def progress(self, fraction: float, message: str) -> None:
        """Report how far it is; raises Cancelled when the execution was dismissed."""


@dataclass(frozen=True)
class Process:
    """A process. Its texts are message ids of the catalogues of translations; its one output is called `result`."""

    id: str
    title: str
    description: str
    keywords: tuple[str, ...]
    inputs: type[Inputs]
    output: Mapping[str, Any]
    """JSON Schema of the result."""
    media_type: str
    run: Callable[[Run, Any], None]
    version: str = "1.0.0"
