# SPDX-License-Identifier: EUPL-1.2
"""Organisations, accounts, tokens, events, jobs; the schemas and what each role may do in them."""

from pathlib import Path

import procrastinate
from alembic import op

revision = "sdi_0001"
down_revision = None
branch_labels = ("sdi",)
depends_on = None


def upgrade() -> None:
    """Apply."""
    here = Path(__file__).parent
    connection = op.get_bind().connection.cursor()
    connection.execute((here / "0001_kernel.sql").read_text(encoding="utf-8"))
    queue = Path(procrastinate.__file__).parent / "sql" / "schema.sql"
    connection.execute("SET LOCAL search_path TO jobs, public")
    connection.execute(queue.read_text(encoding="utf-8"))
    connection.execute("SET LOCAL search_path TO public")
    connection.execute((here / "0001_jobs.sql").read_text(encoding="utf-8"))
