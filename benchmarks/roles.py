# SPDX-License-Identifier: EUPL-1.2
"""680 layers and 20 people: what each may see of them, as capabilities and lists, at first and again."""

import time
import urllib.request
from statistics import median

from sqlalchemy import text

from benchmarks import many_layers, report
from benchmarks.stack import Stack, stack
from sdi.people.model import Organisation
from sdi.people.service import add_account, add_organisations, issue_token, scopes

PEOPLE = 20
_ROUNDS = 10
_ROLES = ("citizen", "clerk", "editor", "steward", "organisation_admin")
_PATHS = {
    "capabilities of WMS": "/wms?service=WMS&request=GetCapabilities",
    "capabilities of WFS": "/wfs?service=WFS&request=GetCapabilities",
    "capabilities of CSW": "/csw?service=CSW&version=2.0.2&request=GetCapabilities",
    "a page of collections": "/ogc/collections?f=json&limit=100",
}


def measure(brama: Stack) -> None:
    """Print milliseconds: the median of all people, and of their first requests."""
    many_layers.make(brama)
    tokens = _people(brama)
    with brama.serving():
        for name, path in _PATHS.items():
            url = f"{brama.url}{path}"
            sizes, first, again = set(), [], []
            for token in tokens:
                seconds, size = _seconds(url, token)
                first.append(seconds)
                sizes.add(size)
                again += [_seconds(url, token)[0] for _ in range(_ROUNDS)]
            report.milliseconds(f"{name}, {PEOPLE} people", median(again) * 1000, 20)
            report.milliseconds("  the slowest tenth of them", sorted(again)[-len(again) // 10] * 1000, 20)
            report.milliseconds("  each one's first", median(first) * 1000, 200)
            report.plain("  different answers", str(len(sizes)))


def _people(brama: Stack) -> list[str]:
    """Four communes with five roles each; a third of the layers is public, a third for members, a third for admins."""
    with brama.database.owner.begin() as connection:
        communes = [f"commune_{number}" for number in range(PEOPLE // len(_ROLES))]
        add_organisations(
            connection, [Organisation(slug, "commune", {"pl": slug}, None, "mazowieckie") for slug in communes]
        )
        connection.execute(
            text(
                "UPDATE layers.layer l SET visibility = (ARRAY['public', 'organisation', 'private'])[1 + n % 3],"
                " organisation_id = (SELECT id FROM sdi.organisation WHERE slug = 'commune_' || n % :communes)"
                " FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM layers.layer) p WHERE p.id = l.id"
            ),
            {"communes": len(communes)},
        )
        tokens = []
        for slug in communes:
            for role in _ROLES:
                add_account(connection, slug, f"{role}.{slug}", role, role=role)
                tokens.append(issue_token(connection, f"{role}.{slug}", scopes(), "benchmark", 1))
    return tokens


def _seconds(url: str, token: str) -> tuple[float, int]:
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    begun = time.perf_counter()
    with urllib.request.urlopen(asked, timeout=60) as answer:
        size = len(answer.read())
    return time.perf_counter() - begun, size


if __name__ == "__main__":
    with stack() as started:
        measure(started)
