# SPDX-License-Identifier: EUPL-1.2
"""Personal data of the catalogue: whose record it is, who changed it."""

from sdi.privacy.model import PSEUDONYM, PUBLIC_TASK, PersonalTable

TABLES = (
    PersonalTable(
        "catalogue.record",
        "account_id",
        {"pl": "kto prowadzi opisany zbiór", "en": "whose data set is described"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "catalogue.change",
        "account_id",
        {"pl": "historia zmian metadanych", "en": "history of changes of metadata"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
)
