# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI 3.0 document, made from the routes themselves: views say what they take and give with `@operation`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask
from werkzeug.routing import Rule

View = TypeVar("View", bound=Callable[..., Any])
JsonSchema = Mapping[str, Any]

TEXT: JsonSchema = {"type": "string"}
DOCUMENTED = ("/ogc", "/api")
PROBLEM = "application/problem+json"
_VARIABLE = re.compile(r"<(?:(?P<converter>[a-z]+)(?:\([^)]*\))?:)?(?P<name>[a-z_]+)>")
_CONVERTERS: Mapping[str, JsonSchema] = {
    "int": {"type": "integer", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
}
_ATTRIBUTE = "openapi_operation"


@dataclass(frozen=True)
class Parameter:
    """A query or header parameter; `schema` is JSON Schema as OpenAPI 3.0 has it."""

    name: str
    description: str
    schema: JsonSchema = field(default_factory=lambda: TEXT)
    where: str = "query"
    required: bool = False
    explode: bool = True

    def document(self) -> dict[str, Any]:
        """As a parameter object."""
        made: dict[str, Any] = {
            "name": self.name,
            "in": self.where,
            "description": self.description,
            "schema": dict(self.schema),
        }
        if self.required:
            made["required"] = True
        return made if self.explode else {**made, "style": "form", "explode": False}


@dataclass(frozen=True)
class Operation:
    """What a view does. `answers` maps media types to schemas; `statuses` tells of answers but `success` and errors.

    `scope` is what a token must hold, "" for any token; None needs none. `id` ends the operation's id where a standard
    says how.
    """

    summary: str
    tag: str
    parameters: tuple[Parameter, ...] = ()
    answers: Mapping[str, JsonSchema] = field(default_factory=lambda: {"application/json": {"type": "object"}})
    statuses: Mapping[int, str] = field(default_factory=dict)
    body: Mapping[str, JsonSchema] | None = None
    scope: str | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    success: int = 200
    id: str = ""


def operation(described: Operation) -> Callable[[View], View]:
    """Say of a view what it takes and gives: `@operation(Operation("Show a job", "Jobs"))`."""

    def mark(view: View) -> View:
        setattr(view, _ATTRIBUTE, described)
        return view

    return mark


def undocumented(app: Flask) -> list[str]:
    """Routes under `/ogc` and `/api` whose views say nothing of themselves."""
    return [rule.rule for rule in _rules(app) if _described(app, rule) is None]


def described(app: Flask) -> dict[str, Operation]:
    """What views under `/ogc` and `/api` say of themselves, by endpoint."""
    found = {rule.endpoint: _described(app, rule) for rule in _rules(app)}
    return {endpoint: said for endpoint, said in found.items() if said is not None}


def document(app: Flask, server: str, title: str, description: str, *, prefix: str = "") -> dict[str, Any]:
    """The document of what is under `prefix`; `server` is the address that its paths, without `prefix`, follow."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in _rules(app):
        described = _described(app, rule)
        if described is not None and f"{rule.rule}/".startswith(f"{prefix}/"):
            path = _VARIABLE.sub(lambda found: f"{{{camel(found['name'])}}}", rule.rule.removeprefix(prefix))
            entry = paths.setdefault(path or "/", {})
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                entry[method.lower()] = _operation(rule, method, described)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "description": description, "version": "1.0.0"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"problem": _PROBLEM},
            "responses": {
                "problem": {"description": "A refusal (RFC 9457)", "content": _content({PROBLEM: _REFERENCE})}
            },
        },
        "security": [{}, {"token": []}],
    }


def camel(name: str) -> str:
    """A variable of a route as OGC API standards write it: `collectionId`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


_REFERENCE: JsonSchema = {"$ref": "#/components/schemas/problem"}
_PROBLEM: JsonSchema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": TEXT,
        "parameter": TEXT,
    },
}


def _rules(app: Flask) -> list[Rule]:
    found = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(DOCUMENTED)]
    return sorted(found, key=lambda rule: (rule.rule, sorted(rule.methods or ())))


def _described(app: Flask, rule: Rule) -> Operation | None:
    found: Operation | None = getattr(app.view_functions[rule.endpoint], _ATTRIBUTE, None)
    return found


def _operation(rule: Rule, method: str, described: Operation) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(described.success): {"description": described.summary, "content": _content(described.answers)}
    }
    answers.update({str(status): {"description": text} for status, text in described.statuses.items()})
    answers["default"] = {"$ref": "#/components/responses/problem"}
    made: dict[str, Any] = {
        "operationId": f"{method.lower()}.{described.id or rule.endpoint}",
        "summary": described.summary,
        "tags": [described.tag],
        "parameters": [*_variables(rule, described), *(parameter.document() for parameter in described.parameters)],
        "responses": answers,
    }
    if described.body is not None:
        made["requestBody"] = {"required": True, "content": _content(described.body)}
    if described.scope is not None:
        made["security"] = [{"token": []}]
        made["description"] = (
            f"Needs a token with the scope `{described.scope}`." if described.scope else "Needs a token."
        )
    return made


def _variables(rule: Rule, described: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": camel(found["name"]),
            "in": "path",
            "required": True,
            "description": described.path.get(found["name"], found["name"].replace("_", " ")),
            "schema": dict(_CONVERTERS.get(found["converter"] or "", TEXT)),
        }
        for found in _VARIABLE.finditer(rule.rule)
    ]


def _content(kinds: Mapping[str, JsonSchema]) -> dict[str, Any]:
    return {media_type: {"schema": dict(schema)} for media_type, schema in kinds.items()}
