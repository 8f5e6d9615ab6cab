# SPDX-License-Identifier: EUPL-1.2
"""Loads, the rows they refused, and the highest feature id a layer ever had."""

from pathlib import Path

from alembic import op

revision = "ingest_0001"
down_revision = None
branch_labels = ("ingest",)
depends_on = "layers_0001"


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
