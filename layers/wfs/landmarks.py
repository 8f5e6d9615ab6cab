# SPDX-License-Identifier: EUPL-1.2
"""Landmarks of a layer's order: every hundredth id, so that feature 900,000 is found as quickly as the first.

They are read at the first deep request of a layer's state and kept by the process for that state only: a change of
features makes another state, and the next deep request reads them anew.
"""

import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable

from layers.model import Layer

STEP = 100
_KEPT = 16_000_000
"""Ids that a process keeps, eight bytes each: landmarks of 1.6 thousand million features."""

_lock = threading.Lock()
_reading: dict[tuple[str, str], threading.Lock] = {}
_known: OrderedDict[tuple[str, str], "array[int]"] = OrderedDict()


def place(layer: Layer, start: int, read: Callable[[], "array[int]"]) -> tuple[int, int] | None:
    """The landmark at or before feature number `start` and how many features lie between; None beyond the last.

    `read` fetches the landmarks of the layer; while one thread does, others that ask for them wait.
    """
    key = (layer.id, layer.state)
    with _lock:
        waiting = _reading.setdefault(key, threading.Lock())
    with waiting:
        found = _known.get(key)
        if found is None:
            found = read()
        _keep(key, found)
    number, between = divmod(start, STEP)
    return (found[number], between) if number < len(found) else None


def _keep(key: tuple[str, str], found: "array[int]") -> None:
    """Put it last; older states of the same layer and the layers longest unused go."""
    with _lock:
        _reading.pop(key, None)
        for old in [known for known in _known if known[0] == key[0]]:
            del _known[old]
        _known[key] = found
        while len(_known) > 1 and sum(map(len, _known.values())) > _KEPT:
            _known.popitem(last=False)
