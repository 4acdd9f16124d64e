"""A self-hosted server's resources as the exam of all platforms sees them (tests/contract/exam.py).

It sits twice: as the public web app (`oss`), and as a server with the routes of the list in circulation (`seed`).

Facts: docs/platforms/selfhosted.md.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import httpx
from canaries import canary
from exam import RECOVERY, Declared, Estate, Examinee, Kind, Row, Runs
from selfhosted_program import MODEL, a_deployment, a_machine_and_a_workflow, documents, remove_workflow, save

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator

ONE = "[^/]+"
POSTED = ("POST", "/api/workflow")
VERSION = ("GET", f"/api/workflow-version/{ONE}")
LEFT_OUT = {
    "connection": "it names a key, which has to be there",
    "adopt": "a test of its own",
    "existing_id": "it is the id of what is held, which is never encrypted",
    "save_outputs_to": "a folder of the machine that runs it",
    "snapshot": "a machine of one's own is not built",
    "models": "a machine of one's own is not built",
    "gpu": "a machine of one's own is not built",
    "workflow_id": "given by what the kind needs",
    "workflow_version_id": "given by what the kind needs, or an id that has to be there",
    "workflow_digest": "of a document that has to be there",
    "machine_id": "given by what the kind needs, or an id that has to be there",
    "deployment_id": "given by what the kind needs",
}


def rows(table: str) -> Any:
    return lambda emulated: [row for row in emulated.dump(include_secrets=True)[table] if row.get("name") != "emulator"]


def posted(edition: str) -> dict[str, Any]:
    node = {"https://nodes.example/pack": {"hash": canary("hash", edition), "disabled": False}}
    snapshot = {"comfyui": canary("commit", edition), "git_custom_nodes": node, "file_custom_nodes": []}
    return {**documents(20, canary("words", edition)), "snapshot": snapshot}


def secrets_of(kind: str, edition: str) -> dict[str, Any]:
    def text(place: str) -> str:
        return canary(place, edition)

    return {
        "Workflow": {**posted(edition), "name": text("workflow")},
        "WorkflowVersion": posted(edition),
        "Machine": {
            "name": text("machine"),
            "type": "runpod-serverless",
            "endpoint": f"https://{text('endpoint')}.example/v2",
            "auth_token": text("token"),
            "disabled": True,
        },
        "Deployment": {
            "environment": "staging",
            "description": text("description"),
            "inference_check": {**check(edition), "on_failure": "keep"},
        },
        "ApiKey": {"name": text("key")},
        "InferenceCheck": {**check(edition), "always": True},
    }[kind]


def check(edition: str) -> dict[str, Any]:
    return {
        "inputs": {"prompt": canary("run-input", edition), "seed": 471147},
        "expect": {"minimum_outputs": 1, "kinds": ["images"]},
        "queue_timeout_seconds": 4711,
        "run_timeout_seconds": 4712,
        "triggers": [canary("trigger", edition)],
    }


def refuse(method: str, route: str) -> Any:
    """Refuse one route for good."""
    return lambda emulator: emulator.faults.add(method, route, "status", status=400, times=None)


def asked(method: str, route: str, body: Any = None) -> Any:
    return lambda api, row: api.request(method, route.format(**row), json=body).raise_for_status()


KEPT = "no route removes a workflow or a version: it stays, and destroy says so"
UNLISTED = "no route lists workflows or versions: what was left, or is called the same, cannot be found, and is told"
IMMUTABLE = "the server changes none: there is no drift"
LOST = ("truncated", "answer lost after the write")
CREATE = "a_fault_of_the_create_leaves_no_orphan_no_duplicate_and_nobody_else_touched"
UPDATE = "a_fault_of_the_update_is_repaired_by_the_next_up"
WORST = "whichever_request_meets_the_worst_the_next_run_ends_as_declared"
POSTS = {
    "create_update_and_delete_are_held_by_the_platform": KEPT,
    "a_fault_of_the_delete_ends_with_nothing_of_ours": KEPT,
    "a_removal_that_a_gateway_answers_with_an_error_in_a_success_is_no_success": KEPT,
    f"{WORST}[delete]": KEPT,
    "a_life_with_faults_ends_clean": KEPT,
    "a_life_with_faults_ends_clean_for_every_other_kind": KEPT,
    "a_fault_that_the_client_gets_over_is_as_if_nothing_was[delete]": KEPT,
    "drift_is_seen_by_refresh_and_repaired_by_up": IMMUTABLE,
    RECOVERY: UNLISTED,
    "a_namesake_is_refused_with_its_id_and_adopt_takes_it_over": UNLISTED,
    "a_killed_create_is_taken_back_or_refused_with_its_id": UNLISTED,
    "sigkill_while_the_create_is_under_way": UNLISTED,
    "sigkill_while_any_other_create_is_under_way": UNLISTED,
    **{f"{CREATE}[{fault}]": UNLISTED for fault in LOST},
    f"{WORST}[lost and silent from then on]": UNLISTED,
    "a_create_that_cannot_be_finished_keeps_its_id_and_the_next_up_finishes_it": "a create is one write",
}
NO_ADOPTION = dict.fromkeys(
    (
        "the_state_after_an_adoption_is_that_after_a_create",
        "adopting_what_does_not_exist_is_one_sentence",
        "the_preview_of_an_adoption_tells_neither_the_secret_nor_what_was_there",
    ),
    "a version has no name: one more of the same content does no harm",
)


def workflows(emulated: Any) -> list[Row]:
    """The workflows, each with the prompt of its newest version."""
    newest = {row["workflow_id"]: row["workflow_api"] for row in emulated.dump()["versions"]}
    return [{**row, "workflow_api": newest[row["id"]]} for row in rows("workflows")(emulated)]


def versions(emulated: Any) -> list[Row]:
    """All but the first of each workflow; the public server tells nobody their ids."""
    is_told = emulated.settings.profile == "seed"
    found = [row for row in emulated.dump()["versions"] if row["version"] > 1]
    return [{**row, "id": row["id"] if is_told else f"{row['workflow_id']}/{row['version']}"} for row in found]


def kept(steps: int) -> Any:
    """The prompt as the server keeps it: of a node its class and inputs alone."""
    prompt = documents(steps)["workflow_api"]
    return {node: {name: one[name] for name in ("class_type", "inputs")} for node, one in prompt.items()}


WORKFLOW = Kind(
    resource=comfy.selfhosted.Workflow,
    rows=workflows,
    arguments=documents(20),
    edit=documents(30),
    edited=("workflow_api", kept(30)),
    main={"create": POSTED, "read": VERSION, "update": POSTED},
    remove=lambda api, row: remove_workflow(api, row["id"]),
    namesake=lambda api, _row: save(api, workflow_name="the-name"),
    secrets=partial(secrets_of, "Workflow"),
    left_out={name: why for name, why in LEFT_OUT.items() if name != "snapshot"},
    untold=frozenset({"name", "snapshot", "versionId", "versionNumber", "workflowDigest", "writtenBy"}),
    runs_on_the_cli=True,
    excused={
        **POSTS,
        "the_state_after_an_adoption_is_that_after_a_create": "what it holds is not told, so that an adoption posts "
        "what is declared as one more version",
    },
)

VERSIONS = Kind(
    resource=comfy.selfhosted.WorkflowVersion,
    rows=versions,
    needs=lambda: {"workflow_id": comfy.selfhosted.Workflow("base-workflow", **documents(20)).id},
    needs_by_hand=lambda _emulated, api: {"workflow_id": save(api, workflow_name="base")},
    arguments=documents(30),
    edit=documents(40),
    edited=("workflow_api", kept(40)),
    edit_op="replace",
    keeps_id=False,
    main={"create": POSTED, "read": VERSION, "update": POSTED},
    remove=lambda api, row: remove_workflow(api, row["workflow_id"]),
    namesake=lambda _api, _row: None,
    namesake_arguments={},
    secrets=partial(secrets_of, "WorkflowVersion"),
    left_out={name: why for name, why in LEFT_OUT.items() if name != "snapshot"},
    excused={**POSTS, **NO_ADOPTION, **{f"{UPDATE}[{fault}]": UNLISTED for fault in LOST}},
)

MACHINE = Kind(
    resource=comfy.selfhosted.Machine,
    rows=rows("machines"),
    arguments={"endpoint": "https://gpu.example:8188", "auth_token": "canary-1"},
    edit={"endpoint": "https://gpu.example:8189"},
    edited=("endpoint", "https://gpu.example:8189"),
    main={
        "create": ("POST", "/api/machine"),
        "read": ("GET", "/api/machine"),
        "update": ("PUT", f"/api/machine/{ONE}"),
        "delete": ("DELETE", f"/api/machine/{ONE}"),
    },
    remove=asked("DELETE", "/api/machine/{id}"),
    drift=asked("PUT", "/api/machine/{id}", {"endpoint": "https://elsewhere.example"}),
    restored="endpoint",
    namesake=asked("POST", "/api/machine", {"name": "the-name", "type": "classic", "endpoint": "https://x.example"}),
    unfinished=refuse("PUT", f"/api/machine/{ONE}"),
    unfinished_arguments={"disabled": True},
    secrets=partial(secrets_of, "Machine"),
    left_out=LEFT_OUT,
    untold=frozenset({"authToken"}),
    runs_on_the_cli=True,
)


NO_CANCEL = dict.fromkeys(
    (
        "a_run_that_outlives_a_budget_is_cancelled",
        "ctrl_c_cancels_the_run_and_undoes_the_target",
        "a_run_whose_polling_fails_is_cancelled",
        "a_run_that_cannot_be_cancelled_is_said_and_the_target_undone_all_the_same",
        "a_custom_timeout_cuts_the_budgets_of_a_check",
        "ctrl_c_during_the_check_of_an_update_puts_back_what_served_before",
    ),
    "the server cancels no run: tests of their own say what becomes of the deployment, and that the run may go on",
)


def a_machine_and_a_workflow_of_the_program() -> dict[str, Any]:
    workflow = comfy.selfhosted.Workflow("base-workflow", **documents(20))
    machine = comfy.selfhosted.Machine("base", endpoint="https://gpu.example:8188")
    return {"workflow_id": workflow.id, "workflow_version_id": workflow.version_id, "machine_id": machine.id}


DEPLOYMENT = Kind(
    resource=comfy.selfhosted.Deployment,
    rows=lambda emulated: [row for row in rows("deployments")(emulated) if row["environment"] != "public-share"],
    needs=a_machine_and_a_workflow_of_the_program,
    needs_by_hand=a_machine_and_a_workflow,
    held=("workflow_id", "machine_id"),
    arguments={"environment": "production", "description": "good"},
    edit={"description": "better"},
    edited=("description", "better"),
    main={
        "create": ("POST", "/api/deployment"),
        "read": ("GET", "/api/deployment"),
        "update": ("PUT", f"/api/deployment/{ONE}"),
        "delete": ("DELETE", f"/api/deployment/{ONE}"),
    },
    remove=asked("DELETE", "/api/deployment/{id}"),
    drift=asked("PUT", "/api/deployment/{id}", {"description": "by hand"}),
    restored="description",
    namesake=lambda api, _row: deploy_to_staging(api),
    namesake_arguments={},
    secrets=partial(secrets_of, "Deployment"),
    left_out=LEFT_OUT,
    excused={
        **NO_CANCEL,
        "a_check_that_could_not_look_is_not_said_to_have_failed[COMFY2500]": "a 500 with a reason is this server's "
        "refusal, which asking again does not change: it is told as that",
        "a_namesake_is_refused_with_its_id_and_adopt_takes_it_over": "one that stands as declared is taken for what an "
        "interrupted create left",
        "a_create_that_cannot_be_finished_keeps_its_id_and_the_next_up_finishes_it": "a create is one write",
    },
)


def deploy_to_staging(api: httpx.Client) -> None:
    """Deploy another workflow on another machine to another environment."""
    workflow_id = save(api, workflow_name="other")
    machine = api.post("/api/machine", json={"name": "other", "endpoint": "https://x.example"}).json()
    posted = api.post("/api/workflow", json={**documents(20), "workflow_id": workflow_id}).json()
    body = {"workflow_id": workflow_id, "workflow_version_id": posted["version_id"], "machine_id": machine["id"]}
    api.post("/api/deployment", json={**body, "environment": "staging"}).raise_for_status()


API_KEY = Kind(
    resource=comfy.selfhosted.ApiKey,
    rows=lambda emulated: [row for row in rows("api_keys")(emulated) if not row["revoked"]],
    edit={"name": "another-name"},
    edited=("name", "another-name"),
    edit_op="replace",
    keeps_id=False,
    main={
        "create": ("POST", "/api/api-key"),
        "read": ("GET", "/api/api-key"),
        "update": ("POST", "/api/api-key"),
        "delete": ("DELETE", f"/api/api-key/{ONE}"),
    },
    remove=asked("DELETE", "/api/api-key/{id}"),
    namesake=asked("POST", "/api/api-key", {"name": "the-name"}),
    secrets=partial(secrets_of, "ApiKey"),
    left_out=LEFT_OUT,
    excused={
        "drift_is_seen_by_refresh_and_repaired_by_up": IMMUTABLE,
        "a_create_that_cannot_be_finished_keeps_its_id_and_the_next_up_finishes_it": "a create is one write",
    },
)


def given(text: str, seed: int | None) -> dict[str, Any]:
    """Run inputs of the quickstart's workflow."""
    return {"inputs": {"prompt": text, **({} if seed is None else {"seed": seed})}}


