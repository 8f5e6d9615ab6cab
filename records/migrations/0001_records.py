# SPDX-License-Identifier: EUPL-1.2
"""Records, what belongs to them, and the doors through which roles read and write them."""

from pathlib import Path

from alembic import op

revision = "records_0001"
down_revision = None
branch_labels = ("records",)
depends_on = ("sdi_0002", "layers_0005")


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
