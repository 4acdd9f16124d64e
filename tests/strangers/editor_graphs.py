"""Graphs as the editor saves them, of classes that every ComfyUI has: one for each thing a conversion must know."""

from __future__ import annotations

from typing import Any

PART = "8a3f6c1e-0b52-4c7d-9d1a-5e2f7b6c4d10"


def _node(node_id: int, kind: str, *values: Any, inputs: Any = (), outputs: str = "", **more: Any) -> dict[str, Any]:
    """A node; `inputs` are `(name, type, link)`, with `True` behind them for a widget."""
    ports = [
        {"name": name, "type": type_, "link": link, **({"widget": {"name": name}} if widget else {})}
        for name, type_, link, *widget in inputs
    ]
    return {
        "id": node_id,
        "type": kind,
        "pos": [node_id * 200, 100],
        "size": [200, 100],
        "flags": {},
        "order": node_id,
        "mode": 0,
        "inputs": ports,
        "outputs": [{"name": name, "type": name, "links": []} for name in outputs.split()],
        "properties": {"Node name for S&R": kind},
        "widgets_values": list(values),
        **more,
    }


def _graph(*nodes: dict[str, Any], links: Any, **more: Any) -> dict[str, Any]:
    """A graph; `links` are `(origin, slot, target, slot, type)`, numbered from 1."""
    table = [[number, *link] for number, link in enumerate(links, 1)]
    by_id = {node["id"]: node for node in nodes}
    for number, origin, slot, *_ in table:
        by_id[origin]["outputs"][slot]["links"].append(number)
    head = {"last_node_id": 99, "last_link_id": len(table), "version": 0.4, "groups": [], "config": {}, "extra": {}}
    return {**head, "nodes": list(nodes), "links": table, **more}


def _source(node_id: int = 1, **more: Any) -> dict[str, Any]:
    return _node(node_id, "EmptyImage", 64, 48, 1, 255, outputs="IMAGE", **more)


def _saved(link: int | None = 2) -> dict[str, Any]:
    return _node(9, "SaveImage", "stranger", inputs=[("images", "IMAGE", link)])


def _between(*nodes: dict[str, Any]) -> dict[str, Any]:
    """Node 1 into the first of these, the last of these into node 9."""
    ends = (1, 0, nodes[0]["id"], 0, "IMAGE"), (nodes[-1]["id"], 0, 9, 0, "IMAGE")
    return _graph(_source(), *nodes, _saved(), links=ends)


def _inverted(**more: Any) -> dict[str, Any]:
    return _node(2, "ImageInvert", inputs=[("image", "IMAGE", 1)], outputs="IMAGE", **more)


def _sampled(control: Any) -> dict[str, Any]:
    """ComfyUI's first graph, with what becomes of its seed after a run."""
    ports = [("model", "MODEL", 1), ("positive", "CONDITIONING", 2), ("negative", "CONDITIONING", 3)]
    return _graph(
        _node(4, "CheckpointLoaderSimple", "a.safetensors", outputs="MODEL CLIP VAE"),
        _node(6, "CLIPTextEncode", "a cat", inputs=[("clip", "CLIP", 5)], outputs="CONDITIONING"),
        _node(7, "CLIPTextEncode", "blurry", inputs=[("clip", "CLIP", 6)], outputs="CONDITIONING"),
        _node(5, "EmptyLatentImage", 64, 64, 1, outputs="LATENT"),
        _node(
            3,
            "KSampler",
            *(2**60 + 1, control, 20, 7.5, "euler", "normal", 1),
            inputs=[*ports, ("latent_image", "LATENT", 4)],
            outputs="LATENT",
        ),
        _node(8, "VAEDecode", inputs=[("samples", "LATENT", 7), ("vae", "VAE", 8)], outputs="IMAGE"),
        _saved(9),
        links=[
            (4, 0, 3, 0, "MODEL"),
            (6, 0, 3, 1, "CONDITIONING"),
            (7, 0, 3, 2, "CONDITIONING"),
            (5, 0, 3, 3, "LATENT"),
            (4, 1, 6, 0, "CLIP"),
            (4, 1, 7, 0, "CLIP"),
            (3, 0, 8, 0, "LATENT"),
            (4, 2, 8, 1, "VAE"),
            (8, 0, 9, 0, "IMAGE"),
        ],
    )


