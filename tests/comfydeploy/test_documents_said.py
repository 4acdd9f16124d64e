"""What a check says of a workflow's documents: they cannot run, may not run, hold a credential, disagree, changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from calls import a_call
from programs import documents

from pulumi_comfy.comfyui_protocol.documents import explain_documents
from pulumi_comfy.core.call import Level
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.secrecy import Secrecy
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.deploy_protocol.documents import warn_of_documents

SAMPLER = "7"
CANARY = "hf_canary0123456789canary0123456789"


def said(prompt: Any, graph: Any = None, *, hides_documents: bool = False) -> list[tuple[str, Level]]:
    """The lines that a check of the documents shows."""
    lines: list[tuple[str, Level]] = []
    call = a_call(
        secrecy=Secrecy(hides_documents=hides_documents),
        show=lambda text, level: lines.append((text, level)),
    )
    texts = [json.dumps(one) for one in (graph, prompt) if one is not None]
    warn_of_documents(texts[0], texts[1] if len(texts) == 2 else None, call)
    return lines


@pytest.fixture
def prompt():
    return documents(20)["workflow_api"]


def test_a_sound_pair_is_worth_no_word(prompt):
    assert said(prompt, documents(20)["workflow"]) == []


def test_a_credential_is_told_by_its_place_alone(prompt):
    prompt[SAMPLER]["inputs"]["hf_token"] = CANARY

    ((line, level),) = said(prompt)

    assert level is Level.WARNING
    assert "seems to hold a credential at" in line
    assert "hf_token" in line
    assert CANARY not in line


def test_a_prompt_that_makes_nothing_may_not_run(prompt):
    del prompt["9"]

    assert [line.partition(":")[0] for line, _ in said(prompt)] == ["the workflow may not run"]


def test_a_loop_that_every_output_needs_is_refused(prompt):
    prompt["6"]["inputs"]["width"] = ["8", 0]

    with pytest.raises(InputError) as refused:
        said(prompt)

    assert refused.value.todo == "Break the loop, and export it again."


def test_a_pair_that_disagrees_is_told_with_the_place_unless_the_document_is_secret(prompt):
    graph = documents(30)["workflow"]

    ((shown, _),) = said(prompt, graph)
    ((hidden, _),) = said(prompt, graph, hides_documents=True)

    assert "disagree" in shown
    assert "KSampler" in shown
    assert "the document is secret" in hidden
    assert "KSampler" not in hidden


def test_nothing_is_said_of_a_document_that_is_not_known_yet():
    call = a_call()

    assert warn_of_documents(UNKNOWN, None, call) is None


def test_a_change_is_explained_in_words(prompt):
    old = {"workflow": json.dumps(prompt)}
    prompt[SAMPLER]["inputs"]["steps"] = 30

    assert explain_documents(old, json.dumps(prompt), None) == ["KSampler #7: steps 20 -> 30"]


@pytest.mark.parametrize("old", [{}, {"workflow": "no document"}])
def test_a_former_document_that_cannot_be_read_explains_nothing(old, prompt):
    assert explain_documents(old, json.dumps(prompt), None) == []


def test_a_document_that_is_not_known_yet_explains_nothing(prompt):
    assert explain_documents({"workflow": json.dumps(prompt)}, UNKNOWN, None) == []
