"""Each trap of the self-hosted server, by its name (docs/platforms/selfhosted.md)."""

from __future__ import annotations

import copy

import httpx
import pulumi
import pytest
from exam import Entry
from lone import Lone, bodies, up
from selfhosted_kinds import SEED
from selfhosted_program import SNAPSHOT, deploy_document, deploy_instead, documents, save

import pulumi_comfy as comfy
from pulumi_comfy.platforms.selfhosted.api import HOLDS

SAVE, RUN = "/api/workflow", "/api/run"


def test_a_500_with_a_reason_is_never_repeated(lone, emulator):
    it = lone("Workflow")
    emulator.faults.add("POST", SAVE, "status", status=500, body={"error": "Invalid user_id"}, times=None)

    error = it.up()

    assert "the platform answered 500: Invalid user_id" in str(error)  # as the server's own log has it
    assert len(bodies(it, "POST", SAVE)) == 1


def test_a_500_with_a_reason_is_no_more_repeated_when_it_answers_a_read(lone, emulator):
    it = lone("Workflow", "seed")
    up(it)
    emulator.clear_requests()
    emulator.faults.add("GET", "/api/workflow-version/.*", "status", status=500, body={"error": "boom"}, times=None)

    error = it.refresh()

    assert "boom" in str(error)
    assert len(emulator.requests) == 1


def test_a_redirect_to_a_sign_in_page_is_not_followed(lone, emulator):
    it = lone("Workflow")
    emulator.faults.add("GET", "/api/doc", "status", status=307, body="<html>Sign in</html>", times=None)

    error = it.up()

    assert error.code == "COMFY2003"
    assert bodies(it, "POST", SAVE) == []


