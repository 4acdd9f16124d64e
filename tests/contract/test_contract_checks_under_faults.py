"""What outages, the key, lost answers, Ctrl-C and a killed engine make of an inference check."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import threading

import httpx
import pytest
from checked import LostStore, Store, a_checked_target, is_of_a_file, result, serves, set_check, statuses
from lone import up
from plain_http import PlainHttp
from test_contract_malformed import faults_of_ours, lived
from waiting import eventually

from pulumi_comfy.core import cancellation
from pulumi_comfy.inference import rollback

pytestmark = pytest.mark.one_in(2)

MANY = 12
"""Requests: more than a client's own attempts."""
AWAY = {"503": ("status", {"status": 503}), "429": ("status", {"status": 429}), "a reset": ("reset", {})}


@pytest.fixture
def it(lone, target):
    return a_checked_target(lone, target)


def leave(emulator, method, route, how="503"):
    kind, details = AWAY[how]
    emulator.faults.add(method, route, kind, times=MANY, **details)


def change(it):
    """Let the next `up` deploy another version and check it."""
    it.arguments.update(it.examinee.runs.another(it))


def test_a_lost_answer_to_the_start_makes_no_second_run_and_loses_nothing(it, emulator):
    emulator.faults.add(*it.examinee.runs.start, "lost")

    error = it.up()
    begun = statuses(it)
    again = it.up()

    assert len(begun) == 1
    assert error is None or error.code == "COMFY2501"
    assert again is None
    assert result(it)["status"] == "passed"
    assert [row["id"] for row in it.rows] == [it.id]


def test_an_answer_that_names_no_run_is_a_lost_one(it, emulator):
    emulator.faults.add(*it.examinee.runs.start, "status", status=200, body={"message": "welcome"})

    assert it.up().code == "COMFY2501"


SHORT = {"queueTimeoutSeconds": 0.05, "runTimeoutSeconds": 0.05}
"""An outage is outlived until the deadline of the wait."""
CAUSES = {
    "COMFY2401": ("status", {"status": 401}),
    "COMFY2500": ("status", {"status": 500}),
    "COMFY2001": ("reset", {}),
}


@pytest.mark.parametrize("code", CAUSES)
def test_a_check_that_could_not_look_is_not_said_to_have_failed(it, emulator, code):
    kind, details = CAUSES[code]
    emulator.faults.add(*it.examinee.runs.look, kind, times=None, **details)
    set_check(it, **SHORT)

    error = it.up()

    assert error.code == code
    assert "correct the workflow" not in str(error)
    assert it.rows == []


@pytest.mark.parametrize("on_failure", ["rollback", "keep"])
def test_nor_after_an_update(it, emulator, on_failure):
    it.up()
    change(it)
    set_check(it, onFailure=on_failure)
    emulator.faults.add(*it.examinee.runs.look, "status", status=401, times=None)

    error = it.up()

    assert error.code == "COMFY2401"
    assert ("Check that the key is current" if it.examinee.settings.key else "needs no sign-in") in str(error)


def test_an_object_store_that_cannot_be_reached_is_not_said_to_be_a_failed_check(it):
    it.transport = lambda: LostStore(httpx.ReadError("reset"))
    set_check(it, runTimeoutSeconds=0.5)

    error = it.up()

    assert error.code == "COMFY2001"
    assert "fetch output" in str(error)


def test_a_run_is_waited_for_across_an_outage(it, emulator):
    leave(emulator, *it.examinee.runs.look)

    assert it.up() is None
    assert statuses(it) == ["success"]


def test_a_run_that_could_not_be_asked_for_is_asked_for_again_and_made_once(it, emulator):
    emulator.faults.add(*it.examinee.runs.start, "status", status=429, times=MANY)

    assert it.up() is None
    assert statuses(it) == ["success"]


def test_an_output_is_fetched_across_an_outage(it):
    store = Store(*[httpx.ConnectError("refused")] * MANY)
    it.transport = lambda: store

    assert it.up() is None


@pytest.mark.parametrize("how", AWAY)
def test_a_rollback_is_tried_until_the_platform_is_back(it, emulator, how):
    it.up()
    before = serves(it)
    change(it)
    it.emulated.runs.script("failed", times=1)
    emulator.faults.add(*it.kind.main["update"], "delay", times=1)
    leave(emulator, *it.kind.main["update"], how)

    error = it.up()

    assert serves(it) == before
    assert "serves again" in str(error)


