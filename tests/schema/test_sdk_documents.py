"""A workflow document as a program gives it: what cannot be read is one sentence that says what to give instead."""

from __future__ import annotations

import gc
from pathlib import Path

import pulumi
import pytest

import pulumi_comfy as comfy
from pulumi_comfy.sdk._documents import document_input, document_text

NO_DOCUMENT = {
    "a path that does not exist": ("nope.json", "there is no file nope.json"),
    "a folder": (".", "is a folder"),
    "a device, which has no end": ("/dev/zero", "it is no regular file"),
    "a URL": ("https://example.com/a.json", "https://example.com/a.json is a URL, and a URL is not read: download it"),
    "a URL as a path": (Path("https://example.com/a.json"), "a URL is not read: download it first"),
    "an empty text": ("", "an empty text"),
    "a text that is no path": ("a\0b", "cannot be read"),
    "a name longer than a file's may be": ("a" * 5000, "cannot be read"),
    "a list": ([{"class_type": "KSampler"}], "not a list"),
    "a dict of what is no JSON": (
        {"1": {"inputs": {"when": {1, 2}}}},
        "a set in it is nothing that JSON has; give text",
    ),
    "a number": (3, "not an int"),
}


@pytest.mark.parametrize(("given", "says"), NO_DOCUMENT.values(), ids=NO_DOCUMENT.keys())
def test_what_is_no_document_is_refused_in_one_sentence_with_a_code(given, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(pulumi.RunError) as refused:
        document_text(given)

    assert says in str(refused.value)
    assert str(refused.value).endswith("[COMFY1201]")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_file_that_is_no_utf_8_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")

    with pytest.raises(pulumi.RunError, match=r"picture\.png is no UTF-8 text.* \[COMFY1201\]$"):
        document_text(tmp_path / "picture.png")


def test_a_file_is_looked_for_from_the_programs_folder_which_the_refusal_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(pulumi.RunError, match=str(tmp_path)):
        document_text("nope.json")


def test_a_document_without_outputs_makes_none():
    assert document_input({"1": {"inputs": {"steps": 20, "links": [["2", 0]]}}}, "it") == (
        '{"1": {"inputs": {"steps": 20, "links": [["2", 0]]}}}'
    )


def test_a_document_that_holds_itself_is_refused():
    document = {}
    document["1"] = document

    with pytest.raises(pulumi.RunError, match="Circular"):
        document_input(document, "it")


@pytest.mark.cli
@pytest.mark.parametrize("late", [False, True], ids=["as it is", "as an output"])
def test_a_program_with_a_wrong_path_ends_without_a_traceback(comfy_stack, comfy_emulator, late):
    def program():
        path = pulumi.Output.from_input("nope.json") if late else "nope.json"
        comfy.comfydeploy.Workflow("portrait", workflow=path)

    result = comfy_stack(program).preview(check=False)

    assert 'Workflow "portrait", workflow: there is no file nope.json' in result.error
    assert "[COMFY1201]" in result.error
    assert "Traceback" not in result.error
    assert list(comfy_emulator.requests) == []


@pytest.mark.parametrize("stops_early", [False, True])
def test_a_program_that_fails_leaves_no_question_behind_whether_a_document_is_secret(comfy_stack, stops_early):
    def program():
        comfy.comfydeploy.Workflow("portrait", workflow=pulumi.Output.secret("nope.json"))
        if stops_early:
            raise ValueError("boom")

    result = comfy_stack(program).preview(check=False)
    gc.collect()  # Python would warn of a coroutine that nobody awaited

    assert not result.ok


def test_an_output_deep_in_a_document_is_waited_for(comfy_stack, comfy_emulator):
    def program():
        saver = {
            "class_type": "SaveImage",
            "inputs": {"images": ["1", 0], "filename_prefix": pulumi.Output.from_input("a")},
        }
        loader = {"class_type": "LoadImage", "inputs": {"image": "a.png"}}
        comfy.comfydeploy.Workflow("portrait", workflow={"1": loader, "2": saver})

    comfy_stack(program).up()

    (version,) = comfy_emulator.comfydeploy.dump()["versions"]
    assert version["workflow_api"]["2"]["inputs"]["filename_prefix"] == "a"
