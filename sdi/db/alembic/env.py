# SPDX-License-Identifier: EUPL-1.2
"""Alembic's environment: runs revisions on the connection it is given."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("CREATE SCHEMA IF NOT EXISTS sdi"))
context.configure(connection=connection, version_table_schema="sdi", transactional_ddl=True)
context.run_migrations()
