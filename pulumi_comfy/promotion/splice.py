"""Edits of a YAML text at known places: a value exchanged, a key added at the end, an entry taken out."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pulumi_comfy.core.model import Json
from pulumi_comfy.promotion.yaml_text import canonical, entry, inline, key
from pulumi_comfy.promotion.yaml_tree import Node


class Splice:
    """Edits of one text, gathered and then made at once.

    Args:
        text: what is edited; its line ends are kept for what is added.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        first = re.search("\r\n|\n|\r", text)
        self._newline = first[0] if first else "\n"
        self._edits: list[tuple[int, int, str]] = []

    def result(self) -> str:
        """Give the text with every edit made."""
        parts, at = [], 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[:2]):
            parts += [self._text[at:start], new]
            at = end
        return "".join([*parts, self._text[at:]])

    def append(self, name: str, value: Json) -> None:
        """Add an entry behind everything, to a text without a document."""
        self._add_lines(len(self._text), entry(name, value, 0, self._newline))

    def insert(self, mapping: Node, name: str, value: Json, indent: int) -> None:
        """Add an entry to a mapping: in a block behind the last one, in braces before the first.

        Args:
            mapping: what it is added to; also a value that is not written yet.
            name: its key.
            value: its value.
            indent: where the keys of a value that is not written yet begin.
        """
        if mapping.is_flow and not self._is_bare(mapping):
            more = ", " if mapping.pairs else ""
            self._edits.append((mapping.start + 1, mapping.start + 1, f"{key(name)}: {inline(value)}{more}"))
        elif mapping.is_flow:
            line = self._newline if mapping.start else ""
            start = len(self._text[: mapping.start].rstrip(" "))
            self._edits.append((start, mapping.end, line + entry(name, value, indent, self._newline)))
        else:
            column = self.column(mapping.pairs[0][0]) if mapping.pairs else indent
            self._add_lines(self._next_line(mapping.content_end), entry(name, value, column, self._newline))

    def exchange(self, name: Node, old: Node, new: Json, *, in_flow: bool) -> None:
        """Exchange an entry's value, and of a mapping only what differs.

        Args:
            name: its key.
            old: its value.
            new: what it is to be.
            in_flow: whether the entry stands in braces.
        """
        if canonical(old.value()) == canonical(new):
            return
        is_mapping = old.kind == "mapping" and bool(old.pairs) and isinstance(new, Mapping) and bool(new)
        if is_mapping and (not old.is_flow or {one.text for one, _ in old.pairs} == set(new)):
            self._exchange_inside(old, new)
        elif old.is_empty and not in_flow:
            self._add_below(name, old, new)
        elif in_flow or (old.is_inline and (old.is_flow or not isinstance(new, Mapping | list))):
            self._edits.append((old.start, old.end, f"{'' if old.start != old.end else ' '}{inline(new)}"))
        else:
            self._exchange_below(name, old, new)

    def remove(self, mapping: Node, pair: tuple[Node, Node]) -> None:
        """Take an entry out, with the lines that are its own."""
        name, value = pair
        if mapping.is_flow:
            at = mapping.pairs.index(pair)
            is_last = at + 1 == len(mapping.pairs)
            before = mapping.pairs[at - 1][1].end if at and is_last else name.start
            behind = value.end if is_last else mapping.pairs[at + 1][0].start
            self._edits.append((before, behind, ""))
            return
        self._edits.append((name.start - self.column(name), self._next_line(value.content_end), ""))

    def column(self, node: Node) -> int:
        """Give how far a part is from its line's beginning; what marks the text's encoding does not count."""
        before = self._text[: node.start].removeprefix("\ufeff")
        return len(before) - 1 - max(before.rfind("\n"), before.rfind("\r"))

    def _exchange_inside(self, old: Node, new: Mapping[str, Json]) -> None:
        left = dict(new)
        for name, value in old.pairs:
            if name.text in left:
                self.exchange(name, value, left.pop(name.text), in_flow=old.is_flow)
            else:
                self.remove(old, (name, value))
        for added, item in left.items():
            self.insert(old, added, item, 0)

    def _add_below(self, name: Node, old: Node, new: Json) -> None:
        """Write what was not written: on the key's line, or below it where it has lines of its own."""
        first, *lines = self._lines(name, new)
        if first:
            self._edits.append((old.start, old.start, first))
        else:
            self._add_lines(self._next_line(old.end), self._newline.join(lines))

    def _exchange_below(self, name: Node, old: Node, new: Json) -> None:
        """Exchange a value that has lines of its own, or is to have some."""
        start = self._text.index(":", name.end) + 1
        end = old.content_end
        end = len(self._text[:end].rstrip("\r\n")) if old.style in ("|", ">") else end
        self._edits.append((start, end, self._newline.join(self._lines(name, new))))

    def _lines(self, name: Node, value: Json) -> list[str]:
        """Give what follows a key's colon: the rest of its line, and the lines below it."""
        written = entry("x", value, self.column(name), self._newline).split(self._newline)
        return [written[0].strip().removeprefix("x:"), *written[1:]]

    def _add_lines(self, at: int, lines: str) -> None:
        is_begun = at > 0 and self._text[at - 1] not in "\r\n\ufeff"
        new = f"{self._newline}{lines}" if is_begun else f"{lines}{self._newline}"
        self._edits.append((at, at, new))

    def _next_line(self, at: int) -> int:
        """Give where the line behind a place begins; a place at the beginning of a line is one itself."""
        if at and self._text[at - 1] in "\r\n":
            return at
        found = re.compile("\r\n|\n|\r").search(self._text, at)
        return found.end() if found else len(self._text)

    def _is_bare(self, mapping: Node) -> bool:
        """Tell whether a mapping is `{}` with nothing else on its line behind it."""
        rest = self._text[mapping.end : self._next_line(mapping.end)]
        return self._text[mapping.start : mapping.end] == "{}" and not rest.strip()
