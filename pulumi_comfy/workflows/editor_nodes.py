"""Classes of nodes that the editor treats in its own way: what runs nowhere, and what keeps what it last showed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

__all__ = [
    "GETTERS",
    "NOTES",
    "PRIMITIVE",
    "REROUTES",
    "SETTERS",
    "SETTER_OF",
    "adds_links",
    "is_editor_only",
    "is_group",
    "is_shown",
    "shows",
]

PRIMITIVE = "PrimitiveNode"
"""The editor's own node that hands its value to the inputs it is linked to."""

REROUTES = frozenset({"Reroute", "Reroute (rgthree)"})
"""Bends in a link; they are looked through."""

SETTER_OF: Mapping[str, str] = {"GetNode": "SetNode", "easy getNode": "easy setNode"}
"""The two ends of a link without a line (KJNodes, Easy-Use): a getter delivers what its pack's setter of its name is
given."""

GETTERS = frozenset(SETTER_OF)
SETTERS = frozenset(SETTER_OF.values())

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
        "Image Comparer (rgthree)",
        "ImageCompare",
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
    """Whether the node's widgets keep what it last showed: of a known class, or of one that is named like these."""
    return kind in _SHOWS or _is_named_so(kind)


def is_shown(kind: str, value: object, is_fed: bool) -> bool:
    """Whether a value of a node that shows something is only that, which is no content.

    Args:
        kind: The node's class, one that `shows`.
        value: The value.
        is_fed: Whether something is linked to the node. One that is only named so may be a text of its own.
    """
    if kind in _SHOWS:
        return True
    texts = value if isinstance(value, list) else [value]
    return is_fed and all(text is None or isinstance(text, str) for text in texts)


@cache
def _is_named_so(kind: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(kind)]
    pairs = set(pairwise(words))
    return any((verb, noun) in pairs or (noun, verb) in pairs for verb in _VERBS for noun in _NOUNS)


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_VERBS = ("show", "display", "preview")
_NOUNS = ("any", "anything", "text", "string", "int", "float", "number", "json")
