"""What is refused on the way from stack to stack, with the platform and the settings file left as they are."""

from __future__ import annotations

import pytest


def is_refused(service, code: str, words: str, *arguments: str) -> None:
    """Promote what `dev` serves, and be refused with nothing moved and the refusal in the history."""
    world = service.world
    before, file, runs = service.contents(), world.file("staging").read_bytes(), service.runs()

    refused = world.promote("dev", "staging", *arguments)

    assert (refused.code, code in refused.all) == (3, True), refused.all
    assert words in " ".join(refused.all.split())
    assert (service.contents(), world.file("staging").read_bytes(), service.runs()) == (before, file, runs)
    last = world.history()[-1]
    assert (last["outcome"], code in " ".join(last["refusals"])) == ("refused", True)


@pytest.fixture
def staged(service):
    """A service whose first version `staging` serves."""
    assert service.world.promote("dev", "staging").code == 0
    return service


def test_a_proof_that_is_too_old_moves_nothing(staged):
    staged.something_new()

    is_refused(staged, "COMFY5002", "and 0 seconds are allowed", "--max-age", "0m")

    assert staged.world.promote("dev", "staging", "--max-age", "1d").code == 0


def test_a_proof_of_another_version_moves_nothing(staged):
    staged.switch_checks_off("dev")
    staged.something_new()

    is_refused(staged, "COMFY5001", "the newest proof is of version ")


def test_what_breaks_callers_moves_only_with_a_reason(staged):
    gone = staged.something_that_breaks_callers()

    is_refused(staged, "COMFY5004", f"run input `{gone}` is gone")

    moved = staged.world.promote("dev", "staging", "--allow-breaking", "all callers were told")
    assert moved.code == 0, moved.all
    assert "all callers were told" in str(staged.world.history()[-1])
