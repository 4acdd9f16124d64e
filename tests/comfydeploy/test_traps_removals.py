"""What a removal goes by: the state, so whatever says how to remove must reach it.

Facts: docs/platforms/comfydeploy.md 2.3.3, 2.6, 2.7.
"""

from __future__ import annotations

import asyncio
import json

import pytest
from by_hand import builds_of
from lone import bodies, up
from plain_http import PlainHttp

from pulumi_comfy.core.resource import Timeouts
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def let_a_workflow_use(platform, machine):
    """Make one as the platform's own pages do: with an implicit `preview` deployment on the machine."""
    body = {"name": "by hand", "workflow_json": "{}", "workflow_api": json.dumps({}), "machine_id": machine}
    platform.post("/workflow", json=body).raise_for_status()


@pytest.fixture
def no_patience(monkeypatch):
    for kind in ("ServerlessMachine", "CustomMachine"):
        monkeypatch.setattr(PLATFORM.handlers[kind], "timeouts", Timeouts(create=60, update=60, delete=0.5))


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("kind", ["ServerlessMachine", "CustomMachine"])
def test_an_implicit_preview_deployment_keeps_a_machine_and_its_workflow_is_named(lone, platform, kind):
    it = lone(kind)
    up(it)
    let_a_workflow_use(platform, it.id)

    error = it.destroy()

    assert error.status == 402
    assert "by hand" in str(error)
    assert "a `preview` one by itself), or set `force_delete=True`" in str(error)
    assert len(it.rows) == 1


@pytest.mark.usefixtures("no_patience")
@pytest.mark.parametrize("kind", ["ServerlessMachine", "CustomMachine"])
def test_a_machine_in_use_goes_when_the_program_said_so_before(lone, platform, kind):
    it = lone(kind)
    up(it)
    let_a_workflow_use(platform, it.id)
    it.arguments["force_delete"] = True
    up(it)

    assert it.destroy() is None
    assert it.rows == []


@pytest.mark.parametrize("kind", ["ServerlessMachine", "CustomMachine"])
def test_how_a_machine_is_removed_is_not_sent_to_the_platform(lone, kind):
    it = lone(kind)
    up(it)
    it.arguments["force_delete"] = True

    up(it)

    assert bodies(it, "PATCH", "/machine/.*") == []
    it.assert_settled()


def test_a_file_goes_when_the_program_said_so_only_after_its_download(lone):
    it = lone("Model", delete_on_destroy=False)
    up(it)
    it.arguments["delete_on_destroy"] = True
    up(it)

    assert it.destroy() is None
    assert it.rows == []


def test_a_file_stays_when_the_program_took_that_back(lone):
    it = lone("Model", delete_on_destroy=True)
    up(it)
    it.arguments["delete_on_destroy"] = False
    up(it)

    assert it.destroy() is None
    assert len(it.table()) == 1


def test_a_file_that_is_replaced_makes_way_for_the_new_one_though_a_removal_would_keep_it(lone):
    it = lone("Model", delete_on_destroy=False)
    up(it)
    it.arguments["link"] = "https://models.example/b.safetensors"

    up(it)

    assert bodies(it, "POST", "/volume/rm") == [{"path": "checkpoints/a.safetensors"}]
    it.assert_settled()


def test_a_secret_that_rebuilds_no_more_goes_without_a_build(lone):
    it = lone("Secret")
    up(it)
    before = len(builds_of(it))
    it.arguments["rebuild_machines"] = False
    up(it)

    assert it.destroy() is None
    assert len(builds_of(it)) == before


def test_a_machine_that_is_declared_warm_is_drained_first(lone, emulator):
    it = lone("ServerlessMachine", keep_warm=1)
    up(it)
    emulator.clear_requests()

    assert it.destroy() is None

    assert [(one.method, one.status) for one in emulator.requests if one.method != "GET"] == [
        ("PATCH", 200),
        ("DELETE", 200),
    ]


def test_a_machine_that_was_deleted_meanwhile_is_not_changed_any_more(lone, platform, emulator):
    it = lone("ServerlessMachine", keep_warm=1)
    up(it)
    platform.patch(f"/machine/serverless/{it.id}", json={"keep_warm": 0}).raise_for_status()
    platform.delete(f"/machine/{it.id}").raise_for_status()
    emulator.clear_requests()

    assert it.destroy() is None

    assert "PATCH" not in {one.method for one in emulator.requests}


class Overtakes(PlainHttp):
    """Somebody who deletes a machine as soon as it has been looked at."""

    def __init__(self, platform, machine):
        super().__init__()
        self.platform, self.machine = platform, machine

    def delete(self):
        self.platform.patch(f"/machine/serverless/{self.machine}", json={"keep_warm": 0}).raise_for_status()
        self.platform.delete(f"/machine/{self.machine}").raise_for_status()

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.method == "GET":
            await asyncio.to_thread(self.delete)
        return response


def test_a_warm_machine_that_somebody_else_deletes_while_it_is_drained_is_gone_and_no_error(lone, platform):
    it = lone("ServerlessMachine", keep_warm=1)
    up(it)
    it.transport = lambda: Overtakes(platform, it.id)

    assert it.destroy() is None
    assert it.rows == []