def test_a_write_that_is_redirected_to_a_sign_in_page_has_made_nothing(lone):
    it = lone("Workflow")

    class SignIn(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            if request.method == "POST":
                return httpx.Response(307, headers={"location": "https://app.example/sign-in?redirect_url=x"})
            return await super().handle_async_request(request)

    it.transport = SignIn

    error = it.up()

    assert error.code == "COMFY2003"
    assert "redirects to https://app.example/sign-in (status 307), which is not followed" in str(error)


def test_a_version_is_a_whole_number_also_where_it_comes_as_text(lone, emulator):
    it = lone("Workflow")
    body = {"workflow_id": "6d2b5f0e-1111-4222-8333-444455556666", "version": "3"}
    emulator.faults.add("POST", SAVE, "status", status=200, body=body)

    up(it)

    assert it.outputs["versionNumber"] == 3


NO_SNAPSHOT = {
    "empty": {},
    "without a commit": {name: SNAPSHOT[name] for name in ("git_custom_nodes", "file_custom_nodes")},
    "a node without its hash": {**SNAPSHOT, "git_custom_nodes": {"https://a.example": {"disabled": False}}},
}


@pytest.mark.parametrize("snapshot", NO_SNAPSHOT.values(), ids=NO_SNAPSHOT)
def test_a_snapshot_is_required_and_its_lack_is_said_at_preview(comfy_stack, emulator, snapshot):
    def program():
        comfy.selfhosted.Workflow("it", **{**documents(20), "snapshot": snapshot})

    result = comfy_stack(program).preview(check=False)

    assert "snapshot" in result.error
    assert "a snapshot of ComfyUI-Manager" in result.error
    assert emulator.requests == []


def test_a_lost_answer_makes_no_second_workflow_and_what_may_be_there_is_said(lone, emulator, server):
    it = lone("Workflow")
    emulator.faults.add("POST", SAVE, "lost")

    error = it.up()

    assert error.code == "COMFY2501"
    assert "the server lists no workflows" in str(error)
    assert len(server.dump()["workflows"]) == 1
    assert len(bodies(it, "POST", SAVE)) == 1


def test_a_start_that_failed_has_lost_its_run_and_is_not_begun_again(lone, server):
    it = lone("InferenceCheck")
    server.settings.models = {"checkpoints": ["another.safetensors"]}  # a classic machine refuses the prompt

    error = it.up()

    assert error.code == "COMFY3101"
    assert "Error creating run, Bad Request" in str(error)
    assert "not told which run that was, which the web UI shows" in str(error)
    assert "most often for a model that it lacks" in str(error)
    assert [row["status"] for row in server.dump()["runs"]] == ["failed"]


def test_a_plugin_that_draws_literal_seeds_anew_fails_the_start_and_is_told(lone, server, api):
    drawn = copy.deepcopy(documents(20))
    drawn["workflow_api"]["7"]["inputs"]["seed"] = 5
    it = lone("InferenceCheck")
    deploy_document(server, api, drawn)
    server.settings.plugin = "2025"

    error = it.up()

    assert "Error creating run, Internal Server Error" in str(error)
    assert "a plugin since 2025-05-10 fails so at a literal seed" in str(error)


def test_a_builder_whose_app_wants_another_prompt_fails_the_start_with_a_422_and_is_told(lone, server):
    it = lone("InferenceCheck")
    deploy_instead(server, machine_id=server.add_machine(type="modal-serverless", endpoint="https://built.example"))

    error = it.up()

    assert "Error creating run, Unprocessable Entity" in str(error)
    assert "the public builder's app fails so at whatever this server sends" in str(error)
    assert [row["status"] for row in server.dump()["runs"]] == ["failed"]


def test_a_machine_that_the_server_cannot_reach_is_told(lone, emulator, server):
    it = lone("InferenceCheck")
    deploy_instead(server, machine_id=server.add_machine(endpoint="http://10.0.0.9:8188"))
    emulator.settings.endpoint_answers = {"http://10.0.0.9:8188": "refused"}

    assert "fetch failed (the server cannot reach the machine)" in str(it.up())


def test_a_lost_machine_leaves_its_run_for_ever_so_that_the_check_has_a_deadline(lone, server):
    it = lone("InferenceCheck", run_timeout_seconds=0.05)
    server.runs.script("hang")

    error = it.up()

    assert "finish run" in str(error)
    assert [row["status"] for row in server.dump()["runs"]] == ["running"]


def test_a_run_that_was_interrupted_on_its_machine_stays_running_so_that_the_check_has_a_deadline(lone, server):
    it = lone("InferenceCheck", run_timeout_seconds=0.05)
    server.runs.script("interrupted")  # the newer plugin reports `cancelled`, which the web app refuses

    error = it.up()

    assert "still running" in str(error)
    assert [row["status"] for row in server.dump()["runs"]] == ["running"]


def test_a_run_that_is_no_longer_there_is_told_by_the_one_400_of_the_server(lone, emulator):
    it = lone("InferenceCheck")
    told = {"code": 400, "message": "Workflow not found"}
    emulator.faults.add("GET", RUN, "status", status=400, body=told, times=None)

    error = it.up()

    assert error.code == "COMFY3101"
    assert "the server no longer knows it" in str(error)


def test_times_that_the_newer_plugin_adds_are_no_output(lone, server):
    it = lone("InferenceCheck")
    server.settings.plugin = "2025"

    up(it)

    assert it.outputs["result"]["outputCounts"] == {"images": 1}


def test_a_disabled_machine_is_run_all_the_same(lone, server):
    it = lone("InferenceCheck")
    deploy_instead(server, machine_id=server.add_machine(endpoint="http://10.0.0.7:8188", disabled=True))

    up(it)

    assert it.outputs["result"]["status"] == "passed"


def test_no_run_is_cancelled_and_that_is_said(lone, emulator, server):
    it = lone("InferenceCheck", run_timeout_seconds=0.05)
    server.runs.script("hang")

    it.up()

    assert any("could not be cancelled and may go on: the server cancels no run" in line for line in it.lines)
    assert {request.method for request in emulator.requests if request.path != RUN} <= {"GET"}


def test_a_classic_machine_that_accepts_an_unknown_class_runs_nothing_for_ever(lone, server, api):
    unknown = copy.deepcopy(documents(20))
    unknown["workflow_api"]["8"]["class_type"] = "FromAPack"
    it = lone("InferenceCheck", queue_timeout_seconds=0.05)
    deploy_document(server, api, unknown)

    error = it.up()

    assert "start run" in str(error)
    assert "still not-started" in str(error)


def test_a_run_is_waited_for_longer_than_the_server_waits_for_its_machine(lone):
    it, waited = lone("InferenceCheck"), {}

    class Watch(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            waited[f"{request.method} {request.url.path}"] = request.extensions["timeout"]["read"]
            return await super().handle_async_request(request)

    it.transport = Watch

    up(it)

    assert waited.pop(f"POST /selfhosted{RUN}") == HOLDS == 310
    assert max(waited.values()) <= 60


def test_a_server_that_gives_up_on_its_machine_leaves_it_unknown_whether_a_run_began(lone, server):
    it = lone("InferenceCheck")
    server.settings.machine_answer_seconds, server.settings.request_limit_seconds = 3600, 0.01

    error = it.up()

    assert error.code == "COMFY2501"
    assert "whether a run began cannot be told" in str(error)
    assert len(server.dump()["runs"]) == 1


def test_a_failed_run_is_told_with_what_its_machine_reported(lone, server):
    it = lone("InferenceCheck")
    server.runs.script("failed", log=["CUDA out of memory"])

    assert "CUDA out of memory" in str(it.up())


def test_two_keys_of_one_second_are_the_same_text_so_the_second_is_made_a_second_later(lone, emulator):
    it = lone("ApiKey", "seed")
    said = {"error": 'duplicate key value violates unique constraint "api_keys_key_unique" (key)=(goldfinch)'}
    emulator.faults.add("POST", "/api/api-key", "status", status=500, body=said)

    up(it)

    assert len(bodies(it, "POST", "/api/api-key")) == 2
    assert "goldfinch" not in "\n".join([*it.lines, *it.progress])


def test_of_two_versions_with_one_number_a_check_tells_by_their_content_which_one_serves(lone, emulator, server, api):
    it = lone("InferenceCheck")
    (deployment,) = server.dump()["deployments"]
    emulator.settings.version_race_seconds = 60
    posted = [Lone(Entry(SEED, "WorkflowVersion"), emulator, api, server.key()) for _ in "ab"]
    for steps, version in zip((31, 32), posted, strict=True):
        version.arguments |= {"workflow_id": deployment["workflow_id"], **documents(steps)}
        up(version)
    first, second = (version.outputs for version in posted)
    prompts = {row["workflow_api"]["7"]["inputs"]["steps"]: row["id"] for row in server.dump()["versions"]}
    deploy_instead(server, workflow_version_id=prompts[32])

    it.arguments["workflow_digest"] = first["workflowDigest"]
    refused = it.up()
    it.arguments["workflow_digest"] = second["workflowDigest"]
    passed = it.up()

    assert first["versionNumber"] == second["versionNumber"]
    assert "which holds another document than is declared" in str(refused)
    assert passed is None


@pytest.mark.parametrize(("endpoint", "is_taken"), [("http://127.0.0.1:8000", True), ("https://x.example", False)])
def test_a_runpod_endpoint_needs_a_token_unless_it_is_local(comfy_stack, server, endpoint, is_taken):
    server.settings.profile = "seed"

    result = comfy_stack(lambda: comfy.selfhosted.Machine("it", type="runpod-serverless", endpoint=endpoint)).preview(
        check=False
    )

    assert result.ok is is_taken
    assert is_taken or "a `runpod-serverless` machine needs `auth_token`" in result.error


def test_an_endpoint_that_a_preview_does_not_know_yet_may_be_local(comfy_stack, server):
    server.settings.profile = "seed"

    def program():
        port = comfy.selfhosted.Workflow("base", **documents(20)).id.apply(lambda _: 8188)
        endpoint = pulumi.Output.format("http://localhost:{0}", port)
        comfy.selfhosted.Machine("it", type="runpod-serverless", endpoint=endpoint)

    stack = comfy_stack(program)
    stack.preview()
    stack.up()

    assert [row["endpoint"] for row in server.dump()["machines"]] == ["http://localhost:8188"]


def built(lone):
    nodes = {
        "https://b.example": {"hash": "2", "disabled": True},
        "https://a.example": {"hash": "1", "disabled": False},
    }
    it = lone("Machine", "seed")
    it.arguments = {"type": "comfy-deploy-serverless", "snapshot": {**SNAPSHOT, "git_custom_nodes": nodes}}
    it.arguments["models"] = [{"url": "https://x.example/a", "name": "a", "filename": "a", "type": "checkpoint"}]
    return it


def test_the_order_of_json_keys_counts_so_that_a_change_of_a_name_sends_no_snapshot(lone):
    it = built(lone)
    up(it)
    it.arguments["name"] = "renamed"

    up(it)

    assert bodies(it, "PUT", "/api/machine/.*") == [{"name": "renamed"}]


def test_a_snapshot_in_another_order_of_keys_is_no_change(lone):
    it = built(lone)
    up(it)
    snapshot = it.arguments["snapshot"]
    nodes = dict(reversed(snapshot["git_custom_nodes"].items()))
    it.arguments["snapshot"] = {"pips": {}, **dict(reversed({**snapshot, "git_custom_nodes": nodes}.items()))}

    assert not it.has_changes()
    assert it.refresh() is None
    assert not it.has_changes()


def test_a_build_that_fails_keeps_the_machine_and_says_its_last_lines(lone, server):
    it = built(lone)
    server.builds.outcome("error", log=["no space left"])

    error = it.up()

    assert error.code == "COMFY3001"
    assert "no space left" in str(error)
    assert [row["id"] for row in it.rows] == [it.id]


def test_anybody_may_call_back_so_a_success_without_a_picture_passes_no_check(lone, emulator, server, api):
    it = lone("InferenceCheck")
    server.runs.script("hang")

    class Stranger(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request):
            for run in server.dump()["runs"]:
                httpx.post(f"{server.url}/api/update-run", json={"run_id": run["id"], "status": "success"})
            return await super().handle_async_request(request)

    it.transport = Stranger

    error = it.up()

    assert error.code == "COMFY3101"
    assert "0 output items" in str(error)


def test_an_input_that_nobody_takes_is_ignored_without_a_word_and_fails_the_check(lone):
    error = lone("InferenceCheck", inputs={"promt": "a cat"}).up()

    assert error.code == "COMFY3101"
    assert "the server ignored some inputs" in str(error)
    assert "prompt" in str(error)


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}], ids=repr)
def test_a_run_input_is_a_text_or_a_number_which_is_said_at_preview(comfy_stack, emulator, value):
    def program():
        made = "6d2b5f0e-1111-4222-8333-444455556666"
        comfy.selfhosted.InferenceCheck("it", deployment_id=made, inputs={"flag": value})

    result = comfy_stack(program).preview(check=False)

    assert "takes texts and numbers only" in result.error
    assert emulator.requests == []


