"""The state: records, order, checkpoint, dependency graph, goals, URNs."""

from __future__ import annotations

import json

import pytest
from pulumi.runtime.proto import resource_pb2

from pulumi_comfy.testing import StateError, UnsupportedFeature
from pulumi_comfy.testing.aliases import AliasTable
from pulumi_comfy.testing.checkpoint import Checkpoint
from pulumi_comfy.testing.errors import StepFailed
from pulumi_comfy.testing.goals import AliasSpec, Goal, duration_seconds, goal_of
from pulumi_comfy.testing.graph import DependencyGraph
from pulumi_comfy.testing.refresh import rebuild
from pulumi_comfy.testing.state import PendingOperation, ResourceState, Snapshot
from pulumi_comfy.testing.steps import Step
from pulumi_comfy.testing.urns import is_default_provider, make_urn, name_of, qualified_type_of, type_of
from pulumi_comfy.testing.values import Secret

STACK = make_urn("dev", "p", "", "pulumi:pulumi:Stack", "p-dev")


def record(name: str, *, parent: str = STACK, custom: bool = True, **fields: object) -> ResourceState:
    type_ = "t:m:R" if custom else "t:m:Component"
    state = ResourceState(make_urn("dev", "p", parent, type_, name), type_, custom, parent=parent)
    for key, value in fields.items():
        setattr(state, key, value)
    return state


def stack() -> ResourceState:
    return ResourceState(STACK, "pulumi:pulumi:Stack", custom=False)


def test_a_snapshot_survives_its_document():
    full = record(
        "a",
        id="1",
        inputs={"x": Secret(1.0)},
        outputs={"y": 2.0},
        protect=True,
        init_errors=["slow"],
        custom_timeouts={"create": 60.0},
        property_dependencies={"x": [STACK]},
        dependencies=[STACK],
        created="2024-01-01T00:00:00Z",
    )
    snapshot = Snapshot([stack(), full], [PendingOperation(full, "updating")])

    again = Snapshot.from_json(json.loads(snapshot.export_text()))

    assert vars(again.resources[1]) == vars(full)
    assert [entry.type for entry in again.pending] == ["updating"]


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ([record("a", dependencies=["urn:other"])], "does not come earlier"),
        ([stack(), record("a", id="1"), record("a", id="2")], "duplicate resource"),
        ([stack(), record("c", custom=False, id="1")], "is a component and has an id"),
    ],
)
def test_an_inconsistent_document_is_refused(states, message):
    document = Snapshot(states).to_json()

    with pytest.raises(StateError, match=message):
        Snapshot.from_json(document)


def test_an_unknown_version_is_refused():
    with pytest.raises(StateError, match="version 99"):
        Snapshot.from_json({"version": 99})


def test_a_copy_that_waits_for_deletion_may_share_its_urn():
    snapshot = Snapshot([stack(), record("a", id="new"), record("a", id="old", delete=True)])

    snapshot.verify()

    assert snapshot.find(record("a").urn).id == "new"


def test_checkpoint_puts_new_records_first_and_keeps_what_was_not_dealt_with():
    old, other = record("a", id="1"), record("b", id="2")
    checkpoint = Checkpoint(Snapshot([old, other]))
    new = record("a", id="1")

    checkpoint.keep(new, old)

    assert checkpoint.snapshot().resources == [new, other]


def test_frozen_checkpoint_keeps_what_was_under_way():
    base = Snapshot([], [PendingOperation(record("x"), "creating"), PendingOperation(record("y"), "updating")])
    checkpoint = Checkpoint(base)
    running = record("a")
    checkpoint.begin(running, "creating")

    checkpoint.freeze()
    checkpoint.end(running)
    checkpoint.keep(running)
    checkpoint.drop(running)
    checkpoint.begin(record("b"), "deleting")

    snapshot = checkpoint.snapshot()
    assert [(name_of(entry.resource.urn), entry.type) for entry in snapshot.pending] == [
        ("x", "creating"),
        ("a", "creating"),
    ]
    assert snapshot.resources == []


def test_what_happens_to_a_record_after_the_kill_does_not_reach_a_frozen_checkpoint():
    old = record("a", id="1")
    checkpoint = Checkpoint(Snapshot([old]))

    checkpoint.freeze()
    old.delete = True

    assert [state.delete for state in checkpoint.snapshot().resources] == [False]


def test_deletion_groups_go_from_dependents_to_dependencies():
    a, b = record("a"), record("b", dependencies=[record("a").urn])
    box = record("box", custom=False)
    inside = record("inside", parent=box.urn)
    user = record("user", dependencies=[box.urn])
    root = stack()
    graph = DependencyGraph([root, a, b, box, inside, user])

    groups = graph.delete_groups([root, a, b, box, inside, user])

    assert [sorted(name_of(state.urn) for state in group) for group in groups] == [
        ["user"],
        ["b", "inside"],
        ["a", "box"],
        ["p-dev"],
    ]


