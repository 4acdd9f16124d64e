"""What an inference check needs here is asked before anything is paid for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.core.unknown import UNKNOWN
from pulumi_comfy.inference.needs import refuse_what_cannot_be_done
from pulumi_comfy.inference.settings import InferenceCheck


def refused(**settings):
    with pytest.raises(InputError) as caught:
        refuse_what_cannot_be_done(InferenceCheck(**settings), "inference_check.")
    assert caught.value.code == "COMFY1001"
    return caught.value


@pytest.mark.parametrize("size", [{"width": 64}, {"height": 64}])
def test_a_size_needs_pillow(monkeypatch, size):
    monkeypatch.setitem(sys.modules, "PIL", None)

    error = refused(expect=size)

    assert error.tried == "inference_check.expect"
    assert "pip install 'pulumi-comfy[images]'" in str(error)


def test_without_a_size_pillow_is_not_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)

    refuse_what_cannot_be_done(InferenceCheck(), "")


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_file_is_no_folder_to_keep_outputs_in(tmp_path, folder):
    (tmp_path / "file").write_text("")

    error = refused(save_outputs_to=str(tmp_path / folder))

    assert error.tried == "inference_check.save_outputs_to"
    assert error.got == f"{tmp_path / 'file'} is a file, no folder"


def test_nor_is_a_folder_that_cannot_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda _place, _mode: False)

    assert refused(save_outputs_to=str(tmp_path / "new")).got == f"{tmp_path} cannot be written to"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that takes no files, from root neither")
def test_nor_is_a_place_where_rights_are_no_matter():
    assert refused(save_outputs_to="/proc/outputs").got == "/proc cannot be written to"


def test_to_ask_leaves_no_file(tmp_path):
    refuse_what_cannot_be_done(InferenceCheck(save_outputs_to=str(tmp_path)), "")

    assert list(tmp_path.iterdir()) == []


def test_nor_is_a_name_that_no_disk_can_hold():
    assert "cannot be a folder" in refused(save_outputs_to="x" * 5000).got


def test_a_folder_that_is_not_there_yet_is_made_later(tmp_path):
    refuse_what_cannot_be_done(InferenceCheck(save_outputs_to=str(tmp_path / "a" / "b")), "")
    refuse_what_cannot_be_done(InferenceCheck(save_outputs_to="pictures"), "")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "check", [None, UNKNOWN, InferenceCheck(expect=UNKNOWN), InferenceCheck(save_outputs_to=UNKNOWN)], ids=str
)
def test_what_is_not_known_yet_is_not_refused(check):
    refuse_what_cannot_be_done(check, "")
