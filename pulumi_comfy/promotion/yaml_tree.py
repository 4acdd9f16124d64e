"""A YAML document with the places of its parts in the text, so that one part can be exchanged and no other touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from pulumi_comfy.core.model import Json


@dataclass(frozen=True)
class Node:
    """One part of a document. An alias is a part of its own here, and not what it stands for.

    Attributes:
        kind: `scalar`, `mapping`, `sequence` or `alias`.
        start: index of its first character.
        end: index behind its last one; of a block mapping or sequence that is where the next part begins.
        text: a scalar's text, without quotes.
        style: a scalar's: None where it is plain, else a quote, `|` or `>`.
        is_flow: whether it is in braces or brackets.
        pairs: a mapping's keys and values.
        items: a sequence's.
    """

    kind: str
    start: int
    end: int
    text: str = ""
    style: str | None = None
    is_flow: bool = False
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written there, as behind `key:`."""
        return self.kind == "scalar" and self.start == self.end

    @property
    def is_inline(self) -> bool:
        """Whether it stands behind its key, and can be exchanged for another value there."""
        return self.is_flow or self.kind == "alias" or (self.kind == "scalar" and self.style not in ("|", ">"))

    @property
    def content_end(self) -> int:
        """Index behind the last character that is its own: no comment, no empty line."""
        if self.kind == "mapping" and not self.is_flow and self.pairs:
            return self.pairs[-1][1].content_end
        if self.kind == "sequence" and not self.is_flow and self.items:
            return self.items[-1].content_end
        return self.end

    def find(self, *names: str) -> list[tuple[Node, Node]]:
        """Give the pairs of a mapping that have one of these keys."""
        return [pair for pair in self.pairs if pair[0].kind == "scalar" and pair[0].text in names]

    def value(self) -> Json:
        """Give what it says; an alias, and what no JSON has, as something that equals nothing else."""
        if self.kind == "mapping":
            return {key.text: value.value() for key, value in self.pairs}
        if self.kind == "sequence":
            return [item.value() for item in self.items]
        if self.kind == "scalar":
            return self.text if self.style else yaml.safe_load(self.text)
        return object()


def tree_of(text: str) -> Node | None:
    """Read the first document of a text; None where there is none in it.

    Raises:
        yaml.YAMLError: it is no YAML.
    """
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    return next((_node(event, events) for event in events if not _is_frame(event)), None)


def _is_frame(event: Any) -> bool:
    frames = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
    return isinstance(event, frames)


def _node(event: Any, events: Iterator[Any]) -> Node:
    start, end = event.start_mark.index, event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        return Node("alias", start, end)
    if isinstance(event, yaml.ScalarEvent):
        return Node("scalar", start, end, text=event.value, style=event.style)
    inside: list[Node] = []
    while type(one := next(events)) not in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
        inside.append(_node(one, events))
    end = one.end_mark.index
    is_flow = bool(event.flow_style)
    if isinstance(event, yaml.MappingStartEvent):
        return Node("mapping", start, end, is_flow=is_flow, pairs=list(zip(inside[::2], inside[1::2], strict=True)))
    return Node("sequence", start, end, is_flow=is_flow, items=inside)
