"""ComfyDeploy's resources as the exam of all platforms sees them (tests/contract/exam.py).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import by_hand
import httpx
from by_hand import ask, purge_deployment, put_file, swap_file
from comfydeploy_estate import Everything
from comfydeploy_secrets import LEFT_OUT, secrets_of
from exam import RECOVERY, Declared, Examinee, Kind, Row, Runs
from lone import Lone
from programs import documents
from waiting import eventually

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator

UUID = "[^/]+"


def a_machine() -> dict[str, Any]:
    return {"machine_ids": [comfy.comfydeploy.ServerlessMachine("base", gpu="T4").id]}


def a_workflow() -> dict[str, Any]:
    return {"workflow_id": comfy.comfydeploy.Workflow("base-workflow", **documents(20)).id}


def a_machine_and_a_workflow() -> dict[str, Any]:
    workflow = comfy.comfydeploy.Workflow("base-workflow", **documents(20))
    machine = comfy.comfydeploy.ServerlessMachine("base", gpu="T4")
    return {"workflow_id": workflow.id, "workflow_version_id": workflow.version_id, "machine_id": machine.id}


def a_deployment() -> dict[str, Any]:
    needs = a_machine_and_a_workflow()
    deployment = comfy.comfydeploy.Deployment("base-deployment", environment="production", **needs)
    return {"deployment_id": deployment.id}


def table(name: str, is_candidate: Callable[[Row], bool] = lambda _row: True) -> Callable[[Any], list[Row]]:
    """The rows of a table that are of one kind."""
    return lambda emulated: [row for row in emulated.dump(include_secrets=True)[name] if is_candidate(row)]


def files(emulated: Any) -> list[Row]:
    """The files of all volumes, by their paths."""
    return [{**row, "id": row["path"]} for rows in emulated.dump()["volumes"].values() for row in rows]


def refuse(method: str, route: str, after: int = 0) -> Callable[[Emulator], None]:
    """Refuse one route for good, but for the first requests."""

    def plan(emulator: Emulator) -> None:
        if after:
            emulator.faults.add(method, route, "delay", times=after)
        emulator.faults.add(method, route, "status", status=400, times=None)

    return plan


ADOPTION = (
    "a_namesake_is_refused_with_its_id_and_adopt_takes_it_over",
    "the_state_after_an_adoption_is_that_after_a_create",
    "adopting_what_does_not_exist_is_one_sentence",
    "the_preview_of_an_adoption_tells_neither_the_secret_nor_what_was_there",
)
REMOVAL = (
    "a_fault_of_the_delete_ends_with_nothing_of_ours",
    "a_removal_that_a_gateway_answers_with_an_error_in_a_success_is_no_success",
    "whichever_request_meets_the_worst_the_next_run_ends_as_declared[delete]",
)
IMMUTABLE = "the platform changes none: there is no drift"
UPDATE = "a_fault_of_the_update_is_repaired_by_the_next_up"
BEARS_NOTHING = "a key of a given name bears nothing that says whose it is: it is refused with its id, and not revoked"
SHOWN_ONCE = "the platform shows a key's value only once"
MODEL = {"folder_path": "checkpoints", "filename": "a.safetensors", "delete_on_destroy": True}

KINDS: dict[str, Kind] = {
    "Workflow": Kind(
        resource=comfy.comfydeploy.Workflow,
        rows=table("workflows"),
        arguments={**documents(20), "description": "good"},
        edit={"description": "better"},
        edited=("description", "better"),
        main={
            "create": ("POST", "/workflow"),
            "read": ("GET", f"/workflow/{UUID}"),
            "update": ("PATCH", f"/workflow/{UUID}"),
            "delete": ("DELETE", f"/workflow/{UUID}"),
        },
        remove=ask("DELETE", "/workflow/{id}"),
        drift=ask("PATCH", "/workflow/{id}", {"name": "renamed by hand"}),
        restored="name",
        namesake=ask("POST", "/workflow", {"name": "the-name", "workflow_json": "{}"}),
        secrets=partial(secrets_of, "Workflow"),
        left_out=LEFT_OUT,
        unfinished=refuse("PATCH", f"/workflow/{UUID}"),
        runs_on_the_cli=True,
    ),
    "WorkflowVersion": Kind(
        resource=comfy.comfydeploy.WorkflowVersion,
        rows=table("versions", lambda row: str(row["comment"]).startswith("pulumi_comfy")),
        needs=a_workflow,
        needs_by_hand=lambda _emulated, api: by_hand.a_workflow(api),
        held=("workflow_id",),
        arguments=documents(30),
        edit=documents(40),
        edited=("workflow_api", documents(40)["workflow_api"]),
        edit_op="replace",
        keeps_id=False,
        main={
            "create": ("POST", f"/workflow/{UUID}/version"),
            "read": ("GET", f"/workflow-version/{UUID}"),
            "update": ("POST", f"/workflow/{UUID}/version"),
        },
        remove=ask("DELETE", "/workflow/{workflow_id}"),
        namesake=lambda api, _row: by_hand.save_in_the_editor(api),
        namesake_arguments={},
        secrets=partial(secrets_of, "WorkflowVersion"),
        left_out=LEFT_OUT,
        unfinished=refuse("GET", f"/workflow-version/{UUID}"),
        excused={
            "drift_is_seen_by_refresh_and_repaired_by_up": IMMUTABLE,
            **dict.fromkeys(ADOPTION, "a version has no name: one with the same content is as good as a new one"),
            **dict.fromkeys(REMOVAL, "no version is ever removed"),
        },
    ),
    "ServerlessMachine": Kind(
        resource=comfy.comfydeploy.ServerlessMachine,
        rows=table("machines"),
        arguments={"gpu": "T4"},
        edit={"run_timeout": 400},
        edited=("run_timeout", 400),
        main={
            "create": ("POST", "/machine/serverless"),
            "read": ("GET", f"/machine/{UUID}"),
            "update": ("PATCH", f"/machine/serverless/{UUID}"),
            "delete": ("DELETE", f"/machine/{UUID}"),
        },
        remove=ask("DELETE", "/machine/{id}"),
        drift=ask("PATCH", "/machine/serverless/{id}", {"run_timeout": 77}),
        restored="run_timeout",
        namesake=ask("POST", "/machine/serverless", {"name": "the-name", "gpu": "T4"}),
        secrets=partial(secrets_of, "ServerlessMachine"),
        left_out=LEFT_OUT,
        repeats=lambda emulated, text: emulated.builds.outcome("ready", log=[text]),
        untold=frozenset({"buildDigest"}),
        unfinished=lambda emulator: emulator.comfydeploy.builds.outcome("error", times=1),
    ),
    "CustomMachine": Kind(
        resource=comfy.comfydeploy.CustomMachine,
        rows=table("machines", lambda row: row["type"] == "classic"),
        arguments={"endpoint": "https://gpu.example:8188", "auth_token": "canary-1"},
        edit={"endpoint": "https://gpu.example:8189"},
        edited=("endpoint", "https://gpu.example:8189"),
        main={
            "create": ("POST", "/machine/custom"),
            "read": ("GET", f"/machine/{UUID}"),
            "update": ("PATCH", f"/machine/custom/{UUID}"),
            "delete": ("DELETE", f"/machine/{UUID}"),
        },
        remove=ask("DELETE", "/machine/{id}"),
        drift=ask("PATCH", "/machine/custom/{id}", {"endpoint": "https://elsewhere.example"}),
        restored="endpoint",
        namesake=ask(
            "POST",
            "/machine/custom",
            {"name": "the-name", "type": "classic", "endpoint": "https://x.example", "auth_token": None},
        ),
        secrets=partial(secrets_of, "CustomMachine"),
        left_out=LEFT_OUT,
        untold=frozenset({"authToken"}),
        unfinished=refuse("GET", f"/machine/{UUID}"),
    ),
    "Secret": Kind(
        resource=comfy.comfydeploy.Secret,
        rows=table("secrets"),
        needs=a_machine,
        needs_by_hand=lambda _emulated, api: by_hand.a_machine(api),
        arguments={"variables": {"TOKEN": "canary-1"}},
        edit={"variables": {"TOKEN": "canary-2"}},
        edited=("variables", {"TOKEN": "canary-2"}),
        main={
            "create": ("POST", "/machine/secret"),
            "read": ("GET", "/machine/secrets/all"),
            "update": ("PATCH", f"/machine/secret/{UUID}/envs"),
            "delete": ("DELETE", f"/machine/secret/{UUID}"),
        },
        remove=ask("DELETE", "/machine/secret/{id}"),
        drift=ask("PATCH", "/machine/secret/{id}/envs", {"secret": [{"key": "TOKEN", "value": "by hand"}]}),
        restored="variables",
        namesake=lambda api, _row: by_hand.make_a_secret(api),
        secrets=partial(secrets_of, "Secret"),
        left_out=LEFT_OUT,
        unfinished=refuse("PATCH", f"/machine/serverless/{UUID}"),
        untold=frozenset({"machineVersionIds"}),
    ),
    "Model": Kind(
        resource=comfy.comfydeploy.Model,
        rows=files,
        arguments={**MODEL, "link": "https://models.example/a.safetensors?signature=canary-1"},
        edit={"link": "https://models.example/b.safetensors?signature=canary-2"},
        edited=("path", "checkpoints/a.safetensors"),
        edit_op="replace",
        main={
            "create": ("POST", "/volume/model"),
            "read": ("GET", "/volume/private-models"),
            "update": ("POST", "/volume/model"),
            "delete": ("POST", "/volume/rm"),
        },
        remove=ask("POST", "/volume/rm", {"path": "checkpoints/a.safetensors"}),
        drift=swap_file,
        restored="size",
        namesake=lambda api, _row: put_file(api, "checkpoints", "bystander.safetensors"),
        namesake_arguments={},
        secrets=partial(secrets_of, "Model"),
        left_out=LEFT_OUT,
        unfinished=refuse("GET", "/volume/downloading-models", after=1),
        untold=frozenset({"link", "deleteOnDestroy"}),
        excused={RECOVERY: "anybody may have put a file there: it is refused with its path"},
    ),
    "ApiKey": Kind(
        resource=comfy.comfydeploy.ApiKey,
        rows=table("api_keys", lambda row: row["name"] != "emulator"),
        edit={"name": "another-name"},
        edited=("name", "another-name"),
        edit_op="replace",
        keeps_id=False,
        main={
            "create": ("POST", "/platform/api-keys"),
            "read": ("GET", "/platform/api-keys"),
            "update": ("POST", "/platform/api-keys"),
            "delete": ("DELETE", f"/platform/api-keys/{UUID}"),
        },
        remove=ask("DELETE", "/platform/api-keys/{id}"),
        namesake=ask("POST", "/platform/api-keys", {"name": "the-name"}),
        secrets=partial(secrets_of, "ApiKey"),
        left_out=LEFT_OUT,
        untold=frozenset({"key"}),
        excused={
            "drift_is_seen_by_refresh_and_repaired_by_up": IMMUTABLE,
            "a_create_that_cannot_be_finished_keeps_its_id_and_the_next_up_finishes_it": "it is finished once its id "
            "is known",
            "the_state_after_an_adoption_is_that_after_a_create": SHOWN_ONCE,
            "the_preview_of_an_adoption_tells_neither_the_secret_nor_what_was_there": SHOWN_ONCE,
            RECOVERY: "its value is lost: one that is ours is revoked and made anew",
            **{f"{UPDATE}[{fault}]": BEARS_NOTHING for fault in ("truncated", "answer lost after the write")},
        },
    ),
    "Deployment": Kind(
        resource=comfy.comfydeploy.Deployment,
        rows=table("deployments", lambda row: row["environment"] == "production"),
        needs=a_machine_and_a_workflow,
        needs_by_hand=lambda _emulated, api: by_hand.a_machine_and_a_workflow(api),
        held=("workflow_id", "machine_id"),
        arguments={"environment": "production", "gpu": "A100"},
        edit={"gpu": "L4"},
        edited=("gpu", "L4"),
        main={
            "create": ("POST", "/deployment"),
            "read": ("GET", f"/deployment/{UUID}"),
            "update": ("PATCH", f"/deployment/{UUID}"),
            "delete": ("DELETE", f"/deployment/{UUID}"),
        },
        remove=purge_deployment,
        drift=ask("PATCH", "/deployment/{id}", {"gpu": "H100"}),
        restored="gpu",
        namesake=lambda api, _row: by_hand.deploy_to_staging(api),
        namesake_arguments={},
        secrets=partial(secrets_of, "Deployment"),
        left_out=LEFT_OUT,
        unfinished=refuse("PATCH", f"/deployment/{UUID}"),
        runs_on_the_cli=True,
        excused={
            ADOPTION[0]: "one that stands as declared is taken for what an interrupted create left",
        },
    ),
}


def quicken(emulator: Emulator) -> None:
    """Let builds, runs and downloads take no time worth waiting for."""
    for name in ("build_seconds", "run_seconds", "download_seconds"):
        setattr(emulator.settings, name, 0.005)
    emulator.settings.api_key_seconds = 0.01  # a second at the pace of these tests


def in_a_second_of_its_own(emulator: Emulator) -> dict[str, list[Callable[..., Any]]]:
    """A key that a test makes is in the way of no other: the platform takes one a second (2.8)."""

    def pass_it(about: httpx.Request | httpx.Response) -> None:
        request = about.request if isinstance(about, httpx.Response) else about
        if (request.method, request.url.path.endswith("/platform/api-keys")) == ("POST", True):
            emulator.clock.advance(emulator.settings.api_key_seconds)

    return {name: [pass_it] for name in ("request", "response")}


def is_downloading(emulated: Any) -> bool:
    """Tell whether the platform still fetches a file."""
    return any(row["status"] not in ("success", "failed") for row in emulated.dump()["downloads"])


def can_run(it: Lone) -> None:
    """Wait for the machine's build, without which a run has no app; a GPU of its own could not be unset again."""
    it.arguments.pop("gpu", None)
    eventually(lambda: it.emulated.dump()["machines"][0]["status"] == "ready")


