"""What the real CLI tells of policies, and what the executable says where it cannot run."""

from __future__ import annotations

import sys

import pytest
from pulumi.automation.events import PolicyEvent

from pulumi_comfy.policy import console
from pulumi_comfy.testing import Violation
from pulumi_comfy.testing.cli_events import violation_of

URN = "urn:pulumi:live::shop::pulumi-python:comfydeploy:ServerlessMachine::gpu"
STACK = "urn:pulumi:live::shop::pulumi:pulumi:Stack::shop-live"


def event(message: str, urn: str = URN, level: str = "mandatory") -> PolicyEvent:
    return PolicyEvent(message, "", "keep-warm", "pulumi-comfy", "0.0.1", "0.0.1", level, urn)


def test_a_violation_is_told_without_the_policys_description():
    told = violation_of(event("No more than allowed.\nkeepWarm is 9."))

    assert told == Violation("keep-warm", "mandatory", URN, "gpu", "keepWarm is 9.")


def test_colours_are_taken_out():
    assert violation_of(event("<{%reset%}>No more.<{%reset%}>\n<{%fg 1%}>keepWarm is 9.\n")).message == "keepWarm is 9."


def test_a_violation_of_the_stack_is_about_no_resource():
    told = violation_of(event("One.\nthe stack costs too much.", STACK))

    assert (told.urn, told.name, told.message) == ("", "", "the stack costs too much.")


def test_what_is_not_known_is_told_apart():
    line = (
        "can't run policy 'keep-warm' from policy pack 'pulumi-comfy@v0.0.1' during preview: keepWarm is not known yet."
    )

    told = violation_of(event(line, level="advisory"))

    assert (told.message, told.is_undecided) == ("keepWarm is not known yet.", True)


def test_the_executable_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pulumi_policy", None)

    with pytest.raises(SystemExit, match=r"needs Pulumi's policy library, .*pip install 'pulumi-comfy\[policy\]'"):
        console.main()


def test_another_module_that_is_missing_is_not_hidden(monkeypatch):
    monkeypatch.setitem(sys.modules, "pulumi_policy", sys)

    with pytest.raises(ImportError, match="PolicyPack"):
        console.main()
