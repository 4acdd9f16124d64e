"""What a provider's process loads before it answers."""

from __future__ import annotations

import subprocess
import sys


def loaded(program: str) -> str:
    asked = f"{program}\nimport sys; print(sorted(name.partition('.')[0] for name in sys.modules))"
    return subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout


def test_the_command_line_of_httpx_is_not_loaded_with_it():
    assert "'rich'" in loaded("import httpx")  # else this tests nothing
    assert "'rich'" not in loaded("import pulumi_comfy.shells.dynamic")


def test_httpx_is_whole_for_who_loads_it_afterwards():
    assert "'rich'" in loaded("import pulumi_comfy.shells.dynamic, httpx, httpx._main; assert httpx.AsyncClient")
