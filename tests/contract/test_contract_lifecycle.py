"""What every resource passes on an engine: a whole life, no diff, gone outside, drift, unknowns, adopt, secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from subject import without_secrets

pytestmark = pytest.mark.apart


@pytest.fixture
def it(kind, subject):
    return subject(kind)


def test_create_update_and_delete_are_held_by_the_platform(it):
    it.stack.up()
    (created,) = it.rows

    it.arguments.update(it.kind.edit)
    updated = it.stack.up()
    held = next(row for row in it.rows if row["id"] == it.id)
    it.stack.destroy()

    field, value = it.kind.edited
    assert it.kind.edit_op in it.operations(updated)
    assert held[field] == value
    assert (held["id"] == created["id"]) is it.kind.keeps_id
    assert it.rows == []


def test_an_up_without_a_change_asks_nothing_of_the_platform(it):
    it.stack.up()
    it.emulator.clear_requests()

    unchanged = it.stack.up()

    assert unchanged.changes == {}
    assert it.emulator.requests == []


def test_no_diff_after_apply(it):
    it.stack.up()

    preview = it.stack.preview()
    it.stack.refresh()
    after_refresh = it.stack.preview()

    assert it.operations(preview) == {"same"}
    assert it.operations(after_refresh) == {"same"}


def test_an_object_gone_outside_is_created_again_after_a_refresh(it):
    it.stack.up()
    (row,) = it.rows
    it.kind.remove(it.api, row)

    it.stack.refresh()
    result = it.stack.up()

    assert it.operations(result) == {"create"}
    assert len(it.rows) == 1


def test_drift_is_seen_by_refresh_and_repaired_by_up(it):
    it.stack.up()
    (row,) = it.rows
    field = it.kind.restored
    it.kind.drift(it.api, row)
    (drifted,) = it.rows

    it.stack.refresh()
    result = it.stack.up()

    assert drifted[field] != row[field]
    assert it.operations(result) == {"update"}
    assert it.rows[0][field] == row[field]


def test_deleting_what_is_gone_already_is_a_success(it):
    it.stack.up()
    it.kind.remove(it.api, it.rows[0])

    assert it.stack.destroy().ok


def test_preview_works_while_every_dependency_is_unknown(it):
    result = it.stack.preview()

    assert it.operations(result) == {"create"}


def test_preview_makes_no_write(it):
    it.stack.up()
    it.arguments.update(it.kind.edit)
    it.emulator.clear_requests()

    it.stack.preview()

    assert [request for request in it.emulator.requests if request.method != "GET"] == []


def test_a_namesake_is_refused_with_its_id_and_adopt_takes_it_over(it):
    it.arguments.update(it.kind.namesake_arguments)
    it.stack.up()
    (row,) = it.rows
    it.forget()

    refused = it.stack.up(check=False)
    it.arguments["adopt"] = row["id"]
    adopted = it.stack.up()
    del it.arguments["adopt"]
    after = it.stack.up()

    assert row["id"] in refused.error
    assert "adopt" in refused.error
    assert it.operations(adopted) == {"create"}
    assert it.operations(after) == {"same"}
    assert [found["id"] for found in it.rows] == [row["id"]]


MEANT_TO_DIFFER = {"adopt", "machineVersionIds", "seenAt"}
"""Which object was adopted; the builds that took a secret in, of which an adoption makes one more; its last change."""


def test_the_state_after_an_adoption_is_that_after_a_create(it):
    it.stack.up()
    created = state_of(it)
    it.forget()

    it.arguments["adopt"] = created["id"]
    it.stack.up()

    assert state_of(it) == created


def state_of(it):
    record = it.stack.resource("it")
    fields = {
        part: {key: value for key, value in record[part].items() if key not in MEANT_TO_DIFFER}
        for part in ("inputs", "outputs")
    }
    return {"id": record["id"], **fields}


def test_adopting_what_does_not_exist_is_one_sentence(it):
    it.arguments["adopt"] = "3f0d2a4e-6a52-4b0e-9c37-2f6f5b6d7e88"

    result = it.stack.up(check=False)

    assert "this key sees no such object" in result.error
    assert it.rows == []


def test_what_a_killed_create_left_is_known_as_ours(it):
    it.stack.up()
    (row,) = it.rows
    it.forget()

    it.stack.up()

    assert [found["id"] for found in it.rows] == [row["id"]]
    assert it.id == row["id"]


def test_a_create_that_cannot_be_finished_keeps_its_id_and_the_next_up_finishes_it(it):
    it.kind.unfinished(it.emulator)
    it.arguments.update(it.kind.unfinished_arguments)

    failed = it.stack.up(check=False)
    known = [record["id"] for record in it.stack.resources() if record["urn"].endswith("::it")]
    it.emulator.faults.clear()
    it.stack.up()

    assert not failed.ok
    assert known == [it.id]
    it.assert_settled()


def everything_shown(it, *results):
    """What a person, the stack's state or a log could show in clear."""
    shown: list[Any] = [without_secrets(it.stack.resources()), [request.as_json() for request in it.emulator.requests]]
    for result in results:
        public = {key: value for key, value in result.outputs.items() if key not in result.secret_output_names}
        shown += [[str(diagnostic) for diagnostic in result.diagnostics], public, result.error]
        shown += [[operation.message for operation in result.operations]]
    return json.dumps(shown, default=str)


@pytest.fixture
def talkative(kind, subject):
    return subject(kind, env={"PULUMI_COMFY_LOG": "debug"})


@pytest.mark.one_in(3)
@pytest.mark.comfy_fresh_processes
def test_no_secret_is_anywhere_in_the_clear(talkative, hand):
    it, account_key = talkative, hand(talkative.examinee).key
    created = it.stack.up()
    keys = {row["key"] for row in it.rows if "key" in row}
    it.arguments.update(it.kind.edit)
    updated = it.stack.up()
    refreshed = it.stack.refresh()

    shown = everything_shown(it, created, updated, refreshed, it.stack.preview(), it.stack.destroy())

    assert "GET /" in shown  # the debug log is in it
    assert "canary" not in shown
    assert not account_key or account_key not in shown
    assert not [key for key in keys if key in shown]


@pytest.mark.comfy_fresh_processes
def test_a_platform_that_repeats_a_secret_in_its_refusal_does_not_spread_it(talkative, hand):
    it, account_key = talkative, hand(talkative.examinee).key
    method, route = it.kind.main["create"]
    echo = {"detail": f"no: canary-1 {account_key} https://models.example/a.safetensors?signature=canary-1"}
    it.emulator.faults.add(method, route, "status", status=400, body=echo, times=None)

    result = it.stack.up(check=False)

    given = json.dumps(it.kind.arguments)
    shown = everything_shown(it, result)
    assert not result.ok
    assert ("canary" in shown) is ("canary" not in given)
    assert not account_key or account_key not in shown
