# SPDX-License-Identifier: EUPL-1.2
"""Languages: Polish first, English beside it; texts of the pages come from gettext catalogues of the packages."""

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from flask import Flask, g, has_app_context, request

from sdi import features
from sdi.web.context import shown_session

LANGUAGES = ("pl", "en")


def language() -> str:
    """The language of this answer: `lang`, else the one that the person chose, the Accept-Language header, Polish."""
    if not has_app_context():
        return LANGUAGES[0]
    if "language" not in g:
        asked = request.args.get("lang", "")[:2].lower() or _chosen()
        header = request.accept_languages.best_match(LANGUAGES) if request.accept_languages else None
        g.language = asked if asked in LANGUAGES else header or LANGUAGES[0]
    return cast("str", g.language)


def _chosen() -> str:
    here = shown_session()
    return (here.language if here else None) or ""


def use_language(code: str) -> None:
    """Answer in this language, whatever `lang` and the header say: OWS services have a parameter of their own."""
    g.language = code if code in LANGUAGES else LANGUAGES[0]


def localised(texts: Mapping[Any, str] | None) -> str:
    """The text of a language map in this answer's language, or in the first there is."""
    if not texts:
        return ""
    return texts.get(language()) or next(iter(texts.values()))


def gettext(message: str) -> str:
    """`message` (English in the code) in this answer's language."""
    return _catalogue(language()).ugettext(message)


def install(app: Flask) -> None:
    """Give templates `_`, `language`, `localised`, `date` and `number`."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=language, languages=LANGUAGES)
    app.jinja_env.filters.update(localised=localised, date=format_day, number=number)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form of a message that fits `count`, in this answer's language."""
    return _catalogue(language()).ungettext(singular, plural, count)


def format_day(value: Any) -> str:
    """A day in words: 22 listopada 2026."""
    return format_date(value, "long", locale=language())


def number(value: float) -> str:
    """A number as this answer's language writes it."""
    # Four digits stand together, as years and Polish typography want them; no digit is rounded away.
    return format_decimal(value, locale=language(), group_separator=abs(value) >= 10_000, decimal_quantization=False)


@cache
def _catalogue(code: str) -> Translations:
    """All packages' catalogues of a language together; a catalogue is `translations/<language>.po`."""
    paths = [folder / f"{code}.po" for folder in features.folders("translations")]
    found = [_compiled(path, code) for path in paths if path.exists()]
    merged = found[0] if found else Translations()  # the first brings the language's rule of plurals
    for other in found[1:]:
        merged.merge(other)
    return merged


def _compiled(path: Path, code: str) -> Translations:
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)
