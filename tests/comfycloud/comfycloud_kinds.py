"""Comfy Cloud's resources as the exam of all platforms sees them (tests/contract/exam.py).

Facts: docs/platforms/comfycloud.md.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import httpx
from canaries import canary
from comfycloud_program import CHECKPOINT, SEED, TEXT, graph, steps_of
from comfycloud_program import runs as jobs
from exam import Declared, Estate, Examinee, Kind, Row, Runs

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator

ALL = "/workflows"
ONE = f"{ALL}/[^/]+"
PUBLISH = "/userdata/.+/publish"
LEFT_OUT = {
    "connection": "it names a key, which has to be there",
    "adopt": "a test of its own",
    "workflow_id": "given by what the kind needs",
    "version_id": "given by what the kind needs",
    "workflow_api": "a test of its own: it is not saved",
    "base_version": "a number that must be the newest",
    "path": "given by what the kind needs",
    "workflow_digest": "it must be that of what the kind needs",
    "asset_ids": "ids of what is there",
    "save_outputs_to": "a folder of the machine that runs it",
}


def workflows(emulated: Any) -> list[Row]:
    """Live workflows. Versions with one document are one that serves: a rollback appends the former again."""
    dump = emulated.dump()
    found = []
    for row in dump["workflows"]:
        held = [one for one in dump["versions"] if one["workflow_id"] == row["id"]]
        texts = [json.dumps(one["workflow_json"], sort_keys=True) for one in held]
        first = held[texts.index(texts[-1])]
        names = ("id", "name", "description", "default_view", "workspace")
        found.append(
            {
                **{name: row[name] for name in names},
                "version": first["id"],
                "steps": steps_of(first["workflow_json"]),
            }
        )
    return found


def appended(emulated: Any) -> list[Row]:
    """Versions but the first of each live workflow, by the ids that this package gives them."""
    return [
        {**row, "id": f"{row['workflow_id']}/{row['version']}", "steps": steps_of(row["workflow_json"])}
        for row in emulated.dump()["versions"]
        if row["version"] > 1
    ]


def publications(emulated: Any) -> list[Row]:
    return [{**row, "id": row["share_id"]} for row in emulated.dump()["publications"]]


def make_workflow(api: httpx.Client, name: str, steps: int = 20) -> Row:
    made: Row = api.post("/api/workflows", json={"name": name, "workflow_json": graph(steps)}).raise_for_status().json()
    return made


def save_version(api: httpx.Client, steps: int) -> None:
    (row,) = api.get("/api/workflows").json()["data"]
    body = {"base_version": row["latest_version"], "workflow_json": graph(steps)}
    api.post(f"/api/workflows/{row['id']}/versions", json=body).raise_for_status()


def a_saved_workflow(_emulated: Any, api: httpx.Client) -> dict[str, Any]:
    return {"workflow_id": make_workflow(api, "base")["id"]}


def a_workflow() -> dict[str, Any]:
    return {"workflow_id": comfy.comfycloud.Workflow("base", name="base", workflow=graph()).id}


ASSET = "0a000000-0000-4000-8000-00000000a55e"


def a_saved_file(emulated: Any, api: httpx.Client) -> dict[str, Any]:
    return {**a_saved_workflow(emulated, api), "path": "workflows/base.json"}


def remove_workflow(api: httpx.Client, row: Row) -> None:
    api.delete(f"/api/workflows/{row['workflow_id']}").raise_for_status()


def rename(api: httpx.Client, row: Row) -> None:
    api.patch(f"/api/workflows/{row['id']}", json={"name": "renamed by hand"}).raise_for_status()


def publish(api: httpx.Client, name: str, *asset_ids: str) -> None:
    api.post(f"/api/userdata/workflows%2F{name}.json/publish", json={"asset_ids": asset_ids}).raise_for_status()


def publish_another(api: httpx.Client, _row: Row) -> None:
    """A file has one link, so the nearest thing is that of another file."""
    make_workflow(api, "another")
    publish(api, "another")


def refuse(method: str, route: str) -> Any:
    return lambda emulator: emulator.faults.add(method, route, "status", status=400, times=None)


def given(text: str, seed: int | None) -> dict[str, Any]:
    return {"overrides": {TEXT: {"text": text}, **({} if seed is None else {SEED: {"seed": seed}})}}


def check(edition: str) -> dict[str, Any]:
    return {
        **given(canary("prompt", edition), 471147),
        "extra_data": {"api_key_comfy_org": canary("partner", edition)},
        "expect": {"minimum_outputs": 1, "kinds": ["images"]},
        "queue_timeout_seconds": 4711,
        "run_timeout_seconds": 4712,
    }


def secrets_of(kind: str, edition: str) -> dict[str, Any]:
    document = graph(text=canary("text", edition))
    return {
        "Workflow": {
            "name": canary("workflow", edition),
            "workflow": document,
            "description": canary("description", edition),
            "default_view": "app",
            "on_conflict": "overwrite",
            "inference_check": {**check(edition), "on_failure": "keep"},
        },
        "WorkflowVersion": {"workflow": document, "inference_check": {**check(edition), "on_failure": "keep"}},
        "Publication": {"keep_on_destroy": True},
        "InferenceCheck": {**check(edition), "triggers": [canary("trigger", edition)], "always": True},
    }[kind]


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

WORKFLOW = Kind(
    resource=comfy.comfycloud.Workflow,
    rows=workflows,
    arguments={"workflow": graph(20), "description": "good"},
    edit={"workflow": graph(40)},
    edited=("steps", 40),
    main={
        "create": ("POST", ALL),
        "read": ("GET", f"{ALL}(/[^/]+)?"),
        "update": ("POST", f"{ONE}/versions"),
        "delete": ("DELETE", ONE),
    },
    remove=lambda api, row: api.delete(f"/api/workflows/{row['id']}").raise_for_status(),
    drift=rename,
    restored="name",
    namesake=lambda api, _row: make_workflow(api, "the-name"),
    unfinished=refuse("GET", f"{ONE}/content"),
    secrets=partial(secrets_of, "Workflow"),
    left_out=LEFT_OUT,
    runs_on_the_cli=True,
    excused={
        "a_failed_check_that_is_kept_says_what_serves_and_is_run_again": "the update itself makes the version, so that "
        "nobody names it before; test_comfycloud_checks.py asks it",
        "no_answer_of_another_shape_to_a_check_is_our_fault": "one answer names every node class, and each of its "
        "values would cost a run; test_comfycloud_malformed.py asks it of a platform with few",
    },
)
VERSION = Kind(
    resource=comfy.comfycloud.WorkflowVersion,
    rows=appended,
    needs=a_workflow,
    needs_by_hand=a_saved_workflow,
    held=("workflow_id",),
    arguments={"workflow": graph(30)},
    edit={"workflow": graph(40)},
    edited=("steps", 40),
    edit_op="replace",
    keeps_id=False,
    main={
        "create": ("POST", f"{ONE}/versions"),
        "read": ("GET", f"{ALL}(/[^/]+)?"),
        "update": ("POST", f"{ONE}/versions"),
    },
    remove=remove_workflow,
    namesake=lambda api, _row: save_version(api, 50),
    namesake_arguments={},
    unfinished=lambda emulator: emulator.comfycloud.runs.script("failed", times=1),
    unfinished_arguments={"inference_check": {"on_failure": "keep"}},
    secrets=partial(secrets_of, "WorkflowVersion"),
    left_out=LEFT_OUT,
    excused={
        "drift_is_seen_by_refresh_and_repaired_by_up": "the platform changes none: there is no drift",
        **dict.fromkeys(ADOPTION, "a version has no name: one with the same content is as good as a new one"),
        **dict.fromkeys(REMOVAL, "no version is ever removed"),
        "a_killed_create_is_taken_back_or_refused_with_its_id": "only the newest version can be read: once "
        "somebody else has saved one, nobody can tell what the killed run left",
    },
)
NO_WAY_BACK = "nothing takes a publication back: nobody can remove one"
PUBLICATION = Kind(
    resource=comfy.comfycloud.Publication,
    rows=publications,
    needs=lambda: {**a_workflow(), "path": "workflows/base.json"},
    needs_by_hand=a_saved_file,
    held=("workflow_id",),
    arguments={"keep_on_destroy": True},
    edit={"asset_ids": [ASSET]},
    edited=("asset_ids", [ASSET]),
    main={
        "create": ("POST", PUBLISH),
        "read": ("GET", f"{ALL}/published/[^/]+"),
        "update": ("POST", PUBLISH),
    },
    remove=lambda _api, _row: None,
    drift=lambda api, _row: publish(api, "base", ASSET),
    restored="asset_ids",
    unfinished=refuse("GET", f"{ALL}/published/[^/]+"),
    untold=frozenset({"path", "keepOnDestroy"}),
    namesake=publish_another,
    namesake_arguments={},
    secrets=partial(secrets_of, "Publication"),
    left_out=LEFT_OUT,
    excused={
        **dict.fromkeys(REMOVAL, NO_WAY_BACK),
        "create_update_and_delete_are_held_by_the_platform": NO_WAY_BACK,
        "an_object_gone_outside_is_created_again_after_a_refresh": NO_WAY_BACK,
        "a_life_with_faults_ends_clean_for_every_other_kind": NO_WAY_BACK,
        "a_fault_of_the_update_is_repaired_by_the_next_up": "what nobody removes is there twice after it, elsewhere; a "
        "file has one link. test_publication.py asks it",
        ADOPTION[0]: "one that stands as declared is taken for what an interrupted create left",
    },
)


def runs(emulated: Any) -> list[Row]:
    words = {"completed": "success"}
    return [{**row, "status": words.get(row["status"], row["status"])} for row in jobs(emulated)]


def stay_queued(emulator: Emulator) -> None:
    """Let a run of somebody else in the workspace never end."""
    cloud = emulator.comfycloud
    cloud.runs.script("hang", times=1)
    tiny = {"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}}}
    tiny["2"] = {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}
    headers = {"x-api-key": cloud.key()}
    httpx.post(f"{cloud.url}/api/prompt", json={"prompt": tiny}, headers=headers, verify=False).raise_for_status()


RUNS = Runs(
    rows=runs,
    start=("POST", "/prompt"),
    look=("GET", "/jobs/[^/]+"),
    cancel=("POST", "/jobs/[^/]+/cancel"),
    given=given,
    seed_of=lambda run: run["graph"][SEED]["inputs"]["seed"],
    unknown={"overrides": {"66": {"text": "a cat"}}},
    nearest="6 (CLIPTextEncode)",
    stays_queued=stay_queued,
    alone=Declared(
        resource=comfy.comfycloud.InferenceCheck,
        needs_by_hand=a_saved_workflow,
        arguments=given("a cat", 1),
        secrets=partial(secrets_of, "InferenceCheck"),
        left_out=LEFT_OUT,
        excused={
            "a_refresh_and_a_destroy_ask_nothing": "whose key it is takes a question a process; test_scope.py asks",
            "a_fault_of_a_check_is_got_over_or_said_and_the_next_up_checks[start lost]": "a run bears a text that no "
            "other has, by which it is found again; test_runs.py asks it",
        },
    ),
    target="Workflow",
    another=lambda it: {"workflow": graph(50 if steps_of(it.arguments["workflow"]) == 20 else 20)},
    version="version",
    unchecked={"description": "else"},
)


class Everything(Estate):
    """A checked workflow, a version of another, and a check by itself."""

    holds = {"workflows": 2, "versions": 1}
    steps, versioned = 20, 30

    def __init__(self, emulated: Any) -> None:
        """Nothing is there before."""

    def __call__(self) -> None:
        c = comfy.comfycloud
        checked = c.Workflow("checked", workflow=graph(self.steps), inference_check=given("a cat", None))
        other = c.Workflow("other", workflow=graph(), description=f"{self.steps} steps")
        c.WorkflowVersion("pinned", workflow_id=other.id, workflow=graph(self.versioned))
        c.InferenceCheck("again", workflow_id=checked.id, **given("a dog", None))

    def updated(self) -> None:
        self.steps = 25

    def replaced(self) -> None:
        self.versioned = 35

    def rows(self, emulated: Any) -> dict[str, list[Row]]:
        return {"workflows": workflows(emulated), "versions": appended(emulated)}


def quicken(emulator: Emulator) -> None:
    emulator.settings.run_seconds = 0.005
    emulator.comfycloud.add_asset("a.png", asset_id=ASSET)
    emulator.comfycloud.settings.models = {"checkpoints": [CHECKPOINT]}


EXAMINEE = Examinee(
    key="comfycloud",
    kinds={"Workflow": WORKFLOW, "WorkflowVersion": VERSION, "Publication": PUBLICATION},
    estate=Everything,
    other_key=lambda emulated: emulated.key("another"),
    runs=RUNS,
    quicken=quicken,
)
