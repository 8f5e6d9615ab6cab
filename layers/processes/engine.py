# SPDX-License-Identifier: EUPL-1.2
"""The adapter to pygeoapi: our processes as its processors, and a manager of ours that runs them.

Imported by the job worker only: pygeoapi costs 37 MB and hundreds of modules, which web workers do without.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pygeoapi.process.base import BaseProcessor, UnknownProcessError
from pygeoapi.process.manager.base import BaseManager
from pygeoapi.util import JobStatus

from layers.processes.catalogue import PROCESSES
from layers.processes.inputs import read
from layers.processes.model import NoSuchProcess, Process, Run
from sdi.errors import Unsupported


class Processor(BaseProcessor):  # type: ignore[misc] # pygeoapi has no types
    """One of our processes as pygeoapi knows processes; its output is the file that it wrote."""

    def __init__(self, process: Process, run: Run) -> None:
        super().__init__({"name": process.id}, {"id": process.id, "version": process.version})
        self.process = process
        self.run = run

    def execute(self, data: Mapping[str, Any], outputs: Any = None) -> tuple[str, Path]:  # noqa: ARG002 - its interface
        """Run with inputs that were read once already; the media type and the file."""
        self.process.run(self.run, read(self.process.inputs, data, ""))
        return self.process.media_type, self.run.target


class Manager(BaseManager):  # type: ignore[misc] # pygeoapi has no types
    """Runs one execution, which is a job of ours: its state, progress and result are kept there and nowhere else.

    pygeoapi's own manager starts threads, answers refusals as failures of its own and posts to any address that it is
    told: none of that is used.
    """

    def __init__(self, run: Run) -> None:
        super().__init__({"name": "brama"})
        self.run = run
        self.processes.update({process_id: {} for process_id in PROCESSES})

    def get_processor(self, process_id: str) -> Processor:
        """The processor of a process; UnknownProcessError without it."""
        if process_id not in self.processes:
            raise UnknownProcessError(process_id)
        return Processor(PROCESSES[process_id], self.run)

    def execute_process(self, process_id: str, data_dict: Mapping[str, Any], *_: Any, **more: Any) -> tuple[Any, ...]:
        """Run a process here and now; refusals and the wish to stop go on to the job as they are."""
        if more.get("subscriber"):
            raise Unsupported("No address is told of the end of an execution.")
        media_type, result = self.get_processor(process_id).execute(data_dict)
        return None, media_type, result, JobStatus.successful, None


def execute(run: Run, process_id: str, inputs: Mapping[str, Any]) -> str:
    """Run a process into the file of `run`; the media type of what is there."""
    try:
        _, media_type, _, _, _ = Manager(run).execute_process(process_id, inputs)
    except UnknownProcessError as error:
        raise NoSuchProcess(f"There is no process {process_id!r} any more.") from error
    return str(media_type)
