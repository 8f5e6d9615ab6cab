# SPDX-License-Identifier: EUPL-1.2
"""Metadata records, which follow the layer registry by themselves, and the doors through which roles read them."""

from pathlib import Path

from alembic import op

revision = "catalogue_0001"
down_revision = None
branch_labels = ("catalogue",)
depends_on = "layers_0001"


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
