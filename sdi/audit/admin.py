# SPDX-License-Identifier: EUPL-1.2
"""The section of the audit."""

from sdi.admin.model import Section

SECTIONS = (
    Section(
        "audit",
        {"pl": "Dziennik zmian", "en": "Audit"},
        {"pl": "Kto, co, kiedy i skąd zmienił", "en": "Who changed what, when and from where"},
        "audit:read",
        50,
    ),
)
ACTIONS = {"audit.erased": {"pl": "usunięto treść wpisów dziennika", "en": "contents of entries erased"}}
