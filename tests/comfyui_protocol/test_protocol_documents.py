"""Workflow documents as programs declare them: what is kept of them in a provider's process."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import pytest

from pulumi_comfy import workflows
from pulumi_comfy.comfyui_protocol import documents


def text_of(size: int, name: str) -> str:
    return json.dumps({"1": {"class_type": "SaveImage", "inputs": {"filename_prefix": name, "text": "x" * size}}})


@pytest.mark.parametrize(("size", "is_kept"), [(10, True), (2_000_000, False)])
def test_a_large_document_is_not_kept(size: int, is_kept: bool):
    left = weakref.ref(documents.document_of(text_of(size, "kept"), None))
    gc.collect()

    assert (left() is not None) is is_kept


def test_the_digest_of_a_large_document_is_made_once(monkeypatch: pytest.MonkeyPatch):
    parsed: list[int] = []
    parse = workflows.parse

    def counting(*texts: Any) -> workflows.Document:
        parsed.append(1)
        return parse(*texts)

    monkeypatch.setattr(workflows, "parse", counting)
    first, again = (documents.digest_of(text_of(2_000_000, "once"), None) for _ in range(2))

    assert first == again == parse(text_of(2_000_000, "once")).digest
    assert len(parsed) == 1


def test_digests_are_forgotten_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(documents, "_MOST_DIGESTS", 2)
    for number in range(5):
        documents.digest_of(text_of(1, f"many{number}"), None)

    assert len(documents._digests) <= 2
