"""The display: the look of Pulumi's own tree, from events."""

from __future__ import annotations

import pulumi
import pytest
from toys import Box, Toy

from pulumi_comfy.testing.display import Display
from pulumi_comfy.testing.display_outputs import output_lines
from pulumi_comfy.testing.events import DiagnosticLogged, StepFinished, StepStarted
from pulumi_comfy.testing.results import Diagnostic, Operation, Result
from pulumi_comfy.testing.values import UNKNOWN

ROOT = "urn:pulumi:dev::demo::pulumi:pulumi:Stack::demo-dev"


def operation(name: str, op: str = "create", step: str = "", **fields: object) -> Operation:
    urn = f"urn:pulumi:dev::demo::t:m:R::{name}"
    return Operation(op, step or op, urn, "t:m:R", name, parent=ROOT, **fields)


def test_preview_shows_the_plan_as_a_tree(toy_stack):
    display = Display("demo", "dev", "preview")

    toy_stack(lambda: Box("box", toys=("inside",))).preview(on_event=display)

    assert display.text() == (
        "Previewing update (dev):\n"
        "\n"
        "     Type                                   Name      Plan    Info\n"
        " +   pulumi:pulumi:Stack                    demo-dev  create\n"
        " +   └─ tests:index:Box                     box       create\n"
        " +      └─ pulumi-python:dynamic/tests:Toy  inside    create\n"
        "\n"
        "Resources:\n"
        "    + 3 to create\n"
    )


def test_update_names_changed_properties_outputs_and_counts(toy_stack):
    text = "one"

    def program():
        toy = Toy("a", text=text)
        pulumi.export("echo", toy.echo)

    stack = toy_stack(program)
    before = stack.up().outputs
    text = "two"
    display = Display("demo", "dev", "up", before)

    stack.up(on_event=display)

    lines = display.text().splitlines()
    assert any(line.startswith(" ~   └─ pulumi-python:dynamic/tests:Toy") and "[diff: ~text]" in line for line in lines)
    assert '  ~ echo: "made one" => "made two"' in lines
    assert lines[lines.index("Resources:") + 1 :][:2] == ["    ~ 1 updated", "    1 unchanged"]
    assert lines[-1] == "Duration: 1s"


def test_failures_are_named_in_row_diagnostics_and_count(toy_stack):
    display = Display("demo", "dev", "up")

    toy_stack(lambda: Toy("a", fail="create")).up(check=False, on_event=display)

    text = display.text()
    assert "**creating failed**  1 error" in text
    assert "  pulumi-python:dynamic/tests:Toy (a):\n    error: Traceback" in text
    assert "    2 errored" in text


def test_running_steps_show_their_progress():
    display = Display("demo", "dev", "up")
    display(StepStarted(operation("a")))
    display(DiagnosticLogged(Diagnostic(operation("a").urn, "info", "rendering 3 of 20", ephemeral=True)))

    tree = display.tree()

    assert "creating (0s)  rendering 3 of 20" in tree
    assert "running" in tree


@pytest.mark.parametrize(
    ("op", "step", "symbol", "status"),
    [
        ("create", "create", "+", "created (1.50s)"),
        ("update", "update", "~", "updated (1.50s)"),
        ("delete", "delete", "-", "deleted (1.50s)"),
        ("replace", "delete-replaced", "+-", "replaced (1.50s)"),
        ("read", "read", ">", "read (1.50s)"),
        ("delete", "refresh", "-", "deleted (1.50s)"),
    ],
)
def test_finished_steps_show_symbol_word_and_seconds(op, step, symbol, status):
    display = Display("demo", "dev", "up")

    display(StepFinished(operation("a", op, step, seconds=1.5)))

    row = display.tree().splitlines()[-1]
    assert row.split()[0] == symbol
    assert row.endswith(status)


def test_what_stays_the_same_is_not_shown():
    display = Display("demo", "dev", "up")

    display(StepFinished(operation("a", "same")))

    assert "t:m:R" not in display.tree()


def test_marks_are_grouped_in_the_diff():
    display = Display("demo", "dev", "preview")

    display(StepFinished(operation("a", "update", diff=("+x", "+y", "-gone", "~z"))))

    assert display.tree().endswith("[diff: +x,y-gone~z]")


def test_outputs_are_nested_and_secrets_hidden():
    result = Result(
        "up",
        outputs={"o": {"list": [1, {"x": True}], "none": None, "empty": {}}, "s": "hush", "u": UNKNOWN, "e": []},
        secret_output_names=frozenset({"s"}),
    )

    assert output_lines(result, None, preview=False) == [
        "Outputs:",
        "    e: []",
        "    o: {",
        "        empty: {}",
        "        list: [",
        "            [0]: 1",
        "            [1]: {",
        "                x: true",
        "            }",
        "        ]",
        "        none: <null>",
        "    }",
        "    s: [secret]",
        "    u: [unknown]",
    ]


def test_changed_outputs_are_marked():
    result = Result("up", outputs={"new": 1, "kept": 1, "map": {"a": 2}}, secret_output_names=frozenset())

    lines = output_lines(result, {"gone": 1, "kept": 1, "map": {"a": 1}}, preview=False)

    assert lines == ["Outputs:", "  - gone: 1", "    kept: 1", "  ~ map: {", "        a: 2", "    }", "  + new: 1"]


def test_preview_shows_changed_outputs_only():
    result = Result("preview", outputs={"kept": 1, "later": UNKNOWN})

    assert output_lines(result, {"kept": 1, "later": 1}, preview=True) == []


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1s"), (61.0, "1m1s"), (3600.0, "1h0m0s")])
def test_durations_are_rounded_up(seconds, text):
    from pulumi_comfy.testing.display import _duration

    assert _duration(seconds) == text
