"""What a provider's process loads before it answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pulumi_comfy.core.platform import all_platforms
from pulumi_comfy.provider import load
from pulumi_comfy.shells import dynamic


def loaded(program: str) -> str:
    asked = f"{program}\nimport sys; print(sorted(sys.modules))"
    return subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout


def test_of_a_platform_s_kinds_only_those_are_loaded_that_a_stack_has():
    at = "'pulumi_comfy.platforms.comfydeploy."

    found = loaded("from pulumi_comfy.provider import load; load('comfydeploy:Workflow')")

    assert f"{at}workflow.handler'" in found
    assert f"{at}serverless_machine" not in found
    assert f"{at}secret" not in found


EACH_ALONE = """
import os, pulumi_comfy.shells.dynamic
from pulumi_comfy.configuration import PLATFORMS
from pulumi_comfy.core.platform import handler_of, platform_of
from pulumi_comfy.provider import load
for token in [f"{key}:{kind}" for key in PLATFORMS for kind in platform_of(key).handlers]:
    child = os.fork()
    if not child:
        load(token)
        handler = handler_of(token)
        for model in (handler.inputs_model, handler.outputs_model):
            model.model_rebuild(force=True)
        os._exit(0 if handler.token == token else 2)
    assert os.waitpid(child, 0)[1] == 0, token
    print(token)
"""


def test_each_kind_can_be_the_only_one_that_is_loaded():
    found = subprocess.run([sys.executable, "-c", EACH_ALONE], check=True, capture_output=True, text=True).stdout

    assert len(found.split()) == sum(len(platform.handlers) for platform in all_platforms())


def test_a_kind_that_cannot_be_loaded_is_told_by_the_call(monkeypatch: pytest.MonkeyPatch):
    def broken(_token: str) -> None:
        raise SyntaxError("half a file")

    monkeypatch.setattr(dynamic, "handler_of", broken)

    assert load("comfydeploy:Model").token == "comfydeploy:Model"


def test_a_kind_that_there_is_not_is_told_by_the_call_and_not_by_the_loading():
    assert [load(token).token for token in ("comfydeploy:Kettle", "kitchen:Kettle")] == [
        "comfydeploy:Kettle",
        "kitchen:Kettle",
    ]


def test_the_command_line_of_httpx_is_not_loaded_with_it():
    assert "'rich'" in loaded("import httpx")  # else this tests nothing
    assert "'rich'" not in loaded("import pulumi_comfy.shells.dynamic")


def test_httpx_is_whole_for_who_loads_it_afterwards():
    assert "'rich'" in loaded("import pulumi_comfy.shells.dynamic, httpx, httpx._main; assert httpx.AsyncClient")
