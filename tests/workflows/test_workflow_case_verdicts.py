"""Siblings of the documents in `cases/`, each written anew: uploads, links, choices, envelopes, numbers, ids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversion_documents import declared
from workflow_documents import document, node, port

from pulumi_comfy.workflows import WorkflowError, pair_problems, parse, run_problems, validate_against


def graph_of(*nodes: Any, links: Any = (), **more: Any) -> dict[str, Any]:
    return {"nodes": list(nodes), "links": [[*link[:5], "*"] for link in links], **more}


def prompt_of(**nodes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A prompt, its ids as `n1` or `n30_0`."""
    return {key[1:].replace("_", ":"): {"class_type": kind, "inputs": given} for key, (kind, given) in nodes.items()}


def pair(graph: Any, prompt: Any) -> list[str]:
    return pair_problems(document(graph, prompt))


def refusal(text: str) -> str:
    with pytest.raises(WorkflowError) as raised:
        parse(text)
    return str(raised.value)


# Uploads

UPLOADS = [
    ("LoadAudio", "audio", {"audio_upload": True}),
    ("LoadVideo", "file", {"video_upload": True}),
    ("LoadImageMask", "image", {"image_upload": True}),
    ("VHS_LoadVideo", "video", {"video_upload": True}),
    ("Load3D", "model_file", {"file_upload": True}),
    ("LoadImageOutput", "image", {"image_upload": True, "image_folder": "input"}),
    ("LoadAnim", "image", {"animated_image_upload": True}),
]


@pytest.mark.parametrize("style", ["list", "COMBO"])
@pytest.mark.parametrize(("kind", "name", "mark"), UPLOADS)
def test_an_upload_that_is_not_there_is_told_whatever_it_is(kind, name, mark, style):
    choices = ["there.bin"]
    spec = [choices, mark] if style == "list" else ["COMBO", {"options": choices, **mark}]
    server = {kind: declared("IMAGE", **{name: spec}), "Save": declared(images="IMAGE")}
    saved = ("Save", {"images": ["1", 0]})

    def verdict(value: str) -> list[str]:
        return validate_against(server, prompt_of(n1=(kind, {name: value}), n2=saved))

    assert verdict("gone.bin") == [f'{kind} #1: {name} "gone.bin" is not on the server']
    assert verdict("there.bin") == []
    assert verdict("clipspace/mask.png [input]") == []
    assert verdict("folder/there.bin") == []


@pytest.mark.parametrize("choices", [[], ["other.png"]])
def test_an_upload_is_missing_also_where_the_server_has_none_at_all(choices):
    server = {"Load": declared("IMAGE", image=["COMBO", {"options": choices, "image_upload": True}])}
    server["Save"] = declared(images="IMAGE")
    prompt = prompt_of(n1=("Load", {"image": "mine.png"}), n2=("Save", {"images": ["1", 0]}))

    assert validate_against(server, prompt) == ['Load #1: image "mine.png" is not on the server']
    assert run_problems(prompt) == []


# Types of links of newer servers

TYPES = [
    ("IMAGE", "IMAGE,MASK", True), ("MASK", "IMAGE, MASK", True), ("IMAGE,LATENT", "LATENT", True),
    ("*", "IMAGE", True), ("IMAGE", "*", True), ("COMFY_MATCHTYPE_V3", "IMAGE", True), ("INT", "FLOAT,INT", True),
    ("IMAGE", "COMFY_MATCHTYPE_V3", True), ("LATENT", "IMAGE,MASK", False), ("INT", "FLOAT", False),
    ("STRING", "COMBO", False), ("COMBO", "COMBO", True), ("FILE_3D_GLB", "FILE_3D_GLB,FILE_3D", True),
]  # fmt: skip


@pytest.mark.parametrize(("delivered", "taken", "fits"), TYPES)
def test_types_of_links_meet_as_the_server_says(delivered, taken, fits):
    server = {"From": declared(delivered), "To": {**declared(value=taken), "output_node": True}}
    prompt = prompt_of(n1=("From", {}), n2=("To", {"value": ["1", 0]}))

    assert (validate_against(server, prompt) == []) is fits


GROWING = {"template": {"prefix": "image", "min": 2, "max": 5, "input": {"required": {"image": ["IMAGE", {}]}}}}
NAMED = {"template": {"names": ["a", "b", "c"], "min": 1, "input": {"required": {"value": ["FLOAT,INT", {}]}}}}


