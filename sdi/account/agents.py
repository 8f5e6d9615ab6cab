# SPDX-License-Identifier: EUPL-1.2
"""Browsers by their names, for people who look through their sessions."""

# The first that fits: browsers name those that they descend from, too.
_PROGRAMS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS", "Linux": "Linux",
}  # fmt: skip


def program(agent: str) -> str:
    """A browser and its system, as `Firefox, Windows`; what else calls itself something, by its first word."""
    names = [next((name for mark, name in table.items() if mark in agent), "") for table in (_PROGRAMS, _SYSTEMS)]
    if not names[0]:
        return agent.partition(" ")[0][:60]
    return ", ".join(filter(None, names))
