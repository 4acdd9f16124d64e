"""A JSON document as a program gives it: a dict, JSON text, or a path."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

Document = Union[str, Mapping[str, Any], "os.PathLike[str]"]
"""What a document argument takes. Text that starts with a brace is JSON; other text is a path."""


def document_text(document: Document) -> str:
    """Give the document as JSON text; a path is read relative to the program.

    Text travels, not a structure: Pulumi's numbers are doubles, and ComfyUI's seeds reach 2^64 - 1.

    Raises:
        FileNotFoundError: there is no such file.
        TypeError: it is neither a mapping, nor text, nor a path.
    """
    if isinstance(document, Mapping):
        return json.dumps(document, ensure_ascii=False)
    if isinstance(document, str) and document.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return document
    if isinstance(document, (str, os.PathLike)):
        path = Path(document)
        if not path.is_file():
            raise FileNotFoundError(f"there is no workflow file {str(path)[:200]!r} (looked in {Path.cwd()})")
        return path.read_text(encoding="utf-8-sig")
    raise TypeError(f"a workflow document is a mapping, JSON text or a path, not {type(document).__name__}")
