# SPDX-License-Identifier: EUPL-1.2
"""Migrations: every package has its own `migrations/` folder; they run together, as the owner.

A package's `after_upgrade.py` writes to the database what its code declares, each time, in the same transaction.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from sdi import features
from sdi.db.database import open_database
from sdi.parameters import service as parameters
from sdi.people.service import ensure_administrator, sync_roles
from sdi.settings import Settings


def upgrade(settings: Settings) -> None:
    """Bring the database to the newest revision of every package; see to its first organisation and administrator."""
    database = open_database(settings)
    try:
        upgrade_engine(database.owner)
        with database.owner.begin() as connection:
            title = {str(language): words for language, words in settings.site.title.items()}
            ensure_administrator(connection, settings.site.organisation, title)
    finally:
        database.dispose()


def upgrade_engine(engine: Engine) -> None:
    """Migrations, declared legal values and built-in roles, over the owner's engine, in one transaction alone."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('brama.migrate'))"))
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        sync_roles(connection)
        parameters.sync(connection)
        for module in features.load("after_upgrade"):
            module.run(connection)


def is_current(engine: Engine) -> bool:
    """Whether every revision has been applied."""
    scripts = ScriptDirectory.from_config(_config())
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('sdi.alembic_version')")).scalar() is None:
            return False
        applied = tuple(connection.execute(text("SELECT version_num FROM sdi.alembic_version")).scalars())
    return {script.revision for script in scripts.get_all_current(applied)} >= set(scripts.get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(map(str, features.folders("migrations"))))
    return config
