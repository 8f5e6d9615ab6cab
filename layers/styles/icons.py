# SPDX-License-Identifier: EUPL-1.2
"""The server's own pictures: signs of marks and icons, each one path of SVG in a square of 20 by 20."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "rendering" / "marks"
SIDE = 20
"""The square that every picture is drawn in."""

_PATH = re.compile(r'<path d="([^"]+)"')
_ADDRESS = re.compile(r"(?:^|/)marks/([a-z][a-z-]{0,30})\.svg$")


@cache
def paths() -> dict[str, str]:
    """The path data (`d`) of every picture by its name."""
    found = {}
    for file in sorted(FOLDER.glob("*.svg")):
        drawn = _PATH.search(file.read_text(encoding="ascii"))
        if drawn:
            found[file.stem] = drawn[1]
    return found


def known_icon(address: str) -> str:
    """`marks/<name>.svg` for an address that ends so; raises ValueError for a picture that is not the server's own.

    No address is ever called: only the picture's name is taken from it.
    """
    found = _ADDRESS.search(address.partition("?")[0])
    if found is None or found[1] not in paths():
        known = ", ".join(paths())
        raise ValueError(f"a picture is one of the server's own, marks/<name>.svg with a name of: {known}")
    return f"marks/{found[1]}.svg"
