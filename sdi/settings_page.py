# SPDX-License-Identifier: EUPL-1.2
"""The page of all settings, made from the models that read them: `python -m sdi.settings_page > docs/settings.md`."""

import sys
from collections.abc import Iterator

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sdi.settings import CODE, Settings


def page() -> str:
    """The page as Markdown."""
    return "\n".join(
        [
            "# Settings",
            "",
            "`config.yml` at the root; every key may be left out. `BRAMA_SERVER__PORT=9000` in the environment",
            "overrides `server.port`. An unknown key or a wrong type stops the start with the line, the key and what",
            "was expected.",
            "",
            "| key | default | meaning |",
            "|---|---|---|",
            *_rows("", Settings),
            "",
        ]
    )


def _rows(prefix: str, model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield f"| **{prefix}{name}** | | {(inner.__doc__ or '').strip()} |"
            yield from _rows(f"{prefix}{name}.", inner)
        else:
            yield f"| `{prefix}{name}` | {_default(field)} | {field.description or ''} |"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, dict):
        return "; ".join(f"{key}: {text}" for key, text in value.items())
    return f"`{str(value).replace(str(CODE) + '/', '')}`"


if __name__ == "__main__":
    sys.stdout.write(page())
