"""What a pull request says that carries the pins of a promotion, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_comfy.promotion.plan import Change, Plan

_SPECIAL = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<#|~"})


def summary(plan: Plan) -> str:
    """Tell what the merge will deploy, and what speaks for it."""
    blocks = [f"## Promote {_plain(plan.source or '')} -> {_plain(plan.target)}"]
    for change in plan.changes:
        lines = [f"### {_plain(change.after.label)}", "", *_lines(change)]
        blocks.append("\n".join(lines))
    if plan.allow_breaking:
        blocks.append(f"**Callers may break.** Allowed because: {_plain(plan.allow_breaking)}")
    if plan.warnings:
        blocks.append("\n".join(["**To know before:**", "", *(f"- {_plain(one)}" for one in plan.warnings)]))
    blocks.append("The merge deploys this and runs the inference check of the target.")
    return "\n\n".join(blocks) + "\n"


def _lines(change: Change) -> Iterator[str]:
    yield from (f"- {_plain(one)}" for one in change.words)
    yield from (f"- **breaks callers:** {_plain(one)}" for one in change.breaking)
    if (proof := change.after.proof) is not None:
        yield f"- proved by run `{proof.run_id}`, which ended {proof.ended_at}"
    yield from (f"- stays its own: {_plain(one)}" for one in change.settings)


def _plain(text: str) -> str:
    """Take from a text what Markdown would read as a mark: words of workflows are anybody's."""
    return " ".join(text.split()).translate(_SPECIAL)
