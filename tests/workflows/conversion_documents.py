"""Small graphs and servers for the tests of conversion."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_comfy.workflows import ConversionError, convert

INT, FLOAT, TEXT, FLAG = "INT", "FLOAT", "STRING", "BOOLEAN"
SEED = ["INT", {"default": 0, "min": 0, "max": 2**64 - 1, "control_after_generate": True}]


def declared(*outputs: str, optional: dict[str, Any] | None = None, **required: Any) -> dict[str, Any]:
    """What a server says of a class, its inputs as `name=type` or `name=[type, options]`."""

    def written(inputs: dict[str, Any]) -> dict[str, Any]:
        return {name: each if isinstance(each, list) else [each, {}] for name, each in inputs.items()}

    inputs = {"required": written(required), **({"optional": written(optional)} if optional else {})}
    return {
        "input": inputs,
        "input_order": {part: list(names) for part, names in inputs.items()},
        "output": list(outputs),
        "output_node": not outputs,
    }


SERVER: dict[str, Any] = {
    "Source": declared("IMAGE", width=INT, height=INT),
    "Blur": declared("IMAGE", image="IMAGE", radius=INT),
    "Blend": declared("IMAGE", first="IMAGE", second="IMAGE", factor=FLOAT),
    "Mask": declared("MASK", "IMAGE", mask="MASK", image="IMAGE"),
    "Text": declared("STRING", text=TEXT),
    "Sampler": declared("LATENT", seed=SEED, steps=INT, name=[["euler", "heun"]]),
    "Save": declared(images="IMAGE", prefix=TEXT),
}


def node(node_id: Any, kind: str, *values: Any, inputs: Any = (), **more: Any) -> dict[str, Any]:
    """A node of a graph; `inputs` are ports, or `(name, link)` of a socket."""
    ports = [each if isinstance(each, dict) else port(*each) for each in inputs]
    return {"id": node_id, "type": kind, "mode": 0, "inputs": ports, "widgets_values": list(values), **more}


def port(name: str, link: Any = None, kind: str = "IMAGE", *, widget: bool = False) -> dict[str, Any]:
    """An input of a node."""
    made: dict[str, Any] = {"name": name, "type": kind, "link": link}
    return {**made, "widget": {"name": name}} if widget else made


def graph(*nodes: dict[str, Any], links: Any = (), **more: Any) -> dict[str, Any]:
    """A graph; `links` are `(id, origin, slot, target)`, since the input itself names its link."""
    return {"nodes": list(nodes), "links": [[*link[:4], 0, "*"] for link in links], **more}


def inputs_of(
    document: dict[str, Any], node_id: str = "9", server: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """The inputs of one node of the converted prompt."""
    inputs: dict[str, Any] = convert(document, {**SERVER, **(server or {}), **more})[node_id]["inputs"]
    return inputs


def refusal(document: dict[str, Any], server: dict[str, Any] | None = None) -> list[str]:
    """The problems for which a graph is refused."""
    with pytest.raises(ConversionError) as raised:
        convert(document, {**SERVER, **(server or {})})
    assert raised.value.code == "not-convertible"
    return list(raised.value.problems)
