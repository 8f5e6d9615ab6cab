# SPDX-License-Identifier: EUPL-1.2
"""The audit: entries that only grow, contents apart, batches that chain them; what is noted of accounts and tokens."""

from pathlib import Path

from alembic import op

revision = "sdi_0010"
down_revision = "sdi_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
