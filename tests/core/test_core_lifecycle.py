"""compare, update, read and delete: what the state holds afterwards, and who may touch what."""

from __future__ import annotations

from typing import Any

import pytest
from core_toys import (
    HANDLER,
    SCOPE,
    URN,
    KettleHandler,
    KettleInputs,
    KettleOutputs,
    Kitchen,
    build_failed,
    knowing,
    make_call,
    refused,
    run,
)

from pulumi_comfy._version import __version__
from pulumi_comfy.core import lifecycle
from pulumi_comfy.core.errors import InputError, KeptError, OutcomeError, OwnershipError, StatusError, UndoneError
from pulumi_comfy.core.resource import Seen, State
from pulumi_comfy.core.stored import Made, PartialFailure, refuse_other_scope
from pulumi_comfy.core.unknown import UNKNOWN

# As an earlier version left them.
OUTPUTS = {
    "name": "mine",
    "size": 1,
    "tags": [],
    "labels": {},
    "mode": "slow",
    "serial": "serial of kettle-1",
    "scope": SCOPE,
    "writtenBy": "0.0.1",
}


def kitchen_with_kettle(**settings: Any) -> Kitchen:
    kitchen = Kitchen()
    kitchen.add(**{"name": "mine", **settings})
    return kitchen


def compare(outputs: dict[str, Any], call: Any = None, **news: Any) -> Any:
    return lifecycle.compare(HANDLER, "kettle-1", outputs, {"name": "mine", "size": 1, **news}, call or make_call())


def update(kitchen: Kitchen, outputs: dict[str, Any] = OUTPUTS, **news: Any) -> Made:
    return run(lifecycle.update(HANDLER, "kettle-1", outputs, {"name": "mine", "size": 1, **news}, make_call(kitchen)))


def read(kitchen: Kitchen, outputs: dict[str, Any] = OUTPUTS, old_inputs: Any = None) -> Made | None:
    return run(lifecycle.read(HANDLER, "kettle-1", outputs, make_call(kitchen, old_inputs=old_inputs)))


def delete(kitchen: Kitchen, outputs: dict[str, Any] = OUTPUTS) -> None:
    run(lifecycle.delete(HANDLER, "kettle-1", outputs, make_call(kitchen)))


def test_compare_finds_no_difference_after_a_create():
    assert not compare(OUTPUTS)


def test_a_diff_of_a_refresh_says_nothing_of_the_program():
    call = make_call()

    compare(OUTPUTS, call)

    assert not call.memory.stays("kettle-1")


class Unproved(KettleHandler):
    def unchecked(self, prior, inputs):
        return "it was never checked"


def test_an_up_asks_for_a_check_that_is_due_only_while_checks_are_on():
    calls = (make_call(memory=knowing(), checks_enabled=is_on) for is_on in (True, False))

    on, off = (lifecycle.compare(Unproved(), "kettle-1", OUTPUTS, {"name": "mine", "size": 1}, call) for call in calls)

    assert (on.repair, off.repair) == ("it was never checked", None)


def test_a_refresh_which_runs_no_check_says_of_none_that_it_is_due():
    refreshed = lifecycle.compare(Unproved(), "kettle-1", OUTPUTS, {"name": "mine", "size": 1}, make_call())

    assert not refreshed


class Stubborn(KettleHandler):
    def refuse(self, prior, inputs, changed):
        raise InputError("COMFY1001", tried="size", got="a kettle does not shrink")


def test_what_the_platform_cannot_do_is_refused_when_the_program_asks_for_it():
    call = make_call()
    call.memory.checked(URN)

    with pytest.raises(InputError):
        lifecycle.compare(Stubborn(), "kettle-1", OUTPUTS, {"name": "mine", "size": 1}, call)


def test_a_refresh_is_not_refused_for_what_the_platform_shows():
    assert not lifecycle.compare(Stubborn(), "kettle-1", OUTPUTS, {"name": "mine", "size": 1}, make_call())


def test_what_a_create_of_this_run_took_over_is_not_deleted():
    kitchen = kitchen_with_kettle()
    call = make_call(kitchen)
    call.memory.takes(URN, "kettle-1")

    run(lifecycle.delete(HANDLER, "kettle-1", OUTPUTS, call))

    assert list(kitchen.kettles) == ["kettle-1"]


