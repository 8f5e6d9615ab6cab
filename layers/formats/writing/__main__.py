# SPDX-License-Identifier: EUPL-1.2
"""`python -m layers.formats.writing BYTES MEGABYTES`: reads a job and its rows from stdin and writes the file."""

import os
import resource
import signal
import sys

from layers.formats.writing import ogr, parquet
from layers.formats.writing.model import TOO_LARGE, Job
from layers.formats.writing.rows import batches, schema_of

_WRITERS = {
    "fgb": ogr.write_flatgeobuf,
    "gpkg": ogr.write_geopackage,
    "shp": ogr.write_shapefile,
    "parquet": parquet.write,
}


def main() -> None:
    """Write one file of at most BYTES with at most MEGABYTES of memory; the reason of a failure goes to stderr.

    Ends with `TOO_LARGE` when the file would be larger, whatever the libraries made of the failing write.
    """
    size, memory = int(sys.argv[1]), int(sys.argv[2]) * 1_000_000
    over: list[int] = []
    signal.signal(signal.SIGXFSZ, lambda number, _frame: over.append(number))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        _write()
    finally:
        if over:
            sys.exit(TOO_LARGE)


def _write() -> None:
    source = open(sys.stdin.fileno(), "rb", closefd=False)  # noqa: SIM115 - the pipe, which can be peeked into
    job = Job.parse(source.readline())
    schema = schema_of(job.fields)
    _WRITERS[job.format](job, schema, batches(source, schema))


if __name__ == "__main__":
    main()
    # The file is whole. On a busy machine Arrow's reading thread outlived the interpreter's end, which then aborted.
    sys.stderr.flush()
    os._exit(0)
