"""Reading documents: formats, envelopes, and everything that can be wrong with a text."""

from __future__ import annotations

import json
import pickle
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow_documents import BIG_SEED, document, make_graph, make_prompt, node, subgraph

from pulumi_comfy.workflows import CODES, Document, WorkflowError, WorkflowErrorCode, canonical, parse, require_prompt

GRAPH = json.dumps(make_graph())
PROMPT = json.dumps(make_prompt())


def refusal(text: str, api_text: str | None = None) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        parse(text, api_text)
    return caught.value


def with_node(**changes: Any) -> str:
    return json.dumps({"nodes": [{**node(1, "Note"), **changes}], "links": []})


def test_a_graph_is_recognised_by_its_nodes():
    read = parse(GRAPH)

    assert (read.graph, read.prompt) == (make_graph(), None)


def test_a_prompt_is_recognised_by_its_class_types():
    read = parse(PROMPT)

    assert (read.graph, read.prompt) == (None, make_prompt())


def test_graph_and_prompt_may_be_two_texts():
    read = parse(GRAPH, PROMPT)

    assert (read.graph, read.prompt) == (make_graph(), make_prompt())


def test_the_prompt_beside_a_graph_may_be_in_an_envelope():
    read = parse(GRAPH, json.dumps({"prompt": make_prompt(), "client_id": "x"}))

    assert read.prompt == make_prompt()


@pytest.mark.parametrize("key", ["prompt", "output", "workflow_api", "workflow_api_json"])
def test_an_envelope_of_both_is_unwrapped(key: str):
    read = parse(json.dumps({"workflow": make_graph(), key: make_prompt()}))

    assert (read.graph, read.prompt) == (make_graph(), make_prompt())


@pytest.mark.parametrize(
    ("envelope", "has_graph", "has_prompt"),
    [
        ({"prompt": make_prompt()}, False, True),
        ({"prompt": make_prompt(), "workflow": None}, False, True),
        ({"workflow": make_graph()}, True, False),
        ({"workflow": make_graph(), "prompt": None}, True, False),
        ({"workflow": make_prompt()}, False, True),
        ({"prompt": make_prompt(), "extra_data": {"extra_pnginfo": {"workflow": make_graph()}}}, True, True),
        ({"prompt": make_prompt(), "extra_data": {"extra_pnginfo": []}}, False, True),
        ({"prompt": make_prompt(), "extra_data": None}, False, True),
    ],
    ids=["prompt", "null-workflow", "workflow", "null-prompt", "prompt-as-workflow", "run", "odd-run", "null-extra"],
)
def test_an_envelope_may_hold_either(envelope: dict[str, Any], has_graph: bool, has_prompt: bool):
    read = parse(json.dumps(envelope))

    assert (read.graph is not None, read.prompt is not None) == (has_graph, has_prompt)


def test_comfydeploys_export_is_split_into_graph_and_prompt():
    export = {**make_graph(), "workflow_api": make_prompt(), "environment": {"gpu": "A10G"}}

    read = parse(json.dumps(export))

    assert (read.graph, read.prompt) == (make_graph(), make_prompt())


def test_an_export_without_a_prompt_is_a_graph():
    read = parse(json.dumps({**make_graph(), "workflow_api": None}))

    assert read.prompt is None


def test_a_prompt_may_have_a_node_called_prompt():
    prompt = {"prompt": {"class_type": "PreviewImage", "inputs": {}}}

    assert parse(json.dumps(prompt)).prompt == prompt


def test_an_empty_graph_is_a_graph():
    assert parse('{"nodes": [], "links": []}').graph == {"nodes": [], "links": []}


def test_a_graph_without_links_is_a_graph():
    assert parse('{"nodes": [{"id": 1, "type": "Note"}]}').graph is not None


def test_a_byte_order_mark_is_tolerated():
    assert parse("\ufeff" + PROMPT).prompt == make_prompt()


def test_seeds_of_64_bits_survive_exactly():
    prompt = make_prompt()
    prompt["3"]["inputs"]["seed"] = BIG_SEED

    read = document(prompt=prompt)

    assert f'"seed":{BIG_SEED},' in (read.prompt_text or "")


def test_texts_keep_the_order_as_written():
    text = '{"9":{"inputs":{"b":1,"a":[1.5,"é"]},"class_type":"X"},"1":{"inputs":{},"class_type":"Y"}}'

    assert parse(text).prompt_text == text


def test_texts_of_absent_parts_are_none():
    assert (parse(PROMPT).graph_text, parse(GRAPH).prompt_text) == (None, None)


def test_the_graphs_text_reads_back_the_same():
    read = parse(GRAPH)

    assert json.loads(read.graph_text or "") == read.graph


