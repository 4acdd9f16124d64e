"""The exam's question about answers of another shape, on a platform with the node classes of one graph only.

The whole list has thousands of values, and each costs a run.
"""

from __future__ import annotations

import copy

import pytest
from comfycloud_program import CHECK, graph
from test_contract_malformed import faults_of_ours, lived

from pulumi_comfy.emulator.comfyui.installation import Installation
from pulumi_comfy.inference import rollback

pytestmark = pytest.mark.apart

FEW = {"EmptyImage", "SaveImage"}


def small(color: int = 0) -> dict:
    """EmptyImage into SaveImage."""
    nodes = [one for one in graph()["nodes"] if one["type"] == "SaveImage"]
    empty = {
        **nodes[0],
        "id": 1,
        "type": "EmptyImage",
        "inputs": [],
        "outputs": [{"name": "IMAGE", "type": "IMAGE", "links": [9]}],
        "widgets_values": [72, 72, 1, color],
    }
    return {**graph(), "nodes": [empty, *nodes], "links": [[9, 1, 0, 9, 0, "IMAGE"]]}


@pytest.mark.parametrize("operation", ["create", "update"])
def test_no_answer_of_another_shape_to_a_check_is_our_fault(lone, operation, monkeypatch, one_in):
    monkeypatch.setattr(rollback, "LEAST_SECONDS", 0)
    whole = Installation.classes
    few = lambda self: {name: one for name, one in whole(self).items() if name in FEW}  # noqa: E731
    monkeypatch.setattr(Installation, "classes", few)
    it = lone(workflow=small(), inference_check={"expect": CHECK["expect"]})
    it.kind = copy.copy(it.kind)
    object.__setattr__(it.kind, "edit", {"workflow": small(7)})
    before, told, work = lived(it, operation)

    assert faults_of_ours(before, told, work, one_in(8)) == []
