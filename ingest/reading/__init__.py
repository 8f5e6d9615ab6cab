# SPDX-License-Identifier: EUPL-1.2
"""Reads foreign files in a process of its own (`python -m ingest.reading`), so that a hostile one costs only that.

What goes in is one JSON object on standard input; a JSON object or an Arrow stream comes out on standard output.
Nothing here reaches the database, the network or the settings.
"""
