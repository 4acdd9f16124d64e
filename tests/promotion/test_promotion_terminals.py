"""However a command is heard and asked: what it has begun it ends, and it says what it can."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import click
import pytest
from services import OnRunComfy

from pulumi_comfy.cli.promotion import shared
from pulumi_comfy.cli.promotion.shared import teller


@pytest.mark.parametrize("fault", [BrokenPipeError, OSError])
def test_where_nobody_reads_any_more_nothing_is_said_and_nothing_stops(monkeypatch, fault):
    asked = []

    class Gone(io.TextIOWrapper):
        def write(self, text: str) -> int:
            asked.append(text)
            raise fault

    monkeypatch.setattr(sys, "stdout", Gone(io.BytesIO(), encoding="utf-8"))
    say = teller(err=False)

    say("one")
    say("two")

    assert ("one\n" in asked, "two\n" in asked) == (True, False)


def test_what_a_pipe_leaves_behind_is_no_fault_at_the_end_of_the_process(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)

        teller(err=False)("one")

        stream.write("what is flushed when the process ends")


def test_what_an_output_has_no_letters_for_is_said_in_others(monkeypatch):
    told = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(told, encoding="latin-1"))

    teller(err=False)("steps 20 … 30")

    assert told.getvalue() == b"steps 20 \\u2026 30\n"


def test_with_no_input_at_all_nobody_can_be_asked(monkeypatch, capsys):
    monkeypatch.setattr(shared, "open_project", lambda _folder, _stack: (None, None))
    monkeypatch.setattr(sys, "stdin", None)

    answer = shared.the_means(Path(), "staging", as_json=False, yes=False).ask()

    assert (answer, "--yes does not ask" in capsys.readouterr().out) == (False, True)


def test_ctrl_c_at_the_question_is_a_no_on_a_line_of_its_own(monkeypatch, capsys):
    monkeypatch.setattr(shared, "open_project", lambda _folder, _stack: (None, None))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)

    def interrupted(_question, **_how):
        print("Deploy? ^C", end="")  # noqa: T201
        raise click.Abort

    monkeypatch.setattr(click, "confirm", interrupted)

    answer = shared.the_means(Path(), "staging", as_json=False, yes=False).ask()

    assert (answer, capsys.readouterr().out) == (False, "Deploy? ^C\n")


def test_json_tells_an_error_as_an_object(world):
    told = world(OnRunComfy.example).command("history", "--stack", "nosuch", "--json")

    assert json.loads(told.text)["error"]["code"] == "COMFY5105"
