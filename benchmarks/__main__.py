# SPDX-License-Identifier: EUPL-1.2
"""`./brama bench`: what the server's edge costs over the bare engines doing the same work, measured in one run."""

import argparse

from benchmarks import drawing, many_layers, pages, tiles
from benchmarks.load import CLIENTS, SECONDS
from benchmarks.million import make_million
from benchmarks.stack import stack


def main() -> None:
    """Make a million polygons, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="length of each measurement")
    parser.add_argument("--deep", type=int, default=10_000, help="pages to follow before the deep page is timed")
    options = parser.parse_args()
    with stack() as brama:
        print("1,000,000 polygons in EPSG:2180 ...", flush=True)
        layer = make_million(brama.database)
        print(f"{CLIENTS} clients, {brama.settings.server.workers} web workers\n", flush=True)
        pages.measure(brama, layer, options.seconds, options.deep)
        drawing.measure(brama, layer)
        tiles.measure(brama, layer, options.seconds)
        many_layers.measure(brama)


if __name__ == "__main__":
    main()
