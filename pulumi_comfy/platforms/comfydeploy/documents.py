"""The comment of a version, by which it is known whose it is.

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

_OURS = "pulumi_comfy sha256:"


def comment_of(digest: str) -> str:
    """Give the comment of a version that this package makes: a retry finds it by its digest (5.2)."""
    return f"{_OURS}{digest}"


def is_ours(comment: str | None) -> bool:
    """Tell whether this package made the version that bears the comment, for whichever resource or stack."""
    return (comment or "").startswith(_OURS)
