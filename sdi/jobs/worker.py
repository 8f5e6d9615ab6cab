# SPDX-License-Identifier: EUPL-1.2
"""The job worker: runs the queued tasks of each queue one after another and keeps each job's row true."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import procrastinate
import structlog
from procrastinate.jobs import DeleteJobCondition
from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError

from sdi import features
from sdi.db.database import Database, Role
from sdi.errors import BramaError
from sdi.jobs.model import QUEUES, Cancelled, JobContext, Task
from sdi.settings import Settings

_STALLED_SECONDS = 30
_log = structlog.get_logger()

_START = text(
    "UPDATE sdi.job SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now())"
    " WHERE id = :id AND state IN ('queued', 'running') RETURNING task, args, organisation_id, account_id, attempts"
)
_PROGRESS = text(
    "UPDATE sdi.job SET progress = :progress, message = :message WHERE id = :id RETURNING cancel_requested"
)
_FINISH = text(
    "UPDATE sdi.job SET state = :state, message = :message, result = :result, finished_at = now(),"
    " progress = CASE WHEN :state = 'succeeded' THEN 1 ELSE progress END WHERE id = :id"
).bindparams(bindparam("result", type_=JSONB))


def run(settings: Settings, database: Database) -> None:
    """Work until a signal stops the process; the job in hand is repeated by the next worker when it was killed."""
    app = build_app(database, settings, tasks())
    with app.open():
        asyncio.run(_work(app))


async def _work(app: procrastinate.App) -> None:
    """One worker a queue: hours of patient work delay nobody's load."""
    async with app.open_async():
        workers = [
            asyncio.create_task(
                app.run_worker_async(
                    name=f"brama {queue}",
                    queues=[queue],
                    concurrency=1,
                    delete_jobs=DeleteJobCondition.SUCCESSFUL,
                    shutdown_graceful_timeout=10,
                    stalled_worker_timeout=_STALLED_SECONDS,
                    install_signal_handlers=queue == QUEUES[0],
                )
            )
            for queue in QUEUES
        ]
        ended, running = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        for worker in running:
            worker.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for worker in ended:
            worker.result()


def tasks() -> list[Task]:
    """Every task that a package declares in its `jobs.py`."""
    return [task for module in features.load("jobs") for task in module.tasks]


def build_app(database: Database, settings: Settings, declared: list[Task]) -> procrastinate.App:
    """A procrastinate app over the owner's connection with all tasks in it."""
    connector = procrastinate.PsycopgConnector(
        conninfo=database.conninfo(Role.OWNER), kwargs={"options": "-c search_path=jobs"}, max_size=8
    )
    app = procrastinate.App(connector=connector)
    for task in declared:
        if task.every:
            app.periodic(cron=task.every)(app.task(name=task.name)(_periodic(task, settings, database)))
        else:
            app.task(name=task.name)(_follow(task, settings, database))
    _retry_stalled(app)
    return app


def _retry_stalled(app: procrastinate.App) -> None:
    @app.periodic(cron="* * * * * */15")
    @app.task(name="sdi.retry_stalled", queueing_lock="sdi.retry_stalled", pass_context=True)
    async def retry_stalled(context: procrastinate.JobContext, timestamp: int) -> None:  # noqa: ARG001
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            await app.job_manager.retry_job(job)


def _follow(task: Task, settings: Settings, database: Database) -> Callable[[str], None]:
    def run_job(job: str) -> None:
        job_id = UUID(job)
        with database.owner.begin() as connection:
            row = connection.execute(_START, {"id": job_id}).one_or_none()
        if row is None:
            return
        log = _log.bind(job=job, task=task.name)
        log.info("job.started", attempt=row.attempts)
        try:
            result = task.run(_context(job_id, row, settings, database), row.args)
            _finish(database, job_id, "succeeded", "", result)
            log.info("job.succeeded")
        except Cancelled:
            _finish(database, job_id, "cancelled", "", None)
            log.info("job.cancelled")
        except OperationalError as error:
            if row.attempts < task.attempts:
                raise
            _finish(database, job_id, "failed", "The database did not answer.", None)
            log.exception("job.failed", error=str(error))
        except BramaError as error:
            _finish(
                database,
                job_id,
                "failed",
                error.message,
                {"code": error.code, "detail": error.message, **error.details},
            )
            log.info("job.refused", reason=error.message)
        except Exception:
            _finish(database, job_id, "failed", "An unexpected error; the log says more.", None)
            log.exception("job.failed")

    return run_job


def _periodic(task: Task, settings: Settings, database: Database) -> Callable[[int], None]:
    def run_periodic(timestamp: int) -> None:
        nobody = JobContext(UUID(int=timestamp), settings, database, lambda _fraction, _message: None, None, None)
        task.run(nobody, {})

    return run_periodic


def _context(job_id: UUID, row: Row[Any], settings: Settings, database: Database) -> JobContext:
    def progress(fraction: float, message: str) -> None:
        values = {"id": job_id, "progress": min(max(fraction, 0.0), 1.0), "message": message[:500]}
        with database.owner.begin() as connection:
            if connection.execute(_PROGRESS, values).scalar():
                raise Cancelled

    return JobContext(job_id, settings, database, progress, row.organisation_id, row.account_id)


def _finish(database: Database, job_id: UUID, state: str, message: str, result: Mapping[str, Any] | None) -> None:
    values = {"id": job_id, "state": state, "message": message, "result": result and dict(result)}
    with database.owner.begin() as connection:
        connection.execute(_FINISH, values)