def stay_queued(emulator: Emulator) -> None:
    emulator.selfhosted.runs.script("hang", times=1)


def another_version(it: Any) -> dict[str, Any]:
    """One more version of the workflow that a deployment is of."""
    steps = 20 + len(it.emulated.dump()["versions"])
    body = {**documents(steps), "workflow_id": it.arguments["workflow_id"]}
    return {"workflow_version_id": it.api.post("/api/workflow", json=body).raise_for_status().json()["version_id"]}


RUNS = Runs(
    rows=rows("runs"),
    start=("POST", "/api/run"),
    look=("GET", "/api/run"),
    cancel=("POST", "/api/run"),
    given=given,
    seed_of=lambda run: run["workflow_inputs"]["seed"],
    unknown={"inputs": {"promt": "a cat"}},
    nearest="prompt",
    stays_queued=stay_queued,
    alone=Declared(
        resource=comfy.selfhosted.InferenceCheck,
        needs_by_hand=a_deployment,
        arguments=given("a cat", 1),
        secrets=partial(secrets_of, "InferenceCheck"),
        left_out=LEFT_OUT,
    ),
)


class Everything(Estate):
    """One of everything. What no route removes, workflows and their versions, is not counted."""

    holds = {"machines": 1, "deployments": 1, "api_keys": 1}
    steps, environment, endpoint = 20, "staging", "https://one.example"

    def __init__(self, emulated: Any) -> None:
        """Nothing has to be there."""

    def __call__(self) -> None:
        s = comfy.selfhosted
        s.ApiKey("key")
        machine = s.Machine("own", endpoint=self.endpoint)
        workflow = s.Workflow("portrait", **documents(self.steps))
        s.WorkflowVersion("pinned", workflow_id=workflow.id, **documents(99))
        serving = s.Deployment(
            "serving",
            workflow_id=workflow.id,
            workflow_version_id=workflow.version_id,
            machine_id=machine.id,
            environment=self.environment,
            inference_check=given("a cat", None),
        )
        s.InferenceCheck("again", deployment_id=serving.id, machine_id=machine.id, **given("a dog", None))

    def updated(self) -> None:
        self.steps, self.endpoint = 25, "https://two.example"

    def replaced(self) -> None:
        self.environment = "production"

    def rows(self, emulated: Any) -> dict[str, list[Row]]:
        found = {table: rows(table)(emulated) for table in self.holds}
        return {table: [row for row in held if not row.get("revoked")] for table, held in found.items()}


