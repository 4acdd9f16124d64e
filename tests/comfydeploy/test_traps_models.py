"""The traps of model files (docs/platforms/comfydeploy.md 2.7)."""

from __future__ import annotations

import asyncio
import json
import re

import httpx
import pytest
from calls import a_call, connected
from lone import bodies, up
from plain_http import PlainHttp
from waiting import eventually, in_background

from pulumi_comfy.core.check import check
from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.resource import Timeouts
from pulumi_comfy.platforms.comfydeploy.platform import PLATFORM


def test_an_existing_file_is_refused_with_its_path(lone, platform):
    first = lone("Model")
    up(first)

    error = lone("Model").up()

    assert "checkpoints/a.safetensors" in str(error)
    assert 'adopt="checkpoints/a.safetensors"' in str(error)


def test_a_download_under_way_is_joined_when_the_answer_is_lost(lone, emulator):
    emulator.settings.download_seconds = 3600
    it = lone("Model")
    emulator.faults.add("POST", "/volume/model", "lost")

    with in_background(it.up) as done:
        eventually(lambda: len(emulator.requests) > 4)  # it has looked again after the lost answer
        emulator.clock.advance(3600)

    assert done == [None]
    assert len(bodies(it, "POST", "/volume/model")) == 1
    it.assert_settled()


def test_a_failed_download_stays_listed_and_does_not_stop_the_next(lone):
    it = lone("Model", link="https://models.example/fail.safetensors")

    failed = it.up()
    it.arguments["link"] = "https://models.example/good.safetensors"
    up(it)

    assert failed is not None
    assert failed.code == "COMFY3201"
    it.assert_settled()


def test_a_url_signed_anew_is_no_change(lone):
    it = lone("Model")
    up(it)
    it.arguments["link"] = "https://models.example/a.safetensors?signature=another-one"

    assert not it.has_changes()


MARK = re.compile("#pulumi-[0-9a-f]{7}")
"""What says whose a download is; no host gets to see it."""
HF = "stable-diffusion-v1-5/stable-diffusion-v1-5/resolve/main/v1-5-pruned-emaonly.safetensors"
PAGE = "https://civitai.com/models/4384?modelVersionId=128713"


@pytest.mark.parametrize(
    ("source", "value", "sent"),
    [
        ("huggingface", HF, {"source": "huggingface", "huggingface": {"repoId": HF}}),
        ("civitai", PAGE, {"source": "civitai", "civitai": {"url": PAGE}}),
        ("link", "https://x.example/a", {"source": "link", "downloadLink": "[redacted]"}),  # so the log shows it
    ],
)
def test_each_source_is_sent_in_the_platform_s_own_form(lone, source, value, sent):
    it = lone("Model")
    del it.arguments["link"]
    it.arguments[source] = value

    up(it)

    place = {"folderPath": "checkpoints", "filename": "a.safetensors"}
    assert json.loads(MARK.sub("", json.dumps(bodies(it, "POST", "/volume/model")))) == [{**place, **sent}]
    it.assert_settled()


def failures(**given):
    wire = {"folderPath": "loras", "filename": "a.safetensors", **given}
    if not {"huggingface", "civitai", "link"} & set(given):
        wire["link"] = "https://models.example/a"
    checked = check(PLATFORM.handlers["Model"], wire, a_call())
    return [(failure.path, failure.reason) for failure in checked.failures]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("huggingface", "owner/repository", "owner/repository/resolve/<revision>/<file>"),
        ("huggingface", "owner/repository/blob/main/a.safetensors", "owner/repository/resolve/<revision>/<file>"),
        ("huggingface", "https://huggingface.co/o/r/resolve/main/a.safetensors", "a whole URL goes into `link`"),
        ("huggingface", "huggingface.co/o/r/resolve/main/a.safetensors", "as after huggingface.co/"),
        ("huggingface", "o/r/resolve/main", "owner/repository/resolve/<revision>/<file>"),
        ("civitai", "4384", "the URL of a page on civitai.com"),
        ("civitai", "https://civitai.example/models/4384", "the URL of a page on civitai.com"),
        ("link", "s3://bucket/a.safetensors", "begins with http:// or https://"),
        ("link", "models.example/a.safetensors", "begins with http:// or https://"),
        ("folderPath", "../other", "none of them `.` or `..`"),
        ("folderPath", "a/./b", "none of them `.` or `..`"),
        ("folderPath", "a//b", "one slash between them"),
        ("folderPath", "/a", "one slash between them"),
        ("folderPath", "a/", "one slash between them"),
        ("filename", "..", "a file name without a slash"),
    ],
)
def test_what_would_download_something_else_or_elsewhere_is_refused_at_check(field, value, words):
    ((path, reason),) = failures(**{field: value})

    assert path == field
    assert words in reason


@pytest.mark.parametrize(
    "given",
    [
        {"huggingface": "o/r/resolve/refs%2Fpr%2F1/deep/er/a.safetensors?download=true"},
        {"huggingface": "datasets/o/r/resolve/main/a.safetensors"},
        {"civitai": "https://www.civitai.com/models/1"},
        {"folderPath": "diffusion_models/wan.2.1/..hidden"},
    ],
)
def test_what_names_one_file_passes(given):
    assert failures(**given) == []


@pytest.fixture
def impatient(monkeypatch):
    """No download is waited for longer than a moment."""
    monkeypatch.setattr(PLATFORM.handlers["Model"], "timeouts", Timeouts(create=0.2, update=60))


