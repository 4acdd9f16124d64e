"""What saved workflows are about to hold: a check in a preview is compared with that, not with what they still hold."""

from __future__ import annotations

from typing import Any

from pulumi_comfy.comfyui_protocol.documents import as_saved
from pulumi_comfy.core.call import Call
from pulumi_comfy.workflows import Document

_DECLARED = "documents to come"
"""What is noted: documents by the id of what will hold them; None: not known before the update."""


def note_document(target_id: str, document: Document | None, call: Call[Any]) -> None:
    """Note what this stack is about to save there; None where that is not known yet."""
    call.memory.notes(_DECLARED)[target_id] = document and as_saved(document)


def document_to_come(target_id: str, saved: Document | None, call: Call[Any]) -> Document | None:
    """Give what a check will run of it.

    Args:
        target_id: the id of what holds a document.
        saved: what it holds now.
        call: the call.

    Returns:
        What is declared of it, else what it holds; None where neither is known.
    """
    document: Document | None = call.memory.notes(_DECLARED).get(target_id, saved)
    return document
