# SPDX-License-Identifier: EUPL-1.2
"""Personal data of signing in; secrets are never handed over."""

from sdi.privacy.model import PUBLIC_TASK, PersonalTable

_PURPOSE = {"pl": "potwierdzanie tożsamości przy logowaniu", "en": "proving who signs in"}

TABLES = (
    PersonalTable("sdi.password", "account_id", _PURPOSE, PUBLIC_TASK, hidden=("hash",)),
    PersonalTable("sdi.totp", "account_id", _PURPOSE, PUBLIC_TASK, hidden=("secret",)),
    PersonalTable("sdi.recovery_code", "account_id", _PURPOSE, PUBLIC_TASK, hidden=("hash",)),
    PersonalTable("sdi.passkey", "account_id", _PURPOSE, PUBLIC_TASK, hidden=("public_key",)),
    PersonalTable("sdi.ceremony", "account_id", _PURPOSE, PUBLIC_TASK, hidden=("hash", "contents")),
    PersonalTable("sdi.invitation", "account_id", _PURPOSE, PUBLIC_TASK, hidden=("hash",)),
    PersonalTable("sdi.identity", "account_id", _PURPOSE, PUBLIC_TASK),
    PersonalTable(
        "sdi.session",
        "account_id",
        {"pl": "trwające sesje i skąd je otwarto", "en": "open sessions and where they were opened"},
        PUBLIC_TASK,
        hidden=("hash",),
    ),
)
