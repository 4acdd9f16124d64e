"""Where the demo writes: live and coloured on a terminal, plain everywhere else."""

from __future__ import annotations

import sys

import pytest

from pulumi_comfy.cli.terminal import Terminal
from pulumi_comfy.testing.display import Display
from pulumi_comfy.testing.events import DiagnosticLogged, OperationEnded, StepFinished, StepStarted
from pulumi_comfy.testing.results import Diagnostic, Operation, Result

URN = "urn:pulumi:dev::demo::comfy:comfydeploy:Workflow::portrait"


def operation(**fields) -> Operation:
    known = {"op": "create", "step": "create", "urn": URN, "type": "comfy:comfydeploy:Workflow", "name": "portrait"}
    return Operation(**{**known, **fields})


def shown(capsys, terminal: Terminal, *events) -> str:
    with terminal.showing(Display("demo", "dev", "up")) as on_event:
        for event in events:
            on_event(event)
        on_event(OperationEnded(Result("up")))
    return capsys.readouterr().out


@pytest.fixture
def on_a_terminal(monkeypatch) -> None:
    """Standard output claims to be a terminal of many colours."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _self: True)


def test_each_step_is_a_line_when_it_begins_and_when_it_ends(capsys):
    out = shown(capsys, Terminal(), StepStarted(operation()), StepFinished(operation(seconds=1.25)))

    assert " +  portrait: creating Workflow\n +  portrait: created (1.2s)\n" in out


def test_a_failed_step_says_so(capsys):
    out = shown(capsys, Terminal(), StepStarted(operation()), StepFinished(operation(failed=True)))

    assert " +  portrait: creating failed\n" in out


def test_progress_is_told_once_while_it_stays_the_same(capsys):
    line = DiagnosticLogged(Diagnostic(URN, "info", "building", ephemeral=True))

    out = shown(capsys, Terminal(), line, line)

    assert out.count("    portrait: building\n") == 1


def test_a_step_that_changes_nothing_is_not_told(capsys):
    same = operation(op="same", step="same")

    out = shown(capsys, Terminal(), StepStarted(same), StepFinished(same))

    assert "portrait" not in out


def test_a_step_of_another_kind_is_told_by_its_own_word(capsys):
    out = shown(capsys, Terminal(), StepStarted(operation(op="read", step="read")))

    assert "portrait: read Workflow\n" in out


def test_without_a_terminal_nothing_is_coloured(capsys):
    terminal = Terminal()

    terminal.heading("part")
    terminal.good("proved")

    assert capsys.readouterr().out == "\n── part\nproved\n"


def test_on_a_terminal_the_tree_is_coloured(capsys, on_a_terminal):
    out = shown(capsys, Terminal(), StepStarted(operation()), StepFinished(operation()))

    assert "\x1b[32m +   └─ comfy:comfydeploy:Workflow" in out


def test_on_a_terminal_headings_are_coloured(capsys, on_a_terminal):
    Terminal().heading("part")

    assert "\x1b[1;36m── part" in capsys.readouterr().out


def test_no_color_is_honoured_on_a_terminal(capsys, on_a_terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()

    terminal.good("proved")
    out = shown(capsys, terminal, StepStarted(operation()), StepFinished(operation()))

    assert "\x1b[3" not in out
    assert "\x1b[1" not in out.replace("\x1b[1A", "")


def test_a_dumb_terminal_is_written_to_plainly(on_a_terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")

    assert not Terminal().is_interactive
