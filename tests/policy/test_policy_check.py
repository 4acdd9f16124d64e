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
from pulumi_comfy.policy.junit import junit
from pulumi_comfy.policy.rule import Finding
from pulumi_comfy.policy.sarif import sarif


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


def test_a_state_may_come_through_a_pipe():
    done = CliRunner().invoke(main, ["policy", "check", "-"], input=json.dumps(state(**BAD)))

    assert done.exit_code == 1
    assert done.output.startswith("mandatory  keep-warm: ")


def test_what_comes_through_a_pipe_has_no_place_for_sarif_to_name(checked, tmp_path):
    checked(state())
    done = CliRunner().invoke(main, ["policy", "check", "-", "--sarif", "out.sarif"], input=json.dumps(state()))

    assert done.exit_code == 2
    assert "--sarif names the state's file" in done.output
    assert not (tmp_path / "out.sarif").exists()


def test_rules_of_ones_own_are_asked_too(checked, tmp_path):
    (tmp_path / "our_rules.py").write_text(
        "from pulumi_comfy.policy import Rule\n"
        "def check(resource, settings, report): report.violation(f'{resource.words} is ours')\n"
        "RULES = [Rule(id='ours', description='Nothing.', level='advisory', of_resource=check)]\n"
    )

    done = checked(state(), "--rules", "our_rules:RULES")

    assert 'advisory  ours: comfydeploy.ServerlessMachine "gpu" is ours\n' in done.output


@pytest.mark.parametrize("place", ["no_such_module:RULES", "json:RULES", "json:__doc__.x", ":RULES"])
def test_a_list_of_rules_that_is_not_there_exits_with_2(checked, place):
    assert checked(state(), "--rules", place).exit_code == 2


def test_a_list_of_rules_that_ends_the_command_while_it_is_loaded_is_no_success(checked, tmp_path):
    (tmp_path / "leaving_rules.py").write_text("import sys\nsys.exit(0)\n")

    done = checked(state(**BAD), "--rules", "leaving_rules")

    assert done.exit_code == 2
    assert "--rules leaving_rules: there is no such list of rules: SystemExit: 0" in done.output


def test_nor_does_a_rule_that_ends_the_command_while_it_judges(checked, tmp_path):
    (tmp_path / "ending_rules.py").write_text(
        "import sys\n"
        "from pulumi_comfy.policy import Rule\n"
        "RULES = [Rule(id='ours', description='Nothing.', level='advisory', of_resource=lambda *_: sys.exit(0))]\n"
    )

    done = checked(state(**BAD), "--rules", "ending_rules")

    assert done.exit_code == 2
    assert "the rule ours failed" in done.output


def test_a_finding_is_one_line_also_where_a_name_has_two(checked):
    document = state(**BAD)
    for one in document["deployment"]["resources"]:
        one["urn"] = one["urn"].replace("::gpu", "::gpu\nmandatory  forged: nothing")

    told = checked(document).output

    assert 'comfydeploy.ServerlessMachine "gpu mandatory  forged: nothing": keepWarm is 9' in told
    assert "\nmandatory  forged" not in told


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


@pytest.mark.parametrize("name", ["gr\u00fcn", 'a"b', "a<b", "after\x85it", "plain"])
@pytest.mark.parametrize("indent", [4, None])
def test_sarif_finds_the_line_of_a_name_however_the_state_spells_it(name, indent):
    urn = f"urn:pulumi:dev::shop::pulumi-python:comfyui:Workflow::{name}"
    text = json.dumps({"note": "\x85\u2028", "resources": [{"urn": urn}]}, indent=indent, ensure_ascii=name == "grün")
    finding = Finding(rule="naming", level="advisory", message="No.", urn=urn, name=name)

    (run,) = sarif(RULES, [finding], "state.json", text.replace("<", "\\u003c"))["runs"]

    line = run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert "urn:pulumi" in text.split("\n")[line - 1]


def test_sarif_tells_what_is_not_known_as_open(checked, tmp_path):
    checked(state(machine={"gpu": ciphertext()}), "--sarif", "out.sarif")

    (run,) = json.loads((tmp_path / "out.sarif").read_text())["runs"]
    assert {(one["kind"], one["level"]) for one in run["results"]} == {("open", "none")}


