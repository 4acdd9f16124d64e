"""Whose key it is: one question a process, and a key of another workspace changes nothing."""

from __future__ import annotations

import pytest
from comfycloud_kinds import given
from comfycloud_program import graph
from lone import up


def asked(emulator):
    return [f"{one.method} {one.path}" for one in emulator.requests]


def test_whose_key_it_is_takes_one_question(lone, emulator):
    it = lone()

    up(it)

    assert asked(emulator).count("GET /user") == 1


def test_an_unchanged_up_asks_nothing(stack, emulator):
    stack.up()
    emulator.clear_requests()

    assert stack.up().changes == {}

    assert emulator.requests == []


def test_a_refresh_and_a_destroy_of_a_check_ask_whose_key_it_is_and_nothing_else(lone, emulator):
    it = lone("InferenceCheck", **given("a cat", 1))
    up(it)
    emulator.clear_requests()

    assert (it.refresh(), it.destroy()) == (None, None)

    assert set(asked(emulator)) == {"GET /user"}


@pytest.mark.parametrize("operation", ["refresh", "up", "destroy"])
def test_a_key_of_another_workspace_of_another_user_changes_nothing(lone, cloud, operation):
    it = lone()
    up(it)
    held = cloud.dump(include_deleted=True)
    it.arguments["workflow"] = graph(40)
    it.key = cloud.key("other")

    error = getattr(it, operation)()

    assert error.code == "COMFY4002"
    assert it.id is not None
    assert cloud.dump(include_deleted=True) == held


@pytest.mark.parametrize("operation", ["refresh", "up", "destroy"])
def test_a_key_of_another_workspace_of_the_same_user_changes_nothing(lone, cloud, operation):
    it = lone()
    it.key = cloud.key("first", user="user_both")
    up(it)
    held = cloud.dump(include_deleted=True)
    it.arguments.update(workflow=graph(40), description="new")
    it.key = cloud.key("second", user="user_both")

    error = getattr(it, operation)()

    assert error.code == "COMFY2403"
    assert it.id is not None
    assert cloud.dump(include_deleted=True) == held


def test_a_bad_key_is_told_although_some_routes_answer_without_one(lone):
    it = lone()
    it.key = "comfyui-of-nobody"

    assert it.up().code == "COMFY2401"


def test_a_404_to_a_deletion_of_what_is_there_is_no_success(lone, emulator):
    it = lone()
    up(it)
    body = {"code": "NOT_FOUND", "message": "Workflow not found"}
    emulator.faults.add("DELETE", "/workflows/[^/]+", "status", status=404, body=body, times=None)

    assert it.destroy() is not None

    assert it.id is not None
