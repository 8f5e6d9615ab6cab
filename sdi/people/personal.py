# SPDX-License-Identifier: EUPL-1.2
"""Personal data of accounts: contact, and what they were allowed."""

from sdi.privacy.model import LEGAL_DUTY, PUBLIC_TASK, Delete, Keep, PersonalTable

TABLES = (
    PersonalTable(
        "sdi.contact",
        "account_id",
        {"pl": "kontakt z osobą i rozpoznanie jej", "en": "contact with the person, and telling who it is"},
        PUBLIC_TASK,
        Delete(),
    ),
    PersonalTable(
        "sdi.assignment",
        "account_id",
        {"pl": "upoważnienia: kto, do czego i kiedy", "en": "authorisations: who, to what and when"},
        LEGAL_DUTY,
        Keep(
            {
                "pl": "rejestr upoważnień dowodzi, kto mógł działać w imieniu urzędu (RODO art. 17 ust. 3 lit. b)",
                "en": "the register of authorisations proves who could act for the office (GDPR art. 17(3)(b))",
            }
        ),
    ),
)
