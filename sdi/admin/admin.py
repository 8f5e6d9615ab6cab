# SPDX-License-Identifier: EUPL-1.2
"""The kernel's own sections and the names of what it notes."""

from sqlalchemy import Connection, text

from sdi.admin.model import Section

_UNDO_ORGANISATION = (
    (
        "DELETE FROM app.organisation_write w USING app.own_change e WHERE e.request = :request"
        " AND e.action = 'organisation.added' AND 'organisation/' || w.id = e.subject"
    ),
    (
        "UPDATE app.organisation_write w SET title = coalesce(e.contents -> 'before' -> 'title', w.title),"
        " teryt = CASE WHEN (coalesce(e.contents -> 'before', '{}') || coalesce(e.contents -> 'after', '{}')) ? 'teryt'"
        "   THEN e.contents -> 'before' ->> 'teryt' ELSE w.teryt END"
        " FROM app.own_change e WHERE e.request = :request AND e.action = 'organisation.changed'"
        " AND 'organisation/' || w.id = e.subject"
    ),
)


def _undo_organisation(connection: Connection, of: str) -> int:
    return sum(connection.execute(text(statement), {"request": of}).rowcount for statement in _UNDO_ORGANISATION)


SECTIONS = (
    Section(
        "organisations",
        {"pl": "Jednostki", "en": "Organisations"},
        {"pl": "Drzewo jednostek, ich nazwy i kody", "en": "The tree of organisations, their names and codes"},
        "organisations:write",
        10,
    ),
    Section(
        "jobs",
        {"pl": "Zadania w tle", "en": "Background jobs"},
        {
            "pl": "Wczytywanie, kafle, przetwarzanie: postęp i wyniki",
            "en": "Loads, tiles, processes: progress and results",
        },
        "jobs:read",
        60,
    ),
    Section(
        "privacy",
        {"pl": "Dane osobowe", "en": "Personal data"},
        {
            "pl": "Rejestr czynności przetwarzania: cel, podstawa, okres przechowywania",
            "en": "Record of processing: purpose, legal basis, retention",
        },
        "privacy:read",
        70,
    ),
)
ACTIONS = {
    "organisation.added": {"pl": "dodano jednostkę", "en": "organisation added"},
    "organisation.changed": {"pl": "zmieniono jednostkę", "en": "organisation changed"},
    "organisation.removed": {"pl": "usunięto jednostkę", "en": "organisation removed"},
    "account.added": {"pl": "założono konto", "en": "account added"},
    "account.changed": {"pl": "zmieniono konto", "en": "account changed"},
    "account.removed": {"pl": "usunięto konto", "en": "account removed"},
    "token.added": {"pl": "wydano token", "en": "token issued"},
    "token.changed": {"pl": "zmieniono token", "en": "token changed"},
    "token.removed": {"pl": "usunięto token", "en": "token removed"},
    "personal.exported": {"pl": "wydano dane osoby", "en": "personal data handed over"},
    "personal.erased": {"pl": "usunięto dane osoby", "en": "personal data erased"},
    "personal.expired": {"pl": "usunięto dane po okresie przechowywania", "en": "data removed after their retention"},
}
UNDO = {"organisation.added": _undo_organisation, "organisation.changed": _undo_organisation}
