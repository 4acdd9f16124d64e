"""RunComfy's resources as the exam of all platforms sees them (tests/contract/exam.py).

Facts: docs/platforms/runcomfy.md.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
from canaries import canary
from exam import Declared, Estate, Examinee, Kind, Row, Runs
from runcomfy_program import GRAPH, SEED, TEXT

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator

ALL = "/prod/v2/deployments"
ONE = f"{ALL}/[^/]+"
RUN = "/prod/v1/deployments/[^/]+"
WORKFLOW, OTHER_WORKFLOW = (f"6d2b5f0e-1111-4222-8333-44445555666{number}" for number in (7, 8))
LEFT_OUT = {
    "connection": "it names a key, which has to be there",
    "adopt": "a test of its own",
    "workflow_id": "given by what the kind needs",
    "deployment_id": "given by what the kind needs",
    "save_outputs_to": "a folder of the machine that runs it",
}


def a_workflow(emulated: Any, _api: httpx.Client | None = None, workflow_id: str = WORKFLOW) -> dict[str, Any]:
    """Save a workflow of three versions, as a person does in the browser; once."""
    if all(row["workflow_id"] != workflow_id for row in emulated.dump()["versions"]):
        emulated.add_workflow(GRAPH, ["v1", "v2", canary("version")], workflow_id=workflow_id)
    return {"workflow_id": workflow_id}


def a_deployment(emulated: Any, api: httpx.Client) -> dict[str, Any]:
    a_workflow(emulated, api)
    return {"deployment_id": deploy(api, name="base").json()["id"]}


def deploy(api: httpx.Client, name: str) -> httpx.Response:
    scaling = {"min_instances": 0, "max_instances": 1, "queue_size": 1, "keep_warm_duration_in_seconds": 60}
    what = {"workflow_id": WORKFLOW, "workflow_version": "v1", "hardware": ["AMPERE_48"]}
    return api.post(ALL, json={"name": name, **what, **scaling}).raise_for_status()


def given(text: str, seed: int | None) -> dict[str, Any]:
    """Overrides of the quickstart's graph."""
    return {"overrides": {TEXT: {"text": text}, **({} if seed is None else {SEED: {"default_value": seed}})}}


def check(edition: str) -> dict[str, Any]:
    return {
        **given(canary("prompt", edition), 471147),
        "extra_data": {"api_key_comfy_org": canary("partner", edition)},
        "expect": {"minimum_outputs": 1, "kinds": ["images"]},
        "queue_timeout_seconds": 4711,
        "run_timeout_seconds": 4712,
    }


def secrets_of(kind: str, edition: str) -> dict[str, Any]:
    number = 4711 if edition == "one" else 4713
    if kind == "InferenceCheck":
        return {**check(edition), "triggers": [canary("trigger", edition)], "always": True}
    return {
        "name": canary("deployment", edition),
        "workflow_version": canary("version"),
        "hardware": "ADA_48_PLUS",
        "min_instances": 0,
        "max_instances": 3,
        "queue_size": number,
        "keep_warm_duration_in_seconds": number,
        "is_enabled": True,
        "inference_check": {**check(edition), "on_failure": "keep"},
    }


DEPLOYMENT = Kind(
    resource=comfy.runcomfy.Deployment,
    rows=lambda emulated: emulated.dump()["deployments"],
    needs_by_hand=a_workflow,
    arguments={"workflow_version": "v1", "queue_size": 2},
    edit={"queue_size": 5},
    edited=("queue_size", 5),
    main={
        "create": ("POST", ALL),
        "read": ("GET", f"{ALL}(/[^/]+)?"),
        "update": ("PATCH", ONE),
        "delete": ("DELETE", ONE),
    },
    remove=lambda api, row: api.delete(f"{ALL}/{row['id']}").raise_for_status(),
    drift=lambda api, row: api.patch(f"{ALL}/{row['id']}", json={"name": row["name"], "queue_size": 9}),
    restored="queue_size",
    namesake=lambda api, _row: deploy(api, "the-name"),
    unfinished=lambda emulator: emulator.faults.add("PATCH", ONE, "status", status=400, times=None),
    unfinished_arguments={"is_enabled": False},
    secrets=partial(secrets_of, "Deployment"),
    left_out=LEFT_OUT,
    runs_on_the_cli=True,
)


def runs(emulated: Any) -> list[Row]:
    words = {"succeeded": "success"}
    found = emulated.dump(include_deleted=True)["requests"]
    return [{**run, "status": words.get(run["verdict"], run["verdict"] or run["status"])} for run in found]


def stay_queued(emulator: Emulator) -> None:
    emulator.settings.cold_start_seconds = 3600


RUNS = Runs(
    rows=runs,
    start=("POST", f"{RUN}/inference"),
    look=("GET", f"{RUN}/requests/[^/]+/status"),
    cancel=("POST", f"{RUN}/requests/[^/]+/cancel"),
    given=given,
    seed_of=lambda run: run["overrides"][SEED]["inputs"]["default_value"],
    unknown={"overrides": {"44": {"text": "a cat"}}},
    nearest="4 (CLIPTextEncode)",
    stays_queued=stay_queued,
    alone=Declared(
        resource=comfy.runcomfy.InferenceCheck,
        needs_by_hand=a_deployment,
        arguments=given("a cat", 1),
        secrets=partial(secrets_of, "InferenceCheck"),
        left_out=LEFT_OUT,
    ),
    target="Deployment",
    another=lambda it: {"workflow_version": "v2" if it.arguments["workflow_version"] == "v1" else "v1"},
    version="workflow_version",
    unchecked={"keep_warm_duration_in_seconds": 10},
)


class Everything(Estate):
    """A checked deployment, one that is disabled, and a check by itself."""

    holds = {"deployments": 2}
    arguments = {"workflow_id": WORKFLOW, "workflow_version": "v1"}

    def __init__(self, emulated: Any) -> None:
        for workflow_id in (WORKFLOW, OTHER_WORKFLOW):
            a_workflow(emulated, workflow_id=workflow_id)

    def __call__(self) -> None:
        checked = comfy.runcomfy.Deployment("serving", **self.arguments, inference_check=given("a cat", None))
        comfy.runcomfy.Deployment("resting", **self.arguments, is_enabled=False)
        comfy.runcomfy.InferenceCheck("again", deployment_id=checked.id, **given("a dog", None))

    def updated(self) -> None:
        self.arguments = {**self.arguments, "workflow_version": "v2", "max_instances": 3}

    def replaced(self) -> None:
        self.arguments = {**self.arguments, "workflow_id": OTHER_WORKFLOW}

    def rows(self, emulated: Any) -> dict[str, list[Row]]:
        return {"deployments": emulated.dump()["deployments"]}


def quicken(emulator: Emulator) -> None:
    emulator.settings.run_seconds = 0.005
    emulator.settings.cold_start_seconds = 0.0


EXAMINEE = Examinee(
    key="runcomfy",
    kinds={"Deployment": DEPLOYMENT},
    estate=Everything,
    other_key=lambda emulated: emulated.key(account="another"),
    runs=RUNS,
    quicken=quicken,
)
