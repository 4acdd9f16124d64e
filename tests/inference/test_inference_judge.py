"""The inference check: the judgement of a run's outputs, and what is kept of them."""

from __future__ import annotations

import hashlib
import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from pulumi_comfy.core.errors import InputError
from pulumi_comfy.inference.files import keep_files
from pulumi_comfy.inference.judge import Fetched, Item, complaint, counts, file_complaint, files_complaint
from pulumi_comfy.inference.settings import CheckResult, Expect, InferenceCheck

IMAGE = Item("9", "images", "a.png", "https://x/a.png")
TEXT = Item("12", "text")


def png(width: int = 8, height: int = 6) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height)).save(written, "PNG")
    return written.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_check_asks_by_default_for_one_item_that_can_be_fetched():
    check = InferenceCheck()

    assert (check.expect.minimum_outputs, check.expect.fetch, check.on_failure) == (1, True, "rollback")


def test_a_result_has_no_url():
    assert not any("url" in name for name in CheckResult.model_fields)


def test_items_are_counted_by_kind_in_order():
    assert counts([TEXT, IMAGE, IMAGE]) == {"images": 2, "text": 1}


SATISFIED: dict[str, tuple[dict[str, Any], list[Item], float | None]] = {
    "one item": ({}, [IMAGE], 1.0),
    "its kinds": ({"kinds": ["text", "images"]}, [IMAGE, TEXT], 1.0),
    "its nodes": ({"nodeIds": ["9"]}, [IMAGE, TEXT], 1.0),
    "exactly the longest run": ({"maximumSeconds": 5}, [IMAGE], 5.0),
}


@pytest.mark.parametrize(("expect", "items", "seconds"), SATISFIED.values(), ids=SATISFIED.keys())
def test_there_is_no_complaint_about(expect: dict[str, Any], items: list[Item], seconds: float | None):
    assert complaint(Expect(**expect), items, seconds) is None


COMPLAINTS: dict[str, tuple[dict[str, Any], list[Item], str]] = {
    "no outputs": ({}, [], "the run succeeded with 0 output items, expected at least 1"),
    "too few": ({"minimumOutputs": 3}, [IMAGE, TEXT], "the run succeeded with 2 output items, expected at least 3"),
    "a missing kind": (
        {"kinds": ["images", "files", "audio"]},
        [IMAGE, IMAGE, TEXT],
        "no output of kind audio, files (there are 2 images, 1 text)",
    ),
    "a missing node": ({"nodeIds": ["7", "9"]}, [IMAGE], "no output of node 7"),
    "a long run": ({"maximumSeconds": 5}, [IMAGE], "the run took 7.0 s, expected at most 5.0 s"),
}


@pytest.mark.parametrize(("expect", "items", "words"), COMPLAINTS.values(), ids=COMPLAINTS.keys())
def test_there_is_a_complaint_about(expect: dict[str, Any], items: list[Item], words: str):
    assert complaint(Expect(**expect), items, 7.0) == words


FILES: dict[str, tuple[dict[str, Any], Fetched, str | None]] = {
    "any bytes": ({}, Fetched(IMAGE, b"x"), None),
    "an empty file": ({}, Fetched(IMAGE, b""), "output file a.png is empty"),
    "an empty file without a name": ({}, Fetched(TEXT, b""), "output file text is empty"),
    "one of the types": ({"mimeTypes": ["image/webp", "image/png"]}, Fetched(IMAGE, b"x", "image/png"), None),
    "another type": (
        {"mimeTypes": ["image/png", "image/webp"]},
        Fetched(IMAGE, b"x", "text/html"),
        "output file a.png is text/html, expected image/png or image/webp",
    ),
    "no type": (
        {"mimeTypes": ["image/png"]},
        Fetched(IMAGE, b"x"),
        "output file a.png is of no type, expected image/png",
    ),
    "the size": ({"width": 8, "height": 6}, Fetched(IMAGE, png(), "image/png"), None),
    "the width alone": ({"width": 8}, Fetched(IMAGE, png(), "image/png"), None),
    "another width": ({"width": 9}, Fetched(IMAGE, png(), "image/png"), "image a.png is 8 x 6, expected 9 x 6"),
    "another height": ({"height": 5}, Fetched(IMAGE, png(), "image/png"), "image a.png is 8 x 6, expected 8 x 5"),
    "a size of a text": ({"width": 9}, Fetched(TEXT, b"x", "text/plain"), None),
    "no image at all": (
        {"width": 8},
        Fetched(IMAGE, b"<html>", "image/png"),
        "output file a.png is no image that can be opened",
    ),
    "an image cut off in its header": (
        {"width": 8},
        Fetched(IMAGE, png()[:12], "image/png"),
        "output file a.png is no image that can be opened",
    ),
    "an image that claims to be huge": (
        {"width": 8},
        Fetched(IMAGE, png_that_claims(60_000, 60_000), "image/png"),
        "output file a.png is no image that can be opened",
    ),
}


@pytest.mark.parametrize(("expect", "fetched", "words"), FILES.values(), ids=FILES.keys())
def test_a_fetched_file_is_judged(expect: dict[str, Any], fetched: Fetched, words: str | None):
    assert file_complaint(Expect(**expect), fetched) == words


