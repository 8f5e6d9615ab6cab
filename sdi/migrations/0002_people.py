# SPDX-License-Identifier: EUPL-1.2
"""Roles, assignments and states of accounts; what a token opens follows from the assignments of the day."""

from pathlib import Path

from alembic import op

revision = "sdi_0002"
down_revision = "sdi_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
