# SPDX-License-Identifier: EUPL-1.2
"""Personal data of loading: who loaded what."""

from sdi.privacy.model import PSEUDONYM, PUBLIC_TASK, PersonalTable

TABLES = (
    PersonalTable(
        "ingest.load",
        "account_id",
        {"pl": "pochodzenie danych: kto je wczytał", "en": "provenance of data: who loaded them"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
)
