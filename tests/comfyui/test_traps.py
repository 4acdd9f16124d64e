"""What surprises on a plain server, each named after its trap (docs/platforms/comfyui.md, docs/comfyui-protocol.md)."""

from __future__ import annotations

import json
import threading

import httpx
import pytest
from comfyui_program import (
    MODEL,
    SIMPLE_PROMPT,
    digest_in,
    files,
    make_graph,
    make_simple_graph,
    moved,
    runs,
    text,
)
from lone import bodies, up
from plain_http import PlainHttp
from waiting import eventually

PATH = "workflows/portrait.json"


@pytest.fixture
def it(lone):
    """A workflow with a check, not yet made."""
    return lone(name="portrait", workflow=make_graph(), inference_check={})


def asked(it):
    return [f"{one.method} {one.url_path}" for one in it.emulator.requests]


# Files


def test_a_create_writes_over_nobodys_file_and_names_the_way_to_take_it_over(lone, comfyui):
    comfyui.userdata.write(PATH, text(make_graph(words="somebody else's")))
    it = lone(name="portrait")

    error = it.up()

    assert (error.code, f'adopt="{PATH}"' in str(error)) == ("COMFY4001", True)
    assert files(comfyui)[0]["digest"] == digest_in(text(make_graph(words="somebody else's")))


def test_a_folder_in_the_files_place_is_told_as_that(lone, comfyui):
    comfyui.userdata.write(f"{PATH}/inner.json", "{}")

    error = lone(name="portrait").up()

    assert error.code == "COMFY4001"
    assert f"a folder stands where the file {PATH} would be" in str(error)
    assert comfyui.userdata.paths() == [f"{PATH}/inner.json"]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("route", ["/userdata/.*", ".*"])
def test_a_sign_in_in_front_of_the_server_is_told_as_that_and_not_as_a_key(route, status, lone, emulator):
    emulator.faults.add("GET", route, "status", status=status, body="<html>Sign in", times=None)

    error = lone(name="portrait").up()

    assert error.code == f"COMFY2{status}"
    assert str(error).startswith(f"read {PATH} on ComfyUI: the platform answered {status}: <html>Sign in")
    assert "something in front of it does" in str(error)
    assert "key" not in str(error)


LONG = {"a file": "é" * 126, "a folder": f"{'é' * 100}{'a' * 60}/b", "a file with its ending": "é" * 125 + "a"}


@pytest.mark.parametrize("name", LONG.values(), ids=LONG.keys())
def test_a_name_that_no_disk_takes_is_refused_at_preview(name, stack, program, emulator):
    program.arguments["name"] = name

    result = stack.preview(check=False)

    assert "and a disk takes 255 for a file or folder" in result.error
    assert emulator.requests == []


def test_a_folder_cannot_be_named_like_the_file_of_another_workflow(stack, program):
    program.arguments["name"] = "a.json/b"

    assert "is not a name of a workflow" in stack.preview(check=False).error


def test_a_file_that_somebody_saves_in_the_moment_of_the_create_stays(lone, comfyui):
    it = lone(name="portrait")
    theirs = text(make_graph(words="theirs"))

    class Meanwhile(PlainHttp):
        async def handle_async_request(self, request):
            if request.method == "POST":
                comfyui.userdata.write(PATH, theirs)
            return await super().handle_async_request(request)

    it.transport = Meanwhile
    error = it.up()

    assert error.code == "COMFY4001"
    assert comfyui.userdata.read(PATH) == theirs


def test_a_save_in_the_browser_since_the_state_last_saw_it_is_not_written_over(it, comfyui):
    up(it)
    theirs = text(make_graph(steps=50))
    comfyui.userdata.write(PATH, theirs)
    it.arguments["workflow"] = make_graph(steps=9)

    error = it.up()

    assert (error.code, comfyui.userdata.read(PATH)) == ("COMFY4005", theirs)
    assert it.refresh() is None
    up(it)
    assert files(comfyui)[0]["digest"] == digest_in(text(make_graph(steps=9)))


def test_nodes_that_somebody_moved_in_the_browser_are_no_drift_and_no_conflict(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, text(moved(make_graph())))

    assert it.refresh() is None
    assert not it.has_changes()
    it.arguments["workflow"] = make_graph(steps=9)
    up(it)


