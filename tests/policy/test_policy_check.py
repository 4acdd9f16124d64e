"""`pulumi-comfy policy check`: lines, exit codes, SARIF and JUnit."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from click.testing import CliRunner
from sarif_schema import faults_of
from states import ciphertext, state

from pulumi_comfy.cli import main
from pulumi_comfy.policy import RULES


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """Run it over a state in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(document, *options, config=None):
        (tmp_path / "state.json").write_text(json.dumps(document, indent=4))
        if config is not None:
            (tmp_path / "config.json").write_text(json.dumps(config))
            options = ("--config", "config.json", *options)
        return CliRunner().invoke(main, ["policy", "check", "state.json", *options])

    return run


BAD = {"machine": {"keepWarm": 9}}


def test_a_good_state_exits_with_0(checked):
    done = checked(state())

    assert (done.exit_code, done.output) == (0, "2 resources: 0 mandatory, 0 advisory, 0 not known\n")


def test_a_mandatory_violation_exits_with_1_and_is_told(checked):
    done = checked(state(**BAD))

    assert done.exit_code == 1
    assert done.output == (
        'mandatory  keep-warm: comfydeploy.ServerlessMachine "gpu": keepWarm is 9; the most in production is 1. Lower '
        "it, or raise the limit in `keep-warm`.\n"
        "2 resources: 1 mandatory, 0 advisory, 0 not known\n"
    )


def test_an_advisory_violation_exits_with_0(checked):
    done = checked(state(**BAD), config={"keep-warm": "advisory"})

    assert done.exit_code == 0
    assert done.output.startswith("advisory  keep-warm: ")


def test_what_is_not_known_exits_with_0_and_is_told(checked):
    done = checked(state(machine={"keepWarm": ciphertext()}))

    assert done.exit_code == 0
    assert 'not known  keep-warm: comfydeploy.ServerlessMachine "gpu": keepWarm is not known yet.' in done.output


@pytest.mark.parametrize("config", [{"keep-warm": "advisory"}])
def test_strict_counts_what_is_advisory(checked, config):
    assert checked(state(**BAD), "--strict", config=config).exit_code == 1


def test_the_environment_can_be_said(checked):
    assert checked(state(None, **BAD), "--environment", "staging").exit_code == 1
    assert checked(state(None), "--environment", "production").exit_code == 0


def test_a_configuration_that_makes_no_sense_exits_with_2(checked):
    done = checked(state(), config={"keep-worm": "advisory"})

    assert done.exit_code == 2
    assert "config.json: there is no rule 'keep-worm': did you mean 'keep-warm'?" in done.output


def test_a_file_that_is_no_state_exits_with_2(checked):
    done = checked([])

    assert done.exit_code == 2
    assert "state.json is no state: make one with `pulumi stack export --file state.json`" in done.output


def test_rules_of_ones_own_are_asked_too(checked, tmp_path):
    (tmp_path / "our_rules.py").write_text(
        "from pulumi_comfy.policy import Rule\n"
        "def check(resource, settings, report): report.violation(f'{resource.words} is ours')\n"
        "RULES = [Rule(id='ours', description='Nothing.', level='advisory', of_resource=check)]\n"
    )

    done = checked(state(), "--rules", "our_rules:RULES")

    assert 'advisory  ours: comfydeploy.ServerlessMachine "gpu" is ours\n' in done.output


@pytest.mark.parametrize("place", ["no_such_module:RULES", "json:RULES", "json:__doc__.x"])
def test_a_list_of_rules_that_is_not_there_exits_with_2(checked, place):
    assert checked(state(), "--rules", place).exit_code == 2


def test_sarif_is_of_its_schema(checked, tmp_path):
    checked(state(machine={"keepWarm": 9, "gpu": ciphertext()}, proof=None), "--sarif", "out.sarif")

    assert faults_of(json.loads((tmp_path / "out.sarif").read_text())) == []


def test_sarif_tells_each_finding_with_rule_resource_and_line(checked, tmp_path):
    checked(state(**BAD), "--sarif", "out.sarif")

    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    (result,) = run["results"]
    (place,) = result["locations"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "keep-warm"
    assert (result["kind"], result["level"]) == ("fail", "error")
    assert place["logicalLocations"][0]["name"] == "gpu"
    line = place["physicalLocation"]["region"]["startLine"]
    assert '::gpu"' in (tmp_path / "state.json").read_text().splitlines()[line - 1]


def test_sarif_tells_what_is_not_known_as_open(checked, tmp_path):
    checked(state(machine={"gpu": ciphertext()}), "--sarif", "out.sarif")

    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    assert {(one["kind"], one["level"]) for one in run["results"]} == {("open", "none")}


def cases(tmp_path):
    return ET.parse(tmp_path / "out.xml").getroot().findall("./testsuite/testcase")


def test_junit_has_a_case_for_each_rule_that_passed(checked, tmp_path):
    checked(state(), "--junit", "out.xml")

    assert [one.get("name") for one in cases(tmp_path)] == [rule.id for rule in RULES]


def test_junit_tells_a_mandatory_violation_as_a_failure(checked, tmp_path):
    checked(state(**BAD), "--junit", "out.xml")

    (failed,) = (one for one in cases(tmp_path) if one.find("failure") is not None)
    assert failed.get("name") == "keep-warm: gpu"
    assert "keepWarm is 9" in failed.find("failure").get("message")


def test_junit_tells_what_is_not_known_as_skipped_and_what_is_advisory_as_passed(checked, tmp_path):
    document = state(machine={"keepWarm": 9, "gpu": ciphertext()})
    checked(document, "--junit", "out.xml", config={"keep-warm": "advisory"})

    by_name = {one.get("name"): one for one in cases(tmp_path)}
    assert by_name["allowed-gpus: gpu"].find("skipped") is not None
    assert by_name["keep-warm: gpu"].find("failure") is None
    assert "keepWarm is 9" in by_name["keep-warm: gpu"].find("system-out").text


def test_junit_without_its_library_says_what_to_install(checked, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "junitparser", None)

    done = checked(state(), "--junit", "out.xml")

    assert done.exit_code == 2
    assert "--junit needs junitparser: pip install 'pulumi-comfy[reports]'" in done.output