class OnThePublicServer(Everything):
    """The same where a machine and a deployment were made by hand: nothing of it is ever removed."""

    holds = {}

    def __init__(self, emulated: Any) -> None:
        with httpx.Client(base_url=emulated.url, headers={"authorization": f"Bearer {emulated.key()}"}) as api:
            parts = a_machine_and_a_workflow(emulated, api)
            self.machine, self.deployment = parts["machine_id"], emulated.add_deployment(**parts)

    def __call__(self) -> None:
        s = comfy.selfhosted
        machine = s.Machine("own", existing_id=self.machine)
        workflow = s.Workflow("portrait", **documents(self.steps))
        s.WorkflowVersion("pinned", workflow_id=workflow.id, **documents(99))
        serving = s.Deployment(
            "serving", existing_id=self.deployment, machine_id=machine.id, inference_check=given("a cat", None)
        )
        s.InferenceCheck("again", deployment_id=serving.id, machine_id=serving.machine_id, **given("a dog", None))


def quicken(profile: str, emulator: Emulator) -> None:
    """Let nothing take time worth waiting for, on the server of a profile."""
    for name in ("build_seconds", "run_seconds"):
        setattr(emulator.settings, name, 0.005)
    emulator.settings.api_key_seconds = 0.01  # a second at the pace of these tests
    emulator.selfhosted.settings.profile = profile
    emulator.selfhosted.settings.models = {"checkpoints": [MODEL]}


