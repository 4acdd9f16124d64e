"""The kit for rules of one's own, and the example that uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from made_credentials import KINDS, make

from pulumi_comfy.core.meanings import GPU
from pulumi_comfy.policy import Report, Resource, Rule, Stack
from pulumi_comfy.policy.choices import ChoicesError
from pulumi_comfy.policy.kit import NOW, UNKNOWN, resource, said, stack, undecided
from pulumi_comfy.policy.page import MARK, main, page_text

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "policy-pack"
ROOT = EXAMPLE.parents[1]


def _small(one: Resource, _: object, report: Report) -> None:
    for place in one.marked(GPU):
        if place.value is UNKNOWN:
            report.not_known(f"{one.name}: {place.name}")
        elif place.value != "T4":
            report.violation(f"{one.name}: {place.value}")


def _two(whole: Stack, _: object, report: Report) -> None:
    if len(whole.ours) > 2:
        report.violation(f"{len(whole.ours)} resources", whole.ours[0])


SMALL = Rule("small", "Small GPUs only, of any platform.", of_resource=_small)
TWO = Rule("two", "Two resources at most.", of_stack=_two)
MACHINE = "comfydeploy:ServerlessMachine"


def test_a_rule_of_a_resource_is_asked_in_one_line():
    assert said(SMALL, resource(MACHINE, gpu="T4")) == []
    assert said(SMALL, resource(MACHINE, gpu="H100")) == ["one: H100"]


def test_what_is_not_known_is_told_apart():
    assert said(SMALL, resource(MACHINE, gpu=UNKNOWN)) == []
    assert undecided(SMALL, resource(MACHINE, gpu=UNKNOWN)) == ["one: gpu"]


def test_a_rule_of_a_stack_is_asked_of_all_resources():
    machines = [resource(MACHINE, f"gpu-{number}", gpu="T4") for number in range(3)]

    assert said(TWO, stack(*machines[:2])) == []
    assert said(TWO, stack(*machines)) == ["3 resources"]


def test_a_setting_that_a_rule_does_not_have_is_refused():
    with pytest.raises(ChoicesError, match="small: there is no setting 'sizes'; settings: none"):
        said(SMALL, resource(MACHINE, gpu="T4"), sizes=3)


def test_what_looks_like_a_credential_is_masked_in_a_message():
    token = make(next(kind for kind in KINDS if kind.vendor == "Hugging Face"))

    def tell(one: Resource, _: object, report: Report) -> None:
        report.violation(f"{one.name} holds {one.values['gpu']}")

    assert token not in str(said(Rule("tells", "It tells.", of_resource=tell), resource(MACHINE, gpu=token)))


def test_a_resource_knows_the_moment_and_its_stacks_environment():
    one = resource(MACHINE, of_environment="dev", now=NOW + timedelta(days=1))

    assert one.surroundings.environment == "dev"
    assert one.surroundings.now - NOW == timedelta(days=1)


@pytest.mark.apart
def test_the_examples_own_tests_pass():
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        ".",
        "-o",
        "addopts=",
        "test_house_rules.py",
    ]

    done = subprocess.run(command, cwd=EXAMPLE, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


@pytest.mark.apart
def test_the_examples_rule_is_asked_by_the_check_too(tmp_path):
    from states import state

    (tmp_path / "state.json").write_text(json.dumps(state()))
    command = [sys.executable, "-m", "pulumi_comfy.cli", "policy", "check", tmp_path / "state.json"]

    done = subprocess.run(
        [*command, "--rules", "house_rules:RULES"],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 'advisory  team-named: comfydeploy.Deployment "serving" is in production' in done.stdout
    assert done.returncode == 0


def test_the_page_is_what_the_rules_say(capsys):
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_a_page_that_has_drifted_is_told_and_written(tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    (tmp_path / "examples" / "policy-pack").mkdir(parents=True)
    (tmp_path / "examples" / "policy-pack" / "policy-config.json").write_text(
        (EXAMPLE / "policy-config.json").read_text()
    )
    page = tmp_path / "docs" / "policies.md"
    page.write_text(f"# By hand\n\n{MARK}")

    assert main(["--check"], tmp_path) == 1
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    assert page.read_text().startswith("# By hand\n")
    assert capsys.readouterr().out == (
        "docs/policies.md has drifted; run python -m pulumi_comfy.policy.page\nwrote docs/policies.md\n"
    )


def test_a_page_without_its_mark_is_refused():
    with pytest.raises(ValueError, match="lacks the line <!-- Written by"):
        page_text("# Nothing\n", {})


def test_an_argument_that_is_none_is_refused(capsys):
    assert main(["--chek"]) == 2
    assert capsys.readouterr().err == "usage: python -m pulumi_comfy.policy.page [--check]\n"
