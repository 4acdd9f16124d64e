"""What a provider's process loads before it answers."""

from __future__ import annotations

import subprocess
import sys


def loaded(program: str) -> str:
    asked = f"{program}\nimport sys; print(sorted(name.partition('.')[0] for name in sys.modules))"
    return subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout


def test_of_a_platform_s_kinds_only_those_are_loaded_that_a_stack_has():
    kinds = "import sys; from pulumi_comfy.provider import load; load('comfydeploy:Workflow')"
    at = "'pulumi_comfy.platforms.comfydeploy."
    asked = f"{kinds}; print(sorted(name for name in sys.modules))"

    found = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout

    assert f"{at}workflow.handler'" in found
    assert f"{at}serverless_machine" not in found
    assert f"{at}secret" not in found


def test_a_kind_that_there_is_not_is_told_by_the_call_and_not_by_the_loading():
    from pulumi_comfy.provider import load

    assert [load(token).token for token in ("comfydeploy:Kettle", "kitchen:Kettle")] == [
        "comfydeploy:Kettle",
        "kitchen:Kettle",
    ]


def test_the_command_line_of_httpx_is_not_loaded_with_it():
    assert "'rich'" in loaded("import httpx")  # else this tests nothing
    assert "'rich'" not in loaded("import pulumi_comfy.shells.dynamic")


def test_httpx_is_whole_for_who_loads_it_afterwards():
    assert "'rich'" in loaded("import pulumi_comfy.shells.dynamic, httpx, httpx._main; assert httpx.AsyncClient")
