# SPDX-License-Identifier: EUPL-1.2
"""People whom another service vouches for: which account is theirs, and the roles that its groups give."""

from pathlib import Path

from alembic import op

revision = "sdi_0004"
down_revision = "sdi_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