def test_an_edit_that_somebody_made_already_is_not_written_again(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, text(moved(make_graph(steps=9))))
    it.arguments["workflow"] = make_graph(steps=9)
    it.emulator.clear_requests()

    up(it)

    assert bodies(it, "POST", "/userdata/.+") == []


def test_a_slash_in_a_name_is_a_folder_of_the_editors_list(lone, comfyui):
    up(lone(name="team/portraits/a b"))

    assert comfyui.userdata.paths() == ["workflows/team/portraits/a b.json"]


@pytest.mark.parametrize("name", ["a%2Fb", "../a", "/a", "a/", "a//b", "a.json", "a\\b", ".hidden", "a?b"])
def test_a_name_that_the_server_would_read_otherwise_is_refused(lone, name):
    with pytest.raises(AssertionError, match="COMFY1001"):
        lone(name=name).up()


def test_a_percent_sign_in_an_imported_path_leads_to_no_other_file(lone, comfyui):
    comfyui.userdata.write("workflows/50%.json", text(make_graph(words="somebody else's")))
    comfyui.userdata.write("workflows/50%25.json", text(make_graph()))
    it = lone()
    it.id = "workflows/50%25.json"

    assert it.refresh() is None
    assert it.destroy() is None
    assert comfyui.userdata.paths() == ["workflows/50%.json"]


@pytest.mark.parametrize("given", ["portrait", "workflows/portrait", "/workflows/portrait.json", "comfy.settings.json"])
def test_an_id_that_is_no_path_of_a_workflow_is_refused_before_anything_is_asked(lone, given):
    it = lone("InferenceCheck", workflow_id=given)

    with pytest.raises(AssertionError, match=r"workflows/<name>\.json"):
        it.up()
    assert asked(it) == []


def test_the_files_bytes_mean_what_was_declared_whole_numbers_and_all(lone, comfyui):
    graph = make_graph()
    graph["nodes"][4]["widgets_values"][0] = 2**64 - 1

    up(lone(name="portrait", workflow=graph))

    assert json.loads(comfyui.userdata.read(PATH)) == graph


def test_an_api_prompt_alone_is_no_workflow_that_an_editor_can_show(lone):
    with pytest.raises(AssertionError, match="Workflow > Export"):
        lone(name="portrait", workflow=SIMPLE_PROMPT).up()


def test_a_file_that_holds_no_workflow_is_said_at_a_refresh(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, "[]")

    error = it.refresh()

    assert (error.code, "holds no workflow" in str(error)) == ("COMFY2003", True)


# Gone


def test_a_file_that_holds_null_is_there_and_is_no_workflow(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, "null")

    error = it.refresh()

    assert (error.code, "holds no workflow" in str(error)) == ("COMFY2003", True)
    assert it.id == PATH


def test_gone_is_what_the_file_and_the_folders_list_say(it, comfyui):
    up(it)
    comfyui.userdata.delete(PATH)

    assert (it.refresh(), it.id) == (None, None)


def test_an_empty_404_of_something_else_says_nothing_of_a_file(it, emulator):
    up(it)
    emulator.faults.add("GET", ".*", "status", status=404, body="", times=None)

    error = it.refresh()

    assert (error.code, it.id) == ("COMFY2003", PATH)


def test_all_files_gone_at_once_are_a_question_and_not_believed(stack, program, comfyui, monkeypatch):
    import pulumi_comfy as comfy

    program.run = lambda: [comfy.comfyui.Workflow(name, workflow=make_graph()) for name in ("a", "b")]
    stack.program = program.run
    stack.up()
    for path in comfyui.userdata.paths():
        comfyui.userdata.delete(path)

    result = stack.refresh(check=False)

    assert "COMFYUI_URL" in result.error
    assert "all 2 workflows" in result.error


# Users


def test_several_users_have_folders_of_their_own(lone, comfyui):
    comfyui.settings.multi_user = True
    it = lone(name="portrait")
    it.key = comfyui.add_user("alice")

    up(it)

    assert [row["user"] for row in files(comfyui)] == [it.key]
    assert it.outputs["scope"].endswith(f"/{it.key}")


