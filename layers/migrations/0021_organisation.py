# SPDX-License-Identifier: EUPL-1.2
"""A layer may go to another organisation within the caller's reach."""

from alembic import op

revision = "layers_0021"
down_revision = "layers_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the view's check option sees that the other organisation is within reach too."""
    op.execute("GRANT UPDATE (organisation_id) ON app.layer_write TO brama_app")