def test_compare_takes_what_no_check_would_since_a_refresh_asks_with_what_the_platform_shows():
    assert compare(OUTPUTS, size=0).changed == {"size"}


def test_compare_says_what_changed_and_remembers_that_the_object_stays():
    call = make_call()
    call.memory.checked(URN)

    difference = compare(OUTPUTS, call, mode="fast")

    assert difference.changed == {"mode"}
    assert call.memory.stays("kettle-1")
    assert call.memory.ids_of(call.urn) == {"kettle-1"}


def test_compare_remembers_that_the_object_will_be_replaced_and_what_it_replaced_itself():
    call = make_call()

    compare({**OUTPUTS, "predecessors": ["kettle-0"]}, call, size=2)

    assert call.memory.is_replaced("kettle-1")
    assert call.memory.ids_of(call.urn) == {"kettle-0", "kettle-1"}


def test_compare_uses_the_old_inputs_for_words():
    assert compare(OUTPUTS, make_call(old_inputs={"size": 7}), size=2).words == ("size was 7",)


def test_a_replacement_that_asks_to_adopt_is_refused_in_preview():
    with pytest.raises(OwnershipError) as caught:
        compare(OUTPUTS, size=2, adopt="kettle-5")

    assert caught.value.code == "COMFY4003"


def test_an_adopt_that_stays_in_the_program_is_no_change():
    assert not compare(OUTPUTS, adopt="kettle-1")


FOREIGN = {**OUTPUTS, "scope": "toys.example/org_2"}


@pytest.mark.parametrize(
    "touch",
    [
        lambda kitchen: compare(FOREIGN, make_call(kitchen)),
        lambda kitchen: update(kitchen, FOREIGN),
        lambda kitchen: read(kitchen, FOREIGN),
        lambda kitchen: delete(kitchen, FOREIGN),
    ],
    ids=["compare", "update", "read", "delete"],
)
def test_a_key_of_another_account_is_refused_before_any_call_by(touch: Any):
    kitchen = kitchen_with_kettle()

    with pytest.raises(OwnershipError) as caught:
        touch(kitchen)

    assert caught.value.code == "COMFY4002"
    assert caught.value.got == f"it belongs to toys.example/org_2, and the key in use to {SCOPE}"
    assert kitchen.calls == []


@pytest.mark.parametrize(("connection", "variable"), [({}, "TOYS_URL"), ({"connection": "acme"}, "TOYS_URL_ACME")])
def test_another_host_is_a_matter_of_the_url_and_not_of_the_key(connection: dict[str, str], variable: str):
    stored = {"scope": "staging.example/org_1", **connection}

    with pytest.raises(OwnershipError) as caught:
        refuse_other_scope(HANDLER, stored, make_call())

    assert caught.value.code == "COMFY4002"
    assert caught.value.got == "it is on staging.example, and the URL in use leads to toys.example"
    assert f"Set {variable} or comfy:" in caught.value.todo
    assert "key of the account" not in str(caught.value)


@pytest.mark.parametrize("owner", [None, UNKNOWN])
def test_a_state_that_does_not_say_its_owner_is_not_refused(owner: object):
    assert not compare({**OUTPUTS, "scope": owner})


def test_update_sends_what_changed_and_stores_what_holds_now():
    kitchen = kitchen_with_kettle()

    made = update(kitchen, mode="fast")

    assert kitchen.kettles["kettle-1"]["mode"] == "fast"
    assert (made.id, made.outputs["mode"], made.outputs["scope"]) == ("kettle-1", "fast", SCOPE)


def test_update_keeps_the_ids_of_predecessors():
    made = update(kitchen_with_kettle(), {**OUTPUTS, "predecessors": ["kettle-0"]}, mode="fast")

    assert made.outputs["predecessors"] == ["kettle-0"]


def test_predecessors_in_a_shape_that_is_not_ours_are_ignored():
    assert "predecessors" not in update(kitchen_with_kettle(), {**OUTPUTS, "predecessors": "?"}).outputs


def test_an_update_that_failed_half_way_stores_how_things_stand():
    kitchen = kitchen_with_kettle()
    kitchen.failures["update half-way"] = build_failed()

    with pytest.raises(PartialFailure) as caught:
        update(kitchen, mode="fast", tags=["a"])

    assert caught.value.made.outputs["mode"] == "fast"
    assert caught.value.made.outputs["tags"] == []
    assert caught.value.reason.code == "COMFY3001"


