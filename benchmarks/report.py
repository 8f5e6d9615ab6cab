# SPDX-License-Identifier: EUPL-1.2
"""How results are printed: one line each, with what was expected."""


def ratio(name: str, edge: float, bare: float, unit: str, expected: float) -> None:
    """A rate at the edge divided by the bare rate of the same work."""
    print(f"{name:34} {edge:10,.1f} {unit:10} bare {bare:10,.1f}  ratio {edge / bare:5.2f}  (expected >= {expected})",
          flush=True)  # fmt: skip


def milliseconds(name: str, value: float, expected: float) -> None:
    """A time that should not be over `expected`."""
    print(f"{name:34} {value:10.1f} ms         (expected <= {expected:g})", flush=True)


def plain(name: str, text: str) -> None:
    """Anything else worth knowing."""
    print(f"{name:34} {text}", flush=True)
