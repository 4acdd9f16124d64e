"""Siblings of the documents in `cases/`, each written anew: every kind is judged rightly, not only the one example."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conversion_documents import declared
from workflow_documents import document, node, port, words

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


# Boolean controls, and several seeds in one node

SAMPLER = ("seed", "steps", "cfg", "sampler_name", "scheduler", "denoise")


@pytest.mark.parametrize("control", [True, False])
@pytest.mark.parametrize(
    ("kind", "names", "values"),
    [
        ("KSamplerAdvanced", ("add_noise", "noise_seed", "steps", "cfg", "sampler_name", "scheduler", "start_at_step",
                              "end_at_step", "return_with_leftover_noise"),
         ("enable", 7, "|", 20, 8.0, "euler", "normal", 0, 10000, "disable")),
        ("FaceDetailer", ("guide_size", "guide_size_for", *SAMPLER, "feather"),
         (384, True, 7, "|", 20, 8.0, "euler", "normal", 0.5, 5)),
        ("KSampler (Efficient)", (*SAMPLER, "preview_method"), (7, "|", 20, 8.0, "euler", "normal", 1.0, "auto")),
        ("SamplerCustom", ("add_noise", "noise_seed", "cfg"), (True, 7, "|", 8.0)),
        ("PackNoise", ("seed", "strength"), (7, "|", 0.5)),
        ("ImpactWildcardProcessor", ("wildcard_text", "populated_text", "mode", "seed", "choice"),
         ("a", "a", True, 7, "|", "Select")),
    ],
)  # fmt: skip
def test_a_boolean_behind_a_seed_shifts_no_name(kind, names, values, control):
    saved = [control if value == "|" else value for value in values]
    inputs = dict(zip(names, [value for value in values if value != "|"], strict=True))
    graph, prompt = graph_of(node(5, kind, widgets=tuple(saved))), prompt_of(n5=(kind, inputs))

    assert pair(graph, prompt) == []


@pytest.mark.parametrize("controls", [(True, False), (False, False), ("fixed", "randomize"), (True, "increment")])
def test_two_seeds_with_a_control_each_shift_no_name(controls):
    ports = [port(name, widget=True) for name in ("seed", "noise_seed", "steps")]
    graph = graph_of(node(5, "TwoSeeds", *ports, widgets=(7, controls[0], 8, controls[1], 20)))

    assert pair(graph, prompt_of(n5=("TwoSeeds", {"seed": 7, "noise_seed": 8, "steps": 20}))) == []
    assert pair(graph, prompt_of(n5=("TwoSeeds", {"seed": 7, "noise_seed": 8, "steps": 30}))) == [
        "TwoSeeds #5, from the graph to the API prompt: steps 20 -> 30"
    ]


def test_the_moving_one_of_two_seeds_is_no_content_and_the_fixed_one_is():
    def with_seeds(first: int, second: int) -> Any:
        ports = [port(name, widget=True) for name in ("seed", "noise_seed", "steps")]
        return document(graph_of(node(5, "TwoSeeds", *ports, widgets=(first, True, second, False, 20))))

    assert words(with_seeds(1, 2), with_seeds(9, 2)) == []
    assert words(with_seeds(1, 2), with_seeds(1, 9)) == ["TwoSeeds #5: noise_seed 2 -> 9"]


# Group nodes


def group(*kinds: str) -> dict[str, Any]:
    return {"nodes": [{"type": kind, "index": at} for at, kind in enumerate(kinds)], "links": [], "external": []}


def test_two_group_nodes_and_two_instances_of_one_are_exported_as_their_nodes():
    graph = graph_of(
        node(30, "workflow>Load", widgets=("a.png", "image")),
        node(31, "workflow>Load", widgets=("b.png", "image")),
        node(32, "workflow/Blend", port("a", 1), port("b", 2), widgets=(0.5,)),
        node(7, "SaveImage", port("images", 3), widgets=("x",)),
        links=[(1, 30, 0, 32, 0), (2, 31, 0, 32, 1), (3, 32, 0, 7, 0)],
        extra={"groupNodes": {"Load": group("LoadImage"), "Blend": group("ImageBlend")}},
    )
    prompt = prompt_of(
        n30_0=("LoadImage", {"image": "a.png"}),
        n31_0=("LoadImage", {"image": "b.png"}),
        n32_0=("ImageBlend", {"image1": ["30:0", 0], "image2": ["31:0", 0], "blend_factor": 0.5}),
        n7=("SaveImage", {"images": ["32:0", 0], "filename_prefix": "x"}),
    )

    assert pair(graph, prompt) == []


def test_a_group_node_inside_a_group_node_is_exported_as_its_nodes():
    graph = graph_of(
        node(30, "workflow>Outer", widgets=("a.png", "image")),
        node(7, "SaveImage", port("images", 3), widgets=("x",)),
        links=[(3, 30, 0, 7, 0)],
        extra={"groupNodes": {"Outer": group("workflow>Inner"), "Inner": group("LoadImage")}},
    )
    saved = ("SaveImage", {"images": ["30:0:0", 0], "filename_prefix": "x"})

    assert pair(graph, prompt_of(n30_0_0=("LoadImage", {"image": "a.png"}), n7=saved)) == []


@pytest.mark.parametrize(("mode", "word"), [(2, "switched off"), (4, "switched off")])
def test_a_group_node_that_is_switched_off_and_exported_is_told(mode, word):
    graph = graph_of(node(30, "workflow>Load", widgets=("a",), mode=mode), extra={"groupNodes": {"Load": group("A")}})

    (line,) = pair(graph, prompt_of(n30_0=("A", {})))

    assert word in line


# Getters and setters, also inside subgraphs


def inside(*nodes: Any, links: Any, inputs: Any = (), outputs: Any = (), part_id: str = "aaaa-bbbb") -> dict[str, Any]:
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot")
    table = [{**dict(zip(names, link, strict=True)), "type": "*"} for link in links]
    ports = {side: [{"name": name, "type": "*", "linkIds": ids} for name, ids in given]
             for side, given in (("inputs", inputs), ("outputs", outputs))}  # fmt: skip
    return {"id": part_id, "name": "Part", "nodes": list(nodes), "links": table, "widgets": [], **ports}


@pytest.mark.parametrize(("setter", "getter"), [("SetNode", "GetNode"), ("easy setNode", "easy getNode")])
@pytest.mark.parametrize("is_outside", [False, True])
def test_getters_and_setters_inside_a_subgraph_are_no_difference(setter, getter, is_outside):
    set_inside = [] if is_outside else [node(3, setter, port("IMAGE", 1), widgets=("pic",))]
    part = inside(
        *set_inside,
        node(4, getter, widgets=("pic",)),
        node(2, "ImageBlur", port("image", 2), widgets=(3,)),
        links=[(1, -10, 0, 3, 0), (2, 4, 0, 2, 0), (3, 2, 0, -20, 0)],
        inputs=[("pic", [1])],
        outputs=[("IMAGE", [3])],
    )
    set_outside = [node(8, setter, port("IMAGE", 4), widgets=("pic",))] if is_outside else []
    graph = graph_of(
        node(1, "LoadImage", widgets=("a.png", "image")),
        *set_outside,
        node(7, "aaaa-bbbb", port("pic", None if is_outside else 4)),
        node(9, "SaveImage", port("images", 5), widgets=("x",)),
        links=[(4, 1, 0, 8 if is_outside else 7, 0), (5, 7, 0, 9, 0)],
        definitions={"subgraphs": [part]},
    )
    prompt = prompt_of(
        n1=("LoadImage", {"image": "a.png"}),
        n7_2=("ImageBlur", {"image": ["1", 0], "radius": 3}),
        n9=("SaveImage", {"images": ["7:2", 0], "filename_prefix": "x"}),
    )

    assert pair(graph, prompt) == []


def test_a_setter_that_feeds_on_a_getter_is_looked_through():
    graph = graph_of(
        node(1, "LoadImage", widgets=("a.png", "image")),
        node(2, "SetNode", port("IMAGE", 1), widgets=("one",)),
        node(3, "GetNode", widgets=("one",)),
        node(4, "SetNode", port("IMAGE", 2), widgets=("two",)),
        node(5, "GetNode", widgets=("two",)),
        node(9, "SaveImage", port("images", 3), widgets=("x",)),
        links=[(1, 1, 0, 2, 0), (2, 3, 0, 4, 0), (3, 5, 0, 9, 0)],
    )

    assert pair(graph, prompt_of(n1=("LoadImage", {"image": "a.png"}), n9=("SaveImage", {"images": ["1", 0]}))) == []


# Nodes that keep what they last showed

SHOWING = [
    "PreviewAny", "PreviewText", "PreviewTextNode", "ShowText|pysssss", "ShowText", "ShowAny", "ShowAnything",
    "Display Any (rgthree)", "Display Int (rgthree)", "DisplayAny", "DisplayString", "DisplayText", "Display Text",
    "easy showAnything", "easy showText", "easy showAnythingLazy", "Show any [Crystools]",
    "Show any to JSON [Crystools]", "ShowTextForGPT", "ShowText_UTK", "Text Preview", "TextPreview", "Preview Any",
    "PreviewAnyNode", "GetImageSize", "CR Text Preview", "show_text_party", "LogicUtil_ShowText", "AnyShow",
]  # fmt: skip


@pytest.mark.parametrize("kind", SHOWING)
def test_what_a_node_last_showed_is_no_change(kind):
    def showing(*shown: Any) -> Any:
        return document(graph_of(node(1, "PrimitiveString", widgets=("a",)), node(3, kind, port("source", 1),
                                 widgets=shown), links=[(1, 1, 0, 3, 0)]))  # fmt: skip

    assert words(showing("one"), showing("another")) == []
    assert words(showing(), showing(["one", "two"])) == []


@pytest.mark.parametrize("kind", ["ShowText|pysssss", "PreviewTextNode", "easy showAnything", "DisplayText"])
def test_what_a_node_last_showed_is_no_difference_of_a_pair(kind):
    graph = graph_of(
        node(1, "PrimitiveString", widgets=("a",)), node(3, kind, port("text", 1), widgets=("shown before",)),
        links=[(1, 1, 0, 3, 0)],
    )  # fmt: skip
    shown = prompt_of(n1=("PrimitiveString", {"value": "a"}), n3=(kind, {"text": ["1", 0], "text_0": "shown later"}))

    assert pair(graph, shown) == []


@pytest.mark.parametrize("kind", ["PreviewImage", "PreviewVideo", "Textbox", "ShowcaseBuilder", "DisplayScaler"])
def test_a_node_that_only_sounds_as_if_it_showed_keeps_its_values(kind):
    one, other = (document(graph_of(node(3, kind, port("a", None), widgets=(value, 5)))) for value in ("a", "b"))

    assert len(words(one, other)) == 1


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
    server = {"From": declared("IMAGE"), "Grow": declared(images=["COMFY_AUTOGROW_V3", template])}
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


# Nodes that exist in the editor only


@pytest.mark.parametrize(
    "kind",
    ["Reroute", "Reroute (rgthree)", "Bookmark (rgthree)", "Label (rgthree)", "Fast Groups Muter (rgthree)",
     "Random Unmuter (rgthree)", "Fast Groups Bypasser (rgthree)", "Note", "MarkdownNote"],
)  # fmt: skip
def test_an_unlinked_node_of_the_editor_is_no_difference(kind):
    graph = graph_of(node(2, "SaveImage", widgets=("x",)), node(50, kind, widgets=("y",)))

    assert pair(graph, prompt_of(n2=("SaveImage", {"filename_prefix": "x"}))) == []


# Texts


@pytest.mark.parametrize(
    ("written", "exported"),
    [
        ("%date:yyyy-MM-dd%/%KSampler.seed%", "2026-01-02/77"),
        ("%Empty Latent Image.width%x", "512x"),
        ("a {red|{dark|light} blue|} cat", "a light blue cat"),
        ("a cat // no dog\non a mat", "a cat \non a mat"),
        ("/* first */ a cat", " a cat"),
        ("escaped \\{a|b\\}", "escaped {a|b}"),
    ],
)
def test_a_text_that_the_editor_rewrites_is_no_difference(written, exported):
    graph = graph_of(node(2, "CLIPTextEncode", widgets=(written,)))

    assert pair(graph, prompt_of(n2=("CLIPTextEncode", {"text": exported}))) == []
    assert len(pair(graph, prompt_of(n2=("CLIPTextEncode", {"text": "something else"})))) == 1


# Promoted widgets


def hosted(*values: Any, listed: list[list[str]]) -> Any:
    ports = [port("seed", 1, widget=True), port("steps", 2, widget=True)]
    part = inside(
        node(3, "KSampler", *ports, widgets=(1, "randomize", 20, 8, "euler", "normal", 1)),
        links=[(1, -10, 1, 3, 0), (2, -10, 0, 3, 1)],
        inputs=[("steps", [2]), ("seed", [1])],
    )
    host = node(10, "aaaa-bbbb", widgets=values, properties={"proxyWidgets": listed})
    return document(graph_of(host, definitions={"subgraphs": [part]}))


OWN = [["-1", "seed"], ["-1", "steps"], ["3", "control_after_generate"]]
INSIDE = [["3", "seed"], ["3", "control_after_generate"], ["3", "steps"]]


def test_values_take_their_names_from_the_list_of_promoted_widgets_not_from_the_inputs():
    assert words(hosted(5, 20, listed=OWN), hosted(5, 30, listed=OWN)) == ["Part #10: steps 20 -> 30"]
    assert words(hosted(5, 20, listed=OWN), hosted(6, 20, listed=OWN)) == []


def test_a_promoted_seed_whose_control_is_promoted_too_is_no_content():
    one, other = hosted(5, "randomize", 20, listed=INSIDE), hosted(6, "randomize", 20, listed=INSIDE)

    assert words(one, other) == []
    assert words(one, hosted(5, "randomize", 30, listed=INSIDE)) == ["Part #10: steps 20 -> 30"]


def test_a_promoted_seed_that_the_instance_fixes_is_content_whatever_stands_inside():
    one, other = hosted(5, "fixed", 20, listed=INSIDE), hosted(6, "fixed", 20, listed=INSIDE)

    assert words(one, other) == ["Part #10: seed 5 -> 6"]
