# SPDX-License-Identifier: EUPL-1.2
"""Numbers are found whatever the kind of their record; each state's next terms without its others."""

from alembic import op

revision = "records_0002"
down_revision = "records_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("CREATE INDEX record_exact ON records.record (number)")
    op.execute("CREATE INDEX record_board ON records.record (kind, state, due, opened DESC, id)")
