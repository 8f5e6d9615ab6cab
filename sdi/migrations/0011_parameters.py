# SPDX-License-Identifier: EUPL-1.2
"""Legal values with their dates: the region's, and an organisation's own in their place."""

from pathlib import Path

from alembic import op

revision = "sdi_0011"
down_revision = "sdi_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
