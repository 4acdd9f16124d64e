"""What counts in a graph that the editor writes seldom: two setters of one name, spare subgraphs, rarer controls."""

from __future__ import annotations

import json
from typing import Any

from conversion_documents import graph, node

from pulumi_comfy.workflows import parse


def digest(document: dict[str, Any]) -> str:
    return parse(json.dumps(document)).digest


def test_a_list_of_choices_that_begins_anew_behind_its_end_is_no_content():
    def stepping(value: str, control: str) -> str:
        return digest(graph(node(1, "PrimitiveNode", value, control, "")))

    assert stepping("a", "increment-wrap") == stepping("b", "increment-wrap")
    assert stepping("a", "fixed") != stepping("b", "fixed")
