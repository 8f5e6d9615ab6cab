# SPDX-License-Identifier: EUPL-1.2
"""The section of legal values."""

from sdi.admin.model import Section
from sdi.parameters import store

SECTIONS = (
    Section(
        "parameters",
        {"pl": "Parametry", "en": "Parameters"},
        {
            "pl": "Terminy, stawki i opłaty wynikające z przepisów, z datami i podstawą prawną",
            "en": "Terms, rates and fees set by law, with dates and legal basis",
        },
        "parameters:write",
        40,
    ),
)
ACTIONS = {
    "parameter.added": {"pl": "dodano wartość parametru", "en": "value of a parameter added"},
    "parameter.changed": {"pl": "zmieniono wartość parametru", "en": "value of a parameter changed"},
    "parameter.removed": {"pl": "usunięto wartość parametru", "en": "value of a parameter removed"},
}
UNDO = dict.fromkeys(ACTIONS, store.undo)
