"""Time grows with a document's size and not with its square: counted are the lines of this room that run."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from workflow_documents import changed, node, port

import pulumi_comfy.workflows
from pulumi_comfy.workflows import (
    check_run_inputs,
    convert,
    describe_changes,
    external_inputs,
    find_secrets,
    hopeless_loop,
    model_files,
    output_node_ids,
    pair_problems,
    parse,
    parse_leniently,
    run_problems,
    seed_inputs,
    validate_against,
    vary_seed,
)

ROOM = str(Path(pulumi_comfy.workflows.__file__).parent)
SMALL, TIMES, SLACK = 60, 4, 1.35
"""A document, how many times larger the other is, and how much more than that many times the steps it may take."""

Made = tuple[Any, Any]


def steps(work: Callable[[], object]) -> int:
    """How many lines of the room run; a loop on one line counts each time round."""
    count = 0

    def line(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, _event: str, _arg: object) -> Any:
        return line if frame.f_code.co_filename.startswith(ROOM) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def link(link_id: int, origin: int, target: int, slot: int = 0) -> list[Any]:
    return [link_id, origin, 0, target, slot, "*"]


def by_hand(size: int) -> Made:
    """A graph without the nodes' `inputs`: only the table of links knows."""
    nodes = [{"id": at, "type": "A", "widgets_values": [at]} for at in range(size)]
    return {"nodes": nodes, "links": [link(at, at, at + 1) for at in range(size - 1)]}, None


def reroutes(size: int) -> Made:
    """A chain of reroutes with a node at each of them."""
    nodes = [node(0, "A")]
    links = []
    for at in range(1, size):
        nodes += [node(at, "Reroute", port("", at)), node(size + at, "B", port("x", size + at))]
        links += [link(at, at - 1, at), link(size + at, at, size + at)]
    return {"nodes": nodes, "links": links}, None


def unpaired(size: int) -> Made:
    """A graph and a prompt that have nothing in common."""
    nodes = [node(at, "A", port("x", at)) for at in range(size)]
    links = [link(at, (at + 1) % size, at) for at in range(size)]
    return {"nodes": nodes, "links": links}, {f"{size + at}": {"class_type": "B", "inputs": {}} for at in range(size)}


def one_origin(size: int) -> Made:
    """Many inputs of one name, fed by one node, in both halves."""
    nodes = [node(0, "A"), node(1, "B", *(port("x", at) for at in range(size)))]
    prompt = {"0": {"class_type": "A", "inputs": {}}}
    prompt["1"] = {"class_type": "B", "inputs": {f"x{at}": ["0", 0] for at in range(size)}}
    return {"nodes": nodes, "links": [link(at, 0, 1, at) for at in range(size)]}, prompt


def widgets(size: int) -> Made:
    """One node with many widgets."""
    values = list(range(size))
    prompt = {"1": {"class_type": "A", "inputs": {f"w{at}": at for at in values}}}
    return {"nodes": [node(1, "A", widgets=values)], "links": []}, prompt


def chain(size: int) -> Made:
    """A prompt of one long chain, which ends in a loop that its many outputs need."""
    prompt: dict[str, Any] = {"0": {"class_type": "A", "inputs": {"x": [str(size - 1), 0]}}}
    for at in range(1, size):
        prompt[str(at)] = {"class_type": "A", "inputs": {"x": [str(at - 1), 0]}}
        prompt[f"{size + at}"] = {"class_type": "SaveImage", "inputs": {"images": [str(at), 0]}}
    return None, prompt


def inputs(size: int) -> Made:
    """A prompt with many inputs for a run."""
    kind = "ComfyUIDeployExternalText"
    return None, {str(at): {"class_type": kind, "inputs": {"input_id": f"name{at}"}} for at in range(size)}


def hosts(size: int) -> Made:
    """A chain of subgraphs, each with two instances of the next and a promoted seed: 2 to the size when unfolded."""
    parts = []
    for at in range(size):
        kind = f"part{at + 1}" if at + 1 < size else "KSampler"
        inner = [node(key, kind, port("seed", key, widget=True), widgets=(1, "randomize")) for key in (1, 2)]
        links = [link(key, -10, key) for key in (1, 2)]
        parts.append({"id": f"part{at}", "inputs": [{"name": "seed"}], "nodes": inner, "links": links})
    top = node(1, "part0", widgets=(1,))
    prompt = {":".join(["1"] * (size + 1)): {"class_type": "KSampler", "inputs": {"seed": 1}}}
    return {"nodes": [top], "links": [], "definitions": {"subgraphs": parts}}, prompt


