"""A workflow document: the editor's graph, the API prompt, or both, as they were written.

Facts: docs/workflow-documents.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pulumi_comfy.workflows.canonical import canonical_text
from pulumi_comfy.workflows.errors import WorkflowError
from pulumi_comfy.workflows.strict_json import dump_compactly

__all__ = ["Document", "require_prompt", "sha256_of"]


@dataclass(frozen=True)
class Document:
    """A parsed workflow document; `parse` makes one and has checked it.

    What is sent to a platform is the document as written; the canonical form serves only the digest and the words.

    Attributes:
        graph: The editor's graph (positions, colours and all), None when absent.
        prompt: The API prompt `{node_id: {class_type, inputs}}`, None when absent.
    """

    graph: Mapping[str, Any] | None = None
    prompt: Mapping[str, Any] | None = None

    @cached_property
    def digest(self) -> str:
        """Sha256, in hex, of the canonical form: equal exactly when nothing that matters differs (4.5)."""
        return sha256_of(canonical_text(self)).hexdigest()

    @property
    def graph_text(self) -> str | None:
        """The graph as compact JSON text, keys in the order as written and whole numbers exact."""
        return None if self.graph is None else dump_compactly(self.graph)

    @property
    def prompt_text(self) -> str | None:
        """The prompt as compact JSON text, keys in the order as written and whole numbers exact."""
        return None if self.prompt is None else dump_compactly(self.prompt)


def sha256_of(texts: Iterable[str]) -> hashlib._Hash:
    """Sha256 of texts one behind the other; a large one is never held as bytes too."""
    made = hashlib.sha256()
    for text in texts:
        for start in range(0, len(text), _CHUNK):
            made.update(text[start : start + _CHUNK].encode())
    return made


_CHUNK = 2**20


def require_prompt(document: Document) -> Mapping[str, Any]:
    """The API prompt of the document.

    Raises:
        WorkflowError: `prompt-needed`: the document holds only the editor's graph. It takes the editor, or a server
            that knows the nodes, to turn a graph into a prompt (4.4).
    """
    if document.prompt is None:
        raise WorkflowError(
            "prompt-needed",
            "The workflow holds only the editor's graph, and it takes the API prompt to run it; "
            "open it in the ComfyUI editor, choose Workflow > Export (API), and give that file too, or make it with "
            "`pulumi-comfy convert`.",
        )
    return document.prompt
