"""The demo on the real CLI, where there is one: one real run, and what must be so after it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_processes import run_command
from demo_reading import HOSTILE, found, hash_of, picture, told_hash

pytestmark = [
    pytest.mark.cli,
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="there is no `pulumi` on PATH"),
]


class Told(NamedTuple):
    folder: Path
    home: Path
    process: subprocess.CompletedProcess[str]

    @property
    def output(self) -> str:
        return self.process.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder, home = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("home")
    process = run_command("demo", cwd=folder, env={**HOSTILE, "HOME": str(home)})
    return Told(folder, home, process)


def test_demo_on_the_cli_succeeds(told):
    assert told.process.returncode == 0, told.output + told.process.stderr


def test_demo_on_the_cli_says_so_on_its_first_line(told):
    assert told.output.startswith("Engine    the Pulumi CLI v")


def test_demo_on_the_cli_passes_the_clis_own_output_on(told):
    assert "ServerlessMachine gpu creating (0s)" in told.output
    assert "Resources:\n    + 5 created\n" in told.output


def test_demo_on_the_cli_draws_the_tree_of_operations(told):
    assert found(r"^ \+   [├└]─ \S+comfydeploy:Deployment +serving +(created) \(", told.output)


def test_demo_on_the_cli_tells_the_sha256_of_the_picture_on_disk(told):
    assert told_hash(told.output) == hash_of(picture(told.output, told.folder))


def test_demo_on_the_cli_gives_the_whole_curl_line(told):
    assert found(r"^  (curl .*)$", told.output).endswith("}}'")


def test_demo_on_the_cli_shows_that_a_second_up_calls_nothing(told):
    assert "Unchanged: 5 resources, 0 API calls" in told.output


def test_demo_on_the_cli_without_a_terminal_is_plain_text(told):
    assert "\x1b" not in told.output


def test_demo_on_the_cli_writes_nothing_outside_its_folder(told):
    assert [entry.name for entry in told.folder.iterdir()] == [".demo"]
    assert list(told.home.iterdir()) == []


def test_demo_leaves_the_quickstarts_own_stack_settings_alone(told):
    project = told.folder / ".demo" / "comfydeploy-quickstart"

    assert "encryptionsalt" not in (project / "Pulumi.dev.yaml").read_text()
