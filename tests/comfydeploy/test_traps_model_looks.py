"""What is taken for a model file, and what for its download (docs/platforms/comfydeploy.md 2.7): found by mutation."""

from __future__ import annotations

import httpx
import pytest
from by_hand import ask, put_file
from lone import up
from plain_http import PlainHttp
from waiting import eventually


class Sizes(PlainHttp):
    """A volume that tells these sizes of a file one look after the other, the last one for ever."""

    def __init__(self, *sizes):
        super().__init__()
        self.sizes = list(sizes)

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        if not request.url.path.endswith("/private-models"):
            return response
        await response.aread()
        rows = response.json()
        if any(row["type"] == 1 for row in rows):
            size = self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]
            rows = [{**row, "size": size} for row in rows]
        return httpx.Response(200, json=rows, request=request)


@pytest.mark.parametrize("told", [(10, 11, 12, 20, 20), (0, 0, 0, 20, 20)], ids=str)
def test_a_file_has_arrived_when_two_looks_agree_on_a_size_that_is_not_zero(lone, told):
    it = lone("Model")
    it.transport = lambda: Sizes(*told)

    up(it)

    assert it.outputs["sizeBytes"] == 20


def test_a_directory_at_the_path_is_refused_in_the_platforms_own_words(lone, platform):
    put_file(platform, "checkpoints/a.safetensors", "inside")

    refused = lone("Model").up()

    assert (refused.code, "File checkpoints/a.safetensors already exists" in str(refused)) == ("COMFY2409", True)


def test_a_directory_at_the_path_of_a_file_that_is_gone_is_not_taken_for_it(lone, platform):
    it = lone("Model")
    up(it)
    it.kind.remove(platform, it.rows[0])
    put_file(platform, "checkpoints/a.safetensors", "inside")

    it.refresh()

    assert it.id is None


def test_an_earlier_failure_says_nothing_of_a_download_that_ends_before_the_first_look(lone, platform, emulator):
    failing = {"source": "link", "folderPath": "checkpoints", "filename": "a.safetensors"}
    ask("POST", "/volume/model", {**failing, "downloadLink": "https://models.example/fail"})(platform, {})
    eventually(lambda: [row["status"] for row in emulator.comfydeploy.dump()["downloads"]] == ["failed"])
    emulator.settings.download_seconds = 0.0

    up(lone("Model"))
