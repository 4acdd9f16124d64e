"""From `docker_command_steps` to the list of commands of an image, and its hash (2.3.1).

Facts: docs/platforms/comfydeploy.md.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from pulumi_comfy.emulator.comfydeploy.errors import UnhandledError
from pulumi_comfy.emulator.comfydeploy.state import Row

DEFAULT_COMFYUI_VERSION = "094306b626e9cf505690c5d8b445032b3b8a36fa"
BUILDER_VERSION = "0.4.0"
_DEPLOY_NODE = "https://github.com/bennykok/comfyui-deploy"
_DEPLOY_NODE_COMMIT = "7b734c415aabd51b8bb8fad9fd719055b5ba359d"


def check_steps(steps: Any, unknown_registry_nodes: list[str]) -> list[dict[str, Any]]:
    """The steps of a `docker_command_steps` value, each of a known data shape.

    Raises:
        UnhandledError: A value without `steps`, data of the wrong shape for its type, or a registry node that
            the registry does not know: the platform crashes on each.
    """
    if not steps:
        return []
    if not isinstance(steps.get("steps"), list):
        raise UnhandledError
    for step in steps["steps"]:
        _check_step(step, unknown_registry_nodes)
    return list(steps["steps"])


def _check_step(step: Any, unknown_registry_nodes: list[str]) -> None:
    if not isinstance(step, dict) or not isinstance(step.get("type"), str) or "data" not in step:
        raise UnhandledError
    kind, data = step["type"], step["data"]
    fits = {"custom-node": _fits(_Node, data), "custom-node-manager": _fits(_RegistryNode, data)}
    fits["commands"] = isinstance(data, str)
    if not fits.get(kind, any(fits.values())):
        raise UnhandledError
    if kind == "custom-node-manager" and data["node_id"] in unknown_registry_nodes:
        raise UnhandledError


class _Node(BaseModel):
    """Data of a node; unknown keys are ignored."""

    model_config = ConfigDict(strict=True)

    url: str
    install_type: str
    hash: str | None = None
    name: str | None = None
    pip: list[str] | None = None
    files: list[str] | None = None

    @model_validator(mode="after")
    def _comfyui_has_its_source(self) -> _Node:
        if self.name == "comfyui" and not (self.files and self.hash):
            raise ValueError("the generator of commands reads both")
        return self


class _RegistryNode(BaseModel):
    model_config = ConfigDict(strict=True)

    node_id: str
    version: str


def _fits(shape: type[BaseModel], data: Any) -> bool:
    try:
        shape.model_validate(data)
    except ValidationError:
        return False
    return True


def docker_commands(machine: Row) -> list[list[str]]:
    """The groups of image commands for a machine's columns."""
    steps = (machine["docker_command_steps"] or {}).get("steps", [])
    extra = machine["extra_docker_commands"] or []
    groups = [
        ["RUN python --version", "RUN apt-get update && apt-get install -y git wget curl"],
        ["RUN apt-get install -y libgl1"],
        ["RUN pip install aioboto3"],
        ["RUN pip freeze"],
        _comfyui(machine["comfyui_version"], steps),
        ["RUN pip freeze"],
        ["WORKDIR /comfyui", "RUN pip install torch torchvision torchaudio", "RUN pip install -r requirements.txt"],
        ["RUN pip freeze"],
    ]
    if steps:
        groups += [list(entry["commands"]) for entry in extra if entry["when"] == "before"]
        groups += [commands for commands in map(_step_commands, steps) if commands]
        groups += [list(entry["commands"]) for entry in extra if entry["when"] == "after"]
    if not any(_is_deploy_node(step) for step in steps):
        groups.append(_clone(_DEPLOY_NODE, _DEPLOY_NODE_COMMIT))
    return groups


def machine_hash(machine: Row) -> str:
    """SHA-256 over the commands; Python version and base image do not count."""
    return hashlib.sha256(json.dumps(docker_commands(machine)).encode()).hexdigest()


def _comfyui(version: str | None, steps: list[dict[str, Any]]) -> list[str]:
    url, commit = "https://github.com/comfyanonymous/ComfyUI.git", version or DEFAULT_COMFYUI_VERSION
    for step in steps:
        data = step["data"]
        if step["type"] == "custom-node" and data.get("name") == "comfyui":
            url, commit = data["files"][0], data["hash"]
    return [f"RUN git clone {url} /comfyui", f"RUN cd /comfyui && git reset --hard {commit}"]


def _step_commands(step: dict[str, Any]) -> list[str]:
    data = step["data"]
    if step["type"] == "commands":
        return [line for line in data.split("\n") if line.strip()]
    if step["type"] == "custom-node-manager":
        return ["WORKDIR /comfyui/custom_nodes", f"RUN comfy node install {data['node_id']}@{data['version']}"]
    if step["type"] == "custom-node" and data.get("name") != "comfyui":
        pip = [f"RUN pip install {package}" for package in data.get("pip") or []]
        if data["install_type"] == "git-clone":
            return pip + _clone(data["url"], data.get("hash"))
        if data["install_type"] == "copy":
            return pip + [f"RUN wget {file} -P /comfyui/custom_nodes" for file in data.get("files") or []]
        return pip
    return []


def _clone(url: str, commit: str | None) -> list[str]:
    folder = url.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    commands = ["WORKDIR /comfyui/custom_nodes", f"RUN git clone {url} --recursive"]
    commands.append(f"WORKDIR /comfyui/custom_nodes/{folder}")
    if commit:
        commands.append(f"RUN git reset --hard {commit}")
    return [*commands, "RUN if [ -f requirements.txt ]; then pip install -r requirements.txt; fi"]


def _is_deploy_node(step: dict[str, Any]) -> bool:
    data = step["data"]
    if not isinstance(data, dict):
        return False
    return "bennykok/comfyui-deploy" in str(data.get("url", "")).lower() or data.get("node_id") == "comfyui-deploy"