def test_an_update_that_failed_before_anything_changed_leaves_the_state_alone():
    kitchen = kitchen_with_kettle()
    kitchen.failures["update"] = refused()

    with pytest.raises(StatusError):
        update(kitchen, mode="fast")


def test_an_update_that_failed_on_an_object_that_cannot_be_read_leaves_the_state_alone():
    kitchen = kitchen_with_kettle()
    kitchen.failures = {"update half-way": build_failed(), "read": refused()}

    with pytest.raises(OutcomeError):
        update(kitchen, mode="fast", tags=["a"])


def test_an_update_that_failed_on_an_object_that_is_gone_leaves_the_state_alone():
    class Vanishing(KettleHandler):
        async def update(self, object_id, prior, inputs, changed, call):
            raise build_failed()

    with pytest.raises(OutcomeError):
        run(lifecycle.update(Vanishing(), "kettle-1", OUTPUTS, {"mode": "fast"}, make_call(Kitchen())))


def test_an_update_that_was_undone_leaves_the_state_alone():
    kitchen = kitchen_with_kettle()
    kitchen.failures["update"] = UndoneError("COMFY3101", tried="check kettle", got="it leaks, and was put back")

    with pytest.raises(UndoneError):
        update(kitchen, mode="fast")

    assert kitchen.calls == ["update"]


def test_an_update_that_was_kept_stores_the_state_that_came_with_the_error():
    stands = State(KettleInputs(name="mine", mode="fast"), KettleOutputs(broken="leaking"))
    kitchen = kitchen_with_kettle()
    kitchen.failures["update"] = KeptError("COMFY3101", tried="check kettle", got="it leaks", state=stands)

    with pytest.raises(PartialFailure) as caught:
        update(kitchen, mode="fast")

    assert caught.value.made.outputs["broken"] == "leaking"
    assert caught.value.made.outputs["mode"] == "fast"


def test_a_refresh_that_finds_nothing_leaves_the_version_that_wrote_the_state():
    kitchen = kitchen_with_kettle()
    unmarked = {key: value for key, value in OUTPUTS.items() if key != "writtenBy"}

    refreshed = [read(kitchen, outputs) for outputs in (OUTPUTS, unmarked)]

    assert [made and made.outputs for made in refreshed] == [OUTPUTS, unmarked]


@pytest.mark.parametrize("stored", [{"mode": "fast"}, {"no-longer-an-output": 1}])
def test_a_refresh_that_records_anything_says_that_this_version_wrote_it(stored):
    made = read(kitchen_with_kettle(), {**OUTPUTS, **stored})

    assert made is not None
    assert made.outputs == {**OUTPUTS, "writtenBy": __version__}


def test_an_update_says_that_this_version_wrote_the_state():
    made = update(kitchen_with_kettle(), mode="fast")

    assert made.outputs["writtenBy"] == __version__


def test_another_version_alone_is_no_difference():
    assert not compare({**OUTPUTS, "writtenBy": "99.0.0"})


def test_a_refresh_of_an_unchanged_object_changes_nothing_and_leaves_the_inputs_to_the_engine():
    made = read(kitchen_with_kettle(), old_inputs={"name": "mine", "size": 1})

    assert made is not None
    assert made.inputs is None
    assert made.outputs == OUTPUTS


def test_a_refresh_lays_drift_over_inputs_and_outputs():
    made = read(kitchen_with_kettle(mode="fast"), old_inputs={"name": "mine", "size": 1, "mode": "slow"})

    assert made is not None
    assert made.inputs == {"name": "mine", "size": 1, "mode": "fast"}
    assert made.outputs["mode"] == "fast"


def test_a_refresh_shows_that_something_was_unset_by_leaving_it_out():
    kitchen = kitchen_with_kettle(code=None)

    made = read(kitchen, {**OUTPUTS, "code": "1234"}, {"name": "mine", "code": "1234"})

    assert made is not None
    assert made.inputs == {"name": "mine"}
    assert "code" not in made.outputs


def test_a_refresh_sees_what_a_hand_set_and_the_program_never_wrote():
    made = read(kitchen_with_kettle(power=9.5), old_inputs={"name": "mine"})

    assert made is not None
    assert made.outputs["power"] == 9.5
    assert made.inputs == {"name": "mine", "power": 9.5}


