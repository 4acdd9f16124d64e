"""The commands about promotion, where they stop before any stack is asked."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pulumi_comfy.cli.promotion import shared
from pulumi_comfy.cli.promotion.shared import Age
from pulumi_comfy.promotion.stacks import PulumiError


@pytest.mark.parametrize(
    "command",
    [
        ("promote", "--from", "dev", "--to", "prod"),
        ("rollback", "--stack", "prod", "--reason", "dark"),
        ("history",),
        ("unmark", "5f0c5f0c", "--reason", "mended"),
    ],
    ids=lambda command: command[0],
)
def test_without_pulumi_each_says_how_to_install_it(invoke, path_without_pulumi, command):
    result = invoke(*command)

    assert result.exit_code == 1
    assert "curl -fsSL https://get.pulumi.com | sh" in result.output


def test_without_pulumi_json_is_an_object_too(invoke, path_without_pulumi):
    result = invoke("history", "--json")

    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (1, "COMFY5105")


def test_a_mark_is_taken_away_in_the_history_of_the_organisation_that_made_it(invoke, monkeypatch):
    opened = []

    def note(_folder, stack):
        opened.append(stack)
        raise PulumiError("COMFY5105", tried="open the project", got="it is enough")

    monkeypatch.setattr(shared, "open_project", note)
    invoke("unmark", "5f0c5f0c", "--reason", "mended", "--stack", "acme/portrait/production")

    assert opened == ["acme/portrait/production"]


@pytest.mark.parametrize(
    "command",
    [
        ("promote", "--from", "dev"),
        ("promote", "--from", "dev", "--to", "prod", "--max-age", "soon"),
        ("promote", "--from", "dev", "--to", "prod", "--plan", "--write-only"),
        ("rollback", "--stack", "prod"),
    ],
)
def test_a_wrong_option_is_no_answer_about_a_plan(invoke, command):
    assert invoke(*command).exit_code == 1


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("promote", "--from", "dev"), "--to"),
        (("promote", "--from", "dev", "--to", "prod", "--max-age", "soon"), "--max-age"),
        (("promote", "--from", "dev", "--to", ""), "--to"),
        (("promote", "--from", " ", "--to", "prod"), "--from"),
        (("rollback", "--stack", "", "--reason", "dark"), "--stack"),
        (("rollback", "--stack", "prod"), "--reason"),
        (("rollback", "--stack", "prod", "--reason", " "), "--reason"),
        (("history", "--stack", ""), "--stack"),
        (("unmark", "5f0c5f0c"), "--reason"),
        (("unmark", "5f0c5f0c", "--reason", ""), "--reason"),
        (("unmark",), "PIN"),
    ],
)
def test_a_wrong_option_is_named(invoke, command, option):
    result = invoke(*command)

    assert (result.exit_code, f"'{option}'" in result.stderr.splitlines()[-1]) == (1, True), result.stderr


def test_an_age_that_no_proof_can_have_is_a_wrong_option(invoke):
    result = invoke("promote", "--from", "dev", "--to", "prod", "--max-age", "99999999999d")

    assert (result.exit_code, "'--max-age'" in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "more",
    [("--write-only", "--summary", "no-such-folder/text.md"), ("--summary", "text.md"), ("--plan", "--summary", "a")],
)
def test_a_summary_that_cannot_be_written_stops_it_before_anything_is_done(invoke, path_without_pulumi, more):
    result = invoke("promote", "--from", "dev", "--to", "prod", *more)

    assert (result.exit_code, "--summary" in result.stderr.splitlines()[-1]) == (1, True), result.stderr


def test_the_codes_stand_in_the_help(invoke):
    assert "4  the deployment failed; the stack is as it was before" in invoke("promote", "--help").output


@pytest.mark.parametrize(
    ("text", "span"), [("90m", timedelta(minutes=90)), ("24h", timedelta(days=1)), ("2w", timedelta(weeks=2))]
)
def test_an_age_is_a_number_with_a_unit(text, span):
    assert Age().convert(text, None, None) == span
    assert Age().convert(span, None, None) == span


def test_a_folder_without_a_project_is_said(invoke, folder, monkeypatch):
    monkeypatch.setattr(shared, "require_pulumi", lambda: None)

    result = invoke("history")

    assert (result.exit_code, "COMFY5105" in result.output) == (1, True)


def test_with_json_an_error_is_an_object(invoke, folder, monkeypatch):
    monkeypatch.setattr(shared, "require_pulumi", lambda: None)

    result = invoke("history", "--json")

    assert '"code": "COMFY5105"' in result.stdout
