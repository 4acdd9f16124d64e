"""What the calls of a provider process share."""

from __future__ import annotations

import sys
import threading

import pytest
from shell_toys import KEY, SCOPE

from pulumi_comfy.core.call import Level
from pulumi_comfy.shells import process
from pulumi_comfy.shells.process import Process, handler_of, the_process

CONFIGURED = {"comfy:comfydeployApiKey": KEY}


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(sys, "argv", ["provider"])
    return Process()


def test_one_client_serves_all_calls_of_one_credential(one: Process):
    first, second = (one.call(CONFIGURED.get, None) for _ in range(2))

    assert first.client is second.client
    assert first.memory is second.memory
    assert first.cancellation is second.cancellation


def test_another_credential_has_another_client(one: Process):
    first = one.call(CONFIGURED.get, None)

    second = one.call({**CONFIGURED, "comfy:comfydeployUrl": "https://other.example/api"}.get, None)

    assert first.client is not second.client
    assert second.scope == "other.example/org_1"


def test_a_call_without_the_raw_one_knows_its_account_and_no_more(one: Process):
    call = one.call(CONFIGURED.get, None)

    assert (call.scope, call.urn, call.timeout, call.old_inputs) == (SCOPE, None, None, None)
    assert call.checks_enabled


def test_checks_are_off_where_the_stack_says_so(one: Process):
    assert not one.call({**CONFIGURED, "comfy:inferenceChecks": "off"}.get, None).checks_enabled


def test_lines_of_a_call_are_masked(one: Process, monkeypatch: pytest.MonkeyPatch):
    lines: list[tuple[str, Level, str]] = []
    monkeypatch.setattr(one._log, "show", lambda *line: lines.append(line))

    one.call(CONFIGURED.get, None).warn(f"the key is {KEY}")

    assert lines == [("the key is [secret]", Level.WARNING, "")]


def test_there_is_one_process_however_many_calls_come_first(monkeypatch: pytest.MonkeyPatch):
    made: list[object] = []
    first_inside, go_on = threading.Event(), threading.Event()

    class Slow:
        def __init__(self) -> None:
            made.append(self)
            first_inside.set()
            go_on.wait(30)

    monkeypatch.setattr(process, "Process", Slow)
    monkeypatch.setattr(process, "_process", None)
    callers = [threading.Thread(target=the_process) for _ in range(4)]

    for caller in callers:
        caller.start()
    first_inside.wait(30)
    go_on.set()
    for caller in callers:
        caller.join(30)

    assert len(made) == 1


def test_handlers_are_found_by_token():
    assert handler_of("comfydeploy:Secret").label == "secret"
