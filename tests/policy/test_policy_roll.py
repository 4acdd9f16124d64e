"""The roll: each rule has a test file, a row on the page and an example, and no field that costs or tells escapes them.

A new resource of any platform stands here by itself: whoever adds one either marks its fields (`core/meanings.py`) or
adds one line below that says why a field is none of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from made_credentials import KINDS, make
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pulumi_comfy.core.meanings import (
    ALWAYS_ON,
    BASE_IMAGE,
    COMMAND,
    ENVIRONMENT,
    GPU,
    IDLE_SECONDS,
    LONGEST_RUN,
    MACHINE,
    MOST_INSTANCES,
    NODE_COMMIT,
    SERVER_COMMIT,
    SNAPSHOT,
    path_words,
)
from pulumi_comfy.core.model import SECRET, Json, Shapes, has_mark, model_in, wire_name
from pulumi_comfy.core.platform import all_platforms
from pulumi_comfy.inference.settings import CheckSettings
from pulumi_comfy.policy import RULES
from pulumi_comfy.policy.kit import resource, said

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "policies.md"
EXAMPLE = ROOT / "examples" / "policy-pack" / "policy-config.json"
HANDLERS = [handler for platform in all_platforms() for handler in platform.handlers.values()]
BY_ID = {rule.id: rule for rule in RULES}
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
each_kind = pytest.mark.parametrize("handler", HANDLERS, ids=lambda handler: handler.token)

COUNTS = {MOST_INSTANCES: "most-instances", ALWAYS_ON: "keep-warm", IDLE_SECONDS: "idle-time"}
"""The rule that looks at each mark of a number."""
NO_COUNT = {
    "comfycloud:WorkflowVersion.base_version": "a number of a version",
    "comfydeploy:Model.size": "bytes of a file",
    "comfydeploy:ServerlessMachine.allow_concurrent_inputs": "runs that share what one container costs",
    "comfydeploy:ServerlessMachine.cpu_limit": "within what a container costs",
    "comfydeploy:ServerlessMachine.cpu_request": "within what a container costs",
    "comfydeploy:ServerlessMachine.memory_limit": "within what a container costs",
    "comfydeploy:ServerlessMachine.memory_request": "within what a container costs",
    "runcomfy:Deployment.queue_size": "when the next instance starts, not how many there may be",
}
"""Numbers that a program gives and that no rule counts, each with the reason."""
GPU_WORDS = re.compile(r"gpu|hardware|accelerator|instance_type|machine_type|vram", re.IGNORECASE)
NO_GPU = {
    "comfydeploy:ServerlessMachine.install_custom_node_with_gpu": "whether, not which",
    "comfydeploy:ServerlessMachine.enable_gpu_memory_snapshot": "whether, not which",
}
"""Fields with a GPU in their name that choose none."""
SAYS_IT = {
    "snapshot": SNAPSHOT,
    "command|(^|_)script|entrypoint": COMMAND,
    "image": BASE_IMAGE,
    "environment": ENVIRONMENT,
    "comfyui_version|comfyui_commit": SERVER_COMMIT,
    "machine_id": MACHINE,
    "hash|commit": NODE_COMMIT,
}
"""What the name of a field says that it means."""
SAYS_IT_ONLY = {
    "comfydeploy:ServerlessMachine.enable_gpu_memory_snapshot": "of memory, not of ComfyUI",
    "comfydeploy:ServerlessMachine.docker_command_steps": "the commands are marked inside",
    "comfydeploy:Secret.machine_ids": "that get its variables",
    "comfydeploy:Workflow.cover_image": "a picture",
    "selfhosted:InferenceCheck.machine_id": "what a run is held against",
    "comfydeploy:Workflow.selected_machine_id": "what the editor opens at first",
}
"""Fields whose name says it and which are none, each with the reason."""
TOKEN = make(next(kind for kind in KINDS if kind.vendor == "Hugging Face"))


@each_rule
def test_each_rule_has_a_test_file_of_its_own(rule):
    assert (HERE / f"test_rule_{rule.id.replace('-', '_')}.py").is_file()


@each_rule
def test_each_rule_has_a_row_and_a_section_on_the_page(rule):
    page = PAGE.read_text("utf-8")

    assert f"| [{rule.id}](#{rule.id}) |" in page
    assert f"### {rule.id}\n" in page


@each_rule
def test_each_rule_stands_in_the_example(rule):
    assert rule.id in json.loads(EXAMPLE.read_text("utf-8"))


@each_rule
def test_each_setting_of_a_rule_has_a_description_and_a_default(rule):
    fields = rule.settings.model_fields

    assert [name for name, info in fields.items() if not info.description or info.is_required()] == []


@each_rule
def test_a_rule_is_named_in_small_letters_and_described_in_one_line(rule):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
    assert re.fullmatch(r"[A-Z][^\n]{10,110}\.", rule.description)


def test_no_two_rules_have_one_name():
    assert len(BY_ID) == len(RULES)


def _numbers(handler: Any) -> list[tuple[str, FieldInfo]]:
    """The fields of a kind that take a number, by name; what decides a check apart: it is run once, not kept on."""
    fields = handler.inputs_model.model_fields.items()
    own = [(name, info) for name, info in fields if {int, float} & {info.annotation, *get_args(info.annotation)}]
    return [(name, info) for name, info in own if name not in CheckSettings.model_fields]


@each_kind
def test_each_number_of_a_resource_is_counted_by_a_rule_or_said_to_be_none(handler):
    marks = {*COUNTS, LONGEST_RUN}
    unmarked = [f"{handler.token}.{name}" for name, info in _numbers(handler) if not marks & set(info.metadata)]

    assert [name for name in unmarked if name not in NO_COUNT] == []


@each_kind
def test_the_rules_look_at_each_count_of_a_resource(handler):
    for name, info in _numbers(handler):
        for mark, rule in COUNTS.items():
            if has_mark(info, mark):
                one = resource(handler.token, **{wire_name(handler.inputs_model, name): 10**6})
                assert len(said(BY_ID[rule], one)) == 1, name


@each_kind
def test_each_gpu_of_a_resource_is_looked_at(handler):
    named = [name for name in handler.inputs_model.model_fields if GPU_WORDS.search(name)]
    for name in named:
        if f"{handler.token}.{name}" not in NO_GPU:
            one = resource(handler.token, **{wire_name(handler.inputs_model, name): "B200"})
            assert len(said(BY_ID["allowed-gpus"], one, gpus=["T4"])) == 1, name


@each_kind
def test_a_field_whose_name_says_what_it_means_is_marked_so(handler):
    wrong = [
        name
        for name, info in handler.inputs_model.model_fields.items()
        for words, mark in SAYS_IT.items()
        if re.search(words, name) and not {mark, SERVER_COMMIT} & set(info.metadata)
    ]

    assert [name for name in wrong if f"{handler.token}.{name}" not in SAYS_IT_ONLY] == []


def test_nothing_is_excused_that_is_not_there():
    there = {f"{handler.token}.{name}" for handler in HANDLERS for name in handler.inputs_model.model_fields}

    assert {*NO_COUNT, *NO_GPU, *SAYS_IT_ONLY} - there == set()


def _texts(model: type[BaseModel], path: tuple[str | int, ...], *, is_secret: bool) -> Iterator[tuple[Any, Json, bool]]:
    """Every place of a model that takes a text: its path, a value of the whole field that holds one, whether secret."""
    for name, info in model.model_fields.items():
        wire, secret = info.alias or name, is_secret or has_mark(info, SECRET)
        shapes = next((one for one in info.metadata if isinstance(one, Shapes)), None)
        nested = model_in(info.annotation) if shapes is None else None
        for inside, value in _holders(info):
            if nested is None:
                yield (*path, wire, *inside), {wire: value(TOKEN)}, secret
                continue
            for deeper, deep_value, is_deep_secret in _texts(nested, (*path, wire, *inside), is_secret=secret):
                yield deeper, {wire: value(deep_value)}, is_deep_secret


def _holders(info: FieldInfo) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """How a field holds what is inside: itself, in a list, by a key."""
    words = str(info.annotation)
    if "Literal" in words or not re.search(r"str|Any|Model|pulumi_comfy", words) or "Enum" in words:
        return
    if "dict[str, dict" in words:
        yield ("6", "text"), lambda value: {"6": {"text": value}}
    elif "dict[" in words:
        yield ("NAME",), lambda value: {"NAME": value}
    elif "list[" in words:
        yield (0,), lambda value: [value]
    else:
        yield (), lambda value: value


@each_kind
def test_each_text_of_a_resource_is_searched_unless_it_is_secret_by_its_declaration(handler):
    wrong = []
    for path, values, is_secret in _texts(handler.inputs_model, (), is_secret=False):
        found = said(BY_ID["no-credentials"], resource(handler.token, **values))
        if bool(found) is is_secret:
            wrong.append((path_words(path), found))

    assert wrong == []


@each_kind
def test_no_message_tells_a_value_that_may_be_secret(handler):
    asked = [(rule, {"gpus": []} if rule.id == "allowed-gpus" else {}) for rule in RULES]
    told = [
        message
        for _, values, _ in _texts(handler.inputs_model, (), is_secret=False)
        for rule, settings in asked
        for message in said(rule, resource(handler.token, of_environment="production", **values), **settings)
    ]

    assert [message for message in told if TOKEN in message] == []


def test_a_gpu_is_marked_on_each_platform_that_lets_a_program_choose_one():
    marked = {
        handler.token
        for handler in HANDLERS
        for one in handler.inputs_model.model_fields.values()
        if has_mark(one, GPU)
    }

    assert {"comfydeploy:ServerlessMachine", "comfydeploy:Deployment", "runcomfy:Deployment"} <= marked
