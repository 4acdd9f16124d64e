"""States of earlier versions: this one reads them, sees no change in them, edits and removes what they hold.

How a baseline is written, and what is in it: `write.py`.
"""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from write import ADDRESS, FOLDERS, PROJECT, STACK, set_up

from pulumi_comfy import __version__
from pulumi_comfy.core.platform import platform_of

BASELINES = [
    pytest.param(platform, path.parent, id=f"{platform} {path.parent.name}")
    for platform, folder in FOLDERS.items()
    for path in sorted(folder.glob("*/state.json"))
]

pytestmark = [pytest.mark.apart, pytest.mark.cli, pytest.mark.parametrize(("platform", "folder"), BASELINES)]


class Baseline:
    """A stack as an earlier version left it, and the program that it was deployed with."""

    def __init__(self, platform: str, folder: Path, emulator: Any, comfy_stack: Any) -> None:
        self.platform = platform
        self.emulator = emulator
        emulator.settings.build_seconds = emulator.settings.run_seconds = emulator.settings.download_seconds = 0.02
        read = partial(_read, folder, emulator.url.removeprefix("http://"))
        emulator.platforms[platform].restore(read("platform.json"))
        program = _program(folder)
        set_up(emulator.platforms[platform], program)
        self._declare = program.declare
        env = {"PULUMI_COMFY_PACE": "0.05"}
        self.stack = comfy_stack(self._declare, project=PROJECT, stack=STACK, env=env)
        self.stack.import_state(read("state.json"))
        emulator.clear_requests()

    def edit(self) -> None:
        """Change something of each kind in the program."""
        self.stack.program = partial(self._declare, edited=True)

    def outputs(self) -> dict[str, dict[str, Any]]:
        """What the state holds of each resource of ours, by its name; without the address of its provider."""
        ours = [record for record in self.stack.resources() if f"{self.platform}:" in record["type"]]
        return {
            record["urn"].rpartition("::")[2]: {k: v for k, v in record["outputs"].items() if k != "__provider"}
            for record in ours
        }

    @property
    def writes(self) -> list[str]:
        """What was asked of the platform to change anything."""
        return [f"{one.method} {one.url_path}" for one in self.emulator.requests if one.method != "GET"]

    def held(self) -> dict[str, list[Any]]:
        """The live objects on the platform, by kind; a file is one, and so is the key that the stack made."""
        dump = self.emulator.platforms[self.platform].dump(include_secrets=True)
        if self.platform == "runcomfy":
            return {"deployments": dump["deployments"]}
        if self.platform == "comfycloud":  # nothing takes a publication back
            return {"workflows": dump["workflows"], "versions": dump["versions"]}
        if self.platform == "comfyui":
            return {"userdata": dump["userdata"]}
        keys = [row for row in dump["api_keys"] if row["name"] != "emulator" and not row["revoked"]]
        if self.platform == "selfhosted":  # no route removes a workflow
            return {"machines": dump["machines"], "deployments": dump["deployments"], "keys": keys}
        tables = {name: dump[name] for name in ("workflows", "versions", "machines", "secrets", "deployments")}
        return {**tables, "keys": keys, "files": [file for files in dump["volumes"].values() for file in files]}


def _read(folder: Path, address: str, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8").replace(ADDRESS, address))


def _program(folder: Path) -> Any:
    spec = importlib.util.spec_from_file_location("baseline_program", folder / "program.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def baseline(platform, folder, comfy_emulator, comfy_stack):
    return Baseline(platform, folder, comfy_emulator, comfy_stack)


def test_a_baseline_holds_every_kind(baseline):
    kinds = {record["type"].rpartition(":")[2] for record in baseline.stack.resources()}

    assert set(platform_of(baseline.platform).handlers) <= kinds


def test_an_older_state_is_refreshed_and_previewed_without_a_change(baseline):
    before = baseline.outputs()

    baseline.stack.refresh()
    preview = baseline.stack.preview()

    kept = {name: {key: found[key] for key in before[name]} for name, found in baseline.outputs().items()}
    assert kept == before  # a later version may tell more, and changes nothing that was told
    assert preview.changes == {}
    assert baseline.writes == []


def test_an_unchanged_up_of_an_older_state_asks_nothing_of_the_platform(baseline):
    result = baseline.stack.up()

    assert result.changes == {}
    assert baseline.emulator.requests == []


def test_a_changed_program_updates_what_an_older_version_made(baseline):
    before = baseline.held()
    baseline.edit()

    baseline.stack.up()
    again = baseline.stack.preview()

    after = baseline.held()
    kept = IN_PLACE & after.keys()
    assert {kind: ids_of(after[kind]) for kind in kept} == {kind: ids_of(before[kind]) for kind in kept}
    assert again.changes == {}
    assert EDITED[baseline.platform](after)
    assert {found["writtenBy"] for found in baseline.outputs().values()} == {__version__}


IN_PLACE = {"workflows", "machines", "secrets", "deployments"}
"""The kinds that the edit changes without making new objects."""


def ids_of(rows: list[Any]) -> list[str]:
    return [row["id"] for row in rows]


def is_edited_on_comfydeploy(held: dict[str, list[Any]]) -> bool:
    """Whether the platform holds what the edited program says, in each place that it changes."""
    newest = held["versions"][-1]["id"]
    return columns(
        held,
        *(("machines", "run_timeout"), ("machines", "endpoint"), ("secrets", "variables")),
        *(("workflows", "description"), ("keys", "name"), ("files", "path"), ("deployments", "workflow_version_id")),
    ) == [
        [400, 300],
        ["not-ready", "https://gpu.example:8189"],
        [{"HF_TOKEN": "another-value"}],
        ["better"],
        ["another-service"],
        ["checkpoints/other.safetensors"],
        [newest],
    ]


def is_edited_on_runcomfy(held: dict[str, list[Any]]) -> bool:
    """The same."""
    changed = (("deployments", name) for name in ("workflow_version", "hardware", "max_instances"))
    return columns(held, *changed) == [["v2"], [["ADA_48_PLUS"]], [3]]


def is_edited_on_comfycloud(held: dict[str, list[Any]]) -> bool:
    """The same."""
    colours = [row["workflow_json"]["nodes"][0]["widgets_values"][3] for row in held["versions"]]
    return "better" in columns(held, ("workflows", "description"))[0] and {4, 7} <= set(colours)


def is_edited_on_comfyui(held: dict[str, list[Any]]) -> bool:
    """The same."""
    sizes = {row["path"]: json.loads(row["text"])["nodes"][0]["widgets_values"][0] for row in held["userdata"]}
    return sorted(sizes.values()) == [96, 128]


def is_edited_on_selfhosted(held: dict[str, list[Any]]) -> bool:
    """The same."""
    return columns(held, ("machines", "endpoint"), ("keys", "name")) == [
        ["https://gpu.example:8189"],
        ["another-service"],
    ]


def columns(held: dict[str, list[Any]], *places: tuple[str, str]) -> list[list[Any]]:
    return [[row[column] for row in held[kind]] for kind, column in places]


EDITED = {
    "comfydeploy": is_edited_on_comfydeploy,
    "runcomfy": is_edited_on_runcomfy,
    "comfycloud": is_edited_on_comfycloud,
    "comfyui": is_edited_on_comfyui,
    "selfhosted": is_edited_on_selfhosted,
}


def test_destroying_an_older_state_leaves_nothing_on_the_platform(baseline):
    baseline.stack.destroy()

    assert [kind for kind, rows in baseline.held().items() if rows] == []
    assert [record["type"] for record in baseline.stack.resources() if record["custom"]] == []