def test_a_new_target_is_removed_once_the_platform_is_back(it, emulator):
    it.emulated.runs.script("failed", times=1)
    leave(emulator, *it.kind.main["delete"])

    error = it.up()

    assert it.rows == []
    assert "was removed again" in str(error)


def test_one_that_cannot_be_removed_is_in_the_state_with_the_reason_why_it_failed(it, emulator, monkeypatch):
    monkeypatch.setattr(rollback, "LEAST_SECONDS", 0.1)
    it.timeout = 0.1
    it.emulated.runs.script("hang")
    leave(emulator, *it.kind.main["delete"])
    emulator.faults.add(*it.kind.main["delete"], "status", status=403, times=None)

    error = it.up()

    assert str(it.id) in json.dumps(it.emulated.dump())
    assert "still" in str(error)
    assert "could not be removed" in str(error)
    assert result(it)["status"] == "failed"


def test_a_fault_of_ours_during_a_check_is_told_and_what_served_serves_again(it, monkeypatch):
    it.up()
    before = serves(it)
    change(it)

    def broken(*_arguments):
        raise KeyError("ours")

    monkeypatch.setattr("pulumi_comfy.inference.prove.complaint", broken)

    error = it.up()

    assert error.code == "COMFY9001"
    assert serves(it) == before


@pytest.mark.apart
@pytest.mark.parametrize("operation", ["create", "update"])
def test_no_answer_of_another_shape_to_a_check_is_our_fault(it, operation, monkeypatch, one_in):
    monkeypatch.setattr(rollback, "LEAST_SECONDS", 0)  # what undoes was not recorded, and is answered 500
    it.kind = copy.copy(it.kind)
    object.__setattr__(it.kind, "edit", it.examinee.runs.another(it))
    before, told, work = lived(it, operation)

    assert faults_of_ours(before, told, work, one_in(12)) == []


@pytest.fixture
def _no_patience(monkeypatch):
    """What is not answered is broken off soon; what is answered has all the time that a busy machine needs."""
    monkeypatch.setattr(cancellation, "GRACE", 0.05)
    monkeypatch.setattr(cancellation, "LAST", 30.0)


def ended(it, when, end):
    """Run `up`, end it once `when` is so, and give what it said."""
    told = []
    running = threading.Thread(target=lambda: told.append(it.up()))
    running.start()
    eventually(when)
    getattr(it, end)()
    running.join(timeout=60)
    assert not running.is_alive()
    return told[0]


def times_asked(it, route):
    method, pattern = route
    return len([one for one in it.emulator.requests if one.method == method and re.fullmatch(pattern, one.url_path)])


class Endless(httpx.AsyncByteStream):
    """A body that comes byte by byte."""

    async def __aiter__(self):
        while True:
            yield b" "
            await asyncio.sleep(0.001)


class Drips(PlainHttp):
    """An object store whose files come byte by byte and never end."""

    def __init__(self):
        super().__init__()
        self.is_asked = threading.Event()

    async def handle_async_request(self, request):
        if not is_of_a_file(request):
            return await super().handle_async_request(request)
        self.is_asked.set()
        return httpx.Response(200, stream=Endless())


@pytest.mark.usefixtures("_no_patience")
def test_an_output_file_that_comes_byte_by_byte_is_given_up_and_the_target_undone(it):
    network = Drips()
    it.transport = lambda: network

    error = ended(it, network.is_asked.is_set, "cancel")

    assert error.code == "COMFY3003"
    assert "was removed again" in str(error)
    assert it.rows == []


@pytest.mark.usefixtures("_no_patience")
def test_ctrl_c_during_the_check_of_an_update_puts_back_what_served_before(it):
    up(it)
    before = serves(it)
    change(it)
    it.emulated.runs.script("hang")

    ended(it, lambda: len(statuses(it)) == 2, "cancel")

    assert serves(it) == before
    assert statuses(it)[-1] == "cancelled"


@pytest.mark.usefixtures("_no_patience")
def test_a_provider_whose_engine_is_gone_writes_nothing_more(it, emulator):
    it.emulated.runs.script("hang")
    look = it.examinee.runs.look

    error = ended(it, lambda: times_asked(it, look) > 0, "lose")
    written = [one for one in emulator.requests if one.method != "GET"]

    assert error.code == "COMFY3004"
    assert len(written) == 2  # the target, and the start of the run
    assert re.fullmatch(it.examinee.runs.start[1], written[-1].url_path)
    assert len(it.rows) == 1
