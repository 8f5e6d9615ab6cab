# SPDX-License-Identifier: EUPL-1.2
"""The right to see personal data of parties."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "records:personal",
        {"pl": "dane osobowe stron", "en": "personal data of parties"},
        roles=("clerk", "head"),
    ),
)
