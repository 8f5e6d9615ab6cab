# SPDX-License-Identifier: EUPL-1.2
"""Background work of the catalogue: words of records changed by hand are learnt within a minute."""

from collections.abc import Mapping
from typing import Any

from catalogue import words
from sdi.jobs.model import JobContext, Task


def _learn(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    with context.database.owner.begin() as connection:
        return {"words": words.learn(connection)}


tasks = [Task("catalogue.words", _learn, every="* * * * *")]
