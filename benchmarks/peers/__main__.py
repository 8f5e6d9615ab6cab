# SPDX-License-Identifier: EUPL-1.2
"""`./brama bench --peers [NAME ...]`: other servers and ours on the same million polygons, in one run and one table."""

import argparse

from benchmarks.load import CLIENTS, SECONDS
from benchmarks.million import make_million
from benchmarks.peers import pycsw
from benchmarks.peers.measure import PEERS, folder_name, measure
from benchmarks.stack import stack


def main() -> None:
    """Make a million polygons, ask every server, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = ", ".join([*(folder_name(peer) for peer in PEERS), pycsw.NAME])
    parser.add_argument("peers", nargs="*", metavar="NAME", help=f"only these: {names}")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="length of each measurement")
    options = parser.parse_args()
    if not options.peers or pycsw.NAME in options.peers:
        with stack() as brama:
            pycsw.measure(brama, options.seconds)
    if options.peers == [pycsw.NAME]:
        return
    with stack() as brama:
        print("1,000,000 polygons in EPSG:2180 with their levels ...", flush=True)
        layer = make_million(brama.database)
        print(f"{CLIENTS} clients, {brama.settings.server.workers} web workers\n", flush=True)
        measure(brama, layer, options.seconds, options.peers)


if __name__ == "__main__":
    main()
