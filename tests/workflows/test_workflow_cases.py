"""Documents as real servers and editors have made them, each with its right value; `cases/` holds the files.

`v_*` are API prompts to be checked against `object_info_excerpt.json`, `p_*` are one export with both halves, `d_*`
hold a document before and after, `e_*` are no documents as they stand.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from workflow_documents import REAL_WORKFLOWS, words

from pulumi_comfy.workflows import Document, WorkflowError, pair_problems, parse, run_problems, validate_against

CASES = Path(__file__).parent / "cases"
FOUND = REAL_WORKFLOWS / "cases"


def text_of(name: str) -> str:
    return (CASES / f"{name}.json").read_text(encoding="utf-8")


def verdict(name: str, **more: Any) -> list[str]:
    return validate_against(json.loads(text_of("object_info_excerpt")), parse(text_of(name)).prompt or {}, **more)


def told(name: str) -> list[str]:
    both = json.loads(text_of(name))
    before, after = (parse(json.dumps(both[key])) for key in ("before", "after"))
    return words(before, after)


def refusal(name: str) -> str:
    with pytest.raises(WorkflowError) as raised:
        parse(text_of(name))
    return str(raised.value)


def test_an_output_of_a_matched_type_fits_anywhere():
    assert verdict("v_matchtype_switch") == []


def test_a_file_that_nobody_uploaded_is_told_with_the_node_that_loads_it():
    assert verdict("v_loadimage_missing") == ['LoadImage #1: image "not_there.png" is not on the server']


def test_a_node_id_that_is_a_number_is_told_since_no_server_finds_it():
    line = 'SaveImage #2: images is linked as no server reads it: its node id is a number; write ["1", 0]'

    assert verdict("v_number_node_id") == [line]
    assert run_problems(parse(text_of("v_number_node_id")).prompt or {}) == [line]


def test_a_class_that_the_server_replaces_is_known_to_it():
    assert verdict("v_replaced_class", replaced=["T2IAdapterLoader"]) == []


def test_a_class_that_the_server_does_not_replace_is_unknown():
    assert verdict("v_replaced_class") == ["T2IAdapterLoader #3: the server does not know this class"]


def test_a_name_that_is_like_no_other_comes_without_a_suggestion():
    assert verdict("v_unlike_suggestion") == [
        'CheckpointLoaderSimple #1: ckpt_name "nope.safetensors" is not on the server'
    ]


def test_a_loop_that_no_output_needs_is_no_problem():
    assert verdict("v_unneeded_loop") == []
    assert run_problems(parse(text_of("v_unneeded_loop")).prompt or {}) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("p_*.json")))
def test_the_two_halves_of_one_export_agree(name: str):
    assert pair_problems(parse(text_of(name))) == []


SAME = ["d_boolean_control_seed", "d_preview_text", "d_null_padding", "d_output_links_table_order"]


@pytest.mark.parametrize("name", SAME)
def test_what_the_editor_alone_rewrites_is_no_change(name: str):
    assert told(name) == []


DIFFERENT = {
    "d_boolean_control_steps": "KSampler #5: steps 20 -> 30",
    "d_named_values": 'PixNode #1: model.prompt "a" -> "b"',
    "d_promoted_value_name": "Sample #10: seed 5 -> 9",
    "d_number_vs_text_node_id": "SaveImage #7: images now from VAEDecode #6 output 0, its node id is a number "
    "(was VAEDecode #6 output 0)",
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_change_is_told_by_the_right_name(name: str):
    assert told(name) == [DIFFERENT[name]]


def test_a_worker_s_job_is_refused_with_the_place_of_the_prompt():
    assert "the API prompt stands inside it, at input.workflow: give that alone" in refusal("e_runpod")


def test_an_entry_of_a_server_s_history_is_refused_with_the_place_of_the_prompt():
    assert "the API prompt stands inside it, at abc.prompt[2]: give that alone" in refusal("e_history_entry")


def test_a_server_s_note_that_is_no_number_is_refused_with_its_place_and_the_mend():
    said = refusal("e_nan_is_changed")

    assert "the number NaN at 4.is_changed[0], which is not finite" in said
    assert "remove is_changed, which is no part of a prompt" in said


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([3, "abc", {"1": {"class_type": "A", "inputs": {}}}], "the API prompt stands inside it, at [2]"),
        ({"queue_running": [[0, "x", {"1": {"class_type": "A", "inputs": {}}}]]}, "at queue_running[0][2]"),
        ({"prompt": [3, "abc", {"1": {"class_type": "A", "inputs": {}}}], "outputs": {}}, "at prompt[2]"),
        ({"data": {"graph": {"nodes": [], "links": []}}}, "the editor's graph stands inside it, at data.graph"),
        ({"input": {"workflow_json": '{"1": {"class_type": "A"}}'}}, "as a text inside it, at input.workflow_json"),
        ({"workflow": '{"nodes": []}'}, "as a text inside it, at workflow"),
    ],
)
def test_a_document_that_is_wrapped_is_found_in_the_wrapping(document: Any, place: str):
    with pytest.raises(WorkflowError) as raised:
        parse(json.dumps(document))

    assert place in str(raised.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_not_finite_is_refused_with_its_place(number: str):
    text = f'{{"1": {{"class_type": "A", "inputs": {{"a": {{"b": [1, {number}]}}}}}}}}'

    with pytest.raises(WorkflowError) as raised:
        parse(text)

    assert f"the number {number} at 1.inputs.a.b[1], which is not finite; replace it by a real number" in str(
        raised.value
    )


def test_a_document_of_both_halves_is_read_as_two():
    assert isinstance(parse(text_of("p_set_get")), Document)


@pytest.mark.skipif(not FOUND.is_dir(), reason="the cases that were found are not beside the checkout")
def test_every_case_that_was_found_is_one_of_those_here():
    found = {path.name: json.loads(path.read_text("utf-8")) for path in FOUND.glob("*.json") if "nan" not in path.name}

    here = {path.name: json.loads(path.read_text("utf-8")) for path in CASES.glob("*.json") if "nan" not in path.name}
    assert found == here
