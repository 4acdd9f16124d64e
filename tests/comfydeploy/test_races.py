"""Others at work on the same objects at the same moment: one wins, and nobody's object is overwritten."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from exam import Row
from lone import Lone, up
from plain_http import PlainHttp
from waiting import eventually


class Meanwhile(PlainHttp):
    """The way to the platform, on which something happens just before, or just after, the first request of a kind."""

    def __init__(self, method: str, path: str, happens: Any, *, after: bool = False) -> None:
        super().__init__()
        self.method, self.path, self.happens, self.after = method, path, happens, after

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_it = (request.method, request.url.path.removeprefix("/comfydeploy").removeprefix("/api")) == (
            self.method,
            self.path,
        )
        if is_it and not self.after:
            self._happen()
        response = await super().handle_async_request(request)
        if is_it and self.after:
            await response.aread()
            self._happen()
        return response

    def _happen(self) -> None:
        happens, self.happens = self.happens, lambda: None
        happens()


@pytest.fixture
def theirs(platform: Any) -> Any:
    """Deploy another version of the workflow to the same environment, as somebody else."""

    def deploy(it: Lone) -> Row:
        version = platform.post(
            f"/workflow/{it.arguments['workflow_id']}/version",
            json={"workflow": {}, "workflow_api": {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}}},
        )
        body = {
            "workflow_id": it.arguments["workflow_id"],
            "workflow_version_id": version.raise_for_status().json()["id"],
            "environment": "production",
            "machine_id": it.arguments["machine_id"],
        }
        return platform.post("/deployment", json=body).raise_for_status().json()

    return deploy


def test_a_deployment_that_somebody_makes_between_our_look_and_our_write_is_neither_taken_nor_changed(lone, theirs):
    it = lone("Deployment")
    made: list[Row] = []
    it.transport = lambda: Meanwhile("POST", "/deployment", lambda: made.append(theirs(it)))

    error = it.up()

    assert error is not None
    assert error.code == "COMFY4001"
    assert made[0]["id"] in str(error)
    assert [(row["id"], row["workflow_version_id"]) for row in it.rows] == [
        (made[0]["id"], made[0]["workflow_version_id"])
    ]
    assert it.id is None


def test_of_two_states_that_deploy_at_the_same_moment_one_wins_and_the_other_leaves_nothing(lone):
    one, other = lone("Deployment"), lone("Deployment")
    other.arguments = dict(one.arguments)
    one.holds_what_it_needs = other.holds_what_it_needs = False  # the workflow and the machine are a third stack's

    def let_one_win() -> None:
        thread = threading.Thread(target=up, args=(one,))
        thread.start()
        thread.join()

    other.transport = lambda: Meanwhile("POST", "/deployment", let_one_win)

    error = other.up()

    assert error is not None
    assert error.code == "COMFY4001"
    assert [row["id"] for row in one.rows] == [one.id]
    assert other.id is None


def test_what_a_third_stack_s_objects_serve_is_not_known_as_ours(lone):
    one, other = lone("Deployment"), lone("Deployment")
    other.arguments = dict(one.arguments)
    other.holds_what_it_needs = False
    up(one)

    error = other.up()

    assert error is not None
    assert f'adopt="{one.id}"' in str(error)


def test_a_deployment_that_is_not_as_declared_is_not_known_as_ours(lone, theirs):
    it = lone("Deployment")
    row = theirs(it)

    error = it.up()

    assert error is not None
    assert row["id"] in str(error)
    assert [found["workflow_version_id"] for found in it.rows] == [row["workflow_version_id"]]


def test_of_two_downloads_to_one_path_the_earlier_one_goes_on(lone, emulator):
    emulator.settings.download_seconds = 0.5
    one, other = lone("Model"), lone("Model")
    other.state = "another"
    began: list[threading.Thread] = []

    def let_one_begin() -> None:
        began.append(threading.Thread(target=up, args=(one,)))
        began[0].start()
        eventually(lambda: emulator.comfydeploy.dump()["downloads"] != [])

    other.transport = lambda: Meanwhile("POST", "/volume/model", let_one_begin)

    error = other.up()
    began[0].join()

    assert error is not None
    assert error.code == "COMFY4001"
    assert (one.id, other.id) == ("checkpoints/a.safetensors", None)
    assert sorted(row["status"] for row in emulator.comfydeploy.dump()["downloads"]) == ["cancelled", "success"]


def test_a_deployment_with_a_gpu_that_the_program_does_not_say_is_not_known_as_ours(lone, platform):
    it, other = lone("Deployment"), lone("Deployment")
    other.arguments = {**it.arguments, "gpu": "H100"}
    up(other)
    del it.arguments["gpu"]

    error = it.up()

    assert error is not None
    assert f'adopt="{other.id}"' in str(error)
