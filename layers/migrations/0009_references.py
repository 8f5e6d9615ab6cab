# SPDX-License-Identifier: EUPL-1.2
"""Results of processes by reference."""

from pathlib import Path

from alembic import op

revision = "layers_0009"
down_revision = "layers_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
