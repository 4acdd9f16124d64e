"""The traps of model files (reference 2.7)."""

from __future__ import annotations

from lone import bodies, up


def test_an_existing_file_is_refused_with_its_path(lone, platform):
    first = lone("Model")
    up(first)

    error = lone("Model").up()

    assert "checkpoints/a.safetensors" in str(error)
    assert 'adopt="checkpoints/a.safetensors"' in str(error)


def test_a_download_under_way_is_joined_when_the_answer_is_lost(lone, emulator):
    emulator.settings.download_seconds = 0.2
    it = lone("Model")
    emulator.faults.add("POST", "/volume/model", "lost")

    up(it)

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
