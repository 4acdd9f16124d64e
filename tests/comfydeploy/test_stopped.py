"""Ctrl-C, and an engine that is killed, in the middle of what the platform does not answer."""

from __future__ import annotations

import asyncio
import threading

import httpx
import pytest
from checks import QUEUE, a_checked_deployment, statuses
from lone import up
from plain_http import PlainHttp
from waiting import eventually

from pulumi_comfy.core import cancellation

NEW_MACHINE = ("POST", "/machine/serverless")


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch):
    """What is not answered is broken off soon; what is answered has all the time that a busy machine needs."""
    monkeypatch.setattr(cancellation, "GRACE", 0.05)
    monkeypatch.setattr(cancellation, "LAST", 30.0)


@pytest.fixture
def it(lone, emulator):
    return a_checked_deployment(lone, emulator)


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


def asked(emulator, method, path):
    return lambda: any(one.method == method and one.url_path.startswith(path) for one in emulator.requests)


class Swallows(PlainHttp):
    """A network that brings the first request of a kind to the platform, and never its answer."""

    def __init__(self, method, path):
        super().__init__()
        self.wanted, self.is_sent = (method, path), threading.Event()

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if (request.method, request.url.path.partition("/api")[2]) != self.wanted or self.is_sent.is_set():
            return response
        await response.aread()
        self.is_sent.set()
        return httpx.Response(200, stream=Endless())


class Endless(httpx.AsyncByteStream):
    """A body that comes byte by byte."""

    async def __aiter__(self):
        while True:
            yield b" "
            await asyncio.sleep(0.001)


def test_a_create_whose_answer_never_comes_is_looked_for_and_kept_by_ctrl_c(lone):
    it = lone("ServerlessMachine")
    network = Swallows(*NEW_MACHINE)
    it.transport = lambda: network

    ended(it, network.is_sent.is_set, "cancel")

    assert [row["id"] for row in it.rows] == [it.id]
    it.transport = None
    up(it)
    assert len(it.rows) == 1


def test_a_create_that_never_arrived_leaves_nothing_and_says_what_to_do(lone, emulator):
    it = lone("ServerlessMachine")
    emulator.faults.add(*NEW_MACHINE, "timeout", times=None)

    error = ended(it, asked(emulator, *NEW_MACHINE), "cancel")

    assert (it.rows, it.id) == ([], None)
    assert error.code == "COMFY3003"
    assert "adopt" not in str(error)


def test_where_nothing_is_answered_at_all_it_is_said_that_it_may_have_happened(lone, emulator, monkeypatch):
    monkeypatch.setattr(cancellation, "LAST", 0.05)
    monkeypatch.setattr(cancellation, "SHORTEST", 0.05)
    it = lone("ServerlessMachine")
    emulator.faults.add(*NEW_MACHINE, "timeout", times=None)

    def silence():
        found = asked(emulator, *NEW_MACHINE)()
        if found:
            emulator.faults.add("GET", ".*", "timeout", times=None)
        return found

    error = ended(it, silence, "cancel")

    assert error.code == "COMFY3003"
    assert "before the platform answered" in str(error)


READS = {
    "the poll of a build": ("ServerlessMachine", "GET", "/machine/serverless/"),
    "the read after a create": ("Workflow", "GET", "/workflow/"),
}


@pytest.fixture(params=READS)
def unanswered(request, lone, emulator):
    """A create of which one read is never answered, and what tells that it was asked."""
    kind, method, path = READS[request.param]
    emulator.faults.add(method, f"{path}.*", "timeout", times=1)
    return lone(kind), asked(emulator, method, path)


def test_a_read_that_is_never_answered_ends_with_the_id_in_the_state(unanswered):
    it, is_asked = unanswered

    error = ended(it, is_asked, "cancel")

    assert error.code == "COMFY3003"
    assert [row["id"] for row in it.rows] == [it.id]


def test_a_read_that_an_engine_which_is_gone_asked_for_ends_and_the_next_up_takes_over_what_was_made(unanswered):
    it, is_asked = unanswered

    error = ended(it, is_asked, "lose")

    assert (error.code, it.id) == ("COMFY3004", None)
    up(it)
    assert [row["id"] for row in it.rows] == [it.id]


def test_a_run_that_nobody_answered_for_is_found_and_cancelled(it, emulator):
    emulator.comfydeploy.runs.script("hang")
    network = Swallows(*QUEUE)
    it.transport = lambda: network

    ended(it, network.is_sent.is_set, "cancel")

    assert statuses(emulator) == ["cancelled"]
    assert it.rows == []


def test_no_build_is_begun_after_ctrl_c(lone, emulator):
    it = lone("ServerlessMachine")
    up(it)
    builds = len(emulator.comfydeploy.dump()["machine_versions"])
    it.arguments["run_timeout"] = 400
    emulator.faults.add("GET", "/machine/[^/]+", "delay", delay=0.3)
    emulator.clear_requests()

    error = ended(it, asked(emulator, "GET", "/machine/"), "cancel")

    assert error.code == "COMFY3003"
    assert len(emulator.comfydeploy.dump()["machine_versions"]) == builds