def ring(size: int) -> Made:
    """A subgraph that holds itself, asked for far inside."""
    part = {"id": "part", "inputs": [{"name": "seed"}], "links": [link(1, -10, 1)]}
    part["nodes"] = [node(1, "part", port("seed", 1, widget=True), widgets=(1,))]
    prompt = {":".join(["1"] * size): {"class_type": "KSampler", "inputs": {"seed": 1}}}
    return {"nodes": part["nodes"], "links": [], "definitions": {"subgraphs": [part]}}, prompt


def promoted(size: int) -> Made:
    """A subgraph that promotes many widgets of one node."""
    names = [f"w{at}" for at in range(size)]
    inner = node(1, "A", *(port(name, at, widget=True) for at, name in enumerate(names)), widgets=list(range(size)))
    links = [[at, -10, at, 1, at, "*"] for at in range(size)]
    part = {"id": "part", "inputs": [{"name": name} for name in names], "nodes": [inner], "links": links}
    host = node(1, "part", widgets=list(range(size)))
    return {"nodes": [host], "links": [], "definitions": {"subgraphs": [part]}}, None


def texts(size: int) -> Made:
    """Texts that the editor may have drawn, with as many places as can be."""
    text = "{a|b} /* " * size
    nodes = [node(1, "A", port("x"), widgets={"text": text, "other": "/*" * size})]
    drawn = {"text": "a " * size, "other": "x"}
    return {"nodes": nodes, "links": []}, {"1": {"class_type": "A", "inputs": drawn}}


MADE = [by_hand, reroutes, unpaired, one_origin, widgets, chain, inputs, hosts, ring, promoted, texts]


def everything(made: Made) -> None:
    """All that is asked of a document on its way to a platform."""
    graph, prompt = made
    text, api_text = json.dumps(graph or prompt), json.dumps(prompt) if graph and prompt else None
    document, _ = parse_leniently(text, api_text)
    other = parse_leniently(*(each and changed_everywhere(each) for each in (text, api_text)))[0]
    describe_changes(other, document)
    pair_problems(document)
    find_secrets(document)
    read = document.prompt or {}
    run_problems(read)
    hopeless_loop(read)
    kinds = {"A": {"input": {"required": {"y": ["INT"], "w1": [["a"]]}}, "output": ["*"], "output_node": True}}
    validate_against(kinds, read)
    offered = external_inputs(read)
    check_run_inputs(offered, {f"Name{known.input_id}": 1 for known in offered})
    seed_inputs(read)
    model_files(read)
    output_node_ids(read)
    vary_seed(read, 5)


def changed_everywhere(text: str) -> str:
    def other(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: f"{item}x" if key == "class_type" else other(item) for key, item in value.items()}
        return [other(item) for item in value] if isinstance(value, list) else value

    return json.dumps(other(json.loads(text)))


@pytest.mark.parametrize("make", MADE, ids=[make.__name__ for make in MADE])
def test_the_steps_grow_as_the_document_does(make: Callable[[int], Made]):
    small, large = make(SMALL), make(SMALL * TIMES)

    everything(small)  # what is read once for all documents is read now
    assert steps(lambda: everything(large)) <= TIMES * SLACK * steps(lambda: everything(small))


def borders(size: int) -> dict[str, Any]:
    """A subgraph with as many inputs, outputs and promoted widgets, each of which is linked outside."""
    inner = [node(at, "A", port("x", at), widgets=[at]) for at in range(size)]
    links = [
        *([at, -10, at, at, 0, "*"] for at in range(size)),
        *([size + at, at, 0, -20, at, "*"] for at in range(size)),
    ]
    ports = {
        "inputs": [{"name": f"i{at}"} for at in range(size)],
        "outputs": [{"linkIds": [size + at]} for at in range(size)],
    }
    part = {"id": "part", "nodes": inner, "links": links, **ports}
    host = node(0, "part", *(port(f"i{at}", size) for at in range(size)), widgets=list(range(size)))
    host["properties"] = {"proxyWidgets": [[str(at), "w"] for at in range(size)]}
    ends = [node(2 + at, "A", port("x", at), widgets=[at]) for at in range(size)]
    graph_links = [[at, 0, at, 2 + at, 0, "*"] for at in range(size)]
    nodes = [host, node(1, "B"), *ends]
    return {"nodes": nodes, "links": [*graph_links, link(size, 1, 0)], "definitions": {"subgraphs": [part]}}