def test_refresh_moves_children_of_a_vanished_parent_up():
    root, middle = stack(), record("middle")
    child = record("child", parent=middle.urn, dependencies=[middle.urn], deleted_with=middle.urn)
    base = Snapshot([root, middle, child])

    rebuild(base, {id(middle): Step("refresh", old=middle, new=None)})

    assert base.resources == [root, child]
    assert (child.parent, child.dependencies, child.deleted_with) == (STACK, [], "")


def test_names_may_contain_colons_and_types_nest():
    urn = make_urn("dev", "p", make_urn("dev", "p", STACK, "a:b:C", "outer"), "d:e:F", "in::ner")

    assert urn == "urn:pulumi:dev::p::a:b:C$d:e:F::in::ner"
    assert (name_of(urn), type_of(urn), qualified_type_of(urn)) == ("in::ner", "d:e:F", "a:b:C$d:e:F")


def test_default_providers_are_known_by_their_name():
    assert is_default_provider("urn:pulumi:dev::p::pulumi:providers:x::default_1_2_0")
    assert not is_default_provider("urn:pulumi:dev::p::pulumi:providers:x::mine")
    assert not is_default_provider("urn:pulumi:dev::p::t:m:R::default")


@pytest.mark.parametrize(("text", "seconds"), [("7m", 420.0), ("1h30m", 5400.0), ("1.5s", 1.5), ("200ms", 0.2)])
def test_durations_are_read_as_go_writes_them(text, seconds):
    assert duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "7", "m", "7 m", "seven"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(StepFailed, match="unable to parse customTimeout"):
        duration_seconds(text)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"remote": True}, "remote components"),
        ({"packageRef": "x"}, "package references"),
        ({"transforms": [{"token": "x"}]}, "transforms"),
        ({"hooks": {"before_create": ["x"]}}, "resource hooks"),
        ({"replace_with": ["x"]}, "replace_with"),
        ({"replacement_trigger": {"string_value": "x"}}, "replacement_trigger"),
    ],
)
def test_registrations_beyond_this_engine_are_refused_by_name(fields, name):
    request = resource_pb2.RegisterResourceRequest(type="t:m:R", name="a", custom=True, **fields)

    with pytest.raises(UnsupportedFeature, match=name):
        goal_of(request)


@pytest.mark.parametrize("field", ["version", "pluginDownloadURL"])
def test_options_that_choose_the_plugin_of_a_dynamic_resource_are_refused_by_name(field):
    request = resource_pb2.RegisterResourceRequest(type="pulumi-python:dynamic/m:R", name="a", **{field: "1.2.3"})

    with pytest.raises(UnsupportedFeature, match="option of dynamic resources"):
        goal_of(request)


def test_the_version_that_an_sdk_of_a_plugin_sends_with_each_resource_passes():
    assert goal_of(resource_pb2.RegisterResourceRequest(type="t:m:R", name="a", version="1.2.3")).name == "a"


def test_old_sdks_that_tell_no_property_dependencies_make_each_property_depend_on_all():
    request = resource_pb2.RegisterResourceRequest(type="t:m:R", name="a", custom=True, dependencies=["u"])
    request.object.update({"x": 1})

    assert goal_of(request).property_dependencies == {"x": ["u"]}


def test_options_are_inherited_unless_given():
    parent = Goal("t", "p", custom=False, inputs={}, protect=True, retain_on_delete=True, deleted_with="urn")
    child = Goal("t", "c", custom=True, inputs={}, protect=False)

    inherited = child.inherit(parent)

    assert (inherited.protect, inherited.retain_on_delete, inherited.deleted_with) == (False, True, "urn")


@pytest.mark.parametrize(
    ("alias", "expected"),
    [
        (AliasSpec(urn="urn:x"), "urn:x"),
        (AliasSpec(name="old"), "urn:pulumi:dev::p::t:m:R::old"),
        (AliasSpec(type="o:o:O"), "urn:pulumi:dev::p::o:o:O::new"),
        (AliasSpec(stack="s", project="q"), "urn:pulumi:s::q::t:m:R::new"),
        (AliasSpec(parent="urn:pulumi:dev::p::a:b:C::c"), "urn:pulumi:dev::p::a:b:C$t:m:R::new"),
        (AliasSpec(no_parent=True), "urn:pulumi:dev::p::t:m:R::new"),
    ],
)
def test_aliases_name_the_old_urn(alias, expected):
    goal = Goal("t:m:R", "new", custom=True, inputs={}, parent=STACK, aliases=(alias,))

    assert AliasTable("dev", "p").candidates(goal) == [expected]


def test_a_child_is_looked_for_under_its_parents_old_name():
    table = AliasTable("dev", "p")
    table.adopt("urn:pulumi:dev::p::a:b:C::old", "urn:pulumi:dev::p::a:b:C::new")
    goal = Goal("t:m:R", "new-child", custom=True, inputs={}, parent="urn:pulumi:dev::p::a:b:C::new")

    assert table.candidates(goal) == ["urn:pulumi:dev::p::a:b:C$t:m:R::old-child"]
