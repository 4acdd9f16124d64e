"""What somebody saves in the browser while this stack is at work is never lost (docs/platforms/comfyui.md 2.3)."""

from __future__ import annotations

import json

import pulumi
import pytest
from comfyui_program import digest_in, files, make_graph, make_prompt, text
from lone import up
from subject import without_secrets

import pulumi_comfy as comfy

PATH = "workflows/portrait.json"
THEIRS = text(make_graph(words="theirs"))


@pytest.fixture
def it(lone):
    """A workflow with a check, not yet made."""
    return lone(name="portrait", workflow=make_graph(), inference_check={})


def held_at(comfyui, path=PATH):
    return {row["id"]: row["digest"] for row in files(comfyui)}.get(path)


def save_while_the_check_runs(comfyui, monkeypatch, it):
    """Let somebody save in the browser while a run, which fails, is at work."""
    comfyui.runs.script("failed", times=1)
    plan = comfyui.runs.take

    def save_meanwhile():
        comfyui.userdata.write(PATH, THEIRS)
        return plan()

    monkeypatch.setattr(comfyui.runs, "take", save_meanwhile)
    return it.up()


def test_what_an_up_has_refused_to_write_over_the_next_one_refuses_too_until_a_refresh(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, THEIRS)
    it.arguments["workflow"] = make_graph(steps=9)

    refused = [it.up().code, it.up().code]
    kept = held_at(comfyui)
    it.refresh()
    up(it)

    assert refused == ["COMFY4005", "COMFY4005"]
    assert kept == digest_in(THEIRS)
    assert held_at(comfyui) == digest_in(text(make_graph(steps=9)))


def test_a_rollback_writes_over_nobodys_save_that_was_made_while_the_check_ran(it, comfyui, monkeypatch):
    up(it)
    it.arguments["workflow"] = make_graph(steps=9)

    error = save_while_the_check_runs(comfyui, monkeypatch, it)

    assert "could not be put back" in str(error)
    assert held_at(comfyui) == digest_in(THEIRS)


def test_a_new_workflow_that_fails_is_not_removed_where_somebody_saved_while_the_check_ran(it, comfyui, monkeypatch):
    error = save_while_the_check_runs(comfyui, monkeypatch, it)

    assert "could not be removed" in str(error)
    assert held_at(comfyui) == digest_in(THEIRS)


def test_a_changed_name_leaves_what_somebody_saved_under_the_old_one_and_says_so(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, THEIRS)
    it.arguments["name"] = "renamed"

    up(it)

    assert held_at(comfyui) == digest_in(THEIRS)
    assert held_at(comfyui, "workflows/renamed.json") == digest_in(text(make_graph()))
    assert any(PATH in line and "stays" in line for line in it.lines)


def test_a_destroy_removes_what_the_state_has_seen_and_no_more(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, THEIRS)

    assert it.destroy() is None
    assert held_at(comfyui) == digest_in(THEIRS)
    assert any("pulumi refresh" in line for line in it.lines)


def test_a_save_that_a_refresh_has_seen_goes_with_a_destroy(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, THEIRS)
    it.refresh()

    assert it.destroy() is None
    assert files(comfyui) == []


def fail_what_a_killed_update_wrote(it, comfyui):
    """Let a check fail on what an update that was killed wrote, after a refresh has seen it."""
    up(it)
    comfyui.userdata.write(PATH, text(make_graph(steps=9)))
    it.refresh()
    it.arguments["workflow"] = make_graph(steps=9)
    comfyui.runs.script("failed", times=1)
    return it.up()


def test_what_a_refresh_has_seen_of_a_killed_update_gives_way_to_what_was_proved(it, comfyui):
    error = fail_what_a_killed_update_wrote(it, comfyui)

    assert "serves again" in str(error)
    assert held_at(comfyui) == digest_in(text(make_graph()))


def test_a_refresh_shows_the_program_what_somebody_has_saved(it, comfyui):
    up(it)
    comfyui.userdata.write(PATH, THEIRS)

    it.refresh()

    assert digest_in(it.inputs["workflow"]) == digest_in(THEIRS)


@pytest.mark.cli
def test_what_an_up_would_write_over_is_said_in_words(comfy_stack, comfyui):
    graph = make_graph(steps=30)
    stack = comfy_stack(lambda: comfy.comfyui.Workflow("it", name="portrait", workflow=graph))
    stack.up()
    comfyui.userdata.write(PATH, text(make_graph(steps=55)))

    stack.refresh()

    assert any("steps 55 -> 30" in line for line in stack.preview().messages("it"))


