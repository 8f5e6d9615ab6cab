# SPDX-License-Identifier: EUPL-1.2
"""WFS requests as key-value pairs (OGC 09-025r2, 6.2.5.3; OGC 04-094, 13.3)."""

from collections.abc import Mapping

from layers.wfs.model import QUERIES, Asked, Version
from sdi.errors import InvalidParameter, MissingParameter, TooLarge, Unsupported
from sdi.filters import scan
from sdi.web.parameters import Parameters

OPERATIONS: Mapping[str, tuple[Version, ...]] = {
    "GetCapabilities": ("2.0.0", "1.1.0"),
    "DescribeFeatureType": ("2.0.0", "1.1.0"),
    "GetFeature": ("2.0.0", "1.1.0"),
    "GetPropertyValue": ("2.0.0",),
    "ListStoredQueries": ("2.0.0",),
    "DescribeStoredQueries": ("2.0.0",),
    "Transaction": ("2.0.0", "1.1.0"),
    "LockFeature": ("2.0.0", "1.1.0"),
    "GetFeatureWithLock": ("2.0.0", "1.1.0"),
}
QUERYING = ("getfeature", "getpropertyvalue", "lockfeature", "getfeaturewithlock")
VERSIONS: Mapping[str, Version] = {"2.0.0": "2.0.0", "2.0.2": "2.0.0", "1.1.0": "1.1.0"}
"""2.0.2 is the corrigendum of 2.0.0 and differs in texts only."""

_EACH = ("typenames", "typename", "aliases", "filter", "propertyname", "sortby", "resourceid", "featureid", "srsname")
"""Parameters that may be lists with a part for each query: `(a)(b)`."""
_LENGTHS = {"filter": scan.BYTES, "cql_filter": scan.BYTES, "resourceid": 400_000, "featureid": 400_000}
_TEXT = 20_000


def read(values: Mapping[str, str]) -> Asked:
    """The request that `values` make; raises the refusals of OWS."""
    sent = Parameters(values, fold_names=True)
    service = sent.required("service", 100)
    if service.upper() != "WFS":
        raise InvalidParameter(f"This is a WFS, not {service[:40]!r}.", locator="service")
    operation = known(sent.required("request", 100))
    version = _version(sent, operation)
    folded = {name.lower(): value for name, value in values.items() if value}
    queries = _queries(folded, version) if operation in QUERYING else ()
    return Asked(operation, version, sent, queries, folded)


def known(operation: str) -> str:
    """The operation's name in lower case; raises Unsupported."""
    folded = operation.lower()
    if folded not in {name.lower() for name in OPERATIONS}:
        raise Unsupported(f"The operation {operation[:80]!r} is not served.", locator=operation[:80])
    return folded


def checked_version(text: str | None, operation: str) -> Version:
    """The version of a request other than GetCapabilities; raises MissingParameter and InvalidParameter."""
    if text is None:
        raise MissingParameter("Parameter 'version' is missing.", locator="version")
    served = {name.lower(): versions for name, versions in OPERATIONS.items()}[operation]
    version = VERSIONS.get(text.strip())
    if version not in served:
        message = f"The operation is not served in version {text[:40]!r}; served are {', '.join(served)}."
        raise InvalidParameter(message, locator="version")
    return version


def text_of(sent: Parameters, *names: str) -> str | None:
    """The first of these parameters that is there, within its limit of length."""
    return next((found for name in names if (found := sent.text(name, _LENGTHS.get(name, _TEXT)))), None)


def _version(sent: Parameters, operation: str) -> Version:
    if operation != "getcapabilities":
        return checked_version(sent.text("version", 100), operation)
    # Errors of GetCapabilities are told in the version that a client of before AcceptVersions names.
    return "1.1.0" if (sent.text("version", 100) or "").startswith("1.") else "2.0.0"


def _queries(values: Mapping[str, str], version: Version) -> tuple[Parameters, ...]:
    """A query for each type: the parts of lists go to their queries, anything else to all."""
    if "storedquery_id" in values:
        return (Parameters(values),)
    listed = {name: _parts(values[name]) for name in _EACH if name in values}
    names = next((name for name in ("typenames", "typename") if name in listed), None)
    if names and version == "1.1.0" and len(listed[names]) == 1:
        listed[names] = listed[names][0].split(",")  # in 2.0 a list without brackets is a join
    if "cql_filter" in values:
        several = names is not None and len(listed[names]) > 1
        listed["cql_filter"] = values["cql_filter"].split(";") if several else [values["cql_filter"]]
    count = len(listed[names]) if names else max((len(parts) for parts in listed.values()), default=1)
    if count > QUERIES:
        raise TooLarge(f"A request may have {QUERIES} queries.", locator=names or "typenames")
    for name, parts in listed.items():
        if len(parts) not in (1, count):
            message = f"Parameter {name!r} has {len(parts)} parts for {count} queries."
            raise InvalidParameter(message, locator=name)
    return tuple(
        Parameters({**values, **{name: parts[number % len(parts)] for name, parts in listed.items()}})
        for number in range(count)
    )


def _parts(text: str) -> list[str]:
    text = text.strip()
    return text[1:-1].split(")(") if text.startswith("(") and text.endswith(")") else [text]
