"""The configuration of a pack: the form that the CLI takes, and what is wrong with one, in words."""

from __future__ import annotations

import json
from math import inf, nan
from pathlib import Path

import pytest
from good import machine

from pulumi_comfy.policy import RULES
from pulumi_comfy.policy.choices import ChoicesError, choices_of, read_choices
from pulumi_comfy.policy.judging import judge
from pulumi_comfy.policy.kit import stack

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "policy-pack" / "policy-config.json"


def said(document, *resources):
    findings = judge(RULES, stack(*resources), choices_of(document, RULES))
    return [(one.rule, one.level) for one in findings if not one.is_undecided]


def test_a_rule_that_is_named_twice_is_refused_as_one_of_both_would_be_lost(tmp_path):
    file = tmp_path / "config.json"
    file.write_text('{"naming": "mandatory", "naming": "disabled"}')

    with pytest.raises(ChoicesError, match='one object has the key "naming" twice; take one out'):
        read_choices(file, RULES)


def test_without_a_configuration_every_rule_has_its_level():
    assert said({}, machine(keepWarm=5)) == [("keep-warm", "mandatory")]


def test_a_level_alone_changes_the_level():
    assert said({"keep-warm": "advisory"}, machine(keepWarm=5)) == [("keep-warm", "advisory")]


def test_a_rule_that_is_disabled_is_not_asked():
    assert said({"keep-warm": "disabled"}, machine(keepWarm=5)) == []


def test_settings_stand_beside_the_level():
    document = {"keep-warm": {"enforcementLevel": "advisory", "byEnvironment": {"production": 4}}}

    assert said(document, machine(keepWarm=5)) == [("keep-warm", "advisory")]
    assert said(document, machine(keepWarm=4)) == []


def test_all_is_for_every_rule_that_is_not_named():
    document = {"all": "advisory", "keep-warm": "mandatory"}

    assert said(document, machine(keepWarm=5, concurrencyLimit=9)) == [
        ("most-instances", "advisory"),
        ("keep-warm", "mandatory"),
    ]


def test_all_may_be_an_object_as_the_cli_has_it():
    assert said({"all": {"enforcementLevel": "disabled"}}, machine(keepWarm=5)) == []


def test_the_example_makes_sense():
    assert len(read_choices(EXAMPLE, RULES)) == len(RULES)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "a configuration is an object with a key for each rule"),
        ({"keep-worm": "mandatory"}, "there is no rule 'keep-worm': did you mean 'keep-warm'?"),
        ({"zzz": "mandatory"}, "there is no rule 'zzz'"),
        ({"keep-warm": "always"}, "keep-warm: the level 'always' is none of advisory, mandatory, disabled"),
        ({"all": "remediate"}, "all: the level 'remediate' is none of advisory, mandatory, disabled"),
        ({"keep-warm": 3}, "keep-warm is a level or an object of settings"),
        ({"keep-warm": {"most": -1}}, "keep-warm: most: Input should be greater than or equal to 0"),
        ({"keep-warm": {"least": 1}}, "keep-warm: there is no setting 'least'; settings: most, byEnvironment"),
        ({"pinned-image": {"x": 1}}, "pinned-image: there is no setting 'x'; settings: none"),
        ({"keep-warm": {"most": "5"}}, "keep-warm: most: Input should be a valid integer"),
        ({"hourly-cost": {"most": True}}, "hourly-cost: most: Input should be a valid number"),
        ({"hourly-cost": {"byEnvironment": {"dev": nan}}}, "hourly-cost: byEnvironment.dev: Input should be "),
        ({"hourly-cost": {"most": inf}}, "hourly-cost: most: Input should be a finite number"),
        ({"hourly-cost": {"byEnvironment": {"dev": -5}}}, "hourly-cost: byEnvironment.dev: Input should be "),
        ({"keep-warm": {"byEnvironment": {"dev": -1}}}, "keep-warm: byEnvironment.dev: Input should be "),
        ({"production-proof": {"maxAgeDays": inf}}, "production-proof: maxAgeDays: Input should be a finite number"),
        ({"naming": {"pattern": "("}}, "naming: pattern: Value error, it is no regular expression: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(document, words):
    with pytest.raises(ChoicesError) as wrong:
        choices_of(document, RULES)

    assert str(wrong.value).startswith(words)


def test_a_file_that_is_no_json_is_refused_with_its_name(tmp_path):
    file = tmp_path / "config.json"
    file.write_text("{")

    with pytest.raises(ChoicesError, match=r"config\.json cannot be read as JSON: "):
        read_choices(file, RULES)


def test_what_is_wrong_in_a_file_is_told_with_its_name(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"keep-warm": 3}))

    with pytest.raises(ChoicesError, match=r"config\.json: keep-warm is a level"):
        read_choices(file, RULES)


def test_a_whole_number_may_come_as_the_float_that_the_cli_carries():
    assert said({"keep-warm": {"byEnvironment": {"production": 4.0}}}, machine(keepWarm=4)) == []


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "config.json").write_text('{"all": "advisory"}', encoding="utf-8-sig")

    assert read_choices(tmp_path / "config.json", RULES)["naming"].level == "advisory"
