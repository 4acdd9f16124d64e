"""The real CLI's engine events, gathered into a result (no CLI needed: the events are written down here)."""

from __future__ import annotations

from pulumi.automation import EngineEvent

from pulumi_comfy.testing.cli_events import EventCollector
from pulumi_comfy.testing.events import DiagnosticLogged, OperationEnded, StepFinished, StepStarted
from pulumi_comfy.testing.results import Diagnostic

URN = "urn:pulumi:dev::demo::t:m:R::a"
PARENT = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"


def step(kind: str, op: str, urn: str = URN, **fields: object) -> EngineEvent:
    metadata = {"op": op, "urn": urn, "type": "t:m:R", "provider": "", **fields}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: {"metadata": metadata, "status": 0, "steps": 0}})


def state(**fields: object) -> dict[str, object]:
    return {
        "type": "t:m:R",
        "urn": URN,
        "id": "1",
        "parent": PARENT,
        "provider": "",
        "inputs": {},
        "outputs": {},
        **fields,
    }


def collect(*events: EngineEvent, kind: str = "up"):
    heard: list[object] = []
    collector = EventCollector(kind, heard.append)
    for event in events:
        collector(event)
    return collector.conclude(1.5), heard


def test_an_update_has_a_beginning_an_end_and_a_diff():
    old, new = state(inputs={"x": 1, "__provider": "p"}), state(inputs={"x": 2, "__provider": "q"})

    result, heard = collect(
        step("resourcePreEvent", "update", old=old, new=new), step("resOutputsEvent", "update", old=old, new=new)
    )

    (operation,) = result.operations
    assert (operation.op, operation.diff, operation.id, operation.parent) == ("update", ("~x",), "1", PARENT)
    assert [type(event) for event in heard] == [StepStarted, StepFinished, OperationEnded]


def test_both_halves_of_a_replacement_are_kept_apart():
    old, new = state(inputs={"x": 1}), state(id="", inputs={"x": 2})

    result, _ = collect(
        step("resourcePreEvent", "create-replacement", old=old, new=new, keys=["x"]),
        step("resourcePreEvent", "replace", old=old, new=new),
        step("resourcePreEvent", "delete-replaced", old=old),
    )

    assert [(entry.op, entry.step, entry.id) for entry in result.operations] == [
        ("replace", "create-replacement", ""),
        ("replace", "delete-replaced", "1"),
    ]
    assert result.operations[0].replacing == ("x",)


def test_a_failed_step_carries_its_message():
    error = {"message": "<{%fg 1%}>no luck<{%reset%}>\n", "color": "raw", "severity": "error", "urn": URN}

    result, heard = collect(
        step("resourcePreEvent", "create", new=state()),
        EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": error}),
        step("resOpFailedEvent", "create", new=state()),
    )

    assert (result.operations[0].failed, result.operations[0].message) == (True, "no luck")
    assert DiagnosticLogged(Diagnostic(URN, "error", "no luck")) in heard


def test_a_refresh_tells_what_it_found():
    old, new = state(outputs={"x": 1}), state(outputs={"x": 2})

    result, _ = collect(
        step("resourcePreEvent", "refresh", old=old, new=old),
        step("resOutputsEvent", "update", old=old, new=new),
        kind="refresh",
    )

    (operation,) = result.operations
    assert (operation.op, operation.step, operation.diff) == ("update", "refresh", ("~x",))


def test_default_providers_and_debug_lines_are_left_out():
    debug = {"message": "x", "color": "raw", "severity": "debug"}

    result, _ = collect(
        step("resourcePreEvent", "create", urn="urn:pulumi:dev::demo::pulumi:providers:x::default"),
        EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": debug}),
        step("resOutputsEvent", "create", urn="urn:pulumi:dev::demo::t:m:R::never-begun"),
    )

    assert (result.operations, result.diagnostics) == ([], [])


def test_the_summary_is_the_clis_own():
    summary = {"maybeCorrupt": False, "durationSeconds": 1, "resourceChanges": {"create": 2, "same": 1}}

    result, _ = collect(
        EngineEvent.from_json({"sequence": 1, "timestamp": 1, "summaryEvent": {**summary, "policyPacks": {}}})
    )

    assert (result.summary, result.changes, result.seconds) == ({"create": 2, "same": 1}, {"create": 2}, 1.5)
