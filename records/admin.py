# SPDX-License-Identifier: EUPL-1.2
"""What the administration knows of records: names of what is noted, and whose rights may be asked about."""

import re
from uuid import UUID

from sqlalchemy import Connection, text

from records.known import kinds
from sdi.admin.model import Subject

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ACTIONS = {
    "record.created": {"pl": "założono rekord", "en": "record created"},
    "record.changed": {"pl": "zmieniono rekord", "en": "record changed"},
    "record.document_added": {"pl": "dodano dokument", "en": "document added"},
    "record.party_added": {"pl": "dodano stronę", "en": "party added"},
    "record.link_added": {"pl": "powiązano rekordy", "en": "records linked"},
}


def _find(connection: Connection, record: str) -> Subject | None:
    if not _UUID.fullmatch(record):
        return None
    statement = text("SELECT title, kind, organisation_id, is_public FROM app.records WHERE id = :id")
    row = connection.execute(statement, {"id": UUID(record)}).one_or_none()
    if row is None:
        return None
    kind = kinds()[row.kind]
    seen = "public" if row.is_public else "organisation"
    return Subject({"pl": row.title}, row.organisation_id, seen, None, kind.write_scope, kind.read_scope)


SUBJECTS = {"record": _find}
