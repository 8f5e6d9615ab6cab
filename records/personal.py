# SPDX-License-Identifier: EUPL-1.2
"""Where records hold data about persons."""

from sdi.privacy.model import LEGAL_DUTY, PSEUDONYM, PUBLIC_TASK, Delete, Keep, PersonalTable

TABLES = (
    PersonalTable(
        "records.record",
        "created_by",
        {"pl": "kto założył wpis lub sprawę", "en": "who made a record"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "records.history",
        "account_id",
        {"pl": "historia zmian wpisów i spraw", "en": "history of changes of records"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "records.note",
        "account_id",
        {"pl": "notatki do wpisów i spraw", "en": "notes to records"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "records.document",
        "account_id",
        {"pl": "kto dołączył dokument", "en": "who attached a document"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "records.saved_view",
        "account_id",
        {"pl": "zapisane widoki list", "en": "saved views of lists"},
        PUBLIC_TASK,
        Delete(),
    ),
    PersonalTable(
        "records.personal",
        "account_id",
        {"pl": "dane stron postępowań", "en": "data of parties"},
        LEGAL_DUTY,
        Keep(
            {
                "pl": "akta spraw przechowuje się przez czas z instrukcji kancelaryjnej",
                "en": "files of cases are kept for the time that the office's rules set",
            }
        ),
    ),
)