@pytest.mark.cli
def test_what_somebody_has_saved_stays_where_the_program_ignores_the_document(comfy_stack, comfyui):
    def program():
        opts = pulumi.ResourceOptions(ignore_changes=["workflow"])
        comfy.comfyui.Workflow("it", name="portrait", workflow=make_graph(), opts=opts)

    stack = comfy_stack(program)
    stack.up()
    comfyui.userdata.write(PATH, THEIRS)

    stack.refresh()
    stack.up()

    assert held_at(comfyui) == digest_in(THEIRS)


@pytest.mark.cli
def test_a_secret_document_stays_secret_where_a_refresh_has_found_another(comfy_stack, comfyui):
    def program():
        hidden = pulumi.Output.secret(make_graph(words="canary-of-ours"))
        comfy.comfyui.Workflow("it", name="portrait", workflow=hidden, inference_check={})

    stack = comfy_stack(program)
    stack.up()
    comfyui.userdata.write(PATH, text(make_graph(words="canary-of-theirs")))

    refreshed = stack.refresh()

    held = without_secrets(stack.resources())
    assert "canary" not in f"{held} {refreshed}"
    assert stack.resource("it")["outputs"]["proof"]
    assert stack.preview().changes == {"update": 1}


def pair(words):
    return {"workflow": make_graph(words=words), "workflow_api": make_prompt(words=words)}


def test_a_graph_that_somebody_saved_beside_a_declared_prompt_is_no_drift_for_ever(comfy_stack, comfyui):
    stack = comfy_stack(lambda: comfy.comfyui.Workflow("it", name="portrait", **pair("ours")))
    stack.up()
    comfyui.userdata.write(PATH, THEIRS)

    seen, again = stack.refresh().changes, stack.refresh().changes

    assert (seen, again) == ({"update": 1}, {})


def test_a_prompt_that_somebody_saved_lets_the_next_refresh_go_on(it, comfyui):
    it.arguments.update(pair("ours"))
    up(it)
    comfyui.userdata.write(PATH, json.dumps(make_prompt(words="theirs")))

    refreshed = [it.refresh() for _ in range(3)]

    assert refreshed == [None, None, None]
    assert it.has_changes()
    up(it)
    assert held_at(comfyui) == digest_in(text(make_graph(words="ours")))


def test_who_only_looks_at_a_file_keeps_nothing_of_what_is_in_it(comfy_stack, comfyui):
    comfyui.userdata.write(PATH, text(make_graph()))
    stack = comfy_stack(lambda: comfy.comfyui.Workflow.get("it", PATH))
    stack.up()
    comfyui.userdata.write(PATH, THEIRS)

    stack.refresh()

    assert "theirs" not in str(stack.resource("it"))


def test_a_failed_check_leaves_what_the_program_ignores(comfy_stack, comfyui):
    def program():
        opts = pulumi.ResourceOptions(ignore_changes=["workflow"])
        comfy.comfyui.Workflow("it", name="portrait", workflow=make_graph(), inference_check={}, opts=opts)

    stack = comfy_stack(program)
    stack.up()
    comfyui.userdata.write(PATH, THEIRS)
    stack.refresh()
    comfyui.runs.script("failed", times=1)

    failed = stack.up(check=False)

    assert "[COMFY3101]" in failed.error
    assert held_at(comfyui) == digest_in(THEIRS)


def test_what_a_rollback_put_back_is_nobodys_save(it, comfyui):
    fail_what_a_killed_update_wrote(it, comfyui)
    it.arguments["workflow"] = make_graph(steps=10)

    up(it)

    assert held_at(comfyui) == digest_in(text(make_graph(steps=10)))


def test_what_was_proved_is_known_after_any_number_of_refreshes_and_no_longer_once_the_file_holds_it(it, comfyui):
    up(it)
    for steps in (9, 10):
        comfyui.userdata.write(PATH, text(make_graph(steps=steps)))
        it.refresh()
    kept = it.outputs["provedDocument"]
    comfyui.userdata.write(PATH, text(make_graph()))

    it.refresh()

    assert digest_in(kept) == digest_in(text(make_graph()))
    assert "provedDocument" not in it.outputs
