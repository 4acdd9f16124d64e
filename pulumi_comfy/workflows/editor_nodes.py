"""Classes of nodes that the editor treats in its own way: what runs nowhere, and what keeps what it last showed."""

from __future__ import annotations

import re

__all__ = ["GETTERS", "NOTES", "PRIMITIVE", "REROUTES", "SETTERS", "adds_links", "is_editor_only", "is_group", "shows"]

PRIMITIVE = "PrimitiveNode"
"""The editor's own node that hands its value to the inputs it is linked to."""

REROUTES = frozenset({"Reroute", "Reroute (rgthree)"})
"""Bends in a link; they are looked through."""

SETTERS = frozenset({"SetNode", "easy setNode"})
GETTERS = frozenset({"GetNode", "easy getNode"})
"""The two ends of a link without a line (KJNodes, Easy-Use): a getter delivers what the setter of its name is given."""

NOTES = frozenset(
    {
        "Note",
        "MarkdownNote",
        "Note Plus (mtb)",
        "Label (rgthree)",
        "Bookmark (rgthree)",
        "Fast Actions Button (rgthree)",
        "Fast Bypasser (rgthree)",
        "Fast Groups Bypasser (rgthree)",
        "Fast Groups Muter (rgthree)",
        "Fast Muter (rgthree)",
        "Mute / Bypass Relay (rgthree)",
        "Mute / Bypass Repeater (rgthree)",
        "Node Collector (rgthree)",
        "ComfyDeploy",
    }
)
"""Node types that change nothing that runs: documentation, switches of the modes of other nodes (the modes count),
and the deploy panel (its widgets hold the workflow's id and version number and are rewritten on every upload)."""

_WORKS_IN_THE_EDITOR = frozenset({PRIMITIVE, "Random Unmuter (rgthree)"})
"""What works in the editor only, though it decides what is exported."""

_ADDS_LINKS = re.compile(r"^(Anything|Prompts|Seed) Everywhere")
"""Use Everywhere: links that the editor adds when it exports."""

_GROUP = ("workflow>", "workflow/")
"""Group nodes, which subgraphs came after; the slash is the older spelling."""

_SHOWS = frozenset(
    {
        "GetImageSize",
        "PreviewAny",
        "PreviewText",
        "ShowText|pysssss",
        "ShowAny",
        "ShowAnything",
        "Show any [Crystools]",
        "Display Any (rgthree)",
        "Display Int (rgthree)",
        "DisplayAny",
        "DisplayString",
        "easy showAnything",
        "easy showText",
    }
)


def is_group(kind: str) -> bool:
    """Whether it is a group node: its nodes are exported as `30:0`, `30:1`, ..."""
    return kind.startswith(_GROUP)


def is_editor_only(kind: str) -> bool:
    """Whether the editor exports no node of this class."""
    known = kind in NOTES or kind in REROUTES or kind in SETTERS or kind in GETTERS or kind in _WORKS_IN_THE_EDITOR
    return known or is_group(kind) or adds_links(kind)


def adds_links(kind: str) -> bool:
    """Whether the editor adds links that no input of the graph shows because of such a node."""
    return _ADDS_LINKS.match(kind) is not None


def shows(kind: str) -> bool:
    """Whether the node's widgets keep what it last showed, which is no content."""
    return kind in _SHOWS
