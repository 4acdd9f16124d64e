"""The plain server's resources as the exam of all platforms sees them (tests/contract/exam.py).

Facts: docs/platforms/comfyui.md.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote

import httpx
from canaries import canary
from comfyui_program import MODEL, SEED, SIMPLE_PROMPT, TEXT, digest_in, files, make_graph, make_prompt, runs, text
from exam import Declared, Estate, Examinee, Kind, Row, Runs

import pulumi_comfy as comfy
from pulumi_comfy.emulator import Emulator

FILE = "/userdata/.+"
LEFT_OUT = {
    "connection": "it names an address, which has to be there",
    "adopt": "a test of its own",
    "name": "it is the file's path, so the id, which is never encrypted",
    "workflow_id": "given by what the kind needs",
    "save_outputs_to": "a folder of the machine that runs it",
}


def save(api: httpx.Client, path: str, graph: dict[str, Any]) -> Any:
    """Save a workflow, as somebody does in the browser."""
    return api.post(f"/api/userdata/{quote(path, safe='')}", content=text(graph)).raise_for_status()


def a_workflow(_emulated: Any, api: httpx.Client) -> dict[str, Any]:
    save(api, "workflows/base.json", make_graph())
    return {"workflow_id": "workflows/base.json"}


def given(words: str, seed: int | None) -> dict[str, Any]:
    """Overrides of the graph."""
    return {"overrides": {TEXT: {"text": words}, **({} if seed is None else {SEED: {"seed": seed}})}}


def check(edition: str) -> dict[str, Any]:
    return {
        **given(canary("prompt", edition), 471147),
        "extra_data": {"api_key_comfy_org": canary("partner", edition)},
        "expect": {"minimum_outputs": 1, "kinds": ["images"]},
        "queue_timeout_seconds": 4711,
        "run_timeout_seconds": 4712,
    }


def secrets_of(kind: str, edition: str) -> dict[str, Any]:
    graph = make_graph(words=canary("words", edition))
    if kind == "InferenceCheck":
        return {**check(edition), "triggers": [canary("trigger", edition)], "always": True}
    return {
        "workflow": graph,
        "workflow_api": make_prompt(words=canary("words", edition)),
        "inference_check": {**check(edition), "on_failure": "keep"},
    }


EDITED = make_graph(steps=9)
DRIFTED = make_graph(steps=30)

WORKFLOW = Kind(
    resource=comfy.comfyui.Workflow,
    rows=files,
    arguments={"workflow": make_graph()},
    edit={"workflow": EDITED},
    edited=("digest", digest_in(text(EDITED))),
    main={"create": ("POST", FILE), "read": ("GET", FILE), "update": ("POST", FILE), "delete": ("DELETE", FILE)},
    remove=lambda api, row: api.delete(f"/api/userdata/{quote(row['id'], safe='')}").raise_for_status(),
    drift=lambda api, row: save(api, row["id"], DRIFTED),
    restored="digest",
    namesake=lambda api, _row: save(api, "workflows/the-name.json", make_graph(words="somebody else's")),
    secrets=partial(secrets_of, "Workflow"),
    left_out=LEFT_OUT,
    runs_on_the_cli=True,
    excused={
        "a_create_that_cannot_be_finished_keeps_its_id_and_the_next_up_finishes_it": "a create is one "
        "write, and nothing follows it but a check",
    },
)


def stay_queued(emulator: Emulator) -> None:
    """Let a stranger's prompt keep the worker."""
    emulator.comfyui.runs.script("hang", times=1)
    body = {"prompt": SIMPLE_PROMPT, "client_id": "a stranger"}
    httpx.post(f"{emulator.comfyui.url}/api/prompt", json=body, verify=False).raise_for_status()


def seed_of(run: Row) -> Any:
    return run["graph"][SEED]["inputs"]["seed"]


def another(it: Any) -> dict[str, Any]:
    steps = it.arguments["workflow"]["nodes"][4]["widgets_values"][2]
    return {"workflow": make_graph(steps=steps + 1)}


RUNS = Runs(
    rows=runs,
    start=("POST", "/prompt"),
    look=("GET", "/jobs/[^/]+"),
    cancel=("POST", "/jobs/[^/]+/cancel"),
    files="/comfyui/api/view",
    given=given,
    seed_of=seed_of,
    unknown={"overrides": {"44": {"text": "a cat"}}},
    nearest="4 (EmptyLatentImage)",
    stays_queued=stay_queued,
    alone=Declared(
        resource=comfy.comfyui.InferenceCheck,
        needs_by_hand=a_workflow,
        missing="workflows/nowhere.json",
        arguments=given("a cat", 1),
        secrets=partial(secrets_of, "InferenceCheck"),
        left_out={**LEFT_OUT, "workflow": "given by what the kind needs, where it is not `workflow_id`"},
    ),
    target="Workflow",
    another=another,
    version="digest",
    versions_in=lambda arguments: [digest_in(text(arguments["workflow"]))],
)


class Everything(Estate):
    """A checked workflow, one that is only kept, and a check by itself."""

    holds = {"workflows": 2}

    def __init__(self, emulated: Any) -> None:
        self.graph, self.folder = make_graph(), "a"

    def __call__(self) -> None:
        checked = comfy.comfyui.Workflow("checked", workflow=self.graph, inference_check=given("a cat", None))
        comfy.comfyui.Workflow("kept", name=f"{self.folder}/kept", workflow=make_graph(words="kept"))
        comfy.comfyui.InferenceCheck("again", workflow_id=checked.id, **given("a dog", None))

    def updated(self) -> None:
        self.graph = make_graph(steps=11)

    def replaced(self) -> None:
        self.folder = "b"

    def rows(self, emulated: Any) -> dict[str, list[Row]]:
        return {"workflows": files(emulated)}


def quicken(emulator: Emulator) -> None:
    emulator.settings.run_seconds = 0.005
    emulator.comfyui.settings.models = {"checkpoints": [MODEL]}


EXAMINEE = Examinee(
    key="comfyui",
    kinds={"Workflow": WORKFLOW},
    estate=Everything,
    other_key=lambda emulated: emulated.add_user("another"),
    runs=RUNS,
    quicken=quicken,
    excused={
        "a_missing_credential_is_said_at_preview_with_the_command_that_sets_it": "it asks for none",
        "a_credential_in_clear_configuration_stops_the_program_and_is_not_repeated": "it asks for none",
        "a_secret_credential_in_configuration_is_used": "it asks for none",
    },
)