def test_a_server_with_several_users_names_them_to_whoever_is_none(lone, comfyui):
    comfyui.settings.multi_user = True
    alice = comfyui.add_user("alice")

    error = lone(name="portrait").up()

    assert (error.code, alice in str(error), "COMFYUI_USER" in str(error)) == ("COMFY4002", True, True)


def test_a_header_can_hold_no_line_break(lone):
    it = lone(name="portrait")
    it.key = "alice\nx"

    assert it.up().code == "COMFY1104"


# Runs


@pytest.mark.parametrize("version", ["0.3.64", "0.19.3"])
def test_older_and_current_servers_are_told_apart_by_asking(it, comfyui, version):
    comfyui.settings.version = version

    up(it)

    assert it.outputs["lastCheck"]["status"] == "passed"
    assert ("GET /history" in " ".join(asked(it))) is (version == "0.3.64")


@pytest.mark.parametrize("prompt_ids", ["any", "uuid"])
def test_a_prompts_id_is_our_own_and_one_that_the_newest_servers_take(it, comfyui, prompt_ids):
    comfyui.settings.prompt_ids = prompt_ids

    up(it)

    (sent,) = bodies(it, "POST", "/prompt")
    assert sent["prompt_id"] == it.outputs["lastCheck"]["runId"]


def test_no_null_is_sent_with_a_prompt_which_would_kill_an_older_servers_worker(it, comfyui):
    comfyui.settings.version = "0.3.64"

    up(it)

    (sent,) = bodies(it, "POST", "/prompt")
    assert None not in sent.values()


@pytest.mark.parametrize("version", ["0.3.64", "0.19.3"])
def test_a_workflow_without_a_seed_is_rendered_anew_by_every_check(lone, comfyui, version):
    comfyui.settings.version = version
    it = lone("InferenceCheck", workflow=SIMPLE_PROMPT, always=True)
    del it.arguments["workflow_id"], it.arguments["overrides"]

    up(it)
    up(it)

    assert [run["status"] for run in runs(comfyui)] == ["success", "success"]
    assert it.outputs["result"]["outputCounts"] == {"images": 1}


def test_a_cached_answer_to_a_fresh_seed_is_no_proof(it, monkeypatch):
    up(it)
    monkeypatch.setattr("pulumi_comfy.comfyui_protocol.overrides.fresh_seed", lambda: 5)
    it.arguments["inference_check"] = {"triggers": ["again"]}
    up(it)
    it.arguments["inference_check"] = {"triggers": ["once more"]}

    error = it.up()

    assert "from its cache, although its seed was new" in str(error)


def test_a_rollback_gives_no_command_which_would_run_what_failed(it, comfyui):
    up(it)
    it.arguments["workflow"] = make_graph(steps=9)
    comfyui.runs.script("failed", times=1)

    assert "curl" not in str(it.up())


def test_a_prompt_of_which_the_server_leaves_a_part_out_fails_and_is_ended(lone, comfyui):
    prompt = {**SIMPLE_PROMPT, "3": {"class_type": "PreviewImage", "inputs": {}}}
    comfyui.runs.script("hang")
    it = lone("InferenceCheck", workflow=prompt)
    del it.arguments["workflow_id"], it.arguments["overrides"]

    error = it.up()

    assert "PreviewImage #3: required input images is missing" in str(error)
    assert [run["status"] for run in runs(comfyui)] == ["cancelled"]


def test_a_server_that_was_restarted_has_forgotten_the_run_and_says_nothing_of_the_workflow(it, comfyui):
    up(it)
    it.arguments["inference_check"] = {"triggers": ["again"]}
    comfyui.runs.script("hang")
    told = []
    running = threading.Thread(target=lambda: told.append(it.up()))
    running.start()
    eventually(lambda: len(runs(comfyui)) == 2)

    comfyui.restart()
    running.join()

    assert "was restarted" in str(told[0])
    assert "revoked" not in it.outputs["proof"]


@pytest.mark.parametrize("version", ["0.3.64", "0.19.3"])
def test_a_run_that_vanished_is_told_as_that(it, comfyui, version):
    comfyui.settings.version = version
    comfyui.runs.script("lost")

    assert "the server has forgotten it" in str(it.up())


