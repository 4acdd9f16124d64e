"""Every platform sits the exam with everything that it offers, and every excuse is about a question that is asked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from exam import RECOVERY, Examinee, Kind, entries, examinees
from test_contract_faults import HEARD

from pulumi_comfy.configuration import PLATFORMS

pytestmark = pytest.mark.apart

HERE = Path(__file__).parent


def questions() -> set[str]:
    """The names of all tests of this folder."""
    trees = [ast.parse(path.read_text("utf-8")) for path in HERE.glob("test_*.py")]
    names = [node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {name.removeprefix("test_") for name in names if name.startswith("test_")}


def excuses(examinee: Examinee) -> dict[str, str]:
    return {**examinee.excused, **{key: why for one in examinee.declared.values() for key, why in one.excused.items()}}


def test_every_platform_sits_the_exam():
    assert {one.key for one in examinees()} == set(PLATFORMS)


def test_it_hands_in_everything_that_it_offers(examinee):
    assert {*examinee.declared, *examinee.lacks} == set(examinee.platform.handlers)


def test_every_excuse_is_about_a_question_that_exists(examinee):
    asked = {re.sub(r"\[.*\]$", "", key) for key in excuses(examinee)}

    assert asked - questions() == set()
    assert RECOVERY in questions()


def test_every_excuse_is_a_sentence(examinee):
    assert [key for key, why in excuses(examinee).items() if len(why.split()) < 4] == []


def test_one_kind_of_each_platform_lives_on_the_real_cli_too(examinee):
    assert any(kind.runs_on_the_cli for kind in examinee.kinds.values())


def test_when_it_is_brief_each_kind_still_meets_each_fault_once():
    file = Path(__file__).with_name("test_contract_faults.py")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "--brief", "-p", "no:cacheprovider", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    met = re.findall(r"::test_a_fault_of_the_\w+\[(.+)\]$", told, re.MULTILINE)

    kinds = entries(lambda one: isinstance(one, Kind))
    assert sorted(met) == sorted(f"{kind}-{fault}" for kind in kinds for fault in HEARD)
