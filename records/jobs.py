# SPDX-License-Identifier: EUPL-1.2
"""Background work of records: the public layer of a kind."""

from collections.abc import Mapping
from typing import Any

from records import publishing
from sdi.jobs.model import JobContext, Task


def _layer(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make the public layer of a kind from its open records."""
    with context.database.owner.begin() as connection:
        count = publishing.publish(connection, str(args["kind"]), context.settings.site.organisation)
    return {"kind": args["kind"], "features": count}


tasks = [Task("records.layer", _layer)]