@pytest.mark.parametrize("field", ["handle", "stand", "spout"])
def test_what_the_platform_cannot_unset_is_left_as_a_hand_set_it_until_the_program_says_it(field: str):
    unsaid = read(kitchen_with_kettle(**{field: "brass"}), old_inputs={"name": "mine"})
    said = read(kitchen_with_kettle(**{field: "brass"}), {**OUTPUTS, field: "oak"}, {"name": "mine", field: "oak"})

    assert unsaid is not None
    assert field not in unsaid.outputs
    assert unsaid.inputs is None
    assert said is not None
    assert said.outputs[field] == "brass"


class Particular(KettleHandler):
    """A handler that counts on the types of what it is given."""

    async def read(self, object_id, prior, call):
        return Seen({"size": (prior.inputs.size or 0) + 0, "name": "mine"}, KettleOutputs(serial=prior.outputs.serial))


def test_a_refresh_is_not_stopped_by_a_stored_value_of_another_type():
    stored = {**OUTPUTS, "size": "large", "serial": ["s"], "note": 5}

    made = run(lifecycle.read(Particular(), "kettle-1", stored, make_call(Kitchen())))

    assert made is not None
    assert made.outputs["size"] == 1
    assert made.outputs["note"] == 5
    assert "serial" not in made.outputs


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ({"power": 0.1}, {"power": 0.10000000149}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ({"size": 2}, {"size": 2.0}),
    ],
    ids=["rounding", "order", "spelling"],
)
def test_what_the_platform_only_writes_otherwise_is_no_drift(stored: dict[str, Any], shown: dict[str, Any]):
    made = read(kitchen_with_kettle(**shown), {**OUTPUTS, **stored}, {"name": "mine", **stored})

    assert made is not None
    assert made.inputs is None
    assert made.outputs | stored == made.outputs


def test_a_refresh_keeps_what_the_platform_never_tells():
    outputs = {**OUTPUTS, "note": "hot", "manualDigest": "4", "rollout": "a"}

    made = read(kitchen_with_kettle(), outputs, {"name": "mine", "note": "hot", "manual": "abcd"})

    assert made is not None
    assert made.outputs["note"] == "hot"
    assert made.outputs["manualDigest"] == "4"
    assert made.inputs is None


@pytest.mark.parametrize(("shown", "kept"), [("theirs", "theirs"), ("dcba", "abcd")], ids=["another", "the same"])
def test_a_refresh_replaces_a_bulk_input_only_where_its_digest_is_another(shown: str, kept: str):
    kitchen = kitchen_with_kettle(manual=shown, mode="fast")

    made = read(kitchen, {**OUTPUTS, "manualDigest": "4"}, {"manual": "abcd", "mode": "slow"})

    assert made is not None
    assert made.inputs == {"manual": kept, "mode": "fast"}
    assert "manual" not in made.outputs


def test_a_refresh_gives_no_inputs_where_the_shell_cannot_tell_the_old_ones():
    made = read(kitchen_with_kettle(mode="fast"))

    assert made is not None
    assert made.inputs is None
    assert made.outputs["mode"] == "fast"


def test_a_refresh_keeps_the_ids_of_predecessors():
    made = read(kitchen_with_kettle(), {**OUTPUTS, "predecessors": ["kettle-0"]})

    assert made is not None
    assert made.outputs["predecessors"] == ["kettle-0"]


def test_a_refresh_says_gone():
    assert read(Kitchen()) is None


def test_a_refresh_that_fails_is_never_gone():
    kitchen = kitchen_with_kettle()
    kitchen.failures["read"] = refused()

    with pytest.raises(StatusError):
        read(kitchen)


def test_delete_removes_the_object():
    kitchen = kitchen_with_kettle()

    delete(kitchen)

    assert kitchen.kettles == {}


def test_delete_of_what_is_gone_is_a_success():
    kitchen = Kitchen()

    delete(kitchen)

    assert kitchen.calls == ["delete"]


def test_state_from_another_version_can_still_be_deleted():
    kitchen = kitchen_with_kettle()

    delete(kitchen, {"size": "huge", "lid": 3, "scope": SCOPE})

    assert kitchen.kettles == {}
