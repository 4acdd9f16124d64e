"""What can be wrong with a workflow document, each with a stable code.

WorkflowError (a ValueError): the document, not the platform and not this package, is at fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

__all__ = ["CODES", "WorkflowError", "WorkflowErrorCode"]

WorkflowErrorCode = Literal[
    "bad-graph",
    "bad-prompt",
    "bad-text",
    "dangling-link",
    "duplicate-key",
    "empty",
    "graph-as-prompt",
    "not-an-object",
    "not-convertible",
    "not-finite",
    "not-json",
    "number-too-long",
    "prompt-needed",
    "too-deep",
    "two-prompts",
    "unknown-format",
]

CODES: Mapping[WorkflowErrorCode, str] = MappingProxyType(
    {
        "bad-graph": "The document is an editor graph, but one of its nodes or links is malformed.",
        "bad-prompt": "The document is an API prompt, but one of its nodes is not {class_type, inputs}.",
        "bad-text": "A text holds half of a surrogate pair, which no platform can store.",
        "dangling-link": "An input of the API prompt is linked to a node that the prompt does not contain.",
        "duplicate-key": "One JSON object holds the same key twice, so one of the two values would be lost.",
        "empty": "The document holds nothing.",
        "graph-as-prompt": "An editor graph was given where the API prompt belongs.",
        "not-an-object": "The document is JSON, but a list, a text or a number instead of an object.",
        "not-convertible": "The editor's graph cannot be turned into an API prompt with certainty.",
        "not-finite": "A number is NaN or infinite, which JSON does not allow.",
        "not-json": "The document is not JSON.",
        "number-too-long": "A whole number has more digits than any node accepts.",
        "prompt-needed": "The API prompt is needed and only the editor graph was given.",
        "too-deep": "The document is nested more deeply than any workflow is.",
        "two-prompts": "The API prompt was given twice.",
        "unknown-format": "The document is neither an editor graph nor an API prompt nor an envelope of the two.",
    }
)
"""Meaning of each code."""


class WorkflowError(ValueError):
    """A workflow document that cannot be used as it is.

    Attributes:
        code: Stable short name of the fault, one of `CODES`.
        message: What is wrong and what to do about it, in words for the person who wrote the document.
    """

    code: WorkflowErrorCode
    message: str

    def __init__(self, code: WorkflowErrorCode, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message
