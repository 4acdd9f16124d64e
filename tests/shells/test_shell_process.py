"""What the calls of a provider process share."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2
from shell_toys import KEY, PLATFORM, SCOPE, TOKEN, Client

from pulumi_comfy.core.call import Call, Level
from pulumi_comfy.core.errors import CancelledWaitError, InputError, OutcomeError
from pulumi_comfy.core.function import Function
from pulumi_comfy.core.model import Model
from pulumi_comfy.core.names import Urn
from pulumi_comfy.core.platform import handler_of
from pulumi_comfy.core.redaction import logger
from pulumi_comfy.core.service import Accounts
from pulumi_comfy.shells import process
from pulumi_comfy.shells.functions import FunctionError, ask
from pulumi_comfy.shells.process import Process, the_process
from pulumi_comfy.shells.raw_call import RawCall

CONFIGURED = {"comfy:teapotsApiKey": KEY}


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setattr(sys, "argv", ["provider"])
    return Process()


def test_one_client_serves_all_calls_of_one_credential(one: Process):
    first, second = (one.call(TOKEN, CONFIGURED.get, None) for _ in range(2))

    assert first.client is second.client
    assert first.memory is second.memory
    assert first.cancellation is second.cancellation


def test_another_credential_has_another_client(one: Process):
    first = one.call(TOKEN, CONFIGURED.get, None)

    second = one.call(TOKEN, {**CONFIGURED, "comfy:teapotsUrl": "https://other.example/api"}.get, None)

    assert first.client is not second.client
    assert second.scope == "other.example/org_1"


@pytest.fixture
def asked_later(one: Process, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Call[Any]]:
    """A call with a key that does not tell whose it is: the platform is asked, while other calls come in."""

    async def whose(_client: Client) -> str:
        raise AssertionError("asked by no call of these")

    platform = replace(PLATFORM, accounts=Accounts(asked=whose))
    monkeypatch.setattr(process, "platform_of", lambda _token: platform)
    return lambda key: one.call(TOKEN, {"comfy:teapotsApiKey": key}.get, None)


def test_what_was_seen_before_the_account_was_known_is_known_after_it(asked_later: Callable[[str], Call[Any]]):
    first = asked_later("a key")
    first.connection._is_of("org_1")

    assert asked_later("a key").memory is first.memory


def test_keys_that_turn_out_to_be_of_one_account_share_what_both_have_seen(asked_later: Callable[[str], Call[Any]]):
    calls = [asked_later(key) for key in ("a key", "another")]
    urns = [Urn.parse(f"urn:pulumi:dev::kitchen::comfy:{TOKEN}::{name}") for name in ("a", "b")]
    for call, urn in zip(calls, urns, strict=True):
        call.memory.holds(urn, urn.name)
        call.connection._is_of("org_1")

    later = [asked_later(key).memory for key in ("a key", "another")]

    assert later[0] is later[1]
    assert all(memory.is_declared(name) for memory in (*later, calls[0].memory, calls[1].memory) for name in ("a", "b"))


def test_a_call_without_the_raw_one_knows_its_account_and_no_more(one: Process):
    call = one.call(TOKEN, CONFIGURED.get, None)

    assert (call.scope, call.urn, call.timeout, call.old_inputs) == (SCOPE, None, None, None)
    assert call.checks_enabled


def test_checks_are_off_where_the_stack_says_so(one: Process):
    assert not one.call(TOKEN, {**CONFIGURED, "comfy:inferenceChecks": "off"}.get, None).checks_enabled


@pytest.mark.parametrize(("value", "is_told"), [("on", True), ("OFF", False)])
def test_costs_are_told_unless_the_stack_says_otherwise(one: Process, value: str, is_told: bool):
    assert (one.call(TOKEN, {**CONFIGURED, "comfy:costs": value}.get, None).ledger is not None) == is_told


def test_another_word_for_costs_is_refused(one: Process):
    with pytest.raises(InputError, match=r"comfy:costs is 'often'"):
        one.call(TOKEN, {**CONFIGURED, "comfy:costs": "often"}.get, None)


def test_the_prices_that_the_team_shares_are_looked_for_where_the_stack_says(one: Process):
    ledger = one.call(TOKEN, {**CONFIGURED, "comfy:prices": "ours.json"}.get, None).ledger
    assert ledger is not None
    assert ledger.file == Path("ours.json")


def test_lines_of_a_call_are_masked(one: Process, monkeypatch: pytest.MonkeyPatch):
    lines: list[tuple[str, Level, str]] = []
    monkeypatch.setattr(one._log, "show", lambda *line: lines.append(line))

    one.call(TOKEN, CONFIGURED.get, None).warn(f"the key is {KEY}")

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
    assert handler_of("teapots:Teapot").label == "teapot"


def in_operation(one: Process, operation: object) -> Call[Any]:
    return one.call(TOKEN, CONFIGURED.get, RawCall(provider_pb2.CheckRequest(urn=""), None, operation))


def test_another_operation_in_the_same_process_starts_with_an_empty_memory(one: Process):
    before = in_operation(one, "first")

    assert in_operation(one, "second").memory is not before.memory


def test_another_operation_in_the_same_process_adds_its_costs_anew(one: Process):
    before = in_operation(one, "first").ledger

    assert in_operation(one, "first").ledger is before
    assert in_operation(one, "second").ledger is not before


def test_another_operation_in_the_same_process_does_not_trust_what_was_read_before(
    one: Process, monkeypatch: pytest.MonkeyPatch
):
    forgotten: list[str] = []
    monkeypatch.setattr(in_operation(one, "first").client, "forget", lambda: forgotten.append("all"))

    in_operation(one, "second")

    assert forgotten == ["all"]


@pytest.mark.parametrize("again", ["first", None])
def test_the_same_operation_keeps_its_memory(one: Process, again: str | None):
    before = in_operation(one, "first")

    assert in_operation(one, again).memory is before.memory


def test_the_engine_s_cancel_reaches_every_call(one: Process):
    call = one.call(TOKEN, CONFIGURED.get, None)

    async def wait() -> None:
        one._cancel()
        await call.cancellation.sleep(3600, tried="wait")

    with pytest.raises(CancelledWaitError):
        one.run(wait())


@pytest.mark.parametrize(("asked", "lines"), [("debug", 1), ("", 0), ("everything", 0)])
def test_the_log_goes_to_stderr_when_the_environment_asks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], asked: str, lines: int
):
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "level", logger.level)
    monkeypatch.setattr(sys, "argv", ["provider"])
    monkeypatch.setenv("PULUMI_COMFY_LOG", asked)
    logger.addHandler(logging.NullHandler())

    Process().call(TOKEN, CONFIGURED.get, None)
    logger.debug("the key is %s", KEY)

    assert capsys.readouterr().err == "the key is [secret]\n" * lines


@pytest.fixture
def teapot_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask_name(inputs: Asked, client: Client) -> Answered:
        if inputs.size == 13:
            raise OutcomeError("COMFY2404", tried="find teapot", got="there is none", todo="Make one.")
        return Answered(name=f"teapot of size {inputs.size} at {client.http.base_url}")

    asked = Function("teapots:getTeapot", "Finds a teapot.", Asked, Answered, ask_name)
    module = sys.modules["pulumi_comfy.platforms.teapots.platform"]
    monkeypatch.setattr(module, "PLATFORM", replace(PLATFORM, functions={"getTeapot": asked}))


class Asked(Model):
    size: int
    lid_color: str | None = None
    connection: str | None = None


class Answered(Model):
    name: str


@pytest.mark.usefixtures("teapot_functions")
def test_a_function_is_answered_in_a_program_that_runs_its_own_loop():
    async def program() -> dict[str, object]:
        return ask("teapots:getTeapot", {"size": 3}, CONFIGURED.get)

    assert asyncio.run(program()) == {"name": "teapot of size 3 at https://teapots.example/api"}


@pytest.mark.usefixtures("teapot_functions")
def test_a_function_is_asked_with_the_credential_of_its_connection():
    acme = {"comfy:teapotsApiKey_acme": KEY, "comfy:teapotsUrl_acme": "https://acme.example/api"}

    answer = ask("teapots:getTeapot", {"size": 3, "connection": "acme"}, acme.get)

    assert answer["name"] == "teapot of size 3 at https://acme.example/api"


@pytest.mark.usefixtures("teapot_functions")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 13}, "find teapot: there is none. Make one. [COMFY2404]"),
        ({"size": "big"}, "teapots:getTeapot: size: Input should be a valid integer"),
        ({}, "teapots:getTeapot: size: Field required"),
        ({"size": 3, "lidColor": 7}, "teapots:getTeapot: lid_color: Input should be a valid string"),
        ({"size": 3, "lidColor": "\0"}, "teapots:getTeapot: lid_color: it holds U+0000"),
    ],
)
def test_a_function_that_fails_says_so_in_one_sentence(arguments: dict[str, object], sentence: str):
    with pytest.raises(FunctionError) as caught:
        ask("teapots:getTeapot", arguments, CONFIGURED.get)

    assert str(caught.value).startswith(sentence)
    assert caught.value.__cause__ is None


@pytest.mark.usefixtures("teapot_functions")
def test_a_function_without_a_key_says_what_is_missing():
    with pytest.raises(FunctionError, match="COMFY1101"):
        ask("teapots:getTeapot", {"size": 3}, {}.get)
