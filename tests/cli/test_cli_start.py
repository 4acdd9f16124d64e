"""The command as such: help, version, what it loads, what it says when something is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pulumi_comfy
from pulumi_comfy.cli import extras, main

HEAVY = ("pulumi", "grpc", "httpx", "pydantic", "deepdiff", "fastapi", "uvicorn", "rich", "PIL", "yaml", "pytest")


def test_version_is_the_packages(invoke):
    assert invoke("--version").output == f"pulumi-comfy {pulumi_comfy.__version__}\n"


@pytest.mark.parametrize("command", ["convert", "cost", "demo", "doctor", "emulator", "prices", "validate"])
def test_help_lists_the_command(invoke, command):
    assert f"\n  {command} " in invoke("--help").output


def test_help_says_what_each_command_does_in_a_whole_sentence(invoke):
    commands = invoke("--help").output.partition("Commands:\n")[2].splitlines()

    assert len(commands) == len(main.commands)
    assert [line for line in commands if not line.endswith(".") or line.endswith("...")] == []


def test_help_loads_nothing_heavy():
    program = f"import sys, pulumi_comfy.cli; print([name for name in {HEAVY} if name in sys.modules])"

    asked = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert asked.stdout == "[]\n"


@pytest.mark.parametrize("command", ["demo", "emulator"])
def test_a_command_that_needs_the_emulator_says_how_to_install_it(invoke, monkeypatch, command):
    monkeypatch.setattr(extras, "_EMULATOR_NEEDS", ("fastapi", "not_installed_here"))

    result = invoke(command)

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: the emulator is not installed (not_installed_here missing): pip install 'pulumi-comfy[emulator]'\n"
    )
