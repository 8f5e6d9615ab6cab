# SPDX-License-Identifier: EUPL-1.2
"""The past of features: their states at a moment, and what they went through."""

from pathlib import Path

from alembic import op

revision = "layers_0022"
down_revision = "layers_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
