"""A version on its way from dev to production and back, through the commands, by the platform's own contents."""

from __future__ import annotations

import json

import pytest
import s3
from services import OnRunComfy


def in_production(service):
    """Let the first version go all the way."""
    assert service.world.promote("dev", "staging").code == 0
    assert service.world.promote("staging", "production").code == 0
    return service


@pytest.mark.cli
def test_a_version_goes_from_dev_to_production_and_back_and_the_history_tells_it(service):
    goes_there_and_back(service)


@pytest.mark.cli
@pytest.mark.apart
def test_it_does_so_where_a_bucket_holds_the_stacks(cli_world, emulator):
    world = cli_world(OnRunComfy.example)
    with s3.bucket() as environment:
        world.env |= environment

        goes_there_and_back(OnRunComfy(world, emulator))

        states = {key for key in s3.keys(environment) if "/stacks/" in key and key.endswith(".json")}
    assert states == {
        *(f".pulumi/stacks/{world.folder.name}/{stack}.json" for stack in ("dev", "staging", "production")),
        f".pulumi/stacks/{world.folder.name}-promotions/history.json",
    }
    assert list((world.folder.parent / "backend").iterdir()) == []


def goes_there_and_back(service) -> None:
    """Let a version fail and pass in production, roll it back, be refused and be let go, by all that is held."""
    world = in_production(service).world
    file = world.file("production")
    was = file.read_text("utf-8")
    service.something_new()
    assert world.promote("dev", "staging").code == 0

    shown = world.command("promote", "--from", "staging", "--to", "production", "--plan")
    assert (shown.code, file.read_text("utf-8")) == (2, was)
    assert service.served() == {"dev": "v2", "staging": "v2", "production": "v1"}

    service.fail_next_check()
    before = service.contents()
    failed = world.promote("staging", "production")
    assert failed.code == 4, failed.all
    assert "CUDA out of memory" in failed.all
    assert (service.contents(), file.read_text("utf-8")) == (before, was)

    assert world.promote("staging", "production").code == 0
    assert service.served()["production"] == "v2"

    back = world.rollback("production")
    assert back.code == 0, back.all
    assert service.served() == {"dev": "v2", "staging": "v2", "production": "v1"}
    again = world.promote("staging", "production")
    assert again.code == 3, again.all
    assert "COMFY5005" in again.all

    bad = json.loads(world.command("history", "--json").text)["bad"]
    for digest in bad:
        assert world.command("unmark", digest[:12], "--reason", "it was the lamp").code == 0
    assert world.promote("staging", "production").code == 0
    assert service.served()["production"] == "v2"

    told = [(one["kind"], one["to"], one["outcome"]) for one in world.history("--stack", "production")]
    assert told == [
        ("promotion", "production", "promoted"),
        ("promotion", "production", "failed"),
        ("promotion", "production", "promoted"),
        ("rollback", "production", "rolled-back"),
        ("promotion", "production", "refused"),
        *[("unmark", "production", "unmarked")] * len(bad),
        ("promotion", "production", "promoted"),
    ]


def test_where_nothing_is_new_there_is_nothing_to_do(service):
    world = in_production(service).world
    before, history = service.contents(), world.history()

    again = world.promote("staging", "production")

    assert (again.code, "nothing to do" in again.text) == (0, True)
    assert (service.contents(), world.history()) == (before, history)
    assert world.command("promote", "--from", "staging", "--to", "production", "--plan").code == 0


def test_nothing_but_the_pin_changes_in_the_settings_file(service):
    file = service.world.file("staging")
    former = "# above\n" + file.read_text("utf-8") + "\n  # below, with 'quotes'  \n"
    file.write_text(former, "utf-8")

    service.world.promote("dev", "staging")

    written = file.read_text("utf-8").splitlines()
    assert [line for line in former.splitlines() if line not in written] == []
    assert len(written) > len(former.splitlines())


def test_what_failed_in_the_source_since_is_refused_and_stands_in_the_history(service):
    world = in_production(service).world
    service.something_new()
    service.fail_next_check()
    service.check_again("dev")
    before, file = service.contents(), world.file("staging").read_bytes()

    refused = world.promote("dev", "staging")

    assert (refused.code, "COMFY5003" in refused.all) == (3, True)
    assert (service.contents(), world.file("staging").read_bytes()) == (before, file)
    assert world.history()[-1]["outcome"] == "refused"
    assert "COMFY5003" in " ".join(world.history()[-1]["refusals"])


def test_written_pins_deploy_nothing_and_the_summary_says_what_they_are(service, tmp_path):
    world = in_production(service).world
    service.something_new()
    world.promote("dev", "staging")
    before, history = service.contents(), world.history()

    written = world.command(
        "promote", "--from", "staging", "--to", "production", "--write-only", "--summary", str(tmp_path / "text.md")
    )

    assert written.code == 0, written.all
    assert (service.contents(), world.history()) == (before, history)
    file = world.file("production").read_bytes()
    assert world.command("promote", "--from", "staging", "--to", "production", "--write-only").code == 0
    assert world.file("production").read_bytes() == file
    assert "## Promote staging -> production" in (tmp_path / "text.md").read_text("utf-8")
    world.up("production")  # what the merge does
    assert service.served()["production"] == "v2"
    assert world.command("promote", "--from", "staging", "--to", "production", "--plan").code == 0


def test_an_old_checkout_is_told_that_it_is_one(service):
    world = in_production(service).world
    file = world.file("production")
    pinned = file.read_text("utf-8")
    service.something_new()
    world.promote("dev", "staging")
    world.promote("staging", "production")
    file.write_text(pinned, "utf-8")
    before = service.contents()

    refused = world.rollback("production")

    assert (refused.code, "COMFY5104" in refused.all) == (1, True)
    assert service.contents() == before
