# SPDX-License-Identifier: EUPL-1.2
"""Records that are documents of their own beside those of layers, the words of the catalogue, and what is gone."""

from pathlib import Path

from alembic import op

revision = "catalogue_0002"
down_revision = "catalogue_0001"
branch_labels = None
depends_on = "sdi_0010"


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
