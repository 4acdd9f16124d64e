"""Fields that the resources of a self-hosted ComfyUI Deploy share.

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.fields import ADOPT, CONNECTION_NAME, IN_SMALL_LETTERS, connection_words, uuid_of
from pulumi_comfy.core.model import LOCAL, Json, Model
from pulumi_comfy.core.unknown import contains_unknown

SETTINGS = PLATFORMS["selfhosted"]

Id = Annotated[str, uuid_of("ComfyUI Deploy"), IN_SMALL_LETTERS]
"""Checked here because the server answers a plain 500 with its database's words to what is no UUID."""

Adopt = Annotated[Id | None, LOCAL, ADOPT]


Digest = Annotated[
    str | None,
    Field(
        description="The `workflow_digest` of the version that it is to run, for where no id of it is known; a run of "
        "another document fails the check."
    ),
]


class AccountInputs(Model):
    """What every resource of the platform takes."""

    connection: Annotated[str | None, CONNECTION_NAME, Field(description=connection_words(SETTINGS))] = None


_NO_SNAPSHOT = (
    "a snapshot of ComfyUI-Manager: `comfyui` (a commit), `git_custom_nodes` (by URL, each with `hash` and `disabled`) "
    "and `file_custom_nodes` (a list); the server takes no workflow without it"
)


def in_order(snapshot: Mapping[str, Json]) -> dict[str, Json]:
    """Give what the server keeps of a snapshot, in one order: it compares snapshots as texts.

    Raises:
        ValueError: it is none.
    """
    nodes, files = snapshot.get("git_custom_nodes"), snapshot.get("file_custom_nodes")
    if not isinstance(snapshot.get("comfyui"), str) or not isinstance(nodes, Mapping) or not isinstance(files, list):
        raise ValueError(f"it is not {_NO_SNAPSHOT}")
    if not all(map(_is_pinned, nodes.values())):
        raise ValueError(f"a custom node lacks its `hash` or `disabled`: it is not {_NO_SNAPSHOT}")
    pins = {url: {part: nodes[url][part] for part in ("hash", "disabled")} for url in sorted(nodes)}
    return {"comfyui": snapshot["comfyui"], "git_custom_nodes": pins, "file_custom_nodes": files}


def _is_pinned(node: Any) -> bool:
    return isinstance(node, Mapping) and isinstance(node.get("hash"), str) and isinstance(node.get("disabled"), bool)


def _snapshot(snapshot: dict[str, Json]) -> dict[str, Json]:
    return snapshot if contains_unknown(snapshot) else in_order(snapshot)


Snapshot = Annotated[dict[str, Json], AfterValidator(_snapshot)]
"""What ComfyUI-Manager's snapshot file holds; other keys (`pips`, ...) are dropped, as the server does."""
SNAPSHOT_WORDS = f"What the workflow needs, {_NO_SNAPSHOT}."
