# SPDX-License-Identifier: EUPL-1.2
"""The layer registry, its styles, and the doors through which roles read and write them."""

from pathlib import Path

from alembic import op

revision = "layers_0001"
down_revision = None
branch_labels = ("layers",)
depends_on = "sdi_0001"


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
