"""Every resource of the platform as the tests of all resources see it: how it is declared, edited, found and upset."""

from __future__ import annotations

import copy
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from programs import quickstart_documents

import pulumi_comfy as comfy

GRAPH, PROMPT = quickstart_documents()
UUID = "[^/]+"
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"

Row = dict[str, Any]
Route = tuple[str, str]


def documents(steps: int) -> dict[str, Any]:
    """The quickstart's documents with another number of sampling steps."""
    graph, prompt = copy.deepcopy(GRAPH), copy.deepcopy(PROMPT)
    prompt["7"]["inputs"]["steps"] = steps
    for node in graph["nodes"]:
        if node["type"] == "KSampler":
            node["widgets_values"][2] = steps
    return {"workflow": graph, "workflow_api": prompt}


def nothing() -> dict[str, Any]:
    return {}


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


def purge_deployment(platform: Any, row: Row) -> None:
    keys = ("workflow_id", "workflow_version_id", "machine_id")
    body = {**{key: row[key] for key in keys}, "deployment_id": row["id"], "environment": "private-share"}
    platform.post("/deployment", json=body).raise_for_status()
    platform.delete(f"/deployment/{row['id']}").raise_for_status()


def ask(method: str, route: str, body: Any = None) -> Callable[[Any, Row], Any]:
    """An edit behind Pulumi's back; `route` takes the row's fields."""
    return lambda platform, row: platform.request(method, route.format(**row), json=body).raise_for_status().json()


def swap_file(platform: Any, row: Row) -> None:
    """Put another file, of another size, in the place of one."""
    put_file(platform, "checkpoints", "other.safetensors")
    body = {"source_path": "checkpoints/other.safetensors", "destination_path": row["path"], "overwrite": True}
    platform.post("/volume/move", json=body).raise_for_status()


def put_file(platform: Any, folder: str, name: str) -> None:
    link = f"https://models.example/{name}"
    body = {"source": "link", "folderPath": folder, "filename": name, "downloadLink": link}
    platform.post("/volume/model", json=body).raise_for_status()
    while not any(row["path"] == f"{folder}/{name}" for row in platform.get("/volume/private-models").json()):
        time.sleep(0.005)


@dataclass(frozen=True)
class Kind:
    """One resource under test, named `it` in its program.

    Attributes:
        resource: its class.
        rows: the table of such objects in the emulator's dump.
        needs: declares what it needs and gives the arguments that follow from that.
        arguments: what it is declared with.
        edit: arguments that change it.
        held: what the edit must leave on the platform: a field and its value.
        edit_op: what the engine does with the edit.
        namesake: makes a foreign object with its natural key, or the nearest thing that the platform allows.
        namesake_arguments: what `it` is declared with, to have that key; none where its key is not a name.
        remove: takes the object away behind Pulumi's back.
        drift: changes it behind Pulumi's back.
        restored: the field that drifts; `up` brings its former value back.
        is_candidate: which rows of the table are of this kind at all.
        main: the request that each operation is about.
        exceptions: facts that cannot hold for it, each with the reason.
    """

    resource: Any
    rows: str
    edit: Mapping[str, Any]
    held: tuple[str, Any]
    main: Mapping[str, Route]
    remove: Callable[[Any, Row], Any]
    namesake: Callable[[Any, Row], Any]
    needs: Callable[[], dict[str, Any]] = nothing
    arguments: Mapping[str, Any] = field(default_factory=dict)
    edit_op: str = "update"
    namesake_arguments: Mapping[str, Any] = field(default_factory=lambda: {"name": "the-name"})
    drift: Callable[[Any, Row], Any] = lambda _platform, _row: None
    restored: str = ""
    is_candidate: Callable[[Row], bool] = lambda _row: True
    exceptions: Mapping[str, str] = field(default_factory=dict)


IMMUTABLE = "the platform changes none: there is no drift"
MODEL = {"folder_path": "checkpoints", "filename": "a.safetensors", "delete_on_destroy": True}

