"""What a plain ComfyUI server does with prompts: rules that no recording of ours shows."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from comfyui_objects import errors_of, events_of, make_graph, run_to_end, submit

from pulumi_comfy.emulator import Emulator
from pulumi_comfy.emulator.comfyui.dynamic_inputs import inputs_of
from pulumi_comfy.emulator.comfyui_server.replacements import replaced
from pulumi_comfy.emulator.images import Picture, render_png


def with_node(node_class: str, inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**make_graph(), "3": {"class_type": node_class, "inputs": inputs, **more}}


def load_image(name: str) -> dict[str, Any]:
    return {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}},
    }


def test_an_unknown_class_is_named_by_the_title_of_its_node(comfyui: httpx.Client) -> None:
    error = comfyui.post("/prompt", json={"prompt": with_node("Nope", {}, _meta={"title": "Mine"})}).json()["error"]

    assert (error["type"], "'Mine'" in error["message"]) == ("missing_node_type", True)
    assert error["extra_info"] == {"node_id": "3", "class_type": "Nope", "node_title": "Mine"}


@pytest.mark.parametrize(
    ("link", "said"), [([1, 0], "1"), (["1", 0.0], "tuple indices must be integers or slices, not float")]
)
def test_node_ids_are_texts_and_slots_are_whole_numbers(link: list[Any], said: str, comfyui: httpx.Client) -> None:
    answer = comfyui.post("/prompt", json={"prompt": make_graph(images=link)})

    assert errors_of(answer) == {"2": ["exception_during_validation"]}
    assert answer.json()["node_errors"]["2"]["errors"][0]["details"] == said


def test_what_no_output_needs_is_not_looked_at(comfyui: httpx.Client) -> None:
    graph = with_node("ImageInvert", {"image": ["4", 0]}) | {"4": {"class_type": "ImageInvert"}}

    assert comfyui.post("/prompt", json={"prompt": graph}).json()["node_errors"] == {}


def test_a_link_to_nowhere_in_an_input_of_no_class_kills_the_worker(comfyui: httpx.Client, emulator: Emulator) -> None:
    first = submit(comfyui, make_graph(junk=["77", 0]))
    submit(comfyui, make_graph(1))
    emulator.clock.advance(1000)

    queue = comfyui.get("/queue").json()
    assert ([row[1] for row in queue["queue_running"]], len(queue["queue_pending"])) == ([first], 1)


def test_a_restart_revives_the_worker_and_forgets_the_queue(comfyui: httpx.Client, emulator: Emulator) -> None:
    submit(comfyui, make_graph(junk=["77", 0]))

    emulator.comfyui.restart()

    assert run_to_end(comfyui, emulator, make_graph())["status"]["completed"] is True


def test_null_as_extra_data_is_refused_by_a_newer_server(comfyui: httpx.Client) -> None:
    answer = comfyui.post("/prompt", json={"prompt": make_graph(), "extra_data": None})

    assert (answer.status_code, answer.text.startswith("500 Internal")) == (500, True)


@pytest.mark.parametrize(("version", "status"), [("0.3.64", 400), ("0.19.3", 500)])
def test_an_editors_graph_that_begins_with_its_nodes_is_refused(
    version: Any, status: int, comfyui: httpx.Client, emulator: Emulator
) -> None:
    emulator.comfyui.settings.version = version

    answer = comfyui.post("/prompt", json={"prompt": {"nodes": [], "links": [], "version": 0.4}})

    assert answer.status_code == status


def test_a_replaced_class_runs_as_its_replacement(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.models = {"controlnet": ["c.safetensors"]}
    graph = with_node("T2IAdapterLoader", {"t2i_adapter_name": "c.safetensors"}, _meta={"title": "old"})

    entry = run_to_end(comfyui, emulator, graph)

    told = entry["prompt"][2]["3"]
    assert (told["class_type"], told["inputs"]) == ("ControlNetLoader", {"control_net_name": "c.safetensors"})


def test_a_replaced_class_without_a_title_breaks_the_server(comfyui: httpx.Client) -> None:
    answer = comfyui.post("/prompt", json={"prompt": with_node("T2IAdapterLoader", {"t2i_adapter_name": "c"})})

    assert answer.status_code == 500


def test_a_newer_server_lists_replaced_classes(comfyui: httpx.Client) -> None:
    listed = comfyui.get("/api/node_replacements").json()

    assert [row["new_node_id"] for row in listed["T2IAdapterLoader"]] == ["ControlNetLoader"]


def test_a_class_is_not_replaced_by_one_that_the_server_does_not_have() -> None:
    prompt = with_node("T2IAdapterLoader", {"t2i_adapter_name": "c"}, _meta={})

    assert replaced(prompt, {}, {"T2IAdapterLoader": {"new_node_id": "ControlNetLoader"}}) == prompt


def test_a_growing_list_of_inputs_that_need_not_be_there_requires_none() -> None:
    input_ = {"required": {}, "optional": {"image": ["IMAGE", {}]}}
    template = {"prefix": "image", "min": 1, "max": 3, "input": input_}
    told: Any = {"input": {"required": {"images": ["COMFY_AUTOGROW_V3", {"template": template}]}}}

    assert inputs_of(told, {}) == {}
    assert inputs_of(told, {"images.image0": ["1", 0]}) == {"images.image0": ("optional", ["IMAGE", {}])}


def test_an_upload_may_stand_in_a_subfolder_that_no_list_shows(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.files.put("sub/a.png")

    answer = comfyui.post("/prompt", json={"prompt": load_image("sub/a.png")})

    listed = comfyui.get("/object_info/LoadImage").json()["LoadImage"]["input"]["required"]["image"][0]
    assert (answer.status_code, listed) == (200, [])


def test_an_upload_may_name_its_folder(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.files.put("made.png", folder="output")

    answers = [comfyui.post("/prompt", json={"prompt": load_image(f"made.png{one}")}) for one in ("", " [output]")]

    assert [answer.status_code for answer in answers] == [400, 200]


def test_a_missing_model_is_no_word_of_the_list(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.models = {"checkpoints": ["a.safetensors"]}
    graph = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "b.safetensors"}},
        "2": {"class_type": "PreviewAny", "inputs": {"source": ["1", 0]}},
    }

    errors = comfyui.post("/prompt", json={"prompt": graph}).json()["node_errors"]["1"]["errors"]

    assert errors[0]["details"] == "ckpt_name: 'b.safetensors' not in ['a.safetensors']"


@pytest.mark.parametrize(("version", "status"), [("0.3.64", 200), ("0.19.3", 400)])
def test_only_a_newer_server_checks_the_words_of_newer_nodes(
    version: Any, status: int, comfyui: httpx.Client, emulator: Emulator
) -> None:
    emulator.comfyui.settings.version = version
    emulator.comfyui.files.put("a.mp4", b"")
    saved = {"video": ["1", 0], "filename_prefix": "v", "format": "gif", "codec": "auto"}
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "a.mp4"}},
        "2": {"class_type": "SaveVideo", "inputs": saved},
    }

    assert comfyui.post("/prompt", json={"prompt": graph}).status_code == status


def test_a_switch_fits_anywhere(comfyui: httpx.Client) -> None:
    graph = with_node("ComfySwitchNode", {"switch": True, "on_true": ["1", 0]})
    graph["2"]["inputs"]["images"] = ["3", 0]

    assert comfyui.post("/prompt", json={"prompt": graph}).json()["node_errors"] == {}


def test_inputs_that_grow_have_a_least_number(comfyui: httpx.Client) -> None:
    graph = with_node("BatchImagesNode", {"images.image0": ["1", 0]})
    graph["2"]["inputs"]["images"] = ["3", 0]

    errors = comfyui.post("/prompt", json={"prompt": graph}).json()["node_errors"]["3"]["errors"]

    assert [one["details"] for one in errors] == ["images.image1"]


def test_the_classes_of_a_node_pack_can_be_added(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.add_classes({"Mine": {"input": {"required": {"text": ["STRING", {}]}}, "output": ["IMAGE"]}})

    answer = comfyui.post("/prompt", json={"prompt": with_node("Mine", {"text": "a"})})

    assert answer.status_code == 200


def test_what_is_no_class_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="Mine is no class"):
        emulator.comfyui.add_classes({"Mine": {}})


def test_the_newest_servers_want_a_uuid_for_a_prompt(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.prompt_ids = "uuid"

    answers = [comfyui.post("/prompt", json={"prompt": make_graph(), "prompt_id": one}) for one in ("abc", None)]

    assert [answer.status_code for answer in answers] == [400, 200]
    assert answers[0].json()["error"]["type"] == "invalid_prompt_id"


def test_a_prompt_that_says_front_goes_before_the_others(comfyui: httpx.Client) -> None:
    submit(comfyui, make_graph(1))
    submit(comfyui, make_graph(2))
    urgent = submit(comfyui, make_graph(3), front=True)

    assert comfyui.get("/queue").json()["queue_pending"][0][1] == urgent


def test_a_newer_server_shows_no_keys_in_its_queue(comfyui: httpx.Client) -> None:
    submit(comfyui, make_graph(), extra_data={"api_key_comfy_org": "comfyui-x", "more": 1})

    assert set(comfyui.get("/queue").json()["queue_running"][0][3]) == {"more", "create_time"}


def test_a_newer_server_shows_nothing_of_results_that_it_kept(comfyui: httpx.Client, emulator: Emulator) -> None:
    run_to_end(comfyui, emulator, make_graph())

    entry = run_to_end(comfyui, emulator, make_graph())

    assert (entry["outputs"], sorted(events_of(entry)["execution_cached"]["nodes"])) == ({}, ["1", "2"])


def test_an_upload_of_other_bytes_is_done_again(comfyui: httpx.Client, emulator: Emulator) -> None:
    cached = []
    for seed in (1, 1, 2):
        emulator.comfyui.files.put("a.png", render_png(Picture(8, 8, seed=seed)))
        cached.append(len(events_of(run_to_end(comfyui, emulator, load_image("a.png")))["execution_cached"]["nodes"]))

    assert cached == [0, 2, 0]


def test_a_server_may_keep_no_results(comfyui: httpx.Client, emulator: Emulator) -> None:
    emulator.comfyui.settings.keeps_results = False
    run_to_end(comfyui, emulator, make_graph())

    assert run_to_end(comfyui, emulator, make_graph())["outputs"]["2"]["images"][0]["filename"] == "check_00002_.png"


def test_a_picture_holds_the_prompt_and_the_document(comfyui: httpx.Client, emulator: Emulator) -> None:
    run_to_end(comfyui, emulator, make_graph(), extra_data={"extra_pnginfo": {"workflow": {"id": "w"}}})

    content = comfyui.get("/view", params={"filename": "check_00001_.png"}).content

    assert b'tEXtprompt\0{"1": {"class_type": "EmptyImage"' in content
    assert b'tEXtworkflow\0{"id": "w"}' in content
