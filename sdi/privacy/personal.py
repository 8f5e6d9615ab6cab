# SPDX-License-Identifier: EUPL-1.2
"""Personal data of the kernel: accounts, tokens, and the traces of what people did."""

from sdi.privacy.model import LEGAL_DUTY, PSEUDONYM, PUBLIC_TASK, Clear, Delete, Keep, PersonalTable, Retention

_LOGS = "logs.retention_years"

TABLES = (
    PersonalTable(
        "sdi.account",
        "id",
        {"pl": "konta osób, które pracują w systemie", "en": "accounts of people who work in the system"},
        PUBLIC_TASK,
        Clear({"login": "erased-{person}", "name": "–"}),
    ),
    PersonalTable(
        "sdi.token",
        "account_id",
        {"pl": "dostęp programów w imieniu osoby", "en": "access of programs in a person's name"},
        PUBLIC_TASK,
        Delete(),
        hidden=("hash",),
    ),
    PersonalTable(
        "sdi.audit_of_person",
        "account_id",
        {
            "pl": "rozliczalność: kto, co, kiedy i skąd zmienił",
            "en": "accountability: who changed what, when and from where",
        },
        LEGAL_DUTY,
        Keep(
            {
                "pl": "dzienniki systemu przechowuje się przez okres wskazany w KRI (RODO art. 17 ust. 3 lit. b)",
                "en": "law demands that system logs are kept for a time (GDPR art. 17(3)(b))",
            }
        ),
        of=("sdi.audit_entry", "sdi.audit_contents"),
    ),
    PersonalTable(
        "sdi.job",
        "account_id",
        {"pl": "zadania w tle i ich wyniki", "en": "background jobs and their results"},
        PUBLIC_TASK,
        PSEUDONYM,
        Retention(_LOGS, "finished_at"),
    ),
    PersonalTable(
        "sdi.event",
        "account_id",
        {"pl": "zdarzenia dla innych systemów", "en": "events for other systems"},
        PUBLIC_TASK,
        PSEUDONYM,
        Retention(_LOGS, "time"),
    ),
)
