"""What the network, the key and lost answers make of an inference check (docs/platforms/comfydeploy.md 3.1, 3.3)."""

from __future__ import annotations

import httpx
import pytest
from checks import QUEUE, a_checked_deployment, a_second_version, statuses
from lone import bodies
from plain_http import PlainHttp

LOOK = ("GET", "/run/[^/]+")


@pytest.fixture
def it(lone, emulator):
    return a_checked_deployment(lone, emulator)


def check_again(it, **settings):
    """Let the next `up` check, with some of the check's settings changed."""
    it.arguments["machine_build_digest"] = "another build"
    it.arguments["inference_check"] = {**it.arguments["inference_check"], **settings}


def test_a_run_whose_answer_is_lost_is_found_by_its_seed_and_judged_like_any_other(it, emulator):
    emulator.faults.add(*QUEUE, "lost")

    assert it.up() is None

    assert statuses(emulator) == ["success"]
    assert it.outputs["lastCheck"]["runId"] == emulator.comfydeploy.dump()["runs"][0]["id"]
    assert len(bodies(it, *QUEUE)) == 1


def test_a_run_whose_answer_is_lost_and_that_outlives_its_budget_is_cancelled(it, emulator):
    it.arguments["inference_check"]["runTimeoutSeconds"] = 0.05
    emulator.comfydeploy.runs.script("hang")
    emulator.faults.add(*QUEUE, "lost")

    it.up()

    assert statuses(emulator) == ["cancelled"]


def test_an_earlier_run_is_not_taken_for_one_that_never_began(it, emulator):
    it.up()
    check_again(it)
    emulator.faults.add(*QUEUE, "reset")

    error = it.up()

    assert error.code == "COMFY2501"
    assert "no run of it is listed" in str(error)
    assert statuses(emulator) == ["success"]


def test_an_answer_that_names_no_run_is_a_lost_one(it, emulator):
    emulator.faults.add(*QUEUE, "status", status=200, body={"message": "welcome"})

    error = it.up()

    assert error.code == "COMFY2501"
    assert "run_id" in str(error)


def test_a_run_that_cannot_be_told_from_another_s_is_not_cancelled_and_it_is_said(it, emulator):
    it.arguments["inference_check"]["inputs"]["seed"] = 1
    emulator.comfydeploy.runs.script("hang", statuses=["queued"])
    emulator.faults.add(*QUEUE, "lost")

    error = it.up()

    assert "cannot be told" in str(error)
    assert "adopt" not in str(error)
    assert "cancelled" not in statuses(emulator)


def test_where_the_runs_cannot_be_listed_the_lost_answer_is_the_error(it, emulator):
    emulator.faults.add(*QUEUE, "reset")
    emulator.faults.add("GET", "/deployment/[^/]+/runs", "status", status=403, times=None)

    assert it.up().code == "COMFY2501"


def test_a_run_on_a_machine_of_one_s_own_cannot_be_cancelled_and_it_is_said(it, emulator, platform):
    """The platform answers 500 to it, which is no reason to ask again (3.3)."""
    body = {"name": "own", "type": "classic", "endpoint": "http://gpu.example:8188", "auth_token": None}
    it.arguments["machine_id"] = platform.post("/machine/custom", json=body).raise_for_status().json()["id"]
    it.arguments["inference_check"]["runTimeoutSeconds"] = 0.05
    emulator.comfydeploy.runs.script("hang")

    error = it.up()

    assert error.code == "COMFY3101"
    assert len(bodies(it, "POST", "/run/[^/]+/cancel")) == 1
    assert any("could not be cancelled and may go on" in line for line in it.lines)
    assert it.rows == []


class Falters(PlainHttp):
    """A network that brings no read of the deployment after it was patched, until one was given up."""

    def __init__(self):
        super().__init__()
        self.lost = None

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.method == "PATCH":
            self.lost = 5  # as often as a read is tried
        if self.lost and request.method == "GET" and "/deployment/" in request.url.path:
            self.lost -= 1
            raise httpx.ReadError("")
        return response


def test_a_version_that_serves_since_an_update_failed_is_checked_by_the_next_up_after_a_refresh(it, platform, emulator):
    it.up()
    it.arguments.update(a_second_version(it, platform))
    network = Falters()
    it.transport = lambda: network

    assert it.up().code == "COMFY2001"
    it.transport = None
    it.refresh()

    assert it.has_changes()
    assert it.up() is None
    assert statuses(emulator) == ["success", "success"]
