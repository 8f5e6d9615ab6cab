# SPDX-License-Identifier: EUPL-1.2
"""Personal data of layers: whose layer it is, who changed features, locks and executions of processes."""

from sdi.privacy.model import PSEUDONYM, PUBLIC_TASK, Delete, PersonalTable

TABLES = (
    PersonalTable(
        "layers.layer",
        "account_id",
        {"pl": "kto prowadzi warstwę", "en": "whose layer it is"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "layers.change_set",
        "account_id",
        {"pl": "historia zmian obiektów", "en": "history of changes of features"},
        PUBLIC_TASK,
        PSEUDONYM,
    ),
    PersonalTable(
        "layers.lock",
        "account_id",
        {"pl": "obiekty zajęte do edycji", "en": "features locked for editing"},
        PUBLIC_TASK,
        Delete(),
    ),
    PersonalTable(
        "layers.execution",
        "account_id",
        {"pl": "zlecone przetwarzanie i jego wyniki", "en": "processes started and their results"},
        PUBLIC_TASK,
        Delete(),
    ),
)