def one_chain(kind: str, mode: int) -> Callable[[int], dict[str, Any]]:
    """A chain of nodes that pass a link on, with as many nodes at its end."""

    def made(size: int) -> dict[str, Any]:
        chain = [{**node(at, kind, port("x", at)), "mode": mode} for at in range(1, size)]
        ends = [node(size + at, "A", port("x", size), widgets=[at]) for at in range(size)]
        links = [link(at, at - 1, at) for at in range(1, size + 1)]
        return {"nodes": [node(0, "B"), *chain, *ends], "links": links}

    return made


@pytest.mark.parametrize(
    "make", [borders, one_chain("Reroute", 0), one_chain("C", 4)], ids=["borders", "reroutes", "bypassed"]
)
def test_the_steps_of_a_conversion_grow_as_the_graph_does(make: Callable[[int], dict[str, Any]]):
    inputs = {"required": {"x": ["*"], "w": ["INT"]}}
    classes = {"A": {"input": inputs, "output": ["*"], "output_node": True}, "B": {"input": {}, "output": ["*"]}}
    small, large = make(SMALL), make(SMALL * TIMES)

    convert(small, classes)
    assert steps(lambda: convert(large, classes)) <= TIMES * SLACK * steps(lambda: convert(small, classes))


@pytest.mark.parametrize("make", [reroutes, chain, hosts, ring], ids=["reroutes", "chain", "hosts", "ring"])
def test_no_chain_is_too_long(make: Callable[[int], Made]):
    everything(make(3_000))


def test_a_document_with_many_faults_is_told_of_in_a_few_lines():
    graph, prompt = unpaired(500)
    document = parse(json.dumps(graph), json.dumps(prompt))

    assert pair_problems(document)[20:] == ["... and 980 more differences"]


def test_many_problems_of_a_run_are_told_in_a_few_lines():
    prompt = {str(at): {"class_type": "A", "inputs": {"y": "x"}} for at in range(500)}
    kinds = {"A": {"input": {"required": {"y": ["INT"]}}, "output_node": True}}

    assert validate_against(kinds, prompt)[20:] == ["... and 480 more problems"]
    assert validate_against({}, prompt)[20:] == ["... and 480 more problems"]


def test_many_links_that_no_server_reads_are_told_in_a_few_lines():
    prompt = {"0": {"class_type": "A", "inputs": {}}}
    prompt |= {str(at): {"class_type": "SaveImage", "inputs": {"images": [0, 0]}} for at in range(1, 500)}

    assert run_problems(prompt)[20:] == ["... and 479 more problems"]


def test_many_credentials_are_told_in_a_few_lines():
    prompt = {str(at): {"class_type": "SaveImage", "inputs": {"api_key": "canary"}} for at in range(500)}

    assert find_secrets(parse(json.dumps(prompt)))[20:] == ["... and 480 more places"]


def test_many_broken_nodes_are_told_in_a_few_lines():
    prompt = {"0": {"class_type": "A", "inputs": {}}, **{str(at): {} for at in range(1, 500)}}

    told = parse_leniently(json.dumps(prompt))[1]

    assert len(told) == 21
    assert str(told[-1]).startswith("... and 479 more: The document is an API prompt, but one of its nodes is not")


def test_a_loop_of_many_nodes_is_told_in_a_line():
    prompt = chain(500)[1]

    assert len(run_problems(prompt)[0]) < 200
    assert hopeless_loop(prompt).endswith("form a loop, which no output can do without")


def test_many_unknown_inputs_of_a_run_name_a_few_of_what_there_is():
    offered = external_inputs(inputs(500)[1])

    assert check_run_inputs(offered, {"zzz": 1})[0].endswith(" and 480 more")


def test_a_change_of_every_node_is_told_in_a_few_lines():
    before = {"1": {"class_type": "SaveImage", "inputs": {f"a{at}": 1 for at in range(500)}}}
    after = changed(before, lambda p: p["1"]["inputs"].update({f"a{at}": 2 for at in range(500)}))

    assert describe_changes(parse(json.dumps(before)), parse(json.dumps(after)))[20:] == ["... and 480 more"]
