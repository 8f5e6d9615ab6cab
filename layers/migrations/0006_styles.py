# SPDX-License-Identifier: EUPL-1.2
"""Styles' own metadata, and the view through which members of a layer's organisation write its styles."""

from pathlib import Path

from alembic import op

revision = "layers_0006"
down_revision = "layers_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