def test_a_missing_pillow_is_a_complaint_that_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    fetched = Fetched(IMAGE, png(), "image/png")
    monkeypatch.setitem(sys.modules, "PIL", None)

    words = file_complaint(Expect(width=8), fetched)

    assert words == "comparing the size of an image needs Pillow: pip install 'pulumi-comfy[images]'"


def test_a_fetched_file_knows_its_digest_and_does_not_print_its_bytes():
    fetched = Fetched(IMAGE, b"bytes")

    assert fetched.sha256 == hashlib.sha256(b"bytes").hexdigest()
    assert "bytes" not in repr(fetched)


def test_kept_files_are_written_into_the_folder_which_is_made(tmp_path: Path):
    folder = tmp_path / "deep" / "outputs"

    paths = keep_files(str(folder), [Fetched(IMAGE, b"one"), Fetched(Item("12", "text"), b"two")])

    assert paths == [str(folder / "a.png"), str(folder / "12.bin")]
    assert [Path(path).read_bytes() for path in paths] == [b"one", b"two"]


def test_files_of_the_same_name_do_not_overwrite_each_other(tmp_path: Path):
    same = [Fetched(Item(node, "images", "a.png"), node.encode()) for node in ("3", "9")]

    paths = keep_files(str(tmp_path), same)

    assert [Path(path).read_bytes() for path in paths] == [b"3", b"9"]


def test_keeping_files_again_replaces_those_of_the_last_check(tmp_path: Path):
    keep_files(str(tmp_path), [Fetched(IMAGE, b"old")])

    keep_files(str(tmp_path), [Fetched(IMAGE, b"new")])

    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_a_folder_that_cannot_be_written_to_is_an_error_in_words(tmp_path: Path):
    (tmp_path / "outputs").write_text("a file")

    with pytest.raises(InputError, match="cannot be written to"):
        keep_files(str(tmp_path / "outputs"), [Fetched(IMAGE, b"x")])


HOSTILE_NAMES = [
    "..",
    ".",
    "/",
    "../../evil.png",
    "/etc/evil",
    "a/../..",
    "..\\..\\evil",
    "a\x00b",
    "x" * 400,
    "~/evil",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("node", ["9", "../../evil"])
def test_a_kept_file_never_leaves_the_folder(tmp_path: Path, name: str, node: str):
    folder = tmp_path / "outputs"

    paths = keep_files(str(folder), [Fetched(Item(node, "images", name), b"x")])

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [Path(paths[0])]
    assert Path(paths[0]).parent == folder


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), max_size=4))
def test_any_names_at_all_make_one_file_each_inside_the_folder(
    tmp_path_factory: pytest.TempPathFactory, names: list[tuple[str, str]]
):
    folder = tmp_path_factory.mktemp("kept") / "outputs"

    paths = keep_files(str(folder), [Fetched(Item(node, "images", name), b"x") for node, name in names])

    assert len(set(paths)) == len(names)
    assert sorted(map(str, folder.iterdir())) == sorted(paths)


TOGETHER = {
    "a size is asked and no image came": ({"width": 8}, [], "no image was fetched to compare its size"),
    "a size is asked and only a text file came": (
        {"height": 8},
        [Fetched(Item("1", "files", "a.txt"), b"x", "text/plain")],
        "no image was fetched to compare its size",
    ),
    "a type is asked and nothing came": (
        {"mime_types": ["image/png"]},
        [],
        "no output file could be fetched to look at its MIME type",
    ),
    "nothing is asked and nothing came": ({}, [], None),
    "one of the files is empty": ({}, [Fetched(Item("1", "files", "a.txt"), b"")], "output file a.txt is empty"),
}


@pytest.mark.parametrize(("expect", "fetched", "words"), TOGETHER.values(), ids=TOGETHER.keys())
def test_files_are_judged_together(expect: dict[str, Any], fetched: list[Fetched], words: str | None):
    assert files_complaint(Expect(**expect), fetched) == words


@pytest.mark.parametrize("asked", [{"width": 8}, {"height": 8}, {"mime_types": ["image/png"]}])
def test_what_needs_fetched_files_cannot_go_without(asked: dict[str, Any]):
    with pytest.raises(ValidationError, match="need `fetch`"):
        Expect(fetch=False, **asked)


def test_a_run_without_a_duration_does_not_pass_a_limit():
    words = complaint(Expect(maximum_seconds=5), [Item("1", "images")], None)

    assert words == "the platform reports no duration to compare with `maximum_seconds`"


def test_a_passed_check_is_told_in_one_line():
    result = CheckResult(status="passed", run_id="r-1", run_seconds=2.04, output_counts={"images": 2, "text": 1})

    assert result.summary == "inference check passed: images: 2, text: 1; 2.0 s, run r-1"


@pytest.mark.parametrize("text", ["png", "image/", "image/png; q=1", "image/jpg", ""])
def test_what_is_no_mime_type_is_refused_before_a_run_is_paid_for(text):
    with pytest.raises(ValueError, match="is no MIME type"):
        Expect(mime_types=[text])


def test_a_mime_type_is_taken():
    assert Expect(mime_types=["image/svg+xml", "image/jpeg"]).mime_types == ["image/svg+xml", "image/jpeg"]
