"""How ComfyDeploy's lists are asked for.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

PAGE = 200
"""Rows asked for at once where a list has pages."""
_LONGEST_SEARCH = 200
"""Letters: a URL has a limit too."""


def searchable(name: str) -> str | None:
    r"""Give a name as `search=` takes it; None, for the whole list, where the server might read it otherwise.

    It looks for a case-insensitive pattern of SQL (2.1, 2.3): `%` and `_` stand for any letters, themselves among them,
    a backslash takes its meaning from what follows it. More than the name is found at any rate, and whoever asks
    compares the names.
    """
    return None if "\\" in name or len(name) > _LONGEST_SEARCH else name