def _primitive(value: int) -> dict[str, Any]:
    """A primitive of the editor that gives the source its width, whose own widget holds 64."""
    primitive = _node(2, "PrimitiveNode", value, "fixed", outputs="INT")
    primitive["outputs"][0]["widget"] = {"name": "width"}
    source = _source(inputs=[("width", "INT", 1, True)])
    return _graph(primitive, source, _saved(), links=[(2, 0, 1, 0, "INT"), (1, 0, 9, 0, "IMAGE")])


def _subgraph(**promoted: float) -> dict[str, Any]:
    """A blur inside a subgraph, whose widgets the instance sets, listed in this order."""
    ports = [("blur_radius", "INT", 12, True), ("sigma", "FLOAT", 14, True)]
    blur = _node(5, "ImageBlur", *(3, 1.5), inputs=[("image", "IMAGE", 11), *ports], outputs="IMAGE")
    ends = [(11, -10, 0, 5, 0, "IMAGE"), (12, -10, 1, 5, 1, "INT"), (14, -10, 2, 5, 2, "FLOAT")]
    ends.append((13, 5, 0, -20, 0, "IMAGE"))
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    part = {
        "id": PART,
        "name": "Blurred",
        "version": 1,
        "state": {"lastGroupId": 0, "lastNodeId": 5, "lastLinkId": 13, "lastRerouteId": 0},
        "inputNode": {"id": -10, "bounding": [0, 0, 1, 1]},
        "outputNode": {"id": -20, "bounding": [0, 0, 1, 1]},
        "inputs": [
            {"id": "1", "name": "image", "type": "IMAGE", "linkIds": [11]},
            {"id": "2", "name": "blur_radius", "type": "INT", "linkIds": [12]},
            {"id": "4", "name": "sigma", "type": "FLOAT", "linkIds": [14]},
        ],
        "outputs": [{"id": "3", "name": "IMAGE", "type": "IMAGE", "linkIds": [13]}],
        "widgets": [],
        "nodes": [blur],
        "links": [dict(zip(names, end, strict=True)) for end in ends],
    }
    own = [("image", "IMAGE", 1), ("blur_radius", "INT", None, True), ("sigma", "FLOAT", None, True)]
    instance = _node(2, PART, *promoted.values(), inputs=own, outputs="IMAGE")
    instance["properties"] = {"proxyWidgets": [["-1", name] for name in promoted]}
    return {**_between(instance), "definitions": {"subgraphs": [part]}}


def _grouped() -> dict[str, Any]:
    """Two inverts as a group node, which was there before subgraphs."""
    inside = [
        {**_node(0, "ImageInvert", inputs=[("image", "IMAGE", None)], outputs="IMAGE"), "index": 0},
        {**_node(1, "ImageInvert", inputs=[("image", "IMAGE", None)], outputs="IMAGE"), "index": 1},
    ]
    group = {"nodes": inside, "links": [[0, 0, 1, 0, 0, "IMAGE"]], "external": []}
    instance = _node(2, "workflow>twice", inputs=[("image", "IMAGE", 1)], outputs="IMAGE")
    return {**_between(instance), "extra": {"groupNodes": {"twice": group}}}


ALIKE: dict[str, dict[str, Any]] = {
    "a reroute": _between(_node(2, "Reroute", inputs=[("", "*", 1)], outputs="IMAGE")),
    "a primitive": _primitive(64),
    "a muted node": _between(_inverted(mode=2)),
    "a bypassed node": _between(_inverted(mode=4)),
    "a note": _graph(_source(), _node(4, "Note", "to be done"), _saved(1), links=[(1, 0, 9, 0, "IMAGE")]),
    "a subgraph": _subgraph(blur_radius=7, sigma=2.5),
    "a getter and its setter": _graph(
        _source(),
        _node(2, "SetNode", "pic", inputs=[("IMAGE", "IMAGE", 1)], outputs="IMAGE"),
        _node(3, "GetNode", "pic", outputs="IMAGE"),
        _saved(),
        links=[(1, 0, 2, 0, "IMAGE"), (3, 0, 9, 0, "IMAGE")],
    ),
    "a seed with its control": _sampled("randomize"),
}
"""By what each is about."""
OTHERWISE: dict[str, dict[str, Any]] = {
    "a group node is no class of the server": _grouped(),
    "a primitive gives its value when the editor queues": _primitive(96),
    "the editor of 2023 saved true for randomize": _sampled(True),
    "an instance lists its widgets in an order of its own": _subgraph(sigma=2.5, blur_radius=7),
}
"""Those that the tool, as of 1.23.0, converts otherwise than the editor exports them, by what it does not know."""