KINDS: dict[str, Kind] = {
    "Workflow": Kind(
        comfy.comfydeploy.Workflow,
        "workflows",
        arguments={**documents(20), "description": "good"},
        edit={"description": "better"},
        held=("description", "better"),
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
    ),
    "WorkflowVersion": Kind(
        comfy.comfydeploy.WorkflowVersion,
        "versions",
        needs=a_workflow,
        arguments=documents(30),
        edit=documents(40),
        held=("workflow_api", documents(40)["workflow_api"]),
        edit_op="replace",
        main={
            "create": ("POST", f"/workflow/{UUID}/version"),
            "read": ("GET", f"/workflow-version/{UUID}"),
            "update": ("POST", f"/workflow/{UUID}/version"),
        },
        remove=ask("DELETE", "/workflow/{workflow_id}"),
        namesake=lambda platform, _row: save_in_the_editor(platform),
        namesake_arguments={},
        is_candidate=lambda row: str(row["comment"]).startswith("pulumi_comfy"),
        exceptions={
            "drift": IMMUTABLE,
            "adopt": "a version has no name: one with the same content is as good as a new one",
            "same id": "a changed document is another version",
        },
    ),
    "ServerlessMachine": Kind(
        comfy.comfydeploy.ServerlessMachine,
        "machines",
        arguments={"gpu": "T4"},
        edit={"run_timeout": 400},
        held=("run_timeout", 400),
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
    ),
    "CustomMachine": Kind(
        comfy.comfydeploy.CustomMachine,
        "machines",
        arguments={"endpoint": "https://gpu.example:8188", "auth_token": "canary-1"},
        edit={"endpoint": "https://gpu.example:8189"},
        held=("endpoint", "https://gpu.example:8189"),
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
        is_candidate=lambda row: row["type"] == "classic",
    ),
    "Secret": Kind(
        comfy.comfydeploy.Secret,
        "secrets",
        needs=a_machine,
        arguments={"variables": {"TOKEN": "canary-1"}},
        edit={"variables": {"TOKEN": "canary-2"}},
        held=("variables", {"TOKEN": "canary-2"}),
        main={
            "create": ("POST", "/machine/secret"),
            "read": ("GET", "/machine/secrets/all"),
            "update": ("PATCH", f"/machine/secret/{UUID}/envs"),
            "delete": ("DELETE", f"/machine/secret/{UUID}"),
        },
        remove=ask("DELETE", "/machine/secret/{id}"),
        drift=ask("PATCH", "/machine/secret/{id}/envs", {"secret": [{"key": "TOKEN", "value": "by hand"}]}),
        restored="variables",
        namesake=lambda platform, _row: make_a_secret(platform),
    ),
    "Model": Kind(
        comfy.comfydeploy.Model,
        "volumes",
        arguments={**MODEL, "link": "https://models.example/a.safetensors?signature=canary-1"},
        edit={"link": "https://models.example/b.safetensors?signature=canary-2"},
        held=("path", "checkpoints/a.safetensors"),
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
        namesake=lambda platform, _row: put_file(platform, "checkpoints", "bystander.safetensors"),
        namesake_arguments={},
        exceptions={"recovered": "anybody may have put a file there: it is refused with its path"},
    ),
    "ApiKey": Kind(
        comfy.comfydeploy.ApiKey,
        "api_keys",
        edit={"name": "another-name"},
        held=("name", "another-name"),
        edit_op="replace",
        main={
            "create": ("POST", "/platform/api-keys"),
            "read": ("GET", "/platform/api-keys"),
            "update": ("POST", "/platform/api-keys"),
            "delete": ("DELETE", f"/platform/api-keys/{UUID}"),
        },
        remove=ask("DELETE", "/platform/api-keys/{id}"),
        namesake=ask("POST", "/platform/api-keys", {"name": "the-name"}),
        is_candidate=lambda row: row["name"] != "emulator",
        exceptions={
            "drift": IMMUTABLE,
            "same id": "a renamed key is another key",
            "recovered": "its value is lost: one that is ours is revoked and made anew",
            "adopt equals create": "the platform shows a key's value only once",
        },
    ),
    "Deployment": Kind(
        comfy.comfydeploy.Deployment,
        "deployments",
        needs=a_machine_and_a_workflow,
        arguments={"environment": "production", "gpu": "A100"},
        edit={"gpu": "L4"},
        held=("gpu", "L4"),
        main={
            "create": ("POST", "/deployment"),
            "read": ("GET", f"/deployment/{UUID}"),
            "update": ("PATCH", f"/deployment/{UUID}"),
            "delete": ("DELETE", f"/deployment/{UUID}"),
        },
        remove=purge_deployment,
        drift=ask("PATCH", "/deployment/{id}", {"gpu": "H100"}),
        restored="gpu",
        namesake=lambda platform, _row: deploy_to_staging(platform),
        namesake_arguments={},
        is_candidate=lambda row: row["environment"] == "production",
        exceptions={"let go": "one that stands as declared is taken for what an interrupted create left"},
    ),
}
"""InferenceCheck is not among them: it is no object on the platform, so nothing of this list can be asked of it. Its
own facts are in test_inference_checks.py."""


