# SPDX-License-Identifier: EUPL-1.2
"""What a peer is to the benchmark: how it is started over our database, and which request asks for what."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from layers.model import Layer


@dataclass(frozen=True)
class Data:
    """What a peer serves: layers of one database, reached by a unix socket as a role that may read them."""

    host: str
    dbname: str
    user: str
    layers: tuple[Layer, ...]
    raster: Path
    folder: Path

    @property
    def million(self) -> Layer:
        """The layer of a million polygons."""
        return self.layers[0]


@dataclass(frozen=True)
class Peer:
    """A server: `run` starts it over the data and yields its address; `paths` gives the requests of each measure.

    A measure it has no answer to is left out of `paths`. `clear` tells which of the data it takes.
    """

    name: str
    run: Callable[[Data], AbstractContextManager[str]]
    paths: Callable[[Data], Mapping[str, Sequence[str]]]
