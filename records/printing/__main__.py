# SPDX-License-Identifier: EUPL-1.2
"""The printing process: HTML on standard input, PDF on standard output; it fetches nothing but what is in the HTML."""

import resource
import sys

import weasyprint
from weasyprint.urls import URLFetcher

_MEMORY_BYTES = 2 << 30
_SECONDS = 60


def main() -> None:
    """Print one document: tagged for screen readers (PDF/UA-1), fonts embedded."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    fetcher = URLFetcher(allowed_protocols=("data",))
    document = weasyprint.HTML(string=sys.stdin.read(), url_fetcher=fetcher)
    sys.stdout.buffer.write(document.write_pdf(pdf_variant="pdf/ua-1"))


if __name__ == "__main__":
    main()