def in_a_second_of_its_own(emulator: Emulator) -> dict[str, Any]:
    """A key that a test makes is in the way of no other: the server takes one a second."""

    def pass_it(about: httpx.Request | httpx.Response) -> None:
        request = about.request if isinstance(about, httpx.Response) else about
        if (request.method, request.url.path.endswith("/api/api-key")) == ("POST", True):
            emulator.clock.advance(emulator.settings.api_key_seconds)

    return {name: [pass_it] for name in ("request", "response")}


SEED = Examinee(
    key="selfhosted",
    profile="seed",
    kinds={
        "Machine": MACHINE,
        "Workflow": WORKFLOW,
        "WorkflowVersion": VERSIONS,
        "Deployment": DEPLOYMENT,
        "ApiKey": API_KEY,
    },
    estate=Everything,
    other_key=lambda emulated: emulated.key(user_id="user_another"),
    runs=replace(
        RUNS,
        target="Deployment",
        another=another_version,
        version="workflow_version_id",
        unchecked={"description": "better"},
    ),
    quicken=partial(quicken, "seed"),
    hooks=in_a_second_of_its_own,
)

UNREAD = "the public server tells no version's id, so nothing is read and the state is trusted"
READS = dict.fromkeys(
    (
        "an_object_gone_outside_is_created_again_after_a_refresh",
        "a_404_of_a_gateway_is_an_error_and_the_state_keeps_the_object",
        "an_answer_of_another_shape_says_of_nothing_that_it_is_absent",
        "a_request_that_the_platform_no_longer_takes_says_nothing_of_the_object",
        "a_wrong_base_url_never_says_gone",
        "a_fault_of_the_read_never_empties_the_state",
    ),
    UNREAD,
)

BLIND = {
    "an_input_that_there_is_not_is_refused_before_anything_runs": "the public server tells what a deployment serves by "
    "the run's row alone: an ignored input fails the check then, and before it where `workflow_version_id` is given"
}
OSS = replace(
    SEED,
    profile="oss",
    kinds={
        "Workflow": replace(WORKFLOW, excused={**WORKFLOW.excused, **READS}),
        "WorkflowVersion": replace(
            VERSIONS, excused={**VERSIONS.excused, **READS}, untold=frozenset({"snapshot", "workflowDigest"})
        ),
    },
    runs=replace(RUNS, alone=replace(RUNS.alone, excused=BLIND)),
    lacks={one.name: replace(one, needs=None) for one in (MACHINE, DEPLOYMENT, API_KEY)},
    estate=OnThePublicServer,
    quicken=partial(quicken, "oss"),
)

EXAMINEES = [OSS, SEED]
