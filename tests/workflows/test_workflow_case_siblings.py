"""Siblings of the documents in `cases/`, each written anew: what the editor makes of nodes, values and texts."""

from __future__ import annotations

from typing import Any

import pytest
from workflow_documents import document, node, port, words

from pulumi_comfy.workflows import pair_problems


def graph_of(*nodes: Any, links: Any = (), **more: Any) -> dict[str, Any]:
    return {"nodes": list(nodes), "links": [[*link[:5], "*"] for link in links], **more}


def prompt_of(**nodes: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """A prompt, its ids as `n1` or `n30_0`."""
    return {key[1:].replace("_", ":"): {"class_type": kind, "inputs": given} for key, (kind, given) in nodes.items()}


def pair(graph: Any, prompt: Any) -> list[str]:
    return pair_problems(document(graph, prompt))


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
