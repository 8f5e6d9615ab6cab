# SPDX-License-Identifier: EUPL-1.2
"""The sections of people, roles, tokens and reasons."""

from sdi.admin.model import Section
from sdi.admin.people import store

SECTIONS = (
    Section(
        "people",
        {"pl": "Osoby", "en": "People"},
        {"pl": "Konta, ich stan, role i przydziały; wczytanie listy", "en": "Accounts, states, roles; taking in lists"},
        "people:write",
        20,
    ),
    Section(
        "roles",
        {"pl": "Role", "en": "Roles"},
        {"pl": "Co wolno w każdej roli; własne role jednostki", "en": "What each role may do; an organisation's own"},
        "people:write",
        22,
    ),
    Section(
        "tokens",
        {"pl": "Tokeny", "en": "Tokens"},
        {"pl": "Dostęp programów w imieniu osób", "en": "Access of programs in people's names"},
        "people:write",
        24,
    ),
    Section(
        "why",
        {"pl": "Dlaczego wolno", "en": "Why allowed"},
        {"pl": "Z czego wynika, co osoba widzi i może", "en": "What follows from what a person sees and may do"},
        "people:write",
        80,
    ),
)
ACTIONS = {
    "account.invited": {"pl": "zaproszono osobę", "en": "person invited"},
    "session.opened": {"pl": "zalogowanie", "en": "signed in"},
    "password.changed": {"pl": "zmieniono hasło", "en": "password changed"},
    "factor.added": {"pl": "dodano drugi składnik logowania", "en": "second factor added"},
    "factor.removed": {"pl": "usunięto drugi składnik logowania", "en": "second factor removed"},
    "passkey.added": {"pl": "dodano klucz dostępu", "en": "passkey added"},
    "passkey.changed": {"pl": "zmieniono klucz dostępu", "en": "passkey changed"},
    "passkey.removed": {"pl": "usunięto klucz dostępu", "en": "passkey removed"},
    "assignment.added": {"pl": "nadano rolę", "en": "role given"},
    "assignment.changed": {"pl": "zmieniono przydział roli", "en": "assignment of a role changed"},
    "assignment.removed": {"pl": "cofnięto rolę", "en": "role taken away"},
    "role.added": {"pl": "dodano rolę", "en": "role added"},
    "role.changed": {"pl": "zmieniono rolę", "en": "role changed"},
    "role.removed": {"pl": "usunięto rolę", "en": "role removed"},
}
UNDO = dict.fromkeys(store.UNDOABLE, store.undo)
