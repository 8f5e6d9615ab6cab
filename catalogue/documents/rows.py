# SPDX-License-Identifier: EUPL-1.2
"""A document as the columns by which it is found: pure functions of what it says."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from catalogue.documents.model import Document, Owner
from catalogue.metadata import Metadata, polish, to_json
from catalogue.vocabulary import inspire_codes, licence_of

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def row(document: Document, owner: Owner) -> dict[str, Any]:
    """Values of the columns of `app.record_write`."""
    said = document.metadata
    now = datetime.now(UTC)
    created = moment(said.dates.get("creation") or max(said.dates.values(), default=""))
    return {
        "identifier": said.identifier,
        "organisation_id": owner.organisation_id,
        "account_id": owner.account_id,
        "visibility": owner.visibility,
        "schema": document.schema,
        "document": document.text,
        "type": said.type,
        "language": _language(said.language),
        "title": dict(said.title),
        "abstract": dict(said.abstract),
        "keywords": [polish(term.text) or term.uri for term in said.terms],
        "subjects": several(
            (*said.subjects, *(text for term in said.terms for text in term.text.values()))
        ) or "|",
        "theme": "",
        "box": list(said.bounds) if said.bounds else None,
        "created": created or moment(said.modified) or now,
        "modified": moment(said.modified) or now,
        "facts": to_json(said),
        "queryable": queryable(said),
        "time_begin": day(said.begin),
        "time_end": day(said.end),
        "licence": licence_of(said),
        "inspires": list(inspire_codes(said)),
        "topics": list(said.topics),
        "parent": said.parent or None,
        "folded": " ".join((*said.title.values(), document.words)),
    }  # fmt: skip


def queryable(said: Metadata) -> dict[str, str]:
    """Texts that filters ask for, by the names of the ISO profile (OGC 07-045r1, tables 9 to 14) in small letters."""
    parties = (*said.parties, *said.contacts)
    named = [polish(who.organisation) for who in parties]
    creator = next((polish(who.organisation) for who in parties if who.role in ("originator", "author")), "")
    found = {
        "creator": creator or polish(said.publisher),
        "publisher": polish(said.publisher),
        "contributor": several(named),
        "organisationname": several(named),
        "responsiblepartyrole": several(who.role for who in parties),
        "metadatapointofcontact": several(polish(who.organisation) for who in said.contacts),
        "lineage": polish(said.lineage),
        "crs": several((*(polish(one.text) for one in said.systems), *(one.uri for one in said.systems))),
        "resourceidentifier": several(one.code for one in said.identifiers),
        "externalids": several(f"{one.space}:{one.code}" if one.space else one.code for one in said.identifiers),
        "format": several(said.formats),
        "resourcelanguage": several(said.languages),
        "alternatetitle": several(text for one in said.alternatives for text in one.values()),
        "keywordtype": several(group.kind for group in said.keywords),
        "servicetype": said.service_type,
        "servicetypeversion": several(said.service_versions),
        "operation": several(said.operations),
        "couplingtype": said.coupling,
        "operateson": several((term.uri or polish(term.text)) for term in said.operates_on),
        "geographicdescriptioncode": several(said.places),
        "denominator": str(min(said.denominators)) if said.denominators else "",
        "distancevalue": str(min(size for size, _ in said.distances)) if said.distances else "",
        "distanceuom": said.distances[0][1] if said.distances else "",
        **_rights(said),
        **{f"{kind}date": moment_ for kind in ("creation", "publication", "revision")
           if (moment_ := said.dates.get(kind, "")[:10])},
    }  # fmt: skip
    return {name: text for name, text in found.items() if text}


def several(texts: Iterable[str]) -> str:
    """Texts in one, each between bars; empty for none."""
    kept = [text.replace("|", " ") for text in dict.fromkeys(texts) if text]
    return f"|{'|'.join(kept)}|" if kept else ""


def day(text: str) -> date | None:
    """The day of an ISO 8601 text that gives one that the calendar has."""
    if not _DAY.match(text):
        text = f"{text[:7]}-01" if len(text) >= 7 else f"{text[:4]}-01-01" if text else ""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def moment(text: str) -> datetime | None:
    """The moment of an ISO 8601 text, in UTC where no zone is said."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        whole = day(text)
        return datetime(whole.year, whole.month, whole.day, tzinfo=UTC) if whole else None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rights(said: Metadata) -> dict[str, str]:
    """Queryables of the INSPIRE extension (Technical Guidance for Discovery Services 3.1, table 2)."""
    first = said.conformity[0] if said.conformity else None
    degree = {None: "notEvaluated", True: "true", False: "false"}
    return {
        "accessconstraints": several((*(polish(one.text) for one in said.access), *(one.uri for one in said.access))),
        "otherconstraints": several(polish(one.text) for one in said.rights),
        "conditionapplyingtoaccessanduse": several(polish(one.text) or one.uri for one in said.use),
        "specificationtitle": several(polish(one.title) for one in said.conformity),
        "specificationdate": first.date[:10] if first else "",
        "specificationdatetype": first.kind if first else "",
        "degree": several(degree[one.passed] for one in said.conformity),
    }


def _language(code: str) -> str:
    return code if re.fullmatch("[a-z]{3}", code) else {"pl": "pol", "en": "eng"}.get(code, "und")