HOSTILE = [
    # text, code, words of the message
    ("", "empty", ["Workflow > Export"]),
    (" \n\t", "empty", []),
    ("\ufeff", "empty", []),
    ("{}", "empty", ["nodes", "class_type"]),
    ('{"prompt": {}}', "empty", ["Export (API)"]),
    ("{", "not-json", ["line 1, column 2"]),
    ('{"a": 1,\n  oops}', "not-json", ["line 2, column 3"]),
    ("workflows/portrait.json", "not-json", ["name of a file"]),
    ("{}}", "not-json", []),
    ("[]", "not-an-object", ["a list"]),
    ("3", "not-an-object", ["a number"]),
    ("3.5", "not-an-object", ["a number"]),
    ('"x"', "not-an-object", ["a text"]),
    ("true", "not-an-object", ["a boolean"]),
    ("null", "not-an-object", ["null"]),
    ('{"a": NaN}', "not-finite", ["NaN"]),
    ('{"a": -Infinity}', "not-finite", ["-Infinity"]),
    ('{"a": 1e999}', "not-finite", ["1e999"]),
    ('{"a": ' + "9" * 101 + "}", "number-too-long", ["101 digits"]),
    ('{"a": ' + "9" * 5000 + "}", "number-too-long", ["5000 digits"]),
    ('{"a": {"seed": 1, "seed": 2}}', "duplicate-key", ['"seed"']),
    ('{"a": {"b": 0, "seed": 1, "b": 2, "seed": 2}}', "duplicate-key", ['"b"']),
    ('{"a": "\\ud83d"}', "bad-text", ["surrogate"]),
    ('{"\\ude00": 1}', "bad-text", ["surrogate"]),
    ('{"a": "\\u0000"}', "bad-text", ["U+0000"]),
    ('{"b\\\\\\u0000": 1}', "bad-text", ["U+0000"]),
    ("[" * 100_000, "too-deep", ["100 levels"]),
    ('{"a":' * 200 + "1" + "}" * 200, "too-deep", ["100 levels"]),
    ('{"a": 1, "b": 2}', "unknown-format", ['"a", "b"', "expected the editor's graph"]),
    ('{"workflow": 7}', "unknown-format", ['under "workflow" a number']),
    ('{"workflow": {"a": 1}, "prompt": {}}', "unknown-format", ['under "workflow" an object']),
    ('{"prompt": [1]}', "unknown-format", ["a list where its API prompt belongs"]),
    ('{"prompt": "{}"}', "unknown-format", ["a text where its API prompt belongs"]),
    ('{"prompt": ' + GRAPH + "}", "graph-as-prompt", ["Export (API)"]),
    ('{"1": {"class_type": "X", "inputs": {}}, "2": 5}', "bad-prompt", ["Node #2", "is a number"]),
    ('{"1": {"class_type": "X"}}', "bad-prompt", ["Node #1", "has no inputs object"]),
    ('{"1": {"class_type": "X", "inputs": []}}', "bad-prompt", ["has no inputs object"]),
    ('{"1": {"class_type": "", "inputs": {}}}', "bad-prompt", ["has no class_type"]),
    ('{"1": {"class_type": null, "inputs": {}}}', "bad-prompt", ["has no class_type"]),
    ('{"prompt": {"1": {"inputs": {}}}}', "bad-prompt", ["has no class_type"]),
    ('{"1": {"class_type": "X", "inputs": {"i": ["77", 0]}}}', "dangling-link", ["X #1", "input i", "#77"]),
    ('{"1": {"class_type": "X", "inputs": {"i": [512, 512]}}}', "dangling-link", ["__value__"]),
    ('{"1": {"class_type": "X", "inputs": {"i": ["77", 0.0]}}}', "dangling-link", ["#77"]),
    (with_node(id=None), "bad-graph", ["without an id"]),
    (with_node(id=True), "bad-graph", ["without an id"]),
    (with_node(type=None), "bad-graph", ["or a type"]),
    ('{"nodes": [3]}', "bad-graph", ["or a type"]),
    ('{"nodes": [{"id": 1, "type": "A"}, {"id": "1", "type": "B"}]}', "bad-graph", ["two nodes with the id 1"]),
    ('{"nodes": [], "links": [[1, 2, 0]]}', "bad-graph", ["a list among its links"]),
    ('{"nodes": [], "links": [{"id": 1}]}', "bad-graph", ["an object among its links"]),
    ('{"nodes": [], "links": [7]}', "bad-graph", ["a number among its links"]),
    (
        json.dumps({"nodes": [], "definitions": {"subgraphs": [{**subgraph(), "nodes": [{"id": 1}]}]}}),
        "bad-graph",
        ["or a type"],
    ),
]


@pytest.mark.parametrize(("text", "code", "said"), HOSTILE)
def test_a_hostile_text_is_refused_in_words(text: str, code: str, said: list[str]):
    error = refusal(text)

    assert error.code == code
    assert [part for part in said if part not in str(error)] == []


