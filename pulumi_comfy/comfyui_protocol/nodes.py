"""The nodes of a server: a prompt judged against them, and an editor's graph turned into the prompt that it runs.

Facts: docs/comfyui-protocol.md 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi_comfy import workflows
from pulumi_comfy.core.errors import InputError


@dataclass(frozen=True)
class Nodes:
    """What a server says of its nodes.

    Attributes:
        classes: the answer to `GET /object_info`.
        replaced: classes that it does not have and replaces by others.
    """

    classes: Mapping[str, Any]
    replaced: Sequence[str] = ()

    def problems(self, prompt: Mapping[str, Any]) -> list[str]:
        """Say what the server would refuse of a prompt."""
        return workflows.validate_against(self.classes, prompt, replaced=self.replaced)

    def prompt_of(self, document: workflows.Document) -> Mapping[str, Any]:
        """Give the document's own prompt, or make it of its graph.

        Raises:
            InputError: the graph does not fit the server's nodes; each reason with its node.
        """
        if document.prompt is not None:
            return document.prompt
        try:
            return workflows.convert(document.graph or {}, self.classes, replaced=self.replaced)
        except workflows.ConversionError as error:
            todo = "Install what is missing, or give the API prompt too (`workflow_api`)."
            raise InputError("COMFY1201", tried="workflow", got="; ".join(error.problems), todo=todo) from None

    def refuse(self, prompt: Mapping[str, Any], place: str) -> None:
        """Refuse what the server would refuse.

        Args:
            prompt: what is to run.
            place: the property that is at fault.

        Raises:
            InputError: each problem with its node.
        """
        problems = self.problems(prompt)
        if problems:
            todo = "Correct it, or install what is missing on the server."
            raise InputError("COMFY1201", tried=place, got="; ".join(problems), todo=todo)


def classes_in(document: workflows.Document) -> set[str]:
    """Give the classes that a document names, those inside its subgraphs and group nodes too."""
    if document.prompt is not None:
        return set(workflows.node_classes(document.prompt))
    found: set[str] = set()
    waiting: list[Any] = [document.graph]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            nodes = one.get("nodes")
            rows = nodes if isinstance(nodes, list) else []
            found |= {str(row.get("type")) for row in rows if isinstance(row, Mapping)}
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return found
