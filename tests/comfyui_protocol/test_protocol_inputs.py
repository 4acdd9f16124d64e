"""What a run is given by node, and what no cache answers (docs/comfyui-protocol.md 2.4)."""

from __future__ import annotations

from pulumi_comfy.comfyui_protocol.outputs import items_of, view_path
from pulumi_comfy.comfyui_protocol.overrides import merged, with_fresh_seeds, with_nonce
from pulumi_comfy.comfyui_protocol.rows import HistoryRow, JobRow
from pulumi_comfy.inference.judge import Item
from pulumi_comfy.inference.runner import Phase

GRAPH = {
    "1": {"class_type": "KSampler", "inputs": {"seed": 5, "steps": 20}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}},
}


def test_a_seed_that_is_left_open_is_fresh_and_one_that_is_given_stays():
    one, other = (with_fresh_seeds({}, GRAPH)["1"]["seed"] for _ in range(2))

    assert one != other
    assert with_fresh_seeds({"1": {"seed": "18446744073709551615"}}, GRAPH) == {"1": {"seed": 18446744073709551615}}


def test_overrides_are_written_in_and_the_graph_stays_as_it_is():
    made = merged(GRAPH, {"1": {"steps": 4}})

    assert made["1"]["inputs"] == {"seed": 5, "steps": 4}
    assert GRAPH["1"]["inputs"]["steps"] == 20


def test_a_nonce_stands_at_the_named_nodes_only():
    made = with_nonce(GRAPH, ["2"], "abc")

    assert made["1"] == GRAPH["1"]
    assert made["2"]["inputs"].items() > GRAPH["2"]["inputs"].items()


def test_files_are_shown_by_name_folder_and_type():
    file = {"filename": "a b.png", "subfolder": "x/y", "type": "temp"}

    assert items_of({"2": {"images": [file], "animated": [True], "text": ["hi"]}}, view_path) == [
        Item("2", "images", "a b.png", "/api/view?filename=a+b.png&subfolder=x%2Fy&type=temp"),
        Item("2", "text"),
    ]


def event(name, at, **told):
    return [name, {"timestamp": at, **told}]


def test_a_history_entry_tells_how_long_the_run_took_and_what_was_cached():
    messages = [
        event("execution_start", 1000),
        event("execution_cached", 1100, nodes=["1"]),
        event("execution_success", 3500),
    ]
    status = {"status_str": "success", "completed": True, "messages": messages}

    state = HistoryRow.model_validate({"outputs": {}, "status": status}).state()

    assert (state.phase, state.seconds, state.cached) == (Phase.DONE, 2.5, {"1"})


def test_an_interrupted_entry_is_cancelled_and_a_broken_one_failed():
    def ended(*messages):
        status = {"status_str": "error", "completed": False, "messages": list(messages)}
        return HistoryRow.model_validate({"status": status}).state()

    assert ended(event("execution_interrupted", 1)).word == "cancelled"
    broken = ended(event("execution_error", 1, node_id="2", exception_type="RuntimeError"))
    assert (broken.word, broken.error["exception_type"]) == ("failed", "RuntimeError")


def test_a_job_status_that_nobody_knows_yet_is_none_that_ends():
    assert JobRow(status="warming_up").state().phase is Phase.RUNNING
