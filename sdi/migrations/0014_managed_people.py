# SPDX-License-Identifier: EUPL-1.2
"""What administrators of people ask and end: logins that are taken, tokens in use."""

from pathlib import Path

from alembic import op

revision = "sdi_0014"
down_revision = "sdi_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
