"""What a program asks Comfy Cloud, and how its refusals read."""

from __future__ import annotations

import pulumi
import pytest
from comfycloud_program import graph

import pulumi_comfy as comfy
from pulumi_comfy.platforms.comfycloud.dialect import ComfyCloudDialect

cloud_face = comfy.comfycloud


def ask(comfy_stack, question):
    def program() -> None:
        pulumi.export("answer", question())

    return comfy_stack(program).up(check=False)


def test_a_workflow_is_found_by_its_whole_name_with_its_newest_version(comfy_stack, cloud, emulator):
    found = cloud.add_workflow(graph(), "hero")
    cloud.add_workflow(graph(), "Superhero")
    cloud.save_version(found, graph(50))

    def question():
        told = cloud_face.get_workflow(name="hero")
        return [told.workflow_id, told.version_number]

    assert ask(comfy_stack, question).outputs["answer"] == [found, 2]


def test_a_name_that_several_have_is_an_error_with_their_ids(comfy_stack, cloud, emulator):
    ids = [cloud.add_workflow(graph(), "hero") for _ in range(2)]

    error = ask(comfy_stack, lambda: cloud_face.get_workflow(name="hero").version_id).error

    assert all(one in error for one in ids)


def test_a_workflow_that_nobody_has_is_one_sentence(comfy_stack, emulator):
    error = ask(comfy_stack, lambda: cloud_face.get_workflow(name="hero").version_id).error

    assert "this key sees none" in error


def test_node_classes_are_told_with_those_that_are_missing(comfy_stack, emulator):
    def question():
        told = cloud_face.get_object_info(node_classes=["KSampler", "OfNobody"])
        return [list(told.classes), list(told.missing)]

    assert ask(comfy_stack, question).outputs["answer"] == [["KSampler"], ["OfNobody"]]


def test_versions_are_told(comfy_stack, emulator):
    assert ask(comfy_stack, lambda: cloud_face.get_system_stats().comfyui_version).outputs["answer"] == "0.19.3"


SHAPES = [
    ({"code": "FORBIDDEN", "message": "not yours"}, "not yours (FORBIDDEN)"),
    ({"message": "Invalid format"}, "Invalid format"),
    (
        {"error": {"type": "no_prompt", "message": "No prompt", "details": "", "extra_info": {}}},
        "No prompt (no_prompt)",
    ),
    ("File not found", "File not found"),
    ("", "no reason given"),
    ({"error": "Job not found"}, "Job not found"),
    ({"error": {"code": "queue_full", "message": "busy"}}, "busy (queue_full)"),
    (
        {"error": {"message": "keys only", "type": "auth_type_not_allowed"}, "accepted": ["api_key"]},
        "use an API key",
    ),
]


@pytest.mark.parametrize(("body", "words"), SHAPES)
def test_each_shape_of_an_error_is_read(body, words):
    assert words in ComfyCloudDialect().detail_of(body)


def test_a_policy_names_the_classes_that_it_forbids():
    error = {"type": "PARTNER_NODE_DISABLED", "message": "no", "class_types": ["KlingTextToVideo"], "providers": []}

    assert "KlingTextToVideo" in ComfyCloudDialect().detail_of({"error": error})


def test_a_refusal_in_plain_text_is_told(lone, emulator):
    it = lone("Publication")
    it.arguments["asset_ids"] = ["0a000000-0000-4000-8000-0000000000ff"]

    error = it.up()

    assert "Unknown asset" in str(error)
