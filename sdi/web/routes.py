# SPDX-License-Identifier: EUPL-1.2
"""What every deployment needs to be looked after: health and metrics."""

import os

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.registry import REGISTRY
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sdi.web.context import services
from sdi.web.rights import public

blueprint = Blueprint("kernel", __name__)


@blueprint.get("/health")
@public
def health() -> tuple[Response, int]:
    """200 while the database answers, 503 otherwise."""
    try:
        with services().database.public.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return jsonify(status="failing", database="does not answer"), 503
    return jsonify(status="ok"), 200


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus metrics of all web workers together."""
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
