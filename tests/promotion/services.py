"""A service on its way through the stacks of an example, on each platform that has one."""

from __future__ import annotations

import json
from typing import Any

from worlds import EXAMPLES, World

from pulumi_comfy.emulator import Emulator

DOCUMENTS = ("text_to_image.json", "text_to_image.api.json")
SAVED = "00000000-0000-4000-8000-000000001111"
"""The workflow that the example of RunComfy names."""


class Service:
    """A service on its way through the stacks of an example: the same questions for each platform."""

    example: str

    def __init__(self, world: World, emulator: Emulator) -> None:
        self.world = world
        self.emulator = emulator

    def something_new(self) -> None:
        """Make `dev` serve something new, and prove it."""
        raise NotImplementedError

    def check_again(self, stack: str) -> None:
        """Change what the check of a stack asks, and let it run; it may fail."""
        file = self.world.file(stack)
        file.write_text(file.read_text("utf-8").replace("at dawn", "at dusk"), "utf-8")
        self.world.up(stack, check=False)

    def something_that_breaks_callers(self) -> str:
        """Make `dev` serve a version that lacks a run input, and prove it; gives the input's name."""
        raise NotImplementedError

    def switch_checks_off(self, stack: str) -> None:
        """Let a stack's inference checks no longer run."""
        file = self.world.file(stack)
        off = 'config:\n  comfy:inferenceChecks: "off"\n'
        file.write_text(file.read_text("utf-8").replace("config:\n", off, 1), "utf-8")

    def served(self) -> dict[str, Any]:
        """What each environment serves, by the platform's own contents."""
        raise NotImplementedError

    def contents(self) -> Any:
        """All that the platform holds but for its log of runs, to be compared."""
        raise NotImplementedError

    def runs(self) -> int:
        """How many runs there were."""
        raise NotImplementedError

    def fail_next_check(self) -> None:
        """Let the next run fail."""
        raise NotImplementedError


class OnComfyDeploy(Service):
    example = "promotion"

    def __init__(self, world: World, emulator: Emulator) -> None:
        super().__init__(world, emulator)
        world.make("shared", "dev", "staging", "production")
        world.up("shared")
        world.up("dev")

    def something_new(self) -> None:
        for name in DOCUMENTS:
            path = self.world.folder / name
            document = json.loads(path.read_text("utf-8"))
            path.write_text(json.dumps(_with_more_steps(document)), "utf-8")
        self._deploy()

    def something_that_breaks_callers(self) -> str:
        for name in (*DOCUMENTS, "__main__.py"):
            path = self.world.folder / name
            path.write_text(path.read_text("utf-8").replace('"seed"', '"noise"', 1), "utf-8")
        self._deploy()
        return "seed"

    def _deploy(self) -> None:
        self.world.up("shared")
        self.world.up("dev")

    def served(self) -> dict[str, Any]:
        held = self.emulator.comfydeploy.dump()
        numbers = {row["id"]: f"v{row['version']}" for row in held["versions"]}
        stacks = {"preview": "dev"}
        return {
            stacks.get(row["environment"], row["environment"]): numbers[row["workflow_version_id"]]
            for row in held["deployments"]
        }

    def contents(self) -> Any:
        held = self.emulator.comfydeploy.dump()
        kinds = ("workflows", "versions", "machines", "machine_versions", "secrets", "deployments")
        return {kind: _but_for_moments(held[kind]) for kind in kinds}

    def runs(self) -> int:
        return len(self.emulator.comfydeploy.dump()["runs"])

    def fail_next_check(self) -> None:
        self.emulator.comfydeploy.runs.script("failed", times=1, log=["CUDA out of memory"])

    def machines(self) -> dict[str, Any]:
        """GPU and build steps of the one machine that each environment's deployment runs on."""
        held = self.emulator.comfydeploy.dump()
        rows = {row["id"]: (row["gpu"], json.dumps(row["docker_command_steps"])) for row in held["machines"]}
        assert len(rows) == len(held["deployments"])
        return {row["environment"]: rows[row["machine_id"]] for row in held["deployments"]}


class OnRunComfy(Service):
    example = "promotion-runcomfy"

    def __init__(self, world: World, emulator: Emulator) -> None:
        super().__init__(world, emulator)
        self.graph = json.loads((EXAMPLES / "promotion" / DOCUMENTS[1]).read_text("utf-8"))
        emulator.runcomfy.add_workflow(self.graph, workflow_id=SAVED)
        self.version = 1
        world.make("dev", "staging", "production")
        world.up("dev")

    def something_new(self) -> None:
        self._save(_with_more_steps(self.graph))

    def something_that_breaks_callers(self) -> str:
        self._save({{"9": "90"}.get(node, node): value for node, value in self.graph.items()})
        return "9.filename_prefix"

    def _save(self, graph: dict[str, Any]) -> None:
        self.graph = graph
        label = self.emulator.runcomfy.save_version(SAVED, self.graph)
        file = self.world.file("dev")
        file.write_text(file.read_text("utf-8").replace(f"version: v{self.version}", f"version: {label}"), "utf-8")
        self.version += 1
        assert label == f"v{self.version}"
        self.world.up("dev")

    def served(self) -> dict[str, Any]:
        rows = self.emulator.runcomfy.dump()["deployments"]
        return {row["name"].rpartition("-")[2]: row["workflow_version"] for row in rows}

    def contents(self) -> Any:
        return _but_for_moments(self.emulator.runcomfy.dump()["deployments"])

    def runs(self) -> int:
        return len(self.emulator.runcomfy.dump()["requests"])

    def fail_next_check(self) -> None:
        self.emulator.runcomfy.runs.script("failed", times=1, log=["CUDA out of memory"])


def _but_for_moments(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows without when they were last written or run: what was put back was written again."""
    return [{key: value for key, value in row.items() if key not in ("updated_at", "activated_at")} for row in rows]


def _with_more_steps(document: Any) -> Any:
    """The same document, its sampler one step longer."""
    if isinstance(document, dict):
        if document.get("class_type", document.get("type")) == "KSampler":
            values = document.get("inputs") if "class_type" in document else None
            if isinstance(values, dict):
                return {**document, "inputs": {**values, "steps": values["steps"] + 1}}
            widgets = list(document["widgets_values"])
            widgets[2] += 1
            return {**document, "widgets_values": widgets}
        return {key: _with_more_steps(value) for key, value in document.items()}
    return [_with_more_steps(one) for one in document] if isinstance(document, list) else document


SERVICES = {"comfydeploy": OnComfyDeploy, "runcomfy": OnRunComfy}