@pytest.mark.parametrize(
    ("template", "given", "missing"),
    [
        (GROWING, ["images.image0", "images.image1"], []),
        (GROWING, ["images.image0", "images.image1", "images.image2"], []),
        (GROWING, ["images.image0"], ["images.image1"]),
        (NAMED, ["images.a"], []),
        (NAMED, ["images.a", "images.c"], []),
        (NAMED, [], ["images.a"]),
    ],
)
def test_a_growing_list_needs_its_least_members(template, given, missing):
    server = {"From": declared("IMAGE,FLOAT"), "Grow": declared(images=["COMFY_AUTOGROW_V3", template])}
    prompt = prompt_of(n1=("From", {}), n2=("Grow", {name: ["1", 0] for name in given}))

    assert validate_against(server, prompt) == [f"Grow #2: required input {name} is missing" for name in missing]


BY_FACTOR = {"key": "factor", "inputs": {"required": {"by": ["FLOAT", {"min": 0.1}]}}}
BY_SIZE = {"key": "size", "inputs": {"required": {"width": ["INT", {"max": 100}], "crop": [["none", "center"]]}}}
DEEP = {"key": "deep", "inputs": {"optional": {"more": ["COMFY_DYNAMICCOMBO_V3", {"options": [BY_FACTOR]}]}}}
RESIZE = ["COMFY_DYNAMICCOMBO_V3", {"options": [BY_FACTOR, BY_SIZE, DEEP]}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"how": "factor", "how.by": 2.0}, ""),
        ({"how": "size", "how.width": 50, "how.crop": "none"}, ""),
        ({"how": "factor"}, "required input how.by is missing"),
        (
            {"how": "size", "how.width": 500, "how.crop": "none"},
            "how.width 500 is bigger than the biggest allowed, 100",
        ),
        ({"how": "size", "how.width": 5, "how.crop": "top"}, 'how.crop "top" is not one of the server\'s choices'),
        ({"how": "deep"}, ""),
        ({"how": "deep", "how.more": "factor"}, "required input how.more.by is missing"),
        ({"how": "nothing"}, ""),  # the server takes it
        ({}, ""),
    ],
)
def test_a_choice_that_brings_inputs_is_judged_with_them(given, problem):
    server = {"Resize": {**declared("IMAGE", how=RESIZE), "output_node": True}}

    assert validate_against(server, prompt_of(n1=("Resize", given))) == ([f"Resize #1: {problem}"] if problem else [])


def test_widgets_of_a_choice_are_named_rightly_wherever_the_node_lists_the_choice():
    listed = ["prompt", "mode.heat", "mode.seed", "mode"]
    ports = [{**port(name, widget=True), "type": "COMFY_DYNAMICCOMBO_V3" if name == "mode" else "*"} for name in listed]
    graph = graph_of(node(5, "Generate", *ports, widgets=("a cat", "on", 0.7, 3)))
    given = {"prompt": "a cat", "mode": "on", "mode.heat": 0.7, "mode.seed": 3}

    assert pair(graph, prompt_of(n5=("Generate", given))) == []
    assert pair(graph, prompt_of(n5=("Generate", {**given, "mode.heat": 0.9}))) == [
        "Generate #5, from the graph to the API prompt: mode.heat 0.7 -> 0.9"
    ]


# Envelopes of other tools

NODES = {"1": {"class_type": "A", "inputs": {}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}}}
GRAPH = {"nodes": [{"id": 1, "type": "A"}, {"id": 2, "type": "SaveImage", "inputs": []}], "links": []}


@pytest.mark.parametrize(
    "envelope",
    [
        {"prompt": NODES},
        {"prompt": NODES, "client_id": "x", "extra_data": {"extra_pnginfo": {"workflow": GRAPH}}},
        {"output": NODES, "workflow": GRAPH},
        {"workflow_api": NODES},
        {"workflow_api_json": NODES},
        {"workflow": NODES},
    ],
)
def test_an_envelope_that_holds_the_prompt_at_its_top_is_unwrapped(envelope):
    assert parse(json.dumps(envelope)).prompt == NODES


