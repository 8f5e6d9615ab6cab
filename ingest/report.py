# SPDX-License-Identifier: EUPL-1.2
"""A load's report as people read it."""

from collections.abc import Iterator

from ingest.model import LayerReport, LoadReport

_LISTED = 20


def as_text(report: LoadReport) -> str:
    """Lines for a terminal."""
    lines = [line for layer in report.layers for line in _layer(layer)]
    lines += [f"left aside: {name}" for name in report.ignored]
    return "\n".join(lines)


def _layer(layer: LayerReport) -> Iterator[str]:
    if layer.error:
        yield f"{layer.layer}: refused. {layer.error}"
    else:
        yield f"{layer.layer}: version {layer.version} published, {layer.features:,} features, {layer.seconds:.1f} s"
    counts = ((layer.read, "read"), (layer.loaded, "loaded"), (layer.repaired, "repaired"), (layer.refused, "refused"))
    yield "  rows: " + ", ".join(f"{count:,} {what}" for count, what in counts)
    for decision in layer.decisions:
        yield f"  {decision.what}: {decision.value} ({decision.why})"
    for warning in layer.warnings:
        yield f"  note: {warning}"
    for refusal in layer.refusals[:_LISTED]:
        key = f" (key {refusal.key})" if refusal.key is not None else ""
        yield f"  row {refusal.row}{key}: {refusal.reason}"
    if layer.refused > _LISTED:
        yield f"  and {layer.refused - _LISTED:,} more; --json lists up to 1,000"