def test_a_refresh_while_it_downloads_does_not_lose_it_and_the_next_up_waits_for_it(lone, emulator, impatient):
    emulator.settings.download_seconds = 3600
    it = lone("Model")
    late = it.up()

    it.refresh()
    it.is_unfinished = False
    status = it.outputs["status"]
    emulator.clock.advance(3600)
    up(it)

    assert (late.code, status) == ("COMFY3002", "downloading")
    assert len(bodies(it, "POST", "/volume/model")) == 1
    it.assert_settled()


FILE = {"path": "checkpoints/a.safetensors", "type": 1, "size": 4096, "mtime": 0}


class PartOfAFile(PlainHttp):
    """A volume that lists what has come so far of a download: 4096 bytes, until the whole file is there."""

    def __init__(self, emulator):
        super().__init__()
        self.emulator = emulator

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if not request.url.path.endswith("/private-models") or not self.emulator.comfydeploy.dump()["downloads"]:
            return response
        await response.aread()
        return httpx.Response(200, json=response.json() or [FILE], request=request)


def test_a_file_that_still_grows_is_waited_for_by_the_next_up(lone, emulator, impatient):
    emulator.settings.download_seconds = 3600
    it = lone("Model")
    it.transport = lambda: PartOfAFile(emulator)
    late = it.up()
    emulator.clock.advance(3600)

    up(it)

    assert late is not None
    assert it.outputs["sizeBytes"] > 4096
    it.assert_settled()


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_the_part_that_a_failed_download_left_is_no_file_and_the_next_up_downloads_again(lone, emulator, is_refreshed):
    it = lone("Model", link="https://models.example/fail.safetensors")
    it.transport = lambda: PartOfAFile(emulator)
    failed = it.up()
    if is_refreshed:
        it.refresh()
        it.is_unfinished = False
    again = it.up()

    assert [error.code for error in (failed, again)] == ["COMFY3201", "COMFY3201"]
    assert len(bodies(it, "POST", "/volume/model")) == 2
    assert it.outputs["status"] == "failed"
    assert "sizeBytes" not in it.outputs


class Canceller(PlainHttp):
    """Somebody who cancels every download as soon as it is listed."""

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if request.url.path.endswith("/downloading-models"):
            await response.aread()
            for row in response.json():
                url = str(request.url).replace("/volume/downloading-models", f"/file/{row['id']}/cancel")
                await super().handle_async_request(httpx.Request("DELETE", url, headers=request.headers))
            return httpx.Response(200, json=response.json(), request=request)
        return response


def test_a_download_that_somebody_cancels_is_an_error_at_once_and_the_next_up_downloads_again(lone, emulator):
    emulator.settings.download_seconds = 3600
    it = lone("Model")
    it.transport = Canceller

    cancelled = it.up()
    it.transport = None
    emulator.settings.download_seconds = 0.02
    up(it)

    assert "it was cancelled on the platform" in str(cancelled)
    it.assert_settled()


def test_a_file_of_another_size_than_declared_is_an_error_until_the_right_size_is_declared(lone):
    it = lone("Model", size=5)
    wrong = it.up()
    size = it.rows[0]["size"]
    it.arguments["size"] = size
    sent = len(bodies(it, "POST", "/volume/model"))

    up(it)

    assert f"it has {size} bytes, declared are 5" in str(wrong)
    assert len(bodies(it, "POST", "/volume/model")) == sent
    it.assert_settled()


def test_a_download_that_still_runs_when_the_file_is_removed_is_cancelled_or_it_would_land_later(lone, emulator):
    emulator.settings.download_seconds = 3600
    it = lone("Model")
    it.timeout = 0.2
    late = it.up()
    it.timeout = None

    assert it.destroy() is None

    assert late.code == "COMFY3002"
    assert [row["status"] for row in emulator.comfydeploy.dump()["downloads"]] == ["cancelled"]


def test_a_download_to_another_path_runs_on_when_a_file_is_removed(lone, platform, emulator):
    it = lone("Model")
    up(it)
    emulator.settings.download_seconds = 3600
    theirs = {"source": "link", "folderPath": "checkpoints", "filename": "b.safetensors"}
    platform.post("/volume/model", json={**theirs, "downloadLink": "https://models.example/b"}).raise_for_status()

    it.destroy()

    assert "cancelled" not in [row["status"] for row in emulator.comfydeploy.dump()["downloads"]]


def test_another_source_is_downloaded_though_the_first_download_still_runs(lone, emulator):
    emulator.settings.download_seconds = 3600
    it = lone("Model")
    it.timeout = 0.2
    it.up()
    it.timeout = None
    emulator.settings.download_seconds = 0.02
    it.arguments["link"] = "https://models.example/b.safetensors"

    up(it)

    it.assert_settled()


@pytest.mark.parametrize("path", ["", "/", ".", "..", "loras/", "loras/..", "/loras/a.safetensors"])
def test_a_path_that_may_be_more_than_one_file_is_never_removed(emulator, account_key, path):
    emulator.clear_requests()

    async def remove():
        client = connected(emulator.comfydeploy.url, account_key).client
        try:
            await client.remove_model(path)
        finally:
            await client.http.aclose()

    with pytest.raises(InputError):
        asyncio.run(remove())
    assert list(emulator.requests) == []


def test_somebody_s_download_that_failed_for_want_of_a_name_is_in_nobody_s_way(lone, platform):
    body = {"source": "link", "folderPath": "checkpoints", "downloadLink": "https://models.example/download"}
    assert platform.post("/volume/model", json=body).status_code == 400
    it = lone("Model")

    up(it)

    it.assert_settled()
