"""A model file is known by its path: where this stack had one, another may lie now, and it is somebody else's."""

from __future__ import annotations

import pytest

import pulumi_comfy as comfy

pytestmark = pytest.mark.apart


@pytest.mark.cli
def test_a_model_that_goes_back_to_its_former_path_does_not_remove_what_somebody_put_there(deploy, emulator, platform):
    name = ["a.safetensors"]

    def program():
        comfy.comfydeploy.Model(
            "model",
            folder_path="checkpoints",
            filename=name[0],
            link="https://models.example/a.safetensors",
            delete_on_destroy=True,
        )

    stack = deploy(program)
    stack.up()
    name[0] = "b.safetensors"
    stack.up()
    theirs = {"source": "link", "folderPath": "checkpoints", "filename": "a.safetensors"}
    platform.post("/volume/model", json={**theirs, "downloadLink": "https://models.example/theirs"}).raise_for_status()
    emulator.clock.advance(10)
    name[0] = "a.safetensors"
    emulator.clear_requests()

    refused = stack.up(check=False)

    assert "[COMFY4001]" in refused.error
    removed = [one.request_json["path"] for one in emulator.requests if one.url_path == "/volume/rm"]
    assert removed == ["checkpoints/b.safetensors"]
    held = [file["path"] for files in emulator.comfydeploy.dump()["volumes"].values() for file in files]
    assert held == ["checkpoints/a.safetensors"]