@pytest.mark.parametrize(("text", "code", "said"), [row for row in HOSTILE if not row[0].startswith('{"nodes')])
def test_a_hostile_api_text_is_refused_too(text: str, code: str, said: list[str]):
    error = refusal(GRAPH, text)

    assert error.code == code or (code, error.code) == ("bad-graph", "graph-as-prompt")


@pytest.mark.parametrize(
    "text",
    [
        '{"1": {"class_type": "X", "inputs": {"i": ' + value + "}}}"
        for value in (
            '["77"]',
            '["77", 0, 1]',
            "[true, 0]",
            "[1.5, 0]",
            '["77", true]',
            '["77", 0.5]',
            '["77", "0"]',
            "[[], 0]",
            '{"__value__": ["77", 0]}',
        )
    ],
)
def test_a_list_that_is_no_link_does_not_dangle(text: str):
    assert parse(text).prompt is not None


def test_a_graph_as_api_text_is_refused():
    error = refusal(GRAPH, GRAPH)

    assert error.code == "graph-as-prompt"
    assert "Export (API)" in str(error)


def test_swapped_documents_are_named():
    error = refusal(PROMPT, GRAPH)

    assert error.code == "graph-as-prompt"
    assert "swapped" in str(error)


def test_two_prompts_are_refused():
    assert refusal(PROMPT, PROMPT).code == "two-prompts"


def test_the_two_texts_are_told_apart_in_errors():
    assert str(refusal(GRAPH, "{")).startswith("The API prompt is not valid JSON")


def test_null_links_and_links_of_both_formats_are_read():
    objects = {"id": 2, "origin_id": 1, "origin_slot": 0, "target_id": 2, "target_slot": 0, "type": "X"}

    read = parse(json.dumps({"nodes": [], "links": [None, [1, 1, 0, 2, 0], objects]}))

    assert read.graph is not None


def test_the_prompt_of_a_document_is_handed_over():
    assert require_prompt(parse(GRAPH, PROMPT)) == make_prompt()


def test_a_missing_prompt_names_the_editors_export():
    with pytest.raises(WorkflowError, match=r"Workflow > Export \(API\)") as caught:
        require_prompt(parse(GRAPH))

    assert caught.value.code == "prompt-needed"


def test_every_code_has_a_meaning():
    assert set(CODES) == set(get_args(WorkflowErrorCode))


def test_every_code_is_reached_by_a_test():
    here = {code for _, code, _ in HOSTILE}

    assert set(CODES) - here == {
        "two-prompts",
        "prompt-needed",
        "not-convertible",
    }  # above, and in the tests of conversion


def test_an_error_survives_pickling():
    error = pickle.loads(pickle.dumps(refusal("[]")))

    assert (error.code, str(error)) == ("not-an-object", str(refusal("[]")))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)
NODE_KEYS = ["id", "type", "mode", "inputs", "widgets_values", "properties", "title", "outputs"]
GRAPH_KEYS = ["links", "definitions", "extra", "models", "groups", "version"]
ODD_NODES = st.builds(
    lambda base, odd: {**base, **odd},
    st.fixed_dictionaries({"id": st.integers(0, 9), "type": st.sampled_from(["KSampler", "Reroute", "PrimitiveNode"])}),
    st.dictionaries(st.sampled_from(NODE_KEYS[2:]), JSON_VALUES, max_size=3),
)
ODD_GRAPHS = st.builds(
    lambda nodes, odd: {"nodes": nodes, **odd},
    st.lists(ODD_NODES, max_size=3, unique_by=lambda each: each["id"]),
    st.dictionaries(st.sampled_from(GRAPH_KEYS), JSON_VALUES, max_size=3),
)
ODD_PROMPTS = st.dictionaries(
    st.text(max_size=3),
    st.fixed_dictionaries(
        {"class_type": st.text(min_size=1, max_size=4), "inputs": st.dictionaries(st.text(max_size=4), JSON_VALUES)}
    ),
    max_size=3,
)


@pytest.mark.apart
@given(st.text())
def test_no_text_raises_anything_else(text: str):
    try:
        read = parse(text)
    except WorkflowError:
        return

    assert isinstance(read, Document)


@pytest.mark.apart
@settings(max_examples=300)
@given(JSON_VALUES | ODD_GRAPHS | ODD_PROMPTS, st.none() | ODD_PROMPTS)
def test_whatever_parses_has_a_canonical_form_and_a_digest(value: object, prompt: object):
    try:
        read = parse(json.dumps(value), None if prompt is None else json.dumps(prompt))
    except WorkflowError:
        return

    assert json.dumps(canonical(read), allow_nan=False)
    assert len(read.digest) == 64
