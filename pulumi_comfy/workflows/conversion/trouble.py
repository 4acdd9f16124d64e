"""What stands against a conversion, gathered so that a person hears all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi_comfy.workflows.prompt import label, natural_order

__all__ = ["Refusal", "Trouble"]


class Refusal(ValueError):
    """Something that cannot be converted; the text is the rest of a sentence about the node."""


class Trouble:
    """The problems so far."""

    def __init__(self) -> None:
        self._found: dict[tuple[tuple[tuple[int, int, str], ...], str], None] = {}

    def add(self, sentence: str, node_id: str = "") -> None:
        """Note a problem, of a node or of the whole."""
        self._found[(natural_order(node_id), sentence)] = None

    @contextmanager
    def at(self, node_id: str, node: Mapping[str, Any]) -> Iterator[None]:
        """Note what is refused inside as a problem of this node."""
        try:
            yield
        except Refusal as refusal:
            self.refuse(node_id, node, refusal)

    def refuse(self, node_id: str, node: Mapping[str, Any], refusal: Refusal) -> None:
        """Note what is refused of a node."""
        self.add(f"{label(node['type'], node_id)}: {refusal}", node_id)

    def sentences(self) -> list[str]:
        """All of them, in the natural order of the nodes."""
        return [sentence for _, sentence in sorted(self._found)]
