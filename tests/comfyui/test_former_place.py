"""The id of a file is its path: where this stack had one before, another may stand now, and it is somebody else's."""

from __future__ import annotations

import pytest
from comfyui_program import digest_in, files, make_graph, text

pytestmark = pytest.mark.apart

PATH = "workflows/portrait.json"
THEIRS = text(make_graph(words="theirs"))


def held(comfyui):
    return {row["id"]: row["digest"] for row in files(comfyui)}


@pytest.mark.cli
def test_a_workflow_that_goes_back_to_its_former_name_is_not_written_over_what_somebody_saved_there(
    stack, program, comfyui
):
    stack.up()
    program.arguments["name"] = "other"
    stack.up()
    comfyui.userdata.write(PATH, THEIRS)
    program.arguments["name"] = "portrait"

    refused = stack.up(check=False)

    assert "[COMFY4001]" in refused.error
    assert held(comfyui)[PATH] == digest_in(THEIRS)
    stack.destroy()
    assert held(comfyui) == {PATH: digest_in(THEIRS)}


def test_a_workflow_goes_back_to_its_former_name(stack, program, comfyui):
    stack.up()
    for name in ("other", "portrait"):
        program.arguments["name"] = name
        stack.up()

    assert list(held(comfyui)) == [PATH]


@pytest.mark.cli
def test_a_rename_that_broke_off_after_the_new_file_was_made_is_taken_back(stack, program, comfyui):
    stack.up()
    program.arguments["name"] = "other"
    program.arguments["inference_check"] = {"on_failure": "keep"}
    stack.up(check=False)
    program.arguments["name"] = "portrait"
    program.arguments.pop("inference_check")

    stack.up()

    assert list(held(comfyui)) == [PATH]
    assert not stack.preview().changes
