"""The pytest plugin, seen from outside: light to load, engines chosen by marker and option."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
import pytest

def test_plain(comfy_engine):
    pass

@pytest.mark.cli
def test_marked(comfy_engine):
    pass
"""


def run_pytest(folder: Path, *arguments: str, probe: str = PROBE) -> str:
    (folder / "test_probe.py").write_text(probe)
    env = {**os.environ, "PATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *arguments, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env, check=False).stdout


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        ((), ["test_plain[test]", "test_marked[test]", "test_marked[cli]"]),
        (("--comfy-engine=test",), ["test_plain[test]", "test_marked[test]"]),
        (("--comfy-engine=cli",), ["test_plain[cli]", "test_marked[cli]"]),
        (
            ("--comfy-engine=both",),
            ["test_plain[test]", "test_plain[cli]", "test_marked[test]", "test_marked[cli]"],
        ),
    ],
)
def test_engines_are_chosen_by_marker_and_option(tmp_path, arguments, chosen):
    said = run_pytest(tmp_path, "--collect-only", *arguments)

    assert [line.split("::")[1] for line in said.splitlines() if "::" in line] == chosen


LENT = """
import pytest

def test_default(comfy_engine):
    assert comfy_engine._pool.processes == {default!r}

@pytest.mark.comfy_fresh_processes
def test_marked(comfy_engine):
    assert comfy_engine._pool.processes == "fork"
"""


@pytest.mark.parametrize(("arguments", "default"), [((), "fork"), (("--comfy-processes=reuse",), "reuse")])
def test_processes_are_lent_again_where_the_option_says_so_and_no_test_asks_for_fresh_ones(
    tmp_path, arguments, default
):
    assert "2 passed" in run_pytest(tmp_path, *arguments, probe=LENT.format(default=default))


def test_a_skip_says_that_there_is_no_cli(tmp_path):
    assert "there is no `pulumi` on PATH" in run_pytest(tmp_path, "-rs", "--comfy-engine=cli")


def test_loading_the_plugin_imports_nothing_heavy():
    script = (
        "import sys, pulumi_comfy.testing.plugin, pulumi_comfy.testing\n"
        "heavy = {'pulumi', 'grpc', 'fastapi', 'httpx', 'pydantic', 'uvicorn'}\n"
        "print(sorted(heavy & set(sys.modules)), [m for m in sys.modules if m.startswith('pulumi_comfy.testing.')])"
    )

    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "[] ['pulumi_comfy.testing.plugin']"


def test_public_names_are_sorted_complete_and_importable():
    import pulumi_comfy.testing as testing

    assert list(testing.__all__) == sorted(testing.__all__)
    assert all(getattr(testing, name).__name__ == name for name in testing.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        _ = testing.nothing


def test_stacks_of_the_plugin_know_the_emulator(comfy_stack, comfy_emulator):
    stack = comfy_stack(lambda: None, env={"MORE": "x"})

    assert stack.env["COMFYDEPLOY_URL"] == comfy_emulator.comfydeploy.url
    assert stack.env["COMFYDEPLOY_API_KEY"]
    assert stack.env["MORE"] == "x"


def test_a_stack_without_a_program_is_refused(comfy_stack):
    with pytest.raises(ValueError, match="comfy_stack needs a program: a function that declares resources"):
        comfy_stack(None)
