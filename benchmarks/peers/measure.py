# SPDX-License-Identifier: EUPL-1.2
"""Asks every server the same things in one run and prints one table of rates and ratios."""

import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks import many_layers
from benchmarks.load import http_rate
from benchmarks.peers import mapserver, ours, pygeoapi, qgis, tipg, titiler
from benchmarks.peers.model import Data, Peer
from benchmarks.peers.raster import publish_raster
from benchmarks.stack import Stack
from layers.model import Layer
from layers.service import layers_as_owner
from sdi.setup import packages

PEERS = (mapserver.PEER, qgis.PEER, tipg.PEER, pygeoapi.PEER, titiler.PEER)
EXPECTED: Mapping[tuple[str, str], float] = {
    ("items 10", "tipg"): 10,
    ("items 1,000", "tipg"): 10,
    ("items 10", "MapServer"): 4,
    ("items 1,000", "MapServer"): 4,
    ("raster tiles z10", "TiTiler"): 1,
    **{("items 10 from 900,000", peer.name): 50 for peer in PEERS},
    **{(f"vector tiles z{level}", "tipg"): 5 for level in (13, 14, 15, 16)},
    **{(f"vector tiles z{level}", "tipg"): 3 for level in (6, 8, 10, 12)},
    **{("map of 10,000", peer.name): 2.5 for peer in (mapserver.PEER, qgis.PEER)},
    **{("map of all", peer.name): 25 for peer in (mapserver.PEER, qgis.PEER)},
    **{("capabilities of 680", peer.name): 10 for peer in (mapserver.PEER, qgis.PEER)},
    ("collections of 680", "tipg"): 10,
}
_SLOW_SECONDS = 0.5
_SLOW_ROUNDS = 3

Rates = dict[str, dict[str, float]]


def measure(brama: Stack, layer: Layer, seconds: int, wanted: Sequence[str]) -> None:
    """Print the table; `wanted` names the peers to run, all of them when it is empty."""
    packages.install(packages.missing(packages.PEERS))
    many_layers.make(brama)
    rates: Rates = {}
    with _data(brama, layer) as data:
        ours.prepare(brama, data)
        for kind, name in ours.RUNS:
            with ours.serving(brama, kind):
                _rates(rates, name, brama.url, ours.paths(brama, data, kind), seconds)
        for peer in PEERS:
            if not wanted or folder_name(peer) in wanted:
                _peer(rates, peer, data, seconds)
    for measured in ("10", "1,000", "10 from 900,000"):
        for name, rate in rates[f"WFS {measured}"].items():
            rates[f"items {measured}"].setdefault(name, rate)  # the only way to features that it has
    _print(rates)


@contextmanager
def _data(brama: Stack, layer: Layer) -> Iterator[Data]:
    with brama.database.owner.connect() as connection:
        others = [one for one in layers_as_owner(connection) if one.id != layer.id and one.kind == "vector"]
    with TemporaryDirectory(prefix="brama-peers-") as folder:
        Path(folder).chmod(0o755)
        raster = publish_raster(brama, Path(folder) / "relief.tif")
        name = brama.settings.database.name
        host = str(brama.cluster.socket_folder)
        yield Data(host, name, "brama_owner", (layer, *others), raster, Path(folder))


def folder_name(peer: Peer) -> str:
    """How a peer is called where letters must be plain."""
    return peer.name.lower().replace(" ", "")


def _peer(rates: Rates, peer: Peer, data: Data, seconds: int) -> None:
    folder = data.folder / folder_name(peer)
    folder.mkdir()
    own = Data(data.host, data.dbname, data.user, data.layers, data.raster, folder)
    with peer.run(own) as url:
        _rates(rates, peer.name, url, peer.paths(own), seconds)


def _rates(rates: Rates, name: str, url: str, paths: Mapping[str, Sequence[str]], seconds: int) -> None:
    for measured, asked in paths.items():
        rate = _rate(url, asked, seconds)
        rates.setdefault(measured, {})[name] = rate
        print(f"  {name:22} {measured:24} {rate:10,.2f} /s", flush=True)


def _rate(url: str, paths: Sequence[str], seconds: int) -> float:
    """Answers a second: of several clients, or of one at a time where an answer takes long."""
    _seconds(url + paths[0])
    first = _seconds(url + paths[0])
    if first < _SLOW_SECONDS:
        return http_rate(url, paths, seconds)
    return 1 / median([first, *(_seconds(url + paths[0]) for _ in range(_SLOW_ROUNDS - 1))])


def _seconds(url: str) -> float:
    begun = time.perf_counter()
    with urllib.request.urlopen(url, timeout=300) as answer:
        answer.read()
    return time.perf_counter() - begun


def _print(rates: Rates) -> None:
    names = list(dict.fromkeys(name for found in rates.values() for name in found))
    mine = [name for name in names if name.startswith(ours.NAME)]
    peers = [name for name in names if name not in mine]
    print(f"\n{'answers a second':26}" + "".join(f"{name:>18}" for name in (*mine, *peers)))
    for measured, found in rates.items():
        print(f"{measured:26}" + "".join(_cell(found, name) for name in (*mine, *peers)))
    print(f"\n{'Brama, caches off, over':26}" + "".join(f"{name:>18}" for name in peers))
    for measured, found in rates.items():
        base = found.get(ours.UNCACHED)
        if base and any(name in found for name in peers):
            print(f"{measured:26}" + "".join(_ratio(measured, found, base, name) for name in peers))


def _cell(found: Mapping[str, float], name: str) -> str:
    return f"{found[name]:18,.2f}" if name in found else f"{'':18}"


def _ratio(measured: str, found: Mapping[str, float], base: float, name: str) -> str:
    if name not in found:
        return f"{'':18}"
    expected = EXPECTED.get((measured, name))
    said = f" (>={expected:g})" if expected else ""
    return f"{base / found[name]:.1f}{said}".rjust(18)
