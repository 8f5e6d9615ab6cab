# SPDX-License-Identifier: EUPL-1.2
"""What is noted of layers: texts and visibility, styles, loads, changes of features."""

from pathlib import Path

from alembic import op

revision = "layers_0020"
down_revision = "layers_0010"
branch_labels = None
depends_on = ("sdi_0010",)


def upgrade() -> None:
    """Apply."""
    statements = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