def first_workflow(platform: Any) -> Row:
    found: Row = platform.get("/workflows/all").json()[0]
    return found


def save_in_the_editor(platform: Any) -> None:
    body = {"workflow": {"nodes": []}, "workflow_api": PROMPT, "comment": "saved by hand"}
    platform.post(f"/workflow/{first_workflow(platform)['id']}/version", json=body).raise_for_status()


def make_a_secret(platform: Any, name: str = "the-name") -> None:
    machine = platform.get("/machines/all").json()[0]["id"]
    body = {"secret_name": name, "machine_id": machine, "secret": [{"key": "FOREIGN", "value": "x"}]}
    platform.post("/machine/secret", json=body).raise_for_status()


def deploy_to_staging(platform: Any) -> None:
    workflow = first_workflow(platform)
    version = platform.get(f"/workflow/{workflow['id']}").json()["versions"][0]["id"]
    machine = platform.get("/machines/all").json()[0]["id"]
    body = {"workflow_id": workflow["id"], "workflow_version_id": version, "machine_id": machine}
    platform.post("/deployment", json={**body, "environment": "staging"}).raise_for_status()


def without_secrets(value: Any) -> Any:
    """Take out what a state marks as secret; whatever is left is in the clear."""
    if isinstance(value, dict):
        if SECRET_SIGNATURE in value:
            return "[secret]"
        return {key: without_secrets(item) for key, item in value.items()}
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def table_of(kind: Kind, emulator: Any) -> list[Row]:
    """All live objects of a kind on the platform, whoever made them."""
    dump = emulator.comfydeploy.dump(include_secrets=True)[kind.rows]
    if kind.rows == "volumes":
        dump = [{**row, "id": row["path"]} for rows in dump.values() for row in rows]
    return [row for row in dump if kind.is_candidate(row)]


VOLATILE = ("status", "serving_version_id", "machine_hash", "machine_version", "modal_app_id", "build_log")
"""What a build changes while nobody touches the machine."""


def fingerprint(row: Row) -> str:
    """What a row says, short enough to compare and to print."""
    told = json.dumps({key: value for key, value in row.items() if key not in VOLATILE}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:8]


class Subject:
    """A resource's program bound to a stack, its arguments editable, its rows in sight."""

    def __init__(self, kind: Kind, deploy: Any, emulator: Any, platform: Any, **stack: Any) -> None:
        self.kind, self.emulator, self.platform = kind, emulator, platform
        self.arguments = dict(kind.arguments)
        self.is_declared = True
        self.stack = deploy(self.program, **stack)
        self.others: set[str] = set()

    def program(self) -> None:
        needs = self.kind.needs()
        if self.is_declared:
            made = self.kind.resource("it", **{**needs, **self.arguments})
            pulumi.export("it", made.id)

    def table(self) -> list[Row]:
        """All live objects of the kind, whoever made them."""
        return table_of(self.kind, self.emulator)

    @property
    def rows(self) -> list[Row]:
        """The live objects that are not known to be somebody else's."""
        return [row for row in self.table() if row["id"] not in self.others]

    @property
    def id(self) -> str:
        return str(self.stack.resource("it")["id"])

    def prepare(self) -> None:
        """Deploy what it needs, then let somebody else make a namesake."""
        self.is_declared = False
        self.stack.up()
        self.is_declared = True
        self.let_somebody_make_a_namesake()

    def let_somebody_make_a_namesake(self) -> None:
        before = {row["id"] for row in self.table()}
        self.kind.namesake(self.platform, {})
        self.others |= {row["id"] for row in self.table()} - before

    def somebody_elses(self) -> dict[str, str]:
        """What somebody else's objects are declared to be, by id."""
        return {row["id"]: fingerprint(row) for row in self.table() if row["id"] in self.others}

    def operations(self, result: Any) -> set[str]:
        return {operation.op for operation in result.operations if operation.name == "it"}

    def forget(self) -> None:
        """Drop it from the state, as when the process was killed before it could tell."""
        state = self.stack.state()
        kept = [entry for entry in state["deployment"]["resources"] if not entry["urn"].endswith("::it")]
        self.stack.import_state({**state, "deployment": {**state["deployment"], "resources": kept}})

    def assert_settled(self) -> None:
        """The platform holds exactly what is declared, the state knows it, and there is nothing left to do."""
        assert [row["id"] for row in self.rows] == [self.id]
        assert set(self.stack.preview().changes) == set()
        assert self.emulator.internal_errors == []