def test_inputs_of_nodes_that_read_another_key_are_warned_of(lone, server, api):
    graph = copy.deepcopy(documents(20))
    graph["workflow_api"]["2"]["class_type"] = "ComfyUIDeployExternalSeed"
    it = lone("InferenceCheck")
    it.arguments["workflow_version_id"] = deploy_document(server, api, graph)

    it.up()

    assert any("keep their defaults" in line for line in it.lines)


def test_the_wait_of_a_run_ends_when_its_machine_accepts(lone):
    it = lone("InferenceCheck")

    up(it)

    assert it.outputs["result"]["queueSeconds"] >= 0
    assert it.outputs["result"]["runSeconds"] >= 0


@pytest.mark.parametrize("kind", ["InferenceCheck", "Deployment"])
def test_nodes_are_not_told_so_none_can_be_expected_which_is_said_at_preview(comfy_stack, emulator, kind):
    made, asked = "6d2b5f0e-1111-4222-8333-444455556666", {"expect": comfy.selfhosted.ExpectArgs(node_ids=["9"])}

    def program():
        if kind == "InferenceCheck":
            comfy.selfhosted.InferenceCheck("it", deployment_id=made, **asked)
        else:
            comfy.selfhosted.Deployment(
                "it", existing_id=made, inference_check=comfy.selfhosted.InferenceCheckArgs(**asked)
            )

    result = comfy_stack(program).preview(check=False)

    assert "does not tell which node made an output" in result.error
    assert "expect.node_ids" in result.error


@pytest.mark.parametrize("is_list", [True, False])
def test_nodes_that_a_preview_does_not_know_yet_are_refused_in_words_that_name_none(comfy_stack, is_list):
    def program():
        base = comfy.selfhosted.Workflow("base", **documents(20))
        nodes = [base.id, "9"] if is_list else base.id.apply(lambda one: [one])
        expect = comfy.selfhosted.ExpectArgs(node_ids=nodes)
        comfy.selfhosted.InferenceCheck("it", deployment_id="6d2b5f0e-1111-4222-8333-444455556666", expect=expect)

    error = comfy_stack(program).preview(check=False).error

    assert "COMFY1202" in error
    assert "expect.node_ids" in error
    assert ("so not whether 9 did" in error) == is_list
    assert "unknown" not in error


def test_only_the_public_routes_are_asked_and_never_the_deprecated_upload(lone, emulator, api):
    it = lone("InferenceCheck")
    save(api, workflow_name="other")
    emulator.clear_requests()

    up(it)

    assert {request.path.rpartition("-version/")[0] or request.path for request in emulator.requests} <= {
        *("/api/doc", RUN, "/api/workflow")
    }
