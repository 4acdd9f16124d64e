"""A settings file that cannot be read or written: said in a sentence, and nothing stays half done."""

from __future__ import annotations

import os

import pytest
from services import OnRunComfy


@pytest.fixture
def service(world, emulator) -> OnRunComfy:
    """Staging is one version behind `dev`."""
    made = OnRunComfy(world(OnRunComfy.example), emulator)
    assert made.world.promote("dev", "staging").code == 0
    made.something_new()
    return made


@pytest.fixture
def file(service):
    return service.world.file("staging")


def outcomes(service) -> list[str]:
    return [one["outcome"] for one in service.world.history()]


def test_one_that_is_not_utf_8_is_said(service, file):
    file.write_bytes(file.read_bytes() + b"# caf\xe9\n")

    refused = service.world.promote("dev", "staging")

    assert (refused.code, "Pulumi.staging.yaml is not UTF-8" in refused.all) == (1, True), refused.all
    assert (service.served()["staging"], outcomes(service)) == ("v1", ["promoted"])


def test_a_folder_in_its_place_is_said(service, file):
    file.unlink()
    file.mkdir()

    refused = service.world.promote("dev", "staging")

    assert (refused.code, "COMFY5008" in refused.all) == (1, True), refused.all
    assert (service.served()["staging"], outcomes(service)) == ("v1", ["promoted"])


def test_one_that_cannot_be_written_ends_the_promotion_before_anything_is_deployed(service, file, monkeypatch):
    before = file.read_bytes()

    def refuse(*_places):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        failed = service.world.promote("dev", "staging")

    assert (failed.code, "Pulumi.staging.yaml: Permission denied" in failed.all) == (4, True), failed.all
    assert (service.served()["staging"], file.read_bytes()) == ("v1", before)
    assert outcomes(service) == ["promoted", "failed"]
    assert service.world.promote("dev", "staging").code == 0


def test_a_link_that_leads_to_no_file_is_one_again_when_the_promotion_is_declined(service, file, tmp_path):
    service.world.up("staging")
    place = tmp_path / "elsewhere.yaml"
    text = file.read_bytes()
    file.unlink()
    file.symlink_to(place)

    refused = service.world.command("promote", "--from", "dev", "--to", "staging")

    assert (file.is_symlink(), place.exists()) == (True, False), refused.all
    place.write_bytes(text)
    assert service.world.promote("dev", "staging").code == 0
    assert file.is_symlink()


def test_a_link_to_itself_is_said(service, file):
    file.unlink()
    file.symlink_to(file.name)

    refused = service.world.promote("dev", "staging")

    assert (refused.code, "COMFY5008" in refused.all) == (1, True), refused.all
    assert (service.served()["staging"], outcomes(service)) == ("v1", ["promoted"])


def test_a_tab_is_told_with_its_line(service, file):
    file.write_bytes(file.read_bytes() + b"\n\tx: 1\n")

    refused = service.world.promote("dev", "staging")

    assert (refused.code, "in line" in refused.all, "COMFY5008" in refused.all) == (1, True, True), refused.all
    assert (service.served()["staging"], outcomes(service)) == ("v1", ["promoted"])


def test_one_into_which_no_pins_can_be_written_does_not_hide_why_nothing_may_move(service, file):
    file.write_text(TANGLED["two of the key"](file.read_text("utf-8")), "utf-8")

    refused = service.world.promote("dev", "staging", "--only", "nothing-of-this-name")

    assert (refused.code, "COMFY5006" in refused.all) == (3, True), refused.all


TANGLED = {
    "an anchor": lambda text: text.replace('"v1"', '&label "v1"') + "  x:y: *label\n",
    "two of the key": lambda text: text + '  comfy:pins:\n    serving: {workflowVersion: "v1"}\n',
}


@pytest.mark.parametrize("tangle", TANGLED.values(), ids=TANGLED)
@pytest.mark.parametrize("more", ["--plan", "--yes", "--write-only"])
def test_one_into_which_no_pins_can_be_written_is_told_before_anything_begins(service, file, tangle, more):
    file.write_text(tangle(file.read_text("utf-8")), "utf-8")
    before = file.read_bytes()

    refused = service.world.command("promote", "--from", "dev", "--to", "staging", more)

    assert (refused.code, "COMFY5008" in refused.all) == (1, True), refused.all
    assert (service.served()["staging"], file.read_bytes(), outcomes(service)) == ("v1", before, ["promoted"])


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_its_line_ends_stay(service, file, newline):
    file.write_bytes(newline.join(file.read_text("utf-8").split("\n")).encode())
    before = file.read_bytes()

    assert service.world.promote("dev", "staging").code == 0

    assert file.read_bytes() == before.replace(b'"v1"', b'"v2"').replace(*_digests(before, file.read_bytes()))


def _digests(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    return tuple(text.partition(b'workflowDigest: "')[2].partition(b'"')[0] for text in (before, after))