def cases(tmp_path):
    return ET.parse(tmp_path / "out.xml").getroot().findall("./testsuite/testcase")


@pytest.mark.parametrize("name", ["a\ufffeb", "a\uffffb", "a\x1bb", "\ud800", "a]]>b"])
def test_junit_is_xml_whatever_a_resource_is_called(name):
    finding = Finding(rule="naming", level="mandatory", message=f"{name} is none", urn="urn", name=name)

    root = ET.fromstring(junit(RULES, [finding]).encode())

    assert len(root.findall("./testsuite/testcase/failure")) == 1


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


NO_RESOURCES = ["abc", {"a": 1}, ["abc"], [{"type": "a"}], [{"urn": "x", "type": "a"}]]


@pytest.mark.parametrize("resources", NO_RESOURCES)
def test_resources_that_are_none_exit_with_2(checked, resources):
    done = checked({"version": 3, "deployment": {"resources": resources}})

    assert done.exit_code == 2
    assert "the resources of the state are not as `pulumi stack export` writes them" in done.output


def test_a_secret_that_is_no_json_exits_with_2(checked):
    assert checked(state(machine={"gpu": {**ciphertext(), "plaintext": "no json"}})).exit_code == 2


def test_a_document_too_deep_to_be_read_exits_with_2(tmp_path):
    (tmp_path / "state.json").write_text("[" * 100_000)

    assert CliRunner().invoke(main, ["policy", "check", str(tmp_path / "state.json")]).exit_code == 2


def test_a_state_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "state.json").write_text(json.dumps(state()), encoding="utf-8-sig")

    assert CliRunner().invoke(main, ["policy", "check", str(tmp_path / "state.json")]).exit_code == 0


def test_a_value_that_no_rule_understands_exits_with_2_and_names_rule_and_resource(checked):
    done = checked(state(machine={"keepWarm": [1]}))

    assert done.exit_code == 2
    assert 'the rule keep-warm failed at comfydeploy.ServerlessMachine "gpu": TypeError: ' in done.output


def own(tmp_path, text):
    (tmp_path / "our_list.py").write_text("from pulumi_comfy.policy import Rule\n" + text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RULES = (", "SyntaxError"),
        ("RULES = 1 / 0", "ZeroDivisionError"),
        ("RULES = ['naming']", "it holds a str, which is no rule"),
        ("RULES = [Rule('naming', 'x', of_resource=print)]", "there are two rules 'naming'; give yours another id"),
        ("RULES = [Rule('ours', 'x', of_resource=lambda *_: 1 / 0)]", "the rule ours failed at comfydeploy."),
    ],
)
def test_rules_of_ones_own_that_make_no_sense_exit_with_2(checked, tmp_path, monkeypatch, text, words):
    monkeypatch.delitem(__import__("sys").modules, "our_list", raising=False)
    own(tmp_path, text)

    done = checked(state(), "--rules", "our_list")

    assert done.exit_code == 2
    assert words in done.output


@pytest.mark.parametrize("option", ["--sarif", "--junit"])
def test_a_report_that_cannot_be_written_exits_with_2(checked, option):
    done = checked(state(), option, "no/such/folder/report")

    assert done.exit_code == 2
    assert "report cannot be written: No such file or directory" in done.output


def named(name):
    document = state(**BAD)
    document["deployment"]["resources"][2]["urn"] += name
    return document


@pytest.mark.parametrize("name", ["\x1b[2J\x00", "\u202e", "\ud800"])
def test_reports_can_be_read_whatever_a_name_holds(checked, tmp_path, name):
    done = checked(named(name), "--sarif", "out.sarif", "--junit", "out.xml")

    assert done.exit_code == 1
    assert faults_of(json.loads((tmp_path / "out.sarif").read_text())) == []
    assert len([one for one in cases(tmp_path) if one.find("failure") is not None]) == 1


def test_sarif_names_the_state_by_its_uri(tmp_path):
    state_file = tmp_path / "my state.json"
    state_file.write_text(json.dumps(state(**BAD)))
    CliRunner().invoke(main, ["policy", "check", str(state_file), "--sarif", str(tmp_path / "out.sarif")])

    (result,) = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == state_file.as_uri()