@pytest.mark.parametrize(("version", "has_job_cancel"), [("0.3.64", False), ("0.19.3", False), ("0.19.3", True)])
def test_a_run_of_ours_is_interrupted_and_nobody_elses(it, comfyui, version, has_job_cancel):
    comfyui.settings.version, comfyui.settings.has_job_cancel = version, has_job_cancel
    comfyui.runs.script("hang")
    httpx.post(f"{comfyui.url}/api/prompt", json={"prompt": SIMPLE_PROMPT, "client_id": "a stranger"}, verify=False)
    it.arguments["inference_check"] = {"queueTimeoutSeconds": 0.05}

    it.up()

    assert [run["status"] for run in runs(comfyui)] == ["cancelled"]
    (theirs,) = [row for row in comfyui.dump()["jobs"] if row["extra_data"].get("client_id") == "a stranger"]
    assert theirs["status"] == "in_progress"


def test_an_older_server_interrupts_what_runs_by_its_id(it, comfyui):
    comfyui.settings.version = "0.3.64"
    comfyui.runs.script("hang")
    it.arguments["inference_check"] = {"runTimeoutSeconds": 0.05}

    it.up()

    assert bodies(it, "POST", "/interrupt") == [{"prompt_id": runs(comfyui)[0]["id"]}]


def test_a_run_whose_answer_was_lost_is_found_and_ended(it, comfyui, emulator):
    comfyui.runs.script("hang")
    emulator.faults.add("POST", "/prompt", "lost")

    error = it.up()

    assert "had begun, and was cancelled" in str(error)
    assert [run["status"] for run in runs(comfyui)] == ["cancelled"]


def test_a_partner_nodes_key_is_sent_with_the_run_and_kept_nowhere(it, comfyui):
    it.arguments["inference_check"] = {"extraData": {"api_key_comfy_org": "comfyui-canary"}}

    up(it)

    (sent,) = bodies(it, "POST", "/prompt")
    assert list(sent["extra_data"]) == ["api_key_comfy_org"]
    assert "canary" not in json.dumps(it.outputs.get("lastCheck"))


# What a person reads


def verdicts(lone, **arguments):
    it = lone(name="portrait", **arguments)
    return str(it.up())


CASES = {
    "an unknown class": (make_simple_graph(_1="FooImage"), "FooImage #1"),
    "a missing model": (make_graph(model="nowhere.safetensors"), "nowhere.safetensors"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("version", ["0.3.64", "0.19.3"])
def test_what_the_server_would_refuse_is_told_with_its_node_and_leaves_no_file(lone, comfyui, case, version):
    comfyui.settings.version = version
    graph, words = CASES[case]

    error = verdicts(lone, workflow=graph, inference_check={})

    assert words in error
    assert files(comfyui) == []


def test_a_choice_that_there_is_not_is_told_with_its_node(lone):
    graph = make_graph()
    graph["nodes"][4]["widgets_values"][4] = "eular"

    assert "KSampler #5: sampler_name" in verdicts(lone, workflow=graph, inference_check={})


def test_a_node_that_fails_while_it_runs_is_told_with_class_exception_and_message(lone):
    graph = make_simple_graph(prefix="../../out")

    error = verdicts(lone, workflow=graph, inference_check={})

    assert "SaveImage #2: Exception: **** ERROR: Saving image outside the output folder is not allowed." in error


def test_a_model_that_is_there_and_holds_none_is_told_as_the_loaders_failure(lone, comfyui):
    comfyui.settings.corrupt_models = [MODEL]

    error = verdicts(lone, workflow=make_graph(), inference_check={})

    assert "CheckpointLoaderSimple #1: safetensors._safetensors_rust.SafetensorError" in error


def test_an_upload_that_is_not_there_is_told_with_its_node(lone):
    prompt = {
        "1": {"class_type": "LoadImage", "inputs": {"image": "nowhere.png"}},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "check"}},
    }
    it = lone("InferenceCheck", workflow=prompt)
    del it.arguments["workflow_id"], it.arguments["overrides"]

    assert "LoadImage #1" in str(it.up())
