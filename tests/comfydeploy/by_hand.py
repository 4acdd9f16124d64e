"""What somebody does on ComfyDeploy by hand, through its API: behind Pulumi's back, or before there is a stack."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from exam import Row
from programs import PROMPT, documents
from waiting import eventually


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


def a_machine(platform: Any) -> dict[str, Any]:
    made = platform.post("/machine/serverless", json={"name": "base", "gpu": "T4"}).raise_for_status()
    return {"machine_ids": [made.json()["id"]]}


def a_workflow(platform: Any) -> dict[str, Any]:
    body = {"name": "base", **{key: json.dumps(documents(20)[old]) for key, old in DOCUMENTS.items()}}
    return {"workflow_id": platform.post("/workflow", json=body).raise_for_status().json()["workflow_id"]}


DOCUMENTS = {"workflow_json": "workflow", "workflow_api": "workflow_api"}


def a_machine_and_a_workflow(platform: Any) -> dict[str, Any]:
    needs = {"machine_id": a_machine(platform)["machine_ids"][0], **a_workflow(platform)}
    newest = platform.get(f"/workflow/{needs['workflow_id']}").json()["versions"][0]
    return {**needs, "workflow_version_id": newest["id"]}


def a_deployment(emulated: Any, platform: Any) -> dict[str, Any]:
    """A deployment whose machine is built."""
    body = {**a_machine_and_a_workflow(platform), "environment": "production"}
    emulated.world.clock.advance(emulated.world.settings.build_seconds)
    eventually(lambda: emulated.dump()["machines"][0]["status"] == "ready")
    return {"deployment_id": platform.post("/deployment", json=body).raise_for_status().json()["id"]}


def a_second_version(platform: Any, workflow_id: str) -> dict[str, str]:
    """Append a version to a workflow; the arguments that deploy it."""
    body = {**documents(30), "comment": "second"}
    made = platform.post(f"/workflow/{workflow_id}/version", json=body).raise_for_status()
    return {"workflow_version_id": made.json()["id"]}


def builds_of(it: Any) -> list[Row]:
    """The versions of a machine, built or building."""
    return [row for row in it.emulator.comfydeploy.dump()["machine_versions"] if row["machine_id"] == it.id]
