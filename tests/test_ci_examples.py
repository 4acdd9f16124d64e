"""The CI files of the examples: valid to their platforms, and every line in them runs on today's command line."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from pulumi_comfy.cli import main
from pulumi_comfy.configuration import SETTINGS
from pulumi_comfy.policy.credentials import find

pytestmark = pytest.mark.apart

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "ci"
GITHUB = sorted((FOLDER / "github").glob("*.yml"))
GITLAB = FOLDER / "gitlab" / ".gitlab-ci.yml"
FILES = [*GITHUB, GITLAB]
DEPLOYS = re.compile(r"pulumi up|pulumi-comfy promote .*--yes|pulumi-comfy rollback", re.DOTALL)

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
each_github = pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)


def load(path: Path) -> dict[Any, Any]:
    return yaml.safe_load(path.read_text("utf-8"))


def jobs_of(path: Path) -> dict[str, dict[str, Any]]:
    """The jobs by name; of GitLab with what they extend."""
    loaded = load(path)
    if path != GITLAB:
        return loaded["jobs"]
    jobs = {name: one for name, one in loaded.items() if isinstance(one, dict) and ("script" in one or name[0] == ".")}
    return {name: _extended(one, jobs) for name, one in jobs.items() if name[0] != "."}


def _extended(job: dict[str, Any], jobs: dict[str, Any]) -> dict[str, Any]:
    return {**_extended(jobs[job["extends"]], jobs), **job} if "extends" in job else job


def scripts_of(job: dict[str, Any]) -> list[str]:
    """What a job runs: a text for each shell."""
    if "steps" in job:
        return [step["run"] for step in job["steps"] if "run" in step]
    lines = [*job.get("before_script", ()), *job["script"]]
    return ["\n".join(one if isinstance(one, str) else "\n".join(one) for one in lines)]


SCRIPTS = [
    pytest.param(script, id=f"{path.name}-{name}-{number}")
    for path in FILES
    for name, job in jobs_of(path).items()
    for number, script in enumerate(scripts_of(job))
]
each_script = pytest.mark.parametrize("script", SCRIPTS)


def commands_in(script: str, program: str) -> Iterator[list[str]]:
    """The arguments of each call of a program in a script, options that an unset variable leaves out among them."""
    for line in script.replace("\\\n", " ").splitlines():
        words = re.sub(r"\$\{\w+:\+(.*?)\}", r"\1", line.strip())
        if not words.startswith(f"{program} "):
            continue
        arguments = shlex.split(words, comments=True)[1:]
        ends = [at for at, one in enumerate(arguments) if one in (">", "||", "|", "&&", "2>&1")]
        yield arguments[: min(ends, default=len(arguments))]


def is_right(arguments: list[str]) -> None:
    """Read the arguments as the command line does.

    Raises:
        click.UsageError: There is no such command or option, or one that is needed is missing.
    """
    command: click.Command = main
    context = click.Context(main, info_name="pulumi-comfy")
    while isinstance(command, click.Group):
        name, *arguments = arguments
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no such command: {name}")
        command, context = found, click.Context(found, info_name=name, parent=context, resilient_parsing=True)
    given, rest, _ = command.make_parser(context).parse_args(list(arguments))
    missing = [one.name for one in command.params if one.required and not isinstance(given.get(one.name or ""), str)]
    if missing or rest:
        raise click.UsageError(f"{context.info_name}: missing {missing}, too much {rest}")


def test_there_are_files_for_both_platforms():
    assert [path.name for path in FILES] == [
        "comfy-deploy.yml",
        "comfy-nightly.yml",
        "comfy-preview.yml",
        "comfy-promote.yml",
        "comfy-rollback.yml",
        ".gitlab-ci.yml",
    ]


@pytest.mark.parametrize(
    ("schema", "paths"),
    [
        (["vendor.github-workflows"], GITHUB),
        (["custom.github-workflows-require-timeout"], GITHUB),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], [GITLAB]),
    ],
    ids=["github", "github-timeouts", "gitlab"],
)
def test_the_platforms_own_schema_takes_them(schema: list[str], paths: list[Path]):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, *map(str, paths)]

    checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@each_script
def test_a_script_is_one_to_bash(script: str):
    read = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)

    assert (read.returncode, read.stderr) == (0, "")


@each_script
def test_a_command_of_ours_is_one_of_today(script: str):
    for arguments in commands_in(script, "pulumi-comfy"):
        is_right(arguments)


def test_the_files_use_what_they_are_for():
    commands = [one for script in SCRIPTS for one in commands_in(script.values[0], "pulumi-comfy")]

    assert {one[0] for one in commands} == {"cost", "policy", "promote", "rollback"}
    assert len(commands) == 12


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("a command", ["validates", "graph.json"]),
        ("an option", ["validate", "graph.json", "--servers", "http://host"]),
        ("an argument", ["emulator", "start"]),
        ("what is needed", ["convert"]),
    ],
)
def test_a_mistake_is_seen(command: str, arguments: list[str]):
    with pytest.raises(click.UsageError):
        is_right(arguments)


def test_a_command_that_is_right_is_taken():
    is_right(["validate", "graph.json", "--server", "http://host"])


@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the options are the Pulumi CLI's")
def test_an_option_of_pulumi_is_one_of_the_cli():
    for script in SCRIPTS:
        for arguments in commands_in(script.values[0], "pulumi"):
            verbs = arguments[: 2 if arguments[0] == "stack" else 1]
            told = subprocess.run(["pulumi", *verbs, "--help"], capture_output=True, text=True, check=True).stdout
            options = {one.partition("=")[0] for one in arguments if one.startswith("--")}
            assert options <= set(re.findall(r"--[a-z-]+", told)), verbs


@each_file
def test_no_credential_stands_in_a_file(path: Path):
    assert find(path.read_text("utf-8")) == []


@each_file
def test_a_setting_of_ours_is_one(path: Path):
    known = {one.environment for one in SETTINGS}

    assert set(re.findall(r"\b(?:COMFY|RUNCOMFY)[A-Z]*_\w+", path.read_text("utf-8"))) <= known


@each_github
def test_no_expression_is_written_into_a_script(path: Path):
    scripts = [script for job in jobs_of(path).values() for script in scripts_of(job)]

    assert [script for script in scripts if "${{" in script] == []


@each_github
def test_an_action_is_pinned_by_its_commit_with_its_version_beside_it(path: Path):
    used = re.findall(r"^ +(?:- )?uses: (.*)$", path.read_text("utf-8"), re.MULTILINE)

    assert used
    assert [one for one in used if not re.match(r"[\w-]+(?:/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+(?:,|$)", one)] == []


def test_an_action_has_one_version_in_all_files():
    used = {one for path in GITHUB for one in re.findall(r"uses: (\S+)", path.read_text("utf-8"))}

    assert len({one.partition("@")[0] for one in used}) == len(used)


WRITES = {"id-token", "pull-requests", "contents", "security-events"}


@each_github
def test_a_workflow_may_read_and_a_job_says_what_it_writes(path: Path):
    assert load(path)["permissions"] == {"contents": "read"}
    for job in jobs_of(path).values():
        assert {name for name, level in job["permissions"].items() if level == "write"} <= WRITES


@each_github
def test_only_a_job_that_keeps_pins_may_push(path: Path):
    for name, job in jobs_of(path).items():
        pushes = any("git push" in script for script in scripts_of(job))
        assert (job["permissions"]["contents"] == "write") is pushes, name
        (kept,) = [step["with"]["persist-credentials"] for step in job["steps"] if "checkout" in step.get("uses", "")]
        assert kept is pushes, name


def deploying_jobs(path: Path) -> dict[str, dict[str, Any]]:
    return {name: job for name, job in jobs_of(path).items() if any(map(DEPLOYS.search, scripts_of(job)))}


@pytest.mark.parametrize(
    ("name", "number"), [("comfy-deploy.yml", 2), ("comfy-promote.yml", 1), ("comfy-rollback.yml", 1)]
)
def test_two_deployments_of_a_stack_never_run_at_once_on_github(name: str, number: int):
    jobs = deploying_jobs(FOLDER / "github" / name)

    assert len(jobs) == number
    for job in jobs.values():
        assert job["concurrency"] == {"group": f"comfy-{job['environment']}", "cancel-in-progress": False}


def test_two_deployments_of_a_stack_never_run_at_once_on_gitlab():
    jobs = deploying_jobs(GITLAB)

    assert len(jobs) == 4
    for job in jobs.values():
        assert job["resource_group"] == f"comfy-{job['environment']['name']}"
        assert job["interruptible"] is False


@pytest.mark.parametrize("name", ["comfy-preview.yml", "comfy-nightly.yml"])
def test_what_only_looks_deploys_nothing(name: str):
    assert deploying_jobs(FOLDER / "github" / name) == {}


@pytest.mark.parametrize("path", [FOLDER / "github" / "comfy-preview.yml", GITLAB], ids=lambda path: path.name)
def test_a_preview_that_is_summed_lists_what_does_not_change_too(path: Path):
    (summed,) = (line for line in path.read_text().splitlines() if "> preview.json" in line)

    assert "--json --show-sames" in summed
