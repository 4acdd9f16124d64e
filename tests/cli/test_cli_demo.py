"""The demo where there is no `pulumi`: one real run as a process of its own, and what must be so after it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from cli_processes import run_command
from demo_reading import HOSTILE, found, hash_of, picture, told_hash
from PIL import Image


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
    process = run_command("demo", cwd=folder, env={**HOSTILE, "HOME": str(home)}, without_pulumi=True)
    return Told(folder, home, process)


def test_demo_succeeds_without_a_word_on_stderr(told):
    assert (told.process.returncode, told.process.stderr) == (0, ""), told.output


def test_demo_says_on_its_first_line_which_engine_runs(told):
    assert told.output.splitlines()[0] == "Engine    pulumi_comfy's test engine, because no `pulumi` is on PATH"


def test_demo_prints_the_official_command_that_installs_the_cli(told):
    assert "curl -fsSL https://get.pulumi.com | sh" in told.output
    assert "https://www.pulumi.com/docs/iac/download-install/" in told.output


@pytest.mark.parametrize(
    "resource", ["ServerlessMachine +gpu", "Workflow +text-to-image", "Secret +tokens", "Deployment +serving"]
)
def test_demo_shows_each_resource_in_the_tree_of_operations(told, resource):
    assert found(rf"^ \+   [├└]─ \S+comfydeploy:{resource} +(created) \(", told.output)


def test_demo_shows_the_build_while_it_lasts(told):
    assert "    gpu: building (" in told.output


def test_demo_shows_the_inference_check_while_it_lasts(told):
    assert "    serving: not-started: inference check" in told.output


def test_demo_counts_the_resources(told):
    assert "Resources:\n    + 5 created\n" in told.output


def test_demo_names_a_picture_that_is_on_disk_and_can_be_opened(told):
    with Image.open(picture(told.output, told.folder)) as image:
        image.load()

    assert (image.format, image.size) == ("PNG", (512, 512))


def test_demo_tells_the_sha256_of_the_picture_on_disk(told):
    assert told_hash(told.output) == hash_of(picture(told.output, told.folder))


def test_demo_tells_the_hash_that_the_stack_reports(told):
    assert told_hash(told.output) == found(r'^    image_sha256: "(\w+)"$', told.output.partition("── the proof")[0])


def test_demo_gives_a_curl_line_for_the_deployment(told):
    deployment = found(r'^    deployment_id: "(\S+)"$', told.output.partition("── the proof")[0])

    line = found(r"^  (curl .*)$", told.output)

    assert f'-d \'{{"deployment_id": "{deployment}"' in line


def test_demo_shows_that_a_second_up_changes_nothing_and_calls_nothing(told):
    again = told.output.partition("── pulumi up, once more")[2]

    assert "Resources:\n    5 unchanged\n" in again
    assert "Unchanged: 5 resources, 0 API calls" in again


def test_demo_ends_with_the_next_steps(told):
    assert found(r"^(Next)$", told.output)


def test_demo_without_a_terminal_is_plain_text(told):
    assert "\x1b" not in told.output
    assert "\r" not in told.output


def test_demo_writes_nothing_outside_its_folder(told):
    assert [entry.name for entry in told.folder.iterdir()] == [".demo"]
    assert list(told.home.iterdir()) == []


def test_demo_hides_its_folder_from_git(told):
    assert (told.folder / ".demo" / ".gitignore").read_text().splitlines()[-1] == "*"


def test_demo_shows_none_of_the_persons_credentials(told):
    assert "canary" not in told.output
