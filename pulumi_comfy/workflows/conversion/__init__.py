"""From the editor's graph to the API prompt, for a server whose classes are known.

Facts: docs/workflow-documents.md 4.4.
"""

from __future__ import annotations

from pulumi_comfy.workflows.conversion.convert import ConversionError, convert, editor_texts

__all__ = ["ConversionError", "convert", "editor_texts"]
