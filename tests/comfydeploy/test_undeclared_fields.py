"""A field that the program does not say has its default: what a hand sets there is taken back, or left alone."""

from __future__ import annotations

from typing import Any

import pytest
from by_hand import a_machine
from lone import up
from waiting import eventually

from pulumi_comfy.core.model import BULK, LOCAL, WRITE_ONLY, fields_marked, fields_never_unset
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM

BY_HAND: dict[str, dict[str, Any]] = {
    "Workflow": {
        "name": "by hand",
        "description": "by hand",
        "cover_image": "https://x.example/by-hand.png",
        "pinned": True,
        "selected_machine_id": lambda platform: a_machine(platform)["machine_ids"][0],
    },
    "ServerlessMachine": {
        "name": "by hand",
        "comfyui_version": "c" * 40,
        "docker_command_steps": {"steps": [{"id": "a", "type": "commands", "data": "RUN true"}]},
        "base_docker_image": "python:3.12",
        "python_version": "3.12",
        "install_custom_node_with_gpu": True,
        "concurrency_limit": 3,
        "allow_concurrent_inputs": 2,
        "run_timeout": 301,
        "idle_timeout": 61,
        "keep_warm": 1,
        "extra_args": "--by-hand",
        "prestart_command": "sleep 1",
        "cpu_request": 2.5,
        "cpu_limit": 4.5,
        "memory_request": 1024,
        "memory_limit": 2048,
        "models_to_cache": ["a.safetensors"],
        "enable_gpu_memory_snapshot": True,
        "optimized_runner": True,
        "disable_metadata": False,
    },
    "CustomMachine": {"name": "by hand", "type": "runpod-serverless"},
    "Deployment": {"gpu": "H100", "concurrency_limit": 3, "run_timeout": 301, "idle_timeout": 61, "keep_warm": 1},
}
"""What a hand sets, by the platform's own names, in each field that a program need not say and the platform tells."""

ROUTES = {
    "Workflow": "/workflow/{}",
    "ServerlessMachine": "/machine/serverless/{}",
    "CustomMachine": "/machine/custom/{}",
    "Deployment": "/deployment/{}",
}
TOLD_BY_OTHERS = {"connection", "force_delete", "rebuild_trigger", "rebuild_machines", "machine_build_digest"} | {
    *("always", "inputs", "expect", "queue_timeout_seconds", "run_timeout_seconds", "save_outputs_to", "triggers"),
    *("huggingface", "civitai", "link", "size", "delete_on_destroy"),
}
"""What no platform holds: it is about this package's own doing, or the platform forgets it."""
UNCHANGEABLE = {("Secret", "name"), ("ApiKey", "name")}
EVERY = [(kind, field) for kind, fields in BY_HAND.items() for field in fields]


def optional_fields(kind: str) -> set[str]:
    model = PLATFORM.handlers[kind].inputs_model
    untold = {name for mark in (BULK, LOCAL, WRITE_ONLY) for name in fields_marked(model, mark)}
    return {name for name, info in model.model_fields.items() if not info.is_required()} - untold


@pytest.mark.parametrize("kind", PLATFORM.handlers)
def test_each_field_that_a_program_need_not_say_is_tried(kind):
    expected = optional_fields(kind) - TOLD_BY_OTHERS - {field for one, field in UNCHANGEABLE if one == kind}

    assert set(BY_HAND.get(kind, {})) == expected


@pytest.fixture
def undeclared(lone, request):
    """A resource that says nothing it need not."""
    kind = request.param
    it = lone(kind)
    for field in optional_fields(kind):
        it.arguments.pop(field, None)
    up(it)
    return it


def set_by_hand(it: Any, field: str) -> Any:
    value = BY_HAND[it.name][field]
    value = value(it.api) if callable(value) else value
    it.api.patch(ROUTES[it.name].format(it.id), json={field: value}).raise_for_status()
    return value


@pytest.mark.parametrize(("undeclared", "field"), EVERY, indirect=["undeclared"])
def test_what_a_hand_set_is_seen_and_taken_back_unless_the_platform_cannot_unset_it(undeclared, field):
    it = undeclared
    was = it.rows[0][field]
    value = set_by_hand(it, field)
    eventually(lambda: all(row["status"] == "ready" for row in it.emulator.comfydeploy.dump()["machines"]))

    assert it.refresh() is None
    is_seen = it.has_changes()
    up(it)

    if field in fields_never_unset(it.handler.inputs_model):
        assert not is_seen
        assert it.rows[0][field] == value
    else:
        assert is_seen
        assert it.rows[0][field] in (was, was or "", {"python_version": "3.11"}.get(field))
    it.assert_settled()
