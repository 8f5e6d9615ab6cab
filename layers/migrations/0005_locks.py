# SPDX-License-Identifier: EUPL-1.2
"""Locks of features: held for a time, kept by the database against every service."""

from pathlib import Path

from alembic import op

revision = "layers_0005"
down_revision = "layers_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
