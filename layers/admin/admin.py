# SPDX-License-Identifier: EUPL-1.2
"""The section of layers, the names of what is noted of them, and taking back changes of many at once."""

from layers.admin import store
from sdi.admin.model import Section

SECTIONS = (
    Section(
        "layers",
        {"pl": "Warstwy", "en": "Layers"},
        {
            "pl": "Widoczność, jednostka i temat, także wielu warstw naraz",
            "en": "Visibility, organisation and theme, of many layers at once too",
        },
        "layers:write",
        30,
    ),
)
ACTIONS = {
    "layer.added": {"pl": "dodano warstwę", "en": "layer added"},
    "layer.changed": {"pl": "zmieniono warstwę", "en": "layer changed"},
    "layer.removed": {"pl": "usunięto warstwę", "en": "layer removed"},
    "layer.loaded": {"pl": "wczytano dane warstwy", "en": "data of a layer loaded"},
    "features.changed": {"pl": "zmieniono obiekty", "en": "features changed"},
    "style.added": {"pl": "dodano styl", "en": "style added"},
    "style.changed": {"pl": "zmieniono styl", "en": "style changed"},
    "style.removed": {"pl": "usunięto styl", "en": "style removed"},
}
UNDO = {"layer.changed": store.undo}
SUBJECTS = {"layer": store.subject}
