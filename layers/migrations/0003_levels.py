# SPDX-License-Identifier: EUPL-1.2
"""Generalised levels: their register, their tables' rights, and the jobs that follow loads, changes and styles."""

from pathlib import Path

from alembic import op

revision = "layers_0003"
down_revision = "layers_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
