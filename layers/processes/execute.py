# SPDX-License-Identifier: EUPL-1.2
"""What an execute request asks for: inputs, how to answer, and whether to wait."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import request

from layers.processes.inputs import Inputs, described, read
from layers.processes.model import Process
from sdi.errors import InvalidParameter, Unsupported
from sdi.web.context import base_url

Answer = Literal["raw", "document", "raw-reference", "document-reference"]
"""A result alone or in a document, itself or as a link to it."""
_KNOWN = ("inputs", "outputs", "response")


@dataclass(frozen=True)
class Asked:
    """An execution asked for."""

    inputs: Inputs
    response: Answer
    waits: bool


def from_json(process: Process) -> Asked:
    """The request of a program (OGC 18-062r2, execute.yaml); raises InvalidParameter, and Unsupported for callbacks."""
    body = _body()
    if body.get("subscriber"):
        raise Unsupported(
            "No address is told of the end of an execution: ask for the job's state.", locator="subscriber"
        )
    for name in body:
        if name not in _KNOWN:
            raise InvalidParameter(
                f"The request has no member {name[:80]!r}; it has: {', '.join(_KNOWN)}.", locator=name[:80]
            )
    referred = _by_reference(process, body.get("outputs"))
    response: Answer = body.get("response", "raw")
    if response not in ("raw", "document"):
        raise InvalidParameter("'response' is raw or document.", locator="response")
    if referred:
        response = "raw-reference" if response == "raw" else "document-reference"
    inputs = read(process.inputs, {name: _plain(value) for name, value in _members(body).items()}, base_url())
    return Asked(inputs, response, "respond-async" not in request.headers.get("Prefer", "").lower())


def from_form(process: Process) -> Asked:
    """The form of a page; what is left empty keeps its default."""
    values: dict[str, Any] = {}
    for name, (_title, _required, schema) in described(process.inputs).items():
        sent = request.form.get(name, "").strip()
        if schema.get("type") == "boolean":
            values[name] = sent == "true"
        elif sent:
            values[name] = _typed(name, sent, schema)
    return Asked(read(process.inputs, values, base_url()), "raw", waits=False)


def _typed(name: str, sent: str, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if "oneOf" in schema and sent[:1] not in ("{", "["):
        return {"collection": sent}
    if kind == "string":
        return sent
    if kind == "number" and "," in sent:
        sent = sent.replace(",", ".")  # as Polish writes it
    try:
        return json.loads(sent)
    except ValueError as error:
        raise InvalidParameter(f"Input {name!r} cannot be read: {sent[:80]!r}.", locator=name) from error


def _body() -> dict[str, Any]:
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("The body of the request is not JSON.") from error
    if not isinstance(body, dict):
        raise InvalidParameter("The body of the request is an object with `inputs`.")
    return body


def _members(body: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = body.get("inputs", {})
    if not isinstance(inputs, dict):
        raise InvalidParameter("'inputs' is an object.", locator="inputs")
    return inputs


def _plain(value: Any) -> Any:
    """An inline value, also as a list of one or as a qualified value (inputValueNoObject, qualifiedInputValue)."""
    if isinstance(value, dict) and set(value) <= {"value", "mediaType", "encoding", "schema"} and "value" in value:
        if value.get("encoding"):
            raise InvalidParameter("No input is binary: send values as JSON.", locator="inputs")
        return value["value"]
    return value


def _by_reference(process: Process, outputs: Any) -> bool:
    """Whether the result is asked for as a link to it (OGC 18-062r2, 7.11.2.2); InvalidParameter for what is not."""
    if outputs is None:
        return False
    if not isinstance(outputs, dict):
        raise InvalidParameter("'outputs' is an object.", locator="outputs")
    mode = "value"
    for name, wanted in outputs.items():
        if name != "result":
            raise InvalidParameter(f"There is no output {name[:80]!r}; there is 'result'.", locator="outputs")
        asked = wanted if isinstance(wanted, dict) else {}
        mode = asked.get("transmissionMode", "value")
        if mode not in ("value", "reference"):
            raise InvalidParameter("'transmissionMode' is value or reference.", locator="outputs")
        _check_format(process, asked.get("format"))
    return mode == "reference"


def _check_format(process: Process, wanted: Any) -> None:
    media_type = wanted.get("mediaType", process.media_type) if isinstance(wanted, dict) else process.media_type
    if str(media_type).partition(";")[0] != process.media_type.partition(";")[0]:
        raise InvalidParameter(f"The result is {process.media_type} only.", locator="outputs")
