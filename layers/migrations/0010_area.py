# SPDX-License-Identifier: EUPL-1.2
"""Who is assigned to an area writes features in it only."""

from pathlib import Path

from alembic import op

revision = "layers_0010"
down_revision = "layers_0009"
branch_labels = None
depends_on = "sdi_0002"


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