def given(text: str, seed: int | None) -> dict[str, Any]:
    """Run inputs of the quickstart's workflow."""
    return {"inputs": {"prompt": text, **({} if seed is None else {"seed": seed})}}


RUNS = Runs(
    rows=table("runs"),
    start=("POST", "/run/deployment/queue"),
    look=("GET", f"/run/{UUID}"),
    cancel=("POST", f"/run/{UUID}/cancel"),
    given=given,
    seed_of=lambda run: run["workflow_inputs"]["seed"],
    unknown={"inputs": {"promt": "a cat"}},
    nearest="prompt",
    stays_queued=lambda emulator: emulator.comfydeploy.runs.script("hang", statuses=["queued"]),
    alone=Declared(
        resource=comfy.comfydeploy.InferenceCheck,
        needs=a_deployment,
        needs_by_hand=by_hand.a_deployment,
        arguments=given("a cat", 1),
        secrets=partial(secrets_of, "InferenceCheck"),
        left_out=LEFT_OUT,
    ),
    target="Deployment",
    ready=can_run,
    another=lambda it: by_hand.a_second_version(it.api, it.arguments["workflow_id"]),
    version="workflow_version_id",
    unchecked={"keep_warm": 1},
)

EXAMINEE = Examinee(
    key="comfydeploy",
    kinds=KINDS,
    estate=lambda _emulated: Everything(),
    other_key=lambda emulated: emulated.key(user_id="user_another"),
    runs=RUNS,
    quicken=quicken,
    is_busy=is_downloading,
    hooks=in_a_second_of_its_own,
)