@pytest.mark.parametrize(
    ("envelope", "place"),
    [
        ({"input": {"workflow": NODES, "images": []}}, "input.workflow"),  # RunPod
        ({"input": {"prompt": NODES}}, "input.prompt"),
        ({"input": {"workflow_json": json.dumps(NODES), "randomise_seeds": True}}, "input.workflow_json"),  # Replicate
        ({"version": "abc", "input": {"workflow_json": json.dumps(NODES)}}, "input.workflow_json"),
        ({"abc-1": {"prompt": [3, "abc-1", NODES, {}, ["2"]], "outputs": {}, "status": {}}}, "abc-1.prompt[2]"),
        ({"queue_pending": [[5, "x", NODES, {}, ["2"]]], "queue_running": []}, "queue_pending[0][2]"),
        ({"item": {"request": {"prompt": NODES}}}, "item.request.prompt"),
        ({"workflow_data": {"nodes": GRAPH}}, "workflow_data.nodes"),
        ({"data": {"attributes": {"graph": GRAPH}}}, "data.attributes.graph"),
        ([{"prompt": NODES}], "[0].prompt"),
        ({"job": {"args": [{"workflow": json.dumps(GRAPH)}]}}, "job.args[0].workflow"),  # Modal
    ],
)
def test_a_document_in_another_tools_envelope_is_found_there(envelope, place):
    assert f"at {place}: give " in refusal(json.dumps(envelope))


@pytest.mark.parametrize("key", ["prompt", "workflow"])
def test_a_document_that_stands_as_a_text_is_found_in_what_a_picture_tells(key):
    said = refusal(json.dumps({"prompt": json.dumps(NODES), "workflow": json.dumps(GRAPH)} if key == "prompt"
                              else {"workflow": json.dumps(GRAPH)}))  # fmt: skip

    assert "stands as a text inside it" in said


def test_a_text_that_holds_a_document_is_told_to_be_unwrapped_once():
    assert "as a text" in refusal(json.dumps(json.dumps(NODES)))


# Numbers that are none


@pytest.mark.parametrize(
    ("text", "place", "mend"),
    [
        ('{"4": {"class_type": "A", "inputs": {}, "is_changed": NaN}}', "4.is_changed", "remove is_changed"),
        ('{"4": {"class_type": "A", "inputs": {}, "is_changed": [NaN]}}', "4.is_changed[0]", "remove is_changed"),
        ('{"prompt": {"4": {"class_type": "A", "inputs": {}, "is_changed": [Infinity]}}}', "prompt.4.is_changed[0]",
         "remove is_changed"),
        ('{"4": {"class_type": "A", "inputs": {"x": NaN}}}', "4.inputs.x", "real number"),
        ('{"nodes": [{"id": 1, "type": "A", "pos": [NaN, 0]}], "links": []}', "nodes[0].pos[0]", "real number"),
        ('{"nodes": [], "links": [], "extra": {"ds": {"scale": Infinity}}}', "extra.ds.scale", "real number"),
    ],
)  # fmt: skip
def test_a_number_that_is_none_is_told_with_its_place_and_the_mend(text, place, mend):
    said = refusal(text)

    assert f"at {place}" in said
    assert mend in said


# Ids


@pytest.mark.parametrize(("written", "fault"), [([1, 0], "its node id is a number"), (["1", 0.0], "decimal point"),
                                                ([1, 0.0], "its node id is a number")])  # fmt: skip
@pytest.mark.parametrize("kind", ["SaveImage", "PreviewImage", "VHS_VideoCombine"])
def test_a_link_that_no_server_reads_is_told_for_every_output(written, fault, kind):
    (line,) = run_problems(
        {"1": {"class_type": "A", "inputs": {}}, "2": {"class_type": kind, "inputs": {"x": written}}}
    )

    assert fault in line


@pytest.mark.parametrize("written", ["a", "7:2", "node-1", "007", "12345678901234567890"])
def test_an_id_may_be_any_text(written):
    graph = graph_of(
        {**node(1, "EmptyImage", widgets=(64, 64, 1, 0)), "id": written},
        node(2, "SaveImage", port("images", 5), widgets=("x",)),
        links=[(5, written, 0, 2, 0)],
    )
    sizes = {"width": 64, "height": 64, "batch_size": 1, "color": 0}
    prompt = {
        written: {"class_type": "EmptyImage", "inputs": sizes},
        "2": {"class_type": "SaveImage", "inputs": {"images": [written, 0], "filename_prefix": "x"}},
    }

    assert pair(graph, prompt) == []
    assert run_problems(prompt) == []


@pytest.mark.parametrize("kind", ["Note", "MarkdownNote", "Label (rgthree)", "Note Plus (mtb)"])
def test_a_note_may_share_its_id_with_a_node_or_a_note(kind):
    text = json.dumps(graph_of(node(3, "SaveImage", widgets=("x",)), node(3, kind, widgets=("a",)), node(3, kind)))

    assert parse(text).graph is not None
